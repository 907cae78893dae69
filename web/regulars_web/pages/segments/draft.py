"""A rule while somebody is at work on it: texts as typed, in a tree whose places have paths.

The fields of a node are called after its path: `rule-0-1` is the second part of the first part of
the whole. So the form works without scripts, and problems find their way back to their field.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars_platform.customers.features import FEATURES
from regulars_platform.segments.rules import (
    EMPTINESS,
    MAX_DEPTH,
    OPERATORS,
    Condition,
    Group,
    Rule,
)

ROOT = "rule"
_FIELD = re.compile(r"^(rule(?:-\d{1,4})*)-(joiner|feature)$")
_SEPARATORS = re.compile(r"[,;，；、]")


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftCondition:
    """One condition as typed. Shares are in percent here (20), and from 0 to 1 in a rule (0.2)."""

    path: str
    feature: str
    op: str
    value: str = ""
    second: str = ""

    @property
    def kind(self) -> str:
        """Of the feature: count, money, days, share or text."""
        return FEATURES[self.feature].kind if self.feature in FEATURES else "count"

    @property
    def operators(self) -> tuple[str, ...]:
        """What may be asked of this feature."""
        return OPERATORS["text" if self.kind == "text" else "number"]

    @property
    def needs_value(self) -> bool:
        """Whether there is anything to compare with."""
        return self.op not in EMPTINESS

    @property
    def lacks_value(self) -> bool:
        """Whether it is only not filled in yet."""
        needed = [self.value, self.second] if self.op == "between" else [self.value]
        return self.needs_value and not all(text.strip() for text in needed)


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftGroup:
    """Parts of which all or any must hold."""

    path: str
    joiner: str
    parts: "tuple[DraftCondition | DraftGroup, ...]"

    @property
    def depth(self) -> int:
        """0 for the whole rule."""
        return self.path.count("-")


Draft = DraftCondition | DraftGroup


def empty_draft() -> DraftGroup:
    """What a new segment starts with: one condition, nothing filled in."""
    return DraftGroup(path=ROOT, joiner="all", parts=(new_condition(f"{ROOT}-0"),))


def new_condition(path: str) -> DraftCondition:
    """A condition on the first feature."""
    return DraftCondition(path=path, feature=next(iter(FEATURES)), op=">=")


def read_draft(form: Mapping[str, str]) -> DraftGroup:
    """The tree that a form holds; its places are counted anew, so that none is left out."""
    kinds = {match[1]: match[2] for match in map(_FIELD.match, form) if match}
    places: dict[str, list[int]] = {}
    for path in kinds:
        parent, _, place = path.rpartition("-")
        places.setdefault(parent, []).append(int(place) if parent else 0)

    def node(path: str, new_path: str) -> Draft:
        if kinds.get(path) == "feature":
            return _read_condition(form, path, new_path)
        known = sorted(places.get(path, [])) if path.count("-") < MAX_DEPTH else []
        return DraftGroup(
            path=new_path,
            joiner="any" if form.get(f"{path}-joiner") == "any" else "all",
            parts=tuple(
                node(f"{path}-{place}", f"{new_path}-{number}")
                for number, place in enumerate(known)
                if f"{path}-{place}" in kinds
            ),
        )

    root = node(ROOT, ROOT)
    return root if isinstance(root, DraftGroup) else empty_draft()


def draft_of(rule: Rule, path: str = ROOT) -> DraftGroup:
    """A saved rule as a draft; a single condition becomes a group of one."""
    whole = rule if isinstance(rule, Group) else Group(joiner="all", rules=(rule,))
    parts: list[Draft] = []
    for place, part in enumerate(whole.rules):
        inner = f"{path}-{place}"
        parts.append(draft_of(part, inner) if isinstance(part, Group) else _typed(part, inner))
    return DraftGroup(path=path, joiner=whole.joiner, parts=tuple(parts))


def draft_json(draft: Draft) -> dict[str, Any]:
    """The JSON form that `parse_rule` reads and checks."""
    if isinstance(draft, DraftGroup):
        return {draft.joiner: [draft_json(part) for part in draft.parts]}
    written: dict[str, Any] = {"feature": draft.feature, "op": draft.op}
    if not draft.needs_value:
        return written
    value, second = (_to_rule(text, draft.kind) for text in (draft.value, draft.second))
    if draft.op == "between":
        written["value"] = [value, second]
    elif draft.op == "in":
        several = [text.strip() for text in _SEPARATORS.split(draft.value) if text.strip()]
        written["value"] = [_to_rule(text, draft.kind) for text in several]
    else:
        written["value"] = value
    return written


def add_condition(draft: DraftGroup, path: str) -> DraftGroup:
    """One more condition at the end of the group at `path`."""
    return _edit(draft, path, lambda g: (*g.parts, new_condition(f"{g.path}-{len(g.parts)}")))


def add_group(draft: DraftGroup, path: str) -> DraftGroup:
    """One more group at the end of the group at `path`, joined the other way, with a condition."""

    def parts(group: DraftGroup) -> tuple[Draft, ...]:
        inner = f"{group.path}-{len(group.parts)}"
        joiner = "any" if group.joiner == "all" else "all"
        first = new_condition(f"{inner}-0")
        return (*group.parts, DraftGroup(path=inner, joiner=joiner, parts=(first,)))

    return _edit(draft, path, parts)


def remove(draft: DraftGroup, path: str) -> DraftGroup:
    """Without the node at `path`; a group that loses its last part goes with it."""
    kept: list[Draft] = []
    for part in draft.parts:
        if part.path == path:
            continue
        if isinstance(part, DraftGroup) and path.startswith(f"{part.path}-"):
            inner = remove(part, path)
            if inner.parts:
                kept.append(inner)
        else:
            kept.append(part)
    # nothing left means everybody, which "any of nothing" does not
    return renumber(replace(draft, parts=tuple(kept), joiner=draft.joiner if kept else "all"))


def renumber(draft: DraftGroup) -> DraftGroup:
    """The same tree with its places counted from 0 again."""
    parts: list[Draft] = []
    for place, part in enumerate(draft.parts):
        path = f"{draft.path}-{place}"
        moved = replace(part, path=path)
        parts.append(renumber(moved) if isinstance(moved, DraftGroup) else moved)
    return replace(draft, parts=tuple(parts))


def walk(draft: DraftGroup) -> list[Draft]:
    """Every node, the group itself first."""
    nodes: list[Draft] = [draft]
    for part in draft.parts:
        nodes += walk(part) if isinstance(part, DraftGroup) else [part]
    return nodes


def _edit(
    draft: DraftGroup, path: str, parts: Callable[[DraftGroup], tuple[Draft, ...]]
) -> DraftGroup:
    if draft.path == path:
        return replace(draft, parts=parts(draft))
    return replace(
        draft,
        parts=tuple(
            _edit(part, path, parts) if isinstance(part, DraftGroup) else part
            for part in draft.parts
        ),
    )


def _read_condition(form: Mapping[str, str], path: str, new_path: str) -> DraftCondition:
    found = DraftCondition(
        path=new_path,
        feature=form.get(f"{path}-feature", ""),
        op=form.get(f"{path}-op", ""),
        value=form.get(f"{path}-value", "")[:1000],
        second=form.get(f"{path}-second", "")[:1000],
    )
    # after a number was exchanged for a text (or back), "at least" has no meaning any more
    known = found.op in OPERATORS["number"]
    if known and found.op not in found.operators:
        return replace(found, op=found.operators[0])
    return found


def _typed(condition: Condition, path: str) -> DraftCondition:
    kind = FEATURES[condition.feature].kind
    texts = [_from_rule(value, kind) for value in condition.values]
    between = condition.op == "between"
    return DraftCondition(
        path=path,
        feature=condition.feature,
        op=condition.op,
        value=texts[0] if between else ", ".join(texts),
        second=texts[1] if between else "",
    )


def _to_rule(text: str, kind: str) -> str:
    """What was typed as rules write it: percent become parts of one; nonsense stays as it is."""
    clean = text.strip().removesuffix("%").strip() if kind == "share" else text.strip()
    if kind != "share":
        return clean
    try:
        return format(Decimal(clean) / 100, "f")
    except InvalidOperation:
        return clean


def _from_rule(value: Decimal | str, kind: str) -> str:
    if isinstance(value, str):
        return value
    return format((value * 100 if kind == "share" else value).normalize() + 0, "f")
