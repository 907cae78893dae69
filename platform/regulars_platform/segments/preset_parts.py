"""What ready-made groups are made of: their parameters, and short ways to say their rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from regulars_platform.customers.catalogue import ATTRIBUTE
from regulars_platform.segments.tree import Bought, Condition, Group, Rule
from regulars_platform.words import N_

Answers = Mapping[str, Decimal | str]
Kind = Literal["days", "whole", "percent", "money", "times", "text"]
Theme = Literal["worth", "habits", "stage", "bond", "taste", "person"]

THEMES: dict[Theme, str] = {
    "stage": N_("Where they stand"),
    "worth": N_("What they are worth"),
    "habits": N_("How they buy"),
    "taste": N_("What they like"),
    "bond": N_("Members, followers and tiers"),
    "person": N_("Who they are"),
}
"""In the order in which pages show them."""

OWN = "own attributes"
"""Among `needs`: any column of a customers file that means nothing to the product."""


TAGS = "tags"
"""Of the customers file: what the shop says of each in words of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """Something that a preset asks. usual: what stands there at first; "" for a text: what most
    customers have. suggested: whose values are proposed, a feature or "product"; "attribute" for
    the headings of own attributes. least: the smallest whole number that makes sense. optional: a
    text may be left out."""

    name: str
    label: str
    kind: Kind
    usual: str = ""
    suggested: str = ""
    least: int = 1
    optional: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """One ready-made group. who: one sentence on who that is; use: on what it is good for.

    needs: features of which at least one has to be known of somebody; without, a file is missing.
    """

    key: str
    theme: Theme
    title: str
    who: str
    use: str
    rule: Callable[[Answers], Rule]
    parameters: tuple[Parameter, ...] = ()
    needs: tuple[str, ...] = ()


def condition(feature: str, op: str, *values: Decimal | str | int) -> Condition:
    """A feature compared with numbers or texts."""
    if values and all(isinstance(value, str) for value in values):
        return Condition(feature=feature, op=op, values=tuple(str(value) for value in values))
    return Condition(feature=feature, op=op, values=tuple(Decimal(value) for value in values))


def all_of(*rules: Rule) -> Group:
    """All of them."""
    return Group(joiner="all", rules=rules)


def any_of(*rules: Rule) -> Group:
    """At least one of them."""
    return Group(joiner="any", rules=rules)


def number(asked: Answers, name: str) -> Decimal:
    """What was answered to a question for a number."""
    value = asked[name]
    return value if isinstance(value, Decimal) else Decimal(value)


def scores(asked: Answers) -> Rule:
    """All three scores of RFM at least as high."""
    least = number(asked, "score")
    names = ("recency_score", "frequency_score", "monetary_score")
    return all_of(*(condition(name, ">=", least) for name in names))


def bought_not(by: Literal["product", "category"], asked: Answers) -> Rule:
    """Bought one thing at any time, and not the other within some days."""
    days = int(number(asked, "days"))
    had = Bought(by=by, name=str(asked["had"]))
    lacks = Bought(by=by, name=str(asked["lacks"]), within_days=days, held=False)
    return all_of(had, lacks)


def attribute(asked: Answers) -> Rule:
    """A column of the shop's own has a value."""
    return condition(ATTRIBUTE + str(asked["attribute"]), "in", str(asked["value"]))


def attribute_or_tag(asked: Answers) -> Rule:
    """A column of the shop's own has a value; where none is named, a tag."""
    if asked.get("attribute"):
        return attribute(asked)
    return condition(TAGS, "has", str(asked["value"]))


def days(name: str, label: str, usual: int, *, least: int = 1) -> Parameter:
    """A question for days."""
    return Parameter(name=name, label=label, kind="days", usual=str(usual), least=least)


def share(name: str, label: str, usual: int) -> Parameter:
    """A question for percent."""
    return Parameter(name=name, label=label, kind="percent", usual=str(usual))


def whole(name: str, label: str, usual: int) -> Parameter:
    """A question for a whole number."""
    return Parameter(name=name, label=label, kind="whole", usual=str(usual))


def times(name: str, label: str, usual: str) -> Parameter:
    """A question for a number of times."""
    return Parameter(name=name, label=label, kind="times", usual=usual)


def text(name: str, label: str, suggested: str, usual: str = "") -> Parameter:
    """A question for a text, with proposals."""
    return Parameter(name=name, label=label, kind="text", usual=usual, suggested=suggested)


HEADING = text("attribute", N_("Column of your customers file"), "attribute")

TAG_OR_HEADING = Parameter(
    name="attribute",
    label=N_("Column of your customers file (empty: a tag)"),
    kind="text",
    suggested="attribute",
    optional=True,
)
