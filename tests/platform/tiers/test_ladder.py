"""Rules of tiers and rights: kept as typed, refused in words, every change with its date."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from regulars_platform.customers.tiers import TIERS, Tier, read_tiers
from regulars_platform.errors import InvalidInputError
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.errors import ShopNotFoundError
from regulars_platform.shops.models import ShopId, ShopProfile
from regulars_platform.shops.service import get_shop, open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.tiers.ladder import parse_tiers, tiers_json, tiers_typed
from regulars_platform.tiers.rights import (
    Right,
    Rights,
    parse_rights,
    read_rights,
    rights_json,
)
from regulars_platform.tiers.service import Changer, change_rules, list_changes

NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC)


def typed(*rows: tuple[str, ...], by: str = "spend_365") -> dict[str, str]:
    fields = {"by": by}
    for place, row in enumerate(rows):
        fields |= dict(zip((f"name-{place}", f"from-{place}", f"below-{place}"), row, strict=False))
    return fields


def problems(fields: dict[str, str]) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as found:
        parse_tiers(fields)
    return {str(one.field): str(one.problem) for one in found.value.problems}


def shop(**practice: Any) -> ShopProfile:
    return ShopProfile(id=ShopId(1), name="s", currency="CNY", timezone="UTC", practice=practice)


def test_tiers_are_kept_as_typed_and_an_empty_line_is_passed_over() -> None:
    fields = typed(("普通会员", "0", "1000"), ("", "", ""), ("高级会员", "1000"), ("VIP", "4999.5"))
    found = parse_tiers(fields)
    assert found == (
        Tier(name="普通会员", by="spend_365", least=0.0),
        Tier(name="高级会员", by="spend_365", least=1000.0),
        Tier(name="VIP", by="spend_365", least=4999.5),
    )
    assert read_tiers(shop(tiers=tiers_json(found))) == found
    assert parse_tiers(tiers_typed(found)) == found
    assert tiers_json(parse_tiers(typed())) is None


def test_tiers_that_overlap_are_said_to() -> None:
    found = problems(typed(("Silver", "100", "600"), ("Gold", "500")))
    assert "“Silver” goes up to 600 and “Gold” begins at 500 already" in found["below-0"]


@pytest.mark.parametrize(
    ("rows", "field", "told"),
    [
        ([("Silver", "100", "400"), ("Gold", "500")], "below-0", "who is between"),
        ([("Gold", "500"), ("Silver", "100")], "from-1", "Write the lowest tier first"),
        ([("Silver", "100"), ("Gold", "100.0")], "from-1", "both begin at 100"),
        ([("Gold", "100"), ("gold ", "500")], "name-1", "two tiers called “gold”"),
        ([("Silver", "100"), ("Gold", "500", "900")], "below-1", "has no end"),
        ([("Silver", "-1")], "from-0", "may not be negative"),
        ([("Silver", "9" * 40)], "from-0", "A number such as"),
        ([("", "100")], "name-0", "fill this in"),
        ([("Silver", "")], "from-0", "give a number"),
        ([("S" * 10_000, "1")], "name-0", "At most 60 characters"),
    ],
)
def test_rules_that_cannot_be_are_refused(
    rows: list[tuple[str, ...]], field: str, told: str
) -> None:
    assert told in problems(typed(*rows))[field]


def test_orders_are_counted_in_whole_numbers_and_measures_are_known() -> None:
    assert "whole number" in problems(typed(("Regular", "2.5"), by="orders"))["from-0"]
    assert "Choose one of" in problems(typed(("Regular", "2"), by="shoe size"))["by"]


def right_fields(**other: str) -> dict[str, str]:
    usual = {"name": "Birthday gift", "tier": "VIP", "per": "year", "cost": "20", "used": "60"}
    return {f"{name}-0": value for name, value in (usual | other).items()}


def test_a_right_belongs_to_its_tier_and_all_above_it() -> None:
    names = ["普通会员", "VIP", "至尊VIP会员"]
    found = parse_rights(right_fields(care="birthday") | {"margin_low": "35"}, names)
    (gift,) = found.rights
    assert gift == Right(
        name="Birthday gift", tier="VIP", per="year", cost=200_000, used=6000, care="birthday"
    )
    assert found.margin == (3500, 5000)
    assert read_rights(shop(rights=rights_json(found))) == found
    assert [found.of_tier(name, names) for name in names] == [[], [gift], [gift]]
    assert found.of_tier("no more there", names) == []


def test_what_a_right_costs_in_a_year() -> None:
    gift = Right(name="gift", tier="VIP", per="year", cost=200_000, used=6000)
    freight = Right(name="priority", tier="VIP", per="order", cost=30_000)
    returns = Right(name="returns", tier="VIP", per="use", cost=80_000, used=2500, uses=3)
    # 10 customers, 45 orders: 10 x 20 x 60%; 45 x 3; 10 x 25% x 3 x 8
    costs = [one.cost_in_a_year(10, 45) for one in (gift, freight, returns)]
    assert costs == [1_200_000, 1_350_000, 600_000]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tier-0": "Gold"}, "tier-0"),
        ({"cost-0": ""}, "cost-0"),
        ({"cost-0": "-5"}, "cost-0"),
        ({"used-0": "101"}, "used-0"),
        ({"uses-0": "many"}, "uses-0"),
        ({"per-0": "moon"}, "per-0"),
        ({"care-0": "<b>"}, "care-0"),
        ({"margin_low": "60"}, "margin_low"),
        ({"name-1": "birthday GIFT", "tier-1": "VIP", "cost-1": "1"}, "name-1"),
    ],
)
def test_rights_that_cannot_be_are_refused(change: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInputError) as found:
        parse_rights(right_fields() | change, ["VIP"])
    assert field in {one.field for one in found.value.problems}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as work:
        open_shop(work, name="One", currency="CNY", timezone="UTC", now=NOW)
        open_shop(work, name="Two", currency="CNY", timezone="UTC", now=NOW)
        yield work
    database.dispose()


def test_every_change_is_kept_with_its_date_and_who_made_it(session: Session) -> None:
    mei = Changer(id=7, name="Mei")
    first = tiers_json(parse_tiers(typed(("VIP", "100"))))
    second = tiers_json(parse_tiers(typed(("VIP", "200"))))
    assert change_rules(session, 1, TIERS, first, by=mei, now=NOW)
    assert not change_rules(session, 1, TIERS, first, by=mei, now=NOW)
    later = NOW + dt.timedelta(days=3)
    assert change_rules(session, 1, TIERS, second, by=mei, now=later)
    assert [
        (one.changed_at, one.changed_by_name, one.before, one.after)
        for one in list_changes(session, 1, TIERS)
    ] == [(later, "Mei", first, second), (NOW, "Mei", None, first)]
    assert read_tiers(get_shop(session, 1))[0].least == 200
    assert list_changes(session, 1, "points") == []
    assert list_changes(session, 2, TIERS) == []
    assert read_tiers(get_shop(session, 2)) == ()
    with pytest.raises(ShopNotFoundError):
        change_rules(session, 99, TIERS, second, by=mei, now=NOW)


def test_rights_without_any_are_none() -> None:
    assert read_rights(shop()) == Rights()
