"""The battery's parts, in the order in which they are read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.calibration import (
    adjusted,
    baskets,
    duplicates,
    mixed,
    money,
    peeking,
    planning,
    profits,
    seasons,
    segments,
    several_arms,
    shares,
)
from benchmarks.calibration.scoring import Cell, Row
from benchmarks.calibration.tables import Table


@dataclass(frozen=True, kw_only=True)
class Part:
    """A chapter: its cells, its tables, and how rows are gathered for a table that sums up."""

    name: str
    title: str
    cells: Callable[..., Iterable[Cell]]
    tables: tuple[Table, ...]
    summaries: Callable[[Sequence[Row]], Sequence[Row]] | None = None

    def listed(self, table: Table, rows: Sequence[Row]) -> list[Row]:
        """The rows of one of its tables."""
        everything = [*rows, *(self.summaries(rows) if self.summaries else ())]
        return [
            row
            for row in everything
            if row.group == table.group and (row.ours or not table.only_ours)
        ]


PARTS = (
    Part(
        name="money",
        title=money.TITLE,
        cells=money.cells,
        tables=money.TABLES,
        summaries=money.summaries,
    ),
    Part(name="profits", title=profits.TITLE, cells=profits.cells, tables=profits.TABLES),
    Part(name="peeking", title=peeking.TITLE, cells=peeking.cells, tables=peeking.TABLES),
    Part(name="segments", title=segments.TITLE, cells=segments.cells, tables=segments.TABLES),
    Part(
        name="arms", title=several_arms.TITLE, cells=several_arms.cells, tables=several_arms.TABLES
    ),
    Part(name="mixed", title=mixed.TITLE, cells=mixed.cells, tables=mixed.TABLES),
    Part(name="seasons", title=seasons.TITLE, cells=seasons.cells, tables=seasons.TABLES),
    Part(name="shares", title=shares.TITLE, cells=shares.cells, tables=shares.TABLES),
    Part(name="baskets", title=baskets.TITLE, cells=baskets.cells, tables=baskets.TABLES),
    Part(name="adjusted", title=adjusted.TITLE, cells=adjusted.cells, tables=adjusted.TABLES),
    Part(name="planning", title=planning.TITLE, cells=planning.cells, tables=planning.TABLES),
    Part(
        name="duplicates",
        title=duplicates.TITLE,
        cells=duplicates.cells,
        tables=duplicates.TABLES,
    ),
)
