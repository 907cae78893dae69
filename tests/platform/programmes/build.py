"""Builders of shops with programmes: say what matters, the rest is ordinary."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl
from sqlalchemy import select

from regulars_platform.programmes.running import DayRun, run_programme
from regulars_platform.programmes.service import (
    Programme,
    create_programme,
    start_programme,
    usual_draft,
)
from regulars_platform.programmes.tables import ProgrammeEntryRow
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line, lines

SHOP = 1
DAY = dt.date(2026, 6, 15)
NOW = dt.datetime(2026, 6, 15, 6, tzinfo=dt.UTC)


def open_shops(database: Database) -> None:
    """Tea, shop 1, and books, shop 2; nothing is quiet there, and the cap is far."""
    with database.unit_of_work() as session:
        for name in ("tea", "books"):
            session.add(
                Shop(
                    name=name,
                    currency="EUR",
                    timezone="UTC",
                    created_at=NOW,
                    practice={
                        "quiet_hours": {"from": "00:00", "to": "00:00"},
                        "caps": {"contacts": 50, "days": 30},
                    },
                )
            )


def keep_orders(settings: Settings, *rows: dict[str, Any], shop_id: int = SHOP) -> None:
    """Order lines (see `customers.build.line`) as the shop's new orders table, over the old."""
    path = settings.shop_dir(shop_id) / "orders"
    lines(*rows).collect().write_delta(path, mode="overwrite")


def first_orders(number: int, day: dt.date = dt.date(2026, 6, 5)) -> Iterable[dict[str, Any]]:
    """One order each of so many new customers, c0000 on, worth 50.00, 50.01, ..."""
    return (
        line(f"o{place:04d}", f"c{place:04d}", day.isoformat(), 50 + place / 100)
        for place in range(number)
    )


def started(
    database: Database, kind: str, *, shop_id: int = SHOP, salt: str = "salt", **changes: Any
) -> Programme:
    """A running programme: the usual one of its kind, but for the changes."""
    usual = usual_draft(kind, name=kind, words="Dear customer")
    with database.unit_of_work() as session:
        made = create_programme(session, shop_id=shop_id, draft=usual | changes, now=NOW)
        return start_programme(
            session,
            shop_id=shop_id,
            programme_id=made.id,
            now=NOW,
            user_id=None,
            salt=salt,
            planned=1000,
        )


def run(
    database: Database,
    settings: Settings,
    programme: Programme,
    day: dt.date = DAY,
    *,
    hour: int = 6,
) -> DayRun:
    """Its run of a day, at that hour (UTC)."""
    now = dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)
    return run_programme(database, settings, programme.shop_id, programme.id, day, now)


def entries(database: Database, programme: Programme | None = None) -> pl.DataFrame:
    """All entries, or one programme's, by programme and customer."""
    table = ProgrammeEntryRow.__table__
    with database.reading() as session:
        query = select(table).order_by(table.c.programme_id, table.c.customer_id, table.c.id)
        if programme is not None:
            query = query.where(table.c.programme_id == programme.id)
        rows = [dict(row) for row in session.execute(query).mappings()]
    return pl.DataFrame(rows, infer_schema_length=None)
