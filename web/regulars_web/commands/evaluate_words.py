"""What `regulars evaluate` prints: the verdict in money first, then each effect in a line."""

from collections.abc import Iterator
from typing import Any

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
    yield from _warnings(document)
    percent = f"{100 * document['confidence']:g}%"
    yield from _profit(document, percent)
    for effect in document["effects"]:
        role = "" if effect["role"] == "primary" else f" ({effect['role']})"
        yield f"{effect['metric']}{role}, {_whose(effect)}: {_words(effect, percent)}"
    for test in document["segment_tests"]:
        if test["p_value"] is None:
            yield (
                f"{test['metric']}, {test['arm']}: whether the effect differs between the values "
                f"of {test['column']} is not tested before the planned end"
            )
            continue
        yield (
            f"{test['metric']}, {test['arm']}: between the values of {test['column']} the effect "
            f"{'differs' if test['p_value'] < 0.05 else 'is not proved to differ'} "
            f"(p = {test['p_value']:.2g})"
        )
    for effect in document["complier"]:
        yield (
            f"{effect['metric']} per user of the offer, {_whose(effect)}: "
            f"{_ratio_words(effect['per_user'])}"
        )


def _whose(record: dict[str, Any]) -> str:
    segment = record["segment"]
    where = "" if segment is None else f" [{segment['column']} = {segment['value']}]"
    return f"{record['arm']}{where}"


def _warnings(document: dict[str, Any]) -> Iterator[str]:
    checks, sequential = document["checks"], document["sequential"]
    ratio = checks["sample_ratio"]
    if ratio["flagged"] and ratio["shares"] == "declared":
        yield f"WARNING: counts do not fit the planned shares (p = {ratio['p_value']:.2g})."
    elif ratio["flagged"]:
        yield "Counts are not equal; give --share ARM=SHARE to check them against the plan."
    if checks["rows_without_arm"]:
        yield f"WARNING: {checks['rows_without_arm']:,} rows have no arm and were left out."
    if sequential is not None:
        planned, here = sequential["planned_customers"], sequential["customers"]
        if here > planned:
            yield (
                f"There are {here:,} customers, more than the {planned:,} planned: intervals still "
                f"hold at every look, but the plan no longer makes them as narrow as they could be."
            )
        else:
            yield f"A look at {here:,} of {planned:,} customers: intervals hold at every look."
    for name, limit in document["winsorised_at"].items():
        yield f"{name}: amounts capped at {limit:,.12g}, beside the amounts as they are."


def _profit(document: dict[str, Any], percent: str) -> Iterator[str]:
    profit = document["profit"]
    for group in [] if profit is None else profit["groups"]:
        net = group["net"]
        if "not_estimable" in net:
            yield f"net profit, {_whose(group)}: cannot be estimated: {net['not_estimable']}"
            continue
        yield (
            f"net profit, {_whose(group)}: {_EVIDENCE[group['evidence']]}. "
            f"{net['estimate']:+,.4g} per customer ({percent}: {net['low']:+,.4g} to "
            f"{net['high']:+,.4g}), {net['estimate'] * group['n_arm']:+,.0f} in all{_odds(group)}"
        )
        if group["segment"] is None:
            bars = ", ".join(
                f"{_BARS[bar['name']]} "
                + ("?" if "not_estimable" in bar else f"{bar['estimate']:+,.4g}")
                for bar in group["bars"]
            )
            yield f"  {bars}; back per 1 spent: {_ratio_words(group['return_on_cost'])}"


def _odds(group: dict[str, Any]) -> str:
    if group["chance_pays"] is None:
        return ""
    chance = min(max(group["chance_pays"], 0.01), 0.99)
    bound = "" if chance == group["chance_pays"] else ("over " if chance > 0.5 else "under ")
    return (
        f"; {bound}{chance:.0%} likely to pay (expected loss per customer: "
        f"{group['loss_if_kept']:,.2g} if kept, {group['loss_if_stopped']:,.2g} if stopped)"
    )


def _words(effect: dict[str, Any], percent: str) -> str:
    difference, relative = effect["difference"], effect["relative"]
    if "not_estimable" in difference:
        return f"cannot be estimated: {difference['not_estimable']}"
    words = (
        f"{difference['estimate']:+.6g} ({percent}: {difference['low']:+.6g} to "
        f"{difference['high']:+.6g}, p = {difference['p_value']:.2g}"
    )
    corrected, pooled = effect["corrected"], effect["pooled"]
    if corrected is not None and corrected["tests"] > 1:
        words += f", {corrected['holm']:.2g} corrected for {corrected['tests']} tests"
    if "not_estimable" not in relative:
        words += (
            f"; relative {relative['estimate']:+.1%}, {relative['low']:+.1%} to "
            f"{relative['high']:+.1%}"
        )
    if pooled is not None:
        words += (
            f"; with the other segments {pooled['mean']:+.6g}, {pooled['low']:+.6g} to "
            f"{pooled['high']:+.6g}"
        )
    return f"{words}; {effect['method']})"


def _ratio_words(ratio: dict[str, Any]) -> str:
    """A ratio in its three shapes."""
    if "not_estimable" in ratio:
        return f"cannot be estimated: {ratio['not_estimable']}"
    if ratio["extent"] == "everything":
        return "any value goes with the data"
    if ratio["extent"] == "outside":
        return f"at most {ratio['low']:,.4g}, or at least {ratio['high']:,.4g}"
    return f"{ratio['estimate']:,.4g} ({ratio['low']:,.4g} to {ratio['high']:,.4g})"
