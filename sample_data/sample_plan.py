"""Whom the sample's campaign is for, in the product's own rules, and its truth per segment."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sample_campaign import CONTACT_COST, UNITS
from sample_response import AS_OF, GROUPS, THRESHOLD

from regulars_platform.customers.features import customer_features
from regulars_platform.orders.table import MONEY_SCALE, ORDER_SCHEMA, start_of_day
from regulars_platform.segments.presets import fits_threshold
from regulars_platform.segments.rules import parse_rule, rule_expression, rule_json

TIMEZONE = "Asia/Shanghai"
AUDIENCE = rule_json(fits_threshold(Decimal(THRESHOLD) / 100))


def _condition(feature: str, op: str, *values: int) -> dict[str, Any]:
    written = [str(value) for value in values]
    return {"feature": feature, "op": op, "value": written if op == "between" else written[0]}


# the first that fits counts; who fits none belongs to everyone else
SEGMENTS: dict[str, dict[str, Any]] = {
    "Frequent buyers": {
        "all": [_condition("orders", ">=", 5), _condition("last_order_days", "<=", 90)]
    },
    "New customers": {"all": [_condition("first_order_days", "<=", 120)]},
    "Gone quiet": {
        "all": [_condition("orders", ">=", 2), _condition("last_order_days", "between", 60, 270)]
    },
    "Dormant": {"all": [_condition("last_order_days", ">=", 180)]},
}
REST = GROUPS[-1].name


def order_lines(export: pl.DataFrame) -> pl.DataFrame:
    """The shop's export (see `as_export`) as stored order lines, columns as in ORDER_SCHEMA."""
    moment = pl.col("Ordered at").str.to_datetime("%Y-%m-%d %H:%M", time_unit="us")
    known = export.with_row_index("source_line", offset=2).select(
        pl.col("Order number").alias("order_id"),
        pl.col("source_line").cast(pl.String).alias("line_key"),
        pl.col("Customer").alias("customer_id"),
        moment.dt.replace_time_zone(TIMEZONE).dt.convert_time_zone("UTC").alias("ordered_at"),
        pl.col("Status").str.to_lowercase().alias("status"),
        pl.col("Product").alias("product"),
        (pl.col("Quantity") * MONEY_SCALE).alias("quantity"),
        *(
            (pl.col(heading) * MONEY_SCALE).round().cast(pl.Int64).alias(name)
            for heading, name in (
                ("Amount", "amount"),
                ("Discount", "discount"),
                ("Shipping fee", "shipping"),
                ("Refunded", "refund"),
            )
        ),
        pl.lit(0, dtype=pl.Int64).alias("order_discount"),
        pl.col("Channel").alias("channel"),
        pl.lit(1, dtype=pl.Int64).alias("import_id"),
        pl.col("source_line").cast(pl.Int64),
    )
    return known.select(
        pl.col(name) if name in known.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in ORDER_SCHEMA.items()
    )


def audience(history: pl.DataFrame) -> pl.DataFrame:
    """customer_id and segment of everybody in the audience, sorted, from the history's export."""
    as_of: dt.datetime = start_of_day(AS_OF, ZoneInfo(TIMEZONE))
    features = customer_features(order_lines(history).lazy(), as_of, timezone=TIMEZONE)
    segment: pl.Expr = pl.lit(REST)
    for name, rule in reversed(SEGMENTS.items()):
        fits = rule_expression(parse_rule(rule))
        segment = pl.when(fits).then(pl.lit(name)).otherwise(segment)
    return (
        features.filter(rule_expression(parse_rule(AUDIENCE)))
        .select("customer_id", segment.alias("segment"))
        .sort("customer_id")
        .collect()
    )


def truth(people: pl.DataFrame, profits: pl.DataFrame) -> dict[str, Any]:
    """The true net profit of telling a customer, on average over a segment, in CNY.

    people: customer_id and segment. profits: customer_id, silent and told (see `net_profits`).
    """
    both = people.join(profits, on="customer_id", how="left").with_columns(
        pl.col("silent").fill_null(0), pl.col("told").fill_null(-CONTACT_COST * UNITS)
    )
    gain = (pl.col("told") - pl.col("silent")).mean() / MONEY_SCALE
    total: float = both.select(gain).item()
    found = both.group_by("segment").agg(pl.len(), gain.alias("net"))
    per_segment = {name: (count, net) for name, count, net in found.iter_rows()}
    return {
        "unit": "CNY net profit per customer assigned, told against not told",
        "all": {"customers": len(both), "net_profit": round(total, 4), "profitable": total > 0},
        "segments": [
            {
                "segment": name,
                "customers": per_segment[name][0],
                "net_profit": round(per_segment[name][1], 4),
                "profitable": per_segment[name][1] > 0,
            }
            for name in (*SEGMENTS, REST)
        ],
    }
