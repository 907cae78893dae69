"""What a draft would mean, live beside the form: head-count, histogram, leak, what is proved.

Works with whatever of the draft holds; what cannot be said yet is None. Everything comes from the
past (features and orders before the plan's day); nothing is drawn and nothing stored.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl
from sqlalchemy.orm import Session

from regulars_experiments.assignment import quota_edges
from regulars_experiments.holdouts import HoldoutSizes
from regulars_platform.campaigns.foresight import (
    Foreseen,
    PastSpend,
    Terms,
    foresee_arms,
    foresee_holdouts,
    foresee_segments,
    past_spend,
)
from regulars_platform.campaigns.ledger import with_unit_id
from regulars_platform.campaigns.outlook import forecast_draft
from regulars_platform.campaigns.plan import EVERYONE_ELSE, Exclusions, TreatmentArm
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.population import Population, build_population
from regulars_platform.campaigns.suppressions import suppressed_customers
from regulars_platform.campaigns.thresholds import told_value
from regulars_platform.customers.browse import Distribution, distribution
from regulars_platform.customers.store import FeatureStore, build_feature_store, window_spend
from regulars_platform.errors import RegularsError
from regulars_platform.fields import WHOLE
from regulars_platform.memory.forecast import ArmForecast
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.service import read_learnings
from regulars_platform.offers.kinds import Offer, offer_threshold, own_multiple
from regulars_platform.offers.leak import (
    Leak,
    forecast_leak,
    orders_by_reach,
    orders_of_audience,
)
from regulars_platform.offers.thresholds import customer_threshold
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.rules import Rule, rule_expression
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop

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
class HeadCount:
    """audience = excluded + suppressed + drawn, in customers; of `total` customers of the shop.

    segments: (name, customers) in the order of the plan, the rest last.
    """

    total: int
    audience: int
    excluded: int
    suppressed: int
    drawn: int
    segments: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldoutPreview:
    """What holding back costs: `customers` get no offer; they spent `window_spend` (currency
    units, expected by their share) in a past window as long as the outcome window."""

    customers: int
    window_spend: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The live side of the form. `problems`: one per field of the draft that does not hold.

    histogram: average order value of all customers, those of the audience marked; segments: what
    would be proved in each report segment, in the order of the head-count; sizes: of the holdout,
    three to choose from, None while the draft or the past cannot say; forecast: what each arm is
    expected to earn, likewise;
    short_history: the orders do not reach back as far as the window is long, so that leak and
    detectable effect are too low.
    """

    problems: tuple[RegularsError, ...]
    head_count: HeadCount | None
    histogram: Distribution | None
    holdout: HoldoutPreview | None
    arms: tuple[ArmPreview, ...] | None
    segments: tuple[Foreseen, ...] | None
    sizes: HoldoutSizes | None
    forecast: tuple[ArmForecast, ...] | None
    short_history: bool


def preview_draft(
    session: Session, settings: Settings, shop: Shop, raw: dict[str, object]
) -> Preview:
    """The preview of a draft of that shop, as it stands in the form."""
    draft = read_draft({**raw, "currency": shop.currency, "timezone": shop.timezone})
    store = build_feature_store(settings, shop)
    version = store.table.version()
    if version is None or draft.audience is None or draft.as_of is None:
        return Preview(
            problems=draft.problems,
            head_count=None,
            histogram=None,
            holdout=None,
            arms=None,
            segments=None,
            sizes=None,
            forecast=None,
            short_history=False,
        )
    return build_preview(
        draft,
        draft.audience,
        store,
        version,
        suppressed_customers(session, shop.id),
        [learning.lesson for learning in read_learnings(session, settings, shop.id)],
    )


