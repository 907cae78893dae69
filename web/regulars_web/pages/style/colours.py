"""The colours of tokens.css as they are there, and how far they stand out from each other.

Contrast as WCAG 2.2 defines it ("relative luminance", "contrast ratio").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

TOKENS = Path(__file__).parents[2] / "static" / "tokens.css"

Scheme = Literal["light", "dark", "print"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark", "print")
_BLOCKS = {"dark": r"\(prefers-color-scheme: dark\)", "print": "print"}

TEXT, NON_TEXT = 4.5, 3.0
"""Least contrast of words (1.4.3), and of what has to be seen without being read (1.4.11)."""

_GROUNDS = ("paper", "surface", "sunken")
_SOFT = {"good": "good-soft", "caution": "caution-soft", "bad": "bad-soft"}
WORDS = (
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in _GROUNDS),
    *((kind, ground) for kind in _SOFT for ground in (*_GROUNDS, _SOFT[kind])),
    *(("ink", soft) for soft in (*_SOFT.values(), "accent-soft", "treated-soft", "holdout-soft")),
    *(("accent", soft) for soft in (*_SOFT.values(), "accent-soft")),
    *(("treated", ground) for ground in _GROUNDS),
    ("accent-strong", "paper"),
    ("accent-strong", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
)
"""(token of the words, token of what they stand on): every pair that pages use."""

MARKS = (
    *((mark, ground) for mark in ("treated", "holdout") for ground in ("paper", "surface")),
    *(("accent", ground) for ground in (*_GROUNDS, *_SOFT.values())),
    *(("field-rule", ground) for ground in _GROUNDS),
    *((kind, _SOFT[kind]) for kind in _SOFT),
)
"""(token of a border, a bar or the ring of focus, token of what it stands on)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two tokens on each other. least: what they have to reach."""

    front: str
    ground: str
    ratio: float
    least: float

    @property
    def is_enough(self) -> bool:
        """Whether they reach it."""
        return self.ratio >= self.least


@cache
def colours(scheme: Scheme) -> dict[str, str]:
    """Token -> its colour as #rrggbb; dark and print change some of light's."""
    sheet = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = _declared(sheet.partition("@media")[0])
    if scheme != "light":
        block = re.search(rf"@media {_BLOCKS[scheme]} \{{(.*?)\n\}}", sheet, re.DOTALL)
        if block is None:
            raise LookupError(f"tokens.css has no colours for {scheme}")
        found |= _declared(block.group(1))
    return found


def _declared(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 to 1.

    >>> luminance("#ffffff"), luminance("#000000")
    (1.0, 0.0)
    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def pairs(scheme: Scheme) -> Iterator[Pair]:
    """Every pair that pages use, words first."""
    known = colours(scheme)
    for used, least in ((WORDS, TEXT), (MARKS, NON_TEXT)):
        for front, ground in used:
            ratio = contrast(known[front], known[ground])
            yield Pair(front=front, ground=ground, ratio=ratio, least=least)
