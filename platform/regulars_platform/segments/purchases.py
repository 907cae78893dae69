"""Who bought what and when: one row per customer, product and day, kept sorted by product.

Only paid lines with a positive amount are purchases: a gift that lay in the parcel was not bought.
The table is made once per version of the orders. Being sorted lets one product be read without the
rest, and customers being numbers lets a million of them be matched without comparing texts.
"""

import datetime as dt
import hashlib
from pathlib import Path

import polars as pl

from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import PAID
from regulars_platform.segments.tree import Bought, By

FORMAT = 1
"""Raised whenever what is kept here changes its meaning."""

_UNNAMED = ("product", "also")


def buyers(store: FeatureStore, version: int) -> pl.LazyFrame:
    """customer_id of everybody who ever bought, sorted; the place in it is the buyer's number."""

    def build() -> pl.LazyFrame:
        return _bought_lines(store, version).select("customer_id").unique().sort("customer_id")

    return store.kept(f"buyers-{FORMAT}-{store.version_key(version)}", build)


def purchases(store: FeatureStore, version: int) -> pl.LazyFrame:
    """product, buyer (number, see `buyers`), day (of the shop), sorted; at that version."""

    def build() -> pl.LazyFrame:
        day = pl.col("ordered_at").dt.convert_time_zone(store.timezone).dt.date()
        return (
            _bought_lines(store, version)
            .select("product", "customer_id", day.alias("day"))
            .join(buyers(store, version).with_row_index("buyer"), on="customer_id")
            .select("product", "buyer", "day")
            .unique()
            .sort("product", "buyer", "day")
        )

    return store.kept(f"purchases-{FORMAT}-{store.version_key(version)}", build)


def who_bought(store: FeatureStore, bought: Bought, as_of: dt.date, version: int) -> pl.Series:
    """Numbers of the buyers who did before `as_of`, in time; yesterday is within one day."""
    in_time = pl.col("day") < as_of
    if bought.within_days is not None:
        in_time = in_time & (pl.col("day") >= pl.lit(as_of) - pl.duration(days=bought.within_days))
    found = _purchases_of(store, bought, version).filter(in_time)
    return found.select("buyer").collect()["buyer"]


def _purchases_of(store: FeatureStore, bought: Bought, version: int) -> pl.LazyFrame:
    """buyer, day of what is asked for; what is spread over many products is kept by itself."""
    names = kept_product_names(store, bought.by, bought.name)
    if len(names) == 1:
        return purchases(store, version).filter(pl.col("product") == names[0])

    def build() -> pl.LazyFrame:
        among = pl.col("product").is_in(names)
        return purchases(store, version).filter(among).select("buyer", "day").unique()

    which = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
    return store.kept(f"goods-{FORMAT}-{which}-{store.version_key(version)}", build)


def _bought_lines(store: FeatureStore, version: int) -> pl.LazyFrame:
    return store.table.scan(version).filter(
        (pl.col("status") == PAID)
        & (pl.col("amount") > 0)
        & pl.col("customer_id").is_not_null()
        & pl.col("product").is_not_null()
    )


def product_names(shop_dir: Path, by: By, name: str) -> list[str]:
    """As order lines may call it, or what is of that category or for that need; sorted.

    A product file may know a product under two names: either stands for both, and so does its
    title, for all products that have it.
    """
    products = (
        DatasetTable(shop_dir, "products")
        .scan()
        .select("product", "also", "title", "category", "need")
    )
    return _names_among(products, by, name)


def kept_product_names(store: FeatureStore, by: By, name: str) -> list[str]:
    """The same, read faster: while somebody types, it is asked again and again."""
    table = DatasetTable(store.shop_dir, "products")
    at = table.version()

    def build() -> pl.LazyFrame:
        return table.scan(at).select("product", "also", "title", "category", "need")

    return _names_among(store.kept(f"named-{FORMAT}-{at}", build), by, name)


def _names_among(products: pl.LazyFrame, by: By, name: str) -> list[str]:
    if by != "product":
        found = products.filter(pl.col(by) == name).collect()
        return sorted({text for row in found.select(_UNNAMED).rows() for text in row if text})
    called = pl.any_horizontal(pl.col("product", "also", "title") == name)
    same = products.filter(called).collect()
    return sorted({name} | {text for row in same.select(_UNNAMED).rows() for text in row if text})


def bought_names(
    store: FeatureStore, by: By, version: int, *, most: int = 50
) -> list[tuple[str, int]]:
    """What was ever bought, with how many customers did; those of most customers first."""
    rows = purchases(store, version)

    def build() -> pl.LazyFrame:
        by_name = rows.rename({"product": "name"})
        if by != "product":
            by_name = rows.join(_grouped(folder_of(store), by), on="product", how="inner")
        return by_name.group_by("name").agg(pl.col("buyer").n_unique().alias("customers"))

    goods = DatasetTable(folder_of(store), "products").version()
    known = f"bought-{FORMAT}-{by}-{goods}-{store.version_key(version)}"
    counted = store.kept(known, build)
    first = counted.sort(["customers", "name"], descending=[True, False]).head(most).collect()
    return list(first.iter_rows())


def _grouped(shop_dir: Path, by: By) -> pl.LazyFrame:
    """product (under either name) -> name of its category or need."""
    products = DatasetTable(shop_dir, "products").scan().filter(pl.col(by).is_not_null())
    return (
        pl.concat(
            [
                products.select(pl.col(either).alias("product"), pl.col(by).alias("name"))
                for either in _UNNAMED
            ]
        )
        .drop_nulls("product")
        .unique("product")
    )


def folder_of(store: FeatureStore) -> Path:
    """Where the shop's data lie."""
    return store.table.path.parent
