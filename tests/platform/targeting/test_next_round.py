"""From a report to a draft on the keepers, with a holdout kept inside them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from regulars_experiments.effects import normal_quantile
from regulars_experiments.holdouts import HoldoutSize, HoldoutSizes
from regulars_experiments.results import NotEstimable, Reason
from regulars_platform.campaigns.plan import EVERYONE_ELSE, Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import delete_draft
from regulars_platform.campaigns.tables import DecisionRow
from regulars_platform.segments.rules import EVERYBODY, parse_rule, rule_json
from regulars_platform.targeting.errors import NoKeepersError
from regulars_platform.targeting.keepers import find_keepers
from regulars_platform.targeting.next_round import Days, next_round, size_holdout, with_holdout
from regulars_platform.targeting.planning import Wish, find_origin
from regulars_platform.targeting.sizing import KeeperSizes, belief_of_groups, belief_of_rule
from tests.platform.campaigns.build import arm, draft
from tests.platform.targeting.build import BIG_SPENDERS
from tests.platform.targeting.conftest import Finished, drafted_round

DAYS = Days(
    as_of="2026-04-01", send_date="2026-04-02", outcome_end="2026-04-29", settle_until="2026-05-30"
)
RECENT = {
    "name": "Recent",
    "rule": {"feature": "last_order_days", "op": "<=", "value": "30"},
}


def two_arms(**other: Any) -> Plan:
    """Arms Cheap (60%) and Dear (20%), segments Big spenders, Recent and the rest."""
    told = [
        arm(name="Cheap", share_percent="60"),
        arm(name="Dear", share_percent="20", channel="phone", contact_cost="2"),
    ]
    return read_plan(draft(arms=told, segments=[BIG_SPENDERS, RECENT], **other))


def group(arm_name: str, segment: str | None, advice: str | None) -> dict[str, Any]:
    return {
        "arm": arm_name,
        "segment": segment,
        "hidden": False,
        "n": 300,
        "n_control": 100,
        "decision": None if advice is None else {"advice": advice},
        "pooled": {"mean": 2.0, "low": 0.0, "high": 4.0},
        "net": {"estimate": 2.5, "low": 0.0, "high": 5.0},
    }


def report(**advice: str) -> dict[str, Any]:
    """advice: of Cheap in each segment, by `big`, `recent`, `rest`; Dear is to be stopped."""
    names = {"big": "Big spenders", "recent": "Recent", "rest": EVERYONE_ELSE}
    return {
        "plan": {"confidence_percent": "95"},
        "overall": [group("Cheap", None, "keep"), group("Dear", None, "stop")],
        "segments": [group("Cheap", names[key], word) for key, word in advice.items()]
        + [group("Dear", name, "stop") for name in names.values()],
    }


def keepers(
    plan: Plan,
    told: Mapping[str, Any],
    decisions: list[DecisionRow] | None = None,
    targeting: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {way.key: way for way in find_keepers(plan, told, decisions or [], targeting, {})}


def test_advice_to_keep_or_to_change_the_threshold_keeps_a_segment_and_its_arm() -> None:
    found = keepers(two_arms(), report(big="keep", recent="change", rest="stop"))

    assert found["advised"].segments == ("Big spenders", "Recent")
    assert found["advised"].arms == ("Cheap",)
    assert list(found) == ["advised"]


def test_segments_to_test_again_can_be_taken_along() -> None:
    found = keepers(two_arms(), report(big="keep", recent="retest", rest="retest"))

    assert found["advised"].segments == ("Big spenders",)
    assert found["advised_and_retest"].rule == EVERYBODY


def test_where_nobody_is_to_keep_there_is_no_way() -> None:
    assert keepers(two_arms(), report(big="stop", recent="stop", rest="stop")) == {}


def decision(arm_name: str, segment: str | None, choice: str) -> DecisionRow:
    return DecisionRow(arm=arm_name, segment=segment, choice=choice)


def test_what_was_decided_comes_first_and_the_latest_word_counts() -> None:
    said = [  # the latest first
        decision("Cheap", "Recent", "stop"),
        decision("Cheap", None, "keep"),
        decision("Cheap", "Recent", "keep"),
        decision("Cheap", "Big spenders", "stop"),
    ]
    found = keepers(two_arms(), report(big="keep", recent="stop", rest="stop"), said)

    assert next(iter(found)) == "decided"
    # one on everybody holds for segments without a word of their own
    assert found["decided"].segments == (EVERYONE_ELSE,)


def answer(kind: str, **other: Any) -> dict[str, Any]:
    """An answer whose card tells those with an average order of 60 or more."""

    def line(action: int, **condition: Any) -> dict[str, Any]:
        asked = {
            "column": "average_order_value",
            "at_least": None,
            "below": None,
            "levels": None,
            "missing": False,
            "is_known": None,
        }
        return {
            "conditions": [asked | condition],
            "action": action,
            "customers": 200,
            "share": 0.5,
        }

    value = {"estimate": 1.0, "standard_error": 0.25, "low": 0.5, "high": 1.5, "p_value": 0.01}
    card = {
        "kind": "card",
        "lines": [line(1, at_least=60.0), line(0, below=60.0)],
        "share": 0.5,
        "value": value,
        "verdict": "proved_better",
    }
    return {
        "status": "worked_out",
        "chosen": {"kind": kind, "name": kind, "actions": [1], "value": value},
        "rules": [card],
        "by_segment": None,
    } | other


NOBODY_ADVISED = report(big="stop", recent="stop", rest="stop")


def test_the_chosen_card_is_a_rule_of_a_plan() -> None:
    found = keepers(two_arms(), NOBODY_ADVISED, targeting=answer("card"))

    assert list(found) == ["chosen"]
    expected = {"feature": "average_order_value", "op": ">=", "value": "60"}
    assert rule_json(found["chosen"].rule) == expected
    assert found["chosen"].arms == ("Cheap",)
    assert not found["chosen"].nearest
    # 1 per customer of the audience is 2 for each of the half that is told
    assert (found["chosen"].belief.mean, found["chosen"].belief.sd) == (2.0, 0.5)


def test_a_models_list_becomes_the_nearest_rule_and_says_so() -> None:
    found = keepers(two_arms(), NOBODY_ADVISED, targeting=answer("learner"))

    assert found["chosen"].nearest


def test_a_card_that_loses_money_is_no_way() -> None:
    losing = answer("learner")
    losing["rules"][0]["value"] = losing["rules"][0]["value"] | {"estimate": -1.0}

    assert keepers(two_arms(), NOBODY_ADVISED, targeting=losing) == {}


def test_two_ways_to_the_same_people_are_one() -> None:
    parts = [
        {"segment": "Big spenders", "action": 1, "customers": 1},
        {"segment": "Recent", "action": 0, "customers": 1},
        {"segment": EVERYONE_ELSE, "action": 0, "customers": 1},
    ]
    told = report(big="keep", recent="stop", rest="stop")
    found = keepers(two_arms(), told, targeting=answer("segments", by_segment=parts, rules=[]))

    assert list(found) == ["advised"]


def test_what_is_believed_of_segments_is_their_pooled_mean_by_size() -> None:
    big, small = group("Cheap", "a", "keep"), group("Cheap", "b", "keep")
    big |= {"n": 900, "n_control": 300}
    small |= {"pooled": {"mean": 6.0, "low": 2.0, "high": 10.0}}

    found = belief_of_groups([big, small], 0.95)

    assert found is not None
    assert found.mean == pytest.approx((1200 * 2 + 400 * 6) / 1600)
    z = normal_quantile(0.95)
    errors = (1200 * 2 / z, 400 * 4 / z)
    assert found.sd == pytest.approx((errors[0] ** 2 + errors[1] ** 2) ** 0.5 / 1600)


def test_nothing_is_believed_where_nothing_is_known() -> None:
    assert belief_of_groups([group("Cheap", "a", "keep") | {"hidden": True}], 0.95) is None
    assert belief_of_rule({"not_estimable": "too few"}, 0.5) is None


def made(plan: Plan, told: Mapping[str, Any], **options: Any) -> Any:
    way = keepers(plan, told)["advised"]
    wish: dict[str, Any] = {"days": DAYS, "name": "Again", "new_thresholds": True} | options
    return next_round(plan, way, told, **wish)


def test_the_draft_keeps_segments_arms_and_lengths_and_is_a_whole_plan() -> None:
    plan = two_arms()
    told = report(big="stop", recent="keep", rest="stop")
    found = made(plan, told)
    read = read_plan(found.draft | {"currency": "EUR", "timezone": "UTC"})

    # recent, but not those whom the plan counted as big spenders
    assert rule_json(read.audience) == {
        "all": [
            {"feature": "last_order_days", "op": "<=", "value": "30"},
            {
                "any": [
                    {"feature": "average_order_value", "op": "<", "value": "60"},
                    {"feature": "average_order_value", "op": "is empty"},
                ]
            },
        ]
    }
    assert [part.name for part in read.segments] == ["Recent"]
    assert [part.name for part in read.arms] == ["Cheap"]
    assert read.arms[0].share + read.holdout == 10_000
    assert "Dear" in str(found.reasons[0])


def test_arms_share_what_is_not_held_out_as_before() -> None:
    plan = two_arms()
    told = report(big="keep", recent="stop", rest="stop")
    told["segments"][1] |= {"decision": {"advice": "keep"}}
    told["segments"][3] |= {"decision": {"advice": "keep"}}
    found = with_holdout(made(plan, told), 3_333, [])
    shares = [arm_["share_percent"] for arm_ in found.draft["arms"]]

    assert found.draft["holdout_percent"] == "33.33"
    assert shares == ["50", "16.67"]


def ladder(by: str, recommended: int | None) -> dict[str, Any]:
    return {
        "ladders": [
            {
                "by": by,
                "arms": ["Cheap", "Dear"],
                "steps": [80.0, 99.0],
                "groups": [
                    {"segment": None, "recommended": 0},
                    {"segment": "Recent", "recommended": recommended},
                ],
            }
        ],
        "curves": [],
    }


def test_of_a_ladder_the_step_recommended_for_the_one_segment_stays() -> None:
    told = report(recent="keep") | {"thresholds": ladder("threshold", 1)}
    found = made(two_arms(), told)

    # the arm of the second step was stopped: the first takes its threshold over
    assert [arm_["name"] for arm_ in found.draft["arms"]] == ["Cheap"]
    assert found.draft["arms"][0]["offer"]["threshold"] == "99"
    assert (
        made(two_arms(), told, new_thresholds=False).draft["arms"][0]["offer"]["threshold"] == "80"
    )


def test_a_single_threshold_is_told_to_those_for_whom_it_is_expected_to_pay() -> None:
    curve = {
        "arm": "Cheap",
        "threshold": 80.0,
        "change": {"gain": 0.5, "low": 0.1, "high": 0.9, "chance": 0.95},
        "pays_from": 0.7,
        "pays_to": None,
    }
    told = report(recent="keep") | {"thresholds": {"ladders": [], "curves": [curve]}}
    found = made(two_arms(), told)

    band = found.draft["audience"]["all"][-1]
    assert band == {
        "any": [
            {"feature": "average_order_value", "op": ">=", "value": "56"},
            {"feature": "average_order_value", "op": "is empty"},
        ]
    }


OWN_ARMS = [
    {"segment": "Big spenders", "action": 1, "customers": 1},
    {"segment": "Recent", "action": 2, "customers": 1},
    {"segment": EVERYONE_ELSE, "action": 0, "customers": 1},
]


def test_a_plan_with_an_arm_for_each_segment_keeps_both_and_says_what_a_draft_cannot_do() -> None:
    plan = two_arms()
    told = NOBODY_ADVISED | {"thresholds": ladder("threshold", 1)}
    chosen = answer("segments", by_segment=OWN_ARMS, rules=[])
    way = keepers(plan, told, targeting=chosen)["chosen"]
    found = next_round(plan, way, told, days=DAYS, name="Again", new_thresholds=True)

    assert way.own_arms == (("Big spenders", "Cheap"), ("Recent", "Dear"))
    # the recommended threshold replaces neither arm: they are what the plan chose
    assert [arm_["name"] for arm_ in found.draft["arms"]] == ["Cheap", "Dear"]
    assert [arm_["offer"]["threshold"] for arm_ in found.draft["arms"]] == ["80", "80"]
    assert "may get any of Cheap, Dear" in str(found.reasons[0])
    # what telling them so earns is believed from the report's groups, not from that plan's value
    assert way.value is None
    assert way.belief is not None
    assert way.belief.mean == 2.0


def test_a_rule_with_several_arms_has_no_value_that_a_draft_could_have() -> None:
    chosen = answer("card")
    chosen["rules"][0]["lines"][1]["action"] = 2
    way = keepers(two_arms(), NOBODY_ADVISED, targeting=chosen)["chosen"]

    assert way.rule == EVERYBODY
    assert way.mixes
    assert way.value is None


def test_the_value_of_the_choice_is_that_of_choosing_not_of_the_one_picked() -> None:
    chosen = answer("card")
    chosen["chosen"]["value"] = chosen["chosen"]["value"] | {"estimate": 0.75}
    chosen["chosen"]["honest_share"] = 0.25
    way = keepers(two_arms(), NOBODY_ADVISED, targeting=chosen)["chosen"]

    assert way.value["estimate"] == 0.75
    assert way.belief.mean == 3.0


def test_a_card_that_means_everyone_is_no_choice_of_keepers() -> None:
    for kind in ("learner", "one_column"):
        found = answer(kind)
        for line in found["rules"][0]["lines"]:
            line["action"] = 1
        if kind == "one_column":
            found["rules"].append(answer("card")["rules"][0] | {"kind": "one_column"})
        ways = keepers(two_arms(), NOBODY_ADVISED, targeting=found)

        assert "card" not in ways
        assert EVERYBODY not in {way.rule for way in ways.values()}


def test_everyone_has_no_value_where_other_plans_were_chosen_in_between() -> None:
    settled = answer("everyone")
    unsettled = answer("everyone")
    unsettled["chosen"]["settled"] = False

    assert keepers(two_arms(), NOBODY_ADVISED, targeting=settled)["chosen"].value is not None
    assert keepers(two_arms(), NOBODY_ADVISED, targeting=unsettled)["chosen"].value is None


def size(customers: int, share: float) -> HoldoutSize:
    return HoldoutSize(
        customers=customers, share=share, withheld=0.0, difference=None, relative=None
    )


def sizes(earn_most: HoldoutSize | NotEstimable) -> HoldoutSizes:
    return HoldoutSizes(
        learn_most=size(500, 0.5), earn_most=earn_most, convince_finance=earn_most, target=1.0
    )


@pytest.mark.parametrize(
    ("earn_most", "goal", "share", "words"),
    [
        (size(123, 0.1234), "earn_most", 1240, "earn most"),
        (size(123, 0.1234), "learn_most", 5000, "tells most"),
        (size(900, 0.9), "earn_most", 5000, "tells most"),
        (size(0, 0.0), "earn_most", 600, "stops paying"),
        (NotEstimable(reason=Reason.SENDING_DOES_NOT_PAY), "earn_most", 2000, "as in the"),
    ],
)
def test_the_holdout_has_the_engines_size_and_never_more_than_tells_most(
    earn_most: HoldoutSize | NotEstimable, goal: Any, share: int, words: str
) -> None:
    sized = KeeperSizes(sizes=sizes(earn_most), least=0.06)
    found, why = size_holdout(sized, goal, 2000)

    assert found == share
    assert words in str(why)


def test_a_draft_is_kept_on_the_keepers_and_remembers_where_it_came_from(
    finished: Finished,
) -> None:
    wish = Wish(keepers="advised", goal="earn_most", new_thresholds=True, name="Round two")
    drafted, reasons = drafted_round(finished, wish)
    with finished.database.reading() as session:
        origin = find_origin(session, drafted.id)
        assert find_origin(session, finished.campaign_id) is None
    plan = read_plan(drafted.draft | {"currency": "EUR", "timezone": "UTC"})

    assert plan.audience == parse_rule(BIG_SPENDERS["rule"])
    assert (plan.send_date, plan.outcome_end) == (dt.date(2026, 4, 2), dt.date(2026, 4, 29))
    # telling one of 1,200 proved to earn about 11: little is left to learn, but something is kept
    assert 500 <= plan.holdout < 2_000
    assert origin is not None
    assert origin.from_campaign_id == finished.campaign_id
    assert origin.reasons == reasons
    with finished.database.unit_of_work() as session:
        delete_draft(session, shop_id=1, campaign_id=drafted.id)
        assert find_origin(session, drafted.id) is None


def test_a_choice_that_the_report_does_not_have_is_refused(finished: Finished) -> None:
    wish = Wish(keepers="friends", goal="earn_most", new_thresholds=True, name="Round two")
    with pytest.raises(NoKeepersError, match="friends"):
        drafted_round(finished, wish)
