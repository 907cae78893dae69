"""A shop in a temporary folder, its orders, and other files written by hand."""

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.datasets import service
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import (
    DatasetImport,
    DatasetImportId,
    DatasetLook,
    DatasetOptions,
    DatasetTallies,
)
from regulars_platform.datasets.prepare import PART
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import ORDER_SCHEMA, OrdersTable
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import list_suppressions

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SHOP = 1


@dataclass(frozen=True, slots=True)
class ShopBench:
    """One shop with its settings and database; every step of a file as a short call."""

    settings: Settings
    database: Database
    part: int = PART

    def table(self, kind: Kind) -> DatasetTable:
        return DatasetTable(self.settings.shop_dir(SHOP), kind)

    def stored(self, kind: Kind) -> pl.DataFrame:
        table = self.table(kind)
        return table.scan().sort(table.kind.key).collect()

    def upload(
        self, content: bytes, filename: str = "file.csv", kind: Kind | None = None
    ) -> DatasetImportId:
        with self.database.unit_of_work() as session:
            return service.receive_upload(
                session, self.settings, SHOP, filename, io.BytesIO(content), NOW, kind=kind
            )

    def look(self, import_id: DatasetImportId) -> DatasetLook:
        return service.look(self.settings, self.database, import_id)

    def seen(self, content: bytes, filename: str = "file.csv") -> DatasetLook:
        return self.look(self.upload(content, filename))

    def confirm(
        self,
        import_id: DatasetImportId,
        mapping: Mapping[str, str],
        options: DatasetOptions,
    ) -> None:
        with self.database.unit_of_work() as session:
            service.confirm_columns(session, import_id, mapping, options, NOW)

    def checked(
        self,
        content: bytes,
        *,
        kind: Kind | None = None,
        filename: str = "file.csv",
        mapping: Mapping[str, str] | None = None,
        options: DatasetOptions | None = None,
    ) -> DatasetImportId:
        import_id = self.upload(content, filename, kind)
        seen = self.look(import_id)
        self.confirm(
            import_id,
            seen.proposals if mapping is None else mapping,
            seen.options if options is None else options,
        )
        service.check(self.settings, self.database, import_id, part=self.part)
        return import_id

    def store(self, import_id: DatasetImportId) -> DatasetTallies:
        return service.store(self.settings, self.database, import_id, now=NOW, part=self.part)

    def bring_in(
        self,
        content: bytes,
        *,
        kind: Kind | None = None,
        filename: str = "file.csv",
        mapping: Mapping[str, str] | None = None,
        options: DatasetOptions | None = None,
    ) -> DatasetTallies:
        """All steps; the tallies at the end."""
        return self.store(
            self.checked(content, kind=kind, filename=filename, mapping=mapping, options=options)
        )

    def get(self, import_id: DatasetImportId) -> DatasetImport:
        with self.database.unit_of_work() as session:
            return service.get_import(session, import_id)

    def rejects(self, import_id: DatasetImportId) -> str:
        path = service.rejects_path(self.settings, import_id)
        assert path is not None
        return path.read_text(encoding="utf-8-sig")

    def silenced(self) -> dict[str, str]:
        """Who is on the list of those whom nothing may reach -> why."""
        with self.database.unit_of_work() as session:
            return {row.customer_id: row.reason for row in list_suppressions(session, SHOP)}

    def take_orders(self, customers: list[str], products: list[str]) -> None:
        """One paid order of each customer, of the products in turn."""
        rows = pl.DataFrame(
            {
                "order_id": [f"O{number}" for number in range(len(customers))],
                "line_key": "1",
                "customer_id": customers,
                "ordered_at": NOW,
                "status": "paid",
                "product": [products[i % len(products)] for i in range(len(customers))],
                "quantity": 10_000,
                "amount": 100_000,
                "discount": 0,
                "order_discount": 0,
                "refund": 0,
                "import_id": 1,
                "source_line": 2,
            }
        )
        orders = OrdersTable(self.settings.shop_dir(SHOP))
        orders.path.mkdir(parents=True, exist_ok=True)
        rows.select(
            (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in ORDER_SCHEMA.items()
        ).write_delta(str(orders.path), mode="append")


def open_shop(folder: Path, timezone: str = "UTC", part: int = PART) -> ShopBench:
    """A new shop with nothing in it."""
    settings = build_settings(folder)
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        session.add(Shop(id=SHOP, name="Tea", currency="CNY", timezone=timezone, created_at=NOW))
    return ShopBench(settings, database, part)


def csv(*lines: str) -> bytes:
    """Lines of a file, in UTF-8."""
    return ("\n".join(lines) + "\n").encode()
