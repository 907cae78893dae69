"""Features of customers as the reader sees them: headings, values, units."""

from flask_babel import gettext

from regulars_platform.customers.features import FEATURES, Feature
from regulars_platform.orders.table import MONEY_SCALE
from regulars_web import formats


def feature_heading(name: str) -> str:
    """The label of a feature as a heading: its first letter large; an unknown name as it is."""
    label = str(gettext(FEATURES[name].label)) if name in FEATURES else name
    return label[:1].upper() + label[1:]


def feature_text(name: str, value: object, currency: str) -> str | None:
    """A value of a feature with its unit where one needs it; None where there is no value."""
    if value is None:
        return None
    feature = FEATURES[name]
    if feature.kind == "text" or not isinstance(value, int | float):
        return str(value)
    return _number_text(feature, value, currency)


def currency_text(value: float, currency: str, *, whole: bool = False) -> str:
    """Currency units (as features hold them) as the reader writes money."""
    return formats.money(value * MONEY_SCALE, currency, whole=whole)


def edge_text(name: str, value: float, currency: str) -> str:
    """The edge of a histogram's bin: as short as it can be without lying."""
    feature = FEATURES[name]
    if feature.kind == "money":
        return currency_text(value, currency, whole=float(value).is_integer())
    if feature.kind == "share":
        return formats.percent(value, 0)
    return formats.number(value, 0)


def _number_text(feature: Feature, value: float, currency: str) -> str:
    if feature.kind == "money":
        return currency_text(value, currency)
    if feature.kind == "share":
        return formats.percent(value, 0)
    # a median of whole numbers may end in a half
    return formats.number(value, 0 if float(value).is_integer() else 1)
