"""Working out a version's result on the orders as they are, and keeping it.

The document is canonical JSON with the versions of all that it read; pages are made from it alone.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.results import answer_as_json
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import build_feature_store
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.offers.goods_costs import product_costs
from regulars_platform.offers.kinds import CashBack
from regulars_platform.programmes.errors import ProgrammeUnavailableError
from regulars_platform.programmes.findings import ProgrammeFindings, find_programme
from regulars_platform.programmes.needs import refuse_unpayable
from regulars_platform.programmes.outcomes import ENTRY_SCHEMA, entry_outcomes
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.running import get_shop_row
from regulars_platform.programmes.service import Version, get_version
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeResultRow
from regulars_platform.reports.goods_costs import costs_json
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

FORMAT = "regulars-programme/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A kept result: its document, and when it was made from which orders."""

    version_id: int
    orders_version: int
    document: Mapping[str, Any]
    made_at: dt.datetime


def evaluate_version(
    database: Database, settings: Settings, *, shop_id: int, version_id: int, now: dt.datetime
) -> Result:
    """Work out and keep the result of one version. Raises ProgrammeUnavailableError, not found."""
    with database.reading() as session:
        version = get_version(session, shop_id, version_id)
        shop = get_shop_row(session, shop_id)
        entries = read_entries(session, version_id)
    store = build_feature_store(settings, shop)
    orders_version = store.table.version()
    days = None if orders_version is None else find_order_days(store, orders_version)
    if orders_version is None or days is None:
        raise ProgrammeUnavailableError.no_orders()
    lines, costs = store.table.scan(orders_version), programme_costs(store.shop_dir, version.plan)
    events = programme_events(store.shop_dir, version.plan)
    outcomes = entry_outcomes(lines, entries, version.plan, days.last, costs, events)
    findings = find_programme(outcomes, version.plan, planned=version.planned, until=days.last)
    document = findings_json(findings, version, orders_version=orders_version, until=days.last)
    if outcomes.coverage is not None:
        document["goods_costs"] = costs_json(outcomes.coverage)
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with database.unit_of_work() as session:
        row = _find_row(session, version_id)
        if row is None:
            row = ProgrammeResultRow(shop_id=shop_id, version_id=version_id)
            session.add(row)
        row.orders_version, row.document, row.made_at = orders_version, text, now
        session.flush()
        return _build(row)


def programme_costs(shop_dir: Path, plan: ProgrammePlan) -> pl.LazyFrame | None:
    """product, cost as they were when the version began; None where it does not go by them."""
    if plan.margin_source != "products" or plan.products_version is None:
        return None
    return product_costs(shop_dir, plan.products_version)


def programme_events(shop_dir: Path, plan: ProgrammePlan) -> pl.LazyFrame | None:
    """Who followed when, as it is known now, for a plan that pays cash back for it; else None.

    Raises ProgrammeUnavailableError where no file of events was brought.
    """
    refuse_unpayable(shop_dir, plan)
    if not isinstance(plan.offer, CashBack):
        return None
    return DatasetTable(shop_dir, "events").scan()


def find_result(session: Session, version_id: int) -> Result | None:
    """The kept result of a version; None before the first."""
    row = _find_row(session, version_id)
    return None if row is None else _build(row)


def read_entries(session: Session, version_id: int) -> pl.DataFrame:
    """All entries of a version, ENTRY_SCHEMA, by their number."""
    entry = ProgrammeEntryRow
    columns = (
        entry.id,
        entry.customer_id,
        entry.occasion,
        entry.contact_on,
        entry.held_back,
        entry.code,
        entry.threshold,
    )
    found = session.execute(select(*columns).where(entry.version_id == version_id))
    rows = [tuple(row) for row in found]
    return pl.DataFrame(rows, schema=ENTRY_SCHEMA, orient="row").sort("entry")


def findings_json(
    found: ProgrammeFindings, version: Version, *, orders_version: int, until: dt.date
) -> dict[str, Any]:
    """The document: money in currency units per entry."""
    waits = found.waits
    return {
        "format": FORMAT,
        "plan_sha256": version.sha256,
        "version": version.number,
        "orders_version": orders_version,
        "orders_until": until.isoformat(),
        "currency": version.plan.currency,
        "confidence_percent": version.plan.confidence / 100,
        "window_days": version.plan.window_days,
        "told": found.n_told,
        "held_back": found.n_held,
        "waiting": found.waiting,
        "after": found.after,
        "buyers_told": found.buyers_told,
        "buyers_held_back": found.buyers_held,
        "net": answer_as_json(found.net),
        "bars": {name: answer_as_json(answer) for name, answer in found.bars},
        "sample_ratio_p": None if found.ratio is None else found.ratio.p_value,
        "weeks": [
            {
                "begins": week.begins.isoformat(),
                "told": week.n_told,
                "held_back": week.n_held,
                "own": answer_as_json(week.own),
                "so_far": answer_as_json(week.all_so_far),
            }
            for week in found.weeks
        ],
        "advice": found.advice,
        "waits": None
        if waits is None
        else {
            "buyers": waits.buyers,
            "needed": waits.needed,
            "ready_on": None if waits.ready_on is None else waits.ready_on.isoformat(),
        },
        "planned": found.planned,
        "reach": found.reach,
    }


def _find_row(session: Session, version_id: int) -> ProgrammeResultRow | None:
    found = select(ProgrammeResultRow).where(ProgrammeResultRow.version_id == version_id)
    return session.scalars(found).first()


def _build(row: ProgrammeResultRow) -> Result:
    return Result(
        version_id=row.version_id,
        orders_version=row.orders_version,
        document=json.loads(row.document),
        made_at=row.made_at,
    )
