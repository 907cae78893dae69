"""Whom a rule holds for, at every key that is typed: counted beside what is kept of everybody.

How everybody's order values are spread and who spent most do not depend on the rule: they are
worked out once per file of features, so that a look reads the columns of the rule and few numbers.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.customers.browse import Bin, distribution, grid_of
from regulars_platform.customers.store import FeatureStore
from regulars_platform.segments.counting import mean_value
from regulars_platform.segments.frames import for_rules_in
from regulars_platform.segments.rules import Rule, rule_expression
from regulars_platform.segments.service import SHOWN, SegmentPreview

FORMAT = 1
"""Raised whenever what is kept here changes its meaning."""

VALUE = "average_order_value"
BINS = 24
ROWS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """preview: as `count_and_preview` says it; bins: of everybody's average order value, those of
    the rule marked, empty where nobody has one; above: of everybody, who lies above them."""

    preview: SegmentPreview
    bins: tuple[Bin, ...]
    above: int


def look_through(store: FeatureStore, file: Path, rule: Rule, as_of: dt.date, version: int) -> Look:
    """Through a rule at the customers of a file of features (`FeatureStore.features_file`)."""
    kept = _numbers(store, file).collect()
    # a rule that holds for everybody is a single True: stretch it over the rows
    everybody = pl.repeat(True, kept.height, eager=True)
    frame = for_rules_in(store, file, [rule], as_of, version)
    held = frame.select(rule_expression(rule).alias("held")).collect()["held"]
    inside = kept.filter(everybody & held)
    bins, above = _marked(store, file, inside["bin"])
    return Look(
        preview=SegmentPreview(
            count=inside.height,
            total=kept.height,
            orders=int(inside["orders"].sum()),
            # a sum of floats differs in its last digits from run to run
            spend=round(float(inside["spend"].sum()), 2),
            average_order_value=mean_value(inside[VALUE]),
            rows=_rows(store, file, inside["rank"]),
        ),
        bins=bins,
        above=above,
    )


def keep_for_looking(store: FeatureStore, file: Path) -> None:
    """Work out what the first look would wait for."""
    _spenders(store, file)
    _numbers(store, file)
    _spread(store, file)


def _spenders(store: FeatureStore, file: Path) -> pl.LazyFrame:
    """What is shown of each customer, the biggest spenders first, and `row`: in the features."""

    def build() -> pl.LazyFrame:
        rows = pl.scan_parquet(file).select(SHOWN).with_row_index("row")
        return rows.sort(["spend", "customer_id"], descending=[True, False])

    return store.kept(f"spenders-{FORMAT}-{file.stem}", build, at_hand=True)


def _numbers(store: FeatureStore, file: Path) -> pl.LazyFrame:
    """For each row of the features orders, spend, VALUE, bin (of `_spread`; null: in none), and
    rank (among the spenders, from 0)."""

    def build() -> pl.LazyFrame:
        ranks = _spenders(store, file).select("row").with_row_index("rank").sort("row")
        values = pl.scan_parquet(file).select("orders", "spend", VALUE).collect()
        known = values[VALUE].drop_nulls()
        place = pl.lit(None, dtype=pl.Int64)
        if not known.is_empty():
            grid = grid_of(known, VALUE, BINS)
            at = grid.place(pl.col(VALUE))
            place = pl.when(at.is_between(0, grid.number - 1)).then(at)
        return values.lazy().with_columns(
            place.cast(pl.Int16).alias("bin"), ranks.collect()["rank"]
        )

    return store.kept(f"numbers-{FORMAT}-{file.stem}", build, at_hand=True)


def _spread(store: FeatureStore, file: Path) -> pl.LazyFrame:
    """low, high, customers of each bin of everybody's VALUE; the last row, without high: above."""

    def build() -> pl.LazyFrame:
        found = distribution(pl.scan_parquet(file), VALUE, bins=BINS)
        rows = [(part.low, part.high, part.customers) for part in found.bins]
        above = [(found.bins[-1].high, None, found.above)] if found.bins else []
        schema = {"low": pl.Float64(), "high": pl.Float64(), "customers": pl.Int64()}
        return pl.LazyFrame(rows + above, schema=schema, orient="row")

    return store.kept(f"spread-{FORMAT}-{file.stem}", build, at_hand=True)


def _marked(store: FeatureStore, file: Path, inside: pl.Series) -> tuple[tuple[Bin, ...], int]:
    """The kept bins; inside: in which of them the rule's customers are."""
    rows = _spread(store, file).collect().rows()
    if not rows:
        return (), 0
    counted = dict(inside.drop_nulls().value_counts().iter_rows())
    bins = tuple(
        Bin(low=low, high=high, customers=customers, marked=counted.get(place, 0))
        for place, (low, high, customers) in enumerate(rows[:-1])
    )
    return bins, rows[-1][2]


def _rows(store: FeatureStore, file: Path, ranks: pl.Series) -> tuple[dict[str, object], ...]:
    """The biggest spenders of these ranks: most often the first of all, which are read at once."""
    first = ranks.bottom_k(ROWS).sort().to_list()
    if not first:
        return ()
    spenders = _spenders(store, file).select(SHOWN)
    # a few short pieces, not a whole column
    parts = [spenders.slice(rank, 1) for rank in first]
    return tuple(pl.concat(parts).collect().iter_rows(named=True))
