"""What tiers are worth: shares over time, members and others, costs and forecasts, by hand."""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import betabinom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from regulars_experiments.results import Estimate, NotEstimable
from regulars_platform.customers.store import FeatureStore
from regulars_platform.customers.tiers import Tier, read_tiers
from regulars_platform.tiers.costs import lowered, tier_costs, upgrades
from regulars_platform.tiers.members import by_lot, compare_members
from regulars_platform.tiers.membership import MemberBy
from regulars_platform.tiers.rights import Right, Rights
from regulars_platform.tiers.shares import over_time, results
from regulars_platform.tiers.standing import Looked, head_counts, month_starts, standing
from regulars_platform.tiers.told import told_beside_rules
from tests.platform.customers.build import line
from tests.platform.customers.shop import Folder
from tests.platform.memory.test_overview import learning

DAY = dt.date(2026, 7, 1)


def rule(by: str, name: str, least: float) -> dict[str, Any]:
    return {"name": name, "rule": {"by": by, "from": str(least)}}


SILVER_GOLD = [rule("spend", "silver", 0), rule("spend", "gold", 100)]


def looked(folder: Folder, tiers: list[dict[str, Any]], **practice: Any) -> Looked:
    store = FeatureStore(folder.path, "UTC", {"tiers": tiers} | practice)
    return Looked(store=store, version=0, tiers=read_tiers(store))


@pytest.mark.parametrize("by", ["spend_365", "orders_365", "spend", "orders", "points_balance"])
def test_tiers_of_a_day_are_those_of_the_features(tmp_path: Path, by: str) -> None:
    draw = random.Random(by)  # noqa: S311 -- no secret
    rows = []
    for n in range(300):
        day = dt.date(2024, 1, 1) + dt.timedelta(days=draw.randrange(1000))
        amount = draw.choice([10, 25.5, 80, 140, -12])
        extra: dict[str, Any] = {"refund": 10} if amount > 10 and draw.random() < 0.2 else {}
        extra |= {"status": "unpaid"} if draw.random() < 0.1 else {}
        rows.append(line(f"o{n}", f"c{draw.randrange(40)}", str(day), amount, **extra))
    folder = Folder(tmp_path, *rows)
    folder.bring("customers", {"customer_id": "c1", "points_told": 5000})
    rules = [rule(by, "low", 1), rule(by, "middle", 3), rule(by, "high", 90)]
    shop = looked(folder, rules, points={"per_unit": "1", "valid_days": 400})
    for as_of in (dt.date(2025, 3, 1), DAY):
        features = shop.store.features(as_of, 0).filter(orders=0).collect()
        buyers = (
            shop.store.features(as_of, 0).collect().join(features, on="customer_id", how="anti")
        )
        columns = ["customer_id", "tier", "next_tier"]
        mine = standing(shop, as_of).collect().sort("customer_id")
        assert mine.select(columns).rows() == buyers.select(columns).rows()
        assert mine["spend_365"].to_list() == pytest.approx(buyers["spend_365"].to_list())
        assert mine["orders_365"].to_list() == buyers["orders_365"].to_list()


def test_shares_month_by_month_by_todays_rules(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-04-10", 60),
        line("2", "ben", "2026-05-10", 100),
        line("3", "ann", "2026-06-30", 40),
    )
    shop = looked(folder, SILVER_GOLD)
    found = over_time(shop, dt.date(2026, 4, 10), DAY)
    assert [(one.day, one.counts) for one in found] == [
        (dt.date(2026, 5, 1), {"silver": 1, "gold": 0}),
        (dt.date(2026, 6, 1), {"silver": 1, "gold": 1}),
        (dt.date(2026, 7, 1), {"silver": 0, "gold": 2}),
    ]
    assert found[-1].total == 2
    # the same again from what was kept, and other rules do not find the old answer
    assert over_time(shop, dt.date(2026, 4, 10), DAY) == found
    other = looked(folder, [rule("spend", "top", 100)])
    assert over_time(other, dt.date(2026, 4, 10), DAY)[0].counts == {"top": 0, None: 1}


def test_months_are_the_latest_that_have_an_end() -> None:
    starts = month_starts(dt.date(2026, 1, 1), dt.date(2026, 3, 15), 13)
    assert starts == [dt.date(2026, 2, 1), dt.date(2026, 3, 1)]
    assert len(month_starts(dt.date(2000, 1, 1), DAY, 13)) == 13


