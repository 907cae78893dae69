"""Whom to keep is worked out in the report's own money, stored once, and never pretended."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import campaign_ledger, get_launched, get_shop_of
from regulars_platform.customers.store import build_feature_store
from regulars_platform.fields import money_text
from regulars_platform.offers.thresholds import customer_threshold
from regulars_platform.reports.service import evaluate_campaign
from regulars_platform.suppressions.service import add_suppressions
from regulars_platform.targeting.data import CampaignData, campaign_data
from regulars_platform.targeting.errors import NoTargetingError, NotReadyError
from regulars_platform.targeting.lists import keeper_list
from regulars_platform.targeting.service import (
    gather_inputs,
    keepers_csv,
    load_data,
    read_scores_of,
    work_out,
)
from tests.platform.campaigns.build import arm, draft
from tests.platform.targeting.build import (
    AFTER,
    BIG,
    CONTACT_COST,
    CUSTOMERS,
    GAIN_OF_BIG,
    MARGIN,
    QUICK,
    SMALL,
    is_big,
    launch_it,
    message_draft,
)
from tests.platform.targeting.conftest import Finished


def loaded(shop: Finished, campaign_id: int | None = None) -> CampaignData:
    with shop.database.reading() as session:
        campaign = get_launched(session, 1, campaign_id or shop.campaign_id)
        store = build_feature_store(shop.settings, get_shop_of(session, 1))
        version = store.table.version()
    assert version is not None
    return load_data(store, campaign_ledger(shop.settings, campaign), campaign, version)


def test_the_outcome_is_margin_on_kept_goods_less_what_telling_cost(finished: Finished) -> None:
    found = loaded(finished)
    data = found.data

    big = np.array([is_big(customer) for customer in found.units["customer_id"]])
    amounts = np.where(big, BIG, SMALL)
    expected = data.buyers * amounts * MARGIN - (data.arm == 1) * CONTACT_COST
    np.testing.assert_allclose(data.outcome, expected, atol=1e-12)
    assert data.outcome.shape == (CUSTOMERS,)
    assert data.probabilities.tolist() == [0.5, 0.5]


def test_its_difference_of_means_is_the_net_of_the_report(finished: Finished) -> None:
    data = loaded(finished).data
    difference = data.outcome[data.arm == 1].mean() - data.outcome[data.arm == 0].mean()

    net = finished.report.document["overall"][0]["net"]["estimate"]
    assert difference == pytest.approx(net, rel=1e-9)


def test_features_know_nothing_of_after_the_launch(finished: Finished) -> None:
    data = loaded(finished).data
    orders = data.features.values[:, data.features.names.index("orders")]

    # two in January each; a third of them bought again in the window
    assert set(orders) == {2.0}
    assert data.buyers.sum() > CUSTOMERS / 4


def test_a_household_counts_once_with_its_average_cost_of_contact(finished: Finished) -> None:
    raw = message_draft(name="Households", unit="household")
    campaign_id = launch_it(finished.database, finished.settings, raw)
    found = loaded(finished, campaign_id)
    data = found.data

    assert len(data.outcome) == CUSTOMERS / 2
    assert data.contact_costs is not None
    assert data.contact_costs.tolist() == [0.0, 2 * CONTACT_COST]
    # the member who spent most speaks for the household
    assert all(is_big(customer) for customer in found.units["customer_id"])


def test_the_plan_to_follow_tells_those_for_whom_it_pays(finished: Finished) -> None:
    scores = read_scores_of(finished.settings, 1, finished.targeting)
    big = pl.Series([is_big(customer) for customer in scores["customer_id"]])

    assert finished.targeting.is_worked_out
    assert (scores["action"] == 1).to_list() == big.to_list()
    # the gain predicted for them is the true one within four of its standard errors
    told = scores.filter(big)["score_1"].mean()
    error = BIG * MARGIN * np.sqrt((0.6 * 0.4 + 0.3 * 0.7) / (CUSTOMERS / 4))
    assert told == pytest.approx(GAIN_OF_BIG, abs=4 * error)


def test_its_value_covers_the_truth_and_beats_contacting_everyone(finished: Finished) -> None:
    policy = finished.targeting.document["uplift"]["policy"]

    truth = GAIN_OF_BIG / 2
    assert policy["low"] < truth < policy["high"]
    # leaving the small ones alone saves a contact for each of them: half the audience
    everyone = policy["against"]["everyone"]
    assert everyone["low"] < CONTACT_COST / 2 < everyone["high"]


def test_the_same_inputs_give_the_answer_that_is_there(finished: Finished) -> None:
    with finished.database.unit_of_work() as session:
        again = work_out(
            session,
            finished.settings,
            shop_id=1,
            campaign_id=finished.campaign_id,
            now=AFTER,
            learners=QUICK,
        )

    assert again == finished.targeting


def test_the_list_names_the_keepers_but_nobody_who_is_suppressed(finished: Finished) -> None:
    with finished.database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=["c4"], reason="asked", now=AFTER)
        text = b"".join(
            keepers_csv(
                session,
                finished.settings,
                shop_id=1,
                campaign_id=finished.campaign_id,
                day=AFTER.date(),
            )
        ).decode("utf-8-sig")
    rows = [line.split(",") for line in text.splitlines()]

    # a rule was chosen: nobody in it comes before anybody else
    assert finished.targeting.document["chosen"]["kind"] == "one_column"
    assert rows[0] == ["customer_id", "arm", "segment"]
    listed = [row[0] for row in rows[1:]]
    assert listed == sorted({f"c{n}" for n in range(0, CUSTOMERS, 2)} - {"c4"})
    assert {tuple(row[1:]) for row in rows[1:]} == {("Message", "Big spenders")}


def listed_on(finished: Finished, day: dt.date) -> set[str]:
    with finished.database.reading() as session:
        pieces = keepers_csv(
            session, finished.settings, shop_id=1, campaign_id=finished.campaign_id, day=day
        )
        text = b"".join(pieces).decode("utf-8-sig")
    return {line.split(",")[0] for line in text.splitlines()[1:]}


def test_nor_anybody_in_the_holdout_of_a_campaign_that_is_still_looked_at(
    finished: Finished,
) -> None:
    with finished.database.reading() as session:
        campaign = get_launched(session, 1, finished.campaign_id)
    ledger = campaign_ledger(finished.settings, campaign)
    held = set(ledger.filter(pl.col("arm") == "holdout")["customer_id"])
    assert not listed_on(finished, campaign.plan.outcome_end) & held
    # once its window is over they are people like others
    assert listed_on(finished, AFTER.date()) & held


def ledger_of() -> pl.DataFrame:
    """Two of household h1 and one of h2, of whom a spent most."""
    return pl.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "unit_id": ["h1", "h1", "h2"],
            "segment": ["Big", "Big", "Small"],
            "arm": ["holdout"] * 3,
            "spend": [300.0, 20.0, 90.0],
            "average_order_value": [100.0, 10.0, 90.0],
        }
    )


def listed(scores: dict[str, list[float]], plan: Plan, *, ranked: bool) -> list[str]:
    frame = pl.DataFrame({"unit_id": ["h1", "h2"], **scores})
    pieces = keeper_list(frame, ledger_of(), plan, ranked=ranked, suppressed=[])
    return b"".join(pieces).decode("utf-8-sig").splitlines()


def test_a_list_by_a_model_names_the_unit_of_its_score_and_begins_with_the_highest() -> None:
    plan = read_plan(draft(unit="household", arms=[arm(name="Mail", share_percent="80")]))
    found = listed({"action": [1, 1], "score_1": [1.0, 2.5]}, plan, ranked=True)

    assert found == [
        "customer_id,arm,segment,score_EUR_per_household",
        "c,Mail,Small,2.5",
        "a,Mail,Big,1",
        "b,Mail,Big,1",
    ]


def test_where_thresholds_are_personal_each_ones_own_is_listed() -> None:
    own = {
        "kind": "free_shipping",
        "reach": "personal",
        "threshold": "20",
        "multiple": "1.15",
        "price_points": "round",
        "shipping_cost": "5",
    }
    plan = read_plan(draft(arms=[arm(name="Own", share_percent="80", offer=own)]))
    offer = plan.arms[0].offer
    value = pl.DataFrame({"value": [100.0, 10.0, 90.0]})
    expected = value.select(customer_threshold(offer, pl.col("value")))["value"].to_list()
    found = listed({"action": [1, 1], "score_1": [1.0, 2.5]}, plan, ranked=False)

    assert found[0] == "customer_id,arm,segment,threshold"
    told = [row.split(",") for row in found[1:]]
    assert [row[0] for row in told] == ["a", "b", "c"]
    assert [row[3] for row in told] == [money_text(amount) for amount in expected]
    # at or above 1.15 times the own order value
    assert float(told[0][3]) >= 115


def test_with_too_few_buyers_it_says_so_and_has_no_list(finished: Finished) -> None:
    few = {
        "all": [
            {"feature": "last_order_days", "op": ">=", "value": "19"},
            {"feature": "main_channel", "op": "=", "value": "web"},
        ]
    }
    raw = message_draft(name="Few", audience=few)
    campaign_id = launch_it(finished.database, finished.settings, raw)
    with finished.database.unit_of_work() as session:
        evaluate_campaign(session, finished.settings, shop_id=1, campaign_id=campaign_id, now=AFTER)
        found = work_out(
            session,
            finished.settings,
            shop_id=1,
            campaign_id=campaign_id,
            now=AFTER,
            learners=QUICK,
        )

    assert not found.is_worked_out
    assert {problem["code"] for problem in found.document["problems"]} == {"few_buyers"}
    with pytest.raises(NoTargetingError, match="carry no list"):
        read_scores_of(finished.settings, 1, found)


def test_nothing_is_learnt_before_there_is_a_report(finished: Finished) -> None:
    campaign_id = launch_it(finished.database, finished.settings, message_draft(name="New"))

    with finished.database.reading() as session:
        campaign = get_launched(session, 1, campaign_id)
        with pytest.raises(NotReadyError, match="no report yet"):
            gather_inputs(session, campaign)


def test_orders_of_after_the_window_are_no_outcomes(finished: Finished) -> None:
    with finished.database.reading() as session:
        campaign = get_launched(session, 1, finished.campaign_id)
        store = build_feature_store(finished.settings, get_shop_of(session, 1))
    version = store.table.version()
    ledger = campaign_ledger(finished.settings, campaign)
    plan = campaign.plan
    features = store.features(plan.as_of, campaign.orders_version)
    late = store.table.scan(version).with_columns(
        pl.when(pl.col("ordered_at") >= plan.outcome_start)
        .then(pl.lit(plan.outcome_stop))
        .otherwise("ordered_at")
        .alias("ordered_at")
    )

    data = campaign_data(features, late, ledger, plan).data

    assert not data.buyers.any()
