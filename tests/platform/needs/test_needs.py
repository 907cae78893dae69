"""Needs, what goes with what, and whom customers bring, against plain Python."""

import datetime as dt
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.stats import binomtest, norm
from statsmodels.stats.multitest import multipletests

from regulars_experiments.results import Estimate, NotEstimable
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.needs.affinities import LEAST, find_pairs
from regulars_platform.needs.counting import (
    bought_not_rule,
    count_needs,
    lacking_rule,
    one_off_products,
)
from regulars_platform.needs.influence import bringers, influence_of, read_brought
from regulars_platform.needs.tree import (
    BigNeed,
    NeedsError,
    needs_text,
    parse_needs,
)
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.goods import list_goods, store_products
from regulars_platform.segments.rules import Rule, parse_rule, rule_expression, rule_json
from tests.platform.customers.build import line, lines

AS_OF = dt.date(2026, 12, 1)


def shop(folder: Path, rows: list[dict[str, Any]]) -> FeatureStore:
    lines(*rows).collect().write_delta(folder / "orders")
    return FeatureStore(folder, "Asia/Shanghai")


def heads(store: FeatureStore, rule: Rule) -> int:
    frame = for_rules(store, [rule], AS_OF, 0)
    return int(frame.filter(rule_expression(rule)).select(pl.len()).collect().item())


def sleepers(folder: Path) -> FeatureStore:
    """10 bought pillows, 6 of them and 4 others tea; 2 bought only lamps."""
    rows = [line(f"p{n}", f"c{n}", "2026-10-01", 5, product="pillow") for n in range(10)]
    rows += [line(f"t{n}", f"c{n}", "2026-10-09", 5, product="T-1") for n in range(4, 14)]
    rows += [line(f"l{n}", f"x{n}", "2026-10-09", 5, product="lamp") for n in range(2)]
    store = shop(folder, rows)
    table = DatasetTable(folder, "products")
    table.merge(
        pl.DataFrame(
            {
                "product": ["sleep tea", "pillow"],
                "also": ["T-1", None],
                "need": ["falling asleep", "lying well"],
            }
        )
    )
    return store


SLEEP = BigNeed(name="Sleep", leaves=("lying well", "falling asleep", "waking up"))


def test_who_is_served_and_who_lacks_which_leaf(tmp_path: Path) -> None:
    store = sleepers(tmp_path)
    (found,) = count_needs(store, 0, [SLEEP])
    assert (found.served, found.one_way, found.buyers) == (14, 8, 16)
    assert [(one.name, one.products, one.served, one.lacking) for one in found.leaves] == [
        ("lying well", 1, 10, 4),
        ("falling asleep", 1, 10, 4),
        ("waking up", 0, 0, 14),
    ]


def test_products_of_the_big_need_itself_count_for_it_and_are_at_no_leaf_yet(
    tmp_path: Path,
) -> None:
    store = sleepers(tmp_path)
    table = DatasetTable(tmp_path, "products")
    table.merge(pl.DataFrame({"product": ["lamp", "mask"], "need": ["Sleep", "Sleep"]}))
    (found,) = count_needs(store, 0, [SLEEP])
    # the 14 of before and the 2 with nothing but a lamp: which leaf those have or lack, none knows
    assert (found.served, found.one_way, found.unplaced, found.buyers) == (16, 8, 2, 16)
    assert [(one.served, one.lacking) for one in found.leaves] == [(10, 4), (10, 4), (0, 14)]
    assert heads(store, lacking_rule(SLEEP, "waking up")) == 14
    (alone,) = count_needs(store, 0, [BigNeed(name="Sleep")])
    assert (alone.served, alone.unplaced) == (2, 0)
    assert [row["product"] for row in list_goods(store, 0, need="Sleep").rows] == ["lamp", "mask"]


def test_the_segment_of_who_lacks_a_leaf_has_as_many_heads_as_the_page_says(
    tmp_path: Path,
) -> None:
    store = sleepers(tmp_path)
    (found,) = count_needs(store, 0, [SLEEP])
    for leaf in found.leaves:
        rule = lacking_rule(SLEEP, leaf.name)
        assert parse_rule(rule_json(rule)) == rule
        assert heads(store, rule) == leaf.lacking
    assert heads(store, bought_not_rule("pillow", "sleep tea")) == 4


def test_needs_are_written_a_line_each_and_read_back() -> None:
    found = parse_needs(" Sleep : falling asleep ,lying  well\n\n护肤：保湿，防晒\nGifts")
    assert found == (
        BigNeed(name="Sleep", leaves=("falling asleep", "lying well")),
        BigNeed(name="护肤", leaves=("保湿", "防晒")),
        BigNeed(name="Gifts"),
    )
    assert parse_needs(needs_text(found)) == found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A: b\nC: b", "named twice"),
        (": b", "no name"),
        ("x" * 101, "at most 100"),
        ("\n".join(f"n{n}" for n in range(61)), "At most 60"),
    ],
)
def test_needs_that_cannot_be_kept_are_said(text: str, says: str) -> None:
    with pytest.raises(NeedsError, match=says):
        parse_needs(text)


