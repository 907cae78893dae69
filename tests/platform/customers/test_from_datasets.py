"""Features from the files beside the orders, with values worked out by hand."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.customers.attributes import MOST, Attribute, attribute_catalogue
from regulars_platform.customers.catalogue import FEATURE_SCHEMA
from tests.platform.customers.build import line, money
from tests.platform.customers.shop import DAY, Folder, event, movement


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(
        tmp_path,
        line("1", "ann", "2026-01-05", 100),
        line("2", "ben", "2026-01-10", 40, refund=10),
        line("3", "cid", "2026-01-20", 7),
    )


def test_a_customer_is_as_the_file_says(folder: Folder) -> None:
    folder.bring(
        "customers",
        {
            "customer_id": "ann",
            "gender": "female",
            "birth_year": 1990,
            "birth_month": 2,
            "birth_day": 3,
            "region": "Zhejiang",
            "city": "Hangzhou",
            "acquired_through": "fair",
            "acquisition_cost": money(12.5),
            "tags": ["tea", "gifts"],
            "follows": True,
            "opted_out": True,
            "tier_told": "gold",
        },
    )
    ann, ben = folder.known("ann"), folder.known("ben")
    told = ("gender", "region", "city", "acquired_through", "acquisition_cost", "tags", "tier")
    assert [ann[name] for name in told] == [
        *("female", "Zhejiang", "Hangzhou", "fair", 12.5, ["tea", "gifts"], "gold")
    ]
    assert (ann["age"], ann["birthday_in_days"]) == (35, 3)
    assert (ann["follows"], ann["opted_out"]) == (True, True)
    assert [ben[name] for name in told] == [None] * len(told)
    assert (ben["follows"], ben["opted_out"]) == (None, False)


def test_what_winning_somebody_cost_is_the_amount_itself(tmp_path: Path) -> None:
    """Every cent up to 3.00 equals the number that a rule names."""
    cents = range(1, 301)
    folder = Folder(tmp_path, *[line(str(n), f"c{n}", "2026-01-05", 1) for n in cents])
    folder.bring(
        "customers", *[{"customer_id": f"c{n}", "acquisition_cost": n * 100} for n in cents]
    )
    found = dict(folder.frame(DAY).select("customer_id", "acquisition_cost").iter_rows())
    assert [n for n in cents if found[f"c{n}"] != float(f"{n / 100:.2f}")] == []


def test_where_no_file_says_where_somebody_lives_the_latest_order_does(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-01-05", 10, region="Zhejiang"),
        line("2", "ann", "2026-01-10", 10, region="Jiangsu", status="cancelled"),
        line("3", "ann", "2026-01-20", 10),
        line("4", "ben", "2026-01-05", 10, region="Zhejiang"),
        line("5", "cid", "2026-01-05", 10),
        line("6", "ann", "2026-02-20", 10, region="Sichuan"),
    )
    before = {name: folder.known(name)["region"] for name in ("ann", "ben", "cid")}
    assert before == {"ann": "Jiangsu", "ben": "Zhejiang", "cid": None}
    folder.bring("customers", {"customer_id": "ben", "region": "Hunan"}, {"customer_id": "zoe"})
    after = {name: folder.known(name)["region"] for name in ("ann", "ben", "cid", "zoe")}
    assert after == {"ann": "Jiangsu", "ben": "Hunan", "cid": None, "zoe": None}


def test_orders_stored_before_provinces_had_one_name_count_under_it(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-01-05", 10, region="浙江省"),
        line("2", "ben", "2026-01-05", 10, region="浙江"),
        line("3", "cid", "2026-01-05", 10, region="廣東"),
    )
    known = {name: folder.known(name)["region"] for name in ("ann", "ben", "cid")}
    assert known == {"ann": "浙江", "ben": "浙江", "cid": "广东"}


def test_customers_stored_before_provinces_had_one_name_count_under_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-01-05", 10, region="广东"))
    folder.bring(
        "customers",
        {"customer_id": "ann", "region": "浙江省"},
        {"customer_id": "ben", "region": "Hunan"},
        {"customer_id": "cid", "region": None},
    )
    assert folder.frame()["region"].to_list() == ["浙江", "Hunan", None]


def test_somebody_who_never_ordered_has_a_row_with_no_orders(folder: Folder) -> None:
    folder.bring(
        "customers",
        {"customer_id": "zoe", "gender": "female"},
        {"customer_id": "later", "acquired_on": DAY},
        {"customer_id": "before", "acquired_on": DAY - dt.timedelta(days=1)},
    )
    folder.bring("events", event("e", "eve", "favourite", "2026-01-02"))
    folder.bring("events", event("f", "too late", "favourite", "2026-01-31"))
    folder.bring("points", movement("m", "pat", 5, "2026-01-02"))
    folder.bring("referrals", {"referral_key": "r", "customer_id": "ann", "referrer_id": "ria"})
    frame = folder.frame()
    names = ["ann", "before", "ben", "cid", "eve", "pat", "ria", "zoe"]
    assert frame["customer_id"].to_list() == names
    zoe = folder.known("zoe")
    for name in ("orders", "orders_365", "unpaid_orders", "products_bought"):
        assert zoe[name] == 0
    assert (zoe["spend"], zoe["spend_365"]) == (0.0, 0.0)
    for name in ("average_order_value", "last_order_days", "rfm", "rhythm", "deal_share"):
        assert zoe[name] is None
    assert dict(frame.schema) == FEATURE_SCHEMA


def test_events_before_the_day_are_counted_and_none_is_0_where_the_shop_has_any(
    folder: Folder,
) -> None:
    folder.bring(
        "events",
        event("1", "ann", "favourite", "2026-01-02"),
        event("2", "ann", "favourite", "2026-01-03"),
        event("3", "ann", "complaint", "2026-01-30"),
        event("4", "ben", "complaint", "2026-01-31"),
        event("5", None, "complaint", "2026-01-02"),
    )
    ann, ben = folder.known("ann"), folder.known("ben")
    assert (ann["favourites"], ann["complaints"], ann["carts"]) == (2, 1, None)
    assert (ben["favourites"], ben["complaints"], ben["carts"]) == (0, 0, None)
    assert folder.known("ben", dt.date(2026, 2, 1))["complaints"] == 1


def test_whoever_followed_last_follows_and_who_is_in_no_list_does_not(folder: Folder) -> None:
    folder.bring("customers", {"customer_id": "cid", "follows": True})
    assert folder.known("ann")["follows"] is None
    folder.bring(
        "events",
        event("1", "ann", "unfollow", "2026-01-20"),
        event("2", "ann", "follow", "2026-01-02"),
        event("3", "eve", "follow", "2026-01-02"),
    )
    assert folder.known("ann")["follows"] is False
    assert folder.known("ann", dt.date(2026, 1, 10))["follows"] is True
    assert folder.known("ben")["follows"] is False
    assert folder.known("cid")["follows"] is True
    assert folder.known("eve")["follows"] is True


def test_a_customer_is_brought_by_the_first_who_brought_them(folder: Folder) -> None:
    def brought(key: str, who: str, by: str, day: str) -> dict[str, object]:
        return {
            "referral_key": key,
            "customer_id": who,
            "referrer_id": by,
            "happened_on": dt.date.fromisoformat(day),
        }

    folder.bring(
        "referrals",
        brought("1", "ben", "ann", "2026-01-01"),
        brought("2", "ben", "cid", "2026-01-03"),
        brought("3", "dan", "ann", "2026-01-04"),
        brought("4", "cid", "ann", "2026-01-31"),
        brought("5", "cid", "cid", "2026-01-01"),
    )
    ann, cid, dan = (folder.known(name) for name in ("ann", "cid", "dan"))
    assert (ann["brought"], ann["brought_spend"]) == (2, 30.0)
    assert (cid["brought"], cid["brought_spend"]) == (0, 0.0)
    assert dan["orders"] == 0
    assert folder.known("ann", dt.date(2026, 2, 1))["brought"] == 3


def test_the_points_left_are_the_sum_of_the_movements_or_what_the_file_says(
    folder: Folder,
) -> None:
    folder.bring("customers", {"customer_id": "ben", "points_told": 70})
    assert folder.known("ann")["points_balance"] is None
    assert folder.known("ben")["points_balance"] == 70
    folder.bring(
        "points",
        movement("1", "ann", 50, "2026-01-05"),
        movement("2", "ann", -20, "2026-01-06"),
        movement("3", "ann", 500, "2026-01-31"),
    )
    assert folder.known("ann")["points_balance"] == 30
    assert folder.known("ben")["points_balance"] == 70
    assert folder.known("cid")["points_balance"] == 0


def test_own_columns_become_features_numbers_only_where_every_value_is_one(
    folder: Folder,
) -> None:
    def own(who: str, **values: str) -> dict[str, object]:
        pairs = [{"name": name, "value": value} for name, value in values.items()]
        return {"customer_id": who, "attributes": pairs}

    folder.bring(
        "customers",
        own("ann", school="Fudan", size=" 38.5 ", room="12"),
        own("ben", size="40", room="12b"),
        own("cid", school=" "),
    )
    assert attribute_catalogue(folder.path) == (
        Attribute(name="room", customers=2, numeric=False),
        Attribute(name="size", customers=2, numeric=True),
        Attribute(name="school", customers=1, numeric=False),
    )
    ann, cid = folder.known("ann"), folder.known("cid")
    assert (ann["attribute.school"], ann["attribute.size"]) == ("Fudan", "38.5")
    assert (ann["number.size"], ann["attribute.room"]) == (38.5, "12")
    assert "number.room" not in ann
    assert (cid["attribute.school"], cid["number.size"]) == (None, None)


def test_of_very_many_own_columns_those_of_most_customers_are_kept(folder: Folder) -> None:
    many = [{"name": f"column {n:03}", "value": "x"} for n in range(MOST + 50)]
    folder.bring(
        "customers",
        {"customer_id": "ann", "attributes": many},
        {"customer_id": "ben", "attributes": many[-1:]},
    )
    kept = [one.name for one in attribute_catalogue(folder.path)]
    assert len(kept) == MOST
    assert kept[:2] == [f"column {MOST + 49}", "column 000"]
    assert len(folder.frame().columns) == len(FEATURE_SCHEMA) + MOST


def test_a_word_that_is_not_finite_is_no_number(folder: Folder) -> None:
    folder.bring(
        "customers",
        {"customer_id": "ann", "attributes": [{"name": "size", "value": "NaN"}]},
        {"customer_id": "ben", "attributes": [{"name": "size", "value": "4"}]},
    )
    assert attribute_catalogue(folder.path)[0].numeric is False


def test_what_analyses_wrote_is_joined_and_counted_in_days_from_the_day(folder: Folder) -> None:
    assert folder.known("ann")["product_due_days"] is None
    (folder.path / "cycle").mkdir()
    pl.DataFrame(
        {
            "customer_id": ["ann", "ann", "ben", "stranger"],
            "due_on": [dt.date(2026, 2, 10), dt.date(2026, 2, 4), dt.date(2026, 1, 29), DAY],
        }
    ).write_parquet(folder.path / "cycle" / "due.parquet")
    (folder.path / "lifetime").mkdir()
    pl.DataFrame(
        {"customer_id": ["ann"], "expected_orders_90": [1.5], "alive_probability": [0.25]}
    ).write_parquet(folder.path / "lifetime" / "customers.parquet")
    ann = folder.known("ann")
    assert (ann["product_due_days"], ann["expected_orders_90"]) == (4, 1.5)
    assert (ann["alive_probability"], ann["expected_value_90"]) == (0.25, None)
    assert folder.known("ben")["product_due_days"] == -2
    assert "stranger" not in folder.frame()["customer_id"]


def test_a_product_that_is_overdue_is_not_hidden_by_one_that_is_due_much_later(
    folder: Folder,
) -> None:
    (folder.path / "cycle").mkdir()
    dates = [DAY - dt.timedelta(days=2), DAY + dt.timedelta(days=60)]
    pl.DataFrame({"customer_id": ["ann", "ann"], "due_on": dates}).write_parquet(
        folder.path / "cycle" / "due.parquet"
    )
    assert folder.known("ann")["product_due_days"] == -2
