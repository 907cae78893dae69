"""What the product knows of a customer: the name, words, kind and source of every feature.

How each is worked out: docs/customer-features.md. Beside these there are own attributes, the
columns of its customer files that mean nothing to the product: `attribute.<heading>` is the text of
one, `number.<heading>` its number where every value is one.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from regulars_platform.words import N_

Kind = Literal["count", "money", "days", "share", "ratio", "text", "flag", "list"]
"""ratio: a number of times, about 1; flag: true or false; list: several texts."""

Theme = Literal["buying", "money", "rhythm", "taste", "care", "person", "bond", "future", "own"]
"""What a feature is about; pages group by it."""

Source = Literal[
    "orders", "customers", "products", "events", "referrals", "points", "cycle", "lifetime"
]
"""What has to be there for anybody to have a value: a kind of file, or an analysis of the shop."""

ATTRIBUTE, NUMBER = "attribute.", "number."
"""Beginnings of the names of a shop's own attributes, as text and as numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """One column of the feature frame that rules, pages and lists may use.

    unit: what one is counted in: orders, currency, days, share (0 to 1), ..., or empty for text.
    """

    name: str
    label: str
    kind: Kind
    unit: str
    theme: Theme = "buying"
    source: Source = "orders"


def _feature(
    name: str, label: str, kind: Kind, theme: Theme, source: Source = "orders", *, unit: str = ""
) -> Feature:
    usual = {"money": "currency", "days": "days", "share": "share", "ratio": "times"}
    return Feature(
        name=name,
        label=label,
        kind=kind,
        unit=unit or usual.get(kind, ""),
        theme=theme,
        source=source,
    )


_FROM_ORDERS_ALONE = (
    _feature("orders", N_("orders"), "count", "buying", unit="orders"),
    _feature("average_order_value", N_("average order value"), "money", "money"),
    _feature("median_order_value", N_("median order value"), "money", "money"),
    _feature("spend", N_("spend net of refunds"), "money", "money"),
    _feature("last_order_days", N_("days since the last order"), "days", "rhythm"),
    _feature("first_order_days", N_("days since the first order"), "days", "rhythm"),
    _feature("usual_interval_days", N_("usual days between orders"), "days", "rhythm"),
    _feature("discount_share", N_("share of orders with a discount"), "share", "buying"),
    _feature("refund_share", N_("share of spend refunded"), "share", "care"),
    _feature("main_channel", N_("main channel"), "text", "taste"),
)

_FROM_ORDERS = (
    _feature("recency_score", N_("recency score, 1 to 5"), "count", "buying", unit="points"),
    _feature("frequency_score", N_("frequency score, 1 to 5"), "count", "buying", unit="points"),
    _feature("monetary_score", N_("money score, 1 to 5"), "count", "money", unit="points"),
    _feature("rfm", N_("RFM scores"), "text", "buying"),
    _feature("orders_365", N_("orders in the last 365 days"), "count", "buying", unit="orders"),
    _feature("spend_365", N_("spend in the last 365 days"), "money", "money"),
    _feature("last_order_value", N_("value of the last order"), "money", "money"),
    _feature("largest_order_value", N_("value of the largest order"), "money", "money"),
    _feature("basket_ratio", N_("average order beside the shop's usual one"), "ratio", "money"),
    _feature("last_ratio", N_("last order beside their own usual one"), "ratio", "money"),
    _feature("deal_share", N_("share of orders at a discount or on event days"), "share", "buying"),
    _feature("event_share", N_("share of orders on event days"), "share", "buying"),
    _feature("rhythm", N_("stage by their own rhythm"), "text", "rhythm"),
    _feature("rhythm_ratio", N_("time since the last order beside usual"), "ratio", "rhythm"),
    _feature("unpaid_orders", N_("orders still to be paid"), "count", "buying", unit="orders"),
    _feature("unpaid_days", N_("days since the order still to be paid"), "days", "buying"),
    _feature("refunded_orders_share", N_("share of orders with a refund"), "share", "care"),
    _feature("products_bought", N_("different products bought"), "count", "taste", unit="products"),
    _feature("favourite_product", N_("favourite product"), "text", "taste"),
    _feature("favourite_category", N_("favourite category"), "text", "taste", "products"),
    _feature("price_ratio", N_("prices paid beside usual ones"), "ratio", "taste", "products"),
)

_FROM_DATASETS = (
    _feature("gender", N_("gender"), "text", "person", "customers"),
    _feature("age", N_("age"), "count", "person", "customers", unit="years"),
    _feature("birthday_in_days", N_("days until the birthday"), "days", "person", "customers"),
    _feature("region", N_("region"), "text", "person", "customers"),
    _feature("city", N_("city"), "text", "person", "customers"),
    _feature("acquired_through", N_("channel of arrival"), "text", "bond", "customers"),
    _feature("acquisition_cost", N_("cost of arrival"), "money", "bond", "customers"),
    _feature("tags", N_("tags"), "list", "own", "customers"),
    _feature("follows", N_("follows the shop"), "flag", "bond", "customers"),
    _feature("opted_out", N_("opted out of messages"), "flag", "bond", "customers"),
    _feature("favourites", N_("favourites marked"), "count", "taste", "events", unit="events"),
    _feature("carts", N_("additions to the cart"), "count", "taste", "events", unit="events"),
    _feature("complaints", N_("complaints"), "count", "care", "events", unit="events"),
    _feature("brought", N_("customers brought"), "count", "bond", "referrals", unit="customers"),
    _feature("brought_spend", N_("spend of customers brought"), "money", "bond", "referrals"),
    _feature("points_balance", N_("points left"), "count", "bond", "points", unit="points"),
    _feature("tier", N_("tier"), "text", "bond", "customers"),
    _feature("next_tier", N_("next tier"), "text", "bond", "customers"),
    _feature("to_next_tier", N_("missing to the next tier"), "money", "bond", "customers"),
)

_FROM_ANALYSES = (
    _feature("product_due_days", N_("days until a product is due"), "days", "future", "cycle"),
    _feature(
        "expected_orders_90",
        N_("orders expected in 90 days"),
        "ratio",
        "future",
        "lifetime",
        unit="orders",
    ),
    _feature("expected_value_90", N_("value expected in 90 days"), "money", "future", "lifetime"),
    _feature(
        "expected_orders_365",
        N_("orders expected in 365 days"),
        "ratio",
        "future",
        "lifetime",
        unit="orders",
    ),
    _feature("expected_value_365", N_("value expected in 365 days"), "money", "future", "lifetime"),
    _feature("alive_probability", N_("probability of still buying"), "share", "future", "lifetime"),
)

ORDER_FEATURES: dict[str, Feature] = {one.name: one for one in _FROM_ORDERS_ALONE}
"""What whole orders alone say, the same for ever at one version of them."""

FEATURES: dict[str, Feature] = {
    one.name: one for one in (*_FROM_ORDERS_ALONE, *_FROM_ORDERS, *_FROM_DATASETS, *_FROM_ANALYSES)
}
"""Every feature by name, in the order in which pages show them; attributes beside them."""

ORDER_FEATURE_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "household": pl.String(),
    "orders": pl.Int64(),
    "average_order_value": pl.Float64(),
    "median_order_value": pl.Float64(),
    "spend": pl.Float64(),
    "last_order_days": pl.Int64(),
    "first_order_days": pl.Int64(),
    "usual_interval_days": pl.Float64(),
    "discount_share": pl.Float64(),
    "refund_share": pl.Float64(),
    "main_channel": pl.String(),
    "last_order_at": pl.Datetime("us", "UTC"),
    "first_order_at": pl.Datetime("us", "UTC"),
}
"""Columns of the frame of orders alone; money in currency units."""

_TYPES: dict[Kind, pl.DataType] = {
    "count": pl.Int64(),
    "money": pl.Float64(),
    "days": pl.Int64(),
    "share": pl.Float64(),
    "ratio": pl.Float64(),
    "text": pl.String(),
    "flag": pl.Boolean(),
    "list": pl.List(pl.String()),
}

FEATURE_SCHEMA: dict[str, pl.DataType] = ORDER_FEATURE_SCHEMA | {
    name: _TYPES[feature.kind]
    for name, feature in FEATURES.items()
    if name not in ORDER_FEATURE_SCHEMA
}
"""Columns that every feature frame has; those of a shop's attributes follow."""


def find_feature(name: str) -> Feature | None:
    """The feature of that name, a shop's own attributes included; None where there is none.

    Any heading may follow `attribute.` and `number.`: whether the shop has such a column is not
    asked here.

    >>> find_feature("number.shoe size").kind
    'ratio'
    """
    if name in FEATURES:
        return FEATURES[name]
    for start, kind in ((ATTRIBUTE, "text"), (NUMBER, "ratio")):
        heading = name.removeprefix(start)
        if name.startswith(start) and heading.strip():
            return Feature(
                name=name,
                label=heading,
                kind="text" if kind == "text" else "ratio",
                unit="",
                theme="own",
                source="customers",
            )
    return None
