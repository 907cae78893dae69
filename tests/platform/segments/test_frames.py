"""Who bought what, counted by the frame and by hand in Python over random orders."""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.purchases import bought_names
from regulars_platform.segments.rules import parse_rule, rule_expression
from tests.platform.customers.build import line, lines

DAY = dt.date(2026, 6, 1)
PRODUCTS = {
    "green": ("tea", "wake up", "SKU-1"),
    "black": ("tea", "wake up", "SKU-2"),
    "pillow": ("bed", "sleep", "SKU-3"),
    "SKU-4": ("bed", "sleep", "duvet"),
}


def orders(seed: int = 3) -> list[dict[str, Any]]:
    """Random lines of 40 customers, some unpaid, some gifts, some on or after the day."""
    dice = random.Random(seed)  # noqa: S311 -- a test's orders
    names = ["green", "black", "pillow", "duvet", "SKU-1", "unlisted"]
    return [
        line(
            f"o{number}",
            f"c{dice.randrange(40):02d}",
            (DAY - dt.timedelta(days=dice.randrange(-20, 200))).isoformat(),
            dice.choice([0, 20, 20, 20]),
            product=dice.choice(names),
            status=dice.choice(["paid", "paid", "paid", "unpaid"]),
        )
        for number in range(300)
    ]


TITLES = {"green": "Teas of ours", "black": "Teas of ours", "pillow": "Pillow"}


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    lines(*orders()).collect().write_delta(tmp_path / "orders")
    DatasetTable(tmp_path, "products").merge(
        pl.DataFrame(
            [
                {
                    "product": name,
                    "category": category,
                    "need": need,
                    "also": also,
                    "title": TITLES.get(name),
                }
                for name, (category, need, also) in PRODUCTS.items()
            ]
        )
    )
    DatasetTable(tmp_path, "customers").merge(
        pl.DataFrame({"customer_id": ["c00", "never"], "tags": [["vip"], ["vip"]]})
    )
    return FeatureStore(tmp_path, "UTC")


def bought_by_hand(names: set[str], days: int | None) -> set[str]:
    found = set()
    for row in orders():
        ago = (DAY - row["ordered_at"].date()).days
        counts = row["status"] == "paid" and row["amount"] > 0 and row["product"] in names
        if counts and ago >= 1 and (days is None or ago <= days):
            found.add(row["customer_id"])
    return found


def who(store: FeatureStore, raw: dict[str, Any]) -> set[str]:
    rule = parse_rule(raw)
    frame = for_rules(store, [rule], DAY, 0).filter(rule_expression(rule))
    return set(frame.collect()["customer_id"])


@pytest.mark.parametrize("days", [None, 1, 30, 90])
@pytest.mark.parametrize(
    ("by", "name", "names"),
    [
        ("product", "green", {"green", "SKU-1"}),
        ("product", "SKU-1", {"green", "SKU-1"}),
        ("product", "duvet", {"duvet", "SKU-4"}),
        ("product", "unlisted", {"unlisted"}),
        ("product", "Teas of ours", {"green", "black", "SKU-1", "SKU-2"}),
        ("product", "nothing of that name", set()),
        ("category", "tea", {"green", "black", "SKU-1", "SKU-2"}),
        ("need", "sleep", {"pillow", "SKU-3", "SKU-4", "duvet"}),
    ],
)
def test_those_who_bought_are_those_whom_a_count_by_hand_finds(
    store: FeatureStore, by: str, name: str, names: set[str], days: int | None
) -> None:
    what = {"by": by, "name": name, "within_days": days}
    everybody = set(store.features(DAY, 0).collect()["customer_id"])
    expected = bought_by_hand(names, days)
    assert who(store, {"bought": what, "op": "yes"}) == expected
    assert who(store, {"bought": what, "op": "no"}) == everybody - expected


def test_a_purchase_stands_beside_other_conditions_row_by_row(store: FeatureStore) -> None:
    tea = {"bought": {"by": "category", "name": "tea"}, "op": "yes"}
    bed = {"bought": {"by": "category", "name": "bed", "within_days": 60}, "op": "no"}
    often = {"feature": "orders", "op": ">=", "value": 4}
    enough = set(store.features(DAY, 0).filter(pl.col("orders") >= 4).collect()["customer_id"])
    expected = bought_by_hand({"green", "black", "SKU-1", "SKU-2"}, None) & enough
    expected -= bought_by_hand({"pillow", "SKU-3", "SKU-4", "duvet"}, 60)
    assert expected
    assert who(store, {"all": [often, tea, bed]}) == expected


def test_customers_who_never_bought_are_there_and_have_not_bought(store: FeatureStore) -> None:
    tagged = {"feature": "tags", "op": "has", "value": "vip"}
    green = {"bought": {"by": "product", "name": "green"}, "op": "no"}
    assert who(store, tagged) == {"c00", "never"}
    assert "never" in who(store, {"all": [tagged, green]})
    # a customers file that comes later has people in it of whom nothing was kept
    DatasetTable(store.table.path.parent, "customers").merge(
        pl.DataFrame({"customer_id": ["a later one"], "tags": [["vip"]]})
    )
    assert {"never", "a later one"} <= who(store, {"all": [tagged, green]})


def test_an_attribute_that_no_file_has_is_known_of_nobody(store: FeatureStore) -> None:
    text = {"feature": "attribute.taste", "op": "is not empty"}
    number = {"feature": "number.shoe size", "op": ">", "value": 40}
    assert who(store, {"any": [text, number]}) == set()


def test_names_are_proposed_with_how_many_customers_ever_bought(store: FeatureStore) -> None:
    by_hand: dict[str, set[str]] = {}
    for row in orders():
        if row["status"] == "paid" and row["amount"] > 0:
            by_hand.setdefault(row["product"], set()).add(row["customer_id"])
    expected = {name: len(people) for name, people in by_hand.items()}
    assert dict(bought_names(store, "product", 0)) == expected
    tea = by_hand["green"] | by_hand["black"] | by_hand["SKU-1"]
    assert dict(bought_names(store, "category", 0))["tea"] == len(tea)
