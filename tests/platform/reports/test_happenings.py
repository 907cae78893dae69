"""Metrics beside buying: who followed, marked, filled a cart; who complained or wants no more."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.datasets.kinds import KINDS
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.intake.service import import_file
from regulars_platform.launching.launch import launch
from regulars_platform.reports.happenings import with_happenings, without_data
from regulars_platform.reports.service import evaluate_campaign, recompute
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import remove_suppressions, suppress
from tests.platform.campaigns.build import draft
from tests.platform.reports.build import drawn, held, ledger, plan
from tests.platform.reports.conftest import LAUNCH
from tests.platform.reports.test_service import AFTER, order_file, orders_of

INSIDE = dt.datetime(2026, 2, 10, 9, tzinfo=dt.UTC)


def event(customer: str, kind: str, at: dt.datetime = INSIDE) -> dict[str, Any]:
    return {
        "event_key": f"{customer} {kind} {at}",
        "customer_id": customer,
        "kind": kind,
        "happened_at": at,
    }


def events(*rows: dict[str, Any]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema=KINDS["events"].schema)


def marked(
    people: pl.DataFrame, declared: Plan, told: pl.LazyFrame | None, **rows: Any
) -> pl.DataFrame:
    units = people.select("unit_id").unique().sort("unit_id")
    return with_happenings(units, people, declared, told, rows)


def test_whoever_did_it_within_the_window_counts_once_and_the_holdout_as_well() -> None:
    declared = plan(secondary_metrics=["followed", "carted"], guardrails=[])
    told = events(
        event("a", "follow"),
        event("a", "follow", INSIDE + dt.timedelta(days=1)),
        event("h", "follow", dt.datetime(2026, 2, 1, tzinfo=dt.UTC)),  # the window's first moment
        event("b", "follow", dt.datetime(2026, 1, 31, 23, 59, 59, tzinfo=dt.UTC)),
        event("c", "follow", declared.outcome_stop),
        event("stranger", "follow"),
        event("b", "cart"),
        event("c", "view"),
    )
    found = marked(ledger(drawn("a"), drawn("b"), drawn("c"), held("h")), declared, told)

    assert found["followed"].to_list() == [1, 0, 0, 1]
    assert found["carted"].to_list() == [0, 1, 0, 0]


def test_a_household_did_it_where_one_of_its_members_did() -> None:
    declared = plan(secondary_metrics=["favourited"], guardrails=[], unit="household")
    people = ledger(drawn("a", unit_id="1"), drawn("b", unit_id="1"), held("h", unit_id="2"))

    found = marked(people, declared, events(event("b", "favourite")))

    assert found.to_dict(as_series=False) == {"unit_id": ["1", "2"], "favourited": [1, 0]}


def test_what_no_file_ever_told_of_has_no_column_and_is_named() -> None:
    declared = plan(secondary_metrics=["followed", "carted"], guardrails=["complained"])
    early = event("a", "cart", dt.datetime(2025, 1, 1, tzinfo=dt.UTC))

    found = marked(ledger(drawn("a"), held("h")), declared, events(early), complained=None)

    # carts are told of, though none in the window
    assert found["carted"].to_list() == [0, 0]
    assert without_data(declared, found) == ["followed", "complained"]


@pytest.fixture
def campaign(settings: Settings, database: Database, tmp_path: Path) -> int:
    """A launched campaign that counts follows, complaints and farewells, with its orders."""
    history = order_file(tmp_path, "history", orders_of("01", 1, 1.0))
    import_file(settings, database, 1, history, now=LAUNCH)
    raw = draft(
        secondary_metrics=["followed", "favourited"],
        guardrails=["refunds", "complained", "unsubscribed"],
    )
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=LAUNCH)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=LAUNCH, user_id=None, salt="s"
        )
    outcomes = order_file(tmp_path, "february", orders_of("02", 2, 0.4))
    import_file(settings, database, 1, outcomes, now=AFTER)
    return made.id


def test_a_report_has_their_effect_and_stays_what_it_was_when_somebody_wants_messages_again(
    settings: Settings, database: Database, campaign: int
) -> None:
    with database.unit_of_work() as session:
        arms = dict(
            campaign_ledger(settings, get_launched(session, 1, campaign))
            .select("customer_id", "arm")
            .iter_rows()
        )
    told = sorted(name for name, arm in arms.items() if arm != HOLDOUT)
    held_out = sorted(name for name, arm in arms.items() if arm == HOLDOUT)
    followers = told[:240] + held_out[:30]
    rows = [event(name, "follow") for name in followers]
    DatasetTable(settings.shop_dir(1), "events").merge(pl.DataFrame(rows))
    with database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=told[:60], reason="asked", now=INSIDE)
        suppress(
            session,
            shop_id=1,
            customers=told[60:70],
            reason="before",
            now=LAUNCH - dt.timedelta(days=1),
        )
    with database.unit_of_work() as session:
        report = evaluate_campaign(session, settings, shop_id=1, campaign_id=campaign, now=AFTER)
    effects = {
        effect["metric"]: effect
        for effect in report.document["metrics"]
        if effect["segment"] is None
    }

    assert effects["followed"]["mean_arm"] == pytest.approx(240 / len(told))
    assert effects["followed"]["mean_control"] == pytest.approx(30 / len(held_out))
    # two shares: the textbook interval is near, whatever is done for small numbers
    arm_rate, rate = 240 / len(told), 30 / len(held_out)
    gain = arm_rate - rate
    error = (arm_rate * (1 - arm_rate) / len(told) + rate * (1 - rate) / len(held_out)) ** 0.5
    answer = effects["followed"]["difference"]
    assert answer["estimate"] == pytest.approx(gain, abs=0.1 * error)
    assert answer["low"] == pytest.approx(gain - 1.96 * error, abs=0.4 * error)
    assert answer["high"] == pytest.approx(gain + 1.96 * error, abs=0.4 * error)
    assert effects["unsubscribed"]["mean_arm"] == pytest.approx(60 / len(told))
    assert effects["unsubscribed"]["mean_control"] == 0
    assert report.document["without_data"] == ["favourited", "complained"]
    assert "favourited" not in effects

    with database.unit_of_work() as session:
        remove_suppressions(session, shop_id=1, lines=["customer_id", *told[:60]])
        DatasetTable(settings.shop_dir(1), "events").merge(pl.DataFrame([event("c1", "favourite")]))
        assert recompute(session, settings, shop_id=1, report_id=report.id)
