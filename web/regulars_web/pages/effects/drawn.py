"""What the effect page draws: by 7 days, by 10 days and by month."""

from flask_babel import gettext

from regulars_platform.figures.contacted import Attributed
from regulars_platform.figures.effects import Boards
from regulars_platform.figures.members import Members
from regulars_web.formats import money, number, short_date
from regulars_web.pages.figures.columns_chart import ColumnChart, ColumnInput, build_column_chart
from regulars_web.pages.figures.values import shown
from regulars_web.pages.figures.words import FIGURES, days_words


def weeks_chart(boards: Boards, currency: str) -> ColumnChart | None:
    """Paid amount week by week: of customers contacted, and of all others."""

    def row(one: Attributed) -> tuple[str, ...]:
        return (
            number(one.buyers),
            number(one.told_buyers),
            money(one.amount, currency),
            money(one.told_amount, currency),
            shown(one.amount_share, "share", currency),
        )

    inputs = [
        ColumnInput(
            label=short_date(period.last),
            parts=(
                ("treated", float(one.told_amount)),
                ("holdout", float(one.amount - one.told_amount)),
            ),
            cells=(days_words(period), *row(one)),
        )
        for period, one in boards.weeks
    ]
    return build_column_chart(
        inputs,
        caption=str(gettext("Paid amount by 7 days")),
        top=money(max((one.amount for _, one in boards.weeks), default=0), currency, whole=True),
        keys=(
            ("treated", str(gettext("contacted within the week before (attributed)"))),
            ("holdout", str(gettext("all others"))),
        ),
        heads=(
            str(gettext("Days")),
            str(gettext("Buyers")),
            str(gettext("of them contacted")),
            str(FIGURES["paid_amount"]),
            str(gettext("of it by those contacted")),
            str(gettext("Share")),
        ),
    )


def sales_chart(members: Members, currency: str) -> ColumnChart | None:
    """Paid amount by 10 days: of members, and of all others."""
    inputs = [
        ColumnInput(
            label=short_date(one.period.last),
            parts=(
                ("treated", float(one.members)),
                ("holdout", float(one.everybody - one.members)),
            ),
            cells=(
                days_words(one.period),
                money(one.everybody, currency),
                money(one.members, currency),
                shown(one.share, "share", currency),
            ),
        )
        for one in members.sales
    ]
    return build_column_chart(
        inputs,
        caption=str(gettext("Paid amount by 10 days")),
        top=money(max((one.everybody for one in members.sales), default=0), currency, whole=True),
        keys=(("treated", str(gettext("members"))), ("holdout", str(gettext("others")))),
        heads=(
            str(gettext("Days")),
            str(FIGURES["paid_amount"]),
            str(gettext("of it by members")),
            str(gettext("Share")),
        ),
    )


def months_chart(boards: Boards, currency: str) -> ColumnChart | None:
    """Paid amount by month."""
    known = [(period, one) for period, one in boards.months if one is not None]
    inputs = [
        ColumnInput(
            label=f"{period.first:%Y-%m}",
            parts=(("treated", float(one.paid)),),
            cells=(
                f"{period.first:%Y-%m}",
                money(one.paid, currency),
                number(one.buyers),
                shown(one.old_amount_share, "share", currency),
            ),
        )
        for period, one in known
    ]
    return build_column_chart(
        inputs,
        caption=str(gettext("Monthly sales")),
        top=money(max((one.paid for _, one in known), default=0), currency, whole=True),
        keys=(),
        heads=(
            str(gettext("Month")),
            str(FIGURES["paid_amount"]),
            str(FIGURES["paid_buyers"]),
            str(gettext("Share of returning buyers' amount")),
        ),
    )
