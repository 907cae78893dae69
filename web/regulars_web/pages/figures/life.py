"""New, active, spread, lost and churn as rows, each with its definition."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from flask_babel import gettext

from regulars_platform.figures.life import Life
from regulars_platform.figures.report import Column
from regulars_platform.figures.sheet import Unit
from regulars_web.pages.figures.values import Row, change, shown


def life_rows(columns: Sequence[Column]) -> tuple[Row, ...]:
    """A row per figure."""
    rows = []
    for name, small, unit, read in _life_figures():
        now, before, year = (
            None if column.life is None else read(column.life) for column in columns
        )
        rows.append(
            Row(
                name=name,
                small=small,
                now=(shown(now, unit, ""), ""),
                before=(shown(before, unit, ""), change(now, before, unit)),
                year=(shown(year, unit, ""), change(now, year, unit)),
            )
        )
    return tuple(rows)


_LifeFigure = tuple[str, str, Unit, Callable[[Life], Fraction | None]]


def _life_figures() -> tuple[_LifeFigure, ...]:
    """Name, definition, unit and value of each figure but retention."""
    return (
        (
            gettext("New"),
            gettext("customers whose first paid order ever lies in the period"),
            "people",
            lambda life: Fraction(life.new),
        ),
        (
            gettext("New per day"),
            gettext("their speed: new customers / days"),
            "people",
            lambda life: life.new_per_day,
        ),
        (
            gettext("Active per day"),
            gettext("customers who bought on a day, on average over the days"),
            "people",
            lambda life: life.active_per_day,
        ),
        (
            gettext("Active per month"),
            gettext("different customers who bought in the 30 days up to the end of the period"),
            "people",
            lambda life: Fraction(life.active_month),
        ),
        (
            gettext("Spread"),
            gettext(
                "customers whom others brought in the period / customers who had bought before it"
            ),
            "share",
            lambda life: life.spread,
        ),
        (
            gettext("Lost"),
            gettext(
                "customers who were active and, the morning after the period, are lost by their "
                "own rhythm: several times their usual interval has passed"
            ),
            "people",
            lambda life: Fraction(life.lost),
        ),
        (
            gettext("Churn"),
            gettext(
                "lost / active: who was not lost on the first morning, or bought in the period"
            ),
            "share",
            lambda life: life.churn,
        ),
    )
