"""What an evaluation's document says in words: the same in the terminal and on the page."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from regulars_web.evaluation_numbers import counted, p_words, plain

VERDICTS = {
    "proved_better": "proved better",
    "not_proved": "not proved",
    "proved_worse": "proved worse",
    "cannot_tell": "cannot tell",
}
_ROLES = ("primary", "secondary", "guardrail")
_MANY_VALUES = 1_000
_MOST_WARNINGS = 5


def in_order(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The effects: of primary metrics, then secondary, then guard-rails."""
    return sorted(document["effects"], key=lambda effect: _ROLES.index(effect["role"]))


def kinds_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The kind of each metric."""
    return {metric["name"]: metric["kind"] for metric in document["metrics"]}


def evidence_of_effect(effect: Mapping[str, Any], confidence: float) -> str:
    """What is proved of an effect: by its interval, and by Holm's p-value where it has a family.

    A guard-rail is watched for harm, so that its interval alone decides.
    """
    difference, corrected = effect["difference"], effect["corrected"]
    if "not_estimable" in difference:
        return "cannot_tell"
    corrected_p = 1.0 if corrected is None else corrected["holm"]
    if effect["role"] != "guardrail" and not corrected_p < 1 - confidence:
        return "not_proved"
    if difference["low"] > 0:
        return "proved_better"
    return "proved_worse" if difference["high"] < 0 else "not_proved"


def differs(test: Mapping[str, Any], confidence: float) -> str:
    """Whether an effect differs between the values of a column; not claimed without correction."""
    if test["p_value"] is None:
        return (
            f"{test['arm']}: whether the effect differs between the values of {test['column']} "
            f"is not tested before the planned end"
        )
    corrected = test["corrected"]
    p_value = test["p_value"] if corrected is None else corrected["holm"]
    found = "differs" if corrected is not None else "may differ"
    words = found if p_value < 1 - confidence else "is not proved to differ"
    behind = "not corrected" if corrected is None else correction(corrected)
    return (
        f"{test['arm']}: the effect {words} between the values of {test['column']} "
        f"({p_words(test['p_value'])}{', ' + behind if behind else ''})"
    )


def correction(corrected: Mapping[str, Any] | None) -> str:
    """The corrected p-value, or nothing where there is one test only."""
    if corrected is None or corrected["tests"] < 2:
        return ""
    p_value = p_words(corrected["holm"]).removeprefix("p = ")
    return f"{p_value} corrected for {corrected['tests']} tests"


def why_not(record: Mapping[str, Any]) -> str:
    """Why a difference has no estimate; `record`: with the means beside it."""
    difference = record["difference"]
    flat = difference["code"] in ("no_variation", "no_buyers", "too_few_buyers")
    same = record["mean_arm"] is not None and record["mean_arm"] == record["mean_control"]
    if flat and same and (difference["code"] == "no_variation" or record["mean_arm"] == 0):
        return f"every customer has the same value ({plain(record['mean_arm'])})"
    return str(difference["not_estimable"])


def has_costs(profit: Mapping[str, Any]) -> bool:
    """Whether any cost was given; without one there is nothing to divide by."""
    return profit["offer_cost"] is not None or has_contact(profit)


def has_contact(profit: Mapping[str, Any]) -> bool:
    """Whether contacting anybody cost anything."""
    return any(entry["per_customer"] for entry in profit["contact_cost"])


def warnings(document: Mapping[str, Any]) -> Iterator[str]:
    """What to know before the effects; the grave ones begin with WARNING."""
    checks, ratio = document["checks"], document["checks"]["sample_ratio"]
    declared = ratio["shares"] == "declared"
    if ratio["flagged"] and declared:
        yield (
            f"WARNING: the counts do not fit the planned shares ({p_words(ratio['p_value'])}): "
            f"customers were lost or added on the way. Do not trust the effects before that is "
            f"explained."
        )
    elif ratio["flagged"]:
        yield "Counts are not equal; give --share ARM=SHARE to check them against the plan."
    yield from _segment_warnings(checks["sample_ratio_by_segment"], declared=declared)
    if checks["rows_without_arm"]:
        count = checks["rows_without_arm"]
        have = "has no arm and was" if count == 1 else "have no arm and were"
        yield f"WARNING: {counted(count, 'row', 'rows')} {have} left out."
    for name, count in checks["missing_values_counted_as_zero"].items():
        yield f"{counted(count, 'row', 'rows')} without {name} counted as 0."
    yield from _look(document["sequential"])
    yield from _capped(document)


def _segment_warnings(found: list[dict[str, Any]], *, declared: bool) -> Iterator[str]:
    flagged = [entry for entry in found if entry["flagged"]]
    against = "do not fit the planned shares" if declared else "are not as in the rest of the file"
    for entry in flagged[:_MOST_WARNINGS]:
        segment, p_value = entry["segment"], entry["p_value_adjusted"]
        yield (
            f"WARNING: in {segment['column']} = {segment['value']} the arms {against} "
            f"({p_words(p_value)}, corrected). Do not trust the effects there before that is "
            f"explained."
        )
    if len(flagged) > _MOST_WARNINGS:
        more = counted(len(flagged) - _MOST_WARNINGS, "more segment", "more segments")
        yield f"WARNING: the same holds in {more}."
    for column, count in Counter(entry["segment"]["column"] for entry in found).items():
        if count > _MANY_VALUES:
            yield (
                f"WARNING: column {column} has {count:,} values, too many to tell much of each; "
                f"group them."
            )


def _look(sequential: Mapping[str, Any] | None) -> Iterator[str]:
    if sequential is None:
        return
    planned, here = sequential["planned_customers"], sequential["customers"]
    if here > planned:
        yield (
            f"There are {here:,} customers, more than the {planned:,} planned: intervals still "
            f"hold at every look, but the plan no longer makes them as narrow as they could be."
        )
    else:
        yield f"A look at {here:,} of {planned:,} customers: intervals hold at every look."


def _capped(document: Mapping[str, Any]) -> Iterator[str]:
    for name, rows in document["winsorised_rows"].items():
        if rows is None:
            yield (
                f"{name}: nothing is capped, since the percentile is not above zero; take one of "
                f"buyers (99%buyers) or an amount."
            )
            continue
        limit = plain(document["winsorised_at"][name])
        if rows == 0:
            yield f"{name}: no amount is above {limit}, so that capping there changes nothing."
        else:
            yield (
                f"{name}: {counted(rows, 'amount', 'amounts')} above {limit} capped, beside the "
                f"amounts as they are."
            )
