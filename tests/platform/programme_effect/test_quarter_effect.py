"""A quarter's effect against the global holdout, on a shop whose truth is known."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.launching.launch import launch
from regulars_platform.programme_effect.quarters import (
    Quarter,
    measured_window,
    quarters_to_show,
)
from regulars_platform.programme_effect.service import (
    NoHoldoutError,
    QuarterEffect,
    find_quarter,
    keep_programme_margin,
    work_out_quarter,
)
from regulars_platform.programme_effect.sums import Part, add_up
from regulars_platform.reach.holdout import draw_holdout, is_in, list_holdouts
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import suppress
from tests.platform.campaigns.build import arm, draft
from tests.platform.customers.build import line, lines

NOW = dt.datetime(2026, 7, 2, tzinfo=dt.UTC)
SPRING = Quarter(2026, 2)
CUSTOMERS = 3_000
SHARE = 2_000
SALT = "one"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings)
    create_all_tables(opened)
    with opened.unit_of_work() as session:
        session.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=NOW))
    yield opened
    opened.dispose()


def names() -> list[str]:
    return [f"c{number:04d}" for number in range(CUSTOMERS)]


def spend(gain: float, seed: int = 1) -> dict[str, float]:
    """What each customer spends in the quarter; those not held back spend `gain` times as much."""
    rng = np.random.default_rng(seed)
    amounts = rng.gamma(4, 10, CUSTOMERS)
    return {
        name: round(amount * (1 if is_in(name, salt=SALT, share=SHARE) else gain), 2)
        for name, amount in zip(names(), amounts, strict=True)
    }


def write(settings: Settings, spent: dict[str, float]) -> None:
    """A first order of everybody in February, what they spend in May, and one newcomer."""
    rows = [line(f"a{name}", name, "2026-02-10", 50) for name in names()]
    rows += [line(f"b{name}", name, "2026-05-10", amount) for name, amount in spent.items()]
    rows += [line("new", "newcomer", "2026-05-10", 99_999), line("end", "x", "2026-06-30", 1)]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")


def drawn(database: Database, day: dt.date = dt.date(2026, 4, 1)) -> None:
    with database.unit_of_work() as session:
        draw_holdout(
            session, shop_id=1, share=SHARE, starts_on=day, salt=SALT, user_id=None, now=NOW
        )


def worked(database: Database, settings: Settings) -> QuarterEffect:
    return work_out_quarter(database, settings, shop_id=1, quarter=SPRING, now=NOW)


def test_the_effect_is_the_difference_of_means_at_the_margin_times_the_others(
    database: Database, settings: Settings
) -> None:
    spent = spend(1.3)
    write(settings, spent)
    drawn(database)
    with database.unit_of_work() as session:
        keep_programme_margin(session, 1, {"low": "40", "high": "40"})
    found = worked(database, settings).document["programme"]
    held = [amount for name, amount in spent.items() if is_in(name, salt=SALT, share=SHARE)]
    others = [amount for name, amount in spent.items() if not is_in(name, salt=SALT, share=SHARE)]
    expected = 0.4 * (np.mean(others) - np.mean(held))
    assert found["held_back"] == len(held)
    assert found["others"] == len(others)
    assert found["net"]["estimate"] == pytest.approx(expected)
    assert found["total"]["estimate"] == pytest.approx(expected * len(others))
    # of 40 spent at a margin of 40%, three tenths more are 4.80
    assert found["net"]["low"] < 4.8 < found["net"]["high"]
    assert found["net"]["low"] > 0


def test_a_quarter_without_any_effect_is_not_called_one(
    database: Database, settings: Settings
) -> None:
    write(settings, spend(1.0))
    drawn(database)
    found = worked(database, settings).document["programme"]
    assert found["net"]["low"] < 0 < found["net"]["high"]


def test_campaigns_add_up_beside_the_whole_and_their_contacts_cost(
    database: Database, settings: Settings
) -> None:
    write(settings, spend(1.0))
    drawn(database)
    raw = draft(
        as_of="2026-05-01",
        send_date="2026-05-01",
        outcome_end="2026-05-28",
        settle_until="2026-06-10",
        arms=[arm(contact_cost="0.5")],
    )
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="s")
        campaign = get_launched(session, 1, made.id)
    ledger = campaign_ledger(settings, campaign)
    assert not any(is_in(name, salt=SALT, share=SHARE) for name in ledger["customer_id"])
    told = ledger.filter(ledger["arm"] != "holdout").height
    document = worked(database, settings).document
    found = document["programme"]
    assert found["bars"]["contact"]["estimate"] == pytest.approx(-0.5 * told / found["others"])
    assert document["campaigns"] == 1
    assert [part["name"] for part in document["own"]["parts"]] == ["Free shipping from 80"]
    assert document["own"]["whole"]["estimate"] == document["own"]["parts"][0]["whole"]["estimate"]
    assert document["outside"]["whole"]["estimate"] is not None


def test_unsubscribes_are_counted_in_both_groups(database: Database, settings: Settings) -> None:
    write(settings, spend(1.0))
    drawn(database)
    leaving = names()[:100]
    with database.unit_of_work() as session:
        suppress(
            session,
            shop_id=1,
            customers=leaving,
            reason="",
            now=dt.datetime(2026, 5, 2, tzinfo=dt.UTC),
        )
    found = worked(database, settings).document["programme"]["metrics"]["unsubscribed"]
    held = sum(is_in(name, salt=SALT, share=SHARE) for name in leaving)
    every = sum(is_in(name, salt=SALT, share=SHARE) for name in names())
    assert found["held_back"] == pytest.approx(held / every)
    assert found["guardrail"]


def test_without_a_holdout_there_is_nothing_to_say(database: Database, settings: Settings) -> None:
    write(settings, spend(1.0))
    with pytest.raises(NoHoldoutError):
        worked(database, settings)
    with database.reading() as session:
        assert find_quarter(session, 1, SPRING) is None


def test_a_rotation_leaves_the_longer_run_of_the_quarter(database: Database) -> None:
    drawn(database, dt.date(2026, 1, 1))
    with database.unit_of_work() as session:
        draw_holdout(
            session,
            shop_id=1,
            share=500,
            starts_on=dt.date(2026, 4, 11),
            salt="two",
            user_id=None,
            now=NOW,
        )
        holdouts = list_holdouts(session, 1)
    window = measured_window(SPRING, holdouts, dt.date(2026, 6, 30))
    assert window is not None
    assert (window.first, window.last) == (dt.date(2026, 4, 11), dt.date(2026, 6, 30))
    assert window.holdout.salt == "two"
    assert not window.whole
    shown = quarters_to_show(holdouts, dt.date(2026, 6, 30))
    assert [one.code for one in shown] == [20262, 20261]


def test_squares_of_distances_add_up_over_independent_parts() -> None:
    each = [
        Estimate(estimate=3, standard_error=1, low=0, high=7, p_value=None),
        Estimate(estimate=2, standard_error=1, low=-2, high=5, p_value=None),
    ]
    parts = [
        Part(name="a", kind="campaign", id=1, customers=1, each=each[0]),
        Part(name="b", kind="campaign", id=2, customers=1, each=each[1]),
        Part(
            name="c",
            kind="campaign",
            id=3,
            customers=1,
            each=NotEstimable(reason=Reason.TOO_FEW_UNITS),
        ),
    ]
    found = add_up(parts)
    assert isinstance(found.whole, Estimate)
    assert (found.whole.estimate, found.whole.low, found.whole.high) == (5, 0, 10)
    assert found.untold == ("c",)


def test_goods_of_known_cost_earn_what_is_left_of_their_price(
    database: Database, settings: Settings
) -> None:
    spent = spend(1.3)
    rows = [line(f"a{name}", name, "2026-02-10", 50) for name in names()]
    # two goods: tea, whose cost is known, and a cup, whose cost is not; one in ten sends half back
    for place, (name, amount) in enumerate(spent.items()):
        refund = round(amount / 2, 2) if place % 10 == 0 else 0
        goods = {"product": "tea", "quantity": 20_000} if place % 3 else {"product": "cup"}
        rows.append(line(f"b{name}", name, "2026-05-10", amount, refund=refund, **goods))
    rows.append(line("end", "x", "2026-06-30", 1))
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")
    DatasetTable(settings.shop_dir(1), "products").merge(
        pl.DataFrame({"product": ["tea", "cup"], "cost": [90_000, None]})
    )
    drawn(database)
    with database.unit_of_work() as session:
        keep_programme_margin(session, 1, {"low": "30", "high": "50"})
    document = worked(database, settings).document
    earned = {}
    for place, (name, amount) in enumerate(spent.items()):
        part = 0.5 if place % 10 == 0 else 1
        # two pieces of tea cost 9 each; what comes back loses its part of the margin
        earned[name] = part * (amount - 18 if place % 3 else 0.4 * amount)
    held = [money for name, money in earned.items() if is_in(name, salt=SALT, share=SHARE)]
    others = [money for name, money in earned.items() if not is_in(name, salt=SALT, share=SHARE)]
    net = document["programme"]["net"]
    assert net["estimate"] == pytest.approx(np.mean(others) - np.mean(held), rel=1e-3)
    assert net["low"] < net["estimate"] < net["high"]
    tea = sum(amount for place, amount in enumerate(spent.values()) if place % 3)
    costs = document["goods_costs"]
    assert costs["known_share"] == pytest.approx((tea + 1) / (sum(spent.values()) + 1))
    assert (costs["others_percent"], costs["products_version"]) == ("40", 0)
    assert document["programme"]["metrics"]["refunds"]["others"] > 0


def test_without_any_cost_all_goods_earn_the_flat_margin(
    database: Database, settings: Settings
) -> None:
    write(settings, spend(1.3))
    DatasetTable(settings.shop_dir(1), "products").merge(
        pl.DataFrame({"product": ["elsewhere"], "cost": [90_000]})
    )
    drawn(database)
    assert worked(database, settings).document["goods_costs"] is None
