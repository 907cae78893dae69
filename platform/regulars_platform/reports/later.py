"""What a campaign's customers bought after its window: whether it only brought purchases forward.

The verdict is on the window. These orders are for the share of the effect that is kept at day 30
and 60 alone: as they were paid, in every arm, and without a cost of the offer, which has ended.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from regulars_platform.campaigns.plan import Plan
from regulars_platform.orders.table import PAID, start_of_day, whole_orders
from regulars_platform.reports.days import MARKS
from regulars_platform.reports.outcomes import RETURNED


def later_orders(
    lines: pl.LazyFrame, ledger: pl.DataFrame, plan: Plan, until: dt.date
) -> pl.DataFrame | None:
    """Orders after the window up to the last mark or `until`, of customers of the ledger.

    Columns: unit_id, ordered_at, goods, returned (ten-thousandths). What was given back under an
    order number of its own before returns settle belongs to the window, and is not here. None
    where no day to ask about lies after the window, or orders do not reach one yet.
    """
    reached = (until - plan.send_date).days + 1
    asked = [mark for mark in MARKS if plan.window_days < mark <= reached]
    if not asked:
        return None
    end = plan.send_date + dt.timedelta(days=max(asked))
    moment = pl.col("ordered_at")
    stop = start_of_day(end, ZoneInfo(plan.timezone))
    after = (moment >= plan.outcome_stop) & (moment < stop)
    whole = (
        whole_orders(lines.filter(pl.col("customer_id").is_not_null() & after))
        .filter(pl.col("status") == PAID)
        .filter((pl.col("amount") > 0) | (moment >= plan.settled_at))
    )
    return (
        whole.join(ledger.lazy().select("customer_id", "unit_id"), on="customer_id", how="inner")
        .select(
            "unit_id",
            "ordered_at",
            pl.col("amount").clip(lower_bound=0).alias("goods"),
            RETURNED.alias("returned"),
        )
        .collect(engine="streaming")
    )
