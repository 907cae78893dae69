"""Launching: who is drawn, what is frozen, and that it happens once."""

import hashlib
import json
import threading
from collections import Counter
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from regulars_experiments.assignment import draw
from regulars_platform.campaigns.errors import (
    AlreadyLaunchedError,
    CampaignNotFoundError,
    DraftChangedError,
    EmptyArmError,
    EmptyAudienceError,
    LedgerDamagedError,
    NoOrdersError,
    NotLaunchedError,
    PlanDamagedError,
)
from regulars_platform.campaigns.ledger import LEDGER_SCHEMA
from regulars_platform.campaigns.plan import HOLDOUT, plan_json
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    create_draft,
    delete_draft,
    draft_plan_json,
    get_campaign,
    get_launched,
    get_shop_of,
    list_campaigns,
    update_draft,
)
from regulars_platform.campaigns.tables import Campaign
from regulars_platform.errors import InvalidInputError
from regulars_platform.launching.launch import launch, prepare_launch, store_launch
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.campaigns.build import arm, draft
from tests.platform.campaigns.conftest import NOW

REPEAT = {"feature": "orders", "op": ">=", "value": 2}


def plan_of(**other: Any) -> dict[str, Any]:
    raw = draft(**other)
    del raw["currency"], raw["timezone"]
    return raw


def drafted(database: Database, **other: Any) -> int:
    with database.unit_of_work() as session:
        return create_draft(session, shop_id=1, raw=plan_of(**other), now=NOW).id


def launched(
    database: Database, settings: Settings, campaign_id: int, salt: str = "salt"
) -> LaunchedCampaign:
    with database.unit_of_work() as session:
        return launch(
            session, settings, shop_id=1, campaign_id=campaign_id, now=NOW, user_id=7, salt=salt
        )


def campaign_of(database: Database, settings: Settings, **other: Any) -> LaunchedCampaign:
    return launched(database, settings, drafted(database, **other))


def test_a_launch_draws_everybody_by_the_plans_shares(
    database: Database, settings: Settings
) -> None:
    campaign = campaign_of(database, settings)
    ledger = campaign_ledger(settings, campaign)
    assert dict(campaign.arms) == {HOLDOUT: 60, "Free shipping": 240}
    assert dict(ledger.group_by("arm").len().iter_rows()) == dict(campaign.arms)
    assert ledger["customer_id"].to_list() == [f"c{number:03d}" for number in range(300)]
    assert ledger.schema == LEDGER_SCHEMA
    assert (campaign.audience, campaign.excluded, campaign.suppressed) == (300, 0, 0)
    assert (campaign.drawn, campaign.units) == (300, 300)


def test_the_ledger_is_what_the_documented_draw_gives(
    database: Database, settings: Settings
) -> None:
    segments = [{"name": "repeat", "rule": REPEAT}]
    campaign = campaign_of(database, settings, segments=segments)
    ledger = campaign_ledger(settings, campaign)
    units = [
        (f"c{number:03d}", "everyone else" if number % 3 == 0 else "repeat")
        for number in range(300)
    ]
    arms = draw(units, shares=(2_000, 8_000), salt="salt")
    expected = {unit: (HOLDOUT, "Free shipping")[arm] for unit, arm in arms.items()}
    assert dict(ledger.select("customer_id", "arm").iter_rows()) == expected
    assert dict(ledger.select("customer_id", "segment").iter_rows()) == dict(units)


def test_the_first_segment_that_fits_takes_the_customer(
    database: Database, settings: Settings
) -> None:
    segments = [
        {"name": "thrice", "rule": {"feature": "orders", "op": ">=", "value": 3}},
        {"name": "repeat", "rule": REPEAT},
    ]
    ledger = campaign_ledger(settings, campaign_of(database, settings, segments=segments))
    counted = dict(
        ledger.group_by("segment", "orders").len().select("segment", "orders").iter_rows()
    )
    assert counted == {"thrice": 3, "repeat": 2, "everyone else": 1}


def test_the_ledger_carries_the_baseline_of_each_customer(
    database: Database, settings: Settings
) -> None:
    ledger = campaign_ledger(settings, campaign_of(database, settings))
    # c005: 3 orders of 45 on 5, 10 and 15 January
    row = ledger.row(by_predicate=pl.col("customer_id") == "c005", named=True)
    assert (row["orders"], row["average_order_value"], row["spend"]) == (3, 45.0, 135.0)
    assert row["pre_spend"] == 135 * 10_000
    assert row["code"] is None


