"""What a draft would mean, live beside the form: head-count, histogram, leak, what is proved.

Works with whatever of the draft holds; what cannot be said yet is None. Everything comes from the
past (features and orders before the plan's day); nothing is drawn and nothing stored.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl
from sqlalchemy.orm import Session

from regulars_experiments.holdouts import HoldoutSizes
from regulars_platform.campaigns.at_once import (
    Meeting,
    RunningCampaign,
    find_meetings,
    members_of,
    running_beside,
)
from regulars_platform.campaigns.blended import at_average_margin
from regulars_platform.campaigns.ledger import with_unit_id
from regulars_platform.campaigns.plan import Exclusions
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.pooled import Learnable, learnable
from regulars_platform.campaigns.population import Population, build_population, grouping_of
from regulars_platform.customers.browse import Distribution, distribution
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.errors import RegularsError
from regulars_platform.launching.arms import (
    ArmPreview,
    HoldoutPreview,
    given_away,
    preview_arms,
)
from regulars_platform.launching.foresight import (
    Foreseen,
    PastSpend,
    Terms,
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
from regulars_platform.programmes.caps import campaign_limit
from regulars_platform.reach.gate import Gate, open_gate
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import Rule, rule_expression
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop


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
            channels=draft.channels,
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
    segments, exclusions = draft.segments or (), draft.exclusions or Exclusions()
    rules = [audience, *(segment.rule for segment in segments), *memory.rules]
    features = for_rules(store, rules, draft.as_of, version)
    population = build_population(
        features,
        audience=audience,
        segments=segments,
        exclusions=exclusions,
        gate=gate,
        crowded=crowded,
        grouping=grouping_of(draft),
        elsewhere=members_of(running),
    )
    groups = _groups(population.drawn, draft)
    values = told_values(population.drawn, draft)
    past = _past(draft, store, version, population.drawn, values)
    priced = at_average_margin(draft, store, version)
    holdout, arms = preview_arms(priced, values, past, groups)
    terms = None if arms is None else read_terms(priced)
    spend = None if past is None else past.spend
    forecast = sizes = None
    if terms and spend and past and groups is None:
        leaks = [arm.leak for arm in arms or ()]
        forecast = forecast_draft(
            draft, terms, population.drawn, past.reachable, leaks, features, memory
        )
        foretold = foretold_of(forecast, terms, population.drawn.height)
        sizes = foresee_holdouts(terms, spend, given_away(draft, arms), foretold)
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
        short_history=_is_short(store, draft, version),
        pooled=_pooled(spend, terms, holdout, arms),
        meetings=find_meetings(running, population.drawn, draft.holdout),
        apart=tuple(one.name for one in running) if exclusions.running_campaigns else (),
        drawn=population.drawn["customer_id"],
    )


def _past(
    draft: Draft, store: FeatureStore, version: int, drawn: pl.DataFrame, values: pl.DataFrame
) -> Past | None:
    """A window as long as the draft's, before its day; None while the draft has none."""
    if draft.as_of is None or draft.window_days is None:
        return None
    orders = store.window_orders(draft.as_of, draft.window_days, version)
    return read_past(orders, drawn, values, draft)


def _pooled(
    spend: PastSpend | None,
    terms: Terms | None,
    holdout: HoldoutPreview | None,
    arms: tuple[ArmPreview, ...] | None,
) -> Learnable | None:
    """Of the smallest arm against the holdout: it is the last to tell anything."""
    if spend is None or terms is None or holdout is None or arms is None:
        return None
    return learnable(
        spend.baseline.cell(0),
        n_control=holdout.customers,
        n_arm=min(arm.customers for arm in arms),
        confidence=terms.confidence_of_arms,
    )


def _groups(drawn: pl.DataFrame, draft: Draft) -> int | None:
    """How many groups (and customers without one) would be drawn; None where customers are."""
    if draft.unit != "group":
        return None
    return int(with_unit_id(drawn, "group")["unit_id"].n_unique())


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
