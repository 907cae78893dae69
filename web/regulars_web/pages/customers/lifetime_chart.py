"""Orders since the split, foretold and come, week by week: percent of the drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_web.charts import PLOT_HEIGHT, LevelMark, Mark, round_values
from regulars_web.formats import number


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseRow:
    """One week as a row of the table behind the chart, formatted."""

    week: str
    expected: str
    limits: str
    came: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseChart:
    """expected, came, band: "x,y x,y ..." in percent. *_label: where the names of the lines stand,
    on either side of both."""

    expected: str
    came: str
    band: str
    expected_label: float
    came_label: float
    label_x: float
    zero: float
    levels: tuple[LevelMark, ...]
    ticks: tuple[Mark, ...]
    rows: tuple[CourseRow, ...]


_APART = 8.0  # percent of the drawing from a line to its name
_NAMED = 0.7  # how far along the lines are named


def build_course_chart(weeks: Sequence[Mapping[str, Any]]) -> CourseChart | None:
    """weeks: of the document's back-test, cumulative. None with fewer than two."""
    if len(weeks) < 2:
        return None
    whole = weeks[-1]["days"]
    ends = [one[name] for one in weeks for name in ("expected", "high", "came") if one[name]]
    top: float = max([1.0, *ends])

    def height(value: float) -> float:
        return round(4 + (PLOT_HEIGHT - 8) * (top - value) / top, 3)

    def path(name: str, start: float | None = 0.0) -> list[str]:
        points = [(one["days"], one[name]) for one in weeks if one[name] is not None]
        if start is not None:
            points.insert(0, (0, start))
        return [f"{round(100 * day / whole, 3)},{height(value)}" for day, value in points]

    ranged = [one for one in weeks if one["low"] is not None]
    band = [*path("high"), *reversed(path("low", None))] if len(ranged) > 1 else []
    named = weeks[int(_NAMED * len(weeks))]
    expected, came = height(named["expected"]), height(named["came"])
    # the upper line's name stands above it, the lower one's below
    up, down = (-_APART, _APART) if expected < came else (_APART, -_APART)
    return CourseChart(
        expected=" ".join(path("expected")),
        came=" ".join(path("came")),
        band=" ".join(band),
        expected_label=round(expected + up, 3),
        came_label=round(came + down, 3),
        label_x=round(100 * named["days"] / whole, 3),
        zero=height(0.0),
        levels=tuple(
            LevelMark(y=height(value), text=number(value, 0)) for value in round_values(0.0, top)
        ),
        ticks=_ticks(weeks, whole),
        rows=tuple(_row(one) for one in weeks),
    )


def _ticks(weeks: Sequence[Mapping[str, Any]], whole: int) -> tuple[Mark, ...]:
    middle = weeks[(len(weeks) - 1) // 2]
    chosen = [weeks[0], middle, weeks[-1]] if len(weeks) > 2 else [weeks[0], weeks[-1]]
    return tuple(
        Mark(
            x=round(100 * one["days"] / whole, 3),
            text=str(gettext("week %(week)s", week=number(one["week"]))),
            anchor="start" if one is weeks[0] else "end" if one is weeks[-1] else "middle",
        )
        for one in chosen
    )


def _row(one: Mapping[str, Any]) -> CourseRow:
    limits = "–"
    if one["low"] is not None:
        limits = f"{number(one['low'], 0)} – {number(one['high'], 0)}"
    return CourseRow(
        week=number(one["week"]),
        expected=number(one["expected"], 0),
        limits=limits,
        came=number(one["came"], 0),
    )
