"""Two versions of a report beside each other: what was read, what came out, and what moved it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, lazy_gettext

from regulars_platform.reports.differences import (
    Change,
    Differences,
    GroupDifference,
    find_differences,
)
from regulars_platform.reports.service import Report
from regulars_platform.reports.versions import Version
from regulars_web.formats import number, signed, written_day
from regulars_web.pages.reports.headline import headline, total_words
from regulars_web.words.answers import Shown, shown
from regulars_web.words.reports import (
    ADVICE,
    BARS,
    EVIDENCE,
    amount,
    clauses,
    flowing,
    listed,
    look,
    segment_name,
)

_MOST_BARS = 2

INPUTS = {
    "orders_version": lazy_gettext("State of the orders (a number that rises)"),
    "orders": lazy_gettext("Orders in the outcome window"),
    "known": lazy_gettext("of them with a customer"),
    "data_until": lazy_gettext("Orders reach until"),
    "state": lazy_gettext("Outcome window"),
    "evaluated_on": lazy_gettext("Evaluated on"),
    "events_version": lazy_gettext("State of the files of events (a number that rises)"),
    "failed_sends": lazy_gettext("Customers whom the message did not reach"),
    "suppressed_since": lazy_gettext("Customers who opted out after the draw"),
    "lessons": lazy_gettext("Earlier results it leans on"),
    "code_version": lazy_gettext("Regulars, version"),
}
STATES = {
    "open": lazy_gettext("still open"),
    "provisional": lazy_gettext("over, returns not settled"),
    "closed": lazy_gettext("closed, returns settled"),
}
_DAYS = frozenset({"data_until", "evaluated_on"})
_COUNTS = frozenset({"orders", "known", "failed_sends", "suppressed_since", "lessons"})


@dataclass(frozen=True, kw_only=True, slots=True)
class InputRow:
    """Something that was read: what it was in each version, and by how much a count differs."""

    what: str
    before: str
    after: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRow:
    """One group in both versions; evidence and advice: (kind, word) of chips, None where unknown.

    moved: what changed the result, in words.
    """

    name: str
    arm: str
    before: Shown | None
    after: Shown | None
    evidence: tuple[tuple[str, str] | None, tuple[str, str] | None]
    advice: tuple[tuple[str, str] | None, tuple[str, str] | None]
    moved: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedPage:
    """The context of reports/compare.html. headlines: (before, after) where the words differ.

    frozen: that plan and draw are the same; unfrozen: that they are not, which nothing should do.
    """

    before: Version
    after: Version
    finding: str
    frozen: str
    unfrozen: str
    files: str
    inputs: tuple[InputRow, ...]
    headlines: tuple[tuple[str, str], ...]
    rows: tuple[GroupRow, ...]
    same: str
    several_arms: bool


def compared_page(
    versions: tuple[Version, Version], reports: tuple[Report, Report], files: Mapping[int, str]
) -> ComparedPage:
    """The earlier version and the later one, in the reader's language. files: names by import."""
    before, after = (report.document for report in reports)
    found = find_differences(before, after)
    currency = after["plan"]["currency"]
    changed = [group for group in found.groups if not group.is_same]
    frozen, unfrozen = _frozen(found)
    return ComparedPage(
        before=versions[0],
        after=versions[1],
        finding=_finding(found, changed),
        frozen=frozen,
        unfrozen=unfrozen,
        files=_files(found, files),
        inputs=tuple(_input(change) for change in found.inputs if _is_told(change)),
        headlines=tuple(
            pair for pair in zip(_heads(before), _heads(after), strict=False) if pair[0] != pair[1]
        ),
        rows=tuple(_row(group, currency) for group in changed),
        same=_same(found),
        several_arms=len(after["overall"]) > 1,
    )


def _heads(document: Mapping[str, Any]) -> list[str]:
    heads = [headline(document, group["arm"]) for group in document["overall"]]
    total = total_words(document)
    return [*heads, total] if total else heads


def _is_told(change: Change) -> bool:
    return change.name in INPUTS and change.is_change


