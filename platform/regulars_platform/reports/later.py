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
from regulars_platform.reports.design import goods_columns
from regulars_platform.reports.outcomes import with_returns


def later_orders(
    lines: pl.LazyFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    until: dt.date,
    costs: pl.LazyFrame | None = None,
    *,
    freight_apart: bool = True,
) -> pl.DataFrame | None:
    """Orders after the window up to the last mark or `until`, of customers of the ledger.

    Columns: unit_id, ordered_at, and goods and what was given back (ten-thousandths) under the
    names of `goods_columns`. costs, freight_apart: as in `window_orders`. What was given back under
    an order number of its own before returns settle belongs to the window, and is not here. None
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
    theirs = lines.filter(pl.col("customer_id").is_not_null() & after)
    whole = (
        whole_orders(theirs)
        .filter(pl.col("status") == PAID)
        .filter((pl.col("amount") > 0) | (moment >= plan.settled_at))
        .pipe(with_returns, theirs, plan, costs, freight_apart=freight_apart)
    )
    goods, returned, _ = goods_columns(plan)
    counted = pl.col("margin" if plan.margin_source == "products" else "amount")
    return (
        whole.join(ledger.lazy().select("customer_id", "unit_id"), on="customer_id", how="inner")
        .select(
            "unit_id",
            "ordered_at",
            pl.when(pl.col("amount") > 0).then(counted).otherwise(0).alias(goods),
            pl.col(returned),
        )
        .collect(engine="streaming")
    )
