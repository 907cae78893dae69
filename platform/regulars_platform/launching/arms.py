"""What the holdout and the arms of a draft would mean: how many in each, what they would be told,
what the offer would give away, what a comparison could prove.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import polars as pl

from regulars_experiments.assignment import quota_edges
from regulars_platform.campaigns.few_groups import confidence_of_few
from regulars_platform.campaigns.plan import TreatmentArm
from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.fields import WHOLE
from regulars_platform.launching.foresight import (
    Foreseen,
    foresee_arms,
)
from regulars_platform.launching.outlook import (
    Past,
    read_terms,
)
from regulars_platform.offers.kinds import Offer, offer_threshold, own_multiple
from regulars_platform.offers.leak import Leak, leak_under, orders_by_reach, with_thresholds
from regulars_platform.offers.thresholds import customer_threshold
from regulars_platform.orders.table import MONEY_SCALE

_HALF = 2**51


MOST_TOLD = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnThresholds:
    """The thresholds that the audience would be told, in ten-thousandths.

    points: the price points that most customers get, at most MOST_TOLD, with how many get each, the
    most first; others: customers with another one.
    """

    lowest: int
    median: int
    highest: int
    points: tuple[tuple[int, int], ...]
    others: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmPreview:
    """One treated arm as the draft has it. Money in currency units.

    customers: about how many it will get; threshold: of its offer, None where it has none or each
    customer has one of their own; own: then what these are; contact_cost: of contacting them all;
    leak: what the offer would have given the whole audience in a past window as long as the outcome
    window; reach: their orders then by what they came to of the threshold (`orders_by_reach`);
    foreseen: what a comparison with the holdout would prove, None while the draft or the past
    cannot say.
    """

    name: str
    customers: int
    threshold: float | None
    own: OwnThresholds | None
    contact_cost: float
    leak: Leak | None
    reach: tuple[int, ...]
    foreseen: Foreseen | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldoutPreview:
    """What holding back costs: `customers` get no offer; they spent `window_spend` (currency
    units, expected by their share) in a past window as long as the outcome window."""

    customers: int
    window_spend: float | None


class Thresholds(Protocol):
    """What an audience would be told under an offer: of its customers, and on its past orders."""

    def told(self, offer: Offer) -> OwnThresholds | None:
        """None without customers or own thresholds."""
        ...

    def on_orders(self, offer: Offer, orders: pl.DataFrame) -> pl.DataFrame:
        """Orders (`Past.orders`) with the column `threshold` (see `with_thresholds`)."""
        ...


@dataclass(frozen=True, slots=True)
class ThresholdsOf:
    """From the frame of an audience: see `told_values`."""

    audience: pl.DataFrame

    def told(self, offer: Offer) -> OwnThresholds | None:
        """See `Thresholds`."""
        if own_multiple(offer) is None or self.audience.is_empty():
            return None
        value = pl.col("average_order_value")
        each = self.audience.select(customer_threshold(offer, value).alias("threshold"))
        return summed_up(each.group_by("threshold").len("customers"))

    def on_orders(self, offer: Offer, orders: pl.DataFrame) -> pl.DataFrame:
        """See `Thresholds`."""
        return with_thresholds(offer, orders.lazy()).collect()


def preview_arms(
    draft: Draft,
    customers: int,
    past: Past | None,
    groups: int | None,
    thresholds: Thresholds,
) -> tuple[HoldoutPreview | None, tuple[ArmPreview, ...] | None]:
    """Holdout and arms, once their shares add up. customers: who take part; groups: of them, where
    whole groups are drawn."""
    if draft.holdout is None or draft.arms is None:
        return None, None
    shares = (draft.holdout, *(arm.share for arm in draft.arms))
    if sum(shares) != WHOLE:
        return None, None
    units = customers if groups is None else groups
    edges = quota_edges(units, shares=shares, offset=_HALF)
    sizes = [end - start for start, end in pairwise(edges)]
    members = customers / units if units else 0.0
    holdout = HoldoutPreview(
        customers=round(sizes[0] * members),
        window_spend=None if past is None else round(past.spent * draft.holdout / WHOLE, 2),
    )
    terms = read_terms(draft)
    foreseen: tuple[Foreseen | None, ...] = (None,) * len(draft.arms)
    if terms is not None and past is not None:
        if groups is not None:
            few = confidence_of_few(round(terms.confidence * WHOLE), min(sizes))
            terms = replace(terms, confidence=few / WHOLE)
        foreseen = tuple(_of_each(told, members) for told in foresee_arms(terms, past.spend, sizes))
    arms = tuple(
        _arm(
            arm,
            (round(size * members), size),
            None if past is None else thresholds.on_orders(arm.offer, past.orders).lazy(),
            told,
            thresholds.told(arm.offer),
            customers,
        )
        for arm, size, told in zip(draft.arms, sizes[1:], foreseen, strict=True)
    )
    return holdout, arms


def _arm(
    arm: TreatmentArm,
    size: tuple[int, int],
    orders: pl.LazyFrame | None,
    foreseen: Foreseen | None,
    own: OwnThresholds | None,
    customers: int,
) -> ArmPreview:
    """size: customers and units; orders: of all customers, with their thresholds."""
    told, units = size
    threshold = offer_threshold(arm.offer)
    return ArmPreview(
        name=arm.name,
        customers=told,
        threshold=None if threshold is None else threshold / MONEY_SCALE,
        own=own,
        contact_cost=(units if arm.reaches_audience else told) * arm.contact_cost / MONEY_SCALE,
        leak=None if orders is None else leak_under(arm.offer, orders, customers=customers),
        reach=() if orders is None else orders_by_reach(arm.offer, orders),
        foreseen=foreseen,
    )


def _of_each(foreseen: Foreseen, members: float) -> Foreseen:
    """What would be proved of a unit, per customer in it."""
    if foreseen.detectable is None or members == 1:
        return foreseen
    return Foreseen(detectable=foreseen.detectable / members, why=None)


def summed_up(counted: pl.DataFrame) -> OwnThresholds:
    """counted: threshold (ten-thousandths), customers who are told it, at least one."""
    # as many customers: the lower price point first, so that the order never changes
    most = counted.sort("customers", "threshold", descending=[True, False]).head(MOST_TOLD)
    by_price = counted.sort("threshold")
    points = by_price["threshold"]
    below = by_price["customers"].cast(pl.Int64).cum_sum()
    total = int(below[-1])
    # one that somebody is told, and not the middle between two
    middle = points.filter(below > (total - 1) // 2)
    return OwnThresholds(
        lowest=points[0],
        median=middle[0],
        highest=points[-1],
        points=tuple(most.iter_rows()),
        others=total - int(most["customers"].sum()),
    )


def given_away(draft: Draft, arms: tuple[ArmPreview, ...] | None) -> float:
    """Leak per treated customer of the arms whose offer the holdout cannot use."""
    pairs = list(zip(draft.arms or (), arms or (), strict=True))
    total = sum(
        plan.share * (shown.leak.cost_per_customer or 0.0)
        for plan, shown in pairs
        if shown.leak is not None and plan.offer.reach == "personal"
    )
    return total / sum(plan.share for plan, _ in pairs) / MONEY_SCALE if pairs else 0.0
