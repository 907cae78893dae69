"""Values of the report's units as text, and how far two of them are apart."""

from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext

from regulars_platform.figures.periods import By, Period
from regulars_platform.figures.sheet import Figure, Unit
from regulars_web.formats import money, number, percent, signed

NOTHING = "–"
Cell = tuple[str, str]
"""A value, and under it what it changed by, or why it is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A figure in three periods. small: its Chinese term or definition; note: under its value."""

    name: str
    small: str
    now: Cell
    before: Cell
    year: Cell


def shown(value: Fraction | float | None, unit: Unit, currency: str) -> str:
    """A value of that unit; a dash where it is not known."""
    if value is None:
        return NOTHING
    if unit == "money":
        exact = Fraction(value)
        return money(exact.numerator if exact.denominator == 1 else float(exact), currency)
    if unit == "share":
        return percent(float(value))
    return number(float(value), 0) if Fraction(value).denominator == 1 else number(float(value), 1)


def days_of(figure: Figure, period: Period) -> str:
    """On how many days of the period a sum is known, where these are not all; else empty."""
    if not figure.part or figure.file is None:
        return ""
    return str(
        gettext(
            "%(known)s of %(days)s days",
            known=number(figure.file.days),
            days=number(period.days),
        )
    )


def change(now: Fraction | None, then: Fraction | None, unit: Unit) -> str:
    """How far the period is from an earlier one, as it stands under the value of that one; empty
    where nothing can be said."""
    moved = moved_by(now, then, unit)
    return str(gettext("%(moved)s since then", moved=moved)) if moved else ""


def against_before(now: Fraction | None, then: Fraction | None, unit: Unit, by: By) -> str:
    """The same as it stands under the value of the later one, by the kind of their period."""
    moved = moved_by(now, then, unit)
    if not moved:
        return ""
    if by == "day":
        return str(gettext("%(moved)s against the day before", moved=moved))
    if by == "month":
        return str(gettext("%(moved)s against the month before", moved=moved))
    return str(gettext("%(moved)s against the 7 days before", moved=moved))


def moved_by(now: Fraction | None, then: Fraction | None, unit: Unit) -> str:
    """From then to now, with its sign; empty where nothing can be said."""
    if now is None or then is None:
        return ""
    if unit == "share":
        points = _signed(round(100 * float(now - then), 1), "")
        return str(gettext("%(points)s points", points=points))
    if not then:
        return ""
    return _signed(round(100 * float(now / then - 1), 1), "%")


def _signed(value: float, unit: str) -> str:
    # what rounds to nothing has no sign
    return signed(number(value or 0.0, 1) + unit)