def build_preview(
    draft: Draft,
    audience: Rule,
    store: FeatureStore,
    version: int,
    suppressed: Collection[str],
    lessons: Sequence[Lesson] = (),
) -> Preview:
    """The preview of a draft whose audience and day hold, from the orders at `version`.

    lessons: what past campaigns of the shop taught.
    """
    if draft.as_of is None:
        raise ValueError("the draft has no day to describe customers as of")
    features = store.features(draft.as_of, version)
    population = build_population(
        features,
        audience=audience,
        segments=draft.segments or (),
        exclusions=draft.exclusions or Exclusions(),
        suppressed=suppressed,
    )
    values = _told_values(population.drawn, draft)
    past = None
    if draft.window_days is not None:
        orders = store.window_orders(draft.as_of, draft.window_days, version)
        past = _past(orders, population.drawn, values, draft)
    holdout, arms = _arms(draft, values, past)
    terms = None if arms is None else _terms(draft)
    spend = None if past is None else past.spend
    return Preview(
        problems=draft.problems,
        head_count=_head_count(features, population, draft),
        histogram=distribution(features, "average_order_value", marked=rule_expression(audience)),
        holdout=holdout,
        arms=arms,
        segments=foresee_segments(terms, spend) if terms and spend else None,
        sizes=foresee_holdouts(terms, spend, _given_away(draft, arms)) if terms and spend else None,
        forecast=forecast_draft(
            draft, terms, population.drawn, spend, [arm.leak for arm in arms or ()], lessons
        )
        if terms and spend
        else None,
        short_history=past is not None and _is_short(store, draft, version),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Past:
    """What the drawn customers did in the past window. Money in currency units.

    orders: theirs (see `orders_of_audience`); spent: all of it, without the plan's cap; spend: its
    moments with that cap, for everybody and per segment.
    """

    orders: pl.DataFrame
    spent: float
    spend: PastSpend


def _past(orders: pl.LazyFrame, drawn: pl.DataFrame, values: pl.DataFrame, draft: Draft) -> _Past:
    theirs = orders_of_audience(orders, values).collect()
    spend = window_spend(theirs.lazy()).collect()
    cap = draft.exclusions.customer_revenue_cap if draft.exclusions else None
    return _Past(
        orders=theirs,
        spent=int(spend["window_spend"].sum()) / MONEY_SCALE,
        spend=past_spend(spend, drawn, _segment_names(draft), cap),
    )


def _terms(draft: Draft) -> Terms | None:
    """What a forecast needs, once holdout, arms and margin hold."""
    low, high = draft.margin_low, draft.margin_high
    if draft.holdout is None or draft.arms is None or low is None or high is None:
        return None
    if not low + high:
        return None
    return Terms(
        holdout=draft.holdout,
        arms=draft.arms,
        margin=(low + high) / 2 / WHOLE,
        confidence=(draft.confidence or 9_500) / WHOLE,
        rounds=draft.horizon_rounds or 4,
    )


def _arms(
    draft: Draft, drawn: pl.DataFrame, past: _Past | None
) -> tuple[HoldoutPreview | None, tuple[ArmPreview, ...] | None]:
    """Holdout and arms, once their shares add up. drawn: see `_told_values`."""
    if draft.holdout is None or draft.arms is None:
        return None, None
    shares = (draft.holdout, *(arm.share for arm in draft.arms))
    if sum(shares) != WHOLE:
        return None, None
    edges = quota_edges(drawn.height, shares=shares, offset=_HALF)
    sizes = [end - start for start, end in pairwise(edges)]
    holdout = HoldoutPreview(
        customers=sizes[0],
        window_spend=None if past is None else round(past.spent * draft.holdout / WHOLE, 2),
    )
    terms = _terms(draft)
    foreseen: tuple[Foreseen | None, ...] = (None,) * len(draft.arms)
    if terms is not None and past is not None:
        foreseen = foresee_arms(terms, past.spend, sizes)
    arms = tuple(
        _arm(arm, size, drawn, past, told)
        for arm, size, told in zip(draft.arms, sizes[1:], foreseen, strict=True)
    )
    return holdout, arms


def _arm(
    arm: TreatmentArm,
    size: int,
    drawn: pl.DataFrame,
    past: _Past | None,
    foreseen: Foreseen | None,
) -> ArmPreview:
    threshold = offer_threshold(arm.offer)
    orders = None if past is None else past.orders.lazy()
    return ArmPreview(
        name=arm.name,
        customers=size,
        threshold=None if threshold is None else threshold / MONEY_SCALE,
        own=own_thresholds(arm.offer, drawn),
        contact_cost=size * arm.contact_cost / MONEY_SCALE,
        leak=None if orders is None else forecast_leak(arm.offer, orders, customers=drawn.height),
        reach=() if orders is None else orders_by_reach(arm.offer, orders),
        foreseen=foreseen,
    )


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


def _told_values(drawn: pl.DataFrame, draft: Draft) -> pl.DataFrame:
    """The drawn customers: customer_id, and the average order value that decides a threshold."""
    unit = draft.unit or "customer"
    return with_unit_id(drawn, unit).select("customer_id", told_value(unit))


def _given_away(draft: Draft, arms: tuple[ArmPreview, ...] | None) -> float:
    """Leak per treated customer of the arms whose offer the holdout cannot use."""
    pairs = list(zip(draft.arms or (), arms or (), strict=True))
    total = sum(
        plan.share * (shown.leak.cost_per_customer or 0.0)
        for plan, shown in pairs
        if shown.leak is not None and plan.offer.reach == "personal"
    )
    return total / sum(plan.share for plan, _ in pairs) / MONEY_SCALE if pairs else 0.0


def _segment_names(draft: Draft) -> tuple[str, ...]:
    return (*(segment.name for segment in draft.segments or ()), EVERYONE_ELSE)


def _head_count(features: pl.LazyFrame, population: Population, draft: Draft) -> HeadCount:
    counted = dict(population.drawn.group_by("segment").len().iter_rows())
    return HeadCount(
        total=features.select(pl.len()).collect().item(),
        audience=population.audience,
        excluded=population.excluded,
        suppressed=population.suppressed,
        drawn=population.drawn.height,
        segments=tuple((name, counted.get(name, 0)) for name in _segment_names(draft)),
    )


def _is_short(store: FeatureStore, draft: Draft, version: int) -> bool:
    """Whether the orders begin after the past window does."""
    if draft.as_of is None or draft.window_days is None:
        return False
    first = store.orders(version).select(pl.col("ordered_at").min()).collect().item()
    start = store.moment(draft.as_of - dt.timedelta(days=draft.window_days))
    return first is None or first > start + dt.timedelta(days=1)
