"""What customers will buy: from orders to a stored answer, its back-test and its files."""

import csv
import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_platform.csv_files import FOR_ANALYSIS
from regulars_platform.customers.store import FeatureStore
from regulars_platform.customers.whole import LIFETIME
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.errors import NotFoundError
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import enqueue
from regulars_platform.lifetime.backtest import held_out_days
from regulars_platform.lifetime.document import belief
from regulars_platform.lifetime.errors import NoLifetimeError, NoOrdersError
from regulars_platform.lifetime.files import latest_path
from regulars_platform.lifetime.purchases import histories_until, read_purchases
from regulars_platform.lifetime.service import (
    Lifetime,
    customers_csv,
    find_lifetime,
    gather_inputs,
    get_lifetime,
    what_changed,
    work_out,
)
from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.customers.build import line, lines, money
from tests.platform.lifetime.build import returning, write_cdnow, write_lines

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def _told(shop: "Shop") -> pl.LazyFrame:
    return pl.scan_parquet(latest_path(shop.dir)).select("customer_id", *LIFETIME)


class Shop:
    """A shop on disk whose answers are worked out here and now."""

    def __init__(self, data_dir: Path, timezone: str = "UTC") -> None:
        self.settings: Settings = build_settings(data_dir)
        prepare_data_dir(self.settings)
        self.database = Database(self.settings)
        create_all_tables(self.database)
        with self.database.unit_of_work() as session:
            self.id = open_shop(
                session, name="Green Hill", currency="GBP", timezone=timezone, now=NOW
            ).id
        self.timezone = timezone
        self.dir = self.settings.shop_dir(self.id)

    def work_out(self) -> Lifetime:
        with self.database.unit_of_work() as session:
            return work_out(session, self.settings, shop_id=self.id, now=NOW)

    def changes(self, found: Lifetime) -> tuple[str, ...]:
        with self.database.unit_of_work() as session:
            asked = gather_inputs(session, self.settings, shop_id=self.id)
        return what_changed(found, asked)

    def histories(self, end: dt.date) -> list[dict[str, Any]]:
        products = DatasetTable(self.dir, "products").scan()
        found = read_purchases(FeatureStore(self.dir, self.timezone), 0, products)
        return histories_until(found.days, end).to_dicts()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.database.dispose()


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Lifetime]]:
    shop = Shop(tmp_path_factory.mktemp("cdnow"))
    write_cdnow(shop.dir)
    yield shop, shop.work_out()
    shop.database.dispose()


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Lifetime]]:
    """600 customers who follow the law, with a segment of some of them."""
    shop = Shop(tmp_path_factory.mktemp("lively"))
    write_lines(shop.dir, returning(600, seed=1))
    with shop.database.unit_of_work() as session:
        rule = parse_rule({"feature": "orders", "op": ">=", "value": "3"})
        save_segment(session, shop_id=shop.id, name="Came often", rule=rule, now=NOW)
    yield shop, shop.work_out()
    shop.database.dispose()


@pytest.mark.shared
def test_cdnow_is_held_out_where_the_paper_holds_it_out_and_gives_its_numbers(
    cdnow: tuple[Shop, Lifetime],
) -> None:
    """Fader, Hardie & Lee (2005), table 2 and sec. 5; the value model of Fader & Hardie (2013)."""
    backtest = cdnow[1].document["backtest"]
    assert (backtest["fitted_until"], backtest["days"]) == ("1997-09-30", 273)
    model, values = backtest["model"], backtest["value_model"]
    assert [round(model[name], 3) for name in ("r", "alpha", "a", "b")] == [
        0.243,
        4.414,
        0.793,
        2.426,
    ]
    assert round(model["log_likelihood"], 1) == -9582.4
    assert [round(values[name], 2) for name in ("p", "q", "gamma")] == [6.25, 3.74, 15.44]
    assert round(backtest["orders"]["estimate"]) == 1653
    assert backtest["came"] == 1882
    assert backtest["inside"] is False
    assert cdnow[1].document["belief"]["level"] == "near"


@pytest.mark.shared
def test_the_weeks_of_the_backtest_end_in_its_total(cdnow: tuple[Shop, Lifetime]) -> None:
    backtest = cdnow[1].document["backtest"]
    weeks = backtest["weeks"]
    assert [one["week"] for one in weeks] == list(range(1, 40))
    assert weeks[-1]["expected"] == pytest.approx(backtest["orders"]["estimate"])
    assert weeks[-1]["came"] == backtest["came"]
    assert all(b["came"] >= a["came"] for a, b in pairwise(weeks))
    assert all(one["low"] <= one["expected"] <= one["high"] for one in weeks)
    assert sum(one["came"] for one in backtest["tenths"]) == backtest["came"]


