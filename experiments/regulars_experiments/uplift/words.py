"""Rules as plain records and English words, for files, command lines and logs.

Pages word the same records in their reader's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from regulars_experiments.uplift.columns import Binned
from regulars_experiments.uplift.randomised import Randomised
from regulars_experiments.uplift.splits import Leaf, Node, Question, Tree, leaves


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One answer to a question about a column.

    at_least, below: exactly one of the two for a number (None for a category); with at_least
    -inf the question is whether there is a value at all. levels: the words that a category may
    have; "" stands for all rare ones. missing: whether customers without a value are among them.
    date: whether the numbers are days since 1970-01-01.
    """

    column: str
    at_least: float | None = None
    below: float | None = None
    levels: tuple[str, ...] | None = None
    missing: bool = False
    date: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a targeting card: who (all conditions hold), and what to do with them.

    action: 0 leave alone, else the arm's number. customers: rows of this campaign in the line
    (weights not counted); share: of all customers.
    """

    conditions: tuple[Condition, ...]
    action: int
    customers: int
    share: float


def lines_of(tree: Tree, binned: Binned, data: Randomised) -> tuple[Line, ...]:
    """A rule as lines, each with its head-count; neighbours with the same action stay apart."""
    weights = np.ones(len(data.outcome)) if data.weights is None else data.weights
    dates = data.features.dates
    return tuple(
        Line(
            conditions=tuple(replace(one, date=one.column in dates) for one in conditions),
            action=leaf.action,
            customers=int(inside.sum()),
            share=float(weights[inside].sum() / weights.sum()),
        )
        for conditions, (inside, leaf) in zip(
            _paths(tree, (), binned), leaves(tree, binned), strict=True
        )
    )


def joined(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The same rule with fewer lines, where lines do the same and one condition says who.

    The lines of a rule share out all customers, so those that begin alike hold everybody of whom
    their beginning is true.

    >>> high, low = Condition(column="age", at_least=30.0), Condition(column="age", below=30.0)
    >>> rule = [Line(conditions=(high,), action=1, customers=40, share=0.4),
    ...     Line(conditions=(low,), action=1, customers=60, share=0.6)]
    >>> [(condition_words(line.conditions), line.customers) for line in joined(rule)]
    [('everybody', 100)]
    """
    found = list(lines)
    for depth in range(max((len(line.conditions) for line in lines), default=0) - 1, -1, -1):
        for start in dict.fromkeys(
            line.conditions[:depth] for line in found if len(line.conditions) > depth
        ):
            inside = [line for line in found if line.conditions[:depth] == start]
            if len(inside) > 1 and len({line.action for line in inside}) == 1:
                found[found.index(inside[0])] = _together(inside, start)
                found = [line for line in found if line not in inside]
    return _ranges_together(_words_together(found))


