"""Evaluating a launched campaign, keeping the report, and deciding on it."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.failed_sends import failed_sends_by_arm
from regulars_platform.campaigns.few_groups import plan_for_units
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_costs,
    campaign_ledger,
    get_launched,
)
from regulars_platform.campaigns.tables import DecisionRow, ReportRow
from regulars_platform.canonical import canonical_json
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.memory.models import unpinned
from regulars_platform.memory.promises import find_forecast
from regulars_platform.memory.service import learn, pinned_lessons
from regulars_platform.offers.kinds import CashBack
from regulars_platform.orders.table import PAID, OrdersTable
from regulars_platform.reports.changes import with_changes
from regulars_platform.reports.contamination import (
    Contamination,
    contaminated_arms,
    contamination_json,
    split_households,
)
from regulars_platform.reports.days import find_days
from regulars_platform.reports.design import WHOLE
from regulars_platform.reports.document import Circumstances, canonical_report, report_document
from regulars_platform.reports.errors import NoOutcomesError, NoReportError, UnknownDecisionError
from regulars_platform.reports.files import outcome_files, stored_files
from regulars_platform.reports.findings import find
from regulars_platform.reports.goods_costs import costs_json, window_coverage
from regulars_platform.reports.happenings import (
    EVENT_OF,
    declared,
    silenced_rows,
    with_happenings,
    without_data,
)
from regulars_platform.reports.later import later_orders
from regulars_platform.reports.leak_foreseen import find_leaks, leaks_json
from regulars_platform.reports.matching import FileMatch, match_file
from regulars_platform.reports.outcomes import WindowOrders, outcomes_of, window_orders
from regulars_platform.reports.padding import find_arm_padding, padding_json
from regulars_platform.reports.past_values import COUNTED, past_values_json
from regulars_platform.reports.threshold_document import thresholds_json
from regulars_platform.reports.thresholds import find_thresholds
from regulars_platform.reports.total import find_total, total_json
from regulars_platform.reports.with_memory import memory_json, with_memory
from regulars_platform.settings import Settings
from regulars_platform.suppressions.service import suppressed_by_arm

CHOICES = ("keep", "stop", "retest", "change")

FREIGHT_APART = "apart"
"""Among a report's inputs where freight that was given back counts as no returned goods; reports
without it are older, and are computed again by the rule they were made by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A stored report; `document` as in schema regulars.report/1."""

    id: int
    campaign_id: int
    created_at: dt.datetime
    document: Mapping[str, Any]
    document_sha256: str


def evaluate_campaign(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int, now: dt.datetime
) -> Report:
    """Evaluate on the orders as they are now, and keep the report.

    The same inputs (orders, files, failed sends, day) give the report that is already there.
    Raises NotLaunchedError, NoOutcomesError, LedgerDamagedError.
    """
    campaign = get_launched(session, shop_id, campaign_id)
    inputs = gather_inputs(session, settings, campaign, now=now)
    return store_report(session, inputs, compute_report(settings, campaign, inputs), now=now)


def gather_inputs(
    session: Session, settings: Settings, campaign: LaunchedCampaign, *, now: dt.datetime
) -> dict[str, Any]:
    """The versions of everything that a report made now would read. JSON without floats."""
    version = OrdersTable(settings.shop_dir(campaign.shop_id)).version()
    if version is None:
        raise NoOutcomesError.no_orders()
    day = now.astimezone(ZoneInfo(campaign.plan.timezone)).date()
    if day < campaign.plan.send_date:
        raise NoOutcomesError.too_early(campaign.plan.send_date)
    ledger = campaign_ledger(settings, campaign)
    return _events_version(settings, campaign) | {
        "campaign": campaign.id,
        "plan_sha256": campaign.plan_sha256,
        "ledger_sha256": campaign.ledger_sha256,
        "orders_version": version,
        "files": stored_files(session, campaign.shop_id),
        "failed_sends": failed_sends_by_arm(session, campaign.id),
        "suppressed_since": suppressed_by_arm(
            session,
            campaign.shop_id,
            ledger,
            since=campaign.launched_at,
        ),
        "memory": pinned_lessons(session, settings, campaign),
        "forecast": find_forecast(session, campaign.id),
        "evaluated_on": day.isoformat(),
        "freight": FREIGHT_APART,
        "past_values": COUNTED,
        "code_version": installed_version("regulars"),
        **silenced_rows(session, settings, campaign, ledger, now),
    }


def compute_report(
    settings: Settings, campaign: LaunchedCampaign, inputs: Mapping[str, Any]
) -> str:
    """The report on exactly these inputs, as canonical JSON: the same bytes each time."""
    plan = campaign.plan
    ledger = campaign_ledger(settings, campaign)
    lines = OrdersTable(settings.shop_dir(campaign.shop_id)).scan(inputs["orders_version"])
    files = outcome_files(settings, inputs["files"], plan)
    matches = [match_file(import_id, file, ledger, plan) for import_id, file in files]
    circumstances = _circumstances(campaign, lines, inputs, matches)
    costs = campaign_costs(settings, campaign)
    apart = inputs.get("freight") == FREIGHT_APART
    orders, outcomes = orders_and_outcomes(settings, campaign, inputs, ledger)
    lessons = [unpinned(lesson) for lesson in inputs.get("memory", ())]
    judged = plan_for_units(plan, ledger)
    findings, remembered = with_memory(find(outcomes, ledger, judged), judged, ledger, lessons)
    until = circumstances.data_until or circumstances.evaluated_on
    last = dt.date.fromisoformat(until)
    later = later_orders(lines, ledger, plan, last, costs, freight_apart=apart)
    days = find_days(orders, ledger, judged, last, later)
    contamination = Contamination(
        arms=contaminated_arms(orders, outcomes, ledger, plan),
        split=split_households(lines, ledger, plan),
        not_reached=inputs["failed_sends"],
        suppressed=inputs.get("suppressed_since", {}),
    )
    thresholds = find_thresholds(
        findings.moments, outcomes, ledger, judged, findings.shown_segments
    )
    findings = with_changes(findings, thresholds, judged, changing=circumstances.state != "open")
    sections: dict[str, Any] = {
        "contamination": contamination_json(contamination),
        "leak": leaks_json(find_leaks(findings, orders, judged, inputs.get("forecast"))),
        "padding": padding_json(find_arm_padding(orders, outcomes, judged)),
        "thresholds": thresholds_json(thresholds, plan.confidence / WHOLE),
        "memory": memory_json(remembered),
        "total": total_json(find_total(findings.moments, judged)),
    }
    if untold := without_data(plan, outcomes):
        sections["without_data"] = untold
    if inputs.get("past_values") == COUNTED:
        sections["past_values"] = past_values_json(ledger, plan)
    if plan.margin_source == "products":
        sections["goods_costs"] = costs_json(window_coverage(lines, ledger, plan, costs))
    return canonical_report(report_document(plan, findings, days, circumstances, sections))


def orders_and_outcomes(
    settings: Settings, campaign: LaunchedCampaign, inputs: Mapping[str, Any], ledger: pl.DataFrame
) -> tuple[WindowOrders, pl.DataFrame]:
    """The orders that a report on these inputs counts, and what each unit did: the rows that every
    figure of it is made of."""
    plan = campaign.plan
    lines = OrdersTable(settings.shop_dir(campaign.shop_id)).scan(inputs["orders_version"])
    costs = campaign_costs(settings, campaign)
    events = _events(settings, campaign, inputs)
    apart = inputs.get("freight") == FREIGHT_APART
    orders = window_orders(lines, ledger, plan, costs, events, freight_apart=apart)
    return orders, with_happenings(outcomes_of(orders, ledger, plan), ledger, plan, events, inputs)


def _events_version(settings: Settings, campaign: LaunchedCampaign) -> dict[str, Any]:
    """Of the events that cash back is paid by, or a metric counts; else nothing."""
    counted = any(name in EVENT_OF for name in declared(campaign.plan))
    if not counted and not any(isinstance(arm.offer, CashBack) for arm in campaign.plan.arms):
        return {}
    return {"events_version": DatasetTable(settings.shop_dir(campaign.shop_id), "events").version()}


def _events(
    settings: Settings, campaign: LaunchedCampaign, inputs: Mapping[str, Any]
) -> pl.LazyFrame | None:
    version = inputs.get("events_version")
    if version is None:
        return None
    return DatasetTable(settings.shop_dir(campaign.shop_id), "events").scan(version)


def store_report(
    session: Session, inputs: Mapping[str, Any], text: str, *, now: dt.datetime
) -> Report:
    """Keep a report; one with the same inputs is there only once."""
    inputs_sha256 = _sha256(canonical_json(dict(inputs)))
    row = session.scalar(
        select(ReportRow).where(
            ReportRow.campaign_id == inputs["campaign"],
            ReportRow.inputs_sha256 == inputs_sha256,
        )
    )
    if row is None:
        row = ReportRow(
            campaign_id=inputs["campaign"],
            created_at=now,
            inputs=dict(inputs),
            inputs_sha256=inputs_sha256,
            document=text,
            document_sha256=_sha256(text),
        )
        session.add(row)
        session.flush()
        learn(session, row)
    return _report(row)


def recompute(session: Session, settings: Settings, *, shop_id: int, report_id: int) -> bool:
    """Compute a stored report again from the versions it names; whether it is the same bytes."""
    row = session.get(ReportRow, report_id)
    if row is None:
        raise NoReportError.unknown()
    campaign = get_launched(session, shop_id, row.campaign_id)
    return compute_report(settings, campaign, row.inputs) == row.document


def find_latest_report(session: Session, shop_id: int, campaign_id: int) -> Report | None:
    """The latest report of a launched campaign of this shop, if there is one."""
    get_launched(session, shop_id, campaign_id)
    row = session.scalar(
        select(ReportRow)
        .where(ReportRow.campaign_id == campaign_id)
        .order_by(ReportRow.id.desc())
        .limit(1)
    )
    return None if row is None else _report(row)


def list_reports(session: Session, shop_id: int, campaign_id: int) -> list[Report]:
    """All reports of the campaign, the latest first."""
    get_launched(session, shop_id, campaign_id)
    rows = session.scalars(
        select(ReportRow).where(ReportRow.campaign_id == campaign_id).order_by(ReportRow.id.desc())
    )
    return [_report(row) for row in rows]


def get_report(session: Session, shop_id: int, campaign_id: int, report_id: int) -> Report:
    """One report; NoReportError where there is none."""
    get_launched(session, shop_id, campaign_id)
    row = session.get(ReportRow, report_id)
    if row is None or row.campaign_id != campaign_id:
        raise NoReportError.unknown()
    return _report(row)


def record_decision(
    session: Session,
    report: Report,
    *,
    arm: str,
    segment: str | None,
    choice: str,
    reason: str,
    user_id: int,
    now: dt.datetime,
) -> DecisionRow:
    """Write down who decided what on which report, and why. Decisions are added, never changed."""
    known = {(group["arm"], group["segment"]) for group in report.document["segments"]}
    known |= {(group["arm"], None) for group in report.document["overall"]}
    if (arm, segment) not in known:
        raise UnknownDecisionError.group()
    if choice not in CHOICES:
        raise UnknownDecisionError.choice()
    words = reason.strip()
    if not words or len(words) > 2000:
        raise UnknownDecisionError.reason()
    row = DecisionRow(
        campaign_id=report.campaign_id,
        report_id=report.id,
        arm=arm,
        segment=segment,
        choice=choice,
        reason=words,
        decided_by=user_id,
        decided_at=now,
    )
    session.add(row)
    session.flush()
    return row


def list_decisions(session: Session, campaign_id: int) -> list[DecisionRow]:
    """All decisions on a campaign, the latest first."""
    return list(
        session.scalars(
            select(DecisionRow)
            .where(DecisionRow.campaign_id == campaign_id)
            .order_by(DecisionRow.id.desc())
        )
    )


def _circumstances(
    campaign: LaunchedCampaign,
    lines: pl.LazyFrame,
    inputs: Mapping[str, Any],
    matches: list[FileMatch],
) -> Circumstances:
    plan = campaign.plan
    day = dt.date.fromisoformat(inputs["evaluated_on"])
    last, known, orders = _window(lines, plan)
    if not orders:
        raise NoOutcomesError.none_yet(plan.send_date, plan.outcome_end)
    if day <= plan.outcome_end:
        state = "open"
    elif day <= plan.settle_until:
        state = "provisional"
    else:
        state = "closed"
    return Circumstances(
        evaluated_on=day.isoformat(),
        data_until=None if last is None else last.isoformat(),
        state=state,
        # a day without any order at the very end of a window is no gap in the files yet
        gap=state != "open" and (last is None or (plan.outcome_end - last).days > 1),
        attributed=(known, orders),
        matches=tuple(matches),
        failed_sends=inputs["failed_sends"],
        left_out=_left_out(campaign),
        inputs=inputs,
    )


def _left_out(campaign: LaunchedCampaign) -> dict[str, int]:
    barred = {
        "no_consent": campaign.no_consent,
        "global_holdout": campaign.held_out,
        "over_the_cap": campaign.capped,
    }
    # reports of campaigns without such customers stay as they were, to the byte
    return {"excluded": campaign.excluded, "suppressed": campaign.suppressed} | {
        reason: customers for reason, customers in barred.items() if customers
    }


def _window(lines: pl.LazyFrame, plan: Plan) -> tuple[dt.date | None, int, int]:
    """(day of the last order in the table, paid orders of the window with a customer, all)."""
    day = pl.col("ordered_at").dt.convert_time_zone(plan.timezone).dt.date()
    last = lines.select(day.max()).collect(engine="streaming").item()
    inside = (
        lines.filter(
            (pl.col("ordered_at") >= plan.outcome_start)
            & (pl.col("ordered_at") < plan.outcome_stop)
            & (pl.col("status") == PAID)
        )
        .group_by("order_id")
        .agg(pl.col("customer_id").is_not_null().any().alias("known"))
        .select(pl.col("known").sum(), pl.len().alias("orders"))
        .collect(engine="streaming")
    )
    known, orders = inside.row(0)
    return last, int(known), int(orders)


def _report(row: ReportRow) -> Report:
    return Report(
        id=row.id,
        campaign_id=row.campaign_id,
        created_at=row.created_at,
        document=json.loads(row.document),
        document_sha256=row.document_sha256,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
