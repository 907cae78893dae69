"""The report's first sentences: what was earned, who carried it, what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, ngettext

from regulars_web.formats import number
from regulars_web.words.reports import (
    Group,
    amount,
    confidence,
    flowing,
    interval,
    listed,
    reason_words,
    segment_name,
)


def headline(document: Mapping[str, Any], arm: str) -> str:
    """The report's first sentence for an arm: money, how sure, which segments, what to do."""
    currency = document["plan"]["currency"]
    group = next(g for g in document["overall"] if g["arm"] == arm)
    every = [g for g in document["segments"] if g["arm"] == arm]
    segments = [g for g in every if not g["hidden"]]
    carried = _carried(segments, len(every))
    return provisionally(
        document, flowing((_earned(document, group, currency), carried, _to_do(segments)))
    )


def provisionally(document: Mapping[str, Any], sentence: str) -> str:
    """The sentence, marked as long as orders or returns are still to come."""
    if document["status"]["state"] == "closed":
        return sentence
    return str(gettext("Provisional: %(sentence)s", sentence=sentence))


def total_words(document: Mapping[str, Any]) -> str:
    """What all arms earned together; empty with one arm, and in reports that did not ask."""
    total = document.get("total")
    if total is None:
        return ""
    return _earned(document, total, document["plan"]["currency"], str(gettext("all arms together")))


def _earned(document: Mapping[str, Any], group: Group, currency: str, name: str = "") -> str:
    """name: of a group that is no arm."""
    net, n = group["net"], group["n"]
    facts: dict[str, Any] = {"n": number(n), "arm": name or group["arm"]}
    who = _told(document, facts)
    if "not_estimable" in net:
        return str(
            gettext(
                "What telling %(who)s earned cannot be told: %(reason)s.",
                who=who,
                reason=reason_words(net["code"]),
            )
        )
    facts |= {
        "who": who,
        "net": amount(abs(net["estimate"]) * n, currency, whole=True),
        "range": interval(net["low"] * n, net["high"] * n, currency, whole=True),
        "confidence": confidence(document),
    }
    if net["estimate"] >= 0:
        words = gettext("Telling %(who)s earned %(net)s net (%(confidence)s: %(range)s)", **facts)
    else:
        words = gettext("Telling %(who)s lost %(net)s net (%(confidence)s: %(range)s)", **facts)
    proof = {
        "proved_better": gettext("a profit is proved"),
        "not_proved": gettext("neither a profit nor a loss is proved"),
        "proved_worse": gettext("a loss is proved"),
    }[group["evidence"]]
    return str(gettext("%(money)s; %(proof)s.", money=words, proof=proof))


def _told(document: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Who was told: customers, or the households or groups that were drawn, and in which arm."""
    plan = document["plan"]
    if plan["unit"] == "household":
        who = gettext("these %(n)s households", **facts)
    elif plan["unit"] == "group":
        who = gettext("these %(n)s groups", **facts)
    else:
        who = gettext("these %(n)s customers", **facts)
    if len(plan["arms"]) > 1:
        return str(gettext("%(who)s (%(arm)s)", who=who, arm=facts["arm"]))
    return str(who)


def _carried(segments: Sequence[Group], every: int) -> str:
    """every: how many segments there are with those too small to be shown."""
    if len(segments) < 2:
        return ""
    proved = [segment_name(g["segment"]) for g in segments if g["evidence"] == "proved_better"]
    total = number(len(segments))
    if not proved and every > len(segments):
        return str(
            gettext(
                "In none of the %(total)s segments that are large enough to be shown (of "
                "%(every)s) is a profit proved.",
                total=total,
                every=number(every),
            )
        )
    if not proved:
        return str(gettext("In none of the %(total)s segments is a profit proved.", total=total))
    return str(
        ngettext(
            "%(num)s of %(total)s segments carried it: %(names)s.",
            "%(num)s of %(total)s segments carried it: %(names)s.",
            len(proved),
            total=total,
            names=listed(proved),
        )
    )


def _to_do(segments: Sequence[Group]) -> str:
    if len(segments) < 2:
        return ""
    by_advice: dict[str, list[str]] = {}
    for group in segments:
        if group["decision"] is not None:
            by_advice.setdefault(group["decision"]["advice"], []).append(
                segment_name(group["segment"])
            )
    parts = []
    if by_advice.get("stop"):
        parts.append(gettext("Stop: %(names)s.", names=listed(by_advice["stop"])))
    if by_advice.get("retest"):
        parts.append(gettext("Test again: %(names)s.", names=listed(by_advice["retest"])))
    if by_advice.get("change"):
        parts.append(gettext("Change the threshold: %(names)s.", names=listed(by_advice["change"])))
    return flowing(parts)
