"""What a report taught of the keepers is what their next round starts from, on every page."""

import datetime as dt

import pytest

from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.campaigns.tables import Campaign
from regulars_platform.launching.preview import Preview, preview_draft
from regulars_platform.memory.service import shop_memory
from regulars_platform.memory.taught import taught_of_keepers
from regulars_platform.segments.rules import rule_json
from regulars_platform.targeting.next_round import size_holdout
from regulars_platform.targeting.planning import Wish, keep_next_round, plan_next_round
from regulars_platform.targeting.sizing import KeeperSizes
from tests.platform.targeting.build import AFTER, BIG_SPENDERS, GAIN_OF_BIG
from tests.platform.targeting.conftest import Finished


def kept(finished: Finished, keepers: str = "advised") -> Campaign:
    wish = Wish(keepers=keepers, goal="earn_most", new_thresholds=True, name="Round two")
    with finished.database.reading() as session:
        planned = plan_next_round(
            session, finished.settings, shop_id=1, report=finished.report, wish=wish, now=AFTER
        )
    with finished.database.unit_of_work() as session:
        return keep_next_round(session, planned, now=AFTER)


def beside(finished: Finished, draft: Campaign, **other: object) -> Preview:
    """What stands beside the form of a draft."""
    with finished.database.reading() as session:
        shop = get_shop_of(session, 1)
        return preview_draft(session, finished.settings, shop, {**draft.draft, **other})


def test_the_next_round_is_expected_to_earn_what_the_report_found(finished: Finished) -> None:
    preview = beside(finished, kept(finished))

    assert preview.forecast is not None
    (arm,) = preview.forecast
    assert arm.remembered == arm.units > 0
    assert arm.expected == pytest.approx(GAIN_OF_BIG * arm.units, rel=0.25)
    assert arm.chance_of_loss < 0.1
    (group,) = arm.groups
    assert group.like is not None
    assert (group.like.segment, group.like.campaign) == (BIG_SPENDERS["name"], "February message")
    assert (group.like.share, group.like.coverage) == (1.0, 1.0)


def test_the_drafts_holdout_is_the_size_that_stands_beside_it(finished: Finished) -> None:
    draft = kept(finished)
    preview = beside(finished, draft)

    assert preview.sizes is not None
    assert preview.least is not None
    sizes = KeeperSizes(sizes=preview.sizes, least=preview.least)
    share, _ = size_holdout(sizes, "earn_most", 0)
    plan = read_plan(draft.draft | {"currency": "EUR", "timezone": "UTC"})
    assert plan.holdout == share


def test_a_narrower_rule_for_the_same_customers_is_known_again(finished: Finished) -> None:
    rule = {"all": [BIG_SPENDERS["rule"], {"feature": "orders", "op": ">=", "value": "1"}]}
    preview = beside(finished, kept(finished), audience=rule, segments=[])

    assert preview.forecast is not None
    (group,) = preview.forecast[0].groups
    assert group.like is not None
    assert (group.like.share, group.like.coverage) == (1.0, 1.0)
    assert group.campaigns == 1


def test_what_was_taught_of_the_keepers_is_kept_with_the_draft_and_counts_once(
    finished: Finished,
) -> None:
    first, second = kept(finished), kept(finished)
    with finished.database.reading() as session:
        found = taught_of_keepers(session, 1)[-2:]
        memory = shop_memory(session, finished.settings, 1)

    assert first.draft["audience"] == second.draft["audience"] == rule_json(found[0].audience)
    assert found[0] == found[1]
    assert found[0].net == pytest.approx(GAIN_OF_BIG, rel=0.25)
    assert found[0].ends_on == dt.date(2026, 2, 28)
    # one report is one lesson, however many drafts are made of it
    assert len({(one.campaign_id, one.cell) for one in memory.lessons}) == len(memory.lessons)
