"""A look through a rule says what counting everybody anew says."""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.customers.browse import distribution
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.looking import VALUE, Look, look_through
from regulars_platform.segments.rules import parse_rule, rule_expression
from regulars_platform.segments.service import count_and_preview
from tests.platform.customers.build import line, lines

DAY = dt.date(2026, 6, 1)


def orders(status: list[str]) -> list[dict[str, Any]]:
    """Of 60 customers; many spent the same, a few far more than all others."""
    dice = random.Random(8)  # noqa: S311 -- a test's orders
    return [
        line(
            f"o{number}",
            f"c{dice.randrange(60):02d}",
            (DAY - dt.timedelta(days=dice.randrange(1, 300))).isoformat(),
            dice.choice([20, 20, 35, 60, 5000]) if number < 20 else dice.choice([20, 35, 60]),
            product=dice.choice(["green", "black"]),
            status=dice.choice(status),
        )
        for number in range(110)
    ]


def shop(folder: Path, status: list[str]) -> FeatureStore:
    lines(*orders(status)).collect().write_delta(folder / "orders")
    tell_of(folder, "never")
    return FeatureStore(folder, "UTC")


def tell_of(folder: Path, customer: str) -> None:
    told = {"customer_id": ["c03", customer], "tags": [["vip"], ["vip"]]}
    DatasetTable(folder, "customers").merge(pl.DataFrame(told))


def look(store: FeatureStore, raw: dict[str, Any]) -> Look:
    return look_through(store, store.features_file(DAY, 0), parse_rule(raw), DAY, 0)


RULES: dict[str, dict[str, Any]] = {
    "everybody": {"all": []},
    "nobody": {"feature": "orders", "op": ">", "value": 999},
    "a number": {"feature": "orders", "op": ">=", "value": 2},
    "those who spent little": {"feature": "spend", "op": "<=", "value": 20},
    "no order value": {"feature": "average_order_value", "op": "is empty"},
    "a tag": {"feature": "tags", "op": "has", "value": "vip"},
    "bought": {"bought": {"by": "product", "name": "green"}, "op": "yes"},
    "neither": {
        "not": {
            "any": [
                {"bought": {"by": "product", "name": "black", "within_days": 90}, "op": "yes"},
                {"feature": "orders", "op": ">", "value": 3},
            ]
        }
    },
}


@pytest.mark.parametrize("status", [["paid", "paid", "unpaid"], ["unpaid"]])
@pytest.mark.parametrize("name", RULES)
def test_a_look_is_the_count_the_preview_and_the_histogram(
    tmp_path: Path, name: str, status: list[str]
) -> None:
    store, rule = shop(tmp_path, status), parse_rule(RULES[name])
    features = for_rules(store, [rule], DAY, 0)
    spread = distribution(features, VALUE, bins=24, marked=rule_expression(rule))
    found = look(store, RULES[name])
    assert found.preview == count_and_preview(features, rule)
    assert (found.bins, found.above) == (spread.bins, spread.above)


def test_somebody_told_of_later_is_among_those_looked_at(tmp_path: Path) -> None:
    store = shop(tmp_path, ["paid"])
    before = look(store, RULES["a tag"]).preview
    tell_of(tmp_path, "a later one")
    after = look(store, RULES["a tag"]).preview
    assert (after.count, after.total) == (before.count + 1, before.total + 1)
    assert "a later one" in {row["customer_id"] for row in after.rows}


def test_equal_spenders_are_shown_by_their_ids(tmp_path: Path) -> None:
    rows = look(shop(tmp_path, ["paid"]), RULES["those who spent little"]).preview.rows
    spend = [float(str(row["spend"])) for row in rows]
    assert spend == sorted(spend, reverse=True)
    twenties = [str(row["customer_id"]) for row in rows if row["spend"] == 20]
    assert len(twenties) > 1
    assert twenties == sorted(twenties)
