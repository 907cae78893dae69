"""What changed between two versions of a report, from their documents alone.

Documents of any age can be compared: what one of them has no word of is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Group = Mapping[str, Any]
Place = tuple[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Something that was read, in both versions; None: the version has no word of it."""

    name: str
    before: Any
    after: Any

    @property
    def is_change(self) -> bool:
        """Whether the two differ."""
        return bool(self.before != self.after)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A bar of the waterfall of a group, in all and in currency units, in both versions."""

    name: str
    before: float
    after: float

    @property
    def by(self) -> float:
        """How much more it is in the later version."""
        return self.after - self.before


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupDifference:
    """An arm, or a segment of it, in both versions; None where a version has no such group.

    moved: the bars that moved, those that moved most first.
    """

    arm: str
    segment: str | None
    before: Group | None
    after: Group | None
    moved: tuple[Moved, ...]

    @property
    def is_same(self) -> bool:
        """Whether every number and every word of it is the same."""
        return self.before == self.after


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """inputs: what was read, changed or not; files: ids of imports that are new, and gone.

    groups: everybody of each arm first, then their segments.
    """

    inputs: tuple[Change, ...]
    new_files: tuple[int, ...]
    gone_files: tuple[int, ...]
    groups: tuple[GroupDifference, ...]

    @property
    def numbers_changed(self) -> bool:
        """Whether any group differs."""
        return any(not group.is_same for group in self.groups)


def find_differences(before: Document, after: Document) -> Differences:
    """The later version held against the earlier one."""
    old, new = (list(one["inputs"].get("files") or ()) for one in (before, after))
    return Differences(
        inputs=tuple(
            Change(name=name, before=read(before), after=read(after))
            for name, read in _INPUTS.items()
        ),
        new_files=tuple(file for file in new if file not in old),
        gone_files=tuple(file for file in old if file not in new),
        groups=_groups(before, after),
    )


def _groups(before: Document, after: Document) -> tuple[GroupDifference, ...]:
    found: list[GroupDifference] = []
    for part in ("overall", "segments"):
        old, new = _by_place(before[part]), _by_place(after[part])
        found += [
            _difference(place, old.get(place), new.get(place))
            for place in dict.fromkeys((*new, *old))
        ]
    return tuple(found)


def _by_place(groups: Sequence[Group]) -> dict[Place, Group]:
    return {(group["arm"], group["segment"]): group for group in groups}


def _difference(place: Place, old: Group | None, new: Group | None) -> GroupDifference:
    return GroupDifference(
        arm=place[0], segment=place[1], before=old, after=new, moved=_moved(old, new)
    )


def _moved(old: Group | None, new: Group | None) -> tuple[Moved, ...]:
    """The bars below the net; of groups that both versions can tell."""
    before, after = _bars(old), _bars(new)
    moved = [
        Moved(name=name, before=before[name], after=after[name])
        for name in after
        if name in before and name != "net" and before[name] != after[name]
    ]
    return tuple(sorted(moved, key=lambda bar: -abs(bar.by)))


def _bars(group: Group | None) -> dict[str, float]:
    if group is None:
        return {}
    return {
        bar["name"]: bar["estimate"] * group["n"]
        for bar in group.get("bars", ())
        if "estimate" in bar
    }


def _counted(part: Mapping[str, int] | None) -> int | None:
    """Customers of all arms together; None where a version did not count them."""
    return None if part is None else sum(part.values())


def _of_inputs(name: str) -> Any:
    return lambda document: document["inputs"].get(name)


def _of_status(name: str) -> Any:
    return lambda document: document["status"].get(name)


_INPUTS: Mapping[str, Any] = {
    "plan": _of_inputs("plan_sha256"),
    "ledger": _of_inputs("ledger_sha256"),
    "orders_version": _of_inputs("orders_version"),
    "orders": lambda document: document["checks"].get("attributed", {}).get("orders"),
    "known": lambda document: document["checks"].get("attributed", {}).get("known"),
    "data_until": _of_status("data_until"),
    "state": _of_status("state"),
    "evaluated_on": _of_status("evaluated_on"),
    "events_version": _of_inputs("events_version"),
    "failed_sends": lambda document: _counted(document["inputs"].get("failed_sends")),
    "suppressed_since": lambda document: _counted(document["inputs"].get("suppressed_since")),
    "lessons": lambda document: (
        None if "memory" not in document["inputs"] else len(document["inputs"]["memory"] or ())
    ),
    "code_version": _of_inputs("code_version"),
}
"""Name -> how it is read off a document."""