def test_pre_spend_looks_back_as_far_as_the_outcome_window_is_long(
    database: Database, settings: Settings
) -> None:
    campaign = campaign_of(database, settings, outcome_end="2026-02-20")
    row = campaign_ledger(settings, campaign).row(
        by_predicate=pl.col("customer_id") == "c005", named=True
    )
    # 20 days before 1 February begin on 12 January
    assert (row["spend"], row["pre_spend"]) == (135.0, 45 * 10_000)


def test_excluded_and_suppressed_customers_are_taken_out_before_the_draw(
    database: Database, settings: Settings
) -> None:
    with database.unit_of_work() as session:
        add_suppressions(
            session,
            shop_id=1,
            lines=["c001", "c002", "c003", "never seen"],
            reason="opted out",
            now=NOW,
        )
        add_suppressions(session, shop_id=2, lines=["c004"], reason="another shop", now=NOW)
    # c059, c119, c179, c239, c299 buy for 99; c003 is both
    exclusions = {"customers": ["c003", "stranger"], "max_average_order_value": "98"}
    campaign = campaign_of(database, settings, exclusions=exclusions)
    assert (campaign.audience, campaign.excluded, campaign.suppressed) == (300, 6, 2)
    assert campaign.drawn == 292
    drawn = set(campaign_ledger(settings, campaign)["customer_id"])
    assert not drawn & {"c001", "c002", "c003", "c059", "c299"}
    assert "c004" in drawn


def test_the_members_of_a_household_share_an_arm_and_the_biggest_spenders_segment(
    database: Database, settings: Settings
) -> None:
    campaign = campaign_of(
        database, settings, unit="household", segments=[{"name": "repeat", "rule": REPEAT}]
    )
    ledger = campaign_ledger(settings, campaign)
    assert campaign.units == 50 + 200
    shared = ledger.filter(pl.col("unit_id").str.starts_with("household:"))
    assert shared.height == 100
    per_home = shared.group_by("unit_id").agg(
        pl.col("arm").n_unique(), pl.col("segment").n_unique(), pl.len()
    )
    assert set(per_home.select("arm", "segment", "len").iter_rows()) == {(1, 1, 2)}
    # h0: c000 bought once for 40, c001 twice for 41
    assert set(shared.filter(unit_id="household:h0")["segment"]) == {"repeat"}
    assert ledger.filter(customer_id="c200")["unit_id"].to_list() == ["customer:c200"]


def test_a_personal_offer_gives_every_treated_customer_a_code_and_the_holdout_none(
    database: Database, settings: Settings
) -> None:
    personal = arm(
        share_percent="40",
        offer={"kind": "amount_off", "threshold": "80", "amount": "8", "reach": "personal"},
    )
    arms = [personal, arm(name="Open", share_percent="40", offer={"kind": "message"})]
    ledger = campaign_ledger(settings, campaign_of(database, settings, arms=arms))
    codes = ledger.filter(arm="Free shipping")["code"]
    assert codes.null_count() == 0
    assert codes.n_unique() == len(codes) == 120
    assert ledger.filter(pl.col("arm") != "Free shipping")["code"].null_count() == 180


def test_the_frozen_document_holds_all_that_the_draw_depends_on(
    database: Database, settings: Settings
) -> None:
    campaign = campaign_of(database, settings)
    assert campaign.plan_sha256 == hashlib.sha256(campaign.plan_json.encode()).hexdigest()
    frozen = json.loads(campaign.plan_json)
    assert frozen["plan"] == plan_json(campaign.plan)
    assert (frozen["salt"], frozen["orders_version"]) == ("salt", 0)
    assert frozen["customers"]["arms"] == {HOLDOUT: 60, "Free shipping": 240}
    assert frozen["ledger_sha256"] == campaign.ledger_sha256
    assert frozen["launched_at"] == "2026-01-31T18:00:00+00:00"
    path = settings.shop_dir(1) / "ledgers" / campaign.ledger_file
    assert hashlib.sha256(path.read_bytes()).hexdigest() == campaign.ledger_sha256
    assert path.stat().st_mode & 0o777 == 0o400


def test_the_same_salt_draws_the_same_ledger_and_another_a_different_one(
    database: Database, settings: Settings
) -> None:
    first, second, third = (drafted(database) for _ in range(3))
    one, two = (launched(database, settings, c, "a") for c in (first, second))
    other = launched(database, settings, third, "b")
    assert one.ledger_sha256 == two.ledger_sha256
    assert one.ledger_sha256 != other.ledger_sha256


