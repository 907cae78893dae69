"""Points in the browser: rules, the ledger that adds up, what is owed, balances that differ."""

import csv
import datetime as dt
import io
import re
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.settings import Settings
from tests.platform.customers.build import line, lines
from tests.platform.customers.shop import movement
from tests.web.conftest import Browser
from tests.web.customers.build import words

PAGE = "/customers/points/"


def bring(settings: Settings) -> None:
    """200 in May, of which 50 are refunded; 30 spent on a coupon in June; two balances told."""
    folder = settings.shop_dir(1)
    lines(
        line("1", "ann", "2026-05-10", 120),
        line("2", "ben", "2026-05-11", 80, refund=50),
    ).collect().write_delta(folder / "orders")
    moved = movement("m", "ann", -30, "2026-06-02") | {"reason": "exchange", "note": "优惠券"}
    store(settings, "points", moved)
    store(
        settings,
        "customers",
        {"customer_id": "ann", "points_told": 90},
        {"customer_id": "ben", "points_told": 80},
        {"customer_id": "=cmd", "points_told": 5},
    )


def store(settings: Settings, kind: Kind, *records: dict[str, Any]) -> None:
    schema = {name: what for name, what in KINDS[kind].schema.items() if name in records[0]}
    frame = pl.DataFrame(list(records), schema=schema)
    DatasetTable(settings.shop_dir(1), kind).merge(frame)


def test_a_shop_without_points_is_told_how_to_begin(owner: Browser) -> None:
    assert "No points yet" in words(owner.get(PAGE))


def test_points_without_orders_are_a_ledger_too(settings: Settings, owner: Browser) -> None:
    store(
        settings,
        "points",
        movement("m", "ann", 70, "2026-06-02"),
        movement("n", "ann", 5, "9999-12-31"),
    )
    text = words(owner.get(PAGE))
    assert "Jun 2026 0 +70" in text
    assert "Points left 70" in text


def test_what_points_will_cost_is_not_known_before_their_worth_is(
    settings: Settings, owner: Browser
) -> None:
    bring(settings)
    keep(owner, {"per_unit": "1"})
    text = words(owner.get(PAGE))
    assert "Will cost – say what a point is worth If all were spent –" in text
    assert "£0.00" not in text


def test_the_whole_page_by_hand(settings: Settings, owner: Browser) -> None:
    bring(settings)
    rules: dict[str, object] = {
        "per_unit": "1",
        "value": "0.10",
        "redeemed_low": "50",
        "redeemed_high": "70",
    }
    keep(owner, rules)
    text = words(owner.get(PAGE))
    # May: 200 earned, 50 taken back; June: 30 on a coupon; 120 left and 5 that a file tells
    assert "Jun 2026 150 – – – – −30 – – – 120" in text
    assert "May 2026 0 +200 – – −50 – – – – 150" in text
    assert "Points left 125" in text
    assert "£7.50 £6.25 to £8.75" in text  # 125 x 0.10 x 60%, 50% and 70%
    assert "names 3 balances; 2 of them differ" in text
    assert "ben 30 80 +50" in text
    assert "Mei no rules" in text


def keep(owner: Browser, rules: dict[str, object]) -> str:
    """Keep rules that give points for the past; what is said beforehand."""
    asked = owner.post(f"{PAGE}rules", rules)
    assert asked.status_code == 200
    sure = re.search(r'name="sure" value="([0-9a-f]{64})"', asked.get_data(as_text=True))
    assert sure is not None
    assert owner.post(f"{PAGE}rules", rules | {"sure": sure[1]}).status_code == 302
    return words(asked)


def test_rules_say_what_they_give_and_take_at_once_before_they_are_kept(
    settings: Settings, owner: Browser
) -> None:
    bring(settings)
    form = owner.get(f"{PAGE}rules").get_data(as_text=True)
    today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    assert f'name="since" value="{today}"' in form
    # from today on: no order of the past earns, so there is nothing to ask
    later = {"per_unit": "1", "since": today}
    assert owner.post(f"{PAGE}rules", later).status_code == 302
    assert "Points left 125" not in words(owner.get(PAGE))

    # ann 120; ben 80 less the 50 that came back
    past: dict[str, object] = {"per_unit": "1", "value": "0.10", "since": ""}
    said = keep(owner, past)
    assert "Nothing is kept yet." in said
    assert "This gives 150 points to 2 customers at once, for past orders." in said
    assert "If all of them were spent: £15.00." in said
    # what was said of other rules makes nobody sure of these
    sure = re.search(
        r'name="sure" value="([0-9a-f]{64})"',
        owner.post(f"{PAGE}rules", past | {"per_unit": "2"}).get_data(as_text=True),
    )
    assert sure is not None
    asked = owner.post(f"{PAGE}rules", past | {"per_unit": "3", "sure": sure[1]})
    assert asked.status_code == 200
    # the 120 of ann and the 30 of ben lapse 20 days after they were earned, before she spent any
    lapsed = owner.post(f"{PAGE}rules", past | {"valid_days": "20"})
    assert "This takes 150 points from 2 customers at once." in words(lapsed)


def test_files_hold_every_row_and_no_formula(settings: Settings, owner: Browser) -> None:
    bring(settings)
    keep(owner, {"per_unit": "1"})
    ledger = owner.get(f"{PAGE}ledger.csv").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(ledger)))
    assert [row["month"] for row in rows] == ["2026-05", "2026-06"]
    for row in rows:
        values = [int(value) for name, value in row.items() if name != "month"]
        assert sum(values[:-1]) == values[-1]
    differ = owner.get(f"{PAGE}differences.csv").get_data(as_text=True)
    assert "ben,30,80,50" in differ
    assert "\n=cmd" not in differ


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"per_unit": "many"}, "A number such as"),
        ({"value": "9" * 5000}, "A number such as"),
        ({"valid_days": "-1"}, "A whole number from 1 to 3,650"),
        ({"since": "<i>x</i>"}, "A day as in 2026-01-31"),
        ({"redeemed_low": "50"}, "both ends"),
    ],
)
def test_nonsense_is_refused_beside_its_field(
    owner: Browser, typed: dict[str, object], told: str
) -> None:
    answer = owner.post(f"{PAGE}rules", typed)
    assert answer.status_code == 422
    assert told in words(answer)
    assert "<i>x" not in answer.get_data(as_text=True)
    assert "No points yet" in words(owner.get(PAGE))
