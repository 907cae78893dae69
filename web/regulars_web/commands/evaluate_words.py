"""What `regulars evaluate` prints: the verdict in money first, then each effect in a line."""

from collections.abc import Iterator
from typing import Any

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
    kinds_of,
    warnings,
    why_not,
)

_EVIDENCE = {
    "proved_better": "a profit is proved",
    "not_proved": "neither a profit nor a loss is proved",
    "proved_worse": "a loss is proved",
    "cannot_tell": "it cannot be told",
}
_BARS = {"goods": "margin on goods", "offer": "offer", "contact": "contact"}


def said(document: dict[str, Any]) -> Iterator[str]:
    """The lines, one after the other."""
    for entry in document["arms"]:
        held = " (control)" if entry["arm"] == document["control"] else ""
        yield f"{entry['arm']}{held}: {entry['n']:,}"
    yield from warnings(document)
    at, confidence = f"{100 * document['confidence']:g}%", document["confidence"]
    kinds = kinds_of(document)
    yield from _profit(document, at)
    for effect in in_order(document):
        role = {"secondary": " (secondary)", "guardrail": " (guard-rail)"}.get(effect["role"], "")
        words = _words(effect, at, kinds[effect["metric"]], confidence)
        yield f"{effect['metric']}{role}, {_whose(effect)}: {words}"
    for test in document["segment_tests"]:
        yield f"{test['metric']}, {differs(test, confidence)}"
    for effect in document["complier"]:
        yield (
            f"{effect['metric']} per user of the offer, {_whose(effect)}: "
            f"{_ratio_words(effect['per_user'], kinds[effect['metric']], signed=True)}"
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
            yield (
                f"net profit, {_whose(group)}: cannot be estimated: "
                f"{net['not_estimable']}{_pooled(group)}{_odds(group)}"
            )
            continue
        one, total = figures(net), figures(times(net, group["n_arm"]))
        yield (
            f"net profit, {_whose(group)}: {total['estimate']} in all: "
            f"{_EVIDENCE[group['evidence']]}. {one['estimate']} per customer ({at}: {one['low']} "
            f"to {one['high']}{_tests(net, group)}){_pooled(group)}{_odds(group)}"
        )
        if group["segment"] is None:
            yield f"  {_bars(group, profit)}"


def _tests(answer: dict[str, Any], record: dict[str, Any]) -> str:
    words = "" if answer["p_value"] is None else f"; {p_words(answer['p_value'])}"
    behind = correction(record["corrected"])
    return f"{words}, {behind}" if behind else words


def _bars(group: dict[str, Any], profit: dict[str, Any]) -> str:
    amounts = parts(group["bars"])
    bars = ", ".join(
        f"{_BARS[bar['name']]} "
        + ("(nobody used it)" if unused(bar) else amounts.get(bar["name"], "unknown"))
        for bar in group["bars"]
        if bar["name"] != "contact" or has_contact(profit)
    )
    if not has_costs(profit):
        return bars
    return f"{bars}; back per 1 spent: {_ratio_words(group['return_on_cost'])}"


def _pooled(group: dict[str, Any]) -> str:
    if group["pooled"] is None:
        return ""
    told = figures(group["pooled"])
    how = "by" if "not_estimable" in group["net"] else "with"
    return f"; {how} the other segments {told['estimate']}, {told['low']} to {told['high']}"


def _odds(group: dict[str, Any]) -> str:
    if group["chance_pays"] is None:
        return ""
    return (
        f"; {chance(group['chance_pays'])} likely to pay (expected loss per customer: "
        f"{loss(group['loss_if_kept'])} if kept, {loss(group['loss_if_stopped'])} if stopped)"
    )


def _words(effect: dict[str, Any], at: str, kind: str, confidence: float) -> str:
    difference, relative, pooled = effect["difference"], effect["relative"], effect["pooled"]
    beside = ""
    if pooled is not None:
        told = figures(pooled, kind)
        how = "by" if "not_estimable" in difference else "with"
        beside = f"; {how} the other segments {told['estimate']}, {told['low']} to {told['high']}"
    if "not_estimable" in difference:
        return f"cannot be estimated: {why_not(effect)}{beside}"
    told = figures(difference, kind)
    words = (
        f"{VERDICTS[evidence_of_effect(effect, confidence)]}. "
        f"{told['estimate']}{told['unit']} ({at}: {told['low']} to {told['high']}"
        f"{_tests(difference, effect)}"
    )
    if "not_estimable" not in relative:
        words += (
            f"; relative {percent(relative['estimate'])}, {percent(relative['low'])} to "
            f"{percent(relative['high'])}"
        )
    return f"{words}{beside}; {effect['method']})"


def _ratio_words(ratio: dict[str, Any], kind: str = "mean", *, signed: bool = False) -> str:
    """A ratio in its three shapes."""
    if "not_estimable" in ratio:
        return f"cannot be estimated: {ratio['not_estimable']}"
    if ratio["extent"] == "everything":
        return "any value goes with the data"
    told = figures(ratio, kind, signed=signed)
    if ratio["extent"] == "outside":
        return f"at most {told['low']}{told['unit']}, or at least {told['high']}{told['unit']}"
    return f"{told['estimate']}{told['unit']} ({told['low']} to {told['high']})"