def crowd(tmp_path: Path) -> Folder:
    """40 gold customers, of whom 20 come again in June for 50; 60 silver, of whom 6 do for 10."""
    rows = []
    for n in range(100):
        gold = n < 40
        rows.append(line(f"a{n}", f"c{n:03d}", "2026-03-01", 200 if gold else 20))
        if (gold and n < 20) or n >= 94:
            rows.append(line(f"b{n}", f"c{n:03d}", "2026-06-15", 50 if gold else 10))
    rows.append(line("new", "new", "2026-06-20", 999))  # had not bought before: no tier then
    return Folder(tmp_path, *rows)


def test_what_tiers_did_is_counted_after_they_stood_there(tmp_path: Path) -> None:
    silver, gold = results(looked(crowd(tmp_path), SILVER_GOLD), DAY)
    assert (gold.customers, gold.buyers, gold.sales) == (40, 20, 20 * 50 * 10_000)
    assert (silver.customers, silver.buyers, silver.sales) == (60, 6, 6 * 10 * 10_000)
    assert gold.sales_share == pytest.approx(1000 / 1060)
    assert gold.again is not None
    low, high = proportion_confint(20, 40, method="wilson")
    assert (gold.again.low, gold.again.high) == pytest.approx((low, high))


def test_members_against_others_with_an_interval(tmp_path: Path) -> None:
    folder = crowd(tmp_path)
    found = compare_members(looked(folder, SILVER_GOLD), "tier", DAY)
    assert found is not None
    assert isinstance(found.difference, Estimate)
    assert found.difference.estimate == pytest.approx(0.5 - 0.1)
    # others have only 6 who came: score limits
    limits = confint_proportions_2indep(20, 40, 6, 60, compare="diff", method="newcomb")
    assert (found.difference.low, found.difference.high) == pytest.approx(limits)
    assert found.members.sales_share == pytest.approx(1000 / 1060)


@pytest.mark.parametrize(
    ("by", "record"),
    [
        ("follows", {"follows": True}),
        ("consent", {"consent_sms": True}),
    ],
)
def test_the_shop_says_who_is_a_member(
    tmp_path: Path, by: MemberBy, record: dict[str, Any]
) -> None:
    folder = crowd(tmp_path)
    shop = looked(folder, SILVER_GOLD)
    assert compare_members(shop, by, DAY) is None
    folder.bring(
        "customers",
        *({"customer_id": f"c{n:03d}"} | record for n in (0, 1, 30, 99)),
        {"customer_id": "c098", "consent_sms": True, "opted_out": True, "follows": False},
    )
    found = compare_members(shop, by, DAY)
    assert found is not None
    assert (found.members.customers, found.members.buyers) == (4, 3)
    assert (found.others.customers, found.others.buyers) == (96, 23)


def test_experiments_on_tiers_followers_or_points_are_told_from_others() -> None:
    vip = {"all": [{"feature": "orders", "op": ">=", "value": "2"}, {"not": {"feature": "tier"}}]}
    everybody: dict[str, Any] = {"all": []}
    found = (
        learning(1, 2.0, "2026-05-01", people={"rule": vip, "without": []}),
        learning(2, 2.0, "2026-05-01"),
        learning(3, 2.0, "2026-05-01", offer={"kind": "points"}),
        # everyone else, of a campaign that told tiers apart
        learning(4, 2.0, "2026-05-01", people={"rule": everybody, "without": [vip]}),
    )
    assert [one.campaign_id for one in by_lot(found)] == [1, 3]