def _frozen(found: Differences) -> tuple[str, str]:
    changes = {change.name: change for change in found.inputs}
    plan, ledger = changes["plan"], changes["ledger"]
    if plan.is_change or ledger.is_change:
        return "", str(
            gettext(
                "The two versions name different plans or draws. Nobody should be able to change "
                "them after the launch: find out who did."
            )
        )
    return str(
        gettext(
            "Plan and draw are the same in both, as frozen at the launch (plan %(plan)s, draw "
            "%(ledger)s).",
            plan=str(plan.after)[:12],
            ledger=str(ledger.after)[:12],
        )
    ), ""


def _finding(found: Differences, changed: Sequence[GroupDifference]) -> str:
    """What matters most, in a sentence."""
    if not changed:
        return str(gettext("No result changed between the two versions."))
    turned = [
        segment_name(group.segment)
        for group in changed
        if _words_of(group.before) != _words_of(group.after)
    ]
    if turned:
        return str(
            gettext("Evidence or advice changed for: %(names)s.", names=listed(_once(turned)))
        )
    del found
    return str(gettext("Numbers moved, but no evidence and no advice changed."))


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _words_of(group: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    if group is None or group["hidden"]:
        return None, None
    decision = group.get("decision")
    return group.get("evidence"), None if decision is None else decision["advice"]


def _files(found: Differences, names: Mapping[int, str]) -> str:
    def told(ids: Sequence[int]) -> str:
        return listed([names.get(one, str(one)) for one in ids])

    said = []
    if found.new_files:
        said.append(gettext("Read in addition: %(files)s.", files=told(found.new_files)))
    if found.gone_files:
        said.append(gettext("No longer read: %(files)s.", files=told(found.gone_files)))
    return flowing(map(str, said)) or str(gettext("The same order files were read."))


def _input(change: Change) -> InputRow:
    by = ""
    if change.name in _COUNTS and change.before is not None and change.after is not None:
        by = signed(number(change.after - change.before))
    return InputRow(
        what=str(INPUTS[change.name]),
        before=_value(change.name, change.before),
        after=_value(change.name, change.after),
        by=by,
    )


def _value(name: str, value: Any) -> str:
    if value is None:
        return str(gettext("not recorded"))
    if name in _DAYS:
        return written_day(str(dt.date.fromisoformat(value)))
    if name == "state":
        return str(STATES.get(value, value))
    if name in _COUNTS:
        return number(value)
    return str(value)


def _row(group: GroupDifference, currency: str) -> GroupRow:
    before, after = _words_of(group.before), _words_of(group.after)
    return GroupRow(
        name=segment_name(group.segment),
        arm=group.arm,
        before=_net(group.before, currency),
        after=_net(group.after, currency),
        evidence=(_chip(EVIDENCE, before[0]), _chip(EVIDENCE, after[0])),
        advice=(_chip(ADVICE, before[1]), _chip(ADVICE, after[1])),
        moved=_moved(group, currency),
    )


def _chip(table: Mapping[str, tuple[str, Any]], key: str | None) -> tuple[str, str] | None:
    return None if key is None else look(table, key)


def _net(group: Mapping[str, Any] | None, currency: str) -> Shown | None:
    """Net profit in all; None where the group is not there or too small to be shown."""
    if group is None or group["hidden"]:
        return None
    return shown(group["net"], currency, times=group["n"], whole=True)


def _moved(group: GroupDifference, currency: str) -> str:
    if group.before is None or group.after is None:
        return str(gettext("only one of the versions has this group"))
    if group.before["hidden"] or group.after["hidden"]:
        return str(gettext("too few customers in one of the versions"))
    told = [
        gettext(
            "%(part)s %(amount)s",
            part=BARS[bar.name],
            amount=amount(bar.by, currency, whole=True, signed=True),
        )
        for bar in group.moved[:_MOST_BARS]
    ]
    if told:
        return clauses(map(str, told))
    if group.before["net"] != group.after["net"]:
        return str(gettext("how sure it is, not the amounts"))
    return str(gettext("nothing of its own: what other groups and campaigns say"))


def _same(found: Differences) -> str:
    """The groups in which nothing changed at all."""
    same = _once(segment_name(group.segment) for group in found.groups if group.is_same)
    if not same or not found.numbers_changed:
        return ""
    return str(gettext("Unchanged: %(names)s.", names=listed(same)))