def _words_together(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines that differ in one list of words only, such as those of segments."""
    groups: dict[object, list[Line]] = {}
    for place, line in enumerate(lines):
        last = line.conditions[-1] if line.conditions else None
        named = last is not None and last.levels is not None
        key = (line.conditions[:-1], last.column, line.action) if last and named else place
        groups.setdefault(key, []).append(line)
    return tuple(
        same[0] if len(same) == 1 else _together(same, (*same[0].conditions[:-1], _any_of(same)))
        for same in groups.values()
    )


def _ranges_together(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines that differ in one range of numbers only, and the ranges meet."""
    found = list(lines)
    for place, line in enumerate(found):
        for other in found[place + 1 :]:
            conditions = _either(line, other) if line.action == other.action else None
            if conditions is not None:
                found[place] = _together([line, other], conditions)
                found.remove(other)
                return _ranges_together(found)
    return tuple(found)


def _either(one: Line, other: Line) -> tuple[Condition, ...] | None:
    """The conditions of whoever is in one of the two lines; None where these take an "or"."""
    here, there = _by_column(one.conditions), _by_column(other.conditions)
    apart = [name for name in here if here[name] != there.get(name)]
    if len(apart) != 1 or here.keys() != there.keys():
        return None
    first, second = here[apart[0]], there[apart[0]]
    if first.levels is not None or second.levels is not None:
        return None
    if first.below is None or first.below != second.at_least:
        first, second = second, first
    if first.below is None or first.below != second.at_least:
        return None
    both = replace(first, below=second.below, missing=first.missing or second.missing)
    nothing = both.at_least is None and both.below is None
    return tuple(
        both if name == apart[0] else condition
        for name, condition in here.items()
        if name != apart[0] or not nothing
    )


def _any_of(lines: Sequence[Line]) -> Condition:
    last = [line.conditions[-1] for line in lines]
    return replace(
        last[0],
        levels=tuple(level for one in last for level in one.levels or ()),
        missing=any(one.missing for one in last),
    )


def _together(lines: Sequence[Line], conditions: tuple[Condition, ...]) -> Line:
    return Line(
        conditions=conditions,
        action=lines[0].action,
        customers=sum(line.customers for line in lines),
        share=sum(line.share for line in lines),
    )


def sentence(lines: Sequence[Line], arm_names: Sequence[str]) -> str:
    """The rule in one English sentence.

    >>> card = [Line(conditions=(Condition(column="spend", at_least=80.0),), action=1,
    ...     customers=40, share=0.4), Line(conditions=(Condition(column="spend", below=80.0),),
    ...     action=0, customers=60, share=0.6)]
    >>> sentence(card, ["held out", "mail"])
    'mail: spend at least 80; leave alone: spend below 80'
    """
    few = joined(lines)
    told = [line for line in few if line.action] + [line for line in few if not line.action]
    parts = []
    for line in told:  # "leave alone" last
        what = arm_names[line.action] if line.action else "leave alone"
        parts.append(f"{what}: {condition_words(line.conditions)}")
    return "; ".join(parts)


def condition_words(conditions: Sequence[Condition]) -> str:
    """Conditions joined by "and", those of one column taken together; "everybody" without any.

    >>> condition_words([Condition(column="age", at_least=30.0), Condition(column="city",
    ...     levels=("Ulm",)), Condition(column="age", below=60.0, missing=True)])
    'age from 30 to below 60 and city is Ulm'
    """
    return " and ".join(map(_words, _by_column(conditions).values())) or "everybody"


def one_per_column(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """The same customers with one condition for each column; of numbers it may have both ends.

    >>> adult, young = Condition(column="age", at_least=18.0), Condition(column="age", below=30.0)
    >>> one_per_column([adult, young])
    (Condition(column='age', at_least=18.0, below=30.0, levels=None, missing=False, date=False),)
    """
    return tuple(_by_column(conditions).values())


def _by_column(conditions: Sequence[Condition]) -> dict[str, Condition]:
    """Each column's conditions as one."""
    columns: dict[str, Condition] = {}
    for one in conditions:
        before = columns.get(one.column)
        columns[one.column] = one if before is None else _both_hold(before, one)
    return columns


def _both_hold(one: Condition, other: Condition) -> Condition:
    """Two conditions on a column as one; of numbers it may have both ends."""
    lower = [end.at_least for end in (one, other) if end.at_least is not None]
    upper = [end.below for end in (one, other) if end.below is not None]
    levels = other.levels
    if one.levels is not None and other.levels is not None:
        levels = tuple(level for level in other.levels if level in one.levels)
    return replace(
        other,
        at_least=max(lower, default=None),
        below=min(upper, default=None),
        levels=levels,
        missing=one.missing and other.missing,
    )


def _words(condition: Condition) -> str:
    name, lower, upper = condition.column, condition.at_least, condition.below
    if condition.levels is not None:
        known = [level or "another value" for level in condition.levels]
        known += ["missing"] if condition.missing else []
        return f"{name} is {' or '.join(known)}"
    if upper is not None and np.isinf(upper):
        return f"{name} is missing"
    if lower is not None and np.isinf(lower):
        if upper is None:
            return f"{name} is known"
        lower = None
    if lower is None:
        bound = f"{name} below {_number(upper, condition)}"
    elif upper is None:
        bound = f"{name} at least {_number(lower, condition)}"
    else:
        bound = f"{name} from {_number(lower, condition)} to below {_number(upper, condition)}"
    return f"({bound} or missing)" if condition.missing else bound


def _number(value: float | None, condition: Condition) -> str:
    """As short as tells it from any other number, without an exponent; dates as dates."""
    if value is None:
        raise ValueError(f"the condition on {condition.column!r} asks nothing")
    if condition.date:
        try:
            day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=value)
        except OverflowError:
            return f"{value:g} days after 1970"
        whole = day.time() == day.min.time()
        return f"{day:%Y-%m-%d}" if whole else day.replace(tzinfo=None).isoformat(" ")
    return np.format_float_positional(value, trim="-")


def _paths(
    tree: Tree, before: tuple[Condition, ...], binned: Binned
) -> list[tuple[Condition, ...]]:
    match tree:
        case Leaf():
            return [before]
        case Node():
            yes, no = _both(tree.question, binned)
            return [
                *_paths(tree.yes, (*before, yes), binned),
                *_paths(tree.no, (*before, no), binned),
            ]


def _both(question: Question, binned: Binned) -> tuple[Condition, Condition]:
    column = next(one for one in binned.columns if one.name == question.column)
    yes_missing = question.missing and column.has_missing
    no_missing = not question.missing and column.has_missing
    if question.at_least is not None:
        return (
            Condition(column=column.name, at_least=question.at_least, missing=yes_missing),
            Condition(column=column.name, below=question.at_least, missing=no_missing),
        )
    others = tuple(level for level in column.levels or () if level not in question.levels)
    return (
        Condition(column=column.name, levels=question.levels, missing=yes_missing),
        Condition(column=column.name, levels=others, missing=no_missing),
    )