def test_one_tier_has_no_members_and_nobody_no_difference(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-03-01", 20))
    assert compare_members(looked(folder, [rule("spend", "all", 0)]), "tier", DAY) is None
    alone = compare_members(looked(folder, SILVER_GOLD), "tier", DAY)
    assert alone is not None
    assert isinstance(alone.difference, NotEstimable)
    assert alone.members.again is None


def test_head_counts_know_who_never_bought(tmp_path: Path) -> None:
    folder = crowd(tmp_path)
    folder.bring("customers", {"customer_id": "lurker", "follows": True})
    features = FeatureStore(folder.path, "UTC", {}).features(DAY, 0)
    tiers = (
        Tier(name="silver", by="spend", least=0.0),
        Tier(name="gold", by="spend", least=100.0),
    )
    assert head_counts(features, tiers) == [("silver", 61, 1), ("gold", 41, 0), (None, 0, 0)]
    assert head_counts(features, tiers[1:]) == [("gold", 41, 0), (None, 61, 1)]


def test_told_beside_computed(tmp_path: Path) -> None:
    folder = crowd(tmp_path)
    shop = looked(folder, SILVER_GOLD)
    assert told_beside_rules(folder.path, shop.store.features(DAY, 0)) is None
    folder.bring(
        "customers",
        {"customer_id": "c000", "tier_told": "gold"},
        {"customer_id": "c001", "tier_told": "silver"},
        {"customer_id": "c099", "tier_told": "silver"},
    )
    found = told_beside_rules(folder.path, shop.store.features(DAY, 0))
    assert found is not None
    assert found.counts == {("gold", "gold"): 1, ("silver", "gold"): 1, ("silver", "silver"): 1}
    assert (found.told, found.total, found.agree, found.further) == (["silver", "gold"], 3, 2, 0)


RIGHTS = Rights(
    rights=(
        Right(name="gift", tier="gold", per="year", cost=200_000, used=5000),
        Right(name="priority", tier="gold", per="order", cost=30_000),
        Right(name="card", tier="silver", per="year", cost=10_000),
    ),
    margin=(3000, 5000),
)


def test_rights_cost_what_customers_and_orders_make_them(tmp_path: Path) -> None:
    shop = looked(crowd(tmp_path), SILVER_GOLD)
    silver, gold = tier_costs(shop, RIGHTS, standing(shop, DAY).collect())
    # 40 of the crowd and the new one; 40 + 20 + 1 orders; 40 x 200 + 20 x 50 + 999
    assert (gold.customers, gold.orders, gold.sales) == (41, 61, 99_990_000)
    assert [cost for _, cost in gold.by_right] == [4_100_000, 1_830_000, 410_000]
    assert gold.cost == 6_340_000
    assert gold.left == (29_997_000 - 6_340_000, 49_995_000 - 6_340_000)
    assert (silver.customers, silver.cost) == (60, 600_000)


def test_who_is_close_rises_as_others_did(tmp_path: Path) -> None:
    rows = []
    for n in range(10):  # on 2 April 90 each: close; four rise to 100 by July
        rows.append(line(f"a{n}", f"a{n}", "2026-03-01", 90))
        if n < 4:
            rows.append(line(f"b{n}", f"a{n}", "2026-05-01", 10))
    rows += [line(f"c{n}", f"c{n}", "2026-06-01", 80) for n in range(5)]
    rows += [line(f"d{n}", f"d{n}", "2026-06-01", 79.99) for n in range(5)]
    shop = looked(Folder(tmp_path, *rows), SILVER_GOLD)
    found = upgrades(shop, standing(shop, DAY).collect(), DAY)[1]
    assert (found.near, found.then) == (11, 10)
    assert found.rose is not None
    low, high = proportion_confint(4, 10, method="wilson")
    assert (found.rose.low, found.rose.high) == pytest.approx((low, high))
    law = betabinom(11, 4.5, 6.5)
    assert found.expected == (law.ppf(0.025), 4, law.ppf(0.975))


def test_a_lower_threshold_costs_the_rights_of_those_who_move(tmp_path: Path) -> None:
    rows = [line("1", "ann", "2026-06-01", 95), line("2", "ben", "2026-06-01", 85)]
    rows += [line("3", "ben", "2026-06-02", 1), line("4", "cid", "2026-06-01", 20)]
    shop = looked(Folder(tmp_path, *rows), SILVER_GOLD)
    ten, twenty, thirty = lowered(shop, RIGHTS, standing(shop, DAY).collect())
    assert (ten.least, ten.moved, ten.cost) == (90.0, 1, 100_000 + 30_000)
    # both: 2 gifts at half, 3 orders; at 50% and 30% margin
    assert (twenty.moved, twenty.cost) == (2, 200_000 + 90_000)
    assert twenty.sales_needed == (290_000, 483_333)
    assert thirty.moved == 2
    gone = Rights(rights=(Right(name="gift", tier="platinum", per="year", cost=100_000),))
    for nothing_known in (Rights(), gone):
        unknown = lowered(shop, nothing_known, standing(shop, DAY).collect())
        assert [(one.moved, one.cost, one.sales_needed) for one in unknown] == [
            (1, None, None),
            (2, None, None),
            (2, None, None),
        ]
    close = [rule("spend", "silver", 85), rule("spend", "gold", 100)]
    shop = looked(Folder(tmp_path / "other", *rows), close)
    assert [one.least for one in lowered(shop, RIGHTS, standing(shop, DAY).collect())] == [90.0]
