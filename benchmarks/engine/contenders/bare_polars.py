"""The floor: the plain Polars aggregation that the four metrics need, and no statistics at all."""

from pathlib import Path

import polars as pl
from benchmarks.engine.measuring import Contender, Figures
from benchmarks.engine.task import COLUMNS

PRODUCTS = (
    ("orders", "orders"),
    ("revenue", "revenue"),
    ("revenue_before", "revenue_before"),
    ("orders", "revenue"),
    ("revenue", "revenue_before"),
)
"""Squares and cross products (the square of 0 and 1 is itself)."""


def sums() -> list[pl.Expr]:
    """Rows, sums, and sums of the products."""
    products = [(pl.col(a) * pl.col(b)).sum().alias(f"{a}*{b}") for a, b in PRODUCTS]
    return [pl.len().alias("n"), *(pl.col(name).sum() for name in COLUMNS), *products]


def aggregate(frame: pl.LazyFrame) -> pl.DataFrame:
    """One row per arm and segment."""
    return frame.group_by("arm", "segment").agg(sums()).collect(engine="streaming")


def read(file: Path) -> tuple[pl.LazyFrame, int]:
    """All columns in memory."""
    frame = pl.read_parquet(file)
    return frame.lazy(), int(frame.estimated_size())


def read_text_keys(file: Path) -> tuple[pl.LazyFrame, int]:
    """The same with arm and segment as plain text."""
    frame = pl.read_parquet(file).with_columns(pl.col("arm", "segment").cast(pl.String))
    return frame.lazy(), int(frame.estimated_size())


def scan(file: Path) -> tuple[pl.LazyFrame, int]:
    """Nothing in memory."""
    return pl.scan_parquet(file), 0


def categories(frame: pl.DataFrame, column: str) -> list[str]:
    """The values that a key column may have, in the order of their numbers."""
    kind = frame.schema[column]
    if not isinstance(kind, pl.Enum):
        raise TypeError(f"{column} is no column of declared categories")
    return kind.categories.to_list()


def _no_figures(answers: pl.DataFrame) -> Figures:  # noqa: ARG001 -- it has sums only
    return {}


CONTENDERS = {
    "floor": Contender(load=read, run=aggregate, figures=_no_figures),
    "floor, text keys": Contender(load=read_text_keys, run=aggregate, figures=_no_figures),
    "floor from Parquet": Contender(load=scan, run=aggregate, figures=_no_figures),
}
