"""The contamination ledger: where what was drawn and what happened differ. Counted, never dropped.

A held-out customer may use an open offer as of right, or somebody else's code; a message may not
arrive; somebody may opt out after the draw; one household may be on both sides. Everybody stays in
the arm drawn (intention to treat), so the comparison stays fair; what is counted here tells how far
it is from a comparison of "with" and "without".
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.offers.kinds import MessageOnly, Offer
from regulars_platform.reports.outcomes import WindowOrders, offer_open_to
from regulars_platform.reports.taken import codes_named, signs_recorded, taken_column

Known = Literal["as_of_right", "by_code", "by_signs", "no_signs", "nothing_to_use"]
"""How a use by the holdout is known: the offer is open to all; the order names a code of the
campaign; it reached the threshold and had a discount (or paid no shipping) where codes are not
recorded; not even that is recorded, so that it cannot be known; there is no offer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmContamination:
    """One arm and the holdout; units, and orders of the outcome window.

    borrowed: told units that used a code given to another; None where codes are not recorded or
    there are none.
    """

    arm: str
    known: Known
    held_out: int
    held_out_users: int
    held_out_orders: int
    told: int
    told_users: int
    borrowed: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitHouseholds:
    """Households with customers in the holdout and in a told arm, and their customers."""

    households: int
    customers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Contamination:
    """All arms. split: None where households were drawn, or the orders name none.

    not_reached, suppressed: arm (the holdout, too) -> customers whose message did not arrive, and
    who opted out after the draw; arms without any are left out.
    """

    arms: tuple[ArmContamination, ...]
    split: SplitHouseholds | None
    not_reached: Mapping[str, int]
    suppressed: Mapping[str, int]


def contamination_json(found: Contamination) -> dict[str, Any]:
    """As the report's document has it."""
    return {
        "arms": [asdict(arm) for arm in found.arms],
        "split_households": None if found.split is None else asdict(found.split),
        "not_reached": dict(found.not_reached),
        "suppressed_since": dict(found.suppressed),
    }


def contaminated_arms(
    orders: WindowOrders, outcomes: pl.DataFrame, ledger: pl.DataFrame, plan: Plan
) -> tuple[ArmContamination, ...]:
    """Who used what without being meant to, arm by arm. outcomes: see `outcomes_of`."""
    sizes = dict(outcomes.group_by("arm").len().iter_rows())
    borrowed = _borrowed(orders, ledger)
    found = []
    for place, arm in enumerate(plan.arms):
        offer = offer_open_to(arm.name, plan.arms)
        known = how_known(offer, orders)
        taken = pl.col(taken_column(place))
        users = dict(outcomes.group_by("arm").agg(taken.sum()).iter_rows())
        held = orders.purchases.filter(pl.col("arm") == HOLDOUT)
        found.append(
            ArmContamination(
                arm=arm.name,
                known=known,
                held_out=sizes.get(HOLDOUT, 0),
                held_out_users=int(users.get(HOLDOUT, 0)),
                held_out_orders=int(held.select(taken.sum()).item()),
                told=sizes.get(arm.name, 0),
                told_users=int(users.get(arm.name, 0)),
                borrowed=borrowed.get(arm.name, 0) if known == "by_code" else None,
            )
        )
    return tuple(found)


def how_known(offer: Offer | None, orders: WindowOrders) -> Known:
    """How a use of this offer by a held-out customer is known."""
    if offer is None or isinstance(offer, MessageOnly):
        return "nothing_to_use"
    if offer.reach == "open":
        return "as_of_right"
    if orders.coupons_recorded:
        return "by_code"
    shown = signs_recorded(offer, orders.purchases, discounts=orders.discounts_recorded)
    return "by_signs" if shown else "no_signs"


def _borrowed(orders: WindowOrders, ledger: pl.DataFrame) -> Mapping[str, int]:
    """Told units per arm with an order that names the code of another unit."""
    named = codes_named(orders.purchases, ledger)
    others = named.filter((pl.col("arm") != HOLDOUT) & (pl.col("unit_id") != pl.col("owner")))
    return dict(others.group_by("arm").agg(pl.col("unit_id").n_unique()).iter_rows())


def split_households(
    lines: pl.LazyFrame, ledger: pl.DataFrame, plan: Plan
) -> SplitHouseholds | None:
    """Households on both sides, by what each customer's latest order before the start names.

    What was ordered afterwards may have to do with the campaign, and has no say.
    """
    if plan.unit == "household":
        return None
    named = (
        lines.filter(
            pl.col("household").is_not_null() & (pl.col("ordered_at") < plan.outcome_start)
        )
        .join(ledger.lazy().select("customer_id", "arm"), on="customer_id", how="inner")
        .group_by("customer_id")
        .agg(
            pl.col("household").sort_by("ordered_at", "order_id").last(),
            (pl.col("arm").first() == HOLDOUT).alias("held"),
        )
        .collect()
    )
    if named.is_empty():
        return None
    both = (
        named.group_by("household")
        .agg(pl.len().alias("customers"), pl.col("held").n_unique().alias("sides"))
        .filter(pl.col("sides") > 1)
    )
    return SplitHouseholds(households=both.height, customers=int(both["customers"].sum()))
