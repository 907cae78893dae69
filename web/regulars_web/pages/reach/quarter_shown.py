"""The page of one quarter: what everything together brought, formatted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext, lazy_gettext, ngettext

from regulars_web.formats import blank, number, percent, signed
from regulars_web.pages.reach.shown import MOST_GAIN, days_words, patience_words, shown
from regulars_web.words.answers import Shown
from regulars_web.words.reports import amount, interval, listed, reason_words

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
    waiting: str
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
    whole_adjusted: Shown | None
    own: Shown
    parts: list[PartLine]
    untold: str
    newcomers: str
    gap: str
    outside: Shown
    later: Shown
    nth: list[tuple[str, str, str, Shown]]
    can_say_nth: bool
    discounts_recorded: bool


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
        whole_adjusted=None
        if found is None or found["adjusted_total"] is None
        else shown(found["adjusted_total"], currency, whole=True),
        own=shown(own["whole"], currency, whole=True),
        parts=[_part(part, currency) for part in own["parts"]],
        newcomers=_newcomers(document),
        untold=listed(own["untold"]) if own["untold"] else "",
        gap=_gap(document),
        outside=_hidden(
            document["outside"], gettext("no campaign was sent in these days"), currency
        ),
        later=_hidden(
            document["later"], gettext("no orders reach day 30 or 60 after a window yet"), currency
        ),
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
        return days_words(document)
    return str(
        gettext(
            "%(days)s; %(held)s customers held back from everything (%(share)s%%) beside "
            "%(others)s others, all known before the first day; %(margin)s.",
            days=days_words(document),
            held=number(found["held_back"]),
            share=document["holdout_percent"],
            others=number(found["others"]),
            margin=_margin(document),
        )
    )


def _margin(document: Mapping[str, Any]) -> str:
    """Which margin the goods count at; quarters kept before costs were asked for have none."""
    costs = document.get("goods_costs")
    if costs is not None:
        return str(
            gettext(
                "goods by what each product cost (known for %(share)s of sales), the rest at a "
                "margin of %(rest)s%%",
                share=percent(costs["known_share"]),
                rest=costs["others_percent"],
            )
        )
    low, high = document["margin_low_percent"], document["margin_high_percent"]
    return str(gettext("one margin for all goods, %(low)s%% to %(high)s%%", low=low, high=high))


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
    """A difference of shares, in percentage points."""
    if answer.get("estimate") is None:
        return Shown(text="–", interval=reason_words(answer["code"]))
    points, low, high = (
        signed(number(100 * answer[name], 2)) for name in ("estimate", "low", "high")
    )
    return Shown(
        text=str(gettext("%(points)s points", points=points)),
        interval=str(gettext("%(low)s to %(high)s", low=low, high=high)),
    )


def _reach(reach: Mapping[str, Any], net: Mapping[str, Any], currency: str) -> str:
    proved = net.get("estimate") is not None and (net["low"] > 0 or net["high"] < 0)
    if proved:
        return ""
    known = str(gettext("This holdout could prove nothing in so many days."))
    if reach["detectable"] is not None and reach["relative"] <= MOST_GAIN:
        known = str(
            gettext(
                "This holdout proves %(each)s per customer or more (%(share)s of spend), four "
                "times out of five.",
                each=amount(reach["detectable"], currency),
                share=percent(reach["relative"]),
            )
        )
    return known + blank() + patience_words(reach["quarters"])


def _part(part: Mapping[str, Any], currency: str) -> PartLine:
    if part["kind"] == "campaign":
        address = url_for("campaigns.show", campaign_id=part["id"])
    else:
        address = url_for("programmes.show", programme_id=part["id"])
    return PartLine(
        name=part["name"],
        address=address,
        customers=number(part["customers"]),
        waiting=number(part["waiting"]) if part.get("waiting") else "",
        whole=shown(part["whole"], currency, whole=True)
        if part["customers"] or not part.get("waiting")
        else Shown(text="–", interval=str(gettext("nobody's days for orders are over yet"))),
    )


def _hidden(found: Mapping[str, Any], nothing: str, currency: str) -> Shown:
    """A sum over campaigns; nothing: said where there are none to add up."""
    if not found["parts"]:
        return Shown(text="–", interval=nothing)
    return shown(found["whole"], currency, whole=True)


def _newcomers(document: Mapping[str, Any]) -> str:
    """Whom the parts leave out; quarters kept before parts did so know of none."""
    told = document.get("told_newcomers", 0)
    if not told:
        return ""
    return str(
        ngettext(
            "%(n)s customer told was first known during these days: in neither the whole nor the "
            "sum, but in the report of what told them.",
            "%(n)s customers told were first known during these days: in neither the whole nor "
            "the sum, but in the reports of what told them.",
            told,
            n=number(told),
        )
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
