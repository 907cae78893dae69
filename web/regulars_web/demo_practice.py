"""The demo's practice: what the sample shop brings beside orders, and what it has set up.

Everything here comes after the launch of the sample's campaign, so that its draw stays the one for
which its orders were made.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from regulars_platform.calendar.events import YEARLY, Event
from regulars_platform.calendar.service import keep_event
from regulars_platform.cycle.jobs import ask as ask_for_cycle
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.service import import_file
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.service import enqueue
from regulars_platform.lifetime.jobs import KIND as LIFETIME
from regulars_platform.needs.jobs import KIND as NEEDS
from regulars_platform.needs.tree import BigNeed, keep_needs
from regulars_platform.programmes.jobs import enqueue_evaluation
from regulars_platform.programmes.running import run_programme
from regulars_platform.programmes.service import (
    Settled,
    create_programme,
    get_programme,
    start_programme,
    usual_draft,
)
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

FILES: tuple[tuple[str, Kind], ...] = (
    ("customers.csv.gz", "customers"),
    ("products.csv", "products"),
    ("events.csv.gz", "events"),
    ("shop_days.csv", "shop_days"),
    ("industry_days.csv", "shop_days"),
    ("referrals.csv", "referrals"),
    ("points.csv.gz", "points"),
    ("contacts.csv.gz", "contacts"),
)
"""Files of the sample beside its orders, and what they hold."""

NEEDS_OF_SHOP = (
    BigNeed(name="Tea through the day", leaves=("Morning tea", "Afternoon tea", "Evening tea")),
    BigNeed(name="A tea table", leaves=("Pots and cups", "Table and storage")),
    BigNeed(name="Gifts"),
    BigNeed(name="Scent and light"),
    BigNeed(name="Something sweet"),
)
SALES = (  # the days that draw orders to themselves in the sample
    ("Women's day", "other", dt.date(2025, 3, 8)),
    ("6.18", "618", dt.date(2025, 6, 18)),
    ("Double 11", "double_11", dt.date(2025, 11, 11)),
    ("12.12", "other", dt.date(2025, 12, 12)),
)
PROGRAMMES = {
    "unpaid": ("Unpaid-order reminder", "Your order is waiting. Pay today and it leaves today."),
    "birthday": (
        "Birthday",
        "Your birthday is near. A small tin of tea travels with your next order.",
    ),
}
RUN_FROM, RUN_DAYS = dt.date(2026, 8, 3), 10
SALT = "sample-programme-"


def bring_practice(
    settings: Settings, database: Database, shop_id: int, sample: Path, *, now: dt.datetime
) -> None:
    """Store the files, name needs and sales, run two programmes for some days, and ask for what
    takes a while: who is due, what goes together, what customers will buy, what programmes brought.
    """
    for name, kind in FILES:
        import_file(
            settings,
            database,
            shop_id,
            sample / name,
            kind=kind,
            # addresses are kept, so that there is somebody to call and to write to
            choose=lambda look: replace(look.options, keep_contacts=True),
            now=now,
        )
    with database.unit_of_work() as session:
        keep_needs(session, shop_id, NEEDS_OF_SHOP)
        for event in _sales():
            keep_event(session, shop_id=shop_id, event=event, event_id=None, now=now)
        ask_for_cycle(session, shop_id, now)
        enqueue(session, NEEDS, shop_id, shop_id, now)
        enqueue(session, LIFETIME, shop_id, shop_id, now)
    for programme in PROGRAMMES:
        _run(settings, database, shop_id, programme, now)


def _sales() -> list[Event]:
    return [
        Event(
            id=0,
            name=name,
            kind=kind,
            repeats=YEARLY,
            first_day=day,
            days=1,
            is_sale=True,
        )
        for name, kind, day in SALES
    ]


def _run(settings: Settings, database: Database, shop_id: int, kind: str, now: dt.datetime) -> None:
    """Start the usual programme of a kind, by what the sample's goods cost, and let its days pass;
    it goes on."""
    name, words = PROGRAMMES[kind]
    began = _morning(RUN_FROM)
    draft = usual_draft(kind, name=name, words=words, by_product=True)
    products = DatasetTable(settings.shop_dir(shop_id), "products").version()
    with database.unit_of_work() as session:
        programme = create_programme(session, shop_id=shop_id, draft=draft, now=began)
        start_programme(
            session,
            shop_id=shop_id,
            programme_id=programme.id,
            now=began,
            user_id=None,
            salt=SALT + kind,
            planned=0,
            settled=Settled(products_version=products),
        )
    for place in range(RUN_DAYS):
        day = RUN_FROM + dt.timedelta(days=place)
        run_programme(database, settings, shop_id, programme.id, day, _morning(day))
    _ask_for_result(database, shop_id, programme.id, now)


def _morning(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(9), ZoneInfo("Asia/Shanghai"))


def _ask_for_result(database: Database, shop_id: int, programme_id: int, now: dt.datetime) -> None:
    with database.unit_of_work() as session:
        version = get_programme(session, shop_id, programme_id).version
        if version is not None:
            enqueue_evaluation(session, shop_id=shop_id, version_id=version.id, now=now)
