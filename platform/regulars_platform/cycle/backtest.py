"""How good the dates are: told on the first part of the history, compared with the rest.

The anchor of a customer and product is their first purchase after the split. At that moment a date
is told from what was known then: the customer's own intervals until it, else the product's cycle as
of the split, else the days that a piece lasts. Only anchors count whose date, and a quarter of the
interval more, lies before the end of the orders: whether they did come is then known of all, those
who came late or never included.
"""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from regulars_experiments.effects import wilson
from regulars_experiments.medians import LEAST_VALUES, median_ranks
from regulars_platform.cycle.dates import OWN, PRODUCT, UNIT, with_dates

NEAR = 0.25
"""Of the predicted interval to either side counts as on time."""
_Z = 1.959963984540054
LONGEST = 365
LEAST_DAYS = 28


def split_day(first: dt.date, last: dt.date) -> dt.date | None:
    """The last day that is known: half of the history is held out, at most 365 days of it.

    None where the history is too short for that. Both ends are purchases.
    """
    days = min(((last - first).days + 1) // 2, LONGEST)
    return None if days < LEAST_DAYS else last - dt.timedelta(days=days)


def anchors_of(days: pl.DataFrame, split: dt.date) -> pl.DataFrame:
    """`with_intervals` -> the anchors: columns of `pairs_of` as known then, and next_day."""
    after = days.filter(pl.col("day") > split)
    anchors = after.group_by("customer_id", "product", maintain_order=True).agg(
        pl.col("day").first().alias("last_day"),
        pl.col("pieces").first(),
        pl.col("next_day").first(),
    )
    known = (
        days.join(
            anchors.select("customer_id", "product", "last_day"), on=["customer_id", "product"]
        )
        .filter(pl.col("next_day") <= pl.col("last_day"))
        .group_by("customer_id", "product")
        .agg(pl.col("unit").count().cast(pl.Int64).alias("intervals"), pl.col("unit").median())
    )
    return anchors.join(known, on=["customer_id", "product"], how="left").with_columns(
        pl.col("intervals").fill_null(0)
    )


def judge(
    anchors: pl.LazyFrame,
    cycles: pl.DataFrame,
    products: pl.LazyFrame,
    *,
    split: dt.date,
    last: dt.date,
) -> dict[str, Any]:
    """The document's "backtest": counts, shares with their limits, days late.

    told: dates that could be judged; on_time, early, late: of these, how the customers came by a
    quarter of the interval after the date (late: not by then); came: who came at all until the end,
    and of these near: within a quarter, and days_late: the median of actual minus told.
    """
    told = with_dates(anchors, cycles.lazy(), products).filter(
        pl.col("due_on").is_not_null()
        & (
            pl.col("last_day")
            + pl.duration(days=((1 + NEAR) * pl.col("every")).ceil().cast(pl.Int64))
            <= last
        )
    )
    took = (pl.col("next_day") - pl.col("last_day")).dt.total_days()
    off = took - pl.col("every")
    judged = told.select(
        "rests_on",
        (off.abs() <= NEAR * pl.col("every")).fill_null(False).alias("near"),
        (off < -NEAR * pl.col("every")).fill_null(False).alias("early"),
        took.is_not_null().alias("came"),
        (pl.col("next_day") - pl.col("due_on")).dt.total_days().alias("days_late"),
    ).collect(engine="streaming")
    return {
        "until": last.isoformat(),
        "split": split.isoformat(),
        "all": _counted(judged),
        "by": {
            basis: _counted(judged.filter(pl.col("rests_on") == basis))
            for basis in (OWN, PRODUCT, UNIT)
        },
    }


def _counted(judged: pl.DataFrame) -> dict[str, Any]:
    told, came = judged.height, int(judged["came"].sum())
    near, early = int(judged["near"].sum()), int(judged["early"].sum())
    counts = {"told": told, "came": came, "near": near, "early": early, "late": told - near - early}
    if came == 0:
        return counts | {"share": None, "days_late": None}
    low, high = wilson(np.array([near * 1.0]), np.array([came * 1.0]), _Z)
    late = judged["days_late"].drop_nulls().sort()
    return counts | {
        "share": [near / came, float(low[0]), float(high[0])],
        "days_late": [float(np.median(late.to_numpy())), *_median_limits(late)],
    }


def _median_limits(ascending: pl.Series) -> list[float | None]:
    if len(ascending) < LEAST_VALUES:
        return [None, None]
    low, high = median_ranks(np.array([len(ascending) * 1.0]))
    return [float(ascending[int(low[0])]), float(ascending[int(high[0])])]
