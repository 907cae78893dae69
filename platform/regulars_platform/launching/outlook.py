"""What a draft is expected to earn: its part for the forecast that memory makes.

The same forecast stands beside the form and is frozen at the launch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from regulars_platform.campaigns.ledger import with_unit_id
from regulars_platform.campaigns.plan import EVERYONE_ELSE, TreatmentArm
from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.campaigns.thresholds import told_value
from regulars_platform.customers.store import window_spend
from regulars_platform.fields import WHOLE
from regulars_platform.launching.foresight import PastSpend, Terms, past_spend
from regulars_platform.memory.forecast import (
    ArmForecast,
    Outlook,
    PlannedGroup,
    PlannedLeak,
    forecast_arms,
    planned_groups,
    segment_spend,
)
from regulars_platform.memory.likeness import ShopMemory, measure_likeness
from regulars_platform.offers.kinds import offer_threshold
from regulars_platform.offers.leak import (
    Leak,
    forecast_leak,
    given_to_one,
    orders_of_audience,
)
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.presets import fits_threshold
from regulars_platform.segments.rules import rule_expression


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What the drawn customers did in the past window. Money in currency units.

    orders: theirs (see `orders_of_audience`); spent: all of it, without the plan's cap; spend: its
    moments with that cap, for everybody and per segment; reachable: the part of it that customers
    spent whom an offer's threshold fits, which is all that a guess may count on.
    """

    orders: pl.DataFrame
    spent: float
    spend: PastSpend
    reachable: PastSpend


def read_past(
    orders: pl.LazyFrame, drawn: pl.DataFrame, values: pl.DataFrame, draft: Draft
) -> Past:
    """From the orders of the window; drawn: customer_id, segment; values: see `told_values`."""
    theirs = orders_of_audience(orders, values).collect()
    spend = window_spend(theirs.lazy()).collect()
    cap = draft.exclusions.customer_revenue_cap if draft.exclusions else None
    fitting = values.filter(fits_some(draft.arms or ()))
    names = segment_names(draft)
    reachable = spend.join(fitting, on="customer_id", how="semi")
    return Past(
        orders=theirs,
        spent=int(spend["window_spend"].sum()) / MONEY_SCALE,
        spend=_moments(spend, drawn, names, cap, draft),
        reachable=_moments(reachable, drawn, names, cap, draft),
    )


def _moments(
    spend: pl.DataFrame, drawn: pl.DataFrame, names: Sequence[str], cap: int | None, draft: Draft
) -> PastSpend:
    """`past_spend` of what is drawn: of groups as wholes, whose members are alike in their luck."""
    if draft.unit != "group":
        return past_spend(spend, drawn, names, cap)
    people = with_unit_id(drawn, "group").select("customer_id", "unit_id")
    counted = pl.col("window_spend") if cap is None else pl.col("window_spend").clip(None, cap)
    together = (
        spend.join(people, on="customer_id", how="inner")
        .group_by(pl.col("unit_id").alias("customer_id"))
        .agg(counted.sum())
    )
    units = people.select(pl.col("unit_id").unique().alias("customer_id"))
    return past_spend(
        together, units.with_columns(pl.lit(EVERYONE_ELSE).alias("segment")), names, None
    )


def fits_some(arms: Sequence[TreatmentArm]) -> pl.Expr:
    """Customers (average_order_value) for whom a threshold of one of the arms is in reach.

    A threshold of each one's own is, and so is an offer without any. Without arms: everybody.
    """
    fits = pl.lit(not arms)
    for arm in arms:
        threshold = offer_threshold(arm.offer)
        if threshold is None:
            return pl.lit(True)
        rule = fits_threshold(Decimal(threshold) / MONEY_SCALE)
        fits = fits | rule_expression(rule)
    return fits


def told_values(drawn: pl.DataFrame, draft: Draft) -> pl.DataFrame:
    """The drawn customers: customer_id, and the average order value that decides a threshold.

    Whole groups have no threshold of each one's own: theirs is each customer's, for the leak.
    """
    unit = "household" if draft.unit == "household" else "customer"
    return with_unit_id(drawn, unit).select("customer_id", told_value(unit))


def segment_names(draft: Draft) -> tuple[str, ...]:
    """In the order of the plan, the rest last."""
    return (*(segment.name for segment in draft.segments or ()), EVERYONE_ELSE)