def test_a_shop_that_follows_the_law_passes_its_backtest(lively: tuple[Shop, Lifetime]) -> None:
    document = lively[1].document
    assert document["backtest"]["inside"] is True
    assert document["belief"]["level"] == "holds"
    low, high = (document["backtest"]["orders"][end] for end in ("low", "high"))
    assert low < document["backtest"]["came"] < high


def test_parts_add_up_to_the_whole(lively: tuple[Shop, Lifetime]) -> None:
    shop, found = lively
    document = found.document
    for what in ("orders", "value"):
        whole = document["horizons"]["365"][what]["estimate"]
        tenths = sum(one[what]["estimate"] for one in document["tenths"])
        assert tenths == pytest.approx(whole, rel=1e-6)
    columns = _told(shop).collect()
    assert columns["customer_id"].is_sorted()
    assert columns.height == document["seen"]["customers"] == 600
    for days in (90, 365):
        told = document["horizons"][str(days)]
        assert columns[f"expected_orders_{days}"].sum() == pytest.approx(
            told["orders"]["estimate"], rel=1e-6
        )
        assert columns[f"expected_value_{days}"].sum() * 10_000 == pytest.approx(
            told["value"]["estimate"], rel=1e-6
        )
    assert columns["alive_probability"].is_between(0, 1).all()


def test_a_segment_is_the_sum_of_its_members(lively: tuple[Shop, Lifetime]) -> None:
    shop, found = lively
    lines_of = pl.scan_delta(str(shop.dir / "orders"))
    often = lines_of.group_by("customer_id").len().filter(pl.col("len") >= 3)
    expected = _told(shop).join(often, on="customer_id", how="semi").collect()
    (segment,) = found.document["segments"]
    assert segment["name"] == "Came often"
    assert segment["customers"] == expected.height
    assert segment["horizons"]["365"]["orders"]["estimate"] == pytest.approx(
        expected["expected_orders_365"].sum(), rel=1e-6
    )


def test_the_list_names_every_customer_the_most_valuable_first(
    lively: tuple[Shop, Lifetime],
) -> None:
    shop, found = lively
    text = b"".join(customers_csv(shop.settings, shop.id, found)).decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert len(rows) == 601
    assert (rows[0][-1], {row[-1] for row in rows[1:]}) == ("note", {FOR_ANALYSIS})
    value = rows[0].index("expected_value_365")
    amounts = [float(row[value]) for row in rows[1:]]
    assert amounts == sorted(amounts, reverse=True)
    for days in ("90", "365"):
        for what in ("orders", "value"):
            places = [rows[0].index(f"{what}_{days}_{end}") for end in ("from", "to")]
            limits = [tuple(float(row[place]) for place in places) for row in rows[1:]]
            assert all(0 <= low <= high for low, high in limits)
            # whoever orders with less than a chance of 1 in 40 is expected to do nothing
            chance = rows[0].index(f"chance_of_order_{days}")
            assert all(
                (high == 0) == (float(row[chance]) <= 0.025)
                for row, (_, high) in zip(rows[1:], limits, strict=True)
            )


def test_one_customer_is_an_answer_and_no_error(shop: Shop) -> None:
    write_lines(shop.dir, [line("1", "mei", "2026-10-02", 10)])
    document = shop.work_out().document
    assert document["seen"]["customers"] == 1
    assert document["model"]["code"] == "too_few_repeaters"
    assert document["horizons"] == {}
    assert document["belief"] == {"level": "none", "doubts": []}
    columns = _told(shop).collect()
    assert columns.rows() == [("mei", None, None, None, None, None)]


def test_without_orders_there_is_nothing_to_work_out(shop: Shop) -> None:
    with pytest.raises(NoOrdersError, match="No paid order"):
        shop.work_out()
    write_lines(shop.dir, [line("1", None, "2026-10-02", 10)])
    with pytest.raises(NoOrdersError, match="No paid order"):
        shop.work_out()
    assert not latest_path(shop.dir).exists()
    with shop.database.unit_of_work() as session, pytest.raises(NoLifetimeError):
        get_lifetime(session, shop.id)


def test_orders_of_a_day_are_one_purchase_and_credits_none(shop: Shop) -> None:
    write_lines(
        shop.dir,
        [
            line("1", "mei", "2026-01-01", 10),
            line("2", "mei", "2026-01-08", 20),
            line("3", "mei", "2026-01-08", 30, refund=5),
            line("4", "mei", "2026-01-10", -20),  # a credit note
            line("5", "mei", "2026-01-12", 0),  # a gift is an order
            line("6", "mei", "2026-01-14", 40, status="unpaid"),
            line("7", "mei", "2026-01-20", 99),  # after the end
        ],
    )
    assert shop.histories(dt.date(2026, 1, 15)) == [
        {
            "customer_id": "mei",
            "repeats": 2,
            "recency_days": 11,
            "age_days": 14,
            "kept_repeats": 1,
            "repeat_value": pytest.approx(45),
            "spent": money(55),
            "last_day": dt.date(2026, 1, 12),
        }
    ]


