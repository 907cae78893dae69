"""Rules in the reader's words, with money, shares and days as the reader writes them."""

from decimal import Decimal

from flask_babel import gettext

from regulars_platform.segments.rules import (
    Bought,
    Condition,
    Not,
    Rule,
    feature_of,
    rule_words,
)
from regulars_platform.words import Sentence
from regulars_web import formats
from regulars_web.formats import sentence
from regulars_web.words.features import currency_text, value_text


def rule_text(rule: Rule, currency: str) -> str:
    """A rule as one phrase: "average order value from £48 to £96 and orders at least 2"."""
    if isinstance(rule, Condition):
        return _condition_text(rule, currency)
    if isinstance(rule, Bought):
        said = rule_words(rule).parts[0]
        assert isinstance(said, Sentence)  # noqa: S101 -- a condition is one sentence
        return sentence(said)
    if isinstance(rule, Not):
        return str(gettext("not (%(rule)s)", rule=rule_text(rule.rule, currency)))
    if not rule.rules:
        return str(gettext("everybody"))
    parts = [
        rule_text(part, currency)
        if isinstance(part, Condition | Bought | Not) or len(rule.rules) == 1
        else f"({rule_text(part, currency)})"
        for part in rule.rules
    ]
    return str(gettext(" and ") if rule.joiner == "all" else gettext(" or ")).join(parts)


def operator_text(op: str, kind: str) -> str:
    """An operator for the list to choose from."""
    if op == "=" and kind == "text":
        return str(gettext("is"))
    if kind == "bought":
        return str(gettext("has bought") if op == "yes" else gettext("has not bought"))
    return str(
        {
            ">=": gettext("at least"),
            "<=": gettext("at most"),
            ">": gettext("more than"),
            "<": gettext("less than"),
            "=": gettext("exactly"),
            "between": gettext("from … to"),
            "in": gettext("one of"),
            "is empty": gettext("not known"),
            "is not empty": gettext("known"),
            "yes": gettext("yes"),
            "no": gettext("no"),
            "has": gettext("with"),
            "has not": gettext("without"),
        }[op]
    )


def unit_text(kind: str, currency: str) -> str:
    """What stands beside the field of a value; nothing where the feature says it."""
    if kind == "money":
        return formats.currency_sign(currency)
    return "%" if kind == "share" else ""


def _condition_text(condition: Condition, currency: str) -> str:
    said = rule_words(condition).parts[0]
    assert isinstance(said, Sentence)  # noqa: S101 -- a condition is one sentence
    values = [_value_text(condition.feature, value, currency) for value in condition.values]
    shown = dict(said.parameters)
    if condition.op == "=" and feature_of(condition.feature).kind == "text":
        return str(
            gettext("%(feature)s is %(value)s", feature=sentence(shown["feature"]), value=values[0])
        )
    if condition.op == "in":
        shown["value"] = str(gettext(", ")).join(values)
    elif values:
        shown["value"] = values[0]
    if condition.op == "between":
        shown["second"] = values[1]
    return sentence(Sentence(said.template, shown))


def _value_text(name: str, value: Decimal | str, currency: str) -> str:
    if isinstance(value, str):
        return value_text(name, value)
    kind = feature_of(name).kind
    if kind == "money":
        return currency_text(float(value), currency, whole=value == value.to_integral_value())
    if kind == "share":
        return formats.number(value * 100) + "%"
    return formats.number(value)
