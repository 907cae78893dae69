"""The global holdout: drawn once, the same for ever, rotated with its history kept."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.reach.gate import open_gate
from regulars_platform.reach.holdout import (
    HoldoutError,
    draw_holdout,
    end_holdout,
    holdout_on,
    in_holdout,
    list_holdouts,
)
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import add_suppressions

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
JANUARY, JULY, DECEMBER = dt.date(2026, 1, 1), dt.date(2026, 7, 1), dt.date(2026, 12, 31)
SHOP = 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = build_settings(tmp_path / "data")
    prepare_data_dir(made)
    return made


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as work:
        open_shop(work, name="Tea", currency="CNY", timezone="Asia/Shanghai", now=NOW)
        yield work
    database.dispose()


def draw(session: Session, day: dt.date, *, share: int = 500, salt: str = "one") -> None:
    draw_holdout(
        session, shop_id=SHOP, share=share, starts_on=day, salt=salt, user_id=None, now=NOW
    )


def test_membership_is_the_hash_of_the_salted_id_below_the_share() -> None:
    names = pl.Series([f"customer {number}" for number in range(2_000)])
    expected = [
        int(hashlib.sha256(f"pepper:{name}".encode()).hexdigest()[:13], 16) / 16**13 < 0.2
        for name in names
    ]

    assert in_holdout(names, salt="pepper", share=2_000).to_list() == expected
    # 2,000 draws of 20%: 5 standard errors are 89 customers
    assert abs(sum(expected) - 400) < 89


def test_a_larger_share_only_adds_customers() -> None:
    names = pl.Series([str(number) for number in range(500)])
    few = in_holdout(names, salt="s", share=500)
    many = in_holdout(names, salt="s", share=2_000)

    assert (many | ~few).all()
    assert many.sum() > few.sum()


def test_rotating_ends_the_holdout_before_and_keeps_it(session: Session) -> None:
    draw(session, JANUARY, salt="one")
    draw(session, JULY, salt="two")

    found = [(one.salt, one.starts_on, one.ends_on) for one in list_holdouts(session, SHOP)]
    assert found == [("two", JULY, None), ("one", JANUARY, JULY)]
    before = holdout_on(session, SHOP, JULY - dt.timedelta(days=1))
    after = holdout_on(session, SHOP, JULY)
    assert before is not None
    assert after is not None
    assert (before.salt, after.salt) == ("one", "two")


def test_a_holdout_that_ended_holds_nobody(session: Session) -> None:
    draw(session, JANUARY)
    assert end_holdout(session, shop_id=SHOP, ends_on=JULY)

    assert holdout_on(session, SHOP, JULY) is None
    assert not end_holdout(session, shop_id=SHOP, ends_on=DECEMBER)


@pytest.mark.parametrize("share", [0, -1, 5_001])
def test_nobody_or_more_than_half_is_no_holdout(session: Session, share: int) -> None:
    with pytest.raises(HoldoutError):
        draw(session, JANUARY, share=share)


def test_history_is_not_rewritten(session: Session) -> None:
    draw(session, JULY)
    with pytest.raises(HoldoutError):
        draw(session, JANUARY, salt="two")


def test_the_gate_bars_opt_outs_refusals_and_the_holdout(
    session: Session, settings: Settings
) -> None:
    names = [f"c{number}" for number in range(400)]
    draw(session, JANUARY, share=1_000)
    add_suppressions(session, shop_id=SHOP, lines=["c0"], reason="asked", now=NOW)
    DatasetTable(settings.shop_dir(SHOP), "customers").merge(
        pl.DataFrame({"customer_id": ["c1", "c2"], "consent_sms": [False, True]})
    )
    held = set(pl.Series(names).filter(in_holdout(pl.Series(names), salt="one", share=1_000)))

    gate = open_gate(session, settings, SHOP, channels=["sms"], day=JULY)
    barred = dict(zip(names, gate.barred(pl.Series(names)), strict=True))

    assert barred.pop("c0") == "opted_out"
    assert barred.pop("c1") == "no_consent"
    assert {name for name, why in barred.items() if why == "global_holdout"} == held - {"c0", "c1"}
    assert {why for name, why in barred.items() if name not in held} == {None}
    assert len(held) > 10


def test_a_channel_that_was_not_refused_is_open(session: Session, settings: Settings) -> None:
    DatasetTable(settings.shop_dir(SHOP), "customers").merge(
        pl.DataFrame({"customer_id": ["c1"], "consent_sms": [False]})
    )

    for channels, reason in ((["email"], None), (["email", "sms"], "no_consent")):
        gate = open_gate(session, settings, SHOP, channels=channels, day=JULY)
        assert gate.barred(pl.Series(["c1"])).to_list() == [reason]
