"""Launching a campaign: freeze the plan, draw the arms, write the ledger. Once.

`prepare_launch` decides everything and stores nothing but the ledger file, which nobody refers to
yet; `store_launch` is one conditional update that succeeds for one caller only. The frozen document
holds the plan and all that the draw depends on, and the ledger's digest, under one SHA-256.
"""

import datetime as dt
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any

import polars as pl
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from regulars_platform.campaigns.at_once import members_of, running_beside
from regulars_platform.campaigns.blended import at_average_margin
from regulars_platform.campaigns.errors import (
    AlreadyLaunchedError,
    DraftChangedError,
    EmptyArmError,
    EmptyAudienceError,
    NoOrdersError,
    TooFewGroupsError,
)
from regulars_platform.campaigns.few_groups import LEAST_GROUPS
from regulars_platform.campaigns.ledger import discard_ledger, draw_ledger, write_ledger
from regulars_platform.campaigns.plan import Plan, plan_json
from regulars_platform.campaigns.plan_form import Draft, read_draft, read_plan
from regulars_platform.campaigns.population import Population, build_population, grouping_of
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    draft_plan_json,
    get_campaign,
    get_shop_of,
    launched_of,
)
from regulars_platform.campaigns.tables import DRAFT, LAUNCHED, Campaign
from regulars_platform.canonical import canonical_json, sha256_of
from regulars_platform.customers.store import build_feature_store, window_spend
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.launching.outlook import forecast_plan
from regulars_platform.memory.forecast import forecast_json
from regulars_platform.memory.likeness import ShopMemory
from regulars_platform.memory.promises import keep_forecast
from regulars_platform.memory.service import shop_memory
from regulars_platform.offers.titles import Titled
from regulars_platform.programmes.caps import campaign_limit
from regulars_platform.reach.gate import open_gate
from regulars_platform.segments.frames import for_rules
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop

FORMAT = "regulars-launch/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedLaunch:
    """Everything a launch stores, decided. `revision` is that of the draft it was made from.

    forecast: what the campaign is expected to earn, as it is frozen beside the plan; None where
    the past says nothing.
    """

    shop_id: int
    campaign_id: int
    revision: int
    name: str
    plan_json: str
    salt: str
    orders_version: int
    ledger_file: str
    ledger_sha256: str
    launched_at: dt.datetime
    launched_by: int | None
    forecast: dict[str, Any] | None


def launch(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    campaign_id: int,
    now: dt.datetime,
    user_id: int | None,
    salt: str,
    titled: Titled | None = None,
) -> LaunchedCampaign:
    """Launch a draft. salt: a random text made for this launch. titled: offers in the words that
    customers read where the shop wrote none; they are frozen beside the plan.

    Raises AlreadyLaunchedError (also when somebody else is faster), InvalidInputError,
    NoOrdersError, EmptyAudienceError, EmptyArmError, TooFewGroupsError, DraftChangedError.
    """
    prepared = prepare_launch(
        session,
        settings,
        shop_id=shop_id,
        campaign_id=campaign_id,
        now=now,
        user_id=user_id,
        salt=salt,
        titled=titled,
    )
    return store_launch(session, settings, prepared)


def prepare_launch(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    campaign_id: int,
    now: dt.datetime,
    user_id: int | None,
    salt: str,
    titled: Titled | None = None,
) -> PreparedLaunch:
    """Check the plan, draw, and write the ledger file; the campaign is still a draft after this."""
    campaign = _get_draft(session, shop_id, campaign_id)
    shop = get_shop_of(session, shop_id)
    plan = read_plan(draft_plan_json(shop, campaign))
    store = build_feature_store(settings, shop)
    version = store.table.version()
    if version is None:
        raise NoOrdersError.build()
    memory = shop_memory(session, settings, shop_id)
    rules = [plan.audience, *(segment.rule for segment in plan.segments), *memory.rules]
    features = for_rules(store, rules, plan.as_of, version)
    orders = store.window_orders(plan.as_of, plan.window_days, version)
    population = _choose_people(session, settings, shop, plan, features)
    ledger = draw_ledger(plan, population.drawn, window_spend(orders).collect(), salt=salt)
    customers = _customers_by_arm(plan, ledger)
    ledger_file, ledger_sha256 = write_ledger(settings.shop_dir(shop_id), ledger)
    frozen = {
        "format": FORMAT,
        "plan": plan_json(plan),
        **_products_version(settings, shop_id, plan),
        **_titles(plan, titled),
        "salt": salt,
        "orders_version": version,
        "code_version": installed_version("regulars"),
        "customers": _counts(population, customers),
        "units": ledger["unit_id"].n_unique(),
        "ledger_sha256": ledger_sha256,
        "launched_at": now.astimezone(dt.UTC).isoformat(),
        "launched_by": user_id,
    }
    return PreparedLaunch(
        shop_id=shop_id,
        campaign_id=campaign_id,
        revision=campaign.revision,
        name=plan.name,
        plan_json=canonical_json(frozen),
        salt=salt,
        orders_version=version,
        ledger_file=ledger_file,
        ledger_sha256=ledger_sha256,
        launched_at=now,
        launched_by=user_id,
        forecast=_forecast(
            at_average_margin(read_draft(plan_json(plan)), store, version),
            population.drawn,
            features,
            orders,
            memory,
        ),
    )


def _get_draft(session: Session, shop_id: int, campaign_id: int) -> Campaign:
    campaign = get_campaign(session, shop_id, campaign_id)
    if campaign.state == LAUNCHED:
        raise AlreadyLaunchedError.at(campaign.name, campaign.launched_at)
    return campaign


