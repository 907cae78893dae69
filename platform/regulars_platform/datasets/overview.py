"""What a shop brought of each kind: how much, which days, and whom of its customers it knows.

Reckoned once per version of the tables, and kept beside them.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.models import DatasetImport
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.intake.models import ImportState
from regulars_platform.intake.staging import read_json, write_json
from regulars_platform.orders.table import OrdersTable
from regulars_platform.settings import Settings

_DAYS: dict[Kind, str] = {
    "events": "happened_at",
    "shop_days": "day",
    "referrals": "happened_on",
    "points": "happened_at",
    "contacts": "happened_at",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What there is of one kind.

    first_day, last_day: None where nothing has a day. share: of the shop's customers who bought (of
    its products sold, for products) those that are known here; None where it makes no sense.
    last: the file that was stored last.
    """

    kind: Kind
    records: int
    first_day: dt.date | None
    last_day: dt.date | None
    share: float | None
    last: DatasetImport | None


def overview(
    settings: Settings, shop_id: int, timezone: dt.tzinfo, files: Iterable[DatasetImport]
) -> list[Known]:
    """Every kind in the order of `KINDS`. files: those of the shop, newest first."""
    shop_dir = settings.shop_dir(shop_id)
    orders = OrdersTable(shop_dir)
    stored = [file for file in files if file.state is ImportState.STORED]
    cache = shop_dir / "datasets" / "overview.json"
    kept: dict[str, Any] = read_json(cache) or {}
    fresh: dict[str, Any] = {}
    found = []
    for kind in KINDS:
        table = DatasetTable(shop_dir, kind)
        versions = [table.version(), orders.version(), str(timezone)]
        told = kept.get(kind)
        if told is None or told["versions"] != versions:
            told = {"versions": versions, **_reckon(table, orders, timezone)}
        fresh[kind] = told
        found.append(
            Known(
                kind=kind,
                records=told["records"],
                first_day=_day(told["first_day"]),
                last_day=_day(told["last_day"]),
                share=told["share"],
                last=_last(stored, kind),
            )
        )
    if fresh != kept and any(item.records for item in found):
        write_json(cache, fresh)
    return found


def _last(stored: list[DatasetImport], kind: Kind) -> DatasetImport | None:
    mine = [file for file in stored if file.kind == kind]
    return max(mine, key=lambda file: (file.stored_at or file.received_at, file.id), default=None)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _reckon(table: DatasetTable, orders: OrdersTable, timezone: dt.tzinfo) -> dict[str, Any]:
    kind = table.kind.name
    asked = [pl.len().alias("records")]
    column = _DAYS.get(kind)
    if column is not None:
        day = pl.col(column)
        if table.kind.schema[column] == pl.Datetime("us", "UTC"):
            zone = "UTC" if timezone is dt.UTC else str(timezone)
            day = day.dt.convert_time_zone(zone).dt.date()
        asked += [day.min().alias("first"), day.max().alias("last")]
    row = table.scan().select(asked).collect(engine="streaming").row(0, named=True)
    first, last = row.get("first"), row.get("last")
    return {
        "records": row["records"],
        "first_day": first.isoformat() if first else None,
        "last_day": last.isoformat() if last else None,
        "share": _share(table, orders) if row["records"] else None,
    }


def _share(table: DatasetTable, orders: OrdersTable) -> float | None:
    column = "product" if table.kind.name == "products" else "customer_id"
    if column not in table.kind.schema or not orders.exists():
        return None
    sold = orders.scan().select(pl.col(column).alias("key")).drop_nulls().unique()
    told = table.scan().select(pl.col(column).alias("key"))
    if column == "product":
        told = pl.concat([told, table.scan().select(pl.col("also").alias("key"))])
    counts = (
        sold.join(
            told.drop_nulls().unique().with_columns(pl.lit(value=True).alias("known")),
            on="key",
            how="left",
        )
        .select(pl.len().alias("all"), pl.col("known").count().alias("known"))
        .collect(engine="streaming")
        .row(0)
    )
    return counts[1] / counts[0] if counts[0] else None
