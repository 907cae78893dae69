"""What a draft would mean, live beside the form: head-count, histogram, leak, what is proved.

Works with whatever of the draft holds; what cannot be said yet is None. Everything comes from the
past (features and orders before the plan's day); nothing is drawn and nothing stored. What does not
change with the draft is kept (`everybody`, `recent_orders`, `around`); a launch works everything
out anew.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl
from sqlalchemy.orm import Session

from regulars_experiments.holdouts import HoldoutSizes
from regulars_platform.campaigns.at_once import Meeting
from regulars_platform.campaigns.blended import at_average_margin
from regulars_platform.campaigns.plan import Exclusions
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.pooled import Learnable, learnable
from regulars_platform.customers.browse import Distribution
from regulars_platform.customers.store import build_feature_store
from regulars_platform.errors import RegularsError
from regulars_platform.launching.arms import (
    ArmPreview,
    HoldoutPreview,
    given_away,
    preview_arms,
)
from regulars_platform.launching.around import (
    Beside,
    Surroundings,
    meetings,
    members,
    surroundings,
)
from regulars_platform.launching.drawn import Drawn, Shut, draw_from
from regulars_platform.launching.everybody import AT_HAND, Everybody, Flags, everybody
from regulars_platform.launching.foresight import (
    Foreseen,
    PastSpend,
    Terms,
    foresee_holdouts,
    foresee_segments,
    foretold_of,
    least_holdout,
)
from regulars_platform.launching.outlook import forecast_groups, read_terms
from regulars_platform.launching.programmes import beside_draft
from regulars_platform.launching.recent_orders import recent_orders
from regulars_platform.launching.state import memory_state
from regulars_platform.memory.forecast import ArmForecast
from regulars_platform.memory.likeness import ShopMemory
from regulars_platform.memory.service import shop_memory
from regulars_platform.offers.leak import Leak
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programme_effect.beside import NOBODY, ProgrammesBeside
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
    the same days whose customers are left out, by name; drawn: who takes part; around: what else
    is on, to be asked in the session of the preview;
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
    drawn: Drawn | None = field(default=None, compare=False, repr=False)
    around: Surroundings | None = field(default=None, compare=False, repr=False)


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
    people = everybody(store, draft.as_of, version)
    around = surroundings(session, settings, shop, people)
    running = around.running(draft)
    exclusions = draft.exclusions or Exclusions()
    day = draft.send_date or draft.as_of
    audience = people.holds(draft.audience)
    drawn = draw_from(
        people,
        draft,
        audience,
        Shut(
            excluded=_excluded(people, exclusions, running),
            barred=around.barred(draft.channels, day),
            crowded=around.crowded(day),
        ),
    )
    known = known_memory(session, settings, shop.id) if memory is None else memory
    return replace(
        preview_of(drawn, people.histogram(audience), known),
        around=around,
        meetings=meetings(running, drawn),
        apart=tuple(one.name for one in running) if exclusions.running_campaigns else (),
    )


def programmes_of(preview: Preview, *, wait: bool = True) -> ProgrammesBeside | None:
    """The programmes beside a draft, while the session of its preview is open (see
    `beside_draft`)."""
    if preview.drawn is None or preview.around is None:
        return NOBODY
    return beside_draft(preview.around, preview.drawn, wait=wait)


def preview_of(drawn: Drawn, histogram: Distribution, memory: ShopMemory) -> Preview:
    """What is to be said of the customers of a draft, whatever else is on.

    histogram: of everybody, the audience marked; memory: what past campaigns of the shop taught.
    """
    draft, people = drawn.draft, drawn.people
    days = draft.window_days
    past = None if days is None else drawn.past(recent_orders(people, days))
    priced = at_average_margin(draft, people.store, people.version)
    holdout, arms = preview_arms(priced, drawn.number, past, drawn.groups, drawn.thresholds())
    terms = None if arms is None else read_terms(priced)
    spend = None if past is None else past.spend
    forecast = sizes = None
    if terms and spend and past and drawn.groups is None:
        leaks = [arm.leak for arm in arms or ()]
        forecast = _forecast(drawn, terms, past.reachable, leaks, memory)
        foretold = foretold_of(forecast, terms, drawn.number)
        sizes = foresee_holdouts(terms, spend, given_away(draft, arms), foretold)
    by_segment = terms and spend and drawn.groups is None
    return Preview(
        problems=draft.problems,
        head_count=_head_count(drawn),
        histogram=histogram,
        holdout=holdout,
        arms=arms,
        segments=foresee_segments(terms, spend) if by_segment and terms and spend else None,
        sizes=sizes,
        least=None if sizes is None or spend is None else least_holdout(spend),
        forecast=forecast,
        margin=None if terms is None else terms.margin,
        short_history=_is_short(people, draft),
        pooled=_pooled(spend, terms, holdout, arms),
        drawn=drawn,
    )


def known_memory(session: Session, settings: Settings, shop_id: int) -> ShopMemory:
    """What the shop remembers, read anew only where there is more to be read."""
    key = ("memory", str(settings.shop_dir(shop_id)), memory_state(session, shop_id))
    return AT_HAND.get(
        key,
        lambda: shop_memory(session, settings, shop_id),
        lambda found: 4_096 * (1 + len(found.lessons) + len(found.met)),
    )


def _excluded(people: Everybody, exclusions: Exclusions, running: Sequence[Beside]) -> Flags:
    """Whom the draft's own exclusions take out."""
    found = people.among(pl.Series(sorted(exclusions.customers), dtype=pl.String))
    if exclusions.running_campaigns:
        found |= members(people, running)
    limit = exclusions.max_average_order_value
    if limit is not None:
        # nothing is above a limit that is not known
        found |= people.values() > limit / MONEY_SCALE
    return found


def _forecast(
    drawn: Drawn,
    terms: Terms,
    spend: PastSpend,
    leaks: Sequence[Leak | None],
    memory: ShopMemory,
) -> tuple[ArmForecast, ...] | None:
    """As `outlook.forecast_draft` has it of the same customers."""
    send = drawn.draft.send_date
    if send is None or not drawn.number:
        return None
    groups, shop_order = drawn.planned_groups(spend, memory.met_before(send))
    return forecast_groups(drawn.draft, terms, groups, shop_order, leaks, memory)


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


def _head_count(drawn: Drawn) -> HeadCount:
    return HeadCount(
        total=drawn.people.total,
        audience=drawn.audience,
        excluded=drawn.excluded,
        suppressed=drawn.suppressed,
        no_consent=drawn.no_consent,
        held_out=drawn.held_out,
        capped=drawn.capped,
        ungrouped=drawn.ungrouped,
        groups=drawn.groups,
        drawn=drawn.number,
        segments=tuple(zip(drawn.names, drawn.sizes, strict=True)),
    )


def _is_short(people: Everybody, draft: Draft) -> bool:
    """Whether the orders begin after the past window does."""
    if draft.as_of is None or draft.window_days is None:
        return False

    def build() -> tuple[dt.datetime | None]:
        moment = pl.col("ordered_at").min()
        return (people.store.orders(people.version).select(moment).collect().item(),)

    (first,) = people.kept("first order", build, lambda _: 64)
    start = people.store.moment(draft.as_of - dt.timedelta(days=draft.window_days))
    return first is None or first > start + dt.timedelta(days=1)
