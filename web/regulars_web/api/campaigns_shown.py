"""Campaigns as the interface shows them."""

import datetime as dt

from regulars_platform.campaigns.errors import PlanDamagedError
from regulars_platform.campaigns.plan_form import read_draft
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    draft_plan_json,
    launched_of,
)
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.shops.tables import Shop
from regulars_web.api.models import Count, Document, Id, Model, Moment
from regulars_web.api.problems import Detail, detail_of


class CampaignSummary(Model):
    """A campaign in a list."""

    id: Id
    name: str
    state: str
    """draft or launched."""
    revision: Count
    created_at: Moment
    changed_at: Moment
    launched_at: Moment | None
    send_date: dt.date | None
    outcome_end: dt.date | None
    arms: list[str]
    """The treated ones."""


class ArmDrawn(Model):
    """An arm as it was drawn; the holdout is the first."""

    name: str
    customers: Count


class Launched(Model):
    """What a launch froze. audience = excluded + suppressed + no_consent + held_out + capped +
    drawn, in customers (plans that draw whole groups leave out those in none as well)."""

    plan_sha256: str
    ledger_sha256: str
    orders_version: Count
    code_version: str
    launched_by: Id | None
    audience: Count
    excluded: Count
    suppressed: Count
    no_consent: Count
    held_out: Count
    capped: Count
    drawn: Count
    units: Count
    arms: list[ArmDrawn]


class CampaignShown(CampaignSummary):
    """A campaign with its plan."""

    plan: Document
    """As docs/plan.md says."""
    problems: list[Detail]
    """What keeps a draft from being launched."""
    launched: Launched | None


def campaign_summary(row: Campaign, shop: Shop) -> CampaignSummary:
    """A campaign in a list; one whose frozen plan is damaged without its days and arms."""
    return CampaignSummary.model_validate(_summary(row, shop))


def campaign_shown(row: Campaign, shop: Shop) -> CampaignShown:
    """A campaign with its plan. Raises PlanDamagedError."""
    launched = launched_of(row) if row.state == LAUNCHED else None
    problems = () if launched else read_draft(draft_plan_json(shop, row)).problems
    return CampaignShown.model_validate(
        {
            **_summary(row, shop),
            "plan": dict(row.draft),
            "problems": [detail_of(problem) for problem in problems],
            "launched": None if launched is None else _launched(launched),
        }
    )


def _summary(row: Campaign, shop: Shop) -> dict[str, object]:
    send, end, arms = _days_and_arms(row, shop)
    return {
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "revision": row.revision,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "launched_at": row.launched_at,
        "send_date": send,
        "outcome_end": end,
        "arms": arms,
    }


def _days_and_arms(row: Campaign, shop: Shop) -> tuple[dt.date | None, dt.date | None, list[str]]:
    if row.state != LAUNCHED:
        draft = read_draft(draft_plan_json(shop, row))
        return draft.send_date, draft.outcome_end, [arm.name for arm in draft.arms or ()]
    try:
        plan = launched_of(row).plan
    except PlanDamagedError:
        return None, None, []
    return plan.send_date, plan.outcome_end, [arm.name for arm in plan.arms]


def _launched(found: LaunchedCampaign) -> Launched:
    return Launched(
        plan_sha256=found.plan_sha256,
        ledger_sha256=found.ledger_sha256,
        orders_version=found.orders_version,
        code_version=found.code_version,
        launched_by=found.launched_by,
        audience=found.audience,
        excluded=found.excluded,
        suppressed=found.suppressed,
        no_consent=found.no_consent,
        held_out=found.held_out,
        capped=found.capped,
        drawn=found.drawn,
        units=found.units,
        arms=[ArmDrawn(name=name, customers=customers) for name, customers in found.arms],
    )
