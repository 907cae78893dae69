"""Features of customers as the reader sees them: headings, values, units."""

from flask_babel import gettext, lazy_gettext

from regulars_platform.customers.catalogue import FEATURES, Feature, find_feature
from regulars_platform.orders.table import MONEY_SCALE
from regulars_web import formats

_VALUES = {
    "gender": {
        "female": lazy_gettext("female"),
        "male": lazy_gettext("male"),
        "other": lazy_gettext("other"),
    },
    "rhythm": {
        "new": lazy_gettext("new"),
        "active": lazy_gettext("active"),
        "dormant": lazy_gettext("dormant"),
        "lost": lazy_gettext("lost"),
    },
}
"""The words of texts that the product gave; all others are the shop's own."""


def feature_heading(name: str) -> str:
    """The label of a feature as a heading: its first letter large; an unknown name as it is."""
    feature = find_feature(name)
    # the heading of an own attribute is no message of ours
    label = str(gettext(FEATURES[name].label)) if name in FEATURES else name
    if feature is not None and name not in FEATURES:
        label = feature.label
    return label[:1].upper() + label[1:]


def feature_text(name: str, value: object, currency: str) -> str | None:
    """A value of a feature with its unit where one needs it; None where there is no value."""
    if value is None:
        return None
    feature = find_feature(name)
    if isinstance(value, bool):
        return value_text(name, "true" if value else "false")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    if feature is None or feature.kind == "text" or not isinstance(value, int | float):
        return value_text(name, str(value))
    return _number_text(feature, value, currency)


def value_text(name: str, value: str) -> str:
    """A text or a flag ("true", "false") of a feature in the reader's words."""
    feature = find_feature(name)
    if feature is not None and feature.kind == "flag":
        return str(gettext("yes") if value == "true" else gettext("no"))
    return str(_VALUES.get(name, {}).get(value, value))


def currency_text(value: float, currency: str, *, whole: bool = False) -> str:
    """Currency units (as features hold them) as the reader writes money."""
    return formats.money(value * MONEY_SCALE, currency, whole=whole)


def edge_text(name: str, value: float, currency: str) -> str:
    """The edge of a histogram's bin: as short as it can be without lying."""
    feature = find_feature(name)
    if feature is not None and feature.kind == "money":
        return currency_text(value, currency, whole=float(value).is_integer())
    if feature is not None and feature.kind == "share":
        return formats.percent(value, 0)
    if feature is not None and feature.kind == "ratio":
        return formats.number(value, 1)
    return formats.number(value, 0)


def _number_text(feature: Feature, value: float, currency: str) -> str:
    if feature.kind == "money":
        return currency_text(value, currency)
    if feature.kind == "share":
        return formats.percent(value, 0)
    if feature.kind == "ratio":
        # an own number is as the shop wrote it, more or less
        return formats.number(value, 0 if not feature.unit and float(value).is_integer() else 2)
    # a median of whole numbers may end in a half
    return formats.number(value, 0 if float(value).is_integer() else 1)
