"""Visits that tell whether customers come back: without those on which they only bought goods that
one buys once in a life. All repurchase figures are made of these."""

import dataclasses

import numpy as np
import polars as pl

from regulars_platform.customers.histories import read_column, read_names
from regulars_platform.customers.runs import Array, Ints, Runs
from regulars_platform.datasets.bought_once import bought_once
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.figures.visits import Source, Visits


def coming_back(source: Source) -> Visits:
    """The shop's visits less those; `first` is the first of the rest.

    A visit is left out where what was paid for such goods is all that was paid on that day. Without
    such goods it is all visits.
    """
    once = bought_once(DatasetTable(source.store.shop_dir, "products").scan())
    if once.is_empty():
        return source.visits
    rows = source.kept("once", source.files_key, lambda: _only_once(source, once))
    kept = np.ones(len(source.visits.code), dtype=np.bool_)
    kept[rows["row"].to_numpy()] = False
    found = source.visits.where(kept)
    runs = Runs.of(found.code, found.size)
    first = np.repeat(found.day[runs.starts], runs.lengths) if len(found.code) else found.first
    return dataclasses.replace(found, first=first)


def _only_once(source: Source, once: pl.Series) -> pl.DataFrame:
    """row: places among the visits."""
    folder, visits = source.store.histories(source.version), source.visits
    word, day, amount = (read_column(folder, "lines", name) for name in ("word", "day", "amount"))
    names = read_names(folder, "lines")
    lasts = names.is_in(once.implode()).to_numpy()[word]
    code = Runs.of_lengths(read_column(folder, "lines", "rows")).code_of_rows()[lasts]
    paid = pl.DataFrame(
        {"place": _place(code, day[lasts]), "amount": amount[lasts].astype(np.int64)}
    )
    paid = paid.group_by("place").agg(pl.col("amount").sum())
    seen = pl.DataFrame({"place": _place(visits.code, visits.day), "all": visits.amount})
    found = seen.with_row_index("row").join(paid, on="place", how="inner")
    return found.filter(pl.col("amount") >= pl.col("all")).select("row").sort("row")


def _place(code: Array, day: Array) -> Ints:
    """One number for a customer and a day."""
    found: Ints = (code.astype(np.int64) << 32) + day.astype(np.int64)
    return found
