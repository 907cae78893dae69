"""Rules over customer features: parsed from JSON, turned into an expression, JSON and words.

A rule is a tree: {"all": [...]}, {"any": [...]}, or a condition such as
{"feature": "orders", "op": ">=", "value": "2"}. {"all": []} holds for everybody. Numbers are
decimals (written as strings in the canonical form, so that no float blurs them); shares run from
0 to 1. A customer without a value satisfies no comparison, only "is empty".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import Any, Literal

import polars as pl

from regulars_platform.customers.features import FEATURES
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.words import N_, Sentence

COMPARISONS = (">=", "<=", ">", "<", "=")
EMPTINESS = ("is empty", "is not empty")
OPERATORS: dict[str, tuple[str, ...]] = {
    "number": (*COMPARISONS, "between", "in", *EMPTINESS),
    "text": ("=", "in", *EMPTINESS),
}
"""What may be asked of a number and of a text."""

MAX_DEPTH = 6
MAX_CONDITIONS = 200
_LARGEST = Decimal(10) ** 12


class RuleError(RegularsError):
    """One place of a rule does not hold; `field` is the path to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One feature compared with values: one, two for "between", any number for "in", or none."""

    feature: str
    op: str
    values: tuple[Decimal, ...] | tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Several rules of which all or any must hold; all of none holds for everybody."""

    joiner: Literal["all", "any"]
    rules: "tuple[Rule, ...]"


Rule = Condition | Group

EVERYBODY = Group(joiner="all", rules=())


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleWords:
    """A rule in words: sentences, or further groups of them, joined by "all" or "any" of them."""

    joiner: Literal["all", "any"]
    parts: "tuple[Sentence | RuleWords, ...]"

    def __str__(self) -> str:
        if not self.parts:
            return N_("everybody")
        between = N_(" and ") if self.joiner == "all" else N_(" or ")
        return between.join(
            f"({part})" if isinstance(part, RuleWords) else str(part) for part in self.parts
        )


def parse_rule(raw: object, *, field: str = "rule") -> Rule:
    """A rule from its JSON form; InvalidInputError has one problem per place that is wrong."""
    parser = _Parser()
    rule = parser.rule(raw, field, depth=0)
    if parser.conditions > MAX_CONDITIONS:
        parser.refuse(
            field,
            N_("A rule has at most %(limit)s conditions, this one has %(found)s."),
            limit=MAX_CONDITIONS,
            found=parser.conditions,
        )
    if parser.problems or rule is None:
        raise InvalidInputError(parser.problems)
    return rule


def rule_expression(rule: Rule) -> pl.Expr:
    """A boolean expression over the feature frame, never null."""
    if isinstance(rule, Condition):
        return _condition_expression(rule)
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
    written: dict[str, Any] = {"feature": rule.feature, "op": rule.op}
    values = [_written(value) for value in rule.values]
    if rule.op in ("between", "in"):
        written["value"] = values
    elif values:
        written["value"] = values[0]
    return written


def rule_words(rule: Rule) -> RuleWords:
    """The rule in words. Sentences carry the feature's label as a Sentence of its own."""
    if isinstance(rule, Condition):
        return RuleWords(joiner="all", parts=(_condition_words(rule),))
    return RuleWords(
        joiner=rule.joiner,
        parts=tuple(
            _condition_words(part) if isinstance(part, Condition) else rule_words(part)
            for part in rule.rules
        ),
    )


def _condition_expression(condition: Condition) -> pl.Expr:
    column = pl.col(condition.feature)
    if condition.op == "is empty":
        return column.is_null()
    if condition.op == "is not empty":
        return column.is_not_null()
    # features are Float64 or whole numbers that a float holds exactly
    values = [float(v) if isinstance(v, Decimal) else v for v in condition.values]
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
}


def _condition_words(condition: Condition) -> Sentence:
    values = [_written(value) for value in condition.values]
    parameters: dict[str, Any] = {"feature": Sentence(FEATURES[condition.feature].label)}
    if condition.op == "in":
        parameters["value"] = ", ".join(values)
    elif values:
        parameters["value"] = values[0]
    if condition.op == "between":
        parameters["second"] = values[1]
    return Sentence(_WORDS[condition.op], parameters)


def _written(value: Decimal | str) -> str:
    return value if isinstance(value, str) else format(value.normalize() + 0, "f")


