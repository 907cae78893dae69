"""All movements of points by customer and day: those that files tell of, those that the shop's
rules make of orders, and what lapses.

A movement is on one line of the ledger (LINES). Beside its points it says how many of them begin to
age (`lot`) and how many use up older ones (`used`); points = lot - used summed over an order.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import MONEY_SCALE, PAID
from regulars_platform.points.rules import PointsRules

EARNED = ("earned_orders", "earned_games", "earned_other")
SPENT = ("taken_back", "spent_coupons", "spent_goods", "spent_order", "lapsed")
LINES = (*EARNED, *SPENT)
"""Lines of the ledger; a line's points are signed, those of SPENT mostly below zero."""

MOVEMENTS: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "day": pl.Date(),
    "line": pl.String(),
    "points": pl.Int64(),
    "lot": pl.Int64(),
    "used": pl.Int64(),
}

_COUPON = "(?i)券|coupon|voucher|红包"


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsData:
    """Where movements come from. version: of the points files, None: there are none.

    orders: whole orders of known customers (see `whole_orders`); None: no order was ever stored.
    """

    shop_dir: Path
    timezone: str
    version: int | None
    orders: pl.LazyFrame | None

    def filed(self) -> pl.LazyFrame:
        """The movements that files tell of, of customers that are named, with their day."""
        table = DatasetTable(self.shop_dir, "points")
        found = (
            pl.LazyFrame(schema=table.kind.schema)
            if self.version is None
            else table.scan(self.version)
        )
        return found.filter(
            pl.col("customer_id").is_not_null()
            & pl.col("happened_at").is_not_null()
            & pl.col("points").is_not_null()
        ).with_columns(
            pl.col("happened_at").dt.convert_time_zone(self.timezone).dt.date().alias("day")
        )

    def files_tell_expiry(self) -> bool:
        """Whether files say themselves what lapsed; then no rule makes it lapse again."""
        told = self.filed().filter(pl.col("reason") == "expiry").head(1)
        return not told.collect().is_empty()


def all_movements(data: PointsData, rules: PointsRules, as_of: dt.date) -> pl.LazyFrame:
    """Everything before the day `as_of`, columns as in MOVEMENTS, in no order."""
    moved = pl.concat([_of_files(data), _of_orders(data, rules)]).filter(pl.col("day") < as_of)
    if rules.valid_days is None or data.files_tell_expiry():
        return moved
    return pl.concat([moved, lapses(moved, rules.valid_days, as_of)])


def lapses(moved: pl.LazyFrame, valid_days: int, as_of: dt.date) -> pl.LazyFrame:
    """What lapses at the end of a day before `as_of`, the oldest points being spent first.

    A lot that was earned on a day lapses valid_days later, as far as nothing has used it. With E
    the points earned up to a lot and S those used by the end of its last day, at least E are used
    or lapsed by then; so lapsed so far = max(0, highest E - S of the lots that are over).
    """
    by_day = (
        moved.group_by("customer_id", "day")
        .agg(pl.col("lot").sum(), pl.col("used").sum())
        .sort("customer_id", "day")
        .with_columns(
            pl.col("lot").cum_sum().over("customer_id").alias("earned"),
            pl.col("used").cum_sum().over("customer_id").alias("spent"),
        )
    )
    ends = (
        by_day.filter(pl.col("lot") > 0)
        .select("customer_id", pl.col("day").dt.offset_by(f"{valid_days}d"), "earned")
        .filter(pl.col("day") < as_of)
        .sort("day")
    )
    spent = by_day.select("customer_id", "day", "spent").sort("day")
    over = (pl.col("earned") - pl.col("spent")).clip(lower_bound=0)
    return (
        ends.join_asof(spent, on="day", by="customer_id", check_sortedness=False)
        .sort("customer_id", "day")
        .select("customer_id", "day", over.cum_max().over("customer_id").alias("gone"))
        .with_columns(
            (pl.col("gone") - pl.col("gone").shift(1, fill_value=0).over("customer_id")).alias(
                "new"
            )
        )
        .filter(pl.col("new") > 0)
        .select(
            "customer_id",
            "day",
            pl.lit("lapsed").alias("line"),
            (-pl.col("new")).alias("points"),
            pl.lit(0, dtype=pl.Int64).alias("lot"),
            pl.col("new").alias("used"),
        )
    )


