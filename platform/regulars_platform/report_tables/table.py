"""What a table of a report is, and cells that several tables share.

Names of columns are the same in every language and never change their meaning; numbers are those of
the stored document, not the rounded ones of the page. What cannot be told is an empty cell, and the
column of the same name with `_not_estimable` says why.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars_platform.reports.document import rounded

Value = str | int | float | bool | None
Row = Mapping[str, Value]
Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """A recorded decision, as tables tell it. decided_at: ISO 8601, UTC."""

    arm: str
    segment: str | None
    choice: str
    reason: str
    decided_by: str
    decided_at: str
    report: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """What tables are made of. targeting: the document of whom to keep, where there is one on the
    same orders. files: import id -> name."""

    document: Document
    targeting: Document | None = None
    decisions: Sequence[Decided] = ()
    files: Mapping[int, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Columns in their order, and rows that have a value for each."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


Build = Callable[[Sources], Sequence[Row]]


def table_of(name: str, rows: Sequence[Row]) -> Table | None:
    """Rows as a table; None without any. Columns stand in the order in which they come up; a row
    that lacks one has an empty cell."""
    if not rows:
        return None
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    return Table(
        name=name,
        columns=columns,
        rows=tuple(tuple(_exact(row.get(column)) for column in columns) for row in rows),
    )


def answer(name: str, found: Mapping[str, Any] | None, *, times: int | None = None) -> Row:
    """An answer: estimate, both limits, p where there is one, and why there is none.

    times: in all, for so many units; without, per unit or as it is.
    """
    cells: dict[str, Value] = {name: None, f"{name}_low": None, f"{name}_high": None}
    if found is not None and "estimate" in found:
        factor = 1 if times is None else times
        cells |= {
            name: found["estimate"] * factor,
            f"{name}_low": found["low"] * factor,
            f"{name}_high": found["high"] * factor,
        }
    if times is None and found is not None and found.get("p_value") is not None:
        cells[f"{name}_p"] = found["p_value"]
    if times is None:
        cells[f"{name}_not_estimable"] = None if found is None else found.get("code")
    return cells


def limits(name: str, found: Mapping[str, Any] | None, middle: str = "mean") -> Row:
    """A belief, or a band: its middle where it has one, and both limits."""
    cells: dict[str, Value] = {}
    if middle:
        cells[name] = None if found is None else found.get(middle)
    for end in ("low", "high"):
        cells[f"{name}_{end}"] = None if found is None else found.get(end)
    return cells


def _exact(value: Value) -> Value:
    """As documents write numbers: what was multiplied here is rounded as they are."""
    if isinstance(value, float):
        return float(str(rounded(value)))
    return value
