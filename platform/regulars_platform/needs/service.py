"""What goes with what, worked out and kept in the shop's folder."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.cycle.errors import NoOrdersError
from regulars_platform.cycle.service import digest_of
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.needs.affinities import find_pairs
from regulars_platform.segments.goods import store_products
from regulars_platform.settings import Settings
from regulars_platform.storage.placing import place, place_frame

METHOD = 1
"""Raised whenever the same inputs would give another answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is read: the orders at a version, and the names of the products."""

    store: FeatureStore
    orders_version: int
    products_digest: str

    @property
    def inputs(self) -> dict[str, Any]:
        """As they are kept with the answer."""
        return {
            "orders_version": self.orders_version,
            "products": self.products_digest,
            "timezone": self.store.timezone,
            "method": METHOD,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Affinities:
    """pairs: PAIR_SCHEMA, the surest first; counts: customers, products, tested."""

    pairs: pl.DataFrame
    counts: Mapping[str, int]
    inputs: Mapping[str, Any]
    made_at: dt.datetime


def gather_inputs(session: Session, settings: Settings, shop_id: int) -> Asked:
    """What would be read now; NoOrdersError where there are no orders."""
    store = build_feature_store(settings, get_shop_of(session, shop_id))
    version = store.table.version()
    if version is None:
        raise NoOrdersError.build()
    names = digest_of(DatasetTable(store.shop_dir, "products").scan(), "product", "also")
    return Asked(store=store, orders_version=version, products_digest=names)


def work_out(
    asked: Asked, *, now: dt.datetime, tell: Callable[[int, int], None] | None = None
) -> None:
    """Make and show the answer on these inputs."""
    store = asked.store
    pairs, counts = find_pairs(store, asked.orders_version, store_products(store), tell=tell)
    digest = hashlib.sha256(json.dumps(asked.inputs, sort_keys=True).encode()).hexdigest()[:20]
    folder = _folder(store.shop_dir)
    place_frame(folder / f"pairs-{digest}.parquet", pairs.lazy())
    told = {"key": digest, "inputs": asked.inputs, "counts": counts, "made_at": now.isoformat()}
    place(folder / "latest.json", json.dumps(told, sort_keys=True).encode())
    for path in folder.glob("pairs-*.parquet"):
        if path.name != f"pairs-{digest}.parquet":
            path.unlink(missing_ok=True)


def find_affinities(shop_dir: Path) -> Affinities | None:
    """The answer that is shown; None before the first."""
    folder = _folder(shop_dir)
    try:
        told = json.loads((folder / "latest.json").read_text("utf-8"))
        pairs = pl.read_parquet(folder / f"pairs-{told['key']}.parquet")
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Affinities(
        pairs=pairs,
        counts=told["counts"],
        inputs=told["inputs"],
        made_at=dt.datetime.fromisoformat(told["made_at"]),
    )


def _folder(shop_dir: Path) -> Path:
    return shop_dir / "needs"
