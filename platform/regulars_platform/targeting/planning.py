"""From a report to the draft of the next round, stored with where it came from."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.plan_form import read_draft
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    create_draft,
    get_launched,
    get_shop_of,
)
from regulars_platform.campaigns.tables import Campaign, NextRoundRow
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.launching.preview import preview_draft
from regulars_platform.memory.families import offer_family
from regulars_platform.memory.service import shop_memory
from regulars_platform.memory.taught import Taught, with_taught
from regulars_platform.reports.service import Report, list_decisions
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import rule_expression
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.targeting.errors import NoKeepersError, NotReadyError
from regulars_platform.targeting.keepers import Keepers, find_keepers, text_levels
from regulars_platform.targeting.next_round import (
    Days,
    Goal,
    NextRound,
    next_round,
    size_holdout,
    with_holdout,
)
from regulars_platform.targeting.service import find_targeting
from regulars_platform.targeting.sizing import KeeperSizes
from regulars_platform.words import Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was chosen on the report. keepers: the key of one of `keepers_of_report`."""

    keepers: str
    goal: Goal
    new_thresholds: bool
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRound:
    """A next round that is worked out, but not kept yet. keepers: the key of the choice; taught:
    what the report says of telling them."""

    shop_id: int
    report: Report
    keepers: str
    made: NextRound
    taught: Taught | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a draft came from. reasons: what was decided for it."""

    from_campaign_id: int
    keepers: str
    reasons: tuple[Sentence, ...]


def keepers_of_report(
    session: Session, settings: Settings, campaign: LaunchedCampaign, report: Mapping[str, Any]
) -> tuple[Keepers, ...]:
    """The ways of keeping somebody that this report allows, the first to start from.

    report: its document.
    """
    store = build_feature_store(settings, get_shop_of(session, campaign.shop_id))
    targeting = find_targeting(session, campaign.shop_id, campaign.id)
    return find_keepers(
        campaign.plan,
        report,
        list_decisions(session, campaign.id),
        None if targeting is None else targeting.document,
        _levels(store),
    )


def plan_next_round(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    report: Report,
    wish: Wish,
    now: dt.datetime,
) -> PlannedRound:
    """Work the next round out; reads only. It can take a while on a shop's first look at a day.

    Raises NoKeepersError where the choice is none of those of the report.
    """
    campaign = get_launched(session, shop_id, report.campaign_id)
    shop = get_shop_of(session, shop_id)
    ways = keepers_of_report(session, settings, campaign, report.document)
    keepers = next((way for way in ways if way.key == wish.keepers), None)
    if keepers is None:
        raise NoKeepersError.unknown(wish.keepers)
    today = now.astimezone(ZoneInfo(shop.timezone)).date()
    made = next_round(
        campaign.plan,
        keepers,
        report.document,
        days=_days(campaign.plan, today, _last_day(build_feature_store(settings, shop))),
        name=wish.name,
        new_thresholds=wish.new_thresholds,
    )
    store = build_feature_store(settings, shop)
    taught = _taught(store, shop, campaign, keepers, report, made)
    share, why = size_holdout(
        _sizes(session, settings, shop, made.draft, taught), wish.goal, campaign.plan.holdout
    )
    return PlannedRound(
        shop_id=shop_id,
        report=report,
        keepers=keepers.key,
        made=with_holdout(made, share, [why]),
        taught=taught,
    )


def keep_next_round(session: Session, planned: PlannedRound, *, now: dt.datetime) -> Campaign:
    """Keep the draft of a next round with where it came from and what the report taught."""
    draft = create_draft(session, shop_id=planned.shop_id, raw=planned.made.draft, now=now)
    session.add(
        NextRoundRow(
            campaign_id=draft.id,
            from_campaign_id=planned.report.campaign_id,
            report_id=planned.report.id,
            keepers=planned.keepers,
            reasons=[reason.as_json() for reason in planned.made.reasons],
            taught=None if planned.taught is None else planned.taught.as_json(),
            created_at=now,
        )
    )
    session.flush()
    return draft


def _sizes(
    session: Session,
    settings: Settings,
    shop: Shop,
    raw: dict[str, Any],
    taught: Taught | None,
) -> KeeperSizes | None:
    """As the form has them of the draft once it is kept, and with it what the report taught."""
    memory = with_taught(
        shop_memory(session, settings, shop.id), () if taught is None else [taught]
    )
    preview = preview_draft(session, settings, shop, dict(raw), memory)
    if preview.sizes is None or preview.least is None:
        return None
    return KeeperSizes(sizes=preview.sizes, least=preview.least)


def _taught(
    store: FeatureStore,
    shop: Shop,
    campaign: LaunchedCampaign,
    keepers: Keepers,
    report: Report,
    made: NextRound,
) -> Taught | None:
    """What the report says of telling the keepers; None where it says nothing of them."""
    version = store.table.version()
    draft = read_draft({**made.draft, "currency": shop.currency, "timezone": shop.timezone})
    told = [group for group in report.document["overall"] if group["arm"] in keepers.arms]
    levels = [group["control_margin"] for group in told if group["control_margin"] is not None]
    if keepers.belief is None or not levels or version is None:
        return None
    if draft.audience is None or draft.as_of is None:
        return None
    everybody = for_rules(store, [draft.audience], draft.as_of, version)
    people = everybody.filter(rule_expression(draft.audience))
    usual = people.select(pl.col("average_order_value").median()).collect().item()
    kept = [arm for arm in campaign.plan.arms if arm.name in keepers.arms]
    return Taught(
        campaign_id=campaign.id,
        report_id=report.id,
        campaign=campaign.plan.name,
        audience=draft.audience,
        families=tuple(sorted({offer_family(arm, campaign.plan.unit, usual).key for arm in kept})),
        ends_on=campaign.plan.outcome_end,
        n=sum(group["n"] for group in told),
        net=keepers.belief.mean,
        error=keepers.belief.sd,
        level=levels[0],
    )


def find_origin(session: Session, campaign_id: int) -> Origin | None:
    """Of which campaign's report a campaign was made as the next round; None for others."""
    row = session.scalar(select(NextRoundRow).where(NextRoundRow.campaign_id == campaign_id))
    if row is None:
        return None
    return Origin(
        from_campaign_id=row.from_campaign_id,
        keepers=row.keepers,
        reasons=tuple(Sentence.from_json(reason) for reason in row.reasons),
    )