def test_more_refunded_than_bought_is_worth_nothing_and_not_less(shop: Shop) -> None:
    rows = [line("1", "mei", "2026-01-01", 10), line("2", "mei", "2026-01-08", 10, refund=12)]
    write_lines(shop.dir, rows)
    (row,) = shop.histories(dt.date(2026, 1, 15))
    assert row["repeat_value"] == 0


def refunded(rows: list[dict[str, object]], share: float) -> list[dict[str, object]]:
    """Orders of which a share was given back whole, drawn one by one."""
    back = np.random.default_rng(9).random(len(rows)) < share
    return [
        row | {"refund": row["amount"]} if given else row
        for row, given in zip(rows, back, strict=True)
    ]


def test_orders_given_back_whole_are_foretold_at_what_is_kept(shop: Shop, tmp_path: Path) -> None:
    """Half of them: half of the money without refunds comes, from the same number of orders."""
    rows = returning(1_500, seed=5)
    whole, half = Shop(tmp_path / "whole"), shop
    write_lines(whole.dir, rows)
    write_lines(half.dir, refunded(rows, 0.5))
    there, here = whole.work_out().document, half.work_out().document
    whole.database.dispose()
    for days in ("90", "365"):
        full, kept = there["horizons"][days], here["horizons"][days]
        assert kept["orders"] == full["orders"]
        assert kept["value"]["estimate"] == pytest.approx(full["value"]["estimate"] / 2, rel=0.05)
    assert here["value_model"]["kept_share"] == pytest.approx(0.5, abs=0.03)
    assert there["value_model"]["kept_share"] == 1


def test_whose_repeats_all_came_back_have_bought_again(shop: Shop) -> None:
    write_lines(shop.dir, refunded(returning(300, seed=5), 1.0))
    assert shop.work_out().document["value_model"]["code"] == "too_few_kept"


def test_days_are_those_of_the_shop(tmp_path: Path) -> None:
    """20:00 UTC is the next morning in Shanghai, so these two are days apart there as here."""
    shop = Shop(tmp_path, "Asia/Shanghai")
    write_lines(
        shop.dir,
        [
            line("1", "mei", "2026-01-01", 10, at="2026-01-01T12:00:00+00:00"),
            line("2", "mei", "2026-01-01", 10, at="2026-01-01T20:00:00+00:00"),
        ],
    )
    (row,) = shop.histories(dt.date(2026, 1, 31))
    assert (row["repeats"], row["recency_days"], row["age_days"]) == (1, 1, 30)
    shop.database.dispose()


def test_goods_bought_once_are_left_out_and_their_buyers_counted(shop: Shop) -> None:
    write_lines(
        shop.dir,
        [
            line("1", "mei", "2026-01-01", 900, product="RING-1"),
            line("2", "mei", "2026-01-05", 10),
            line("3", "mei", "2026-01-09", 10),
            line("4", "li", "2026-01-02", 900, product="Wedding ring"),
            line("5", "an", "2026-01-02", 900, product="RING-1"),
            line("5", "an", "2026-01-02", 10, line_key="2"),
        ],
    )
    DatasetTable(shop.dir, "products").merge(
        pl.DataFrame({"product": ["Wedding ring"], "also": ["RING-1"], "one_off": [True]})
    )
    seen = shop.work_out().document["seen"]
    assert (seen["buyers"], seen["one_off_only"], seen["customers"]) == (3, 1, 2)
    by_customer = {row["customer_id"]: row for row in shop.histories(dt.date(2026, 1, 9))}
    assert by_customer["mei"]["repeats"] == 1
    assert by_customer["mei"]["recency_days"] == 4
    assert by_customer["an"]["spent"] == money(10)


def test_who_sells_nothing_but_goods_bought_once_is_told_so(shop: Shop) -> None:
    write_lines(shop.dir, [line("1", "mei", "2026-01-01", 900, product="ring")])
    products = pl.DataFrame({"product": ["ring"], "one_off": [True]})
    DatasetTable(shop.dir, "products").merge(products)
    document = shop.work_out().document
    assert (document["seen"]["one_off_only"], document["seen"]["customers"]) == (1, 0)
    assert document["seen"]["last"] is None


def test_one_price_for_everything_needs_no_model_of_value(shop: Shop) -> None:
    rows = returning(300, seed=2)
    write_lines(shop.dir, [row | {"amount": money(25)} for row in _one_a_day(rows)])
    document = shop.work_out().document
    assert document["value_model"]["code"] == "all_values_alike"
    year = document["horizons"]["365"]
    assert year["value"]["estimate"] == pytest.approx(
        year["orders"]["estimate"] * money(25), rel=1e-9
    )


