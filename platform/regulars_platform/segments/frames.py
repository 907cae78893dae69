"""The feature frame with everything that rules ask for: see `for_rules`."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from regulars_platform.customers.catalogue import NUMBER, find_feature
from regulars_platform.customers.store import FeatureStore
from regulars_platform.segments.purchases import buyers, who_bought
from regulars_platform.segments.rules import Rule, bought_column
from regulars_platform.segments.tree import Bought, leaves

FORMAT = 2
"""Raised whenever what is kept here changes its meaning."""


def for_rules(
    store: FeatureStore, rules: Iterable[Rule], as_of: dt.date, version: int
) -> pl.LazyFrame:
    """The features as of the day `as_of` at that version of the orders, and beside them one column
    per "bought" condition of the rules (`bought_column`) and per attribute that they name.

    An attribute that the shop does not have (any more) is known of nobody.
    """
    return for_rules_in(store, store.features_file(as_of, version), rules, as_of, version)


def for_rules_in(
    store: FeatureStore, file: Path, rules: Iterable[Rule], as_of: dt.date, version: int
) -> pl.LazyFrame:
    """The same, of a file of features (`FeatureStore.features_file`) that is known already."""
    asked = [leaf for rule in rules for leaf in leaves(rule)]
    features = pl.scan_parquet(file)
    named = {leaf.feature for leaf in asked if not isinstance(leaf, Bought)}
    there = set(features.collect_schema().names())
    frame = features.with_columns(
        pl.lit(None).cast(pl.Float64() if name.startswith(NUMBER) else pl.String()).alias(name)
        for name in sorted(named - there)
        if find_feature(name) is not None
    )
    wanted = {bought_column(leaf): leaf for leaf in asked if isinstance(leaf, Bought)}
    if not wanted:
        return frame
    numbers = _buyer_numbers(store, file, version)
    columns = [
        _held(who_bought(store, leaf, as_of, version), numbers).alias(name)
        for name, leaf in sorted(wanted.items())
    ]
    # side by side: both have a row per customer, in the same order
    return pl.concat([frame, pl.LazyFrame(columns)], how="horizontal")


def _buyer_numbers(store: FeatureStore, file: Path, version: int) -> pl.Series:
    """For each row of the features the number of the customer as a buyer; -1: never bought."""

    def build() -> pl.LazyFrame:
        return (
            pl.scan_parquet(file)
            .select("customer_id")
            .join(
                buyers(store, version).with_row_index("buyer"),
                on="customer_id",
                how="left",
                maintain_order="left",
            )
            .select(pl.col("buyer").cast(pl.Int32).fill_null(-1))
        )

    return store.kept(f"rows-{FORMAT}-{file.stem}", build).collect()["buyer"]


def _held(bought: pl.Series, numbers: pl.Series) -> pl.Series:
    """For each row whether its number is among those who bought."""
    places, did = numbers.to_numpy(), bought.to_numpy()
    # one place more than there are numbers: -1, the last, is for those who have none
    held = np.zeros(max(int(places.max(initial=0)), int(did.max(initial=0))) + 2, dtype=np.bool_)
    held[did] = True
    return pl.Series(held[places])
