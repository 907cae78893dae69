"""The tables of the shop report as CSV: decimals, days as YYYY-MM-DD, empty where not known."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from regulars_platform.csv_files import csv_pieces
from regulars_platform.figures.life import Life
from regulars_platform.figures.report import Column, ShopReport
from regulars_platform.figures.sheet import WEEKLY, Figure, Unit
from regulars_platform.orders.table import MONEY_SCALE

Row = tuple[object, ...]
Table = tuple[Row, list[Row]]
PLACES = Decimal("0.000001")


def report_csv(report: ShopReport, name: str) -> Iterator[bytes]:
    """One table by its name in TABLES; KeyError for another."""
    header, rows = TABLES[name](report)
    return csv_pieces([str(cell) for cell in header], iter(rows))


def plain(value: Fraction | int | float | None, unit: Unit = "people") -> object:
    """A value in currency units, people or a fraction of one; empty where it is not known."""
    if value is None:
        return ""
    exact = Fraction(value) / (MONEY_SCALE if unit == "money" else 1)
    if exact.denominator == 1:
        return exact.numerator
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PLACES).normalize() + 0


def _figures(report: ShopReport) -> Table:
    header = (
        "figure",
        "chinese",
        "first_day",
        "last_day",
        "from_orders",
        "from_file",
        "days_in_file",
        "file_less_orders",
    )
    rows = [
        (one.name, one.chinese, *_days(column), *_figure(column.figures[one.name], one.unit))
        for one in WEEKLY
        for column in (report.now, report.before, report.year)
    ]
    return header, rows


def _figure(one: Figure, unit: Unit) -> Row:
    told = one.file
    return (
        plain(one.orders, unit),
        plain(None if told is None else told.value, unit),
        0 if told is None else told.days,
        plain(one.differs, unit),
    )


def _course(report: ShopReport) -> Table:
    header = ("first_day", "last_day", *(one.name for one in WEEKLY), "returning_buyer_amount")
    rows = [
        (
            period.first,
            period.last,
            *(plain(figures[one.name].value, one.unit) for one in WEEKLY),
            "" if counts is None else plain(counts.old_amount, "money"),
        )
        for period, counts, figures in report.course
    ]
    return header, rows


_LIFE: Mapping[str, Callable[[Life], Fraction | int | None]] = {
    "new_buyers": lambda life: life.new,
    "new_buyers_per_day": lambda life: life.new_per_day,
    "active_per_day": lambda life: life.active_per_day,
    "active_30_days": lambda life: life.active_month,
    "customers_before": lambda life: life.old,
    "brought": lambda life: life.brought,
    "brought_per_old_customer": lambda life: life.spread,
    "active_or_bought": lambda life: life.alive,
    "lost": lambda life: life.lost,
    "churn": lambda life: life.churn,
}


def _life(report: ShopReport) -> Table:
    rows: list[Row] = [
        (name, *_days(column), "" if column.life is None else plain(read(column.life)))
        for name, read in _LIFE.items()
        for column in (report.now, report.before, report.year)
    ]
    return ("figure", "first_day", "last_day", "value"), rows


def _retention(report: ShopReport) -> Table:
    months = [f"month_{number}" for number in range(1, 13)]
    header = ("month", "new_buyers", *months, "came_back", "middle_days")
    rows = [
        (
            f"{one.month:%Y-%m}",
            one.new,
            *("" if number is None else number for number in one.again),
            one.ever,
            plain(one.middle_days),
        )
        for one in report.cohorts
    ]
    return header, rows


def _channels(report: ShopReport) -> Table:
    header = (
        "channel",
        "customers",
        "could_buy_again",
        "bought_again",
        "rate",
        "rate_low",
        "rate_high",
        "net_spend_per_customer",
        "acquisition_cost_per_customer",
        "cost_known_of",
        "margin_to_pay_back",
    )
    rows: list[Row] = [
        (
            one.channel or "",
            one.customers,
            one.could,
            one.again,
            plain(one.rate),
            *(plain(end) for end in one.rate_range or (None, None)),
            plain(one.spent_each, "money"),
            plain(one.cost_each, "money"),
            one.priced,
            plain(one.margin_to_pay_back),
        )
        for one in report.arrivals
    ]
    return header, rows


def _days(column: Column) -> tuple[dt.date, dt.date]:
    return column.period.first, column.period.last


TABLES: Mapping[str, Callable[[ShopReport], Table]] = {
    "figures": _figures,
    "course": _course,
    "life": _life,
    "retention": _retention,
    "channels": _channels,
}
