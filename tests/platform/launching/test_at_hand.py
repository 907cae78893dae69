"""The live side works by rows that are kept; a launch by frames that are read anew. They agree, and
nothing that is kept outlives what it was made from."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_platform.campaigns.at_once import find_meetings, members_of, running_beside
from regulars_platform.campaigns.blended import at_average_margin
from regulars_platform.campaigns.ledger import with_unit_id
from regulars_platform.campaigns.plan import Exclusions
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.population import Population, build_population, grouping_of
from regulars_platform.campaigns.service import create_draft, get_launched, get_shop_of
from regulars_platform.customers.browse import distribution
from regulars_platform.customers.store import build_feature_store
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.launching.arms import ThresholdsOf, preview_arms
from regulars_platform.launching.everybody import AT_HAND
from regulars_platform.launching.launch import launch
from regulars_platform.launching.outlook import forecast_plan, read_past, told_values
from regulars_platform.launching.preview import Preview, preview_draft
from regulars_platform.memory.forecast import forecast_json
from regulars_platform.memory.promises import promises_of_shop
from regulars_platform.memory.service import shop_memory
from regulars_platform.programmes.caps import campaign_limit, keep_caps
from regulars_platform.reach.gate import keep_consent_required, open_gate
from regulars_platform.reach.holdout import draw_holdout, end_holdout
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import rule_expression
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions, remove_suppressions
from tests.platform.campaigns.build import arm, draft
from tests.platform.campaigns.conftest import NOW, database, settings
from tests.platform.customers.build import line, lines

__all__ = ("database", "settings")

OFTEN = {"feature": "orders", "op": ">=", "value": "2"}
NEAR = {"feature": "average_order_value", "op": "between", "value": ["48", "96"]}
BOUGHT = {"bought": {"by": "category", "name": "drinks"}, "op": "yes"}
SEGMENTS = [{"name": "often", "rule": OFTEN}, {"name": "near", "rule": NEAR}]
PERSONAL = {"kind": "free_shipping", "reach": "personal", "threshold": "20", "shipping_cost": "5"}
LADDER = [
    arm(
        name=f"at {multiple}",
        share_percent="40",
        offer=PERSONAL | {"multiple": multiple, "price_points": "nines"},
    )
    for multiple in ("1.1", "1.4")
]
DRAFTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "segments": {"segments": SEGMENTS},
    "an audience": {"audience": {"all": [OFTEN, NEAR]}, "segments": SEGMENTS},
    "what was bought": {"audience": BOUGHT, "segments": SEGMENTS},
    "an attribute": {"audience": {"feature": "attribute.team", "op": "in", "value": ["g1", "g2"]}},
    "not": {"audience": {"not": {"any": [OFTEN, BOUGHT]}}},
    "households": {"unit": "household", "segments": SEGMENTS},
    "households and their own thresholds": {"unit": "household", "arms": LADDER},
    "groups": {"unit": "group", "group_by": "team", "holdout_percent": "50"}
    | {"arms": [arm(share_percent="50")]},
    "a ladder": {"arms": LADDER, "segments": SEGMENTS},
    "a short window": {"outcome_end": "2026-02-07"},
    "a long window": {"outcome_end": "2026-07-31", "settle_until": "2026-08-31"},
    "exclusions": {
        "exclusions": {
            "customers": ["c001", "c040", "nobody"],
            "max_average_order_value": "90",
            "customer_revenue_cap": "120",
        }
    },
    "running campaigns": {"exclusions": {"running_campaigns": "yes"}},
    "percent off": {
        "arms": [arm(offer={"kind": "percent_off", "percent": "10", "threshold": "50"})]
    },
    "nobody": {"audience": {"feature": "orders", "op": ">", "value": "9"}},
    "sms": {"arms": [arm(channel="sms")], "segments": SEGMENTS},
}


@pytest.fixture(autouse=True)
def forgotten() -> None:
    AT_HAND.forget()


@pytest.fixture
def busy(database: Database, settings: Settings) -> Database:
    """A shop in which much is on: files, opt-outs, a global holdout, a campaign, a limit."""
    folder = settings.shop_dir(1)
    people = pl.DataFrame(
        {
            "customer_id": [f"c{n:03d}" for n in range(0, 300, 2)],
            "consent_email": [n % 10 != 0 for n in range(150)],
            "email": [f"p{n // 3}@x.org" for n in range(150)],
            "attributes": [[{"name": "team", "value": f"g{n % 12}"}] for n in range(150)],
        }
    )
    DatasetTable(folder, "customers").merge(people)
    DatasetTable(folder, "products").merge(
        pl.DataFrame({"product": ["tea"], "category": ["drinks"], "cost": [250_000]})
    )
    with database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=["c010", "c011"], reason="", now=NOW)
        draw_holdout(
            session,
            shop_id=1,
            share=1_000,
            starts_on=dt.date(2026, 1, 1),
            salt="all",
            user_id=None,
            now=NOW,
        )
        keep_caps(session, 1, {"contacts": "1", "days": "20"})
    launched(database, settings, name="Gift", audience=NEAR, send_date="2026-02-02")
    return database


def launched(database: Database, settings: Settings, **other: Any) -> int:
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=draft(**other), now=NOW)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="salt"
        )
        return made.id


def look(database: Database, settings: Settings, **other: Any) -> Preview:
    raw = draft(**other)
    del raw["currency"], raw["timezone"]
    with database.reading() as session:
        return preview_draft(session, settings, get_shop_of(session, 1), raw)


@pytest.mark.parametrize("name", DRAFTS)
def test_the_form_shows_what_a_launch_would_find(
    busy: Database, settings: Settings, name: str
) -> None:
    raw = draft(**DRAFTS[name])
    look(busy, settings)  # what others left behind changes nothing
    shown = look(busy, settings, **DRAFTS[name])
    again = look(busy, settings, **DRAFTS[name])
    assert again == shown
    with busy.reading() as session:
        shop = get_shop_of(session, 1)
        plan = read_draft(raw)
        assert not plan.problems
        assert plan.audience is not None
        assert plan.as_of is not None
        assert plan.send_date is not None
        assert plan.window_days is not None
        store = build_feature_store(settings, shop)
        version = store.table.version()
        assert version is not None
        memory = shop_memory(session, settings, 1)
        rules = [plan.audience, *(one.rule for one in plan.segments or ()), *memory.rules]
        features = for_rules(store, rules, plan.as_of, version)
        running = running_beside(session, settings, 1, plan)
        population = build_population(
            features,
            audience=plan.audience,
            segments=plan.segments or (),
            exclusions=plan.exclusions or Exclusions(),
            gate=open_gate(session, settings, 1, channels=plan.channels, day=plan.send_date),
            crowded=campaign_limit(session, settings, shop, plan.send_date),
            grouping=grouping_of(plan),
            elsewhere=members_of(running),
        )
        orders = store.window_orders(plan.as_of, plan.window_days, version)
        forecast = forecast_plan(
            at_average_margin(plan, store, version), population.drawn, features, orders, memory
        )
    assert shown.drawn is not None
    kept = shown.drawn.people.ids.filter(pl.Series(shown.drawn.rows))
    assert kept.to_list() == population.drawn["customer_id"].to_list()
    check_count(shown, population)
    values = told_values(population.drawn, plan)
    past = read_past(orders, population.drawn, values, plan)
    count = shown.head_count
    assert count is not None
    groups = None
    if plan.unit == "group":
        groups = with_unit_id(population.drawn, "group")["unit_id"].n_unique()
    assert count.groups == groups
    holdout, arms = preview_arms(plan, values.height, past, groups, ThresholdsOf(values))
    assert shown.holdout == holdout
    assert shown.arms is not None
    assert arms is not None
    for one, other in zip(shown.arms, arms, strict=True):
        same = {"name", "customers", "threshold", "own", "contact_cost", "leak", "reach"}
        assert {field: getattr(one, field) for field in same} == {
            field: getattr(other, field) for field in same
        }
        assert (one.foreseen is None) == (other.foreseen is None)
        if one.foreseen is not None and other.foreseen is not None:
            assert one.foreseen.why == other.foreseen.why
            assert (one.foreseen.detectable or 0) == pytest.approx(other.foreseen.detectable or 0)
    check_forecast(shown, forecast, plan)
    marked = rule_expression(plan.audience)
    assert shown.histogram == distribution(features, "average_order_value", marked=marked)
    if plan.holdout is not None:
        assert shown.meetings == find_meetings(running, population.drawn, plan.holdout)


def check_count(shown: Preview, population: Population) -> None:
    count = shown.head_count
    assert count is not None
    for field in ("audience", "excluded", "suppressed", "no_consent", "held_out", "capped"):
        assert getattr(count, field) == getattr(population, field), field
    assert count.ungrouped == population.ungrouped
    assert count.drawn == population.drawn.height
    counted = dict(population.drawn.group_by("segment").len().iter_rows())
    assert dict(count.segments) == {name: counted.get(name, 0) for name, _ in count.segments}


def check_forecast(shown: Preview, forecast: Any, plan: Draft) -> None:
    assert (shown.forecast is None) == (forecast is None)
    if shown.forecast is None:
        return
    ours, theirs = forecast_json(shown.forecast), forecast_json(forecast)
    assert ours == theirs


def test_the_test_shop_has_something_everywhere(busy: Database, settings: Settings) -> None:
    """Or the comparison above would compare noughts."""
    count = look(busy, settings, **DRAFTS["segments"]).head_count
    assert count is not None
    assert min(count.suppressed, count.no_consent, count.held_out, count.capped) > 0
    excluded = look(busy, settings, **DRAFTS["exclusions"]).head_count
    assert excluded is not None
    assert excluded.excluded > 2
    apart = look(busy, settings, **DRAFTS["running campaigns"])
    assert apart.head_count is not None
    assert (apart.apart, apart.head_count.excluded > 0) == (("Gift",), True)
    some = look(busy, settings, **DRAFTS["what was bought"]).head_count
    assert some is not None
    assert some.audience == 300


def test_what_is_frozen_at_the_launch_is_what_the_form_showed(
    busy: Database, settings: Settings
) -> None:
    shown = look(busy, settings, name="Second", **DRAFTS["segments"])
    number = launched(busy, settings, name="Second", **DRAFTS["segments"])
    with busy.reading() as session:
        campaign = get_launched(session, 1, number)
        frozen = promises_of_shop(session, 1)[number]
    count = shown.head_count
    assert count is not None
    assert (campaign.audience, campaign.drawn) == (count.audience, count.drawn)
    assert (campaign.held_out, campaign.suppressed) == (count.held_out, count.suppressed)
    assert shown.forecast is not None
    assert [one.expected for one in frozen] == [round(one.expected, 2) for one in shown.forecast]


# ---- nothing outlives what it was made from


def opted_out(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=["c100"], reason="", now=NOW)


def one_for_another(database: Database, settings: Settings) -> None:
    """As many, at the same moment, and c011 at another address than c013."""
    with database.unit_of_work() as session:
        remove_suppressions(session, shop_id=1, lines=["c010"])
        add_suppressions(session, shop_id=1, lines=["c017", "c019"], reason="", now=NOW)
        remove_suppressions(session, shop_id=1, lines=["c019"])


def asks_for_a_yes(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        keep_consent_required(session, 1, ["email"])


def consent_withdrawn(database: Database, settings: Settings) -> None:
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": ["c102"], "consent_email": [False]})
    )


def no_holdout(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        end_holdout(session, shop_id=1, ends_on=dt.date(2026, 1, 31))


def more_contacts(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        keep_caps(session, 1, {"contacts": "5", "days": "20"})


def another_campaign(database: Database, settings: Settings) -> None:
    launched(database, settings, name="Calls", audience=OFTEN, send_date="2026-02-05")


def more_orders(database: Database, settings: Settings) -> None:
    rows = [line(f"n{n}", f"c{n:03d}", "2026-01-29", 90) for n in range(120, 160)]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders", mode="append")


def other_products(database: Database, settings: Settings) -> None:
    DatasetTable(settings.shop_dir(1), "products").merge(
        pl.DataFrame({"product": ["tea"], "category": ["leaves"]})
    )


CHANGES: dict[str, tuple[Callable[[Database, Settings], None], str]] = {
    "somebody opts out": (opted_out, "segments"),
    "one opts out for another": (one_for_another, "segments"),
    "the shop asks for a yes": (asks_for_a_yes, "segments"),
    "somebody withdraws": (consent_withdrawn, "segments"),
    "the global holdout ends": (no_holdout, "segments"),
    "the limit on contacts rises": (more_contacts, "segments"),
    "another campaign is launched": (another_campaign, "plain"),
    "new orders": (more_orders, "segments"),
    "a product changes its category": (other_products, "what was bought"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_shop_is_seen_at_once(
    busy: Database, settings: Settings, name: str
) -> None:
    change, which = CHANGES[name]
    before = look(busy, settings, **DRAFTS[which])
    change(busy, settings)
    after = look(busy, settings, **DRAFTS[which])
    assert after != before
    AT_HAND.forget()
    assert look(busy, settings, **DRAFTS[which]) == after


def test_little_is_worked_out_again_when_one_field_changes(
    busy: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(busy, settings, **DRAFTS["segments"])
    asked: list[object] = []
    find = AT_HAND.get

    def watched(key: Any, build: Any, weigh: Any) -> Any:
        if not AT_HAND.knows(key):
            asked.append(key[2] if len(key) == 3 else key)
        return find(key, build, weigh)

    monkeypatch.setattr(AT_HAND, "get", watched)
    for threshold in ("81", "82"):
        offer = arm(offer={"kind": "free_shipping", "threshold": threshold, "shipping_cost": "4"})
        look(busy, settings, arms=[offer], segments=SEGMENTS)
    look(busy, settings, segments=SEGMENTS, holdout_percent="30", arms=[arm(share_percent="70")])
    assert asked == []


def test_what_is_kept_cannot_be_changed(busy: Database, settings: Settings) -> None:
    drawn = look(busy, settings).drawn
    assert drawn is not None
    people = drawn.people
    for values in (people.values(), people.holds(drawn.draft.audience or ()), people.segments(())):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(values)[0] = 0
