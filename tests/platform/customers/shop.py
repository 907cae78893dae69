"""A shop's folder for tests: orders, files beside them, and what is then known of a customer."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.table import DatasetTable
from tests.platform.customers.build import lines

DAY = dt.date(2026, 1, 31)


class Folder:
    """The data of one shop."""

    def __init__(self, path: Path, *orders: dict[str, Any]) -> None:
        self.path = path
        lines(*orders).collect().write_delta(path / "orders")

    def bring(self, kind: Kind, *records: dict[str, Any]) -> None:
        """Store records of a kind; what a record does not name stays empty."""
        schema = {
            name: what
            for name, what in KINDS[kind].schema.items()
            if any(name in record for record in records)
        }
        DatasetTable(self.path, kind).merge(pl.DataFrame(list(records), schema=schema))

    def frame(
        self, as_of: dt.date = DAY, *, timezone: str = "UTC", **practice: Any
    ) -> pl.DataFrame:
        """All customers as of a day; practice: sections of the shop's settings."""
        store = FeatureStore(self.path, timezone, practice)
        version = store.table.version()
        assert version is not None
        return store.features(as_of, version).collect()

    def known(
        self,
        customer: str,
        as_of: dt.date = DAY,
        *,
        timezone: str = "UTC",
        **practice: Any,
    ) -> dict[str, Any]:
        """What is known of one customer."""
        found = self.frame(as_of, timezone=timezone, **practice).filter(customer_id=customer)
        assert found.height == 1
        return found.row(0, named=True)


def event(key: str, customer: str | None, kind: str, day: str, **other: Any) -> dict[str, Any]:
    """An event at noon UTC of a day."""
    moment = dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")
    return {"event_key": key, "customer_id": customer, "kind": kind, "happened_at": moment} | other


def movement(key: str, customer: str, points: int, day: str) -> dict[str, Any]:
    """A movement of points at noon UTC of a day."""
    moment = dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")
    return {
        "movement_key": key,
        "customer_id": customer,
        "points": points,
        "happened_at": moment,
        "reason": "order",
    }