def test_orders_that_arrive_later_change_nothing(database: Database, settings: Settings) -> None:
    campaign = campaign_of(database, settings)
    before = campaign_ledger(settings, campaign)
    pl.read_delta(str(settings.shop_dir(1) / "orders")).with_columns(
        pl.lit("new").alias("customer_id"), ("new" + pl.col("order_id")).alias("order_id")
    ).write_delta(settings.shop_dir(1) / "orders", mode="append")
    with database.unit_of_work() as session:
        again = get_launched(session, 1, campaign.id)
    assert again == campaign
    assert_frame_equal(campaign_ledger(settings, again), before)


REFUSALS: list[tuple[dict[str, Any], type[Exception], str]] = [
    (
        {"audience": {"feature": "orders", "op": ">", "value": 99}},
        EmptyAudienceError,
        "holds for no customer",
    ),
    ({"exclusions": {"max_average_order_value": "1"}}, EmptyAudienceError, "300 are excluded"),
    (
        {"holdout_percent": "0.01", "arms": [arm(share_percent="99.99")]},
        EmptyArmError,
        "none fell into the arm holdout",
    ),
    ({"holdout_percent": "0"}, InvalidInputError, "Without a holdout"),
    ({"as_of": "2025-12-01"}, EmptyAudienceError, "holds for no customer"),
]


