"""Intervals under each other on one scale, as values: places in percent of the width."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ForestTone = Literal["treated-soft", "treated", "holdout"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ForestInput:
    """One row: texts are formatted; the values are on the chart's own scale.

    drawn_in_full: the scale reaches to its ends; else it may run out of the drawing.
    """

    label: str
    detail: str
    text: str
    range: str
    tone: ForestTone
    value: float
    low: float
    high: float
    address: str = ""
    drawn_in_full: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ForestRow:
    """One row placed, in percent; cut_low, cut_high: the bar goes on beyond that edge."""

    label: str
    detail: str
    text: str
    range: str
    tone: ForestTone
    address: str
    x: float
    width: float
    centre: float
    cut_low: bool
    cut_high: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Forest:
    """Rows on one scale; zero: where their common zero line stands, in percent."""

    rows: tuple[ForestRow, ...]
    zero: float

    @property
    def cut(self) -> bool:
        """Some bar goes on beyond the drawing."""
        return any(row.cut_low or row.cut_high for row in self.rows)


def build_forest(inputs: Sequence[ForestInput]) -> Forest:
    """All rows on the scale of those that are drawn in full, zero in it."""
    ends = [0.0, *(row.value for row in inputs)]
    ends += [end for row in inputs if row.drawn_in_full for end in (row.low, row.high)]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(min(100.0, max(0.0, 100 * (value - low) / span)), 3)

    return Forest(
        rows=tuple(
            ForestRow(
                label=row.label,
                detail=row.detail,
                text=row.text,
                range=row.range,
                tone=row.tone,
                address=row.address,
                x=place(row.low),
                width=round(max(place(row.high) - place(row.low), 0.3), 3),
                centre=place(row.value),
                cut_low=row.low < low,
                cut_high=row.high > high,
            )
            for row in inputs
        ),
        zero=place(0.0),
    )
