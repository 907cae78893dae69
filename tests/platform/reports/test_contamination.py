"""Where the draw and what happened differ: counted by hand, and nobody is dropped."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from regulars_experiments.results import Estimate
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.contamination import (
    ArmContamination,
    contaminated_arms,
    split_households,
)
from regulars_platform.reports.findings import find
from regulars_platform.reports.outcomes import outcomes_of, window_orders
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from regulars_platform.storage.migrations_run import import_all_tables
from regulars_platform.suppressions.service import (
    add_suppressions,
    remove_suppressions,
    suppressed_by_arm,
)
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import TOLD, drawn, held, ledger, plan

PERSONAL = {"kind": "amount_off", "threshold": "80", "amount": "8", "reach": "personal"}


def counted(orders: pl.LazyFrame, people: pl.DataFrame, campaign: Plan) -> ArmContamination:
    window = window_orders(orders, people, campaign)
    return contaminated_arms(window, outcomes_of(window, people, campaign), people, campaign)[0]


def test_held_out_customers_use_an_open_offer_as_of_right() -> None:
    people = ledger(held("h1"), held("h2"), held("h3"), drawn("t1"), drawn("t2"))
    orders = lines(
        line("1", "h1", "2026-02-10", 90),
        line("2", "h1", "2026-02-11", 95),
        line("3", "h2", "2026-02-10", 50),
        line("4", "t1", "2026-02-10", 90),
    )

    found = counted(orders, people, plan())

    assert found == ArmContamination(
        arm=TOLD,
        known="as_of_right",
        held_out=3,
        held_out_users=1,
        held_out_orders=2,
        told=2,
        told_users=1,
        borrowed=None,
    )


def test_someone_elses_code_is_counted_in_the_holdout_and_among_those_told() -> None:
    people = ledger(
        held("h1"), held("h2"), drawn("t1", code="K1"), drawn("t2", code="K2"), drawn("t3")
    )
    orders = lines(
        line("1", "h1", "2026-02-10", 82, discount=8, coupon=" k1; WELCOME"),
        line("2", "h2", "2026-02-10", 82, discount=8, coupon="WELCOME"),
        line("3", "t1", "2026-02-10", 82, discount=8, coupon="K1"),
        line("4", "t2", "2026-02-10", 82, discount=8, coupon="K1"),
    )

    found = counted(orders, people, plan(arms=[arm(offer=PERSONAL)]))

    assert found.known == "by_code"
    assert (found.held_out_users, found.held_out_orders) == (1, 1)
    assert (found.told_users, found.borrowed) == (1, 1)


def test_without_recorded_codes_the_threshold_with_a_discount_is_the_sign_on_both_sides() -> None:
    people = ledger(*(held(f"h{i}") for i in range(3)), *(drawn(f"t{i}") for i in range(3)))
    orders = lines(
        line("1", "h0", "2026-02-10", 82, discount=8),
        line("2", "h1", "2026-02-10", 90),
        line("3", "h2", "2026-02-10", 60, discount=8),
        line("4", "t0", "2026-02-10", 82, discount=8),
        line("5", "t1", "2026-02-10", 82, discount=8),
    )

    found = counted(orders, people, plan(arms=[arm(offer=PERSONAL)]))

    assert (found.known, found.borrowed) == ("by_signs", None)
    assert (found.held_out_users, found.told_users) == (1, 2)


def test_free_shipping_shows_in_the_holdout_only_where_shipping_is_recorded() -> None:
    people = ledger(*(held(f"h{i}") for i in range(3)), *(drawn(f"t{i}") for i in range(3)))
    free = {"kind": "free_shipping", "threshold": "80", "shipping_cost": "5", "reach": "personal"}
    campaign = plan(arms=[arm(offer=free)])

    def known(*shipping: float | None) -> tuple[str, int]:
        rows = [
            line(f"h{i}", f"h{i}", "2026-02-10", 90, **({} if paid is None else {"shipping": paid}))
            for i, paid in enumerate(shipping)
        ]
        found = counted(lines(*rows), people, campaign)
        return found.known, found.held_out_users

    assert known(0, 5, None) == ("by_signs", 1)
    assert known(None, None, None) == ("no_signs", 0)


def test_a_message_leaves_nothing_to_use() -> None:
    people = ledger(held("h"), drawn("t"))

    found = counted(
        lines(line("1", "h", "2026-02-10", 90)), people, plan(arms=[arm(offer={"kind": "message"})])
    )

    assert (found.known, found.held_out_users, found.told_users) == ("nothing_to_use", 0, 0)


def test_users_in_the_holdout_change_the_effect_per_user_but_not_the_effect_assigned() -> None:
    """Per user the effect is over the difference of the shares, by hand; ITT stays as it was."""

    def campaign(contaminated: int) -> tuple[Any, Any]:
        people = ledger(
            *(held(f"h{i}") for i in range(400)),
            *(drawn(f"t{i}", code=f"K{i}") for i in range(400)),
        )
        rows = [
            line(
                f"h{i}",
                f"h{i}",
                "2026-02-10",
                100 + i % 50,
                discount=8,
                coupon=f"K{i}" if i < contaminated else "OTHER",
            )
            for i in range(200)
        ]
        rows += [
            line(f"t{i}", f"t{i}", "2026-02-10", 120 + i % 70, discount=8, coupon=f"K{i}")
            for i in range(300)
        ]
        terms = plan(
            holdout_percent="50", arms=[arm(offer=PERSONAL, share_percent="50", contact_cost="0")]
        )
        window = window_orders(lines(*rows), people, terms)
        overall = find(outcomes_of(window, people, terms), people, terms).overall[0]
        return overall.net, overall.per_user

    net, clean = campaign(0)
    same, dirty = campaign(40)

    assert isinstance(net, Estimate)
    assert same == net
    assert clean.estimate == pytest.approx(net.estimate / (300 / 400))
    assert dirty.estimate == pytest.approx(net.estimate / (300 / 400 - 40 / 400))


def test_a_household_on_both_sides_is_told_by_orders_from_before_the_start() -> None:
    people = ledger(held("a"), drawn("b"), drawn("c"), drawn("d"), held("e"))
    orders = lines(
        line("1", "a", "2026-01-05", 50, household="elm 1"),
        line("2", "b", "2026-01-05", 50, household="elm 9"),
        line("3", "b", "2026-01-06", 50, household="elm 1"),
        line("4", "c", "2026-01-05", 50, household="elm 2"),
        line("5", "d", "2026-01-05", 50, household="elm 2"),
        line("6", "e", "2026-02-05", 50, household="elm 2"),
    )

    found = split_households(orders, people, plan())

    assert found is not None
    assert (found.households, found.customers) == (1, 2)
    assert split_households(orders, people, plan(unit="household")) is None
    assert split_households(lines(line("1", "a", "2026-01-05", 50)), people, plan()) is None


def test_who_opted_out_after_the_draw_is_counted_in_the_arm_drawn(database: Database) -> None:
    launched = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    people = ledger(held("h1"), held("h2"), drawn("t1"), drawn("t2"))
    with database.unit_of_work() as session:
        session.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=launched))
    for names, when in ((["t2"], launched), (["t1", "h1", "h2", "stranger"], AFTER)):
        with database.unit_of_work() as session:
            add_suppressions(session, shop_id=1, lines=names, reason="asked", now=when)
    with database.unit_of_work() as session:
        remove_suppressions(session, shop_id=1, lines=["h2"])

        found = suppressed_by_arm(session, 1, people, since=launched)

    assert found == {TOLD: 1, "holdout": 1}


AFTER = dt.datetime(2026, 2, 10, tzinfo=dt.UTC)


@pytest.fixture
def database(tmp_path: Any) -> Database:
    from regulars_platform.settings import build_settings, prepare_data_dir

    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    import_all_tables()
    opened = Database(settings)
    Base.metadata.create_all(opened.engine)
    return opened
