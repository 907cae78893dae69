"""What is paid to people and not for orders: cash back to those who follow the shop.

Whoever followed in the outcome window has it: everybody in the campaign where it is open to the
whole shop, the holdout too, and those of the arm alone where it is personal.
"""

import polars as pl

from regulars_platform.campaigns.plan import Plan
from regulars_platform.offers.kinds import CashBack

REWARD_SCHEMA: dict[str, pl.DataType] = {
    "unit_id": pl.String(),
    "arm": pl.String(),
    "ordered_at": pl.Datetime("us", "UTC"),  # when they followed: the moment the money is due
    "offer_cost": pl.Int64(),
    "used_offer": pl.Int64(),
    "place": pl.Int64(),  # of the arm whose offer it is, from 0
}


def cash_backs(events: pl.LazyFrame | None, ledger: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """One row per customer and arm with cash back, for everybody who followed in the window.

    events: of the shop (dataset `events`); None: none were ever brought. Rows of customers who
    cannot have the arm's money are there too, at no cost, for what would be paid anyway.
    """
    arms = [
        (place, arm.name, arm.offer)
        for place, arm in enumerate(plan.arms)
        if isinstance(arm.offer, CashBack)
    ]
    if not arms or events is None:
        return pl.DataFrame(schema=REWARD_SCHEMA)
    followed = ledger.lazy().join(_first_follows(events, plan), on="customer_id", how="inner")
    first = arms[0][0]  # an offer that is open is the same in all arms, and is paid once
    parts = []
    for place, name, offer in arms:
        own = pl.col("arm") == name
        paid = own if offer.reach == "personal" else pl.lit(place == first)
        parts.append(
            followed.select(
                "unit_id",
                "arm",
                "ordered_at",
                (paid.cast(pl.Int64) * offer.amount).alias("offer_cost"),
                paid.cast(pl.Int64).alias("used_offer"),
                pl.lit(place, dtype=pl.Int64).alias("place"),
            )
        )
    together = pl.concat(parts).collect()
    return together.select(pl.col(name).cast(kind) for name, kind in REWARD_SCHEMA.items())


def _first_follows(events: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """customer_id, ordered_at: when each first followed within the window."""
    moment = pl.col("happened_at")
    in_time = (moment >= plan.outcome_start) & (moment < plan.outcome_stop)
    return (
        events.filter((pl.col("kind") == "follow") & in_time)
        .group_by("customer_id")
        .agg(moment.min().alias("ordered_at"))
    )
