"""The chosen plan is compared with that of the campaign before, carried over to these customers."""

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from sqlalchemy import delete

from regulars_platform.campaigns.plan import EVERYONE_ELSE
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import campaign_ledger, get_launched, get_shop_of
from regulars_platform.customers.store import build_feature_store
from regulars_platform.reports.service import evaluate_campaign
from regulars_platform.settings import build_settings
from regulars_platform.storage.database import Database
from regulars_platform.targeting.earlier import EarlierPlan, carried_over, find_earlier
from regulars_platform.targeting.limits import Limit
from regulars_platform.targeting.service import (
    Targeting,
    load_comparisons,
    load_data,
    work_out,
)
from regulars_platform.targeting.tables import TargetingLimitRow, TargetingRow
from tests.platform.campaigns.build import arm, draft
from tests.platform.targeting.build import (
    BIG_SPENDERS,
    CUSTOMERS,
    GAIN_OF_BIG,
    MESSAGE,
    QUICK,
    is_big,
    launch_it,
    message_draft,
    sell,
)
from tests.platform.targeting.conftest import Finished

MARCH = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
AFTER_MARCH = dt.datetime(2026, 5, 2, 8, tzinfo=dt.UTC)
FEW = Limit(kind="customers", amount=600)


@pytest.fixture(scope="module")
def finished(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """A copy, so that the other tests' shop has no March; February has the only answer."""
    folder = tmp_path_factory.mktemp("march") / "data"
    shutil.copytree(finished.settings.data_dir, folder)
    settings = build_settings(folder)
    database = Database(settings)
    with database.unit_of_work() as session:
        session.execute(delete(TargetingRow).where(TargetingRow.id != finished.targeting.id))
        session.execute(delete(TargetingLimitRow))
    yield replace(finished, settings=settings, database=database)
    database.dispose()


@pytest.fixture(scope="module")
def march(finished: Finished) -> int:
    raw = message_draft(
        name="March message",
        as_of="2026-03-01",
        send_date="2026-03-01",
        outcome_end="2026-03-31",
        settle_until="2026-04-30",
    )
    campaign_id = launch_it(finished.database, finished.settings, raw, MARCH)
    sell(finished.database, finished.settings, campaign_id, seed=8, month="2026-03")
    with finished.database.unit_of_work() as session:
        evaluate_campaign(
            session, finished.settings, shop_id=1, campaign_id=campaign_id, now=AFTER_MARCH
        )
    return campaign_id


@pytest.fixture(scope="module")
def answer(finished: Finished, march: int) -> Targeting:
    """Under a limit, so that it is another plan than the one before."""
    with finished.database.unit_of_work() as session:
        return work_out(
            session,
            finished.settings,
            shop_id=1,
            campaign_id=march,
            now=AFTER_MARCH,
            learners=QUICK,
            limit=FEW,
        )


def test_the_rule_of_the_campaign_before_tells_the_same_kind_of_customers(
    finished: Finished, march: int
) -> None:
    with finished.database.reading() as session:
        campaign = get_launched(session, 1, march)
        earlier = find_earlier(session, campaign)
        store = build_feature_store(finished.settings, get_shop_of(session, 1))
    version = store.table.version()
    assert version is not None
    assert earlier is not None
    found = load_data(store, campaign_ledger(finished.settings, campaign), campaign, version)

    (actions,) = load_comparisons(store, campaign, found, earlier).values()

    assert earlier.campaign_id == finished.campaign_id
    big = np.array([is_big(customer) for customer in found.units["customer_id"]])
    np.testing.assert_array_equal(actions, big.astype(np.int64))


def test_no_campaign_is_compared_with_one_that_was_not_over(finished: Finished, march: int) -> None:
    with finished.database.reading() as session:
        february = get_launched(session, 1, finished.campaign_id)
        assert find_earlier(session, february) is None
    assert "earlier" not in finished.targeting.document["inputs"]
    assert set(finished.targeting.document["uplift"]["policy"]["against"]) == {
        "nobody",
        "everyone",
        "response",
    }


def test_the_difference_to_the_plan_before_covers_what_fewer_big_spenders_lose(
    finished: Finished, answer: Targeting
) -> None:
    policy = answer.document["uplift"]["policy"]
    contrast = policy["against"][f"plan:{finished.campaign_id}"]

    # the plan before tells all big spenders, half the audience
    truth = (policy["honest_share"] - 0.5) * GAIN_OF_BIG
    assert policy["honest_share"] * CUSTOMERS <= FEW.amount * 1.005
    assert contrast["low"] < truth < contrast["high"]


def test_the_plan_before_is_pinned_by_name_and_digest(
    finished: Finished, answer: Targeting
) -> None:
    assert answer.document["inputs"]["earlier"] == {
        "campaign": finished.campaign_id,
        "name": "February message",
        "targeting_sha256": hashlib.sha256(finished.targeting.text.encode()).hexdigest(),
    }


def test_a_choice_of_segments_is_carried_over_by_the_arm_most_like_its_own() -> None:
    letter = arm(name="Letter", share_percent="40", offer=MESSAGE, contact_cost="1")
    shipping = arm(name="Shipping", share_percent="40")
    before = read_plan(draft(arms=[letter, shipping], segments=[BIG_SPENDERS]))
    here = read_plan(draft(arms=[shipping, letter]))
    document: dict[str, Any] = {
        "chosen": {"kind": "segments"},
        "by_segment": [
            {"segment": "Big spenders", "action": 1},
            {"segment": EVERYONE_ELSE, "action": 2},
        ],
    }
    known = pl.DataFrame(
        {"customer_id": ["a", "b", "c"], "average_order_value": [100.0, 30.0, None]}
    )
    earlier = EarlierPlan(campaign_id=1, plan=before, document=document, sha256="")

    # letters went to big spenders and are the second arm here; the rest includes the unknown
    assert carried_over(earlier, here, known, {}).tolist() == [2, 1, 1]
    document["by_segment"][1]["action"] = 0
    assert carried_over(earlier, here, known, {}).tolist() == [2, 0, 0]
