"""Points: a ledger that adds up, lapses as lots do one by one, and agrees with the features."""

import datetime as dt
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.customers.store import FeatureStore
from regulars_platform.errors import InvalidInputError
from regulars_platform.points.ledger import months_of
from regulars_platform.points.movements import LINES, all_movements
from regulars_platform.points.overview import PointsOverview, look_at_points, points_data
from regulars_platform.points.rules import (
    PointsRules,
    parse_points_rules,
    points_rules_json,
    read_points_rules,
)
from tests.platform.customers.build import line
from tests.platform.customers.shop import Folder, movement

DAY = dt.date(2026, 7, 1)


def store_of(folder: Folder, timezone: str = "UTC", **points: Any) -> FeatureStore:
    return FeatureStore(folder.path, timezone, {"points": points} if points else None)


def look(folder: Folder, as_of: dt.date = DAY, **points: Any) -> PointsOverview:
    return look_at_points(store_of(folder, **points), 0, as_of)


def balance(folder: Folder, customer: str, as_of: dt.date = DAY, **points: Any) -> int | None:
    known: int | None = folder.known(customer, as_of, points=points)["points_balance"]
    return known


def test_a_month_opens_with_what_the_one_before_closed(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "ann", "2026-01-01", 5))
    folder.bring(
        "points",
        movement("1", "ann", 100, "2026-01-05"),
        movement("2", "ann", 20, "2026-01-06") | {"reason": "game"},
        movement("3", "ann", -30, "2026-03-02") | {"reason": "exchange", "order_id": "x"},
        movement("4", "ann", -10, "2026-03-02") | {"reason": "exchange", "note": "换5元券"},
        movement("5", "ben", -7, "2026-03-03") | {"reason": "exchange", "note": "mug"},
        movement("6", "ann", -5, "2026-03-04") | {"reason": "order"},
        movement("7", "ann", -9, "2026-03-31") | {"reason": "expiry"},
        movement("8", "ann", 50, "2026-07-01"),
    )
    january, february, march = look(folder).months
    assert (january.opening, january.closing) == (0, 120)
    assert january.lines == dict.fromkeys(LINES, 0) | {"earned_orders": 100, "earned_games": 20}
    assert (february.opening, february.closing) == (120, 120)
    assert march.lines == dict.fromkeys(LINES, 0) | {
        "spent_order": -30,
        "spent_coupons": -10,
        "spent_goods": -7,
        "taken_back": -5,
        "lapsed": -9,
    }
    assert (march.opening, march.closing) == (120, 59)


def test_orders_earn_whole_points_and_refunds_take_theirs_back(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-05-01", 99.90),
        line("2", "ann", "2026-05-02", 50, refund=20.5),
        line("3", "ann", "2026-05-03", 30, status="unpaid"),
        line("4", "ann", "2026-05-04", -10),
        line("5", "ann", "2026-05-05", 40),
        line("6", "ann", "2026-01-05", 500),
    )
    folder.bring("points", movement("m", "ann", 1000, "2026-05-05") | {"order_id": "5"})
    found = look(folder, per_unit="1", since="2026-05-01")
    (may,) = found.months
    # 99 + 50, and the file's own 1,000 for order 5; back: 50 - 29 and 10
    assert (may.lines["earned_orders"], may.lines["taken_back"]) == (1149, -31)
    assert balance(folder, "ann", per_unit="1", since="2026-05-01") == 1118
    assert found.twice == 0


def test_a_day_is_the_shops_own(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-01-01", 10, at="2026-06-30T20:00:00+00:00"))
    rules = {"points": {"per_unit": "1"}}
    in_shanghai = folder.known("ann", dt.date(2026, 7, 2), timezone="Asia/Shanghai", **rules)
    assert in_shanghai["points_balance"] == 10
    store = FeatureStore(folder.path, "Asia/Shanghai", rules)
    assert look_at_points(store, 0, DAY).months == []
    assert look_at_points(store, 0, dt.date(2026, 7, 2)).months[0].first_day == DAY


def test_points_lapse_at_the_end_of_their_last_day_the_oldest_spent_first(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "ann", "2026-01-01", 5))
    folder.bring(
        "points",
        movement("1", "ann", 100, "2026-01-01"),
        movement("2", "ann", 50, "2026-01-05"),
        movement("3", "ann", -60, "2026-01-10") | {"reason": "exchange"},
        movement("4", "ann", -10, "2026-01-11") | {"reason": "exchange"},
    )
    # of 100, 70 were spent by the 11th; the other 30 can still be spent on that day
    assert balance(folder, "ann", dt.date(2026, 1, 11), valid_days=10) == 90
    assert balance(folder, "ann", dt.date(2026, 1, 12), valid_days=10) == 50
    assert balance(folder, "ann", dt.date(2026, 1, 16), valid_days=10) == 0


