"""The tables of a report by name: what the page shows, and what files of it hold."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from regulars_platform.csv_files import csv_pieces
from regulars_platform.privacy import LEAST_SHOWN
from regulars_platform.report_tables import course, keepers, money, trust
from regulars_platform.report_tables.table import Build, Sources, Table, Value, table_of

SCHEMA = "regulars.report-table/1"

TABLES: Mapping[str, Build] = {
    "arms": money.arms,
    "waterfall": money.waterfall,
    "waterfall_segments": money.waterfall_segments,
    "other_methods": money.other_methods,
    "segments": money.segments,
    "prices": money.prices,
    "memory": money.memory,
    "expected": money.expected,
    "thresholds": course.thresholds,
    "threshold_neighbours": course.threshold_neighbours,
    "past_value_effects": course.past_value_effects,
    "past_values": course.past_values,
    "leak": course.leak,
    "padding": course.padding,
    "days": course.days,
    "kept": course.kept,
    "gain_curve": keepers.gain_curve,
    "candidates": keepers.candidates,
    "against": keepers.against,
    "rules": keepers.rules,
    "metrics": trust.metrics,
    "metrics_by_segment": trust.metrics_by_segment,
    "metrics_other_methods": trust.metrics_other_methods,
    "contamination": trust.contamination,
    "balance": trust.balance,
    "sample_ratio": trust.sample_ratio,
    "heterogeneity": trust.heterogeneity,
    "files": trust.files,
    "inputs": trust.inputs,
    "decisions": trust.decisions,
}
"""Name -> how its rows are made. Names are part of addresses: none is renamed or dropped."""

NOT_SHARED = frozenset({"decisions", "inputs"})
"""Tables of the shop alone: whoever reads under a link is not given them."""

_FEW = {"contamination": "count", "rules": "customers"}
"""Columns that count people: (table, column)."""


def find_table(name: str, sources: Sources) -> Table | None:
    """The table of this name; None where there is none, or nothing in it."""
    build = TABLES.get(name)
    return None if build is None else table_of(name, build(sources))


def all_tables(sources: Sources) -> list[Table]:
    """Every table that has rows, in the registry's order."""
    found = (find_table(name, sources) for name in TABLES)
    return [table for table in found if table is not None]


def shared_table(name: str, sources: Sources) -> Table | None:
    """A table as strangers may read it: counts of few people are left out."""
    if name in NOT_SHARED:
        return None
    table = find_table(name, replace(sources, decisions=(), files=None))
    if table is None or name not in _FEW:
        return table
    place = table.columns.index(_FEW[name])
    return replace(
        table,
        rows=tuple(
            tuple(None if at == place and _is_few(cell) else cell for at, cell in enumerate(row))
            for row in table.rows
        ),
    )


def table_csv(table: Table) -> Iterable[bytes]:
    """The table as CSV. Numbers as Python writes them, true and false, empty for what is not."""
    return csv_pieces(table.columns, (tuple(map(_written, row)) for row in table.rows))


def table_json(table: Table, about: Mapping[str, Value]) -> str:
    """The table as JSON, each row by the names of its columns. about: which report it is of."""
    return json.dumps(
        {
            "schema": SCHEMA,
            **about,
            "table": table.name,
            "columns": list(table.columns),
            "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows],
        },
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )


def _is_few(cell: Value) -> bool:
    return isinstance(cell, int) and 0 < cell < LEAST_SHOWN


def _written(cell: Value) -> object:
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else cell
