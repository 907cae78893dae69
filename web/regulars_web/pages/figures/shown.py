"""What the shop report shows, formatted."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext, ngettext

from regulars_platform.figures.arrivals import Arrival
from regulars_platform.figures.cohorts import Cohort
from regulars_platform.figures.goals import Goal, Repurchase
from regulars_platform.figures.report import Column, ShopReport
from regulars_platform.figures.sheet import WEEKLY, Figure, Weekly
from regulars_web.formats import money, number, percent
from regulars_web.pages.figures.columns_chart import ColumnChart
from regulars_web.pages.figures.course import course_charts
from regulars_web.pages.figures.life import life_rows
from regulars_web.pages.figures.values import (
    NOTHING,
    Cell,
    Row,
    against_before,
    change,
    days_of,
    shown,
)
from regulars_web.pages.figures.words import FIGURES, days_words


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrivalRow:
    """One channel of arrival."""

    channel: str
    customers: str
    rate: Cell
    spent: Cell
    cost: Cell
    pays_back: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortRow:
    """One month's new buyers. again: a share for each month, or a dash."""

    month: str
    new: str
    again: tuple[str, ...]
    ever: Cell
    middle: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportPage:
    """The context of figures/overview.html."""

    heads: tuple[str, str, str]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    charts: tuple[ColumnChart, ...]
    repurchase: tuple[dict[str, str], ...]
    goal_words: str
    goal_kind: str
    life: tuple[Row, ...]
    cohorts: tuple[CohortRow, ...]
    arrivals: tuple[ArrivalRow, ...]


def report_page(report: ShopReport, goal: Goal, currency: str) -> ReportPage:
    """The report in the reader's language."""
    columns = (report.now, report.before, report.year)
    kind, words = _goal_words(report.repurchase[0], goal)
    return ReportPage(
        heads=(
            days_words(report.now.period),
            days_words(report.before.period),
            days_words(report.year.period),
        ),
        rows=tuple(_row(one, columns, currency) for one in WEEKLY),
        notes=_notes(report, currency),
        charts=tuple(chart for chart in course_charts(report, currency) if chart),
        repurchase=_repurchase(report, currency),
        goal_words=words,
        goal_kind=kind,
        life=life_rows(columns),
        cohorts=tuple(_cohort(one) for one in report.cohorts),
        arrivals=tuple(_arrival(one, currency) for one in report.arrivals),
    )


def _row(one: Weekly, columns: Sequence[Column], currency: str) -> Row:
    now, *earlier = (column.figures[one.name] for column in columns)
    before, year = (
        (
            shown(then.so_far, one.unit, currency),
            days_of(then, column.period) or change(now.value, then.value, one.unit),
        )
        for then, column in zip(earlier, columns[1:], strict=True)
    )
    return Row(
        name=str(FIGURES[one.name]),
        small=one.chinese,
        now=(
            shown(now.so_far, one.unit, currency),
            _beside(one, now, columns[0].period.days, currency),
        ),
        before=before,
        year=year,
    )


def _beside(one: Weekly, figure: Figure, days: int, currency: str) -> str:
    """What a file says of the figure beside the orders, or on how many days it knows it."""
    told = figure.file
    if told is None:
        return "" if one.counted else str(gettext("no file tells of it"))
    if figure.orders is None:
        if told.days < days:
            return str(
                gettext(
                    "from a file, on %(known)s of %(days)s days",
                    known=number(told.days),
                    days=number(days),
                )
            )
        return str(gettext("from a file"))
    if figure.differs is None:
        return ""
    apart = shown(abs(figure.differs), one.unit, currency)
    if apart == shown(Fraction(0), one.unit, currency):
        return str(gettext("the file agrees"))
    facts = {"value": shown(told.value, one.unit, currency), "apart": apart}
    if figure.differs > 0:
        text = gettext("the file, by day: %(value)s, %(apart)s more than the orders", **facts)
    else:
        text = gettext("the file, by day: %(value)s, %(apart)s less than the orders", **facts)
    return str(text)


def _notes(report: ShopReport, currency: str) -> tuple[str, ...]:
    notes = []
    counts = report.now.counts
    if report.partial:
        notes.append(
            gettext("The orders begin within this period, so its figures are only a part of it.")
        )
    if counts and counts.unknown_orders:
        notes.append(
            gettext(
                "%(orders)s orders (%(amount)s) name no customer: they are in the paid amount, and "
                "in no other figure.",
                orders=number(counts.unknown_orders),
                amount=money(counts.unknown_amount, currency),
            )
        )
    if counts and counts.refunded:
        notes.append(
            gettext(
                "%(amount)s was given back so far, of these orders or by credit notes of these "
                "days; it is not taken off here.",
                amount=money(counts.refunded, currency),
            )
        )
    return tuple(str(note) for note in notes)


