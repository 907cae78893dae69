"""A rule while somebody is at work on it: texts as typed, in a tree whose places have paths.

The fields of a node are called after its path: `rule-0-1` is the second part of the first part of
the whole. So the form works without scripts, and problems find their way back to their field.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars_platform.customers.catalogue import FEATURES, find_feature
from regulars_platform.segments.rules import (
    BOUGHT_BY,
    MAX_DEPTH,
    OPERATORS,
    WITHOUT_VALUE,
    Bought,
    Condition,
    Group,
    Not,
    Rule,
    operator_kind,
)

ROOT = "rule"
BOUGHT = "bought."
"""Beginning of what stands for a feature where the question is what somebody bought."""

BOUGHT_CHOICES = tuple(BOUGHT + by for by in BOUGHT_BY)
_BOUGHT_OPS = ("yes", "no")
JOINERS = ("all", "any", "none", "not_all")
"""How the parts of a group are joined: all hold, any, none of them, or not all of them."""

_FIELD = re.compile(r"^(rule(?:-\d{1,4})*)-(joiner|feature)$")
_SEPARATORS = re.compile(r"[,;，；、]")


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftCondition:
    """One condition as typed. Shares are in percent here (20), and from 0 to 1 in a rule (0.2).

    feature: "bought.product" and the like where it is about purchases; then `value` is the name of
    what was bought and `second` within how many days, empty for ever.
    """

    path: str
    feature: str
    op: str
    value: str = ""
    second: str = ""

    @property
    def kind(self) -> str:
        """Of the feature: count, money, days, share, ratio, text, flag or list; or bought."""
        if self.feature in BOUGHT_CHOICES:
            return "bought"
        feature = find_feature(self.feature)
        return "count" if feature is None else feature.kind

    @property
    def operators(self) -> tuple[str, ...]:
        """What may be asked of this feature."""
        if self.kind == "bought":
            return _BOUGHT_OPS
        feature = find_feature(self.feature)
        return OPERATORS["number" if feature is None else operator_kind(feature)]

    @property
    def needs_value(self) -> bool:
        """Whether there is anything to compare with."""
        return self.kind == "bought" or self.op not in WITHOUT_VALUE

    @property
    def lacks_value(self) -> bool:
        """Whether it is only not filled in yet."""
        needed = [self.value, self.second] if self.op == "between" else [self.value]
        return self.needs_value and not all(text.strip() for text in needed)


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftGroup:
    """Parts of which all or any must hold, or none, or not all: see JOINERS."""

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


def new_condition(path: str, feature: str = "") -> DraftCondition:
    """A condition on a feature, else on the first one, with the first comparison that fits."""
    made = DraftCondition(path=path, feature=feature or next(iter(FEATURES)), op="")
    return replace(made, op=made.operators[0])


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
            joiner=joiner if (joiner := form.get(f"{path}-joiner", "")) in JOINERS else "all",
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
    joiner, rules = _joined(rule)
    parts: list[Draft] = []
    for place, part in enumerate(rules):
        inner = f"{path}-{place}"
        if isinstance(part, Group | Not):
            parts.append(draft_of(part, inner))
        else:
            parts.append(_typed(part, inner))
    return DraftGroup(path=path, joiner=joiner, parts=tuple(parts))


def _joined(rule: Rule) -> tuple[str, tuple[Rule, ...]]:
    if isinstance(rule, Group):
        return rule.joiner, rule.rules
    if not isinstance(rule, Not):
        return "all", (rule,)
    if isinstance(rule.rule, Group):
        return "none" if rule.rule.joiner == "any" else "not_all", rule.rule.rules
    return "none", (rule.rule,)


def draft_json(draft: Draft) -> dict[str, Any]:
    """The JSON form that `parse_rule` reads and checks."""
    if isinstance(draft, DraftGroup):
        parts = [draft_json(part) for part in draft.parts]
        inner = {"none": "any", "not_all": "all"}.get(draft.joiner)
        return {draft.joiner: parts} if inner is None else {"not": {inner: parts}}
    if draft.kind == "bought":
        within = draft.second.strip() or None
        what = {"by": draft.feature.removeprefix(BOUGHT), "name": draft.value.strip()}
        return {"bought": what | {"within_days": within}, "op": draft.op}
    written: dict[str, Any] = {"feature": draft.feature, "op": draft.op}
    if not draft.needs_value:
        return written
    value, second = (_to_rule(text, draft.kind) for text in (draft.value, draft.second))
    if draft.op == "between":
        written["value"] = [value, second]
    elif draft.op == "in":
        written["value"] = [_to_rule(text, draft.kind) for text in several(draft.value)]
    else:
        written["value"] = value
    return written


def several(typed: str) -> list[str]:
    """The texts of a list, as `draft_json` reads it."""
    return [text.strip() for text in _SEPARATORS.split(typed) if text.strip()]


def put_value(draft: DraftGroup, path: str, value: str) -> DraftGroup:
    """The value of the condition at `path`, in the place of the one that is typed there."""
    return replace(
        draft,
        parts=tuple(
            put_value(part, path, value)
            if isinstance(part, DraftGroup)
            else replace(part, value=value)
            if part.path == path
            else part
            for part in draft.parts
        ),
    )


def add_condition(draft: DraftGroup, path: str, feature: str = "") -> DraftGroup:
    """One more condition at the end of the group at `path`."""
    return _edit(
        draft, path, lambda g: (*g.parts, new_condition(f"{g.path}-{len(g.parts)}", feature))
    )


def add_group(draft: DraftGroup, path: str) -> DraftGroup:
    """One more group at the end of the group at `path`, joined the other way, with a condition."""

    def parts(group: DraftGroup) -> tuple[Draft, ...]:
        inner = f"{group.path}-{len(group.parts)}"
        joiner = "any" if group.joiner in ("all", "not_all") else "all"
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
    known = found.op in _ALL_OPERATORS
    if known and found.op not in found.operators:
        return replace(found, op=found.operators[0])
    return found


_ALL_OPERATORS = frozenset(op for ops in OPERATORS.values() for op in ops)


def _typed(condition: Condition | Bought, path: str) -> DraftCondition:
    if isinstance(condition, Bought):
        return DraftCondition(
            path=path,
            feature=BOUGHT + condition.by,
            op="yes" if condition.held else "no",
            value=condition.name,
            second="" if condition.within_days is None else str(condition.within_days),
        )
    feature = find_feature(condition.feature)
    kind = "count" if feature is None else feature.kind
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
