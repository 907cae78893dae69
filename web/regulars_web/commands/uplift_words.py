"""What `regulars uplift` says on the terminal, from its document."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_VERDICTS = {
    "proved_better": "proved better",
    "not_proved": "not proved",
    "proved_worse": "proved worse",
}
_OTHERS = {
    "everyone": "telling everyone",
    "nobody": "telling nobody",
    "response": "telling those who buy most",
}
_OTHERS_OF_ARMS = {
    "everyone": "telling everyone (the best single arm)",
    "response": "telling those who buy most, each by the arm under which they do",
}
_PARTS = {3: "third", 5: "fifth"}


def said(document: Mapping[str, Any]) -> Iterator[str]:
    """Lines of plain text."""
    yield from _plan(document)
    yield ""
    yield from _rule("The targeting card (two questions)", document["card"])
    if document["one_column"]:
        yield f"The one question that ranks best: {_first(document['one_column'])}"
    yield ""
    yield from _leaderboard(document)
    yield ""
    yield from _models(document)
    for dogs in document["sleeping_dogs"]:
        yield ""
        who = "; ".join(dogs["rule"]) if dogs["rule"] else f"a list by {dogs['by']}"
        yield (
            f"Harmed by {dogs['arm']}: {dogs['customers']:,} customers ({who}); leaving them alone "
            f"saves {_amount(dogs['harm'])} per customer of the audience"
        )
    if document["warnings"]:
        yield ""
    for warning in document["warnings"]:
        yield f"Note: {warning['words']}"


def _plan(document: Mapping[str, Any]) -> Iterator[str]:
    policy, chosen = document["policy"], document["chosen"]
    arms = ", ".join(f"{arm['arm']} {arm['customers']:,}" for arm in document["arms"])
    yield f"{document['customers']:,} customers ({arms}); {document['unit']} per customer"
    yield ""
    told = ", ".join(f"{arm['arm']}: {arm['customers']:,}" for arm in policy["told"])
    yield f"Plan: {chosen['name']}, telling {policy['share']:.1%} of the customers ({told})"
    if document["rule"]:
        yield from _rule("", document["rule"])
    others = _OTHERS | (_OTHERS_OF_ARMS if len(policy["told"]) > 1 else {})
    if chosen["settled"]:
        yield from _against(policy["against"], others)
    else:
        yield from _unsettled(document, others)
    if policy["optimism"] is not None:
        yield (
            f"  Chosen and valued on the same customers the best plan would claim "
            f"{policy['naive_value']:+.4g}: {policy['optimism']:.4g} too much"
        )


def _unsettled(document: Mapping[str, Any], others: Mapping[str, str]) -> Iterator[str]:
    """What is valued is then how plans are chosen, of which this one is an outcome."""
    chosen, folds = document["chosen"], document["folds"]
    if chosen["kind"] != "nobody":
        yield from _against({"nobody": chosen["standing"]["value"]}, others, "this plan by itself")
    part = _PARTS.get(folds, f"of {folds} parts")
    yield f"  Chosen without each {part} of the customers: {_picks(chosen['picked_per_fold'])}."
    yield "  Choosing like this earns, in place of this plan's own value:"
    yield from _against(document["policy"]["against"], others)


def _picks(names: Sequence[str]) -> str:
    times = {1: "once", 2: "twice"}
    return ", ".join(
        f"{name} {times.get(count, f'{count} times')}"
        for name, count in Counter(names).most_common()
    )


def _against(
    contrasts: Mapping[str, Mapping[str, Any]], others: Mapping[str, str], what: str = ""
) -> Iterator[str]:
    start = f"  {what} against" if what else "  against"
    for name, one in contrasts.items():
        if one["value"] is None:
            yield f"{start} {others.get(name, name)}: {_amount(one)} ({one['why']})"
        elif one["standard_error"] == 0:
            yield f"{start} {others.get(name, name)}: the same plan"
        else:
            seen = one["detectable"]
            detectable = f"; {seen:.4g} could have been detected" if seen else ""
            verdict = _VERDICTS[one["verdict"]]
            yield f"{start} {others.get(name, name)}: {_amount(one)}, {verdict}{detectable}"


def _rule(title: str, rule: Mapping[str, Any]) -> Iterator[str]:
    if title:
        yield f"{title}:"
    for line in rule["short"]:
        what = f"tell ({line['arm']})" if line["arm"] else "leave alone"
        yield f"  {what}: {line['words']} - {line['customers']:,} customers ({line['share']:.1%})"


def _first(rule: Mapping[str, Any]) -> str:
    return " | ".join(line["words"] for line in rule["lines"])


def _leaderboard(document: Mapping[str, Any]) -> Iterator[str]:
    yield "What each way of choosing earns against telling nobody, per customer:"
    for row in document["leaderboard"]:
        marks = [
            "chosen" if row["chosen"] else "",
            "within one standard error of the best" if row["within_one_standard_error"] else "",
        ]
        note = ", ".join(mark for mark in marks if mark)
        yield (
            f"  {row['name']:<24} tells {row['share']:6.1%}  {_amount(row['value']):<36} "
            f"naive {row['naive_value']:+.4g}{'  ' + note if note else ''}"
        )


def _models(document: Mapping[str, Any]) -> Iterator[str]:
    coefficient = any(model["qini_kind"] == "coefficient" for model in document["models"])
    what = "Qini coefficient" if coefficient else f"Qini area in {document['unit']} per customer"
    yield f"How well each ranks ({what}, with its sampling error):"
    for model in document["models"]:
        name = f"{model['learner']} ({model['base']})" if model["base"] else model["learner"]
        if model["qini"] is None:
            yield f"  {name:<24} {model['why']}"
            continue
        yield (
            f"  {name:<24} {model['qini']:+.4g} ({model['qini_se']:.2g}); "
            f"uplift in the best 30%: {_number(model['uplift_at_30'])} "
            f"({_number(model['uplift_at_30_se'])})"
        )


def _amount(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "cannot be told"
    return f"{one['value']:+.4g} ({one['low']:+.4g} to {one['high']:+.4g})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