def read_terms(draft: Draft) -> Terms | None:
    """What a forecast needs, once holdout, arms and margin hold.

    Of a post that is not drawn by groups nothing can be foretold, as nothing will be measured.
    """
    low, high = draft.margin_low, draft.margin_high
    if draft.holdout is None or draft.arms is None or low is None or high is None:
        return None
    if not low + high:
        return None
    if draft.unit != "group" and any(arm.reaches_audience for arm in draft.arms):
        return None
    return Terms(
        holdout=draft.holdout,
        arms=draft.arms,
        margin=(low + high) / 2 / WHOLE,
        confidence=(draft.confidence or 9_500) / WHOLE,
        rounds=draft.horizon_rounds or 4,
    )


def forecast_plan(
    plan: Draft,
    drawn: pl.DataFrame,
    features: pl.LazyFrame,
    orders: pl.LazyFrame,
    memory: ShopMemory,
) -> tuple[ArmForecast, ...] | None:
    """The forecast beside the form alone, of a complete plan whose customers are known.

    drawn: as `build_population` has it; features: of all customers; orders: of the past window.
    """
    values = told_values(drawn, plan)
    past, terms = read_past(orders, drawn, values, plan), read_terms(plan)
    if terms is None:
        return None
    theirs = past.orders.lazy()
    leaks = [forecast_leak(arm.offer, theirs, customers=values.height) for arm in terms.arms]
    return forecast_draft(plan, terms, drawn, past.reachable, leaks, features, memory)


def forecast_draft(
    draft: Draft,
    terms: Terms,
    drawn: pl.DataFrame,
    spend: PastSpend,
    leaks: Sequence[Leak | None],
    features: pl.LazyFrame,
    memory: ShopMemory,
) -> tuple[ArmForecast, ...] | None:
    """Of each arm; None while the draft does not say whom it is for, or when, or nobody is drawn,
    and where whole groups are.

    drawn: customer_id, household, segment, average_order_value; leaks: of the arms; features: of
    all customers.
    """
    if draft.audience is None or draft.send_date is None or drawn.is_empty():
        return None
    if draft.unit == "group":  # what was learnt of persons says nothing of whole groups
        return None
    unit = draft.unit or "customer"
    people = with_unit_id(drawn, unit) if unit == "household" else drawn
    means = segment_spend(segment_names(draft), spend.baseline.mean.tolist())
    like = measure_likeness(features, drawn, memory.met_before(draft.send_date))
    shop_order = _usual_order(people) or _usual_order(features)
    groups = planned_groups(people, means, like, fits=fits_some(terms.arms), shop_order=shop_order)
    return forecast_groups(draft, terms, groups, shop_order, leaks, memory)


def forecast_groups(
    draft: Draft,
    terms: Terms,
    groups: Sequence[PlannedGroup],
    shop_order: float | None,
    leaks: Sequence[Leak | None],
    memory: ShopMemory,
) -> tuple[ArmForecast, ...] | None:
    """The same of groups that are known: everybody, then the segments, the rest last.

    shop_order: what customers usually spend where nothing more is known, currency units.
    """
    if draft.audience is None or draft.send_date is None:
        return None
    outlook = Outlook(
        audience=draft.audience,
        segments=tuple(draft.segments or ()),
        arms=terms.arms,
        shares=tuple(arm.share / WHOLE for arm in terms.arms),
        unit=draft.unit or "customer",
        day=draft.send_date,
        margin=terms.margin,
        confidence=terms.confidence,
        contact_costs=tuple(arm.contact_cost / MONEY_SCALE for arm in terms.arms),
        groups=tuple(groups),
        leaks=tuple(map(_leak, leaks)),
        gives=tuple(given_to_one(arm.offer, shop_order or 0.0) for arm in terms.arms),
    )
    return forecast_arms(outlook, memory.lessons)


def _usual_order(customers: pl.DataFrame | pl.LazyFrame) -> float | None:
    """The median of what they usually spend; None where nobody bought."""
    usual: float | None = (
        customers.lazy().select(pl.col("average_order_value").median()).collect().item()
    )
    return usual


def _leak(leak: Leak | None) -> PlannedLeak | None:
    if leak is None:
        return None
    return PlannedLeak(
        share=leak.share,
        cost=leak.cost / MONEY_SCALE,
        cost_per_customer=(leak.cost_per_customer or 0.0) / MONEY_SCALE,
    )
