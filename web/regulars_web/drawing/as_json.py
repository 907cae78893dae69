"""A drawing's specification as JSON: what is drawn, in data units, and the numbers behind it."""

from dataclasses import asdict
from typing import Any

from regulars_web.drawing.specification import Drawing, Mark, Plot, Rows

SCHEMA = "regulars.drawing/1"


def drawing_json(drawing: Drawing) -> dict[str, Any]:
    """The whole specification; numbers as they are, not as they are written."""
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "name": drawing.name,
        "title": drawing.title,
        "said": drawing.said,
        "note": drawing.note,
        "numbers": numbers_json(drawing),
    }
    if isinstance(drawing, Plot):
        found |= {
            "kind": "plot",
            "x": asdict(drawing.x),
            "y": asdict(drawing.y),
            "marks": [_mark(mark) for mark in drawing.marks],
        }
    elif isinstance(drawing, Rows):
        found |= {
            "kind": "rows",
            "scale": asdict(drawing.scale),
            "rows": [asdict(row) for row in drawing.rows],
        }
    return found


def numbers_json(drawing: Drawing) -> list[dict[str, Any]]:
    """The table behind a drawing: one object a row, each interval beside its number."""
    rows = []
    for cells in drawing.numbers.rows:
        row: dict[str, Any] = {}
        for column, cell in zip(drawing.numbers.columns, cells, strict=True):
            row[column.key] = cell.value
            if cell.low is not None or cell.high is not None:
                row |= {f"{column.key}_low": cell.low, f"{column.key}_high": cell.high}
        rows.append(row)
    return rows


def _mark(mark: Mark) -> dict[str, Any]:
    return {"mark": type(mark).__name__.lower(), **asdict(mark)}
