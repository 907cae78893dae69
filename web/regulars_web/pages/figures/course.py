"""The course of the shop report, period by period, as charts."""

from flask_babel import gettext

from regulars_platform.figures.report import ShopReport
from regulars_platform.figures.sheet import Unit
from regulars_web.formats import money, number, short_date
from regulars_web.pages.figures.columns_chart import ColumnChart, ColumnInput, build_column_chart
from regulars_web.pages.figures.values import NOTHING, shown
from regulars_web.pages.figures.words import FIGURES, days_words


def course_charts(report: ShopReport, currency: str) -> tuple[ColumnChart | None, ...]:
    """Paid amount, buyers and visitors; nothing for a segment."""
    if not report.course:
        return ()
    money_rows, people_rows, visitor_rows = [], [], []
    tops = [0.0, 0.0, 0.0]
    for period, counts, figures in report.course:
        label, words = short_date(period.last), days_words(period)
        paid, buyers = figures["paid_amount"].value, figures["paid_buyers"].value
        visitors = figures["visitors"].value
        for place, value in enumerate((paid, buyers, visitors)):
            tops[place] = max(tops[place], float(value or 0))
        money_rows.append(
            ColumnInput(
                label=label,
                parts=None
                if counts is None
                else (
                    ("treated", float(counts.old_amount)),
                    ("treated-soft", float(counts.amount - counts.old_amount)),
                    ("holdout", float(counts.unknown_amount)),
                ),
                cells=(
                    words,
                    shown(paid, "money", currency),
                    NOTHING if counts is None else money(counts.old_amount, currency),
                    shown(figures["average_order_value"].value, "money", currency),
                ),
            )
        )
        people_rows.append(
            ColumnInput(
                label=label,
                parts=None
                if counts is None
                else (
                    ("treated", float(counts.old_buyers)),
                    ("treated-soft", float(counts.new_buyers)),
                ),
                cells=(
                    words,
                    *(shown(figures[name].value, unit, currency) for name, unit in _PEOPLE),
                ),
            )
        )
        visitor_rows.append(
            ColumnInput(
                label=label,
                parts=None if visitors is None else (("treated", float(visitors)),),
                cells=(
                    words,
                    *(shown(figures[name].value, unit, currency) for name, unit in _VISITORS),
                ),
            )
        )
    old, new = str(gettext("returning")), str(gettext("new"))
    days = str(gettext("Days"))
    return (
        build_column_chart(
            money_rows,
            caption=str(gettext("Paid amount")),
            top=money(tops[0], currency, whole=True),
            keys=(
                ("treated", old),
                ("treated-soft", new),
                ("holdout", str(gettext("without a customer"))),
            ),
            heads=(
                days,
                str(FIGURES["paid_amount"]),
                str(gettext("of it by returning buyers")),
                str(FIGURES["average_order_value"]),
            ),
        ),
        build_column_chart(
            people_rows,
            caption=str(gettext("Paying buyers")),
            top=number(tops[1], 0),
            keys=(("treated", old), ("treated-soft", new)),
            heads=(days, *(str(FIGURES[name]) for name, _ in _PEOPLE)),
        ),
        build_column_chart(
            visitor_rows,
            caption=str(gettext("Visitors")),
            top=number(tops[2], 0),
            keys=(),
            heads=(days, *(str(FIGURES[name]) for name, _ in _VISITORS)),
        ),
    )


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