PRODUCTS = ("A", "B", "C", "D")


def browsers(seed: int, customers: int = 600) -> list[dict[str, Any]]:
    """Who buys A first often buys B ten days later; the rest is chance; C and D share orders."""
    rng, rows = np.random.default_rng(seed), []
    for place in range(customers):
        name = f"c{place:04d}"
        when = 1 + int(rng.integers(0, 10))
        for product, chance in (("A", 0.4), ("C", 0.3), ("D", 0.25)):
            if rng.random() < chance:
                order = f"{name}-{when}" if product in "CD" else f"{name}-{product}"
                on = f"2026-10-{when:02d}"
                rows.append(line(order, name, on, 5, product=product, line_key=product))
        has_a = any(row["customer_id"] == name and row["product"] == "A" for row in rows[-3:])
        if rng.random() < (0.5 if has_a else 0.1):
            rows.append(line(f"{name}-B", name, "2026-10-20", 5, product="B"))
    return rows


def by_hand(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, float]]:
    """(kind, first, second) -> support, lift and error of its logarithm, one customer at a time."""
    first_day: dict[str, dict[str, dt.datetime]] = defaultdict(dict)
    orders: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        own = first_day[row["customer_id"]]
        own[row["product"]] = min(own.get(row["product"], row["ordered_at"]), row["ordered_at"])
        orders[row["customer_id"]][row["order_id"]].add(row["product"])
    n = len(first_day)
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for a in PRODUCTS:
        for b in PRODUCTS:
            if a == b:
                continue
            n_a = sum(a in own for own in first_day.values())
            n_b = sum(b in own for own in first_day.values())
            both = sum(a in own and b in own for own in first_day.values())
            later = sum(
                a in own and b in own and own[b].date() > own[a].date()
                for own in first_day.values()
            )
            same = sum(any({a, b} <= one for one in own.values()) for own in orders.values())
            for kind, k in (("later", later), ("together", same)):
                if k < LEAST or (
                    kind == "together" and (b, a) in {key[1:] for key in found if key[0] == kind}
                ):
                    continue
                # variance of log of a ratio of means of indicator variables, by its influences
                groups = {
                    (1, 1, 1): k,
                    (0, 1, 1): both - k,
                    (0, 1, 0): n_a - both,
                    (0, 0, 1): n_b - both,
                    (0, 0, 0): n - n_a - n_b + both,
                }
                pull = {key: key[0] / k * n - key[1] / n_a * n - key[2] / n_b * n for key in groups}
                mean = sum(pull[key] * count for key, count in groups.items()) / n
                var = sum((pull[key] - mean) ** 2 * count for key, count in groups.items()) / n
                found[kind, a, b] = {
                    "support": k,
                    "lift": (k / n_a) / (n_b / n),
                    "error": (var / n) ** 0.5,
                }
    return found


def test_pairs_lifts_and_limits_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    rows = browsers(1)
    store = shop(tmp_path, rows)
    pairs, counts = find_pairs(store, 0, store_products(store))
    assert counts == {
        "customers": len({row["customer_id"] for row in rows}),
        "products": 4,
        "tested": 12,
    }
    expected = by_hand(rows)
    got = {
        (row["kind"], *sorted((row["first"], row["second"])))
        if row["kind"] == "together"
        else (row["kind"], row["first"], row["second"]): row
        for row in pairs.iter_rows(named=True)
    }
    assert set(got) == set(expected)
    for kind, tested in (("later", 12), ("together", 6)):
        of_kind = {key: one for key, one in expected.items() if key[0] == kind}
        p_values = [norm.sf(np.log(one["lift"]) / one["error"]) for one in of_kind.values()]
        padded = p_values + [1.0] * (tested - len(p_values))
        stays, q_values, *_ = multipletests(padded, 0.05, method="fdr_bh")
        chosen = int(stays.sum())
        for (key, one), stay, q in zip(of_kind.items(), stays, q_values, strict=False):
            row = got[key]
            assert row["support"] == one["support"]
            assert row["lift"] == pytest.approx(one["lift"])
            assert (row["selected"], row["q_value"]) == (stay, pytest.approx(q))
            rate = 0.05 * chosen / tested if stay else 0.05
            half = norm.ppf(1 - rate / 2) * one["error"]
            limits = (one["lift"] * np.exp(-half), one["lift"] * np.exp(half))
            assert (row["low"], row["high"]) == pytest.approx(limits)
    assert got["later", "A", "B"]["selected"]
    assert not got["together", "C", "D"]["selected"] or got["together", "C", "D"]["lift"] > 1


def test_parts_of_the_customers_count_what_the_whole_counts(tmp_path: Path) -> None:
    store = shop(tmp_path, browsers(2))
    whole, _ = find_pairs(store, 0, store_products(store))
    parts, _ = find_pairs(store, 0, store_products(store), rows_at_once=150)
    assert parts.equals(whole)


