"""Memory in words: families of offers, people, what was expected and what came."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from regulars_platform.fields import WHOLE
from regulars_platform.memory.families import BELOW, FAR, NEAR, Family
from regulars_platform.segments.rules import parse_rule
from regulars_web.formats import in_chinese, number, percent
from regulars_web.words.plans import channel_text, multiple_text
from regulars_web.words.reports import amount, clauses, interval
from regulars_web.words.rules import rule_text

KINDS = {
    "free_shipping": lazy_gettext("Free shipping"),
    "amount_off": lazy_gettext("Amount off"),
    "percent_off": lazy_gettext("Percent off"),
    "message": lazy_gettext("Message only"),
}
_THRESHOLDS = {
    BELOW: lazy_gettext("from well below their usual order"),
    NEAR: lazy_gettext("from about their usual order"),
    FAR: lazy_gettext("from well above their usual order"),
}

_MOST_RULES = 3


def family_title(family: Family) -> str:
    """Kind, threshold and depth: "Free shipping from about their usual order"."""
    parts = [str(KINDS[family.kind])]
    if family.depth == "under 10%":
        parts.append(str(gettext("(under %(share)s)", share=percent(0.1, 0))))
    elif family.depth == "10% to 20%":
        parts.append(
            str(gettext("(%(low)s to %(high)s)", low=percent(0.1, 0), high=percent(0.2, 0)))
        )
    elif family.depth:
        parts.append(str(gettext("(over %(share)s)", share=percent(0.2, 0))))
    if family.threshold in _THRESHOLDS:
        parts.append(str(_THRESHOLDS[family.threshold]))
    elif family.threshold:
        multiple = multiple_text(round(float(family.threshold[1:]) * WHOLE))
        parts.append(str(gettext("from %(k)s × their own order value", k=multiple)))
    if not in_chinese():
        return " ".join(parts)
    return "".join(part if part.startswith("（") else f"，{part}" for part in parts).lstrip("，")


def family_terms(family: Family) -> str:
    """How it is told, who may use it, and what was drawn where that is not each customer."""
    parts = [channel_text(family.channel, family.channel_label)]
    if family.kind != "message":
        parts.append(
            str(gettext("open to the whole shop"))
            if family.reach == "open"
            else str(gettext("personal code"))
        )
    if family.unit == "household":
        parts.append(str(gettext("by household")))
    if family.unit == "group":
        parts.append(str(gettext("by whole groups")))
    return " · ".join(parts)


def people_text(people: Mapping[str, Any], currency: str) -> str:
    """Who is meant, by the rule."""
    rule = rule_text(parse_rule(people["rule"]), currency)
    others = [rule_text(parse_rule(other), currency) for other in people["without"]]
    if not others:
        return rule
    if len(others) > _MOST_RULES:
        return str(
            gettext("%(rule)s, except %(count)s segments", rule=rule, count=number(len(others)))
        )
    return str(gettext("%(rule)s, except: %(others)s", rule=rule, others=clauses(others)))


def campaigns_text(count: int) -> str:
    """How many campaigns it rests on."""
    return str(ngettext("%(num)s campaign", "%(num)s campaigns", count))


def drift_text(count: int) -> str:
    """That a campaign contradicts those before it, of which there were `count`."""
    return str(
        ngettext(
            "differs from the one before by more than chance",
            "differs from the %(num)s before by more than chance",
            count,
        )
    )


def basis_text(units: int, remembered: int, campaigns: int) -> str:
    """Where a forecast comes from."""
    if not campaigns or not remembered:
        return str(
            gettext(
                "No past campaign to go by: a wide guess, that the offer makes them spend %(more)s "
                "more, give or take %(spread)s.",
                more=percent(0.05, 0),
                spread=percent(0.1, 0),
            )
        )
    told = ngettext(
        "From %(num)s past campaign of the same people and kind of offer",
        "From %(num)s past campaigns of the same people and kind of offer",
        campaigns,
    )
    if remembered >= units:
        return str(gettext("%(told)s.", told=told))
    return str(
        gettext(
            "%(told)s for %(share)s of those told; a wide guess for the others.",
            told=told,
            share=percent(remembered / units, 0),
        )
    )


def promise_text(promise: Mapping[str, Any], net: Mapping[str, Any], n: int, currency: str) -> str:
    """Promised at the launch, beside what was earned. promise: of a frozen forecast."""
    facts = {
        "promised": amount(float(promise["expected"]), currency, whole=True, signed=True),
        "range": interval(float(promise["low"]), float(promise["high"]), currency, whole=True),
    }
    if "estimate" not in net:
        return str(gettext("Expected at the launch: %(promised)s (%(range)s) net profit.", **facts))
    return str(
        gettext(
            "Expected at the launch: %(promised)s (%(range)s) net profit; earned: %(earned)s "
            "(%(earned_range)s).",
            **facts,
            earned=amount(net["estimate"] * n, currency, whole=True, signed=True),
            earned_range=interval(net["low"] * n, net["high"] * n, currency, whole=True),
        )
    )


def listed(names: Sequence[str]) -> str:
    """Names one after the other."""
    return str(gettext(", ")).join(names)
