"""What `regulars uplift` says on the terminal, from its document."""

from collections.abc import Iterator, Mapping
from typing import Any

_VERDICTS = {
    "proved_better": "proved better",
    "not_proved": "not proved",
    "proved_worse": "proved worse",
    "cannot_tell": "cannot be told",
}
_OTHERS = {
    "everyone": "telling everyone",
    "nobody": "telling nobody",
    "response": "telling those who buy most",
}


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
    for name, one in policy["against"].items():
        known = one["value"] is not None
        if known and one["standard_error"] == 0:
            yield f"  against {_OTHERS.get(name, name)}: the same plan"
            continue
        detectable = one["detectable"]
        shown = f"; {detectable:.4g} could have been detected" if detectable else ""
        why = f" ({one['why']})" if one["why"] else ""
        yield (
            f"  against {_OTHERS.get(name, name)}: {_amount(one)}, "
            f"{_VERDICTS[one['verdict']]}{shown}{why}"
        )
    if policy["optimism"] is not None:
        yield (
            f"  Chosen and valued on the same customers the best plan would claim "
            f"{policy['naive_value']:+.4g}: {policy['optimism']:.4g} too much"
        )


def _rule(title: str, rule: Mapping[str, Any]) -> Iterator[str]:
    if title:
        yield f"{title}:"
    for line in rule["lines"]:
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
