"""Campaigns in the same days: told beforehand, left out on request, limited where nobody said."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.plan import plan_json
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    create_draft,
    get_launched,
    get_shop_of,
)
from regulars_platform.errors import InvalidInputError
from regulars_platform.launching.launch import launch
from regulars_platform.launching.preview import Preview, preview_draft
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import draft
from tests.platform.campaigns.conftest import NOW

NEAR = {"feature": "average_order_value", "op": "between", "value": ["48", "60"]}


def launched(database: Database, settings: Settings, **other: Any) -> LaunchedCampaign:
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=draft(**other), now=NOW)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="salt"
        )
        return get_launched(session, 1, made.id)


def preview(database: Database, settings: Settings, **other: Any) -> Preview:
    raw = draft(**other)
    del raw["currency"], raw["timezone"]
    with database.reading() as session:
        return preview_draft(session, settings, get_shop_of(session, 1), raw)


def in_days(first: dt.date, days: int = 28) -> dict[str, str]:
    end = first + dt.timedelta(days=days - 1)
    return {
        "send_date": first.isoformat(),
        "outcome_end": end.isoformat(),
        "settle_until": (end + dt.timedelta(days=10)).isoformat(),
    }


def test_a_plan_says_whom_it_would_draw_again(database: Database, settings: Settings) -> None:
    gift = launched(database, settings, name="Gift", audience=NEAR)
    with database.reading():
        ledger = campaign_ledger(settings, gift)
    held = ledger.filter(pl.col("arm") == "holdout").height

    found = preview(database, settings, name="Calls", **in_days(dt.date(2026, 2, 28)))

    (one,) = found.meetings
    assert (one.id, one.name, one.last) == (gift.id, "Gift", dt.date(2026, 2, 28))
    assert one.shared == ledger.height == sum(48 <= 40 + n % 60 <= 60 for n in range(300))
    # eighty in a hundred of those whom the gift holds back would get a call
    assert one.told == round(0.8 * held)
    assert found.apart == ()


def test_campaigns_on_other_days_and_of_other_shops_are_not_met(
    database: Database, settings: Settings
) -> None:
    launched(database, settings, name="Gift")
    after = preview(database, settings, **in_days(dt.date(2026, 3, 1)))
    assert after.meetings == ()
    with database.reading() as session:
        raw = draft()
        del raw["currency"], raw["timezone"]
        other = preview_draft(session, settings, get_shop_of(session, 2), raw)
    assert other.meetings == ()


def test_left_out_are_those_held_back_there_too_and_the_launch_draws_none_of_them(
    database: Database, settings: Settings
) -> None:
    gift = launched(database, settings, name="Gift", audience=NEAR)
    apart = {"exclusions": {"running_campaigns": "yes"}}
    found = preview(database, settings, **apart)
    theirs = set(campaign_ledger(settings, gift)["customer_id"])
    assert found.head_count is not None
    assert found.head_count.excluded == len(theirs)
    assert found.head_count.drawn == 300 - len(theirs)
    assert (found.meetings, found.apart) == ((), ("Gift",))

    calls = launched(database, settings, name="Calls", **apart)
    drawn = set(campaign_ledger(settings, calls)["customer_id"])
    assert drawn.isdisjoint(theirs)
    assert len(drawn) == 300 - len(theirs)


def test_the_wish_is_part_of_the_plan_and_plans_without_it_are_as_they_were() -> None:
    plain = plan_json(read_plan(draft()))
    assert "running_campaigns" not in plain["exclusions"]
    wish = draft(exclusions={"running_campaigns": "yes"})
    plan = read_plan(wish)
    assert plan.exclusions.running_campaigns
    assert read_plan(plan_json(plan)) == plan
    with pytest.raises(InvalidInputError) as caught:
        read_plan(draft(exclusions={"running_campaigns": "<b>"}))
    assert [one.field for one in caught.value.problems] == ["exclusions.running_campaigns"]


def test_a_fifth_contact_in_thirty_days_is_too_many_where_nobody_set_a_limit(
    database: Database, settings: Settings
) -> None:
    for day in range(1, 5):
        launched(database, settings, name=f"{day}", **in_days(dt.date(2026, 2, day)))
    fifth = preview(database, settings, **in_days(dt.date(2026, 2, 20)))
    assert fifth.head_count is not None
    assert (fifth.head_count.capped, fifth.head_count.drawn) == (300, 0)
    later = preview(database, settings, **in_days(dt.date(2026, 3, 4)))
    assert later.head_count is not None
    assert later.head_count.capped == 0
