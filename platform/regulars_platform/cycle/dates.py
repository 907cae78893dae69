"""From intervals to the day on which somebody is due, and what that day rests on.

The first that there is: the customer's own intervals, those of the product's other customers, or
the days that a piece lasts by the products' file. All are days per piece, times the pieces bought
last.
"""

from typing import Any

import numpy as np
import polars as pl

from regulars_experiments.medians import LEAST_VALUES, median_ranks

OWN, PRODUCT, UNIT = "own", "product", "unit"
LEAST_OWN = 2
"""Intervals of the customer's own from which on they count."""
LEAST_CUSTOMERS = LEAST_VALUES
"""Customers who came back from which on a product has a cycle of its own."""
LONGEST = 3650
"""Days; of what lasts longer no day is told."""

CYCLE_SCHEMA: dict[str, pl.DataType] = {
    "product": pl.String(),
    "buyers": pl.Int64(),  # customers who bought it
    "waiting": pl.Int64(),  # of these, who have not bought it a second time
    "customers": pl.Int64(),  # of these, who have: the median is theirs
    "unit": pl.Float64(),  # median over customers of days per piece; null: too few of them
    "unit_low": pl.Float64(),
    "unit_high": pl.Float64(),
    "last_sold": pl.Date(),
}


def product_cycles(pairs: pl.LazyFrame) -> pl.DataFrame:
    """Rows of `pairs_of` -> CYCLE_SCHEMA, by product; each customer counts once."""
    values = pl.col("unit").drop_nulls()
    found = (
        pairs.group_by("product")
        .agg(
            pl.len().cast(pl.Int64).alias("buyers"),
            (pl.col("intervals") == 0).sum().cast(pl.Int64).alias("waiting"),
            (pl.col("intervals") > 0).sum().cast(pl.Int64).alias("customers"),
            values.median().alias("unit"),
            values.sort().alias("values"),
            pl.col("last_day").max().alias("last_sold"),
        )
        .sort("product")
        .collect(engine="streaming")
    )
    enough = found["customers"] >= LEAST_CUSTOMERS
    low, high = median_ranks(np.maximum(found["customers"].to_numpy(), LEAST_CUSTOMERS) * 1.0)
    ranked = found.with_columns(
        pl.Series("low", low), pl.Series("high", high), enough.alias("enough")
    )
    shown: list[Any] = [
        pl.when("enough").then(pl.col("unit")).alias("unit"),
        *(
            pl.when("enough")
            .then(pl.col("values").list.get(pl.col(rank), null_on_oob=True))
            .alias(f"unit_{rank}")
            for rank in ("low", "high")
        ),
    ]
    return ranked.with_columns(shown).select(
        pl.col(name).cast(kind) for name, kind in CYCLE_SCHEMA.items()
    )


def with_dates(pairs: pl.LazyFrame, cycles: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of `pairs_of` with what is due when, as far as it can be told.

    products: product, unit_days. Adds rests_on (OWN, PRODUCT, UNIT or null), based_on (intervals,
    or customers; null for UNIT), every (days from the last purchase) and due_on.
    """
    joined = pairs.join(
        cycles.select("product", pl.col("unit").alias("typical"), "customers"),
        on="product",
        how="left",
    ).join(products.select("product", "unit_days"), on="product", how="left")
    own = pl.col("intervals") >= LEAST_OWN
    typical = pl.col("typical").is_not_null()
    lasts = (pl.col("unit_days") > 0) & pl.col("unit_days").is_finite()
    per_piece = (
        pl.when(own)
        .then(pl.col("unit"))
        .when(typical)
        .then(pl.col("typical"))
        .when(lasts)
        .then(pl.col("unit_days"))
    )
    every = per_piece * pl.col("pieces")
    return (
        joined.with_columns(
            pl.when(own)
            .then(pl.lit(OWN))
            .when(typical)
            .then(pl.lit(PRODUCT))
            .when(lasts)
            .then(pl.lit(UNIT))
            .alias("rests_on"),
            pl.when(own)
            .then(pl.col("intervals"))
            .when(typical)
            .then(pl.col("customers"))
            .alias("based_on"),
            pl.when(every <= LONGEST).then(every.clip(lower_bound=1.0)).alias("every"),
        )
        .with_columns(
            pl.when(pl.col("every").is_not_null()).then(pl.col("rests_on")).alias("rests_on"),
            (pl.col("last_day") + pl.duration(days=pl.col("every").round().cast(pl.Int64))).alias(
                "due_on"
            ),
        )
        .drop("typical", "customers", "unit_days")
    )
