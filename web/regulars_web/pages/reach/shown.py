"""The holdout's pages: what is shown, formatted."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext, lazy_gettext, ngettext

from regulars_platform.programme_effect.holdout_sizes import Moves, SizePlan
from regulars_platform.programme_effect.quarters import Quarter
from regulars_platform.programme_effect.service import QuarterEffect
from regulars_platform.reach.holdout import GlobalHoldout
from regulars_web.formats import date, number, percent
from regulars_web.pages.reports.shown import Shown
from regulars_web.pages.reports.words import amount, interval, listed, reason_words

BARS = (
    ("goods", lazy_gettext("Margin on goods")),
    ("returns", lazy_gettext("Margin given back")),
    ("offer", lazy_gettext("What offers cost")),
    ("contact", lazy_gettext("What contacts cost")),
)
METRICS = (
    ("revenue", lazy_gettext("Revenue per customer")),
    ("buyers", lazy_gettext("Share who bought")),
    ("refunds", lazy_gettext("Refunds per customer")),
    ("unsubscribed", lazy_gettext("Share who unsubscribed")),
    ("complained", lazy_gettext("Share who complained")),
)
_MONEY = ("revenue", "refunds")

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


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricLine:
    """One metric, others beside those held back."""

    name: str
    others: str
    held: str
    difference: Shown
    guardrail: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PartLine:
    """One campaign or programme of the sum."""

    name: str
    address: str
    customers: str
    whole: Shown


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarterPage:
    """The context of reach/quarter.html; sentences are whole ones, "" where there is none."""

    sentence: str
    basis: str
    each: Shown | None
    adjusted: Shown | None
    removed: str
    bars: list[tuple[str, Shown]]
    metrics: list[MetricLine]
    patience: str
    whole: Shown | None
    own: Shown
    parts: list[PartLine]
    untold: str
    gap: str
    outside: Shown
    later: Shown
    nth: list[tuple[str, str, str, Shown]]
    can_say_nth: bool
    discounts_recorded: bool


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
        patience=_patience(size.quarters),
    )


def quarter_line(quarter: Quarter, kept: QuarterEffect | None) -> QuarterLine:
    """A quarter with its answer."""
    answer = None
    if kept is not None and kept.document["programme"] is not None:
        total = kept.document["programme"]["total"]
        answer = shown(total, kept.document["currency"], whole=True)
    days = "" if kept is None else _days(kept.document)
    return QuarterLine(code=quarter.code, name=period_name(quarter), days=days, answer=answer)


def shown(answer: Mapping[str, Any], currency: str, *, whole: bool = False) -> Shown:
    """Money with its interval, or why there is none."""
    if "not_estimable" in answer or answer.get("estimate") is None:
        return Shown(text="–", interval=reason_words(answer["code"]) if "code" in answer else "")
    return Shown(
        text=amount(answer["estimate"], currency, whole=whole, signed=True),
        interval=interval(answer["low"], answer["high"], currency, whole=whole),
    )


def quarter_page(document: Mapping[str, Any]) -> QuarterPage:
    """Everything that is known of one quarter."""
    currency, found = document["currency"], document["programme"]
    own = document["own"]
    can_say = [one for one in document["nth"] if one["net"].get("estimate") is not None]
    return QuarterPage(
        sentence=_sentence(document),
        basis=_basis(document),
        each=None if found is None else shown(found["net"], currency),
        adjusted=None
        if found is None or found["adjusted"] is None
        else shown(found["adjusted"], currency),
        removed=""
        if found is None or not found["variance_removed"]
        else percent(found["variance_removed"], 0),
        bars=[]
        if found is None
        else [(str(label), shown(found["bars"][name], currency)) for name, label in BARS],
        metrics=[] if found is None else _metrics(found["metrics"], currency),
        patience="" if found is None else _reach(found["reach"], found["net"], currency),
        whole=None if found is None else shown(found["total"], currency, whole=True),
        own=shown(own["whole"], currency, whole=True),
        parts=[_part(part, currency) for part in own["parts"]],
        untold=listed(own["untold"]) if own["untold"] else "",
        gap=_gap(document),
        outside=shown(document["outside"]["whole"], currency, whole=True),
        later=shown(document["later"]["whole"], currency, whole=True),
        nth=[
            (one["earlier"], number(one["customers"]), number(one["campaigns"]), answer)
            for one in document["nth"]
            for answer in [shown(one["net"], currency)]
        ],
        can_say_nth=len(can_say) > 1,
        discounts_recorded=document["discounts_recorded"],
    )


def _sentence(document: Mapping[str, Any]) -> str:
    found = document["programme"]
    if found is None:
        return str(
            gettext("Nobody, or everybody, who was known then is held back: nothing to compare.")
        )
    total = found["total"]
    currency = document["currency"]
    if total.get("estimate") is None:
        return str(
            gettext(
                "What everything together brought cannot be told: %(why)s.",
                why=reason_words(total["code"]),
            )
        )
    facts = {
        "net": amount(total["estimate"], currency, whole=True, signed=True),
        "range": interval(total["low"], total["high"], currency, whole=True),
        "n": number(found["others"]),
    }
    if total["low"] > 0:
        template = gettext(
            "Everything together earned %(net)s net profit (%(range)s) from %(n)s customers.",
            **facts,
        )
    elif total["high"] < 0:
        template = gettext(
            "Everything together lost money: %(net)s net profit (%(range)s) from %(n)s customers.",
            **facts,
        )
    else:
        template = gettext(
            "Whether everything together paid is open: %(net)s net profit (%(range)s) from "
            "%(n)s customers.",
            **facts,
        )
    return str(template)


def _basis(document: Mapping[str, Any]) -> str:
    found = document["programme"]
    if found is None:
        return _days(document)
    return str(
        gettext(
            "%(days)s; %(held)s customers held back from everything (%(share)s%%) beside "
            "%(others)s others, all known before the first day; margin %(low)s%% to %(high)s%%.",
            days=_days(document),
            held=number(found["held_back"]),
            share=document["holdout_percent"],
            others=number(found["others"]),
            low=document["margin_low_percent"],
            high=document["margin_high_percent"],
        )
    )


def _days(document: Mapping[str, Any]) -> str:
    first, last = (dt.date.fromisoformat(document[name]) for name in ("first", "last"))
    days = str(gettext("%(first)s to %(last)s", first=date(first), last=date(last)))
    if document["whole"]:
        return days
    return str(gettext("%(days)s (a part of the quarter)", days=days))


def _metrics(metrics: Mapping[str, Any], currency: str) -> list[MetricLine]:
    lines = []
    for name, label in METRICS:
        one = metrics[name]
        if name in _MONEY:
            sides = [
                "–" if one[side] is None else amount(one[side], currency)
                for side in ("others", "held_back")
            ]
            difference = shown(one["difference"], currency)
        else:
            sides = [
                "–" if one[side] is None else percent(one[side], 2)
                for side in ("others", "held_back")
            ]
            difference = _points(one["difference"])
        lines.append(
            MetricLine(
                name=str(label),
                others=sides[0],
                held=sides[1],
                difference=difference,
                guardrail=one["guardrail"],
            )
        )
    return lines


def _points(answer: Mapping[str, Any]) -> Shown:
    if answer.get("estimate") is None:
        return Shown(text="–", interval=reason_words(answer["code"]))
    return Shown(
        text=percent(answer["estimate"], 2),
        interval=str(
            gettext(
                "%(low)s to %(high)s",
                low=percent(answer["low"], 2),
                high=percent(answer["high"], 2),
            )
        ),
    )


def _reach(reach: Mapping[str, Any], net: Mapping[str, Any], currency: str) -> str:
    proved = net.get("estimate") is not None and (net["low"] > 0 or net["high"] < 0)
    if proved:
        return ""
    known = str(gettext("This holdout could prove nothing in so many days."))
    if reach["detectable"] is not None:
        known = str(
            gettext(
                "This holdout proves %(each)s per customer or more (%(share)s of spend), four "
                "times out of five.",
                each=amount(reach["detectable"], currency),
                share=percent(reach["relative"]),
            )
        )
    return f"{known} {_patience(reach['quarters'])}"


def _patience(quarters: int | None) -> str:
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


def _part(part: Mapping[str, Any], currency: str) -> PartLine:
    if part["kind"] == "campaign":
        address = url_for("campaigns.show", campaign_id=part["id"])
    else:
        address = url_for("programmes.show", programme_id=part["id"])
    return PartLine(
        name=part["name"],
        address=address,
        customers=number(part["customers"]),
        whole=shown(part["whole"], currency, whole=True),
    )


def _gap(document: Mapping[str, Any]) -> str:
    """The whole beside the sum, in words; nothing where one of the two is not known."""
    found, own = document["programme"], document["own"]["whole"]
    if found is None or found["total"].get("estimate") is None or own.get("estimate") is None:
        return ""
    total: Sequence[float] = [found["total"][name] for name in ("estimate", "low", "high")]
    if total[1] <= own["high"] and own["low"] <= total[2]:
        return str(
            gettext("The two agree within what chance explains: their intervals share values.")
        )
    if total[0] < own["estimate"]:
        return str(
            gettext(
                "Everything together brought less than its parts claim. Purchases brought forward "
                "from later, or taken from another campaign's customers, count in a part and not "
                "in the whole."
            )
        )
    return str(
        gettext(
            "Everything together brought more than its parts claim. What comes after their "
            "windows, or from several contacts together, counts in the whole alone."
        )
    )
