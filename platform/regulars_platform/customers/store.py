"""The feature frame and the whole orders of a shop, worked out once and kept as Parquet.

Named by orders version and date, so a file is never out of date; only the latest few are kept.
"""

import contextlib
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from regulars_platform.customers.features import order_features
from regulars_platform.customers.from_datasets import Brought
from regulars_platform.customers.histories import write_histories
from regulars_platform.customers.kept_orders import write_kept_orders
from regulars_platform.customers.whole import read_ways, ways_key, whole_frame
from regulars_platform.datasets.table import dataset_versions
from regulars_platform.orders.table import PAID, OrdersTable, goods_refunded, start_of_day
from regulars_platform.points.ledger import balances
from regulars_platform.points.rules import read_points_rules
from regulars_platform.settings import Settings
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.tables import Shop

FORMAT = 6
"""Raised whenever what is stored here changes its meaning."""

KEPT = 8
"""How many files of each kind stay; live counts touch a handful of dates at a time."""

KEPT_HISTORIES = 3
"""Those are as large as the orders, and only made use of when a new day is looked at."""

AT_HAND_ROWS = 1 << 13
"""In pieces of so many rows a few rows are read without the rest."""

ABANDONED_SECONDS = 3600
"""A half-written file this much older than one just finished has nobody left who writes it."""


