"""The page of points: what is shown, formatted, and its tables as files."""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_skeleton
from flask_babel import get_locale, gettext, lazy_gettext, ngettext

from regulars_platform.points.changing import AtOnce
from regulars_platform.points.ledger import Month, Redeemed
from regulars_platform.points.movements import LINES
from regulars_platform.points.overview import PointsOverview
from regulars_platform.points.rules import PointsRules
from regulars_web.formats import date, money, number, percent, signed
from regulars_web.words.reports import clauses

MOST_MONTHS = 24
MOST_DIFFERENCES = 50

LINE_LABELS = {
    "earned_orders": lazy_gettext("By orders"),
    "earned_games": lazy_gettext("By games"),
    "earned_other": lazy_gettext("Otherwise"),
    "taken_back": lazy_gettext("Taken back"),
    "spent_coupons": lazy_gettext("For coupons"),
    "spent_goods": lazy_gettext("For goods"),
    "spent_order": lazy_gettext("Part of an order"),
    "lapsed": lazy_gettext("Lapsed"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthRow:
    """One month; cells in the order of LINE_LABELS."""

    name: str
    opening: str
    cells: tuple[str, ...]
    closing: str


def month_rows(months: Sequence[Month]) -> list[MonthRow]:
    """The latest first, at most MOST_MONTHS."""
    return [
        MonthRow(
            name=str(format_skeleton("yMMM", one.first_day, locale=get_locale())),
            opening=number(one.opening),
            cells=tuple(_signed(one.lines[line]) for line in LINES),
            closing=number(one.closing),
        )
        for one in reversed(months[-MOST_MONTHS:])
    ]


def at_once_text(changes: AtOnce, rules: PointsRules, currency: str) -> list[str]:
    """What rules would give and take at once, by orders and days that are past."""
    found = []
    if changes.gain:
        said = ngettext(
            "This gives %(points)s points to %(customers)s customer at once, for past orders.",
            "This gives %(points)s points to %(customers)s customers at once, for past orders.",
            changes.gain,
            points=number(changes.given),
            customers=number(changes.gain),
        )
        found.append(str(said))
        if rules.value:
            worth = money(changes.given * rules.value, currency)
            found.append(str(gettext("If all of them were spent: %(worth)s.", worth=worth)))
    if changes.lose:
        said = ngettext(
            "This takes %(points)s points from %(customers)s customer at once.",
            "This takes %(points)s points from %(customers)s customers at once.",
            changes.lose,
            points=number(changes.taken),
            customers=number(changes.lose),
        )
        found.append(str(said))
    return found


def age_rows(page: PointsOverview) -> list[tuple[str, str, str, str]]:
    """How long ago earned, points, their worth in full, lapsing within 30 days."""
    found = []
    for age in page.ages:
        if age.until is None:
            label = gettext("over %(after)s days ago", after=number(age.after))
        else:
            label = gettext(
                "%(first)s to %(last)s days ago",
                first=number(age.after + 1),
                last=number(age.until),
            )
        found.append((str(label), number(age.points), str(age.points), number(age.lapsing_30)))
    return found


def owed_figures(page: PointsOverview, currency: str) -> list[dict[str, str]]:
    """What is owed: points left, what they will cost with its range, and if all were spent.

    Without a point's worth nothing is known of the money: it is not nothing.
    """
    owed = page.owed
    customers = ngettext(
        "%(count)s customer", "%(count)s customers", owed.customers, count=number(owed.customers)
    )
    will_cost, if_all = str(gettext("Will cost")), str(gettext("If all were spent"))
    left = {
        "label": str(gettext("Points left")),
        "value": number(owed.points),
        "detail": str(customers),
    }
    if not page.rules.value:
        unsaid = str(gettext("say what a point is worth"))
        return [
            left,
            {"label": will_cost, "value": "–", "detail": unsaid},
            {"label": if_all, "value": "–"},
        ]
    low, high = money(owed.low, currency), money(owed.high, currency)
    span = str(gettext("%(low)s to %(high)s", low=low, high=high))
    cost = {"value": span, "detail": str(gettext("the whole range"))}
    if owed.expected is not None:
        cost = {"value": money(owed.expected, currency), "detail": span}
    return [
        left,
        {"label": will_cost, **cost},
        {"label": if_all, "value": money(owed.full, currency)},
    ]


def worth_text(points: int, rules: PointsRules, currency: str) -> str:
    """Points if all were spent; a dash where nobody said what one is worth."""
    return money(points * rules.value, currency) if rules.value else "–"


def share_text(share: Redeemed) -> str:
    """Where the share that is ever spent comes from."""
    low, high = percent(share.low), percent(share.high)
    if share.way == "own":
        return str(gettext("%(low)s to %(high)s, as you expect.", low=low, high=high))
    if share.way == "unknown":
        return str(gettext("not known yet, too few points are old enough: from none to all."))
    if share.way == "lapsed":
        return str(
            gettext(
                "%(share)s (%(low)s to %(high)s) of the %(points)s points whose time is over did "
                "not lapse.",
                share=percent(share.expected or 0.0),
                low=low,
                high=high,
                points=number(share.of),
            )
        )
    return str(
        gettext(
            "Points never lapse here, so all of them may be spent yet; of the %(points)s that are "
            "over a year old at least %(low)s will be, as far as they show.",
            points=number(share.of),
            low=low,
        )
    )


def rules_text(rules: PointsRules, currency: str) -> str:
    """The rules in a line."""
    parts = []
    if rules.per_unit:
        earned = gettext(
            "orders earn %(points)s for each %(unit)s paid",
            points=number(rules.per_unit / 10_000),
            unit=money(10_000, currency, whole=True),
        )
        parts.append(str(earned))
    if rules.since is not None and rules.per_unit:
        parts.append(str(gettext("from %(day)s on", day=date(rules.since))))
    if rules.value:
        worth = money(rules.value, currency, exact=True)
        parts.append(str(gettext("a point is worth %(worth)s", worth=worth)))
    if rules.valid_days is not None:
        parts.append(str(gettext("lapses after %(days)s days", days=number(rules.valid_days))))
    return clauses(parts) if parts else str(gettext("no rules: files alone say what moves"))


def difference_rows(page: PointsOverview) -> list[tuple[str, str, str, str]]:
    """The largest."""
    return [
        (customer, number(balance), number(told), signed(number(difference)))
        for customer, balance, told, difference in page.differs.head(MOST_DIFFERENCES).iter_rows()
    ]


def _signed(points: int) -> str:
    return "–" if points == 0 else signed(number(points))