def _choose_people(
    session: Session, settings: Settings, shop: Shop, plan: Plan, features: pl.LazyFrame
) -> Population:
    """Whom the draw is made among. Raises EmptyAudienceError."""
    gate = open_gate(
        session,
        settings,
        shop.id,
        channels={arm.channel for arm in plan.arms},
        day=plan.send_date,
    )
    population = build_population(
        features,
        audience=plan.audience,
        segments=plan.segments,
        exclusions=plan.exclusions,
        gate=gate,
        crowded=campaign_limit(session, settings, shop, plan.send_date),
        grouping=grouping_of(plan),
        elsewhere=members_of(running_beside(session, settings, shop.id, plan)),
    )
    if population.drawn.is_empty():
        raise EmptyAudienceError.of(
            population.audience,
            population.excluded,
            population.suppressed + population.no_consent,
            population.held_out,
            population.capped,
            population.ungrouped,
        )
    return population


def store_launch(
    session: Session, settings: Settings, prepared: PreparedLaunch
) -> LaunchedCampaign:
    """Turn the draft into a launched campaign, for the first who comes; the others are told.

    Raises AlreadyLaunchedError or DraftChangedError; the ledger that was not used is removed.
    """
    changed = session.execute(
        update(Campaign)
        .where(
            Campaign.id == prepared.campaign_id,
            Campaign.state == DRAFT,
            Campaign.revision == prepared.revision,
        )
        .values(
            state=LAUNCHED,
            name=prepared.name,
            plan_json=prepared.plan_json,
            plan_sha256=sha256_of(prepared.plan_json),
            salt=prepared.salt,
            orders_version=prepared.orders_version,
            ledger_file=prepared.ledger_file,
            ledger_sha256=prepared.ledger_sha256,
            launched_at=prepared.launched_at,
            launched_by=prepared.launched_by,
        )
        .execution_options(synchronize_session=False)
    )
    campaign = get_campaign(session, prepared.shop_id, prepared.campaign_id)
    session.refresh(campaign)
    if changed.rowcount == 1:  # type: ignore[attr-defined]
        if prepared.forecast is not None:
            keep_forecast(
                session,
                campaign_id=prepared.campaign_id,
                document=prepared.forecast,
                now=prepared.launched_at,
            )
        return launched_of(campaign)
    _forget_ledger(session, settings, prepared)
    if campaign.state == LAUNCHED:
        raise AlreadyLaunchedError.at(campaign.name, campaign.launched_at)
    raise DraftChangedError.named(campaign.name)


def _forget_ledger(session: Session, settings: Settings, prepared: PreparedLaunch) -> None:
    # two launches with the same salt write the same file, which then belongs to the winner
    used = session.scalar(
        select(Campaign.id).where(
            Campaign.shop_id == prepared.shop_id, Campaign.ledger_file == prepared.ledger_file
        )
    )
    if used is None:
        discard_ledger(settings.shop_dir(prepared.shop_id), prepared.ledger_file)


def _forecast(
    plan: Draft,
    drawn: pl.DataFrame,
    features: pl.LazyFrame,
    orders: pl.LazyFrame,
    memory: ShopMemory,
) -> dict[str, Any] | None:
    """What the form showed of the same draft, on the same orders and memory."""
    forecast = forecast_plan(plan, drawn, features, orders, memory)
    return None if forecast is None else forecast_json(forecast)


def _titles(plan: Plan, titled: Titled | None) -> dict[str, dict[str, str]]:
    """What customers read of offers whose words nobody wrote: that of the launch, ever after."""
    if titled is None:
        return {}
    found = {arm.name: titled(arm.offer, plan.currency) for arm in plan.arms}
    return {"titles": {name: title for name, title in found.items() if title}}


def _products_version(settings: Settings, shop_id: int, plan: Plan) -> dict[str, int | None]:
    """The costs that hold for the campaign are those of the launch, whatever comes later."""
    if plan.margin_source != "products":
        return {}
    return {"products_version": DatasetTable(settings.shop_dir(shop_id), "products").version()}


def _customers_by_arm(plan: Plan, ledger: pl.DataFrame) -> dict[str, int]:
    """Customers per arm; EmptyArmError, TooFewGroupsError where one has too few."""
    counted = dict(ledger.group_by("arm").len().iter_rows())
    for place, name in enumerate(plan.arm_names):
        if not counted.get(name):
            field = "holdout_percent" if place == 0 else f"arms.{place - 1}.share_percent"
            raise EmptyArmError.named(name, ledger.height, field=field)
    if plan.unit == "group":
        units = dict(ledger.group_by("arm").agg(pl.col("unit_id").n_unique()).iter_rows())
        if min(units.values()) < LEAST_GROUPS:
            raise TooFewGroupsError.of(sum(units.values()), len(units), LEAST_GROUPS)
    return {name: counted[name] for name in plan.arm_names}


def _counts(population: Population, customers: dict[str, int]) -> dict[str, Any]:
    # documents of shops without a limit stay as they were
    capped = {"over_the_cap": population.capped} if population.capped else {}
    ungrouped = {"in_no_group": population.ungrouped} if population.ungrouped else {}
    return (capped | ungrouped) | {
        "audience": population.audience,
        "excluded": population.excluded,
        "suppressed": population.suppressed,
        "no_consent": population.no_consent,
        "global_holdout": population.held_out,
        "drawn": population.drawn.height,
        "arms": customers,
    }
