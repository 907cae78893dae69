"""Learning from reports, and reading what was learnt."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.errors import LedgerDamagedError, PlanDamagedError
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, get_launched
from regulars_platform.campaigns.tables import Campaign, ReportRow
from regulars_platform.memory.families import Family, family_of_key, offer_family
from regulars_platform.memory.likeness import Met, ShopMemory
from regulars_platform.memory.models import Learning, Lesson
from regulars_platform.memory.people import people_of_plan
from regulars_platform.memory.tables import LearningRow
from regulars_platform.memory.taught import taught_of_keepers, with_taught
from regulars_platform.offers.kinds import offer_json
from regulars_platform.settings import Settings

SETTLED, PROVISIONAL = "closed", "provisional"

Families = Mapping[tuple[str, str | None], Family]


def families_of(plan: Plan, ledger: pl.DataFrame) -> dict[tuple[str, str | None], Family]:
    """The family of each arm's offer by (arm, segment), None for everybody.

    ledger: of the campaign; what customers of a segment usually spend is the median of their
    average order values as of the plan's day.
    """
    usual = usual_orders(ledger)
    return {
        (arm.name, name): offer_family(arm, plan.unit, usual.get(name))
        for arm in plan.arms
        for name in (None, *plan.segment_names)
    }


def usual_orders(customers: pl.DataFrame) -> dict[str | None, float | None]:
    """By segment, and for everybody (None), what they usually spend on an order, currency units."""
    usual = pl.col("average_order_value").median()
    found: dict[str | None, float | None] = dict(
        customers.group_by("segment").agg(usual).iter_rows()
    )
    return found | {None: customers.select(usual).item()}


def learn(session: Session, report: ReportRow) -> None:
    """Keep what a report says, in the transaction that keeps the report."""
    document = json.loads(report.document)
    shop_id = session.scalars(
        select(Campaign.shop_id).where(Campaign.id == report.campaign_id)
    ).one()
    families = {
        (cell["arm"], cell["segment"]): family_of_key(cell["family"])
        for cell in document["memory"]["cells"]
    }
    session.add_all(_rows(report, document, families, shop_id))
    session.flush()


def read_learnings(session: Session, settings: Settings, shop_id: int) -> tuple[Learning, ...]:
    """What the shop's campaigns taught, in the order of their windows.

    Of each campaign its latest report speaks that was made after returns had settled, or failing
    that the latest one made after the window. Reports from before there was a memory are learnt
    from here; one whose ledger is damaged is passed over.
    """
    rows = list(session.scalars(select(LearningRow).where(LearningRow.shop_id == shop_id)))
    rows += _learn_from_earlier_reports(session, settings, shop_id)
    latest: dict[int, tuple[bool, int]] = {}
    for row in rows:
        if row.state in (SETTLED, PROVISIONAL):
            place = (row.state == SETTLED, row.report_id)
            latest[row.campaign_id] = max(latest.get(row.campaign_id, place), place)
    chosen = [row for row in rows if latest.get(row.campaign_id, (False, 0))[1] == row.report_id]
    chosen.sort(key=lambda row: (row.ends_on, row.campaign_id, row.arm, row.segment or ""))
    return tuple(found for found in map(_learning, chosen) if found is not None)


def shop_memory(session: Session, settings: Settings, shop_id: int) -> ShopMemory:
    """What a forecast starts from: what the shop's campaigns taught, and of whom.

    Of a campaign whose plan is damaged the lessons stay, but not who its people were.
    """
    learnings = read_learnings(session, settings, shop_id)
    plans: dict[int, Plan] = {}
    for campaign_id in {learning.campaign_id for learning in learnings}:
        with suppress(PlanDamagedError):
            plans[campaign_id] = get_launched(session, shop_id, campaign_id).plan
    met = {
        (learning.campaign_id, learning.segment_key): Met(
            key=learning.segment_key,
            campaign=learning.campaign,
            segment=learning.segment,
            ends_on=learning.ends_on,
            audience=plans[learning.campaign_id].audience,
            segments=plans[learning.campaign_id].segments,
        )
        for learning in learnings
        if learning.campaign_id in plans
    }
    memory = ShopMemory(
        lessons=tuple(learning.lesson for learning in learnings), met=tuple(met.values())
    )
    return with_taught(memory, taught_of_keepers(session, shop_id))


def pinned_lessons(
    session: Session, settings: Settings, campaign: LaunchedCampaign
) -> list[dict[str, Any]]:
    """What a report on this campaign remembers if it is made now, as its inputs name it."""
    learnings = read_learnings(session, settings, campaign.shop_id)
    return [lesson.pinned() for lesson in lessons_for(campaign.plan, learnings)]


def lessons_for(plan: Plan, learnings: Sequence[Learning]) -> list[Lesson]:
    """What of it a report on this plan may remember, in a fixed order.

    Only campaigns whose window was over before this one began, so that no later campaign changes
    this one's report; and only of the same people and offers told the same way.
    """
    keys = {people.key for people in people_of_plan(plan).values()}
    offers = {_outline(offer_family(arm, plan.unit, None)) for arm in plan.arms}
    return [
        learning.lesson
        for learning in learnings
        if learning.ends_on < plan.send_date
        and learning.segment_key in keys
        and _outline(learning.family) in offers
    ]


def _outline(family: Family) -> tuple[str, ...]:
    """A family without its threshold, which is known from the ledger only."""
    kind, reach, channel, label, unit, _threshold, depth = family.key.split("|")
    return kind, reach, channel, label, unit, depth


def _learn_from_earlier_reports(
    session: Session, settings: Settings, shop_id: int
) -> list[LearningRow]:
    """Rows added to the session; one that only reads does without keeping them."""
    missing = session.scalars(
        select(ReportRow)
        .join(Campaign, Campaign.id == ReportRow.campaign_id)
        .where(
            Campaign.shop_id == shop_id,
            ReportRow.id.not_in(select(LearningRow.report_id)),
        )
    ).all()
    found = []
    for report in missing:
        try:
            campaign = get_launched(session, shop_id, report.campaign_id)
            ledger = campaign_ledger(settings, campaign)
        except LedgerDamagedError:
            continue
        families = families_of(campaign.plan, ledger)
        found += _rows(report, json.loads(report.document), families, shop_id)
    session.add_all(found)
    return found


def _rows(
    report: ReportRow, document: Mapping[str, Any], families: Families, shop_id: int
) -> list[LearningRow]:
    """One row per arm and group that is shown; whether or not there is an estimate."""
    plan = read_plan(document["plan"])
    people = people_of_plan(plan)
    arms = {arm.name: arm for arm in plan.arms}
    errors = {
        (cell["arm"], cell["segment"]): cell["error"]
        for cell in document.get("memory", {"cells": ()})["cells"]
    }
    rows: dict[tuple[str, str], LearningRow] = {}
    for group in (*document["overall"], *document["segments"]):
        # without segments everyone else is everybody; two segments of one rule are the same people
        who = people.get(group["segment"], people[None])
        if group["hidden"] or (group["arm"], who.key) in rows:
            continue
        net = group["net"]
        place = (group["arm"], group["segment"])
        rows[group["arm"], who.key] = LearningRow(
            shop_id=shop_id,
            campaign_id=report.campaign_id,
            report_id=report.id,
            campaign=plan.name,
            arm=group["arm"],
            segment=group["segment"],
            segment_key=who.key,
            people=who.as_json(),
            family=families[place].key,
            offer=offer_json(arms[group["arm"]].offer),
            starts_on=plan.send_date,
            ends_on=plan.outcome_end,
            state=document["status"]["state"],
            n=group["n"],
            n_control=group["n_control"],
            level=group["control_margin"],
            net=net.get("estimate"),
            error=errors.get(place, net.get("standard_error")),
            low=net.get("low"),
            high=net.get("high"),
        )
    return list(rows.values())


def _learning(row: LearningRow) -> Learning | None:
    """None where there is nothing to reckon with."""
    if row.net is None or row.low is None or row.high is None or row.level is None:
        return None
    if row.error is None or not row.error > 0:
        return None
    return Learning(
        campaign_id=row.campaign_id,
        report_id=row.report_id,
        campaign=row.campaign,
        arm=row.arm,
        segment=row.segment,
        segment_key=row.segment_key,
        people=row.people,
        family=family_of_key(row.family),
        offer=row.offer,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        state=row.state,
        n=row.n,
        n_control=row.n_control,
        level=row.level,
        net=row.net,
        error=row.error,
        low=row.low,
        high=row.high,
    )
