"""A shop that sends: customers with addresses, a template, and a mailing."""

import datetime as dt
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.channels import keep_channel_use
from regulars_platform.delivery.lists import TreatedArm
from regulars_platform.delivery.outbox import Mailing
from regulars_platform.delivery.templates import keep_template
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.settings import Settings
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