def test_what_lapsed_in_files_does_not_lapse_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "ann", "2026-01-01", 5))
    folder.bring(
        "points",
        movement("1", "ann", 100, "2026-01-01"),
        movement("2", "ann", -40, "2026-03-01") | {"reason": "expiry"},
    )
    found = look(folder, valid_days=10)
    assert found.files_tell_expiry
    assert found.months[-1].closing == 60


def lots_one_by_one(
    moved: list[tuple[str, int, int]], valid: int, until: int
) -> dict[str, list[int]]:
    """customer -> closing of every day, by keeping each lot apart."""
    closings: dict[str, list[int]] = defaultdict(list)
    for who in {one for one, _, _ in moved}:
        lots: list[list[int]] = []
        debt = 0
        for day in range(until):
            today = [points for one, when, points in moved if (one, when) == (who, day)]
            gained = sum(points for points in today if points > 0)
            spent = debt - sum(points for points in today if points < 0)
            if gained:
                lots.append([day, gained])
            for lot in lots:
                taken = min(lot[1], spent)
                lot[1] -= taken
                spent -= taken
            debt = spent
            lots = [lot for lot in lots if lot[0] + valid > day]
            closings[who].append(sum(lot[1] for lot in lots) - debt)
    return closings


@pytest.mark.parametrize("seed", range(6))
def test_random_movements_add_up_every_month_for_everybody(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 -- no secret
    start, days, valid = dt.date(2026, 1, 1), 120, (5, 20, 45)[seed % 3]
    moved = [
        (f"c{draw.randrange(6)}", draw.randrange(days), draw.choice([1, 5, 40, -3, -20, -45]))
        for _ in range(150)
    ]
    folder = Folder(tmp_path, line("o", "c0", "2026-01-01", 5))
    folder.bring(
        "points",
        *(
            movement(str(n), who, points, str(start + dt.timedelta(days=day)))
            | {"reason": draw.choice(["order", "game", "other", "exchange"])}
            for n, (who, day, points) in enumerate(moved)
        ),
    )
    end = start + dt.timedelta(days=days)
    rules = PointsRules(valid_days=valid)
    frame = all_movements(points_data(store_of(folder), 0), rules, end).collect()
    expected = lots_one_by_one(moved, valid, days)
    for who, closings in expected.items():
        own = frame.filter(customer_id=who)
        opening = 0
        for month in months_of(own.lazy()):
            assert month.opening == opening
            assert month.opening + sum(month.lines.values()) == month.closing
            last = (month.first_day + dt.timedelta(days=31)).replace(day=1) - start
            assert month.closing == closings[min(last.days, days) - 1]
            opening = month.closing
        assert own["points"].sum() == closings[-1]
        assert own.select(pl.col("lot") - pl.col("used") - pl.col("points")).sum().item() == 0
    whole = months_of(frame.lazy())
    assert whole[-1].closing == sum(closings[-1] for closings in expected.values())
    shown = folder.frame(end, points={"valid_days": valid})
    assert shown["points_balance"].sum() == whole[-1].closing


def test_the_page_and_the_features_agree_with_rules_files_and_told_balances(
    tmp_path: Path,
) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-05-01", 100),
        line("2", "ben", "2026-05-02", 50, refund=50),
        line("3", "cid", "2026-02-01", 80),
    )
    folder.bring("points", movement("m", "ann", -30, "2026-05-09") | {"reason": "exchange"})
    folder.bring(
        "customers",
        {"customer_id": "ann", "points_told": 70},
        {"customer_id": "ben", "points_told": 5},
        {"customer_id": "dan", "points_told": 400},
    )
    rules: dict[str, Any] = {"per_unit": "1", "value": "0.01", "valid_days": 100}
    found = look(folder, **rules)
    features = folder.frame(DAY, points=rules)
    assert dict(features.select("customer_id", "points_balance").rows()) == {
        "ann": 70,
        "ben": 0,
        "cid": 0,  # 1 February and 100 days: lapsed on 12 May
        "dan": 400,
    }
    assert (found.owed.points, found.owed.told, found.owed.customers) == (470, 400, 2)
    assert found.owed.full == 47_000  # 4.70
    assert found.differs.rows() == [("dan", 0, 400, 400), ("ben", 0, 5, 5)]
    assert found.compared == 3


