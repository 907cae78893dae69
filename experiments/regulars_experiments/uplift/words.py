"""Rules as plain records and English words, for files, command lines and logs.

Pages word the same records in their reader's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """

    column: str
    at_least: float | None = None
    below: float | None = None
    levels: tuple[str, ...] | None = None
    missing: bool = False


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
    conditions = _paths(tree, (), binned)
    return tuple(
        Line(
            conditions=conditions[place],
            action=leaf.action,
            customers=int(inside.sum()),
            share=float(weights[inside].sum() / weights.sum()),
        )
        for place, (inside, leaf) in enumerate(leaves(tree, binned))
    )


def sentence(lines: Sequence[Line], arm_names: Sequence[str]) -> str:
    """The rule in one English sentence.

    >>> card = [Line(conditions=(Condition(column="spend", at_least=80.0),), action=1,
    ...     customers=40, share=0.4), Line(conditions=(Condition(column="spend", below=80.0),),
    ...     action=0, customers=60, share=0.6)]
    >>> sentence(card, ["held out", "mail"])
    'mail: spend at least 80; leave alone: spend below 80'
    """
    told = [line for line in lines if line.action] + [line for line in lines if not line.action]
    parts = []
    for line in told:
        what = arm_names[line.action] if line.action else "leave alone"
        parts.append(f"{what}: {condition_words(line.conditions)}")
    return "; ".join(parts)


def condition_words(conditions: Sequence[Condition]) -> str:
    """Conditions joined by "and"; "everybody" where there is none."""
    return " and ".join(_words(condition) for condition in conditions) or "everybody"


def _words(condition: Condition) -> str:
    name = condition.column
    if condition.levels is not None:
        known = [level or "another value" for level in condition.levels]
        known += ["missing"] if condition.missing else []
        return f"{name} is {' or '.join(known)}"
    if condition.at_least is not None:
        if np.isinf(condition.at_least):
            return f"{name} is known"
        bound = f"{name} at least {condition.at_least:.12g}"
    elif condition.below is not None and np.isinf(condition.below):
        return f"{name} is missing"
    else:
        bound = f"{name} below {condition.below:.12g}"
    return f"({bound} or missing)" if condition.missing else bound


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