@pytest.mark.parametrize(("change", "error", "words"), REFUSALS)
def test_a_launch_that_could_say_nothing_is_refused_and_leaves_a_draft(
    database: Database,
    settings: Settings,
    change: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    campaign_id = drafted(database, **change)
    with pytest.raises(error, match=words):
        launched(database, settings, campaign_id)
    with database.unit_of_work() as session:
        assert get_campaign(session, 1, campaign_id).state == "draft"
    assert not list(settings.shop_dir(1).glob("ledgers/*"))


def test_a_shop_without_orders_cannot_launch(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        campaign = create_draft(session, shop_id=2, raw=plan_of(), now=NOW)
        with pytest.raises(NoOrdersError):
            launch(
                session,
                settings,
                shop_id=2,
                campaign_id=campaign.id,
                now=NOW,
                user_id=None,
                salt="s",
            )


def test_two_people_pressing_the_button_together_launch_once(
    database: Database, settings: Settings
) -> None:
    campaign_id = drafted(database)
    start = threading.Barrier(2)
    results: dict[str, object] = {}

    def press(salt: str) -> None:
        own = Database(settings)
        start.wait()
        try:
            results[salt] = launched(own, settings, campaign_id, salt)
        except AlreadyLaunchedError as error:
            results[salt] = error
        finally:
            own.dispose()

    people = [threading.Thread(target=press, args=(salt,)) for salt in ("left", "right")]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert Counter(type(result) for result in results.values()) == {
        LaunchedCampaign: 1,
        AlreadyLaunchedError: 1,
    }
    winner = next(r for r in results.values() if isinstance(r, LaunchedCampaign))
    with database.unit_of_work() as session:
        stored = get_launched(session, 1, campaign_id)
    assert stored == winner
    files = [path.name for path in (settings.shop_dir(1) / "ledgers").iterdir()]
    assert files == [winner.ledger_file]
    assert campaign_ledger(settings, stored).height == 300


@pytest.mark.parametrize("second_salt", ["late", "early"])
def test_of_two_launches_prepared_at_once_the_first_stored_stands(
    database: Database, settings: Settings, second_salt: str
) -> None:
    campaign_id = drafted(database)
    with database.unit_of_work() as session:
        early, late = (
            prepare_launch(
                session,
                settings,
                shop_id=1,
                campaign_id=campaign_id,
                now=NOW,
                user_id=None,
                salt=salt,
            )
            for salt in ("early", second_salt)
        )
    with database.unit_of_work() as session:
        won = store_launch(session, settings, early)
    with database.unit_of_work() as session, pytest.raises(AlreadyLaunchedError):
        store_launch(session, settings, late)
    assert [p.name for p in (settings.shop_dir(1) / "ledgers").iterdir()] == [won.ledger_file]
    assert campaign_ledger(settings, won).height == 300


def test_a_draft_changed_since_it_was_prepared_is_not_launched(
    database: Database, settings: Settings
) -> None:
    campaign_id = drafted(database)
    with database.unit_of_work() as session:
        prepared = prepare_launch(
            session, settings, shop_id=1, campaign_id=campaign_id, now=NOW, user_id=1, salt="s"
        )
        update_draft(
            session,
            shop_id=1,
            campaign_id=campaign_id,
            raw=plan_of(holdout_percent="50"),
            now=NOW,
        )
    with database.unit_of_work() as session, pytest.raises(DraftChangedError):
        store_launch(session, settings, prepared)
    assert not list((settings.shop_dir(1) / "ledgers").iterdir())


def test_a_launched_campaign_cannot_be_launched_changed_or_deleted(
    database: Database, settings: Settings
) -> None:
    campaign = campaign_of(database, settings)
    with pytest.raises(AlreadyLaunchedError, match="2026-01-31 18:00"):
        launched(database, settings, campaign.id, "again")
    with database.unit_of_work() as session:
        with pytest.raises(AlreadyLaunchedError):
            update_draft(session, shop_id=1, campaign_id=campaign.id, raw=plan_of(), now=NOW)
        with pytest.raises(AlreadyLaunchedError):
            delete_draft(session, shop_id=1, campaign_id=campaign.id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE campaigns SET plan_json = '{}' WHERE id = 1",
        "UPDATE campaigns SET ledger_sha256 = 'x'",
        "UPDATE campaigns SET state = 'draft'",
        "UPDATE campaigns SET name = 'nicer'",
        "DELETE FROM campaigns WHERE id = 1",
        "INSERT OR REPLACE INTO campaigns (id, shop_id, name, state, draft, created_at, changed_at,"
        " revision) SELECT id, shop_id, name, 'draft', draft, created_at, changed_at, 1"
        " FROM campaigns WHERE id = 1",
    ],
)
def test_the_database_itself_refuses_to_change_a_launched_campaign(
    database: Database, settings: Settings, statement: str
) -> None:
    campaign = campaign_of(database, settings)
    with (
        pytest.raises(DatabaseError, match="a launched campaign cannot be"),
        database.unit_of_work() as session,
    ):
        session.execute(text(statement))
    with database.unit_of_work() as session:
        assert get_launched(session, 1, campaign.id) == campaign


def test_the_database_lets_drafts_change(database: Database) -> None:
    campaign_id = drafted(database)
    with database.unit_of_work() as session:
        session.execute(text("UPDATE campaigns SET name = 'nicer'"))
        delete_draft(session, shop_id=1, campaign_id=campaign_id)
        assert list_campaigns(session, 1) == []


def test_a_changed_or_missing_ledger_is_never_read(database: Database, settings: Settings) -> None:
    campaign = campaign_of(database, settings)
    path = settings.shop_dir(1) / "ledgers" / campaign.ledger_file
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(LedgerDamagedError, match="not the one that was written"):
        campaign_ledger(settings, campaign)
    path.unlink()
    with pytest.raises(LedgerDamagedError, match="missing"):
        campaign_ledger(settings, campaign)


def test_a_changed_plan_is_never_read(database: Database, settings: Settings) -> None:
    campaign = campaign_of(database, settings)
    with database.unit_of_work() as session:
        session.execute(text("DROP TRIGGER campaigns_frozen_update"))
        session.execute(text("UPDATE campaigns SET plan_json = replace(plan_json, '20', '30')"))
    with database.unit_of_work() as session, pytest.raises(PlanDamagedError):
        get_launched(session, 1, campaign.id)


def test_drafts_are_kept_incomplete_listed_and_belong_to_their_shop(database: Database) -> None:
    with database.unit_of_work() as session:
        first = create_draft(session, shop_id=1, raw={"name": "Spring"}, now=NOW)
        second = create_draft(session, shop_id=1, raw=plan_of(name="Summer"), now=NOW)
        assert [c.name for c in list_campaigns(session, 1)] == ["Summer", "Spring"]
        assert list_campaigns(session, 2) == []
        update_draft(session, shop_id=1, campaign_id=first.id, raw={"name": "May"}, now=NOW)
        assert get_campaign(session, 1, first.id).name == "May"
        whole = draft_plan_json(get_shop_of(session, 1), second)
        assert (whole["currency"], whole["timezone"]) == ("EUR", "UTC")
        with pytest.raises(CampaignNotFoundError):
            get_campaign(session, 2, first.id)
        with pytest.raises(NotLaunchedError):
            get_launched(session, 1, first.id)


def test_a_draft_needs_a_name(database: Database) -> None:
    with database.unit_of_work() as session, pytest.raises(Exception, match="fill this in"):
        create_draft(session, shop_id=1, raw={"name": ""}, now=NOW)
    with database.unit_of_work() as session:
        assert session.query(Campaign).count() == 0
