"""A shop's own attributes: the columns of its customer files that mean nothing to the product."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.customers.catalogue import ATTRIBUTE, NUMBER
from regulars_platform.datasets.table import DatasetTable

MOST = 200
"""How many attributes a feature frame carries: those that most customers have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """One of a shop's own columns. customers: with a value; numeric: every value is a number."""

    name: str
    customers: int
    numeric: bool


def attribute_catalogue(shop_dir: Path, version: int | None = None) -> tuple[Attribute, ...]:
    """The attributes of most customers first, at most MOST; among equals by name.

    version: of the customers dataset, by default the present one.
    """
    values = _values(shop_dir, version)
    number = pl.col("value").cast(pl.Float64, strict=False)
    found = (
        values.group_by("name")
        .agg(
            pl.col("customer_id").n_unique().alias("customers"),
            (number.is_not_null() & number.is_finite()).all().alias("numeric"),
        )
        .sort(["customers", "name"], descending=[True, False])
        .head(MOST)
        .collect(engine="streaming")
    )
    return tuple(Attribute(**row) for row in found.iter_rows(named=True))


def attribute_columns(shop_dir: Path, version: int | None = None) -> pl.DataFrame | None:
    """customer_id, `attribute.<name>` and, of numeric ones, `number.<name>`; None without any."""
    known = attribute_catalogue(shop_dir, version)
    if not known:
        return None
    names = [one.name for one in known]
    long = _values(shop_dir, version).filter(pl.col("name").is_in(names))
    return (
        long.collect(engine="streaming")
        .pivot(on="name", index="customer_id", values="value", aggregate_function="last")
        .select(
            "customer_id",
            *(pl.col(name).alias(ATTRIBUTE + name) for name in names),
            *(
                pl.col(one.name).cast(pl.Float64).alias(NUMBER + one.name)
                for one in known
                if one.numeric
            ),
        )
    )


def _values(shop_dir: Path, version: int | None) -> pl.LazyFrame:
    """customer_id, name, value: what is filled in, without blanks around it."""
    return (
        DatasetTable(shop_dir, "customers")
        .scan(version)
        .select("customer_id", pl.col("attributes"))
        .explode("attributes")
        .select(
            "customer_id",
            pl.col("attributes").struct.field("name").str.strip_chars(),
            pl.col("attributes").struct.field("value").str.strip_chars(),
        )
        .filter(
            pl.col("name").is_not_null()
            & (pl.col("name") != "")
            & pl.col("value").is_not_null()
            & (pl.col("value") != "")
        )
    )