def _one_a_day(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(row["customer_id"], row["ordered_at"]): row for row in rows}.values())


def test_the_same_inputs_are_worked_out_once_and_changes_are_named(shop: Shop) -> None:
    write_lines(shop.dir, [line("1", "mei", "2026-10-02", 10)])
    first = shop.work_out()
    assert shop.changes(first) == ()
    assert shop.work_out().id == first.id
    lines(line("2", "mei", "2026-10-03", 10)).collect().write_delta(
        shop.dir / "orders", mode="append"
    )
    assert shop.changes(first) == ("orders",)
    with shop.database.unit_of_work() as session:
        rule = parse_rule({"all": []})
        save_segment(session, shop_id=shop.id, name="All", rule=rule, now=NOW)
    assert shop.changes(first) == ("orders", "segments")
    second = shop.work_out()
    assert shop.changes(second) == ()
    people = pl.DataFrame({"customer_id": ["mei"], "region": ["North"]})
    DatasetTable(shop.dir, "customers").merge(people)
    assert shop.changes(second) == ("files",)
    assert second.id != first.id
    assert latest_path(shop.dir).samefile(shop.dir / "lifetime" / second.customers_file)


def test_features_know_what_is_expected_of_a_customer(lively: tuple[Shop, Lifetime]) -> None:
    """The names that rules and pages use, and the value of the list."""
    shop, _ = lively
    known = FeatureStore(shop.dir, shop.timezone).features(dt.date(2026, 8, 1), 0)
    told = known.select("customer_id", *LIFETIME).collect()
    expected = _told(shop).collect()
    assert told.equals(expected)
    assert told["expected_orders_90"].sum() > 0


def test_only_the_files_of_the_latest_answers_stay(shop: Shop) -> None:
    for number in range(6):
        lines(line(str(number), "mei", f"2026-10-0{number + 1}", 10)).collect().write_delta(
            shop.dir / "orders", mode="append"
        )
        found = shop.work_out()
    assert len(list((shop.dir / "lifetime").iterdir())) == 4  # three, and the name of the latest
    assert list(customers_csv(shop.settings, shop.id, found))


def test_an_answer_belongs_to_its_shop(lively: tuple[Shop, Lifetime]) -> None:
    shop, _ = lively
    with shop.database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW).id
        assert find_lifetime(session, other) is None
        with pytest.raises(NotFoundError):
            get_lifetime(session, other)


def test_the_job_may_run_again(shop: Shop) -> None:
    write_lines(shop.dir, returning(120, seed=3))
    for _ in range(2):
        with shop.database.unit_of_work() as session:
            job = enqueue(session, "work_out_lifetime", shop.id, shop.id, NOW)
        assert run_inline(shop.settings, shop.database, job).state is JobState.DONE
    with shop.database.unit_of_work() as session:
        found = get_lifetime(session, shop.id)
    assert found.document["seen"]["customers"] == 120
    assert not list((shop.dir / "lifetime").glob("*.tmp"))


def test_a_list_that_was_tampered_with_is_not_handed_out(shop: Shop) -> None:
    write_lines(shop.dir, [line("1", "mei", "2026-10-02", 10)])
    found = shop.work_out()
    (shop.dir / "lifetime" / found.customers_file).write_bytes(b"other")
    with pytest.raises(NoLifetimeError, match="not as it was written"):
        list(customers_csv(shop.settings, shop.id, found))


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (dt.date(1997, 1, 1), dt.date(1998, 6, 30), 273),  # half of 546
        (dt.date(2020, 1, 1), dt.date(2025, 12, 31), 365),
        (dt.date(2026, 1, 1), dt.date(2026, 1, 1), 0),
    ],
)
def test_the_held_out_part_is_half_or_a_year(first: dt.date, last: dt.date, days: int) -> None:
    assert held_out_days(first, last) == days


@pytest.mark.parametrize(
    ("low", "estimate", "high", "came", "level"),
    [
        (90, 100, 110, 105, "holds"),
        (10, 100, 190, 105, "vague"),
        (99, 100, 101, 104, "close"),
        (90, 100, 110, 112, "near"),
        (90, 100, 110, 140, "wrong"),
        (90, 100, 110, 60, "wrong"),
    ],
)
def test_how_far_it_is_believed_follows_from_the_backtest(
    low: int, estimate: int, high: int, came: int, level: str
) -> None:
    document = {
        "model": {"at_bound": []},
        "seen": {"days": 800},
        "correlation": {},
        "backtest": {
            "came": came,
            "inside": low <= came <= high,
            "orders": {"estimate": estimate, "low": low, "high": high},
        },
    }
    assert belief(document) == {"level": level, "doubts": []}