def _days(plan: Plan, today: dt.date, last: dt.date | None) -> Days:
    """Described as of the day after the last order, windows as long as before."""
    if last is None:
        raise NotReadyError.no_report()
    as_of = min(today, last + dt.timedelta(days=1))
    send = max(as_of, today)
    return Days(
        as_of=as_of.isoformat(),
        send_date=send.isoformat(),
        outcome_end=(send + (plan.outcome_end - plan.send_date)).isoformat(),
        settle_until=(send + (plan.settle_until - plan.send_date)).isoformat(),
    )


def _last_day(store: FeatureStore) -> dt.date | None:
    version = store.table.version()
    if version is None:
        return None
    orders = store.orders(version)
    last: Any = orders.select(pl.col("ordered_at").max()).collect().item()
    return None if last is None else last.astimezone(ZoneInfo(store.timezone)).date()


def levels_today(session: Session, settings: Settings, shop_id: int) -> dict[str, tuple[str, ...]]:
    """For each feature of text the words that the shop's customers have today."""
    return _levels(build_feature_store(settings, get_shop_of(session, shop_id)))


def _levels(store: FeatureStore) -> dict[str, tuple[str, ...]]:
    version = store.table.version()
    last = _last_day(store)
    if version is None or last is None:
        return {}
    return text_levels(store.features(last + dt.timedelta(days=1), version))
