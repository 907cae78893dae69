"""What an evaluation's document says in words: the same in the terminal and on the page."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from regulars_platform.words import N_
from regulars_web.evaluation_numbers import p_words, plain
from regulars_web.spoken import gettext, in_words, ngettext, pgettext, sentences

VERDICTS = {
    "proved_better": N_("proved better"),
    "not_proved": N_("not proved"),
    "proved_worse": N_("proved worse"),
    "cannot_tell": N_("cannot tell"),
}
_METHODS = (
    N_("calibrated money interval"),
    N_("calibrated ratio interval"),
    N_("delta method"),
    N_("CUPED with interactions"),
    N_("confidence sequence"),
    N_("post-stratified"),
)
_AT_ONE_LOOK, _AT_EVERY_LOOK = "at one look: ", ", at every look"  # as in the document
_CAPPED = "winsorised at "
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
    facts = {"arm": test["arm"], "column": test["column"]}
    if test["p_value"] is None:
        return gettext(
            "%(arm)s: whether the effect differs between the values of %(column)s is not tested"
            " before the planned end",
            **facts,
        )
    corrected = test["corrected"]
    p_value = test["p_value"] if corrected is None else corrected["holm"]
    behind = gettext("not corrected") if corrected is None else correction(corrected)
    facts["tests"] = joined(p_words(test["p_value"]), behind)
    if p_value >= 1 - confidence:
        return gettext(
            "%(arm)s: the effect is not proved to differ between the values of %(column)s"
            " (%(tests)s)",
            **facts,
        )
    if corrected is None:
        return gettext(
            "%(arm)s: the effect may differ between the values of %(column)s (%(tests)s)", **facts
        )
    return gettext(
        "%(arm)s: the effect differs between the values of %(column)s (%(tests)s)", **facts
    )


def joined(*parts: str) -> str:
    """Parts of a sentence, one after the other; empty ones are left out."""
    return pgettext("between clauses", ", ").join(filter(None, parts))


def correction(corrected: Mapping[str, Any] | None) -> str:
    """The corrected p-value, or nothing where there is one test only."""
    if corrected is None or corrected["tests"] < 2:
        return ""
    p_value = p_words(corrected["holm"]).removeprefix("p = ")
    return gettext("%(p)s corrected for %(tests)s tests", p=p_value, tests=corrected["tests"])


def method_words(method: str) -> str:
    """A method's name; those called after persons and by letters keep theirs."""
    if method.startswith(_AT_ONE_LOOK):
        return gettext(
            "at one look: %(method)s", method=method_words(method.removeprefix(_AT_ONE_LOOK))
        )
    if method.endswith(_AT_EVERY_LOOK):
        return gettext(
            "%(method)s, at every look", method=method_words(method.removesuffix(_AT_EVERY_LOOK))
        )
    if method.startswith(_CAPPED):
        return gettext("winsorised at %(amount)s", amount=method.removeprefix(_CAPPED))
    return gettext(method)


def refused(record: Mapping[str, Any]) -> str:
    """Why there is no number, of an answer without one."""
    return in_words(str(record["not_estimable"]))


def why_not(record: Mapping[str, Any]) -> str:
    """Why a difference has no estimate; `record`: with the means beside it."""
    difference = record["difference"]
    flat = difference["code"] in ("no_variation", "no_buyers", "too_few_buyers")
    same = record["mean_arm"] is not None and record["mean_arm"] == record["mean_control"]
    if flat and same and (difference["code"] == "no_variation" or record["mean_arm"] == 0):
        return gettext(
            "every customer has the same value (%(value)s)", value=plain(record["mean_arm"])
        )
    return refused(difference)


def has_costs(profit: Mapping[str, Any]) -> bool:
    """Whether any cost was given; without one there is nothing to divide by."""
    return profit["offer_cost"] is not None or has_contact(profit)


def has_contact(profit: Mapping[str, Any]) -> bool:
    """Whether contacting anybody cost anything."""
    return any(entry["per_customer"] for entry in profit["contact_cost"])


def is_grave(warning: str) -> bool:
    """Whether it says not to trust something."""
    return warning.startswith(gettext("WARNING:"))


