"""Features from orders: as the formulas over whole orders say, and the newer ones by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from regulars_platform.customers.catalogue import FEATURE_SCHEMA, ORDER_FEATURE_SCHEMA
from tests.platform.customers.build import line
from tests.platform.customers.shop import Folder


def random_lines(seed: int, orders: int = 120) -> list[dict[str, Any]]:
    """Orders of nine customers in a quarter, with everything that orders can be."""
    rng = np.random.default_rng(seed)
    found = []
    for order in range(orders):
        customer = None if rng.random() < 0.05 else f"c{rng.integers(9)}"
        moment = dt.datetime(2025, 11, 1, tzinfo=dt.UTC) + dt.timedelta(
            minutes=int(rng.integers(0, 92 * 24 * 60))
        )
        sign = -1 if rng.random() < 0.1 else 1
        for item in range(int(rng.integers(1, 3))):
            amount = sign * float(rng.integers(1, 60))
            found.append(
                line(
                    f"D{order:03}",
                    customer,
                    "2026-01-01",
                    amount,
                    at=moment.isoformat(),
                    line_key=str(item),
                    product=f"p{rng.integers(4)}",
                    status=str(rng.choice(["paid", "paid", "paid", "unpaid", "cancelled"])),
                    discount=float(rng.integers(0, 2)),
                    # the freight comes back with the goods, or more than that
                    refund=max(0.0, amount) + order % 9 if rng.random() < 0.1 else 0.0,
                    shipping=6 * (order % 2),
                    channel=[None, "app", "web", "shop"][rng.integers(4)],
                    household=[None, None, "h1", "h2"][rng.integers(4)],
                )
            )
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("day", [dt.date(2025, 11, 1), dt.date(2025, 12, 20), dt.date(2026, 3, 1)])
def test_they_are_to_the_last_digit_what_the_formulas_over_orders_give(
    tmp_path: Path, seed: int, day: dt.date
) -> None:
    from regulars_platform.customers.store import FeatureStore

    Folder(tmp_path, *random_lines(seed))
    store = FeatureStore(tmp_path, "Asia/Shanghai")
    expected = store.order_features(day, 0).collect()
    found = store.features(day, 0).collect()
    assert_frame_equal(found.select(*ORDER_FEATURE_SCHEMA), expected)


def test_the_frame_has_every_feature_in_its_type_and_is_sorted(tmp_path: Path) -> None:
    frame = Folder(tmp_path, *random_lines(1)).frame()
    assert dict(frame.schema) == FEATURE_SCHEMA
    assert frame["customer_id"].is_sorted()


def test_an_order_is_known_by_the_day_in_the_shops_own_time(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-01-30", 10, at="2026-01-30T20:00:00+00:00"))
    assert folder.known("ann")["last_order_days"] == 1
    assert folder.frame(timezone="Asia/Shanghai").is_empty()


def test_the_last_and_the_largest_order_stand_beside_what_is_usual(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-01-01", 100),
        line("2", "ann", "2026-01-11", 20),
        line("3", "ann", "2026-01-20", 60),
        line("4", "ben", "2026-01-20", 30),
    )
    ann = folder.known("ann")
    assert (ann["last_order_value"], ann["largest_order_value"]) == (60.0, 100.0)
    assert ann["last_ratio"] == 1.0
    # her mean is 60; the middle of 20, 30, 60 and 100 is 45
    assert ann["basket_ratio"] == pytest.approx(60 / 45, rel=1e-12)


def test_the_last_365_days_are_counted_from_the_day_that_is_a_year_ago(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2025-01-30", 10),
        line("2", "ann", "2025-01-31", 20),
        line("3", "ann", "2026-01-30", 40, refund=5),
        line("C", "ann", "2026-01-30", -3),
    )
    ann = folder.known("ann")
    assert (ann["orders_365"], ann["spend_365"]) == (2, 52.0)


def test_scores_are_fifths_of_the_buyers_and_equals_stand_together(tmp_path: Path) -> None:
    # ten buyers: five of one order, five of two; everybody's last order one day after another's
    orders = [line(f"a{n}", f"c{n}", f"2026-01-{11 + n}", 10 + n) for n in range(10)]
    orders += [line(f"b{n}", f"c{n}", "2025-12-01", 1) for n in range(5, 10)]
    orders.append(line("u", "never", "2026-01-05", 5, status="cancelled"))
    frame = Folder(tmp_path, *orders).frame()
    scores = {row["customer_id"]: row for row in frame.iter_rows(named=True)}
    assert [scores[f"c{n}"]["recency_score"] for n in range(10)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    # nobody is below one order; five of ten, two fifths and a half, are below two
    assert [scores[f"c{n}"]["frequency_score"] for n in (0, 4, 5, 9)] == [1, 1, 3, 3]
    assert scores["c9"]["rfm"] == "535"
    assert scores["never"]["rfm"] is None
    assert scores["never"]["recency_score"] is None


def test_one_buyer_alone_has_nobody_below(tmp_path: Path) -> None:
    assert Folder(tmp_path, line("1", "ann", "2026-01-01", 10)).known("ann")["rfm"] == "111"


def test_deals_are_orders_on_event_days_or_with_a_discount(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2025-11-11", 10),
        line("2", "ann", "2025-12-12", 10, discount=1),
        line("3", "ann", "2026-01-05", 10, discount=1),
        line("4", "ann", "2026-01-06", 10),
    )
    ann = folder.known("ann")
    assert (ann["event_share"], ann["deal_share"], ann["discount_share"]) == (0.5, 0.75, 0.5)
    own = folder.known("ann", event_days=[["2026-01-06", "2026-01-06"]])
    assert (own["event_share"], own["deal_share"]) == (0.25, 0.75)
    assert folder.known("ann", event_days=[])["event_share"] == 0.0


def test_the_stage_is_by_the_customers_own_rhythm(tmp_path: Path) -> None:
    def twice(customer: str, first: str, second: str) -> list[dict[str, Any]]:
        return [
            line(f"{customer}1", customer, first, 10),
            line(f"{customer}2", customer, second, 10),
        ]

    folder = Folder(
        tmp_path,
        *twice("often", "2025-11-01", "2025-11-11"),  # 81 days at an interval of 10
        *twice("seldom", "2025-10-03", "2025-12-22"),  # 40 days at an interval of 80
        *twice("late", "2025-10-23", "2025-12-02"),  # 60 days at 40
        *twice("sleeps", "2025-09-22", "2025-11-01"),  # 91 days at 40
        line("n", "new", "2026-01-01", 10),
        line("o", "once", "2025-12-31", 10),
    )
    stage = dict(folder.frame().select("customer_id", "rhythm").iter_rows())
    assert stage == {
        "often": "lost",
        "seldom": "active",
        "late": "active",
        "sleeps": "dormant",
        "new": "new",
        "once": "active",  # 31 days beside the shop's median interval of 40
    }
    assert folder.known("sleeps")["rhythm_ratio"] == 91 / 40
    assert folder.known("once")["rhythm_ratio"] == 31 / 40
    patient = {"dormant_from": "3", "lost_from": "9"}
    changed = folder.frame(rhythm=patient, honeymoon_days=31)
    stage = dict(changed.select("customer_id", "rhythm").iter_rows())
    assert (stage["sleeps"], stage["often"], stage["once"]) == ("active", "dormant", "new")


def test_without_any_interval_in_the_shop_only_the_new_have_a_stage(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path, line("1", "ann", "2025-06-01", 10), line("2", "ben", "2026-01-20", 10)
    )
    assert (folder.known("ann")["rhythm"], folder.known("ann")["rhythm_ratio"]) == (None, None)
    assert folder.known("ben")["rhythm"] == "new"


def test_an_order_still_to_be_paid_is_one_after_which_nothing_was_bought(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-01-01", 10, status="unpaid"),
        line("2", "ann", "2026-01-05", 10),
        line("3", "ann", "2026-01-20", 10, status="unpaid"),
        line("4", "ann", "2026-01-28", 10, status="unpaid"),
        line("5", "ben", "2026-01-10", 10, status="unpaid"),
        line("6", "ben", "2026-01-12", 10),
        line("7", "cid", "2026-01-12", 10, status="cancelled"),
    )
    ann, ben, cid = (folder.known(name) for name in ("ann", "ben", "cid"))
    assert (ann["unpaid_orders"], ann["unpaid_days"]) == (2, 3)
    assert (ben["unpaid_orders"], ben["unpaid_days"]) == (0, None)
    assert (cid["orders"], cid["unpaid_orders"]) == (0, 0)


def test_the_share_of_orders_with_a_refund_counts_orders_and_not_money(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-01-01", 100, refund=1),
        line("2", "ann", "2026-01-02", 10),
    )
    assert folder.known("ann")["refunded_orders_share"] == 0.5


def test_favourites_are_on_most_lines_then_of_most_money_then_first_by_name(
    tmp_path: Path,
) -> None:
    def bought(order: str, product: str, amount: float, **other: Any) -> dict[str, Any]:
        return line(order, "ann", f"2026-01-{int(order):02}", amount, product=product, **other)

    folder = Folder(
        tmp_path,
        bought("1", "tea", 10),
        bought("2", "tea", 10),
        bought("3", "cup", 15),
        bought("4", "cup", 15),
        bought("5", "pot", 90),
        bought("6", "lid", 90, status="unpaid"),
    )
    assert folder.known("ann")["favourite_product"] == "cup"
    assert folder.known("ann")["products_bought"] == 3
    assert folder.known("ann")["favourite_category"] is None
    folder.bring(
        "products",
        {"product": "tea", "category": "leaves"},
        {"product": "POT-1", "also": "pot", "category": "crockery"},
        {"product": "cup", "category": "crockery"},
    )
    assert folder.known("ann")["favourite_category"] == "crockery"
    assert folder.known("ann", dt.date(2026, 1, 3))["favourite_category"] == "leaves"


def test_prices_paid_stand_beside_the_median_price_of_the_same_category(tmp_path: Path) -> None:
    def bought(order: str, who: str, product: str, pieces: int, each: float) -> dict[str, Any]:
        return line(
            order, who, "2026-01-10", pieces * each, product=product, quantity=pieces * 10_000
        )

    folder = Folder(
        tmp_path,
        bought("1", "ann", "green tea", 2, 20),
        bought("2", "ann", "cup", 1, 5),
        bought("3", "ben", "black tea", 1, 10),
        bought("4", "cid", "white tea", 3, 8),
        bought("5", "cid", "spoon", 1, 99),
    )
    teas = [{"product": f"{one} tea", "category": "tea"} for one in ("green", "black", "white")]
    folder.bring("products", *teas, {"product": "cup", "category": "cups"})
    # teas cost 8, 10 and 20, the middle is 10; cups 5
    assert folder.known("ann")["price_ratio"] == pytest.approx(45 / 25, rel=1e-12)
    assert folder.known("ben")["price_ratio"] == 1.0
    # the spoon is in no category
    assert folder.known("cid")["price_ratio"] == pytest.approx(0.8, rel=1e-12)


def test_before_the_first_order_nobody_is_known(tmp_path: Path) -> None:
    frame = Folder(tmp_path, *random_lines(2)).frame(dt.date(2025, 10, 1))
    assert frame.is_empty()
    assert dict(frame.schema) == FEATURE_SCHEMA


@pytest.mark.parametrize(
    ("refund", "shipping", "spend"),
    [
        (106, 6, 0.0),  # all of it, freight and all
        (103, 6, 0.0),  # part of the freight
        (110, 6, -4.0),  # beyond both: given on top
        (50, 6, 50.0),  # goods come first
        (106, None, -6.0),  # nobody told of any freight
        (106, 0, -6.0),
    ],
)
def test_freight_that_is_given_back_is_no_lost_spend(
    tmp_path: Path, refund: float, shipping: float | None, spend: float
) -> None:
    told = {} if shipping is None else {"shipping": shipping}
    shop = Folder(tmp_path, line("1", "ann", "2026-01-05", 100, refund=refund, **told))
    assert shop.frame()["spend"].to_list() == [spend]
