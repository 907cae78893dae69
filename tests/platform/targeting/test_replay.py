"""A draft valued on a past campaign: the truth is known, so its value is, too."""

import pytest

from regulars_experiments.results import Estimate, NotEstimable
from regulars_experiments.verdicts import Evidence
from regulars_platform.campaigns.service import create_draft
from regulars_platform.targeting.errors import ReplayError
from regulars_platform.targeting.planning import Wish
from regulars_platform.targeting.replay import Replay, replay_draft, replay_stage
from tests.platform.campaigns.build import arm
from tests.platform.targeting.build import (
    AFTER,
    BIG_SPENDERS,
    CONTACT_COST,
    CUSTOMERS,
    GAIN_OF_BIG,
    MESSAGE,
    message_draft,
)
from tests.platform.targeting.conftest import Finished, drafted_round

SMALL_SPENDERS = {"feature": "average_order_value", "op": "<", "value": "60"}


def drafted(shop: Finished, **other: object) -> int:
    with shop.database.unit_of_work() as session:
        return create_draft(session, shop_id=1, raw=message_draft(**other), now=AFTER).id


def replayed(shop: Finished, draft: int, against: str = "") -> Replay:
    with shop.database.reading() as session:
        return replay_draft(
            session,
            shop.settings,
            shop_id=1,
            campaign_id=draft,
            on=shop.campaign_id,
            against=against,
        )


def estimate(answer: object) -> Estimate:
    assert isinstance(answer, Estimate)
    return answer


def test_the_right_half_earns_what_it_truly_does(finished: Finished) -> None:
    found = replayed(finished, drafted(finished, audience=BIG_SPENDERS["rule"]))
    value = estimate(found.found.value.value)

    assert (found.told, found.units) == (CUSTOMERS // 2, CUSTOMERS)
    assert found.same_offer
    assert value.low < GAIN_OF_BIG / 2 < value.high
    assert found.found.value.verdict is Evidence.PROVED_BETTER
    # leaving the small spenders alone saves what telling them costs
    (everyone,) = found.found.against
    assert everyone.against == "everyone"
    against = estimate(everyone.value)
    assert against.low < CONTACT_COST / 2 < against.high


def test_the_wrong_half_loses_to_it(finished: Finished) -> None:
    right = drafted(finished, audience=BIG_SPENDERS["rule"])
    wrong = drafted(finished, audience=SMALL_SPENDERS)
    found = replayed(finished, wrong, f"draft:{right}")

    assert found.found.against[-1].verdict is Evidence.PROVED_WORSE
    difference = estimate(found.found.against[-1].value)
    truth = -(GAIN_OF_BIG + CONTACT_COST) / 2
    assert difference.low < truth < difference.high


def test_who_is_left_out_of_the_draft_is_not_told(finished: Finished) -> None:
    out = {"customers": ["c0", "c2"], "max_average_order_value": "60"}
    assert replayed(finished, drafted(finished, exclusions=out)).told == CUSTOMERS // 2
    few = {"customers": ["c0", "c2"]}
    assert replayed(finished, drafted(finished, exclusions=few)).told == CUSTOMERS - 2


def test_another_offer_is_said_to_be_another(finished: Finished) -> None:
    dear = [arm(name="Post", share_percent="50", channel="phone", contact_cost="3")]
    found = replayed(finished, drafted(finished, arms=dear))

    assert (found.same_offer, found.alike) == (False, False)
    assert found.arms == ("Message",)


def test_an_offer_of_the_same_family_stands_for_the_drafts(finished: Finished) -> None:
    dearer = [arm(name="Again", share_percent="50", offer=MESSAGE, contact_cost="3")]
    found = replayed(finished, drafted(finished, arms=dearer))

    assert (found.same_offer, found.alike) == (False, True)


def test_a_draft_for_a_handful_has_no_value_and_no_verdict(finished: Finished) -> None:
    few = {"customers": [f"c{number}" for number in range(100, CUSTOMERS)]}
    found = replayed(finished, drafted(finished, exclusions=few)).found

    assert isinstance(found.value.value, NotEstimable)
    assert {one.verdict for one in (found.value, *found.against)} == {Evidence.CANNOT_TELL}


def test_a_draft_made_of_that_campaigns_result_is_refused(finished: Finished) -> None:
    wish = Wish(keepers="advised", goal="earn_most", new_thresholds=True, name="Round two")
    made, _ = drafted_round(finished, wish)
    with finished.database.reading() as session:
        stage = replay_stage(session, shop_id=1, campaign_id=made.id)

    assert stage.past == ()
    with pytest.raises(ReplayError, match="better than it is"):
        replayed(finished, made.id)


def test_that_campaigns_own_keepers_are_no_rival_on_it(finished: Finished) -> None:
    draft = drafted(finished)

    with pytest.raises(ReplayError, match="chosen by its own result"):
        replayed(finished, draft, f"keepers:{finished.campaign_id}")
    with pytest.raises(ReplayError, match="no such plan"):
        replayed(finished, draft, "keepers:x")


def test_the_stage_names_campaigns_that_are_worked_out_and_plans_to_compare(
    finished: Finished,
) -> None:
    draft, other = drafted(finished), drafted(finished, name="Another")
    with finished.database.reading() as session:
        stage = replay_stage(session, shop_id=1, campaign_id=draft)

    assert stage.past == ((finished.campaign_id, "February message"),)
    keys = [one.key for one in stage.others]
    assert f"draft:{other}" in keys
    assert f"draft:{draft}" not in keys
    assert f"keepers:{finished.campaign_id}" in keys


def test_a_draft_without_an_audience_cannot_be_replayed(finished: Finished) -> None:
    with pytest.raises(ReplayError, match="whom it is for"):
        replayed(finished, drafted(finished, audience=None))