def _grave(*said: str) -> str:
    return sentences(gettext("WARNING:"), *said)


def warnings(document: Mapping[str, Any]) -> Iterator[str]:
    """What to know before the effects; the grave ones begin with WARNING."""
    checks, ratio = document["checks"], document["checks"]["sample_ratio"]
    declared = ratio["shares"] == "declared"
    if ratio["flagged"] and declared:
        yield _grave(
            gettext(
                "the counts do not fit the planned shares (%(p)s): customers were lost or added on"
                " the way.",
                p=p_words(ratio["p_value"]),
            ),
            gettext("Do not trust the effects before that is explained."),
        )
    elif ratio["flagged"]:
        yield gettext(
            "Counts are not equal; give --share ARM=SHARE to check them against the plan."
        )
    yield from _segment_warnings(checks["sample_ratio_by_segment"], declared=declared)
    if checks["rows_without_arm"]:
        yield _grave(
            ngettext(
                "%(num)s row has no arm and was left out.",
                "%(num)s rows have no arm and were left out.",
                checks["rows_without_arm"],
            )
        )
    for name, count in checks["missing_values_counted_as_zero"].items():
        yield ngettext(
            "%(num)s row without %(name)s counted as 0.",
            "%(num)s rows without %(name)s counted as 0.",
            count,
            name=name,
        )
    yield from _look(document["sequential"])
    yield from _capped(document)


def _segment_warnings(found: list[dict[str, Any]], *, declared: bool) -> Iterator[str]:
    flagged = [entry for entry in found if entry["flagged"]]
    for entry in flagged[:_MOST_WARNINGS]:
        facts = {**entry["segment"], "p": p_words(entry["p_value_adjusted"])}
        yield _grave(
            gettext(
                "in %(column)s = %(value)s the arms do not fit the planned shares (%(p)s,"
                " corrected).",
                **facts,
            )
            if declared
            else gettext(
                "in %(column)s = %(value)s the arms are not as in the rest of the file (%(p)s,"
                " corrected).",
                **facts,
            ),
            gettext("Do not trust the effects there before that is explained."),
        )
    if len(flagged) > _MOST_WARNINGS:
        yield _grave(
            ngettext(
                "the same holds in %(num)s more segment.",
                "the same holds in %(num)s more segments.",
                len(flagged) - _MOST_WARNINGS,
            )
        )
    for column, count in Counter(entry["segment"]["column"] for entry in found).items():
        if count > _MANY_VALUES:
            yield _grave(
                gettext(
                    "column %(column)s has %(count)s values, too many to tell much of each; group"
                    " them.",
                    column=column,
                    count=f"{count:,}",
                )
            )


def _look(sequential: Mapping[str, Any] | None) -> Iterator[str]:
    if sequential is None:
        return
    planned, here = sequential["planned_customers"], sequential["customers"]
    facts = {"here": f"{here:,}", "planned": f"{planned:,}"}
    if here > planned:
        yield gettext(
            "There are %(here)s customers, more than the %(planned)s planned: intervals still hold"
            " at every look, but the plan no longer makes them as narrow as they could be.",
            **facts,
        )
    else:
        yield gettext(
            "A look at %(here)s of %(planned)s customers: intervals hold at every look.", **facts
        )


def _capped(document: Mapping[str, Any]) -> Iterator[str]:
    for name, rows in document["winsorised_rows"].items():
        if rows is None:
            yield gettext(
                "%(name)s: nothing is capped, since the percentile is not above zero; take one of"
                " buyers (99%%buyers) or an amount.",
                name=name,
            )
            continue
        limit = plain(document["winsorised_at"][name])
        if rows == 0:
            yield gettext(
                "%(name)s: no amount is above %(limit)s, so that capping there changes nothing.",
                name=name,
                limit=limit,
            )
        else:
            yield ngettext(
                "%(name)s: %(num)s amount above %(limit)s capped, beside the amounts as they are.",
                "%(name)s: %(num)s amounts above %(limit)s capped, beside the amounts as they are.",
                rows,
                name=name,
                limit=limit,
            )
