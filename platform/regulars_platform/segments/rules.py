"""Rules over customer features: turned into an expression, JSON and words.

A rule is a tree: {"all": [...]}, {"any": [...]}, {"not": ...}, or a condition such as
{"feature": "orders", "op": ">=", "value": "2"} or
{"bought": {"by": "product", "name": "Green tea", "within_days": 90}, "op": "yes"}. {"all": []}
holds for everybody. Numbers are decimals (written as strings in the canonical form, so that no
float blurs them); shares run from 0 to 1. A customer without a value satisfies no comparison, only
"is empty"; who has no list has nothing in it.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from typing import Any, Literal

import polars as pl

from regulars_platform.intake.regions import plain_region_name
from regulars_platform.segments.parsing import MAX_CONDITIONS, MAX_DEPTH, RuleError, parse_rule
from regulars_platform.segments.tree import (
    BOUGHT_BY,
    COMPARISONS,
    EMPTINESS,
    EVERYBODY,
    OPERATORS,
    WITHOUT_VALUE,
    Bought,
    Condition,
    Group,
    Not,
    Rule,
    feature_of,
    leaves,
    operator_kind,
    written,
)
from regulars_platform.words import N_, Sentence

__all__ = [
    "BOUGHT_BY",
    "COMPARISONS",
    "EMPTINESS",
    "EVERYBODY",
    "MAX_CONDITIONS",
    "MAX_DEPTH",
    "OPERATORS",
    "WITHOUT_VALUE",
    "Bought",
    "Condition",
    "Group",
    "Not",
    "Rule",
    "RuleError",
    "RuleWords",
    "bought_column",
    "feature_of",
    "leaves",
    "operator_kind",
    "parse_rule",
    "rule_expression",
    "rule_json",
    "rule_words",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleWords:
    """A rule in words: sentences, or further groups of them, joined by "all" or "any" of them.

    negated: it holds for those for whom this does not.
    """

    joiner: Literal["all", "any"]
    parts: "tuple[Sentence | RuleWords, ...]"
    negated: bool = False

    def __str__(self) -> str:
        if not self.parts:
            said = N_("everybody")
        else:
            between = N_(" and ") if self.joiner == "all" else N_(" or ")
            said = between.join(
                f"({part})" if isinstance(part, RuleWords) else str(part) for part in self.parts
            )
        return N_("not (%(rule)s)") % {"rule": said} if self.negated else said


def rule_expression(rule: Rule) -> pl.Expr:
    """A boolean expression, never null, over the feature frame and, for what was bought, the
    columns that `frames.for_rules` joins to it."""
    if isinstance(rule, Condition):
        return _condition_expression(rule)
    if isinstance(rule, Bought):
        did = pl.col(bought_column(rule)).fill_null(False)
        return did if rule.held else ~did
    if isinstance(rule, Not):
        return ~rule_expression(rule.rule)
    parts = [rule_expression(part) for part in rule.rules]
    if not parts:
        return pl.lit(rule.joiner == "all")
    if rule.joiner == "all":
        return reduce(lambda left, right: left & right, parts)
    return reduce(lambda left, right: left | right, parts)


def rule_json(rule: Rule) -> dict[str, Any]:
    """The canonical JSON form; parsing it gives the same rule again."""
    if isinstance(rule, Group):
        return {rule.joiner: [rule_json(part) for part in rule.rules]}
    if isinstance(rule, Not):
        return {"not": rule_json(rule.rule)}
    if isinstance(rule, Bought):
        what = {"by": rule.by, "name": rule.name, "within_days": rule.within_days}
        return {"bought": what, "op": "yes" if rule.held else "no"}
    said: dict[str, Any] = {"feature": rule.feature, "op": rule.op}
    values = [written(value) for value in rule.values]
    if rule.op in ("between", "in"):
        said["value"] = values
    elif values:
        said["value"] = values[0]
    return said


def bought_column(bought: Bought) -> str:
    """The column of a feature frame that says who did; the same for "yes" and "no".

    >>> bought_column(Bought(by="need", name="sleep", within_days=30, held=False))
    'bought need within 30: sleep'
    """
    days = "ever" if bought.within_days is None else f"within {bought.within_days}"
    return f"bought {bought.by} {days}: {bought.name}"


def rule_words(rule: Rule) -> RuleWords:
    """The rule in words. Sentences carry the feature's label as a Sentence of its own."""
    if isinstance(rule, Condition | Bought):
        return RuleWords(joiner="all", parts=(_leaf_words(rule),))
    if isinstance(rule, Not):
        inner = rule_words(rule.rule)
        # twice not is what it was, and is said so
        return replace(inner, negated=not inner.negated)
    return RuleWords(
        joiner=rule.joiner,
        parts=tuple(
            _leaf_words(part) if isinstance(part, Condition | Bought) else rule_words(part)
            for part in rule.rules
        ),
    )