def _of_files(data: PointsData) -> pl.LazyFrame:
    reason, plus = pl.col("reason"), pl.col("points") > 0
    exchanged = (
        pl.when(pl.col("order_id").is_not_null())
        .then(pl.lit("spent_order"))
        .when(pl.col("note").str.contains(_COUPON).fill_null(False))
        .then(pl.lit("spent_coupons"))
        .otherwise(pl.lit("spent_goods"))
    )
    line = (
        pl.when(reason == "order")
        .then(pl.when(plus).then(pl.lit("earned_orders")).otherwise(pl.lit("taken_back")))
        .when(reason == "game")
        .then(pl.lit("earned_games"))
        .when(reason == "exchange")
        .then(exchanged)
        .when(reason == "expiry")
        .then(pl.lit("lapsed"))
        .otherwise(pl.lit("earned_other"))
    )
    return data.filed().select(
        "customer_id",
        "day",
        line.alias("line"),
        "points",
        pl.col("points").clip(lower_bound=0).alias("lot"),
        (-pl.col("points")).clip(lower_bound=0).alias("used"),
    )


def _of_orders(data: PointsData, rules: PointsRules) -> pl.LazyFrame:
    """What the rule makes of paid orders, those left out whose points a file tells.

    What was refunded of an order takes its points back on the order's own day, since files say how
    much was refunded and not when; a credit note takes its points back on its own.
    """
    if rules.per_unit == 0 or data.orders is None:
        return pl.LazyFrame(schema=MOVEMENTS)
    told = data.filed().filter((pl.col("reason") == "order") & pl.col("order_id").is_not_null())
    day = pl.col("ordered_at").dt.convert_time_zone(data.timezone).dt.date()
    orders = data.orders.filter(pl.col("status") == PAID).with_columns(day.alias("day"))
    if rules.since is not None:
        orders = orders.filter(pl.col("day") >= rules.since)
    orders = orders.join(told.select("order_id").unique(), on="order_id", how="anti")
    kept = (pl.col("amount") - pl.col("refund")).clip(lower_bound=0)
    worth = orders.select(
        "customer_id",
        "day",
        _points_of(pl.col("amount").clip(lower_bound=0), rules).alias("earned"),
        _points_of(kept, rules).alias("kept"),
        _points_of((-pl.col("amount")).clip(lower_bound=0), rules).alias("noted"),
    )
    nothing = pl.lit(0, dtype=pl.Int64)
    earned = worth.filter(pl.col("earned") > 0).select(
        "customer_id",
        "day",
        pl.lit("earned_orders").alias("line"),
        pl.col("earned").alias("points"),
        pl.col("kept").alias("lot"),
        nothing.alias("used"),
    )
    back = pl.col("earned") - pl.col("kept") + pl.col("noted")
    taken = worth.filter(back > 0).select(
        "customer_id",
        "day",
        pl.lit("taken_back").alias("line"),
        (-back).alias("points"),
        nothing.alias("lot"),
        # an order's own refund makes its own lot smaller instead of using up older ones
        pl.col("noted").alias("used"),
    )
    return pl.concat([earned, taken])


def _points_of(amount: pl.Expr, rules: PointsRules) -> pl.Expr:
    """Whole points for an amount in ten-thousandths, rounded down."""
    exact = amount.cast(pl.Int128) * rules.per_unit
    return (exact // (MONEY_SCALE * MONEY_SCALE)).cast(pl.Int64)