class FeatureStore:
    """Features of one shop's customers as of any day, at any version of its orders."""

    def __init__(
        self, shop_dir: Path, timezone: str, practice: Mapping[str, Any] | None = None
    ) -> None:
        """practice: the shop's own settings (`shops.practice`); by default there are none."""
        self.table = OrdersTable(shop_dir)
        self.shop_dir = shop_dir
        self.timezone = timezone
        self.practice = practice
        self._folder = shop_dir / "features"

    def features(self, as_of: dt.date, version: int) -> pl.LazyFrame:
        """One row per customer, sorted by customer_id: columns as in FEATURE_SCHEMA, then the
        shop's own attributes (`attribute.<heading>`, `number.<heading>`).

        As of the start of the day `as_of` in the shop's time zone.
        """
        return pl.scan_parquet(self.features_file(as_of, version))

    def features_file(self, as_of: dt.date, version: int) -> Path:
        """Where `features` are kept. Its name tells all that they were made from: what is worked
        out from its rows is kept under that name too."""
        known = dataset_versions(self.shop_dir)
        key = f"{self._key(version)}-{ways_key(self, self.shop_dir, known)}"
        path = self._folder / f"features-{key}-{as_of.isoformat()}.parquet"
        if not _touch(path):
            brought = Brought(
                shop_dir=self.shop_dir,
                versions=known,
                as_of=as_of,
                moment=self.moment(as_of),
                points=self._points_by_rule(as_of, version, known["points"]),
            )
            frame = whole_frame(self.histories(version), brought, read_ways(self))
            self._keep(frame.lazy(), path)
        return path

    def order_features(self, as_of: dt.date, version: int) -> pl.LazyFrame:
        """What orders alone say, columns as in ORDER_FEATURE_SCHEMA, sorted by customer_id.

        The same for ever at one version of the orders, whatever else the shop brings later.
        """
        path = self._folder / f"history-{self._key(version)}-{as_of.isoformat()}.parquet"
        if not _touch(path):
            moment = self.moment(as_of)
            frame = order_features(self.orders(version), moment, timezone=self.timezone)
            self._keep(frame.sort("customer_id"), path)
        return pl.scan_parquet(path)

    def orders(self, version: int) -> pl.LazyFrame:
        """Whole orders (see `whole_orders`) of customers that are known, at that version; `refund`
        is that of the goods (see `goods_refunded`)."""
        path = self._folder / f"orders-{self._key(version)}.parquet"
        if not _touch(path):
            lines = self.table.scan(version)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, suffix=".tmp") as scratch:
                self._place(path, lambda to: write_kept_orders(lines, to, Path(scratch)))
        return goods_refunded(pl.scan_parquet(path))

    def histories(self, version: int) -> Path:
        """The folder of `write_histories` at that version, written once."""
        folder = self._folder / f"histories-{self._key(version)}"
        if not _touch(folder):
            orders = self.orders(version)
            unfinished = Path(tempfile.mkdtemp(dir=self._folder, suffix=".tmp"))
            try:
                write_histories(
                    orders, self.table.scan(version), unfinished, timezone=self.timezone
                )
                with contextlib.suppress(OSError):  # somebody else has written it by now
                    unfinished.rename(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
            self._forget_histories()
        return folder

    def has_histories(self, version: int) -> bool:
        """Whether they are laid out already: without them a large shop waits for its figures."""
        return (self._folder / f"histories-{self._key(version)}").is_dir()

    def customers(self, version: int) -> pl.LazyFrame:
        """customer_id of everybody who has an order at that version, sorted."""
        return pl.scan_parquet(self.histories(version) / "customers.parquet")

    def window_orders(self, as_of: dt.date, days: int, version: int) -> pl.LazyFrame:
        """Paid orders and credit notes of the `days` days before `as_of`."""
        return self.orders(version).filter(
            (pl.col("status") == PAID)
            & (pl.col("ordered_at") >= self.moment(as_of - dt.timedelta(days=days)))
            & (pl.col("ordered_at") < self.moment(as_of))
        )

    def kept(
        self, name: str, build: Callable[[], pl.LazyFrame], *, at_hand: bool = False
    ) -> pl.LazyFrame:
        """A table of this shop that is worked out once: `name` tells it from all others, its
        versions included, and begins with its kind and a hyphen.

        at_hand: it is read at every key somebody types, so it is larger and sooner read.
        """
        path = self._folder / f"{name}.parquet"
        if not _touch(path):
            self._keep(build(), path, at_hand=at_hand)
        return pl.scan_parquet(path)

    def version_key(self, version: int) -> str:
        """What the names of tables made from the orders at that version have in them."""
        return self._key(version)

    def moment(self, day: dt.date) -> dt.datetime:
        """Midnight at the start of `day` in the shop's time zone, in UTC."""
        return start_of_day(day, ZoneInfo(self.timezone))

    def _points_by_rule(
        self, as_of: dt.date, version: int, points_version: int | None
    ) -> pl.LazyFrame | None:
        """Balances of points where the shop's rules move some; None: the files are all there is."""
        if not read_points_rules(self).adds_movements:
            return None
        return balances(
            self.shop_dir,
            self.practice,
            as_of,
            timezone=self.timezone,
            orders=self.orders(version),
            version=points_version,
        )

    def _key(self, version: int) -> str:
        return f"{FORMAT}-{self.timezone.replace('/', '_')}-{version}"

    def _keep(self, frame: pl.LazyFrame, path: Path, *, at_hand: bool = False) -> None:
        """Work the frame out and keep it under that name."""

        def write(to: Path) -> None:
            whole = frame.collect(engine="streaming")
            if at_hand:
                whole.write_parquet(to, compression="lz4", row_group_size=AT_HAND_ROWS)
            else:
                whole.write_parquet(to)

        self._place(path, write)

    def _place(self, path: Path, write: Callable[[Path], None]) -> None:
        """Write the file under its name unless somebody else has by now.

        A file that is there is never replaced: another thread may have read its schema and be about
        to read its rows, and two files of the same rows need not be the same bytes.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".tmp")
        os.close(handle)
        try:
            write(Path(name))
            with contextlib.suppress(FileExistsError):
                os.link(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
        self._forget_old(path)

    def _forget_old(self, written: Path) -> None:
        """Remove all but the latest files of this kind, and what a killed process left behind."""
        kind = written.name.split("-")[0]
        now = _changed_at(written)
        files = sorted(self._folder.glob(f"{kind}-*.parquet"), key=_changed_at, reverse=True)
        for path in files[KEPT:]:
            path.unlink(missing_ok=True)
        for path in self._folder.glob("*.tmp"):
            if now - _changed_at(path) > ABANDONED_SECONDS:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def _forget_histories(self) -> None:
        folders = sorted(self._folder.glob("histories-*"), key=_changed_at, reverse=True)
        for folder in (one for one in folders if one.suffix != ".tmp"):
            if folder not in folders[:KEPT_HISTORIES]:
                shutil.rmtree(folder, ignore_errors=True)


def window_spend(orders: pl.LazyFrame) -> pl.LazyFrame:
    """Orders of a window -> customer_id, window_spend (ten-thousandths, net of refunds)."""
    return orders.group_by("customer_id").agg(
        (pl.col("amount").sum() - pl.col("refund").sum()).alias("window_spend")
    )


def build_feature_store(settings: Settings, shop: Shop | ShopProfile) -> FeatureStore:
    """The store of a shop."""
    return FeatureStore(settings.shop_dir(shop.id), shop.timezone, shop.practice)


def _touch(path: Path) -> bool:
    """Whether the file is there; used files count as recent, so they are forgotten last."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # somebody else removed it first
        return 0.0