def _condition_expression(condition: Condition) -> pl.Expr:
    column = pl.col(condition.feature)
    kind = operator_kind(feature_of(condition.feature))
    if kind == "list":
        return _list_expression(column, condition)
    if condition.op == "is empty":
        return column.is_null()
    if condition.op == "is not empty":
        return column.is_not_null()
    if kind == "flag":
        return (column if condition.op == "yes" else ~column).fill_null(False)
    # features are Float64 or whole numbers that a float holds exactly
    values = [float(v) if isinstance(v, Decimal) else v for v in condition.values]
    if condition.feature == "region":
        values = [plain_region_name(str(value)) for value in values]
    if condition.op == "in":
        held = column.cast(pl.Float64) if isinstance(values[0], float) else column
        return held.is_in(values).fill_null(False)
    if condition.op == "between":
        return ((column >= values[0]) & (column <= values[1])).fill_null(False)
    compared = {
        ">=": column.ge,
        "<=": column.le,
        ">": column.gt,
        "<": column.lt,
        "=": column.eq,
    }[condition.op]
    return compared(pl.lit(values[0])).fill_null(False)


def _list_expression(column: pl.Expr, condition: Condition) -> pl.Expr:
    if condition.op in EMPTINESS:
        known = (column.list.len() > 0).fill_null(False)
        return known if condition.op == "is not empty" else ~known
    has = column.list.contains(pl.lit(condition.values[0])).fill_null(False)
    return has if condition.op == "has" else ~has


_WORDS = {
    ">=": N_("%(feature)s at least %(value)s"),
    "<=": N_("%(feature)s at most %(value)s"),
    ">": N_("%(feature)s more than %(value)s"),
    "<": N_("%(feature)s less than %(value)s"),
    "=": N_("%(feature)s exactly %(value)s"),
    "between": N_("%(feature)s from %(value)s to %(second)s"),
    "in": N_("%(feature)s one of %(value)s"),
    "is empty": N_("%(feature)s not known"),
    "is not empty": N_("%(feature)s known"),
    "yes": N_("%(feature)s: yes"),
    "no": N_("%(feature)s: no"),
    "has": N_("%(feature)s with %(value)s"),
    "has not": N_("%(feature)s without %(value)s"),
}

_BOUGHT_WORDS = {
    ("product", True, False): N_("has bought %(name)s"),
    ("product", True, True): N_("has bought %(name)s within %(days)s days"),
    ("product", False, False): N_("has never bought %(name)s"),
    ("product", False, True): N_("has not bought %(name)s within %(days)s days"),
    ("category", True, False): N_("has bought of the category %(name)s"),
    ("category", True, True): N_("has bought of the category %(name)s within %(days)s days"),
    ("category", False, False): N_("has never bought of the category %(name)s"),
    ("category", False, True): N_("has not bought of the category %(name)s within %(days)s days"),
    ("need", True, False): N_("has bought for the need %(name)s"),
    ("need", True, True): N_("has bought for the need %(name)s within %(days)s days"),
    ("need", False, False): N_("has never bought for the need %(name)s"),
    ("need", False, True): N_("has not bought for the need %(name)s within %(days)s days"),
}


def _leaf_words(leaf: Condition | Bought) -> Sentence:
    if isinstance(leaf, Bought):
        template = _BOUGHT_WORDS[leaf.by, leaf.held, leaf.within_days is not None]
        said = {"name": leaf.name}
        if leaf.within_days is not None:
            said["days"] = str(leaf.within_days)
        return Sentence(template, said)
    values = [written(value) for value in leaf.values]
    parameters: dict[str, Any] = {"feature": Sentence(feature_of(leaf.feature).label)}
    if leaf.op == "in":
        parameters["value"] = ", ".join(values)
    elif values:
        parameters["value"] = values[0]
    if leaf.op == "between":
        parameters["second"] = values[1]
    return Sentence(_WORDS[leaf.op], parameters)