def test_where_nothing_goes_with_anything_hardly_any_pair_is_told(tmp_path: Path) -> None:
    rng, told = np.random.default_rng(9), 0
    for go in range(10):
        rows = [
            line(f"{n}-{p}", f"c{n}", f"2026-10-{int(rng.integers(1, 28)):02d}", 5, product=f"p{p}")
            for n in range(400)
            for p in range(5)
            if rng.random() < 0.35
        ]
        store = shop(tmp_path / str(go), rows)
        pairs, _ = find_pairs(store, 0, store_products(store))
        told += bool(pairs["selected"].any())
    # a tenth of the shops at most would be 5% false pairs of chance and then some
    assert told <= 2


def test_goods_bought_once_are_listed_with_their_customers(tmp_path: Path) -> None:
    store = sleepers(tmp_path)
    DatasetTable(tmp_path, "products").merge(
        pl.DataFrame({"product": ["pillow", "bed"], "one_off": [True, True]})
    )
    assert one_off_products(store, 0) == [
        {"product": "pillow", "customers": 10},
        {"product": "bed", "customers": 0},
    ]


def family(folder: Path) -> FeatureStore:
    """ann brought ben (an expert's way, 3.00) and cat; dan brought eve, who had bought before; fay
    brought gus, who has not bought; ben brought hal."""
    rows = [
        line("1", "ann", "2026-01-10", 40),
        line("2", "ben", "2026-02-10", 30),
        line("3", "ben", "2026-03-10", 50, refund=20),
        line("4", "cat", "2026-02-11", 10),
        line("5", "eve", "2026-01-01", 99),
        line("6", "eve", "2026-02-20", 7),
        line("7", "hal", "2026-04-01", 5),
        line("8", "dan", "2025-01-01", 20),
        line("9", "gus", "2026-02-15", 0),  # an order of nothing is no purchase
        line("10", "jo", "2026-02-15", 0),
    ]
    store = shop(folder, rows)
    DatasetTable(folder, "referrals").merge(
        pl.DataFrame(
            [
                ("r1", "ben", "ann", "expert", dt.date(2026, 2, 1), 30_000),
                ("r2", "cat", "ann", "friend", dt.date(2026, 2, 1), None),
                ("r3", "eve", "dan", "friend", dt.date(2026, 2, 1), 10_000),
                ("r4", "gus", "fay", "friend", dt.date(2026, 2, 1), None),
                ("r5", "hal", "ben", "friend", None, None),
                ("r6", "cat", "fay", "friend", dt.date(2026, 3, 1), None),  # later: does not count
                ("r7", "ann", "ann", "friend", dt.date(2026, 1, 1), None),  # nobody brings herself
                ("r8", "ivy", "ann", "friend", dt.date(2026, 12, 1), None),  # not before that day
            ],
            schema=["referral_key", "customer_id", "referrer_id", "kind", "happened_on", "cost"],
            orient="row",
        )
    )
    return store


def test_bringers_count_whom_they_brought_and_what_those_spent_since(tmp_path: Path) -> None:
    store = family(tmp_path)
    found = bringers(read_brought(store, 0, AS_OF))
    assert found.rows() == [
        ("ann", 2, 1, 1, 2, 700_000, 30_000),
        ("dan", 1, 1, 0, 1, 70_000, 10_000),
        ("ben", 1, 1, 0, 1, 50_000, None),
        ("fay", 1, 1, 0, 0, 0, None),
    ]


def test_value_per_brought_customer_has_the_range_of_bunches(tmp_path: Path) -> None:
    found = influence_of(family(tmp_path), 0, AS_OF)
    everybody = found.rows[0]
    values = np.array([60.0, 10.0, 7.0, 5.0, 0.0])
    fitted = sm.OLS(values, np.ones(5)).fit(
        cov_type="cluster", cov_kwds={"groups": np.array([0, 0, 1, 2, 3])}, use_t=True
    )
    assert isinstance(everybody.each, Estimate)
    low, high = fitted.conf_int()[0]
    assert everybody.each.estimate == pytest.approx(16.4)
    assert (everybody.each.low, everybody.each.high) == pytest.approx((low, high))
    assert (everybody.brought, everybody.bought, everybody.bringers) == (5, 4, 4)
    assert (everybody.value, everybody.cost, everybody.costed) == (820_000, 40_000, 2)
    expert = found.rows[2]
    assert (expert.kind, expert.brought) == ("expert", 1)
    assert isinstance(expert.each, NotEstimable)


def test_the_share_of_new_customers_who_were_brought(tmp_path: Path) -> None:
    found = influence_of(family(tmp_path), 0, AS_OF)
    # first orders since 2025-12-01: ann, ben, cat, eve, hal; brought: ben, cat, hal
    year = found.last_year
    assert year is not None
    assert (year.new, year.brought) == (5, 3)
    expected = binomtest(3, 5).proportion_ci(method="wilson")
    assert (year.low, year.high) == pytest.approx((expected.low, expected.high))
    assert found.ever is not None
    assert (found.ever.new, found.ever.brought) == (6, 3)


def test_has_brought_somebody_is_a_segment_of_as_many(tmp_path: Path) -> None:
    store = family(tmp_path)
    rule = parse_rule({"feature": "brought", "op": ">=", "value": "1"})
    assert heads(store, rule) == 4
