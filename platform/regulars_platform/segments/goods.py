"""The shop's products: those that were sold and those that a file or a person told of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.segments.purchases import purchases

FORMAT = 1
"""Raised whenever what is kept here changes its meaning."""

MOST_GROUPS = 200

TOLD = ("price", "cost", "unit_days", "one_off", "category", "need")
"""What is told of a product beside its names."""


_NEVER = pl.DataFrame(schema={"product": pl.String(), "customers": pl.Int64()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Goods:
    """rows: product (the name it is listed by), also, title, TOLD, customers (who bought it), one
    page of `total`, those of most customers first."""

    rows: tuple[dict[str, Any], ...]
    total: int


def list_goods(
    store: FeatureStore,
    version: int | None,
    *,
    search: str = "",
    lacking: str | None = None,
    need: str | None = None,
    page: int = 1,
    size: int = 50,
) -> Goods:
    """One page of the shop's products. version: of the orders, None without any.

    search: a part of one of the names, of the title, or of "title (name)"; lacking: one of TOLD,
    only products of which it is not told; need: only products told to be for it; page: from 1 on.
    """
    told = DatasetTable(store.shop_dir, "products").scan().collect()
    bought = _NEVER if version is None else sold(store, version)
    rows = told.join(bought, on="product", how="full", coalesce=True)
    if search:
        rows = rows.filter(
            _all_names().str.to_lowercase().str.contains(search.lower(), literal=True)
        )
    if lacking is not None:
        rows = rows.filter(pl.col(lacking).is_null())
    if need is not None:
        rows = rows.filter(pl.col("need") == need)
    ordered = rows.with_columns(pl.col("customers").fill_null(0)).sort(
        ["customers", "product"], descending=[True, False]
    )
    shown = ordered.slice((page - 1) * size, size)
    return Goods(rows=tuple(shown.iter_rows(named=True)), total=rows.height)


def _all_names() -> pl.Expr:
    labelled = pl.format("{} ({})", "title", "product")
    return pl.concat_str("product", "also", labelled, separator="\n", ignore_nulls=True)


def groups_told(shop_dir: Path, by: Literal["category", "need"]) -> list[str]:
    """The categories, or the needs, that products are told to be of or for; at most MOST_GROUPS,
    those of most products first."""
    products = DatasetTable(shop_dir, "products").scan().drop_nulls(by)
    counted = products.group_by(by).len().sort(["len", by], descending=[True, False])
    return counted.head(MOST_GROUPS).collect()[by].to_list()


def sold(store: FeatureStore, version: int) -> pl.DataFrame:
    """product (the name it is listed by), customers: who ever bought it."""

    def build() -> pl.LazyFrame:
        rows = one_name(purchases(store, version), store_products(store))
        return rows.group_by("product").agg(
            pl.col("buyer").n_unique().cast(pl.Int64).alias("customers")
        )

    told = DatasetTable(store.shop_dir, "products").version()
    return store.kept(f"sold-{FORMAT}-{told}-{store.version_key(version)}", build).collect()


def store_products(store: FeatureStore) -> pl.DataFrame:
    """The products' file: product, also, need, one_off."""
    products = DatasetTable(store.shop_dir, "products").scan()
    return products.select("product", "also", "need", "one_off").collect().sort("product")


def one_name(rows: pl.LazyFrame, listed: pl.DataFrame) -> pl.LazyFrame:
    """Rows with a product, under the name by which it is listed."""
    also = (
        listed.select(pl.col("also").alias("product"), pl.col("product").alias("listed"))
        .drop_nulls()
        .filter(~pl.col("product").is_in(listed["product"].implode()))
        .unique("product", keep="first", maintain_order=True)
    )
    return (
        rows.join(also.lazy(), on="product", how="left")
        .with_columns(pl.coalesce("listed", "product").alias("product"))
        .drop("listed")
    )