def test_without_any_movement_there_is_no_ledger_to_differ_from(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-05-01", 100))
    folder.bring("customers", {"customer_id": "ann", "points_told": 70})
    found = look(folder)
    assert (found.compared, found.differs.height) == (1, 0)
    assert found.owed.points == 70
    folder.bring("points", movement("m", "ben", 5, "2026-05-09"))
    assert look(folder).differs.rows() == [("ann", 0, 70, 70)]


def test_what_is_owed_counts_the_share_that_did_not_lapse(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "c0", "2026-01-01", 5))
    rows = []
    for n in range(4):  # 100 each; spent in time: 40, 60, 40, 60; the rest lapsed
        rows.append(movement(f"a{n}", f"c{n}", 100, "2026-01-01"))
        rows.append(
            movement(f"b{n}", f"c{n}", -(40 + 20 * (n % 2)), "2026-01-05") | {"reason": "exchange"}
        )
        rows.append(movement(f"z{n}", f"c{n}", 1000, "2026-06-20"))
    folder.bring("points", *rows)
    found = look(folder, value="0.02", valid_days=30)
    assert found.share.way == "lapsed"
    assert found.share.expected == pytest.approx(0.5)
    # residuals +-10 of four: s2 = 400 / 3; error = sqrt(4 * 400 / 3) / 400; t(3) = 3.182446
    half = 3.182446 * (4 * 400 / 3) ** 0.5 / 400
    assert (found.share.low, found.share.high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)
    assert found.owed.full == 4000 * 200
    assert found.owed.expected == 400_000
    assert found.owed.low == round(800_000 * found.share.low)


def test_points_that_never_lapse_may_all_be_spent_yet(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "c0", "2024-01-01", 5))
    for n, spent in enumerate((20, 60)):
        folder.bring(
            "points",
            movement(f"a{n}", f"c{n}", 100, "2024-05-01"),
            movement(f"b{n}", f"c{n}", -spent, "2024-05-02") | {"reason": "exchange"},
        )
    found = look(folder, value="0.01").share
    assert (found.way, found.high, found.expected) == ("so far", 1.0, None)
    assert found.low == 0.0  # two customers say next to nothing


def test_the_shops_own_share_and_no_history_at_all(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "ann", "2026-06-01", 100))
    own = look(folder, per_unit="2", value="0.05", redeemed_low="50", redeemed_high="80")
    assert own.owed.full == 200 * 500
    assert (own.owed.low, own.owed.high, own.owed.expected) == (50_000, 80_000, 65_000)
    unknown = look(folder, per_unit="2", value="0.05")
    assert (unknown.share.way, unknown.owed.low, unknown.owed.high) == ("unknown", 0, 100_000)


def test_how_old_the_points_are_that_are_left(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "ann", "2026-01-01", 5))
    folder.bring(
        "points",
        movement("1", "ann", 100, "2025-01-01"),
        movement("2", "ann", 40, "2026-02-15"),
        movement("3", "ann", 7, "2026-06-30"),
        movement("4", "ann", -110, "2026-06-30") | {"reason": "exchange"},
    )
    ages = look(folder).ages
    assert [(age.after, age.until, age.points) for age in ages] == [
        (0, 90, 7),
        (90, 180, 30),
        (180, 365, 0),
        (365, None, 0),
    ]


def test_what_lapses_within_thirty_days(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("o", "ann", "2026-01-01", 5))
    folder.bring(
        "points", movement("2", "ann", 40, "2026-02-15"), movement("3", "ann", 7, "2026-06-30")
    )
    # 15 February is 136 days ago
    soon = look(folder, valid_days=150)
    assert [age.lapsing_30 for age in soon.ages] == [0, 40, 0, 0]


def test_orders_told_without_a_number_may_count_twice_and_that_is_said(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-05-01", 10))
    folder.bring("points", movement("m", "ann", 10, "2026-05-01"))
    assert look(folder, per_unit="1").twice == 1
    assert look(folder).twice == 0


def test_the_rules_are_kept_as_typed() -> None:
    typed = {"per_unit": "1.5", "value": "0.01", "valid_days": "365", "since": "2026-01-01"}
    rules = parse_points_rules(typed)
    assert (rules.per_unit, rules.value, rules.valid_days) == (15_000, 100, 365)

    kept = FeatureStore(Path("nowhere"), "UTC", {"points": points_rules_json(rules)})
    assert read_points_rules(kept) == rules


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"per_unit": "lots"}, "per_unit"),
        ({"per_unit": "2000"}, "per_unit"),
        ({"value": "-1"}, "value"),
        ({"valid_days": "0"}, "valid_days"),
        ({"since": "31.12.2026"}, "since"),
        ({"redeemed_low": "50"}, "redeemed_high"),
        ({"redeemed_low": "80", "redeemed_high": "50"}, "redeemed_low"),
        ({"redeemed_low": "80", "redeemed_high": "101"}, "redeemed_high"),
    ],
)
def test_rules_that_cannot_be_are_refused_beside_their_field(
    typed: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInputError) as found:
        parse_points_rules(typed)
    assert field in {problem.field for problem in found.value.problems}


def test_a_shop_without_points_has_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-05-01", 10))
    found = look(folder)
    assert found.is_empty
    assert isinstance(found.differs, pl.DataFrame)
