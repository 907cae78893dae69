"""What a rule is made of: conditions on features, what somebody bought, and groups of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from regulars_platform.customers.catalogue import Feature, find_feature
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.words import N_, Sentence

COMPARISONS = (">=", "<=", ">", "<", "=")
EMPTINESS = ("is empty", "is not empty")
YES_NO = ("yes", "no")
OPERATORS: dict[str, tuple[str, ...]] = {
    "number": (*COMPARISONS, "between", "in", *EMPTINESS),
    "text": ("=", "in", *EMPTINESS),
    "flag": (*YES_NO, *EMPTINESS),
    "list": ("has", "has not", *EMPTINESS),
}
"""What may be asked of a number, a text, a yes or no, and a list of texts."""

WITHOUT_VALUE = (*EMPTINESS, *YES_NO)
"""Operators that compare with nothing."""

BOUGHT_BY = ("product", "category", "need")
MAX_WITHIN_DAYS = 36_500

By = Literal["product", "category", "need"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One feature compared with values: one, two for "between", any number for "in", or none."""

    feature: str
    op: str
    values: tuple[Decimal, ...] | tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Bought:
    """Whether somebody bought a product, or anything of a category or for a need.

    within_days: in how many days before; None: ever. held: whether they did (True) or did not.
    """

    by: By
    name: str
    within_days: int | None = None
    held: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Several rules of which all or any must hold; all of none holds for everybody."""

    joiner: Literal["all", "any"]
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """Holds for exactly those for whom the rule does not, whoever lacks a value among them."""

    rule: "Rule"


Rule = Condition | Bought | Group | Not

EVERYBODY = Group(joiner="all", rules=())


def leaves(rule: Rule) -> Iterator[Condition | Bought]:
    """Every condition of the rule, in the order in which it is written."""
    if isinstance(rule, Group):
        for part in rule.rules:
            yield from leaves(part)
    elif isinstance(rule, Not):
        yield from leaves(rule.rule)
    else:
        yield rule


def feature_of(name: str) -> Feature:
    """The feature that a rule names; raises InvalidInputError where there is none."""
    feature = find_feature(name)
    if feature is None:
        sentence = Sentence(
            N_("There is no customer feature called %(name)s."), {"name": repr(name)}
        )
        raise InvalidInputError([RegularsError(sentence, field="feature")])
    return feature


def operator_kind(feature: Feature) -> str:
    """Which OPERATORS go with a feature.

    >>> from regulars_platform.customers.catalogue import find_feature
    >>> [operator_kind(find_feature(name)) for name in ("spend", "tags", "follows", "region")]
    ['number', 'list', 'flag', 'text']
    """
    return feature.kind if feature.kind in ("text", "flag", "list") else "number"


def written(value: Decimal | str) -> str:
    """A value as rules write it: numbers without trailing zeros or exponents."""
    return value if isinstance(value, str) else format(value.normalize() + 0, "f")
