"""What the holdout and the arms of a draft would mean: how many in each, what they would be told,
what the offer would give away, what a comparison could prove.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

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
from regulars_platform.offers.leak import Leak, forecast_leak, orders_by_reach
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


def preview_arms(
    draft: Draft, drawn: pl.DataFrame, past: Past | None, groups: int | None
) -> tuple[HoldoutPreview | None, tuple[ArmPreview, ...] | None]:
    """Holdout and arms, once their shares add up. drawn: see `told_values`; groups: of them, where
    whole groups are drawn."""
    if draft.holdout is None or draft.arms is None:
        return None, None
    shares = (draft.holdout, *(arm.share for arm in draft.arms))
    if sum(shares) != WHOLE:
        return None, None
    units = drawn.height if groups is None else groups
    edges = quota_edges(units, shares=shares, offset=_HALF)
    sizes = [end - start for start, end in pairwise(edges)]
    members = drawn.height / units if units else 0.0
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
        _arm(arm, (round(size * members), size), drawn, past, told)
        for arm, size, told in zip(draft.arms, sizes[1:], foreseen, strict=True)
    )
    return holdout, arms


def _arm(
    arm: TreatmentArm,
    size: tuple[int, int],
    drawn: pl.DataFrame,
    past: Past | None,
    foreseen: Foreseen | None,
) -> ArmPreview:
    """size: customers and units."""
    customers, units = size
    threshold = offer_threshold(arm.offer)
    orders = None if past is None else past.orders.lazy()
    return ArmPreview(
        name=arm.name,
        customers=customers,
        threshold=None if threshold is None else threshold / MONEY_SCALE,
        own=own_thresholds(arm.offer, drawn),
        contact_cost=(units if arm.reaches_audience else customers)
        * arm.contact_cost
        / MONEY_SCALE,
        leak=None if orders is None else forecast_leak(arm.offer, orders, customers=drawn.height),
        reach=() if orders is None else orders_by_reach(arm.offer, orders),
        foreseen=foreseen,
    )


def _of_each(foreseen: Foreseen, members: float) -> Foreseen:
    """What would be proved of a unit, per customer in it."""
    if foreseen.detectable is None or members == 1:
        return foreseen
    return Foreseen(detectable=foreseen.detectable / members, why=None)


def own_thresholds(offer: Offer, audience: pl.DataFrame) -> OwnThresholds | None:
    """What an audience would be told; None without customers or own thresholds.

    audience: average_order_value (currency units), one row per customer.
    """
    if own_multiple(offer) is None or audience.is_empty():
        return None
    told = audience.select(
        customer_threshold(offer, pl.col("average_order_value")).alias("threshold")
    )
    counted = told.group_by("threshold").len("customers")
    # as many customers: the lower price point first, so that the order never changes
    most = counted.sort("customers", "threshold", descending=[True, False]).head(MOST_TOLD)
    lowest, median, highest = told.select(
        pl.col("threshold").min().alias("lowest"),
        # one that somebody is told, and not the middle between two
        pl.col("threshold").quantile(0.5, "lower").cast(pl.Int64).alias("median"),
        pl.col("threshold").max().alias("highest"),
    ).row(0)
    return OwnThresholds(
        lowest=lowest,
        median=median,
        highest=highest,
        points=tuple(most.iter_rows()),
        others=audience.height - int(most["customers"].sum()),
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
