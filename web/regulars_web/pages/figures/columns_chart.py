"""Columns side by side, each of parts that stand on one another: percent of the drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from regulars_web.charts import PLOT_HEIGHT, Mark

Tone = Literal["treated", "treated-soft", "holdout"]
Parts = tuple[tuple[Tone, float], ...]
"""The parts of a column from the bottom: tone and value."""
Keys = tuple[tuple[Tone, str], ...]
"""The parts of all columns: tone and word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnPart:
    """One part of a column."""

    tone: Tone
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnInput:
    """One column: its label, and its parts from the bottom; None where nothing is known.

    cells: what the table behind the chart shows of it.
    """

    label: str
    parts: Parts | None
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChart:
    """parts of all columns; top: the highest column, formatted by who knows the unit.

    keys: (tone, word) of the parts. heads and rows: the table behind it.
    """

    caption: str
    parts: tuple[ColumnPart, ...]
    ticks: tuple[Mark, ...]
    top: str
    keys: Keys
    heads: tuple[str, ...]
    rows: tuple[ColumnInput, ...]


def build_column_chart(
    inputs: Sequence[ColumnInput],
    *,
    caption: str,
    top: str,
    keys: Keys,
    heads: tuple[str, ...],
) -> ColumnChart | None:
    """None with fewer than two columns that are known."""
    sums = [sum(part for _, part in one.parts) for one in inputs if one.parts is not None]
    if len(sums) < 2:
        return None
    highest = max(sums) or 1.0
    step = 100 / len(inputs)
    parts = []
    for index, one in enumerate(inputs):
        level = PLOT_HEIGHT
        for tone, value in one.parts or ():
            height = (PLOT_HEIGHT - 10) * max(0.0, value) / highest
            level -= height
            parts.append(
                ColumnPart(
                    tone=tone,
                    x=round(step * (index + 0.12), 3),
                    width=round(step * 0.76, 3),
                    y=round(level, 3),
                    height=round(height, 3),
                )
            )
    return ColumnChart(
        caption=caption,
        parts=tuple(parts),
        ticks=_ticks(inputs, step),
        top=top,
        keys=keys,
        heads=heads,
        rows=tuple(reversed(inputs)),
    )


def _ticks(inputs: Sequence[ColumnInput], step: float) -> tuple[Mark, ...]:
    last = len(inputs) - 1
    chosen = sorted({0, last // 2, last}) if last > 2 else [0, last]
    return tuple(
        Mark(
            x=0.0 if index == 0 else 100.0 if index == last else round(step * (index + 0.5), 3),
            text=inputs[index].label,
            anchor="start" if index == 0 else "end" if index == last else "middle",
        )
        for index in chosen
    )
