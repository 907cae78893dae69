"""The course of the shop report, period by period, as charts."""

from collections.abc import Callable, Mapping

from flask_babel import gettext

from regulars_platform.figures.counts import Counts
from regulars_platform.figures.periods import Period
from regulars_platform.figures.report import ShopReport
from regulars_platform.figures.sheet import Figure, Unit
from regulars_web.formats import money, number, short_date
from regulars_web.pages.figures.columns_chart import (
    ColumnChart,
    ColumnInput,
    Keys,
    Parts,
    build_column_chart,
)
from regulars_web.pages.figures.values import NOTHING, days_of, shown
from regulars_web.pages.figures.words import FIGURES, days_words

Figures = Mapping[str, Figure]
_PEOPLE: tuple[tuple[str, Unit], ...] = (
    ("paid_buyers", "people"),
    ("new_buyers", "people"),
    ("returning_buyers", "people"),
    ("returning_buyer_share", "share"),
)
_VISITORS: tuple[tuple[str, Unit], ...] = (
    ("visitors", "people"),
    ("new_visitors", "people"),
    ("returning_visitor_share", "share"),
    ("shop_favourite_people", "people"),
)


def course_charts(report: ShopReport, currency: str) -> tuple[ColumnChart | None, ...]:
    """Paid amount, buyers and visitors; nothing for a segment."""
    if not report.course:
        return ()
    return _paid_chart(report, currency), _buyers_chart(report), _visitors_chart(report)


def _paid_chart(report: ShopReport, currency: str) -> ColumnChart | None:
    def parts(counts: Counts | None, _: Figures) -> Parts | None:
        if counts is None:
            return None
        return (
            ("treated", float(counts.old_amount)),
            ("treated-soft", float(counts.amount - counts.old_amount)),
            ("holdout", float(counts.unknown_amount)),
        )

    def cells(period: Period, counts: Counts | None, figures: Figures) -> tuple[str, ...]:
        return (
            _cell(figures["paid_amount"], "money", period, currency),
            NOTHING if counts is None else money(counts.old_amount, currency),
            _cell(figures["average_order_value"], "money", period, currency),
        )

    return build_column_chart(
        _columns(report, parts, cells),
        caption=str(gettext("Paid amount")),
        top=money(_top(report, "paid_amount"), currency, whole=True),
        keys=(*_old_and_new(), ("holdout", str(gettext("without a customer")))),
        heads=(
            str(gettext("Days")),
            str(FIGURES["paid_amount"]),
            str(gettext("of it by returning buyers")),
            str(FIGURES["average_order_value"]),
        ),
    )


def _buyers_chart(report: ShopReport) -> ColumnChart | None:
    def parts(counts: Counts | None, _: Figures) -> Parts | None:
        if counts is None:
            return None
        return ("treated", float(counts.old_buyers)), ("treated-soft", float(counts.new_buyers))

    return build_column_chart(
        _columns(report, parts, lambda period, _, figures: _cells(period, figures, _PEOPLE)),
        caption=str(gettext("Paying buyers")),
        top=number(_top(report, "paid_buyers"), 0),
        keys=_old_and_new(),
        heads=_heads(_PEOPLE),
    )


def _visitors_chart(report: ShopReport) -> ColumnChart | None:
    def parts(_: Counts | None, figures: Figures) -> Parts | None:
        visitors = figures["visitors"].value
        return None if visitors is None else (("treated", float(visitors)),)

    return build_column_chart(
        _columns(report, parts, lambda period, _, figures: _cells(period, figures, _VISITORS)),
        caption=str(gettext("Visitors")),
        top=number(_top(report, "visitors"), 0),
        keys=(),
        heads=_heads(_VISITORS),
    )


def _columns(
    report: ShopReport,
    parts: Callable[[Counts | None, Figures], Parts | None],
    cells: Callable[[Period, Counts | None, Figures], tuple[str, ...]],
) -> list[ColumnInput]:
    return [
        ColumnInput(
            label=short_date(period.last),
            parts=parts(counts, figures),
            cells=(days_words(period), *cells(period, counts, figures)),
        )
        for period, counts, figures in report.course
    ]


def _old_and_new() -> Keys:
    return ("treated", str(gettext("returning"))), ("treated-soft", str(gettext("new")))


def _heads(figures: tuple[tuple[str, Unit], ...]) -> tuple[str, ...]:
    return (str(gettext("Days")), *(str(FIGURES[name]) for name, _ in figures))


def _cells(
    period: Period, values: Figures, figures: tuple[tuple[str, Unit], ...]
) -> tuple[str, ...]:
    # no money among them, so no currency
    return tuple(_cell(values[name], unit, period, "") for name, unit in figures)


def _cell(figure: Figure, unit: Unit, period: Period, currency: str) -> str:
    """Its value, and of how many days where these are not all."""
    value, days = shown(figure.so_far, unit, currency), days_of(figure, period)
    return f"{value} ({days})" if days else value


def _top(report: ShopReport, name: str) -> float:
    """The highest value of a figure over all periods."""
    return max((float(figures[name].value or 0) for _, _, figures in report.course), default=0.0)
