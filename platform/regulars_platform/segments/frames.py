"""The feature frame with everything that rules ask for: see `for_rules`."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import polars as pl

from regulars_platform.customers.catalogue import NUMBER, find_feature
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import dataset_versions
from regulars_platform.segments.purchases import buyers, folder_of, who_bought
from regulars_platform.segments.rules import Rule, bought_column
from regulars_platform.segments.tree import Bought, leaves

FORMAT = 1
"""Raised whenever what is kept here changes its meaning."""


def for_rules(
    store: FeatureStore, rules: Iterable[Rule], as_of: dt.date, version: int
) -> pl.LazyFrame:
    """The features as of the day `as_of` at that version of the orders, and beside them one column
    per "bought" condition of the rules (`bought_column`) and per attribute that they name.

    An attribute that the shop does not have (any more) is known of nobody.
    """
    asked = [leaf for rule in rules for leaf in leaves(rule)]
    before = _rows_key(store, as_of, version)
    features = store.features(as_of, version)
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
    if _rows_key(store, as_of, version) != before:
        # another file came in between: its customers may or may not be among these
        return for_rules(store, rules, as_of, version)
    numbers = _buyer_numbers(store, features, f"{before}", version)
    columns = [
        _held(who_bought(store, leaf, as_of, version), numbers).alias(name)
        for name, leaf in sorted(wanted.items())
    ]
    # side by side: both have a row per customer, in the same order
    return pl.concat([frame, pl.LazyFrame(columns)], how="horizontal")


def _rows_key(store: FeatureStore, as_of: dt.date, version: int) -> str:
    """What decides which customers are in the feature frame of a day, and so in which rows."""
    datasets = dataset_versions(folder_of(store))
    brought = "_".join("x" if at is None else str(at) for at in datasets.values())
    return f"{FORMAT}-{store.version_key(version)}-{as_of.isoformat()}-{brought}"


def _buyer_numbers(
    store: FeatureStore, features: pl.LazyFrame, key: str, version: int
) -> pl.Series:
    """For each row of the frame the number of the customer as a buyer; null: never bought."""

    def build() -> pl.LazyFrame:
        return (
            features.select("customer_id")
            .join(
                buyers(store, version).with_row_index("buyer"),
                on="customer_id",
                how="left",
                maintain_order="left",
            )
            .select("buyer")
        )

    return store.kept(f"rows-{key}", build).collect()["buyer"]


def _held(bought: pl.Series, numbers: pl.Series) -> pl.Series:
    """For each row whether its number is among those who bought."""
    codes = numbers.to_frame("buyer").select(pl.col("buyer").cast(pl.Int64).fill_null(-1))
    places, did = codes["buyer"].to_numpy(), bought.to_numpy()
    # one place more than there are numbers: -1, the last, is for those who have none
    held = np.zeros(max(int(places.max(initial=0)), int(did.max(initial=0))) + 2, dtype=np.bool_)
    held[did] = True
    return pl.Series(held[places])
