"""What templates ask for: a term's word and its sentence, and a name for its explanation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from flask import Flask, g, request

from regulars_platform.launching.preview import Preview
from regulars_web.edge import find_current_shop
from regulars_web.help.drawers import page_help
from regulars_web.help.from_preview import sentence_of_preview
from regulars_web.help.from_report import sentence_of_report
from regulars_web.help.terms import TERMS


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """word: in plain words; name: what it is called, where that is another word, else empty."""

    key: str
    word: str
    name: str
    sentence: str
    place: str


def explain(
    key: str, about: Mapping[str, Any] | Preview | None = None, arm: str | None = None
) -> Explained:
    """A term. about: a report's document or the preview of a plan, for its numbers.

    arm: of a report, the first one's if None. Raises KeyError for a term that nobody wrote.
    """
    term = TERMS[key]
    word, bracket, name = str(term.word).replace("（", " (").replace("）", ")").partition(" (")
    return Explained(
        key=key,
        word=word,
        name=name[:-1] if bracket else "",
        sentence=sentence_of(key, about, arm) or str(term.meaning),
        place=_place(key),
    )


def sentence_of(
    key: str, about: Mapping[str, Any] | Preview | None, arm: str | None = None
) -> str | None:
    """The sentence with the numbers of what it is about; None where it has none."""
    if isinstance(about, Preview):
        shop = find_current_shop()
        return None if shop is None else sentence_of_preview(key, about, shop.currency)
    return None if about is None else sentence_of_report(key, about, arm)


def _place(key: str) -> str:
    """The id of an explanation: no two alike on a page, whatever is loaded into it later."""
    told: dict[str, int] = g.setdefault("terms_told", {})
    told[key] = told.get(key, 0) + 1
    apart = f"-{crc32(request.path.encode()):08x}" if request.headers.get("HX-Request") else ""
    return f"term-{key}{apart}" + (f"-{told[key]}" if told[key] > 1 else "")


def install_help(app: Flask) -> None:
    """`explain` for the macros of ui.html, `page_help` for every page."""
    app.jinja_env.globals["explain"] = explain
    app.jinja_env.globals["page_help"] = page_help
