"""A shop in a temporary folder, and order files written by hand."""

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.intake import service, tables
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.limits import LIMITS, Limits
from regulars_platform.intake.models import (
    ImportId,
    OrderField,
    OverlapChoice,
    ReadingOptions,
)
from regulars_platform.intake.tallies import Tallies
from regulars_platform.orders.table import OrdersTable
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SHOP = 1


@dataclass(frozen=True, slots=True)
class ShopBench:
    """One shop with its settings and database; every step of an import as a short call."""

    settings: Settings
    database: Database
    limits: Limits = LIMITS

    @property
    def orders(self) -> OrdersTable:
        return OrdersTable(self.settings.shop_dir(SHOP))

    def stored(self) -> pl.DataFrame:
        return self.orders.scan().sort("order_id", "line_key").collect()

    def upload(self, content: bytes, filename: str = "orders.csv") -> ImportId:
        with self.database.unit_of_work() as session:
            return service.receive_upload(
                session, self.settings, SHOP, filename, io.BytesIO(content), NOW
            )

    def confirmed(
        self,
        content: bytes,
        mapping: Mapping[OrderField, str] | None = None,
        options: ReadingOptions | None = None,
    ) -> ImportId:
        import_id = self.upload(content)
        seen = service.look(self.settings, self.database, import_id, limits=self.limits)
        self.confirm(import_id, seen.mapping() if mapping is None else mapping, options)
        return import_id

    def confirm(
        self,
        import_id: ImportId,
        mapping: Mapping[OrderField, str],
        options: ReadingOptions | None = None,
    ) -> None:
        with self.database.unit_of_work() as session:
            service.confirm_mapping(session, import_id, mapping, options or ReadingOptions())

    def check(self, import_id: ImportId) -> Tallies:
        return service.check(self.settings, self.database, import_id, limits=self.limits)

    def store(self, import_id: ImportId, choice: OverlapChoice | None = None) -> Tallies:
        return service.store(self.settings, self.database, import_id, choice, now=NOW)

    def bring_in(
        self,
        content: bytes | str,
        mapping: Mapping[OrderField, str] | None = None,
        options: ReadingOptions | None = None,
        overlap: OverlapChoice | None = None,
    ) -> Tallies:
        """All steps; the tallies at the end."""
        raw = content.encode() if isinstance(content, str) else content
        import_id = self.confirmed(raw, mapping, options)
        self.check(import_id)
        return self.store(import_id, overlap)

    def get(self, import_id: ImportId) -> OrderImport:
        with self.database.unit_of_work() as session:
            return service.get_import(session, import_id)

    def rejects(self, import_id: ImportId) -> str:
        path = service.rejects_path(self.settings, import_id)
        assert path is not None
        return path.read_text(encoding="utf-8-sig")


def open_shop(folder: Path, timezone: str = "UTC", limits: Limits = LIMITS) -> ShopBench:
    """A new shop with nothing in it."""
    settings = build_settings(folder)
    prepare_data_dir(settings)
    database = Database(settings)
    Shop.metadata.create_all(
        database.engine,
        tables=[
            Shop.metadata.tables[name]
            for name in (
                "shops",
                tables.OrderImportRow.__tablename__,
                tables.ColumnMappingRow.__tablename__,
                tables.WaitingPartsRow.__tablename__,
            )
        ],
    )
    with database.unit_of_work() as session:
        session.add(Shop(id=SHOP, name="Tea", currency="EUR", timezone=timezone, created_at=NOW))
    return ShopBench(settings, database, limits)


def csv(*lines: str) -> bytes:
    """Lines of a file, in UTF-8."""
    return ("\n".join(lines) + "\n").encode()


HEADER = "order_id,customer_id,ordered_at,product,quantity,amount"
"""Headings of the plain files in these tests."""
