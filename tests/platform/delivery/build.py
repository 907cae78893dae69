"""A shop that sends: customers with addresses, a template, and a mailing."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.lists import TreatedArm
from regulars_platform.delivery.outbox import Mailing
from regulars_platform.delivery.templates import keep_template
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.programmes.tables import (
    RUNNING,
    ProgrammeEntryRow,
    ProgrammeRow,
    ProgrammeRunRow,
    ProgrammeVersionRow,
)
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.practice import keep_section
from regulars_platform.shops.tables import Shop

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
"""Outside of anybody's quiet hours."""


def open_sending_shop(session: Session, *, via: str = "webhook", channel: str = "email") -> int:
    """A shop in UTC that sends by a channel; its template 1 greets by name. Returns its id."""
    shop = Shop(name="tea", currency="EUR", timezone="UTC", created_at=NOON)
    session.add(shop)
    session.flush()
    keep_channel_use(session, shop, shop.id, channel, {"via": via, "per_minute": "60000"})
    keep_section(session, shop.id, "quiet_hours", {"from": "00:00", "to": "00:00"})
    keep_template(
        session,
        shop_id=shop.id,
        raw={
            "name": "hello",
            "channel": channel,
            "subject": "For you",
            "body": "Dear {name}, come by.",
            "fallbacks": {"name": "customer"},
        },
        now=NOON,
    )
    return shop.id


def bring_customers(settings: Settings, shop_id: int, rows: list[dict[str, Any]]) -> None:
    """Rows of the customers' file; an e-mail address is made where a row has none."""
    DatasetTable(settings.shop_dir(shop_id), "customers").merge(
        pl.DataFrame(
            [{"email": f"{row['customer_id']}@example.org"} | row for row in rows],
            infer_schema_length=None,
        )
    )


def mailing(**other: Any) -> Mailing:
    """Programme 1 of shop 1 writes to its arm "told" by e-mail at NOON."""
    fields: dict[str, Any] = {
        "shop_id": 1,
        "source": "programme",
        "source_id": 1,
        "arm": TreatedArm(name="told", offer=MessageOnly()),
        "channel": "email",
        "template_id": 1,
        "send_at": NOON,
    } | other
    return Mailing(**fields)


def people(*names: str, **columns: list[Any]) -> pl.DataFrame:
    """Rows to queue."""
    return pl.DataFrame({"customer_id": list(names), **columns}, schema_overrides={})


def open_programme(session: Session, shop_id: int = 1) -> int:
    """A running programme of the shop with one version and one day. Returns its id."""
    programme = ProgrammeRow(
        shop_id=shop_id,
        name="care",
        kind="birthday",
        state=RUNNING,
        draft={},
        revision=1,
        created_at=NOON,
        changed_at=NOON,
    )
    session.add(programme)
    session.flush()
    version = ProgrammeVersionRow(
        shop_id=shop_id,
        programme_id=programme.id,
        number=1,
        plan_json='{"window_days": 30}',
        plan_sha256="0" * 64,
        salt="salt",
        planned=100,
        started_at=NOON,
    )
    session.add(version)
    session.flush()
    programme.version_id = version.id
    session.add(
        ProgrammeRunRow(
            shop_id=shop_id,
            programme_id=programme.id,
            version_id=version.id,
            day=NOON.date(),
            orders_version=0,
            counts={},
            ran_at=NOON,
        )
    )
    session.flush()
    return programme.id


def let_in(
    session: Session,
    programme_id: int,
    names: Iterable[str],
    *,
    occasion: str = "",
    held: Collection[str] = (),
) -> None:
    """Customers enter a programme (see `open_programme`) on an occasion; `held` are held back."""
    run = session.query(ProgrammeRunRow).filter_by(programme_id=programme_id).one()
    session.add_all(
        ProgrammeEntryRow(
            shop_id=run.shop_id,
            programme_id=programme_id,
            version_id=run.version_id,
            run_id=run.id,
            customer_id=name,
            occasion=occasion,
            entered_on=run.day,
            contact_on=run.day,
            due_at=NOON,
            late_days=0,
            held_back=name in held,
        )
        for name in names
    )
    session.flush()
