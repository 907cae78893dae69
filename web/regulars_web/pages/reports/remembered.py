"""The report's part on memory: this campaign alone beside what past campaigns add to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars_platform.memory.families import family_of_key
from regulars_platform.memory.overview import cell_id
from regulars_web.pages.memory.words import (
    basis_text,
    campaigns_text,
    drift_text,
    family_terms,
    family_title,
    promise_text,
)
from regulars_web.words.answers import Shown
from regulars_web.words.reports import (
    ADVICE,
    amount,
    chance,
    interval,
    look,
    segment_name,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RememberedRow:
    """One group that earlier campaigns are remembered of. cell: its address in memory."""

    cell: str
    name: str
    arm: str
    offer: str
    campaigns: str
    expected: Shown | None
    alone: Shown | None
    together: Shown | None
    chance: str
    drift: str
    advice: tuple[str, str] | None
    advice_alone: tuple[str, str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseLine:
    """What was expected of one arm, beside what came."""

    arm: str
    sentence: str
    basis: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MemorySection:
    """The context of reports/memory.html. guessed_too: what was expected at the launch came from
    past campaigns and the usual guess, and so differs from what past campaigns say by themselves.
    """

    promises: tuple[PromiseLine, ...]
    rows: tuple[RememberedRow, ...]
    guessed_too: bool


def memory_section(document: Mapping[str, Any]) -> MemorySection | None:
    """From the stored document; None for reports from before there was a memory."""
    if "memory" not in document:
        return None
    currency = document["plan"]["currency"]
    forecast = document["inputs"].get("forecast") or {"arms": ()}
    return MemorySection(
        promises=tuple(_promises(document, currency)),
        rows=tuple(
            _row(cell, currency) for cell in document["memory"]["cells"] if cell["campaigns"]
        ),
        guessed_too=any(arm["remembered"] for arm in forecast["arms"]),
    )


def _promises(document: Mapping[str, Any], currency: str) -> list[PromiseLine]:
    forecast = document["inputs"].get("forecast")
    if forecast is None:
        return []
    overall = {group["arm"]: group for group in document["overall"]}
    return [
        PromiseLine(
            arm=arm["arm"],
            sentence=promise_text(
                arm, overall[arm["arm"]]["net"], overall[arm["arm"]]["n"], currency
            ),
            basis=basis_text(arm["units"], arm["remembered"], arm["campaigns"]),
        )
        for arm in forecast["arms"]
    ]


def _row(cell: Mapping[str, Any], currency: str) -> RememberedRow:
    advice, alone, both = cell["advice"], cell["advice_alone"], cell["with_memory"]
    family = family_of_key(cell["family"])
    count = len(cell["campaigns"])
    return RememberedRow(
        cell=cell_id((cell["segment_key"], cell["family"])),
        name=segment_name(cell["segment"]),
        arm=cell["arm"],
        offer=f"{family_title(family)} · {family_terms(family)}",
        campaigns=campaigns_text(count),
        expected=_shown(cell["expected"], currency),
        alone=_shown(cell["alone"], currency),
        together=_shown(both, currency),
        chance="" if both is None else chance(both["chance_positive"]),
        drift=drift_text(count) if cell["drifted"] else "",
        advice=None if advice is None else look(ADVICE, advice),
        advice_alone=None if alone in (None, advice) else look(ADVICE, alone),
    )


def _shown(belief: Mapping[str, float] | None, currency: str) -> Shown | None:
    if belief is None:
        return None
    return Shown(
        text=amount(belief["mean"], currency, signed=True),
        interval=interval(belief["low"], belief["high"], currency),
    )
