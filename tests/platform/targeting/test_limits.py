"""What the next round may use: a limit is kept, has an answer of its own, and is never nonsense."""

from collections.abc import Mapping

import polars as pl
import pytest

from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import get_launched
from regulars_platform.errors import InvalidInputError
from regulars_platform.targeting.errors import LimitError
from regulars_platform.targeting.limits import Limit, read_limit, require_possible, want_limit
from regulars_platform.targeting.service import (
    Targeting,
    find_targeting,
    gather_inputs,
    read_scores_of,
    work_out,
)
from tests.platform.campaigns.build import arm, draft
from tests.platform.targeting.build import (
    AFTER,
    CONTACT_COST,
    CUSTOMERS,
    GAIN_OF_BIG,
    MESSAGE,
    QUICK,
    is_big,
)
from tests.platform.targeting.conftest import Finished

ROUNDING = 1.005
FEW = Limit(kind="customers", amount=600)


def under(shop: Finished, limit: Limit | None) -> Targeting:
    with shop.database.unit_of_work() as session:
        return work_out(
            session,
            shop.settings,
            shop_id=1,
            campaign_id=shop.campaign_id,
            now=AFTER,
            learners=QUICK,
            limit=limit,
        )


def shown(shop: Finished) -> Targeting | None:
    with shop.database.reading() as session:
        return find_targeting(session, 1, shop.campaign_id)


def told(shop: Finished, found: Targeting) -> pl.DataFrame:
    return read_scores_of(shop.settings, 1, found).filter(pl.col("action") > 0)


@pytest.fixture(scope="module")
def limited(finished: Finished) -> Targeting:
    return under(finished, FEW)


@pytest.fixture(autouse=True)
def _no_limit_afterwards(finished: Finished) -> object:
    yield
    with finished.database.unit_of_work() as session:
        want_limit(session, finished.campaign_id, None, AFTER)


def test_without_a_limit_twice_as_many_are_told_as_the_limit_allows(
    finished: Finished, limited: Targeting
) -> None:
    customers = told(finished, limited)

    assert told(finished, finished.targeting).height == CUSTOMERS / 2 == 2 * FEW.amount
    assert 0 < customers.height <= FEW.amount * ROUNDING
    # and those are still customers for whom it pays
    assert all(map(is_big, customers["customer_id"]))


def test_the_value_under_the_limit_covers_what_so_many_big_spenders_earn(
    limited: Targeting,
) -> None:
    policy = limited.document["uplift"]["policy"]
    truth = GAIN_OF_BIG * policy["honest_share"]

    assert policy["low"] < truth < policy["high"]
    assert policy["honest_share"] <= FEW.amount / CUSTOMERS * ROUNDING


def test_everyone_is_shown_but_cannot_keep_the_limit(limited: Targeting) -> None:
    kept = {row["kind"]: row["keeps_limits"] for row in limited.document["uplift"]["leaderboard"]}

    assert not kept.pop("everyone")
    assert all(kept.values())


@pytest.mark.parametrize(
    "limit", [Limit(kind="percent", amount=1000), Limit(kind="money", amount=240 * 10_000)]
)
def test_a_share_and_a_budget_are_kept_as_well(finished: Finished, limit: Limit) -> None:
    # at 1 each a budget of 240 tells a tenth of the 2,400
    assert CONTACT_COST == 1
    customers = told(finished, under(finished, limit)).height

    assert 0 < customers <= 240 * ROUNDING


def test_another_limit_is_another_answer_and_the_same_one_the_stored(
    finished: Finished, limited: Targeting
) -> None:
    assert limited.id != finished.targeting.id
    assert under(finished, FEW) == limited
    assert limited.limit == FEW
    assert finished.targeting.limit is None


def test_what_is_shown_is_the_answer_under_the_limit_asked_for_last(
    finished: Finished, limited: Targeting
) -> None:
    under(finished, FEW)
    assert shown(finished) == limited
    # the older answer again, though the other one was made after it
    under(finished, None)
    assert shown(finished) == finished.targeting


def test_without_a_limit_the_inputs_are_those_of_answers_from_before(finished: Finished) -> None:
    with finished.database.reading() as session:
        campaign = get_launched(session, 1, finished.campaign_id)
        inputs = gather_inputs(session, campaign, QUICK)
        limited = gather_inputs(session, campaign, QUICK, limit=FEW)

    assert "limit" not in inputs
    assert limited == inputs | {"limit": {"kind": "customers", "amount": 600}}


@pytest.mark.parametrize(
    ("raw", "limit"),
    [
        ({}, None),
        ({"limit": "none", "limit_amount": "whatever"}, None),
        ({"limit": "customers", "limit_amount": "3000"}, Limit(kind="customers", amount=3000)),
        ({"limit": "percent", "limit_amount": "12.5"}, Limit(kind="percent", amount=1250)),
        ({"limit": "money", "limit_amount": "99.90"}, Limit(kind="money", amount=999_000)),
    ],
)
def test_a_limit_is_read_in_whole_units(raw: Mapping[str, object], limit: Limit | None) -> None:
    assert read_limit(raw) == limit


@pytest.mark.parametrize(
    ("kind", "amount", "words"),
    [
        ("customers", "0", "A whole number from 1"),
        ("customers", "2.5", "A whole number from 1"),
        ("customers", "", "Please give a number"),
        ("percent", "0", "More than zero"),
        ("percent", "101", "At most 100 percent"),
        ("money", "-5", "More than zero"),
        ("money", "a lot", "A number such as 2 or 49.90 is expected, 'a lot' came"),
        ("friends", "3", "Choose one of: none, customers, percent, money"),
    ],
)
def test_what_cannot_be_a_limit_is_refused_in_a_sentence(
    kind: str, amount: str, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        read_limit({"limit": kind, "limit_amount": amount})


def test_more_than_the_audience_is_refused_and_changes_nothing(finished: Finished) -> None:
    with pytest.raises(LimitError, match=f"the audience has {CUSTOMERS}"):
        under(finished, Limit(kind="customers", amount=CUSTOMERS + 1))

    assert shown(finished) == finished.targeting


def test_money_is_no_limit_where_telling_costs_nothing() -> None:
    free = arm(name="Mail", share_percent="80", offer=MESSAGE, contact_cost="0")
    plan = read_plan(draft(arms=[free]))
    ledger = pl.DataFrame({"unit_id": ["a", "b"]})

    require_possible(Limit(kind="customers", amount=2), plan, ledger)
    with pytest.raises(LimitError, match="Money cannot be the limit"):
        require_possible(Limit(kind="money", amount=10_000), plan, ledger)