def _repurchase(report: ShopReport, currency: str) -> tuple[dict[str, str], ...]:
    now, before, _ = report.repurchase
    items = [
        {
            "label": str(gettext("Repurchase rate, 365 days")),
            "value": NOTHING if now.rate is None else percent(float(now.rate)),
            "detail": str(
                gettext(
                    "%(again)s of %(buyers)s customers",
                    again=number(now.again),
                    buyers=number(now.buyers),
                )
            ),
        }
    ]
    if now.once:
        items[0]["detail"] += " · " + ngettext(
            "without %(once)s who bought only goods that one buys once",
            "without %(once)s who bought only goods that one buys once",
            now.once,
            once=number(now.once),
        )
    if before is not None and before.rate is not None and now.rate is not None:
        items[0]["detail"] += " · " + against_before(now.rate, before.rate, "share", report.by)
    counts, year = report.now.counts, now.year
    for label, found in (
        (gettext("Existing customers alone, this period"), counts),
        (gettext("Existing customers alone, 365 days"), year),
    ):
        share = None if found is None else found.old_amount_share
        detail = (
            gettext("the orders do not reach back over all of it")
            if found is None
            else gettext("%(share)s of what known customers paid", share=percent(float(share or 0)))
        )
        items.append(
            {
                "label": str(label),
                "value": NOTHING
                if found is None
                else money(found.old_amount, currency, whole=True),
                "detail": str(detail),
            }
        )
    return tuple(items)


def _goal_words(now: Repurchase, goal: Goal) -> Cell:
    """A kind of notice, and where the rate stands beside the goal."""
    rate = now.rate
    if rate is None:
        return "", ""
    low, high = Fraction(goal.low) / 100, Fraction(goal.high) / 100
    facts = {"low": percent(float(low), 0), "high": percent(float(high), 0)}
    if rate < low:
        lacking = -(-(low * now.buyers - now.again) // 1)
        return "caution", str(
            gettext(
                "Below the goal of %(low)s to %(high)s: %(lacking)s more of these customers would "
                "have to buy again.",
                lacking=number(int(lacking)),
                **facts,
            )
        )
    if rate > high:
        return "good", str(gettext("Above the goal of %(low)s to %(high)s.", **facts))
    return "good", str(gettext("Within the goal of %(low)s to %(high)s.", **facts))


def _cohort(one: Cohort) -> CohortRow:
    low, high = one.ever_range
    return CohortRow(
        month=f"{one.month:%Y-%m}",
        new=number(one.new),
        again=tuple(NOTHING if part is None else percent(part / one.new, 0) for part in one.again),
        ever=(percent(one.ever / one.new, 0), f"{percent(low, 0)} – {percent(high, 0)}"),
        middle=NOTHING if one.middle_days is None else number(one.middle_days, 0),
    )


def _rate(one: Arrival) -> Cell:
    if one.rate is None or one.rate_range is None:
        return NOTHING, str(gettext("only goods that are bought once"))
    low, high = one.rate_range
    return percent(float(one.rate)), f"{percent(low)} – {percent(high)}"


def _arrival(one: Arrival, currency: str) -> ArrivalRow:
    limits = one.spent_range
    cost = one.cost_each
    margin = one.margin_to_pay_back
    known = gettext("known of %(priced)s", priced=number(one.priced))
    if margin is None:
        pays = NOTHING
    elif margin > 1:
        pays = str(gettext("not within 90 days at any margin"))
    else:
        pays = str(gettext("from a margin of %(margin)s", margin=percent(float(margin))))
    return ArrivalRow(
        channel=one.channel or str(gettext("not known")),
        customers=number(one.customers),
        rate=_rate(one),
        spent=(
            money(float(one.spent_each), currency),
            str(gettext("too few for a range"))
            if limits is None
            else f"{money(limits[0], currency)} – {money(limits[1], currency)}",
        ),
        cost=(NOTHING, str(gettext("no file tells of it")))
        if cost is None
        else (money(float(cost), currency), str(known)),
        pays_back=pays,
    )
