"""Rows as text: for the terminal, as Markdown, and as one file of all figures."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calibration.scoring import Row


@dataclass(frozen=True, kw_only=True)
class Column:
    """A figure of the rows. style: percent, ratio, count or number."""

    key: str
    heading: str
    style: str = "percent"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Which rows stand in it (by `Row.group`), its columns, and a sentence on how to read it.

    only_ours: a long table whose peers stand in a summary instead.
    """

    group: str
    title: str
    words: str
    columns: tuple[Column, ...]
    only_ours: bool = False


INTERVAL = (
    Column(key="answered", heading="answered"),
    Column(key="covered", heading="holds the truth"),
    Column(key="above", heading="too high"),
    Column(key="below", heading="too low"),
    Column(key="width", heading="width", style="ratio"),
    Column(key="better", heading="proved better"),
    Column(key="worse", heading="proved worse"),
)
"""Columns of every table of intervals."""


def shown(value: float, style: str) -> str:
    """A figure as text; "-" where there is none."""
    if math.isnan(value):
        return "-"
    match style:
        case "percent":
            return f"{100 * value:.1f}"
        case "fine":
            return f"{100 * value:.2f}"
        case "ratio":
            return f"{value:.2f}"
        case "count":
            return f"{value:,.0f}"
        case _:
            return f"{value:.3g}"


def texts(table: Table, row: Row) -> tuple[str, ...]:
    """A row's cells."""
    figures = (
        shown(row.figures.get(column.key, math.nan), column.style) for column in table.columns
    )
    return (row.scenario, row.method, *figures, row.verdict)


def headings(table: Table) -> tuple[str, ...]:
    """Above the cells."""
    return ("scenario", "method", *(column.heading for column in table.columns), "")


def markdown(table: Table, rows: Iterable[Row]) -> Iterator[str]:
    """Lines of a Markdown table; our rows are bold."""
    yield "| " + " | ".join(headings(table)) + " |"
    yield "| --- | --- |" + " ---: |" * len(table.columns) + " --- |"
    for row in rows:
        cells = list(texts(table, row))
        if row.ours:
            cells[1] = f"**{cells[1]}**"
        yield "| " + " | ".join(cells) + " |"


def plain(table: Table, rows: Sequence[Row]) -> Iterator[str]:
    """Lines for a terminal."""
    body = [headings(table), *(texts(table, row) for row in rows)]
    widths = [max(len(line[place]) for line in body) for place in range(len(body[0]))]
    for line in body:
        left = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(line[2:-1], widths[2:-1], strict=True)]
        yield "  ".join([*left, *right, line[-1]]).rstrip()


def write_all(path: Path, rows: Mapping[str, Sequence[Row]]) -> None:
    """Every figure of every row, one line each, for whoever wants to look closer."""
    keys = list(dict.fromkeys(key for part in rows.values() for row in part for key in row.figures))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["part", "table", "scenario", "method", *keys, "verdict", "bound"])
        for part, members in rows.items():
            for row in members:
                values = [row.figures.get(key, math.nan) for key in keys]
                figures = ["" if math.isnan(value) else f"{value:.4g}" for value in values]
                writer.writerow(
                    [part, row.group, row.scenario, row.method, *figures, row.verdict, row.bound]
                )
