"""Answers of a report as cells: as they are written, and as they are."""

from collections.abc import Mapping
from typing import Any

from regulars_web.drawing.specification import Cell
from regulars_web.words.answers import Shown


def shown_cell(shown: Shown, answer: Mapping[str, Any], *, times: float = 1) -> Cell:
    """An answer that is formatted already; times: units, where it is told in all."""
    value, low, high = (answer.get(name) for name in ("estimate", "low", "high"))
    return Cell(
        text=shown.text,
        range=shown.interval,
        known=shown.known,
        value=None if value is None else value * times,
        low=None if low is None else low * times,
        high=None if high is None else high * times,
    )


def named(name: str, place: int) -> str:
    """The name of a drawing of one arm: the first has it bare, the second with -2."""
    return name if place == 0 else f"{name}-{place + 1}"
