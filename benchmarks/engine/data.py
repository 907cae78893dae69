"""Simulated customers of one campaign, written once: 10% held out, 5% buy, lognormal baskets.

Money is a whole number of ten-thousandths, as the product stores it; a second file of the same
customers holds the numbers as 64-bit floats for whoever needs them so.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.engine.task import COLUMNS, CONTROL, MONEY, MONEY_UNITS, TREATED
from polars.io.plugins import register_io_source

SEED = 20261121
HELD_OUT = 0.1
CHUNK = 500_000
"""Customers drawn at once, each time from an own stream: a longer file begins like a shorter."""

_BUY = {CONTROL: 0.05, TREATED: 0.052}
_BOUGHT_BEFORE = 0.15


def data_file(folder: Path, rows: int, segments: int, *, floats: bool = False) -> Path:
    """The file's place, whether it is there or not."""
    return folder / f"customers-{rows}-{segments}{'-floats' if floats else ''}.parquet"


def write_data(folder: Path, rows: int, segments: int, *, floats: bool = False) -> Path:
    """Write the file if it is not there yet, one row group per chunk, and return its path."""
    path = data_file(folder, rows, segments, floats=floats)
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    lazy = _drawn(rows, segments)
    if floats:
        lazy = lazy.with_columns(_as_float(name) for name in COLUMNS)
    lazy.sink_parquet(partial, row_group_size=CHUNK, statistics=False)
    partial.rename(path)
    return path


def _as_float(name: str) -> pl.Expr:
    value = pl.col(name).cast(pl.Float64)
    # divided by a column: Polars multiplies by the reciprocal of a constant, which is not the same
    return value / (value * 0 + MONEY_UNITS) if name in MONEY else value


def _drawn(rows: int, segments: int) -> pl.LazyFrame:
    schema = pl.Schema(
        {
            "arm": pl.Enum([CONTROL, TREATED]),
            "segment": pl.Enum(_names(segments)),
            "converted": pl.Int8(),
            "orders": pl.Int64(),
            **dict.fromkeys(MONEY, pl.Int64()),
        }
    )

    def chunks(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,  # noqa: ARG001 -- given by Polars
    ) -> Iterator[pl.DataFrame]:
        left = rows if n_rows is None else min(rows, n_rows)
        for number in range(-(-left // CHUNK)):
            # always drawn as a whole, so that a chunk does not depend on how many are kept of it
            chunk = _chunk(number, segments).cast(schema).head(left - number * CHUNK)
            chunk = chunk if predicate is None else chunk.filter(predicate)
            yield chunk if with_columns is None else chunk.select(with_columns)

    return register_io_source(chunks, schema=schema)


def _names(segments: int) -> list[str]:
    return [f"segment {number:03d}" for number in range(segments)]


def _chunk(number: int, segments: int) -> pl.DataFrame:
    source = np.random.default_rng([SEED, segments, number])
    treated = source.random(CHUNK) >= HELD_OUT
    before = source.random(CHUNK) < _BOUGHT_BEFORE
    usual = np.where(treated, _BUY[TREATED], _BUY[CONTROL])
    # who bought before buys five times as often as others: the covariate explains something
    chance = usual * np.where(before, 3.125, 0.625)
    buys = source.random(CHUNK) < chance
    orders = np.where(buys, source.geometric(0.75, CHUNK), 0)
    taste = source.normal(0, 0.6, CHUNK)
    spent = np.exp(np.log(40) + taste + source.normal(0, 0.8, CHUNK)) * orders
    spent_before = np.exp(np.log(60) + taste + source.normal(0, 0.8, CHUNK)) * before
    cents = MONEY_UNITS // 100
    return pl.DataFrame(
        {
            "arm": pl.Series(treated.astype(np.int8)).replace_strict(
                {0: CONTROL, 1: TREATED}, return_dtype=pl.Enum([CONTROL, TREATED])
            ),
            "segment": pl.Series(_names(segments), dtype=pl.Enum(_names(segments))).gather(
                source.integers(0, segments, CHUNK)
            ),
            "converted": buys.astype(np.int8),
            "orders": orders.astype(np.int64),
            "revenue": np.rint(spent * 100).astype(np.int64) * cents,
            "revenue_before": np.rint(spent_before * 100).astype(np.int64) * cents,
        }
    )
