"""The contamination ledger as rows: who did what the draw did not mean for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_web.formats import number, percent
from regulars_web.words.reports import clauses, per_user_words


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRow:
    """One way in which the draw and what happened differ; arm: empty where it is about all."""

    what: str
    arm: str
    count: str
    share: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmsRow:
    """One way in which they differ, with (arm, count, share) for each of several arms."""

    what: str
    cells: tuple[tuple[str, str, str], ...]
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContaminationSection:
    """by_arm: with several arms, what each of them has a figure of; rows: all else.

    per_user: the effect per user by arm, or why there is none.
    finding: the first line of the ledger.
    """

    by_arm: tuple[ArmsRow, ...]
    rows: tuple[LedgerRow, ...]
    per_user: tuple[tuple[str, str], ...]
    finding: str


def contamination_section(document: Mapping[str, Any]) -> ContaminationSection | None:
    """None in reports from before it was counted."""
    found = document.get("contamination")
    if found is None:
        return None
    unit = document["plan"]["unit"]
    rows = [row for arm in found["arms"] for row in _uses(arm, unit)]
    rows += _customers(found)
    names = [group["arm"] for group in document["overall"]]
    by_arm = _by_arm(rows, names) if len(names) > 1 else ()
    shared = {row.what for row in by_arm}
    return ContaminationSection(
        by_arm=by_arm,
        rows=tuple(row for row in rows if row.what not in shared or row.arm not in names),
        per_user=tuple(
            (group["arm"], words)
            for group in document["overall"]
            if (words := per_user_words(document, group))
        ),
        finding=_finding(rows) if len(names) == 1 else "",
    )


def _finding(rows: Sequence[LedgerRow]) -> str:
    if not rows:
        return str(gettext("Nothing was recorded that could blur the comparison."))
    return str(gettext("%(what)s: %(count)s", what=rows[0].what, count=rows[0].count))


def _by_arm(rows: Sequence[LedgerRow], arms: Sequence[str]) -> tuple[ArmsRow, ...]:
    """Rows about one arm each as one row with a column per arm."""
    found: dict[str, dict[str, LedgerRow]] = {}
    for row in rows:
        if row.arm in arms:
            found.setdefault(row.what, {})[row.arm] = row
    return tuple(
        ArmsRow(
            what=what,
            cells=tuple(
                (arm, of[arm].count, of[arm].share) if arm in of else (arm, "–", "") for arm in arms
            ),
            note=clauses(dict.fromkeys(row.note for row in of.values() if row.note)),
        )
        for what, of in found.items()
    )


def _users(unit: str) -> tuple[str, str]:
    """What those held out, and those told, are called who used the offer."""
    if unit == "household":
        held = gettext("Held-out households that used the offer")
        return str(held), str(gettext("Told households that did"))
    if unit == "group":
        return str(gettext("Held-out groups that used the offer")), str(
            gettext("Told groups that did")
        )
    held = gettext("Held-out customers who used the offer")
    return str(held), str(gettext("Told customers who did"))


def _uses(arm: Mapping[str, Any], unit: str) -> Iterator[LedgerRow]:
    if arm["known"] == "nothing_to_use":
        return
    notes = {
        "as_of_right": gettext("as of right: the offer is open to the whole shop"),
        "by_code": gettext("their orders name a code that was given to somebody told"),
        "by_signs": gettext(
            "orders name no codes; these reached the threshold with a discount or free of shipping"
        ),
        "no_signs": gettext(
            "cannot be told: orders record neither codes nor what the offer took off"
        ),
    }
    held, told = _users(unit)
    row = _row(
        held, arm["arm"], arm["held_out_users"], arm["held_out"], notes.get(arm["known"], "")
    )
    yield replace(row, count="–", share="") if arm["known"] == "no_signs" else row
    yield _row(told, arm["arm"], arm["told_users"], arm["told"], "")
    if arm["borrowed"]:
        note = gettext("counted in their own arm all the same")
        yield _row(
            gettext("Told, with a code given to another"),
            arm["arm"],
            arm["borrowed"],
            arm["told"],
            note,
        )


def _customers(found: Mapping[str, Any]) -> Iterator[LedgerRow]:
    """What is known by customer, in whatever unit was drawn."""
    for arm, count in sorted(found["not_reached"].items()):
        if arm == HOLDOUT:
            yield _row(
                gettext("Held-out customers whom a message did not reach"),
                "",
                count,
                None,
                gettext("somebody tried to contact them: check the list that was sent"),
            )
        else:
            what = gettext("Told customers whom the message did not reach")
            yield _row(what, arm, count, None, gettext("they count as told"))
    for arm, count in sorted(found["suppressed_since"].items()):
        yield _row(
            gettext("Customers who opted out after the draw"),
            str(gettext("held out")) if arm == HOLDOUT else arm,
            count,
            None,
            gettext("they count in the arm drawn"),
        )
    split = found["split_households"]
    if split is not None and split["households"]:
        what = gettext("Households with customers told and held out")
        note = gettext("%(n)s customers live in them", n=number(split["customers"]))
        yield _row(what, "", split["households"], None, note)


def _row(what: str, arm: str, count: int, of: int | None, note: str) -> LedgerRow:
    return LedgerRow(
        what=str(what),
        arm=arm,
        count=number(count),
        share=percent(count / of, 1) if of else "",
        note=str(note),
    )
