"""Drafts of campaigns, and reading launched ones."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from regulars_platform.campaigns.errors import (
    AlreadyLaunchedError,
    CampaignNotFoundError,
    DraftChangedError,
    NotLaunchedError,
    PlanDamagedError,
)
from regulars_platform.campaigns.ledger import read_ledger
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.tables import DRAFT, LAUNCHED, Campaign
from regulars_platform.canonical import sha256_of
from regulars_platform.errors import NotFoundError
from regulars_platform.fields import FieldReader
from regulars_platform.offers.goods_costs import product_costs
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.words import N_, Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class LaunchedCampaign:
    """A launched campaign as frozen. Counts are customers.

    products_version: of the costs per product, where the plan goes by them and there were any.
    audience: those the rule held for = excluded + suppressed + no_consent + held_out + capped +
    drawn (see `Population`; older plans have none of the three before the last); drawn: in the
    ledger; units: what was drawn (customers or households); arms: (arm, customers), holdout first.
    titles: arm -> its offer in the words that stand where the shop wrote none (see `Titled`).
    """

    id: int
    shop_id: int
    plan: Plan
    plan_json: str
    plan_sha256: str
    salt: str
    orders_version: int
    products_version: int | None
    code_version: str
    audience: int
    excluded: int
    suppressed: int
    no_consent: int
    held_out: int
    drawn: int
    units: int
    arms: tuple[tuple[str, int], ...]
    ledger_file: str
    ledger_sha256: str
    launched_at: dt.datetime
    launched_by: int | None
    capped: int = 0
    titles: Mapping[str, str] = field(default_factory=dict)


def create_draft(
    session: Session, *, shop_id: int, raw: Mapping[str, Any], now: dt.datetime
) -> Campaign:
    """Keep a draft, complete or not; only its name is needed."""
    campaign = Campaign(
        shop_id=shop_id,
        name=_name(raw),
        state=DRAFT,
        draft=dict(raw),
        created_at=now,
        changed_at=now,
        revision=1,
    )
    session.add(campaign)
    session.flush()
    return campaign


def update_draft(
    session: Session, *, shop_id: int, campaign_id: int, raw: Mapping[str, Any], now: dt.datetime
) -> Campaign:
    """Replace a draft; AlreadyLaunchedError once it is frozen."""
    campaign = get_campaign(session, shop_id, campaign_id)
    if campaign.state == LAUNCHED:
        raise AlreadyLaunchedError.at(campaign.name, campaign.launched_at)
    name = _name(raw)
    changed = session.execute(
        update(Campaign)
        .where(
            Campaign.id == campaign_id,
            Campaign.state == DRAFT,
            Campaign.revision == campaign.revision,
        )
        .values(name=name, draft=dict(raw), changed_at=now, revision=campaign.revision + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(campaign)
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        if campaign.state == LAUNCHED:
            raise AlreadyLaunchedError.at(campaign.name, campaign.launched_at)
        raise DraftChangedError.named(campaign.name)
    return campaign


def delete_draft(session: Session, *, shop_id: int, campaign_id: int) -> None:
    """Delete a draft; AlreadyLaunchedError for a launched campaign."""
    campaign = get_campaign(session, shop_id, campaign_id)
    if campaign.state == LAUNCHED:
        raise AlreadyLaunchedError.at(campaign.name, campaign.launched_at)
    session.delete(campaign)
    session.flush()


def get_campaign(session: Session, shop_id: int, campaign_id: int) -> Campaign:
    """One campaign of the shop, draft or launched; CampaignNotFoundError where there is none."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.shop_id != shop_id:
        raise CampaignNotFoundError.of(campaign_id)
    return campaign


def list_campaigns(session: Session, shop_id: int) -> list[Campaign]:
    """The shop's campaigns, the latest first."""
    return list(
        session.scalars(
            select(Campaign).where(Campaign.shop_id == shop_id).order_by(Campaign.id.desc())
        )
    )


def draft_plan_json(shop: Shop, campaign: Campaign) -> dict[str, Any]:
    """The draft as `read_draft` and `read_plan` want it: currency and time zone are the shop's."""
    return {**campaign.draft, "currency": shop.currency, "timezone": shop.timezone}


def get_shop_of(session: Session, shop_id: int) -> Shop:
    """The shop's row."""
    shop = session.get(Shop, shop_id)
    if shop is None:
        raise NotFoundError(Sentence(N_("There is no such shop.")))
    return shop


def get_launched(session: Session, shop_id: int, campaign_id: int) -> LaunchedCampaign:
    """A launched campaign, its plan checked against its digest.

    NotLaunchedError for a draft; PlanDamagedError if the plan is not the one that was frozen.
    """
    return launched_of(get_campaign(session, shop_id, campaign_id))


def launched_of(campaign: Campaign) -> LaunchedCampaign:
    """The frozen values of a launched campaign's row (see `get_launched`)."""
    if campaign.state != LAUNCHED or campaign.plan_json is None:
        raise NotLaunchedError.named(campaign.name)
    if sha256_of(campaign.plan_json) != campaign.plan_sha256:
        raise PlanDamagedError.named(campaign.name)
    frozen = json.loads(campaign.plan_json)
    plan = read_plan(frozen["plan"])
    counts = frozen["customers"]
    return LaunchedCampaign(
        id=campaign.id,
        shop_id=campaign.shop_id,
        plan=plan,
        plan_json=campaign.plan_json,
        plan_sha256=campaign.plan_sha256,
        salt=frozen["salt"],
        orders_version=frozen["orders_version"],
        products_version=frozen.get("products_version"),
        code_version=frozen["code_version"],
        audience=counts["audience"],
        excluded=counts["excluded"],
        suppressed=counts["suppressed"],
        no_consent=counts.get("no_consent", 0),
        held_out=counts.get("global_holdout", 0),
        drawn=counts["drawn"],
        units=frozen["units"],
        arms=tuple((name, counts["arms"][name]) for name in plan.arm_names),
        ledger_file=campaign.ledger_file or "",
        ledger_sha256=frozen["ledger_sha256"],
        launched_at=dt.datetime.fromisoformat(frozen["launched_at"]),
        launched_by=campaign.launched_by,
        capped=counts.get("over_the_cap", 0),
        titles=frozen.get("titles", {}),
    )


def campaign_costs(settings: Settings, campaign: LaunchedCampaign) -> pl.LazyFrame | None:
    """product, cost as they were at the launch; None where the plan does not go by them."""
    if campaign.plan.margin_source != "products" or campaign.products_version is None:
        return None
    return product_costs(settings.shop_dir(campaign.shop_id), campaign.products_version)


def campaign_ledger(settings: Settings, campaign: LaunchedCampaign) -> pl.DataFrame:
    """The ledger of a launched campaign, columns as in LEDGER_SCHEMA, checked as it is read."""
    return read_ledger(
        settings.shop_dir(campaign.shop_id), campaign.ledger_file, campaign.ledger_sha256
    )


def _name(raw: Mapping[str, Any]) -> str:
    reader = FieldReader(raw)
    name = reader.text("name")
    if name is None:
        raise reader.problems[0]
    return name
