"""Whom a quarter's effect is about, and what offers cost in it, of those held back as well."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.datasets.tables import DatasetImportRow
from regulars_platform.intake.models import ImportState
from regulars_platform.launching.launch import launch
from regulars_platform.offers.kinds import (
    AmountOff,
    CashBack,
    FlashSale,
    FreeShipping,
    Gift,
    Offer,
)
from regulars_platform.programme_effect.known import known_before
from regulars_platform.programme_effect.offer_costs import (
    TAKERS,
    OfferCosts,
    Offered,
    find_offer_costs,
)
from regulars_platform.programme_effect.parts import find_parts, read_runs
from regulars_platform.programme_effect.quarters import Quarter, measured_window
from regulars_platform.programme_effect.service import (
    keep_programme_margin,
    work_out_quarter,
)
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeRunRow
from regulars_platform.reach.holdout import draw_holdout, is_in, list_holdouts
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.campaigns.build import arm, draft
from tests.platform.customers.build import line, lines, money
from tests.platform.programmes.build import started

NOW = dt.datetime(2026, 7, 2, tzinfo=dt.UTC)
SPRING = Quarter(2026, 2)
FIRST, STOP = dt.datetime(2026, 4, 1, tzinfo=dt.UTC), dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
SHARE, SALT = 3_000, "one"
NAMES = [f"c{number:03d}" for number in range(400)]


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
    with opened.unit_of_work() as session:
        draw_holdout(
            session,
            shop_id=1,
            share=SHARE,
            starts_on=FIRST.date(),
            salt=SALT,
            user_id=None,
            now=NOW,
        )
        keep_programme_margin(session, 1, {"low": "40", "high": "40"})
    yield opened
    opened.dispose()


def held(name: str) -> bool:
    return is_in(name, salt=SALT, share=SHARE)


def spend(names: list[str]) -> dict[str, float]:
    amounts = np.random.default_rng(5).gamma(4, 20, len(names))
    return {name: round(amount, 2) for name, amount in zip(names, amounts, strict=True)}


def write(settings: Settings, *rows: dict[str, Any]) -> None:
    """A first order of everybody in February, these, and the last one in June."""
    firsts = [line(f"a{name}", name, "2026-02-10", 50) for name in NAMES]
    last = line("end", "x", "2026-06-30", 1)
    lines(*firsts, *rows, last).collect().write_delta(settings.shop_dir(1) / "orders")


def launched(database: Database, settings: Settings, **other: Any) -> set[str]:
    """Ids of those whom a campaign of May told."""
    may = {
        "as_of": "2026-05-01",
        "send_date": "2026-05-01",
        "outcome_end": "2026-05-28",
        "settle_until": "2026-06-10",
    }
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=draft(**may | other), now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="s")
        ledger = campaign_ledger(settings, get_launched(session, 1, made.id))
    return set(ledger.filter(pl.col("arm") != "holdout")["customer_id"])


def entered(
    database: Database,
    version_id: int,
    rows: dict[str, tuple[dt.date, bool]],
    programme_id: int = 1,
) -> None:
    """Entries: customer -> day of contact, whether the programme holds them back."""
    ours = {"shop_id": 1, "programme_id": programme_id, "version_id": version_id}
    with database.unit_of_work() as session:
        run = ProgrammeRunRow(**ours, day=FIRST.date(), orders_version=0, counts={}, ran_at=NOW)
        session.add(run)
        session.flush()
        session.add_all(
            ProgrammeEntryRow(
                **ours,
                run_id=run.id,
                customer_id=name,
                occasion="first",
                entered_on=day,
                contact_on=day,
                due_at=NOW,
                late_days=0,
                held_back=out,
            )
            for name, (day, out) in rows.items()
        )


def brought(
    database: Database, settings: Settings, kind: Kind, frame: pl.DataFrame, at: dt.datetime
) -> int:
    """A file of records, stored at that moment; returns the version that holds them."""
    version = DatasetTable(settings.shop_dir(1), kind).merge(frame)
    with database.unit_of_work() as session:
        session.add(
            DatasetImportRow(
                shop_id=1,
                user_id=None,
                filename="a.csv",
                size=1,
                sha256="0" * 64,
                state=ImportState.STORED,
                kind=kind,
                received_at=at,
                stored_at=at,
                table_version=version,
            )
        )
    return version


def worked(database: Database, settings: Settings) -> Any:
    return work_out_quarter(database, settings, shop_id=1, quarter=SPRING, now=NOW).document


def gap(amounts: dict[str, float], names: list[str] = NAMES) -> float:
    """Mean of those not held back less mean of those who are, by a plain loop."""
    others = [amounts.get(name, 0) for name in names if not held(name)]
    ours = [amounts.get(name, 0) for name in names if held(name)]
    return float(np.mean(others) - np.mean(ours))


def test_an_open_offer_costs_alike_whoever_uses_it(database: Database, settings: Settings) -> None:
    spent = spend(NAMES)
    late = dict.fromkeys(NAMES[::3], 90.0)  # after the campaign's days: no offer any more
    write(
        settings,
        *(line(f"b{name}", name, "2026-05-10", amount) for name, amount in spent.items()),
        *(line(f"l{name}", name, "2026-06-10", amount) for name, amount in late.items()),
    )
    launched(database, settings, arms=[arm(contact_cost="0")])
    found = worked(database, settings)["programme"]
    used = {name: 5.0 for name, amount in spent.items() if amount >= 80}
    assert found["bars"]["offer"]["estimate"] == pytest.approx(-gap(used))
    both = {name: 0.4 * (spent[name] + late.get(name, 0)) - used.get(name, 0) for name in NAMES}
    assert found["net"]["estimate"] == pytest.approx(gap(both))


def test_an_offer_of_the_time_before_costs_as_long_as_it_lasts(
    database: Database, settings: Settings
) -> None:
    spent = spend(NAMES)
    write(
        settings,
        *(line(f"b{name}", name, "2026-04-02", amount) for name, amount in spent.items()),
    )
    days = {"as_of": "2026-03-20", "send_date": "2026-03-20", "outcome_end": "2026-04-10"}
    gift = {"kind": "gift", "gift_cost": "3", "threshold": "60", "reach": "personal"}
    told = launched(database, settings, **days, settle_until="2026-05-01", arms=[arm(offer=gift)])
    found = worked(database, settings)
    used = {name: 3.0 for name in told if spent[name] >= 60}
    # nobody was held back yet in March: those who are now may have the gift as well
    assert any(held(name) for name in used)
    assert found["programme"]["bars"]["offer"]["estimate"] == pytest.approx(-gap(used))
    assert found["campaigns"] == 0


@pytest.mark.parametrize("reach", ["personal", "open"])
def test_what_a_programme_gives_costs_in_the_quarter(
    database: Database, settings: Settings, reach: str
) -> None:
    spent = spend(NAMES)
    write(
        settings,
        *(line(f"b{name}", name, "2026-06-25", amount) for name, amount in spent.items()),
    )
    offer = {"kind": "free_shipping", "threshold": "60", "shipping_cost": "5", "reach": reach}
    programme = started(database, "honeymoon", offer=offer, window_days=30, contact_cost="0")
    assert programme.version is not None
    asked = [name for name in NAMES if not held(name)][::2]
    told = asked[1:]
    # the days of nobody are over by the end of June
    rows = {name: (dt.date(2026, 6, 20), name not in told) for name in asked}
    entered(database, programme.version.id, rows)
    found = worked(database, settings)["programme"]
    takers = NAMES if reach == "open" else told
    used = {name: 5.0 for name in takers if spent[name] >= 60}
    assert found["bars"]["offer"]["estimate"] == pytest.approx(-gap(used))


def test_followers_of_an_earlier_file_are_among_the_people(
    database: Database, settings: Settings
) -> None:
    followers = [f"f{number:03d}" for number in range(300)]
    late = [f"z{number:03d}" for number in range(50)]
    write(settings)
    frame = pl.DataFrame({"customer_id": followers})
    brought(database, settings, "customers", frame, dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    frame = pl.DataFrame({"customer_id": late, "acquired_on": [dt.date(2026, 1, 1)] * 50})
    brought(database, settings, "customers", frame, dt.datetime(2026, 4, 20, tzinfo=dt.UTC))
    told = launched(database, settings, arms=[arm(contact_cost="0.5", offer={"kind": "message"})])
    bought = spend(NAMES) | {name: 45.0 for name in [*followers, *late] if name in told}
    rows = [line(f"b{name}", name, "2026-05-10", amount) for name, amount in bought.items()]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders", mode="append")
    document = worked(database, settings)
    found = document["programme"]
    people = [*NAMES, *followers]
    assert found["held_back"] == sum(held(name) for name in people)
    assert found["others"] == len(people) - found["held_back"]
    each = {name: 0.4 * bought.get(name, 0) - 0.5 * (name in told) for name in people}
    assert found["net"]["estimate"] == pytest.approx(gap(each, people))
    # who was first named in the days is in neither, and counted
    known = told & set(people)
    assert document["told_newcomers"] == len(told - known) > 0
    part = document["own"]["parts"][0]
    assert part["customers"] == len(known)
    out = [name for name in people if name not in told and not held(name)]
    mine = np.mean([each[name] for name in known]) - np.mean([each[name] for name in out])
    assert part["whole"]["estimate"] == pytest.approx(mine * len(known))


def test_where_nobody_was_known_before_nothing_is_said(
    database: Database, settings: Settings
) -> None:
    rows = [line(f"b{name}", name, "2026-04-10", 90) for name in NAMES]
    last = line("end", "x", "2026-06-30", 1)
    lines(*rows, last).collect().write_delta(settings.shop_dir(1) / "orders")
    told = launched(database, settings, arms=[arm()])
    programme = started(database, "honeymoon", window_days=10)
    assert programme.version is not None
    entered(database, programme.version.id, dict.fromkeys(NAMES[::5], (dt.date(2026, 5, 5), False)))
    document = worked(database, settings)
    assert document["programme"] is None
    assert {part["customers"] for part in document["own"]["parts"]} == {0}
    assert document["own"]["whole"].get("estimate") is None
    assert document["told_newcomers"] == len(told | set(NAMES[::5]))


def test_known_is_who_had_an_order_or_was_named_before(
    database: Database, settings: Settings
) -> None:
    write(
        settings,
        line("n", "newcomer", "2026-04-01", 5),
        line("u", "unpaid", "2026-03-31", 5, status="unpaid"),
    )
    frame = pl.DataFrame({"customer_id": ["follower", "c001"]})
    first = brought(database, settings, "customers", frame, FIRST)
    again = pl.DataFrame({"customer_id": ["later"]})
    brought(database, settings, "customers", again, FIRST + dt.timedelta(days=3))
    with database.reading() as session:
        window = measured_window(SPRING, list_holdouts(session, 1), STOP.date())
    assert window is not None
    store = FeatureStore(settings.shop_dir(1), "UTC")
    assert set(known_before(store, 0, window, {})) == {*NAMES, "unpaid"}
    named = known_before(store, 0, window, {"customers": first})
    assert set(named) == {*NAMES, "unpaid", "follower"}
    assert named.is_sorted()


def test_parts_have_the_confidence_of_the_whole(database: Database, settings: Settings) -> None:
    spent = spend(NAMES)
    write(
        settings,
        *(line(f"b{name}", name, "2026-05-10", amount) for name, amount in spent.items()),
    )
    launched(database, settings, arms=[arm()])
    programme = started(database, "honeymoon", window_days=10)
    assert programme.version is not None
    day = dt.date(2026, 5, 5)
    rows = {name: (day, place % 4 == 0) for place, name in enumerate(NAMES)}
    entered(database, programme.version.id, rows)
    with database.reading() as session:
        window = measured_window(SPRING, list_holdouts(session, 1), dt.date(2026, 6, 30))
        assert window is not None
        runs = read_runs(session, 1, window)
    orders = FeatureStore(settings.shop_dir(1), "UTC").table.scan(0)
    people = pl.Series(NAMES)

    def answers(confidence: int) -> list[Any]:
        campaign = runs.campaigns[0]
        name, place, version, entries = runs.versions[0]
        other = replace(
            runs,
            campaigns=(replace(campaign, plan=replace(campaign.plan, confidence=confidence)),),
            versions=(
                (
                    name,
                    place,
                    replace(version, plan=replace(version.plan, confidence=confidence)),
                    entries,
                ),
            ),
        )
        found = find_parts(settings, 1, other, people, orders, dt.date(2026, 6, 30))
        return [(one.net.each, one.outside and one.outside.each) for one in found]

    assert answers(8_000) == answers(9_500)


def costs_of(
    offered: list[Offered], *rows: dict[str, Any], follows: Any = (), discounts: bool = False
) -> OfferCosts:
    orders = lines(*rows)
    store_orders = orders.group_by("order_id", "customer_id", "ordered_at", "status").agg(
        pl.col("amount", "discount", "refund").sum(),
        pl.col("shipping").max(),
        pl.col("coupon").first(),
    )
    events = pl.LazyFrame(
        [{"customer_id": who, "kind": kind, "happened_at": at} for who, kind, at in follows],
        schema={
            "customer_id": pl.String,
            "kind": pl.String,
            "happened_at": pl.Datetime("us", "UTC"),
        },
    )
    return find_offer_costs(
        offered, store_orders, orders, events, first=FIRST, stop=STOP, discounts=discounts
    )


def taking(offer: Offer, *names: str, begins: dt.datetime = FIRST, **other: Any) -> Offered:
    rows = [{"customer_id": name, "begins": begins, "ends": STOP, **other} for name in names]
    return Offered(offer=offer, takers=pl.DataFrame(rows, schema=TAKERS))


def by_order(found: OfferCosts) -> dict[str, tuple[int, int]]:
    return {order: (cost, off) for order, cost, off in found.by_order.rows()}


def test_of_one_kind_an_order_uses_the_dearest_and_kinds_add_up() -> None:
    ships = FreeShipping(threshold=money(40), shipping_cost=money(5))
    dearer = FreeShipping(threshold=money(90), shipping_cost=money(6))
    gift = Gift(gift_cost=money(3), threshold=money(50))
    found = costs_of(
        [taking(ships, "ann", "ben"), taking(dearer, "ann"), taking(gift, "ann")],
        line("1", "ann", "2026-05-01", 100),
        line("2", "ann", "2026-05-02", 45),
        line("3", "ben", "2026-05-02", 100),
        line("4", "cid", "2026-05-02", 100),
        line("5", "ann", "2026-03-31", 100),
        line("6", "ann", "2026-05-03", 100, status="cancelled"),
    )
    assert by_order(found) == {
        "1": (money(9), 0),
        "2": (money(5), 0),
        "3": (money(5), 0),
    }


def test_one_price_cut_at_most_is_added_back_and_none_where_discounts_are_recorded() -> None:
    ten = AmountOff(threshold=money(50), amount=money(10))
    sale = FlashSale(percent=2_000, products=("cup",))
    rows = [
        line("1", "ann", "2026-05-01", 40),
        line("2", "ann", "2026-05-01", 80, product="cup"),
    ]
    offered = [taking(ten, "ann"), taking(sale, "ann")]
    # a cup for 80 after a fifth off was one for 100
    assert by_order(costs_of(offered, *rows)) == {
        "1": (money(10), money(10)),
        "2": (money(20), money(20)),
    }
    assert by_order(costs_of(offered, *rows, discounts=True)) == {}


def test_a_personal_offer_needs_the_code_and_a_reminder_is_for_its_own_order() -> None:
    gift = Gift(gift_cost=money(3), reach="personal")
    found = costs_of(
        [
            taking(gift, "ann", code="AB1"),
            taking(gift, "ben", code="X", begins=dt.datetime(2026, 5, 20, tzinfo=dt.UTC)),
            taking(
                gift,
                "ben",
                code="Y",
                begins=dt.datetime(2026, 5, 20, tzinfo=dt.UTC),
                reminded_of="3",
            ),
        ],
        line("1", "ann", "2026-05-01", 40, coupon="ab1"),
        line("2", "ann", "2026-05-01", 40),
        line("3", "ben", "2026-05-19", 40, coupon="y"),
        line("4", "ben", "2026-05-19", 40, coupon="x"),
    )
    assert set(by_order(found)) == {"1", "3"}


def test_cash_back_is_paid_once_for_the_first_following() -> None:
    back = CashBack(amount=money(2))
    noon = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
    found = costs_of(
        [taking(back, "ann", "ben"), taking(back, "ann")],
        follows=[
            ("ann", "follow", noon),
            ("ann", "follow", noon + dt.timedelta(days=2)),
            ("ben", "unfollow", noon),
            ("cid", "follow", noon),
            ("ben", "follow", FIRST - dt.timedelta(days=1)),
        ],
    )
    assert found.rewards.rows() == [("ann", money(2))]
    assert found.by_order.is_empty()
