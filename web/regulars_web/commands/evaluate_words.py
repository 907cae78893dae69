"""What `regulars evaluate` prints: the verdict in money first, then each effect in a line."""

from collections.abc import Iterator
from typing import Any

from regulars_platform.words import N_
from regulars_web.evaluation_numbers import (
    chance,
    figures,
    loss,
    p_words,
    parts,
    percent,
    times,
    unused,
)
from regulars_web.evaluation_sentences import (
    VERDICTS,
    correction,
    differs,
    evidence_of_effect,
    has_contact,
    has_costs,
    in_order,
    joined,
    kinds_of,
    method_words,
    refused,
    warnings,
    why_not,
)
from regulars_web.spoken import gettext, in_words

_EVIDENCE = {
    "proved_better": N_("a profit is proved"),
    "not_proved": N_("neither a profit nor a loss is proved"),
    "proved_worse": N_("a loss is proved"),
    "cannot_tell": N_("it cannot be told"),
}
_BARS = {"goods": N_("margin on goods"), "offer": N_("offer"), "contact": N_("contact")}


def said(document: dict[str, Any]) -> Iterator[str]:
    """The lines, one after the other."""
    for entry in document["arms"]:
        facts = {"arm": entry["arm"], "customers": f"{entry['n']:,}"}
        if entry["arm"] == document["control"]:
            yield gettext("%(arm)s (control): %(customers)s", **facts)
        else:
            yield gettext("%(arm)s: %(customers)s", **facts)
    yield from warnings(document)
    at, confidence = f"{100 * document['confidence']:g}%", document["confidence"]
    kinds = kinds_of(document)
    yield from _profit(document, at)
    for effect in in_order(document):
        facts = {
            "metric": effect["metric"],
            "whose": _whose(effect),
            "words": _words(effect, at, kinds[effect["metric"]], confidence),
        }
        if effect["role"] == "secondary":
            yield gettext("%(metric)s (secondary), %(whose)s: %(words)s", **facts)
        elif effect["role"] == "guardrail":
            yield gettext("%(metric)s (guard-rail), %(whose)s: %(words)s", **facts)
        else:
            yield gettext("%(metric)s, %(whose)s: %(words)s", **facts)
    for test in document["segment_tests"]:
        yield joined(test["metric"], differs(test, confidence))
    for effect in document["complier"]:
        yield gettext(
            "%(metric)s per user of the offer, %(whose)s: %(words)s",
            metric=effect["metric"],
            whose=_whose(effect),
            words=_ratio_words(effect["per_user"], kinds[effect["metric"]], signed=True),
        )


def _whose(record: dict[str, Any]) -> str:
    segment = record["segment"]
    where = "" if segment is None else f" [{segment['column']} = {segment['value']}]"
    return f"{record['arm']}{where}"


def _profit(document: dict[str, Any], at: str) -> Iterator[str]:
    profit = document["profit"]
    for group in [] if profit is None else profit["groups"]:
        net = group["net"]
        if "not_estimable" in net:
            yield gettext(
                "net profit, %(whose)s: cannot be estimated: %(why)s",
                whose=_whose(group),
                why=refused(net) + _pooled(group) + _odds(group),
            )
            continue
        one, total = figures(net), figures(times(net, group["n_arm"]))
        words = gettext(
            "net profit, %(whose)s: %(total)s in all: %(evidence)s. %(each)s per customer"
            " (%(at)s: %(low)s to %(high)s%(tests)s)",
            whose=_whose(group),
            total=total["estimate"],
            evidence=in_words(_EVIDENCE[group["evidence"]]),
            each=one["estimate"],
            at=at,
            low=one["low"],
            high=one["high"],
            tests=_tests(net, group),
        )
        yield words + _pooled(group) + _odds(group)
        if group["segment"] is None:
            yield f"  {_bars(group, profit)}"


def _tests(answer: dict[str, Any], record: dict[str, Any]) -> str:
    behind = correction(record["corrected"])
    if answer["p_value"] is None:
        return gettext(", ") + behind if behind else ""
    return gettext("; ") + joined(p_words(answer["p_value"]), behind)


def _bars(group: dict[str, Any], profit: dict[str, Any]) -> str:
    amounts = parts(group["bars"])
    shown, unknown = [], gettext("unknown")
    for bar in group["bars"]:
        if bar["name"] == "contact" and not has_contact(profit):
            continue
        name = in_words(_BARS[bar["name"]])
        if unused(bar):
            shown.append(gettext("%(bar)s (nobody used it)", bar=name))
        else:
            known = amounts.get(bar["name"])
            shown.append(f"{name} {unknown if known is None else known}")
    bars = gettext(", ").join(shown)
    if not has_costs(profit):
        return bars
    back = _ratio_words(group["return_on_cost"])
    return bars + gettext("; back per 1 spent: %(ratio)s", ratio=back)


def _pooled(group: dict[str, Any]) -> str:
    return _beside(group, group["net"])


def _beside(record: dict[str, Any], answer: dict[str, Any], kind: str = "mean") -> str:
    """What the other segments say of it."""
    if record["pooled"] is None:
        return ""
    told = figures(record["pooled"], kind)
    facts = {name: told[name] for name in ("estimate", "low", "high")}
    if "not_estimable" in answer:
        return gettext("; by the other segments %(estimate)s, %(low)s to %(high)s", **facts)
    return gettext("; with the other segments %(estimate)s, %(low)s to %(high)s", **facts)


def _odds(group: dict[str, Any]) -> str:
    if group["chance_pays"] is None:
        return ""
    return gettext(
        "; %(chance)s likely to pay (expected loss per customer: %(kept)s if kept, %(stopped)s if"
        " stopped)",
        chance=chance(group["chance_pays"]),
        kept=loss(group["loss_if_kept"]),
        stopped=loss(group["loss_if_stopped"]),
    )


def _words(effect: dict[str, Any], at: str, kind: str, confidence: float) -> str:
    difference, relative = effect["difference"], effect["relative"]
    beside = _beside(effect, difference, kind)
    if "not_estimable" in difference:
        return gettext("cannot be estimated: %(why)s", why=why_not(effect) + beside)
    told = figures(difference, kind)
    words = gettext(
        "%(verdict)s. %(estimate)s%(unit)s (%(at)s: %(low)s to %(high)s%(tests)s",
        verdict=in_words(VERDICTS[evidence_of_effect(effect, confidence)]),
        at=at,
        tests=_tests(difference, effect),
        **told,
    )
    if "not_estimable" not in relative:
        words += gettext(
            "; relative %(estimate)s, %(low)s to %(high)s",
            **{name: percent(relative[name]) for name in ("estimate", "low", "high")},
        )
    return gettext(
        "%(words)s; %(method)s)", words=words + beside, method=method_words(effect["method"])
    )


def _ratio_words(ratio: dict[str, Any], kind: str = "mean", *, signed: bool = False) -> str:
    """A ratio in its three shapes."""
    if "not_estimable" in ratio:
        return gettext("cannot be estimated: %(why)s", why=refused(ratio))
    if ratio["extent"] == "everything":
        return gettext("any value goes with the data")
    told = figures(ratio, kind, signed=signed)
    if ratio["extent"] == "outside":
        return gettext("at most %(low)s%(unit)s, or at least %(high)s%(unit)s", **told)
    return gettext("%(estimate)s%(unit)s (%(low)s to %(high)s)", **told)
