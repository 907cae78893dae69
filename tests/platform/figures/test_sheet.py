"""The ten figures where orders and the shop's files both tell, stages, and the goal."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from regulars_platform.figures.counts import Counts, count
from regulars_platform.figures.goals import Goal, GoalError, parse_goal, read_goal
from regulars_platform.figures.industry import beside_industry
from regulars_platform.figures.periods import Period
from regulars_platform.figures.sheet import WEEKLY, figures_of
from regulars_platform.figures.stage import stage_of
from regulars_platform.figures.traffic import Traffic
from tests.platform.customers.build import line, money
from tests.platform.customers.shop import Folder
from tests.platform.figures.shop import source_of

WEEK = Period(first=dt.date(2026, 1, 5), last=dt.date(2026, 1, 11))


def told(day: int, figure: str, value: float, scope: str = "shop") -> dict[str, object]:
    return {
        "day": dt.date(2026, 1, day),
        "scope": scope,
        "figure": figure,
        "value": money(value),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(
        tmp_path,
        line("0", "old", "2026-01-01", 10),
        line("1", "ann", "2026-01-05", 100),
        line("2", "ann", "2026-01-06", 50),
        line("3", "old", "2026-01-11", 30),
        line("4", None, "2026-01-11", 7),
    )


def test_the_ten_are_those_of_the_sellers_in_their_order() -> None:
    assert [one.chinese for one in WEEKLY] == [
        *("店铺收藏人数", "支付金额", "客单价", "访客数", "新访客数", "老访客占比"),
        *("支付买家数", "新买家数", "老买家数", "老买家占比"),
    ]


def test_orders_tell_of_buyers_and_files_of_visitors(folder: Folder) -> None:
    folder.bring(
        "shop_days",
        *(told(day, "visitors", 100) for day in range(5, 12)),
        *(told(day, "returning_visitor_share", 0.2) for day in range(5, 11)),
        told(11, "new_visitors", 50),
        told(12, "visitors", 999),
        told(5, "shop_favourite_people", 3),
        told(5, "visitors", 9, "industry"),
    )
    counts = count(source_of(folder, "UTC"), [WEEK])[0]
    found = figures_of(counts, Traffic(folder.path), WEEK)
    assert {name: one.value for name, one in found.items()} == {
        "shop_favourite_people": None,  # known of one day of seven: no week to compare
        "paid_amount": money(187),
        "average_order_value": money(90),  # (100 + 50 + 30) / 2 known buyers
        "visitors": 700,
        "new_visitors": 6 * 80 + 50,
        "returning_visitor_share": Fraction(6 * 20 + 50, 700),
        "paid_buyers": 2,
        "new_buyers": 1,
        "returning_buyers": 1,
        "returning_buyer_share": Fraction(1, 2),
    }
    favourites = found["shop_favourite_people"].file
    assert favourites is not None
    assert favourites.days == 1
    assert found["shop_favourite_people"].so_far == 3
    assert {one.differs for one in found.values()} == {None}


def test_where_both_know_the_difference_is_of_the_same_sum_of_days(folder: Folder) -> None:
    for day in range(5, 12):
        buyers = {5: 1, 6: 1, 11: 2}.get(day, 0)
        folder.bring("shop_days", told(day, "paid_buyers", buyers), told(day, "new_buyers", 0))
    folder.bring("shop_days", told(5, "paid_amount", 100))
    counts = count(source_of(folder, "UTC"), [WEEK])[0]
    found = figures_of(counts, Traffic(folder.path), WEEK)
    many, new, paid = (found[name] for name in ("paid_buyers", "new_buyers", "paid_amount"))
    # ann bought on two days: 3 by day, 2 different ones; the file says 4
    assert [many.orders, many.differs] == [2, 1]
    assert [new.orders, new.differs] == [1, -1]
    assert paid.differs is None  # the file knows one day of seven
    assert found["returning_buyer_share"].differs == Fraction(1) - Fraction(2, 3)


def test_beside_the_industry_stands_the_reports_figure_and_the_same_sum_of_days(
    folder: Folder,
) -> None:
    for day in range(5, 12):
        for figure, value in [("paid_buyers", 9), ("paid_amount", 900), ("conversion", 0.5)]:
            folder.bring("shop_days", told(day, figure, value, "industry"))
        folder.bring("shop_days", told(day, "paid_amount", 20), told(day, "conversion", 0.25))
    counts = count(source_of(folder, "UTC"), [WEEK])[0]
    before = Period(first=WEEK.first - dt.timedelta(days=7), last=WEEK.first - dt.timedelta(days=1))
    own, industry = Traffic(folder.path), Traffic(folder.path, "industry")
    rows = {one.name: one for one in beside_industry(own, industry, (WEEK, counts), (before, None))}
    report = figures_of(counts, own, WEEK)
    assert {name: one.own for name, one in rows.items() if name in report} == {
        name: report[name].value for name in ("paid_amount", "paid_buyers", "average_order_value")
    }
    # ann bought on two days: 2 different buyers, 3 by day; of the amount the file says 7 x 20
    buyers, paid, conversion = (rows[name] for name in ("paid_buyers", "paid_amount", "conversion"))
    assert [buyers.own, buyers.by_day, buyers.industry] == [2, 3, 63]
    assert [paid.own, paid.by_day, paid.from_orders] == [money(187), money(140), True]
    assert [paid.from_file, buyers.from_file] == [True, False]
    assert [conversion.own, conversion.from_orders] == [Fraction(1, 4), False]


def test_without_orders_that_far_back_the_file_speaks_alone(folder: Folder) -> None:
    for day in range(5, 12):
        folder.bring("shop_days", told(day, "paid_amount", 100), told(day, "paid_buyers", 4))
    found = figures_of(None, Traffic(folder.path), WEEK)
    assert [found["paid_amount"].orders, found["paid_amount"].value] == [None, money(700)]
    assert found["average_order_value"].value == money(25)
    assert found["visitors"].value is None


def test_a_week_of_which_a_file_knows_some_days_is_compared_with_no_other(folder: Folder) -> None:
    before = Period(first=dt.date(2025, 12, 29), last=dt.date(2026, 1, 4))
    for day in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11):
        folder.bring(
            "shop_days", told(day, "visitors", 1000), told(day, "returning_visitor_share", 0.3)
        )
    folder.bring("shop_days", told(3, "paid_amount", 60), told(3, "paid_buyers", 4))
    now, then = (figures_of(None, Traffic(folder.path), one) for one in (WEEK, before))
    assert now["visitors"].value == 7000
    assert not now["visitors"].part
    assert [then["visitors"].value, then["visitors"].so_far] == [None, 3000]
    # shares and averages do not grow with the days
    assert then["returning_visitor_share"].value == Fraction(3, 10)
    assert [then["paid_amount"].value, then["average_order_value"].value] == [None, money(15)]


def counts(buyers: int, new: int) -> Counts:
    nothing = dict.fromkeys(Counts.__dataclass_fields__, 0)
    return Counts(**{**nothing, "buyers": buyers, "new_buyers": new})


@pytest.mark.parametrize(
    ("now", "before", "stage"),
    [
        (counts(29, 29), counts(99, 9), "too_few"),
        (counts(30, 15), None, "unknown"),
        (counts(100, 50), counts(100, 55), "growing_new"),
        (counts(100, 50), counts(100, 56), "leaking"),
        (counts(100, 33), counts(80, 30), "growing_both"),
        (counts(100, 32), counts(98, 30), "regulars"),
        (counts(60, 10), counts(90, 10), "fading"),
    ],
)
def test_the_stage_is_told_by_the_rule_on_the_page(
    now: Counts, before: Counts | None, stage: str
) -> None:
    assert stage_of(now, before).name == stage


def test_a_goal_is_two_percentages(folder: Folder) -> None:
    assert [Goal().low, Goal().high] == [30, 50]
    assert parse_goal(" 25 % ", "40.5") == Goal(low=Decimal(25), high=Decimal("40.5"))
    for low, high in (("50", "30"), ("", "30"), ("-1", "30"), ("30", "101"), ("x" * 9999, "nan")):
        with pytest.raises(GoalError, match="is no goal"):
            parse_goal(low, high)

    practice = {"goals": {"repurchase_rate": ["20", "35"]}}
    assert read_goal(source_of(folder, "UTC", **practice).store) == parse_goal("20", "35")
