"""What a draft would mean, live beside the form: head-count, histogram, leak, what is proved.

Works with whatever of the draft holds; what cannot be said yet is None. Everything comes from the
past (features and orders before the plan's day); nothing is drawn and nothing stored.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import polars as pl
from sqlalchemy.orm import Session

from regulars_experiments.assignment import quota_edges
from regulars_experiments.holdouts import HoldoutSizes
from regulars_platform.campaigns.at_once import (
    Meeting,
    RunningCampaign,
    find_meetings,
    members_of,
    running_beside,
)
from regulars_platform.campaigns.blended import at_average_margin
from regulars_platform.campaigns.few_groups import confidence_of_few
from regulars_platform.campaigns.ledger import with_unit_id
from regulars_platform.campaigns.plan import Exclusions, TreatmentArm
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.pooled import Learnable, learnable
from regulars_platform.campaigns.population import Population, build_population, grouping_of
from regulars_platform.customers.browse import Distribution, distribution
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.errors import RegularsError
from regulars_platform.fields import WHOLE
from regulars_platform.launching.foresight import (
    Foreseen,
    PastSpend,
    Terms,
    foresee_arms,
    foresee_holdouts,
    foresee_segments,
    foretold_of,
    least_holdout,
)
from regulars_platform.launching.outlook import (
    Past,
    forecast_draft,
    read_past,
    read_terms,
    segment_names,
    told_values,
)
from regulars_platform.memory.forecast import ArmForecast
from regulars_platform.memory.likeness import NO_MEMORY, ShopMemory
from regulars_platform.memory.service import shop_memory
from regulars_platform.offers.kinds import Offer, offer_threshold, own_multiple
from regulars_platform.offers.leak import Leak, forecast_leak, orders_by_reach
from regulars_platform.offers.thresholds import customer_threshold
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programmes.caps import campaign_limit
from regulars_platform.reach.gate import Gate, open_gate
from regulars_platform.segments.frames import for_rules
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
    """audience = excluded + suppressed + no_consent + held_out + capped + ungrouped + drawn, in
    customers; of `total` customers of the shop (see `Population`).

    groups: that the drawn are in, where whole groups are drawn.

    segments: (name, customers) in the order of the plan, the rest last.
    """

    total: int
    audience: int
    excluded: int
    suppressed: int
    no_consent: int
    held_out: int
    drawn: int
    segments: tuple[tuple[str, int], ...]
    capped: int = 0
    ungrouped: int = 0
    groups: int | None = None


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
    three to choose from, None while the draft or the past cannot say; least: share of the drawn
    below which a report could say nothing of the holdout, likewise; forecast: what each arm is
    expected to earn, likewise; margin: the share of the price, 0 to 1, that all of it counts at;
    pooled: what so many customers can tell by one such campaign and by several, likewise;
    meetings: campaigns in the same days whose customers would be drawn again; apart: campaigns in
    the same days whose customers are left out, by name; drawn: customer_id of who takes part;
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
    least: float | None
    forecast: tuple[ArmForecast, ...] | None
    margin: float | None
    short_history: bool
    pooled: Learnable | None = None
    meetings: tuple[Meeting, ...] = ()
    apart: tuple[str, ...] = ()
    drawn: pl.Series | None = field(default=None, compare=False, repr=False)


def preview_draft(
    session: Session,
    settings: Settings,
    shop: Shop,
    raw: dict[str, object],
    memory: ShopMemory | None = None,
) -> Preview:
    """The preview of a draft of that shop, as it stands in the form.

    memory: what its forecast starts from; None for all that the shop remembers.
    """
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
            least=None,
            forecast=None,
            margin=None,
            short_history=False,
        )
    return build_preview(
        draft,
        draft.audience,
        store,
        version,
        open_gate(
            session,
            settings,
            shop.id,
            channels={arm.channel for arm in draft.arms or ()},
            day=draft.send_date or draft.as_of,
        ),
        shop_memory(session, settings, shop.id) if memory is None else memory,
        campaign_limit(session, settings, shop, draft.send_date or draft.as_of),
        running_beside(session, settings, shop.id, draft),
    )


def build_preview(
    draft: Draft,
    audience: Rule,
    store: FeatureStore,
    version: int,
    gate: Gate,
    memory: ShopMemory = NO_MEMORY,
    crowded: Callable[[pl.Series], pl.Series] | None = None,
    running: Sequence[RunningCampaign] = (),
) -> Preview:
    """The preview of a draft whose audience and day hold, from the orders at `version`.

    gate: of its channels and send date; memory: what past campaigns of the shop taught; crowded:
    see `build_population`; running: campaigns in the draft's days.
    """
    if draft.as_of is None:
        raise ValueError("the draft has no day to describe customers as of")
    segments = draft.segments or ()
    rules = [audience, *(segment.rule for segment in segments), *memory.rules]
    features = for_rules(store, rules, draft.as_of, version)
    population = build_population(
        features,
        audience=audience,
        segments=segments,
        exclusions=draft.exclusions or Exclusions(),
        gate=gate,
        crowded=crowded,
        grouping=grouping_of(draft),
        elsewhere=members_of(running),
    )
    groups = _groups(population.drawn, draft)
    values = told_values(population.drawn, draft)
    past = None
    if draft.window_days is not None:
        orders = store.window_orders(draft.as_of, draft.window_days, version)
        past = read_past(orders, population.drawn, values, draft)
    priced = at_average_margin(draft, store, version)
    holdout, arms = _arms(priced, values, past, groups)
    terms = None if arms is None else read_terms(priced)
    spend = None if past is None else past.spend
    forecast = sizes = None
    if terms and spend and past and groups is None:
        leaks = [arm.leak for arm in arms or ()]
        forecast = forecast_draft(
            draft, terms, population.drawn, past.reachable, leaks, features, memory
        )
        foretold = foretold_of(forecast, terms, population.drawn.height)
        sizes = foresee_holdouts(terms, spend, _given_away(draft, arms), foretold)
    return Preview(
        problems=draft.problems,
        head_count=_head_count(features, population, draft, groups),
        histogram=distribution(features, "average_order_value", marked=rule_expression(audience)),
        holdout=holdout,
        arms=arms,
        segments=foresee_segments(terms, spend) if terms and spend and groups is None else None,
        sizes=sizes,
        least=None if sizes is None or spend is None else least_holdout(spend),
        forecast=forecast,
        margin=None if terms is None else terms.margin,
        short_history=past is not None and _is_short(store, draft, version),
        pooled=None
        if spend is None or terms is None or holdout is None or arms is None
        else _pooled(spend, terms, holdout, arms),
        meetings=find_meetings(running, population.drawn, draft.holdout),
        apart=tuple(one.name for one in running)
        if draft.exclusions is not None and draft.exclusions.running_campaigns
        else (),
        drawn=population.drawn["customer_id"],
    )


def _pooled(
    spend: PastSpend, terms: Terms, holdout: HoldoutPreview, arms: tuple[ArmPreview, ...]
) -> Learnable:
    """Of the smallest arm against the holdout: it is the last to tell anything."""
    return learnable(
        spend.baseline.cell(0),
        n_control=holdout.customers,
        n_arm=min(arm.customers for arm in arms),
        confidence=terms.confidence_of_arms,
    )


def _arms(
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


def _groups(drawn: pl.DataFrame, draft: Draft) -> int | None:
    """How many groups (and customers without one) would be drawn; None where customers are."""
    if draft.unit != "group":
        return None
    return int(with_unit_id(drawn, "group")["unit_id"].n_unique())


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


def _given_away(draft: Draft, arms: tuple[ArmPreview, ...] | None) -> float:
    """Leak per treated customer of the arms whose offer the holdout cannot use."""
    pairs = list(zip(draft.arms or (), arms or (), strict=True))
    total = sum(
        plan.share * (shown.leak.cost_per_customer or 0.0)
        for plan, shown in pairs
        if shown.leak is not None and plan.offer.reach == "personal"
    )
    return total / sum(plan.share for plan, _ in pairs) / MONEY_SCALE if pairs else 0.0


def _head_count(
    features: pl.LazyFrame, population: Population, draft: Draft, groups: int | None
) -> HeadCount:
    counted = dict(population.drawn.group_by("segment").len().iter_rows())
    return HeadCount(
        total=features.select(pl.len()).collect().item(),
        audience=population.audience,
        excluded=population.excluded,
        suppressed=population.suppressed,
        no_consent=population.no_consent,
        held_out=population.held_out,
        capped=population.capped,
        ungrouped=population.ungrouped,
        groups=groups,
        drawn=population.drawn.height,
        segments=tuple((name, counted.get(name, 0)) for name in segment_names(draft)),
    )


def _is_short(store: FeatureStore, draft: Draft, version: int) -> bool:
    """Whether the orders begin after the past window does."""
    if draft.as_of is None or draft.window_days is None:
        return False
    first = store.orders(version).select(pl.col("ordered_at").min()).collect().item()
    start = store.moment(draft.as_of - dt.timedelta(days=draft.window_days))
    return first is None or first > start + dt.timedelta(days=1)
