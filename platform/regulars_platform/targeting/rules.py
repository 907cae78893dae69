"""Whom to keep as a rule over features: from lines of a targeting card, and from segments.

A plan's segments are taken in order, the first that fits, so "these segments and not those" needs
the opposite of a rule. It is pushed down to the conditions, which reads better than "not": most
have an opposite, a comparison the other way round or no value at all. For text that is a list of
the other words, hence `levels`: for each feature of text the words that the shop's customers have.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np

from regulars_experiments.uplift.features import OTHER
from regulars_experiments.uplift.words import Condition as Asked
from regulars_experiments.uplift.words import Line, joined, one_per_column
from regulars_platform.campaigns.plan import EVERYONE_ELSE, NamedRule
from regulars_platform.errors import InvalidInputError
from regulars_platform.segments.rules import (
    EVERYBODY,
    Bought,
    Condition,
    Group,
    Not,
    Rule,
    parse_rule,
    rule_json,
)
from regulars_platform.segments.tree import YES_NO

Levels = Mapping[str, Sequence[str]]
NOBODY = Group(joiner="any", rules=())
_NEVER_EMPTY = frozenset({"orders", "spend"})
_OPPOSITES = {"is empty": "is not empty", "is not empty": "is empty", "has": "has not"}
_OPPOSITES |= {"has not": "has"}
_REST = ("", OTHER)  # how words that are too rare for a bin of their own are called


def all_of(rules: Iterable[Rule]) -> Rule:
    """A rule that holds where all of these do."""
    return _joined("all", rules, neutral=EVERYBODY, absorbing=NOBODY)


def any_of(rules: Iterable[Rule]) -> Rule:
    """A rule that holds where one of these does; NOBODY where there are none."""
    return _joined("any", rules, neutral=NOBODY, absorbing=EVERYBODY)


def opposite(rule: Rule, levels: Levels) -> Rule:
    """A rule that holds for exactly those for whom the other does not.

    >>> opposite(Condition(feature="orders", op=">=", values=(Decimal(2),)), {})
    Condition(feature='orders', op='<', values=(Decimal('2'),))
    """
    if isinstance(rule, Group):
        parts = [opposite(part, levels) for part in rule.rules]
        return any_of(parts) if rule.joiner == "all" else all_of(parts)
    if isinstance(rule, Not):
        return rule.rule
    if isinstance(rule, Bought):
        return replace(rule, held=not rule.held)
    name = rule.feature
    if rule.op in _OPPOSITES:
        return replace(rule, op=_OPPOSITES[rule.op])
    if rule.op in YES_NO or (name not in levels and isinstance(rule.values[0], str)):
        return Not(rule=rule)
    empty = Condition(feature=name, op="is empty")
    numbers = tuple(value for value in rule.values if isinstance(value, Decimal))
    if not numbers:
        words = tuple(sorted(set(levels.get(name, ())) - set(map(str, rule.values))))
        return any_of([*_among(name, words), empty])
    others = _other_numbers(name, rule.op, numbers)
    return any_of(others if name in _NEVER_EMPTY else [*others, empty])


def first_fit(segments: Sequence[NamedRule], wanted: Collection[str], levels: Levels) -> Rule:
    """A rule for the customers whose first fitting segment is one of those wanted.

    The rest (EVERYONE_ELSE) can be wanted, too.
    """
    if EVERYONE_ELSE in wanted:
        dropped = {part.name for part in segments} - set(wanted)
        return opposite(first_fit(segments, dropped, levels), levels)
    found: list[Rule] = []
    dropped_before: list[Rule] = []
    for part in segments:
        if part.name in wanted:
            found.append(all_of([part.rule, *dropped_before]))
        else:
            dropped_before.append(opposite(part.rule, levels))
    return any_of(found)


def rule_of_lines(lines: Sequence[Line], actions: Collection[int], levels: Levels) -> Rule:
    """The customers of those lines of a card whose action is one of these, as short as it goes.

    EVERYBODY where these lines leave nobody out.
    """
    told = [replace(line, action=int(line.action in actions)) for line in lines]
    return any_of(line_rule(line, lines, levels) for line in joined(told) if line.action)


def line_rule(line: Line, lines: Sequence[Line], levels: Levels) -> Rule:
    """The customers of one line of a card; lines: all of it, for the words that none of them names
    are those too rare for a bin of their own."""
    named: dict[str, set[str]] = {}
    for one in lines:
        for asked in one.conditions:
            named.setdefault(asked.column, set()).update(asked.levels or ())
    return all_of(
        _rule_of(
            asked,
            [word for word in levels.get(asked.column, ()) if word not in named[asked.column]],
        )
        for asked in one_per_column(line.conditions)
    )


def fits_a_plan(rule: Rule) -> bool:
    """Whether a plan can have the rule as its audience: not nobody, not too deep or too long."""
    if rule == NOBODY:
        return False
    try:
        parse_rule(rule_json(rule))
    except InvalidInputError:
        return False
    return True


def _rule_of(asked: Asked, rest: Sequence[str]) -> Rule:
    name = asked.column
    empty = Condition(feature=name, op="is empty")
    found: list[Rule]
    if asked.levels is not None:
        words = {word for word in asked.levels if word not in _REST}
        if len(words) < len(asked.levels):
            words.update(rest)
        found = _among(name, tuple(sorted(words)))
    elif asked.below is not None and np.isinf(asked.below):
        found = [empty]
    elif asked.at_least is not None and np.isinf(asked.at_least) and asked.below is None:
        found = [Condition(feature=name, op="is not empty")]
    else:
        found = [all_of(_ends(name, asked))]
    return any_of([*found, *([empty] if asked.missing else [])])


def _ends(name: str, asked: Asked) -> list[Rule]:
    lower, upper = asked.at_least, asked.below
    found: list[Rule] = []
    if lower is not None and np.isfinite(lower):
        found.append(Condition(feature=name, op=">=", values=(_decimal(lower),)))
    if upper is not None:
        found.append(Condition(feature=name, op="<", values=(_decimal(upper),)))
    return found


def _among(name: str, words: tuple[str, ...]) -> list[Rule]:
    return [Condition(feature=name, op="in", values=words)] if words else []


def _other_numbers(name: str, op: str, values: tuple[Decimal, ...]) -> list[Rule]:
    """What a number may be instead, besides missing."""
    turned = {">=": "<", "<=": ">", ">": "<=", "<": ">="}
    if op in turned:
        return [Condition(feature=name, op=turned[op], values=values)]
    below = Condition(feature=name, op="<", values=(min(values),))
    above = Condition(feature=name, op=">", values=(max(values),))
    if op == "between":
        return [below, above]
    between = [
        Group(
            joiner="all",
            rules=(
                Condition(feature=name, op=">", values=(low,)),
                Condition(feature=name, op="<", values=(high,)),
            ),
        )
        for low, high in pairwise(sorted(set(values)))
    ]
    return [below, *between, above]


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.12g}")


def _joined(kind: str, rules: Iterable[Rule], *, neutral: Group, absorbing: Group) -> Rule:
    """Groups of the same kind are taken apart, what changes nothing is left out."""
    parts: list[Rule] = []
    for rule in rules:
        if rule == absorbing:
            return absorbing
        if isinstance(rule, Group) and (rule.joiner == kind or len(rule.rules) == 1):
            inner = rule.rules
        else:
            inner = (rule,)
        parts += [part for part in inner if part != neutral and part not in parts]
    if len(parts) == 1:
        return parts[0]
    return Group(joiner="all" if kind == "all" else "any", rules=tuple(parts))
