"""The holdout's overview: what is shown, formatted."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext

from regulars_platform.programme_effect.holdout_sizes import Moves, SizePlan
from regulars_platform.programme_effect.quarters import Quarter
from regulars_platform.programme_effect.service import QuarterEffect
from regulars_platform.reach.holdout import GlobalHoldout
from regulars_web.formats import date, number, percent
from regulars_web.words.answers import Shown
from regulars_web.words.reports import amount, interval, reason_words

MOST_GAIN = 1.0
"""Spend doubled: what only a larger gain would prove is not proved at this size."""

MOST_QUARTERS = 40
"""Ten years: what takes longer to prove is not proved at this size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Days, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldoutLine:
    """One draw of the history. customers: of those known now; moves: "" for one after nothing."""

    id: int
    share: str
    starts_on: str
    ends_on: str
    customers: int
    moves: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeLine:
    """One size to choose."""

    share: str
    points: str
    held: str
    spent: str
    forgone: str
    detectable: str
    patience: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarterLine:
    """One quarter of the overview; answer: None before it was worked out."""

    code: int
    name: str
    days: str
    answer: Shown | None


def period_name(quarter: Quarter) -> str:
    """As 2026, quarter 3."""
    return str(gettext("Quarter %(number)s of %(year)s", number=quarter.number, year=quarter.year))


def holdout_line(one: GlobalHoldout, customers: int, moves: Moves) -> HoldoutLine:
    """A draw and whom it moved."""
    moved = ""
    if moves.out or moves.stay:
        moved = str(
            gettext(
                "%(out)s came out, %(into)s went in, %(stay)s stayed",
                out=number(moves.out),
                into=number(moves.into),
                stay=number(moves.stay),
            )
        )
    return HoldoutLine(
        id=one.id,
        share=percent(one.share / 10_000),
        starts_on=date(one.starts_on),
        ends_on="" if one.ends_on is None else date(one.ends_on - dt.timedelta(days=1)),
        customers=customers,
        moves=moved,
    )


def size_line(size: SizePlan, currency: str) -> SizeLine:
    """A size with its price and what it tells."""
    if size.detectable is None or size.relative is None:
        told = str(gettext("Nothing in one quarter."))
        if size.why is not None:
            told = str(
                gettext("Nothing in one quarter: %(why)s.", why=reason_words(size.why.value))
            )
    elif size.relative > MOST_GAIN:
        told = str(gettext("Nothing at this size: not even twice their spend."))
    else:
        told = str(
            gettext(
                "%(each)s profit per customer (%(share)s of spend)",
                each=amount(size.detectable, currency),
                share=percent(size.relative),
            )
        )
    return SizeLine(
        share=percent(size.share / 10_000, 0),
        points=f"{size.share / 100:g}",
        held=number(size.held),
        spent=amount(size.spent, currency, whole=True),
        forgone=amount(size.forgone, currency, whole=True),
        detectable=told,
        patience=patience_words(size.quarters),
    )


def quarter_line(quarter: Quarter, kept: QuarterEffect | None) -> QuarterLine:
    """A quarter with its answer."""
    answer = None
    if kept is not None and kept.document["programme"] is not None:
        total = kept.document["programme"]["total"]
        answer = shown(total, kept.document["currency"], whole=True)
    days = "" if kept is None else days_words(kept.document)
    return QuarterLine(code=quarter.code, name=period_name(quarter), days=days, answer=answer)


def shown(answer: Mapping[str, Any], currency: str, *, whole: bool = False) -> Shown:
    """Money with its interval, or why there is none."""
    if "not_estimable" in answer or answer.get("estimate") is None:
        return Shown(text="–", interval=reason_words(answer["code"]) if "code" in answer else "")
    return Shown(
        text=amount(answer["estimate"], currency, whole=whole, signed=True),
        interval=interval(answer["low"], answer["high"], currency, whole=whole),
    )


def days_words(document: Mapping[str, Any]) -> str:
    """The days that a quarter's answer is about."""
    first, last = (dt.date.fromisoformat(document[name]) for name in ("first", "last"))
    days = str(gettext("%(first)s to %(last)s", first=date(first), last=date(last)))
    if document["whole"]:
        return days
    return str(gettext("%(days)s (a part of the quarter)", days=days))


def patience_words(quarters: int | None) -> str:
    """When a gain of a twentieth in spend would be proved."""
    if quarters is None or quarters > MOST_QUARTERS:
        return str(gettext("A gain of 5 percent in spend stays out of reach at this size."))
    return str(
        ngettext(
            "A gain of 5%% in spend is proved in %(num)s quarter.",
            "A gain of 5%% in spend is proved in %(num)s quarters pooled.",
            quarters,
        )
    )
