"""The orders of the past window by the rows of their customers: kept, as drafts change around them.

Of the orders of a few months before the day, what a leak and a spend need is kept on disk beside
the features, by time, so that a window of any length is a short stretch of one file.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from regulars_platform.campaigns.plan_checks import MAX_WINDOW_DAYS
from regulars_platform.customers.store import window_spend
from regulars_platform.launching.everybody import Everybody, Places
from regulars_platform.orders.table import PAID

FORMAT = 1
"""Raised whenever what is kept here changes its meaning."""

USUAL_DAYS = 92
"""Windows up to so long are read from a file of their own, which is laid out beforehand."""

_MONEY = ("amount", "discount", "refund")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecentOrders:
    """Paid orders and credit notes of a window. frame: row (of the customer in the features),
    amount, discount, refund, status; spenders: rows of customers who have any, spend: what each
    spent net of refunds, ten-thousandths."""

    frame: pl.DataFrame
    spenders: Places
    spend: npt.NDArray[np.int64]

    @property
    def bytes(self) -> int:
        """Of memory."""
        return int(self.frame.estimated_size()) + self.spenders.nbytes + self.spend.nbytes


def recent_orders(people: Everybody, days: int) -> RecentOrders:
    """Of the `days` days before the day of the customers (see `FeatureStore.window_orders`)."""

    def build() -> RecentOrders:
        start = people.store.moment(people.as_of - dt.timedelta(days=days))
        since = lay_out_recent(people, USUAL_DAYS if days <= USUAL_DAYS else MAX_WINDOW_DAYS)
        frame = since.filter(pl.col("ordered_at") >= start).select("row", *_MONEY).collect()
        spent = window_spend(frame.rename({"row": "customer_id"}).lazy()).collect()
        return RecentOrders(
            frame=frame.rechunk().with_columns(pl.lit(PAID).alias("status")),
            spenders=spent["customer_id"].to_numpy(),
            spend=spent["window_spend"].to_numpy(),
        )

    return people.kept(("recent orders", days), build, lambda found: found.bytes)


def lay_out_recent(people: Everybody, days: int = USUAL_DAYS) -> pl.LazyFrame:
    """row, ordered_at, amount, discount, refund of so many days, worked out once."""

    def build() -> pl.LazyFrame:
        rows = (
            people.ids.to_frame().with_row_index("row").with_columns(pl.col("row").cast(pl.Int32))
        )
        orders = people.store.window_orders(people.as_of, days, people.version)
        return (
            orders.select("customer_id", "ordered_at", *_MONEY)
            .join(rows.lazy(), on="customer_id", how="inner", maintain_order="left")
            .select("row", "ordered_at", *_MONEY)
        )

    name = f"recent-{FORMAT}-{days}-{people.file.stem}"
    return people.store.kept(name, build, at_hand=True)