class _Parser:
    """Walks the JSON once and collects everything that is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[RegularsError] = []
        self.conditions = 0

    def refuse(self, field: str, template: str, **parameters: object) -> None:
        self.problems.append(RuleError(Sentence(template, parameters), field=field))

    def rule(self, raw: object, field: str, *, depth: int) -> Rule | None:
        if not isinstance(raw, Mapping):
            self.refuse(field, N_("A rule is a group of conditions or one condition."))
            return None
        if depth > MAX_DEPTH:
            self.refuse(field, N_("Groups may lie at most %(limit)s deep."), limit=MAX_DEPTH)
            return None
        if set(raw) == {"all"}:
            return self.group("all", raw["all"], field, depth=depth)
        if set(raw) == {"any"}:
            return self.group("any", raw["any"], field, depth=depth)
        return self.condition(raw, field)

    def group(
        self, joiner: Literal["all", "any"], raw: object, field: str, *, depth: int
    ) -> Group | None:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            self.refuse(field, N_("A group holds a list of rules."))
            return None
        if joiner == "any" and not raw:
            self.refuse(field, N_("A group of which any must hold needs at least one rule."))
            return None
        if len(raw) > MAX_CONDITIONS:
            self.refuse(
                field,
                N_("A rule has at most %(limit)s conditions, this one has %(found)s."),
                limit=MAX_CONDITIONS,
                found=len(raw),
            )
            return None
        parts = [
            self.rule(part, f"{field}.{joiner}.{place}", depth=depth + 1)
            for place, part in enumerate(raw)
        ]
        return Group(joiner=joiner, rules=tuple(part for part in parts if part is not None))

    def condition(self, raw: Mapping[str, Any], field: str) -> Condition | None:
        self.conditions += 1
        unknown = sorted(str(name) for name in set(raw) - {"feature", "op", "value"})
        if unknown:
            self.refuse(
                field, N_("A condition has no part called %(names)s."), names=", ".join(unknown)
            )
            return None
        name, op, value = raw.get("feature"), raw.get("op"), raw.get("value")
        if not isinstance(name, str) or name not in FEATURES:
            self.refuse(
                f"{field}.feature",
                N_("Choose a customer feature; %(name)s is none. There are: %(names)s."),
                name=repr(name),
                names=", ".join(FEATURES),
            )
            return None
        text = FEATURES[name].kind == "text"
        allowed = OPERATORS["text" if text else "number"]
        if not isinstance(op, str) or op not in allowed:
            self.refuse(
                f"{field}.op",
                N_("Choose how to compare: %(allowed)s; %(op)s does not go with this feature."),
                allowed=", ".join(allowed),
                op=repr(op),
            )
            return None
        return self.compared(name, op, value, f"{field}.value", text=text)

    def compared(
        self, name: str, op: str, value: object, field: str, *, text: bool
    ) -> Condition | None:
        if op in EMPTINESS:
            return Condition(feature=name, op=op)
        several = isinstance(value, Sequence) and not isinstance(value, str)
        given: list[object] = list(value) if several else [value]  # type: ignore[call-overload]
        if op == "between" and len(given) != 2:
            self.refuse(field, N_("Give two numbers, the lower and the upper end."))
            return None
        if op not in ("between", "in") and several:
            self.refuse(field, N_("Give one value, not a list."))
            return None
        if text:
            texts = self.texts(given, field)
            return None if texts is None else Condition(feature=name, op=op, values=texts)
        numbers = self.numbers(given, field)
        if numbers is None:
            return None
        if op == "between" and numbers[0] > numbers[1]:
            self.refuse(
                field,
                N_("The lower end %(low)s is above the upper end %(high)s: swap them."),
                low=_written(numbers[0]),
                high=_written(numbers[1]),
            )
            return None
        return Condition(feature=name, op=op, values=numbers)

    def texts(self, given: list[object], field: str) -> tuple[str, ...] | None:
        found = tuple(sorted({v.strip() for v in given if isinstance(v, str) and v.strip()}))
        if not found or any(not isinstance(v, str) for v in given):
            self.refuse(field, N_("Give the text to compare with."))
            return None
        return found

    def numbers(self, given: list[object], field: str) -> tuple[Decimal, ...] | None:
        found = [_decimal(value) for value in given]
        for value, number in zip(given, found, strict=True):
            if number is None:
                self.refuse(
                    field,
                    N_("Give a number such as 2 or 49.90, without thousands signs; %(got)s came."),
                    got=repr(value) if value not in (None, "") else N_("nothing"),
                )
                return None
        numbers = tuple(number for number in found if number is not None)
        if not numbers:
            self.refuse(field, N_("Give at least one value."))
            return None
        return numbers


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= _LARGEST else None
