"""A waterfall as values: each bar starts where the one before ended, the last is the total."""

from collections.abc import Sequence

from regulars_web.charts import BarChart, BarInput, BarRow


def build_waterfall(steps: Sequence[BarInput], total: BarInput) -> BarChart:
    """Steps from a common start at zero, one after the other, and the total from zero again.

    A step's range is drawn around its end, so that it is read on the running total.
    """
    placed: list[tuple[BarInput, float]] = []
    running = 0.0
    for step in steps:
        placed.append((step, running))
        running += step.value
    placed.append((total, 0.0))
    ends = [0.0]
    for bar, start in placed:
        ends += [start, start + bar.value]
        ends += [start + end for end in (bar.low, bar.high) if end is not None]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(100 * (value - low) / span, 3)

    rows = []
    for bar, start in placed:
        left, right = sorted((place(start), place(start + bar.value)))
        ranged = bar.low is not None and bar.high is not None
        from_x = place(start + bar.low) if ranged and bar.low is not None else None
        to_x = place(start + bar.high) if ranged and bar.high is not None else None
        rows.append(
            BarRow(
                label=bar.label,
                text=bar.text,
                tone=bar.tone,
                x=left,
                width=round(max(right - left, 0.15), 3),
                range_x=from_x,
                range_width=None if from_x is None or to_x is None else round(to_x - from_x, 3),
            )
        )
    return BarChart(rows=tuple(rows), zero=place(0.0))
