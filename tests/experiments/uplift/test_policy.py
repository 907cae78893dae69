"""Whom to target: chosen and valued honestly, on campaigns whose truth is known."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from regulars_experiments.results import Estimate, FloatArray
from regulars_experiments.uplift.budget import best_at_price
from regulars_experiments.uplift.candidates import Limits
from regulars_experiments.uplift.cut_offs import middle_ranks
from regulars_experiments.uplift.harm import sleeping_dogs
from regulars_experiments.uplift.lineup import Lineup, OwnSegments, line_up, one_column_scores
from regulars_experiments.uplift.policy import Chosen, Standing, choose
from regulars_experiments.uplift.randomised import Randomised
from regulars_experiments.uplift.replay import replay
from regulars_experiments.uplift.splits import Node
from regulars_experiments.uplift.words import lines_of, sentence
from regulars_experiments.verdicts import Evidence
from tests.experiments.uplift.worlds import features_of, fitted_with, world, world_of_arms

Found = tuple[Chosen, tuple[Standing, ...], Lineup]


def decide(
    data: Randomised,
    scores: dict[str, FloatArray] | None = None,
    *,
    segments: OwnSegments | None = None,
    limits: Limits | None = None,
) -> Found:
    fitted = fitted_with(data, scores or {})
    lineup = line_up(data, fitted, segments=segments, limits=limits or Limits(), seed=1)
    chosen, board = choose(data, lineup.ground, lineup.candidates, comparisons={}, confidence=0.95)
    return chosen, board, lineup


def row(board: tuple[Standing, ...], kind: str) -> Standing:
    return next(one for one in board if one.kind == kind)


def estimate(found: Standing | Chosen) -> float:
    assert isinstance(found.value.value, Estimate)
    return found.value.value.estimate


def test_a_campaign_worth_nothing_is_worth_nothing_on_average() -> None:
    """Choosing the best cut-off of a random order on the same customers claims a profit."""
    rng, honest, naive, proved = np.random.default_rng(29), [], [], 0
    for _ in range(60):
        data = world(rng, effect=lambda x: 0.1 + 0 * x[:, 0], contact_cost=0.1, rows=1_000)
        drawn = rng.normal(size=(1_000, 1))
        chosen, board, _ = decide(data, {"noise": drawn})
        honest.append(estimate(chosen))
        naive.append(row(board, "learner").naive_value)
        proved += chosen.value.verdict is Evidence.PROVED_BETTER
    error = np.std(honest) / np.sqrt(len(honest))
    assert abs(np.mean(honest)) < 3 * error
    assert np.mean(naive) > 0.01
    assert proved <= 4  # 2.5% of 60 is 1.5; more than 4 has a chance of 2%


def test_where_one_question_tells_who_gains_that_rule_is_chosen_and_valued_rightly() -> None:
    data = world(
        np.random.default_rng(31),
        effect=lambda x: 1.0 * (x[:, 1] >= 0.6),
        contact_cost=0.4,
        rows=20_000,
    )
    chosen, board, lineup = decide(data)
    assert chosen.kind == "one_column"
    assert isinstance(chosen.choice, Node)
    assert chosen.choice.question.column == "b"
    assert chosen.choice.question.at_least == pytest.approx(0.6, abs=0.05)
    assert isinstance(chosen.value.value, Estimate)
    assert chosen.value.value.low < 0.4 * (1.0 - 0.4) < chosen.value.value.high
    against = {one.against: one for one in chosen.against}
    assert against["everyone"].verdict is Evidence.PROVED_BETTER
    lines = lines_of(chosen.choice, lineup.binned, data)
    assert sum(line.customers for line in lines) == 20_000
    words = sentence(lines, data.arm_names)
    assert words.startswith(("mail: b at least 0.6", "mail: b at least 0.5"))
    assert row(board, "nobody").naive_value == 0.0


def test_everyone_is_chosen_where_telling_pays_for_all() -> None:
    data = world(np.random.default_rng(37), effect=lambda x: 0.5 + 0 * x[:, 0], rows=8_000)
    chosen, board, _ = decide(data)
    assert chosen.kind == "everyone"
    assert chosen.share == 1.0
    assert chosen.value.verdict is Evidence.PROVED_BETTER
    assert row(board, "one_column").within_one_error


def test_the_users_own_segments_win_where_only_they_tell() -> None:
    rng = np.random.default_rng(41)
    data = world(rng, effect=lambda x: 0 * x[:, 0], rows=12_000, contact_cost=0.3)
    codes = rng.integers(0, 4, 12_000)
    gains = np.array([1.0, 0.0, 1.0, -0.5])[codes]
    data = replace(data, outcome=data.outcome + gains * data.arm)
    names = ("new", "quiet", "loyal", "angry")
    chosen, _, _ = decide(data, segments=OwnSegments(codes=codes, names=names))
    assert chosen.kind == "segments"
    assert chosen.choice == (1, 0, 1, 0)
    assert isinstance(chosen.value.value, Estimate)
    assert chosen.value.value.low < 0.5 * 0.7 < chosen.value.value.high


def test_a_learner_wins_where_only_its_scores_tell() -> None:
    rng = np.random.default_rng(43)
    data = world(rng, effect=lambda x: 0 * x[:, 0], rows=12_000)
    effect = rng.normal(0, 1, 12_000)
    data = replace(data, outcome=data.outcome + effect * data.arm)
    chosen, board, _ = decide(data, {"oracle": effect[:, None]})
    assert chosen.kind == "learner"
    # E max(effect, 0) of a standard normal
    assert estimate(chosen) == pytest.approx(1 / np.sqrt(2 * np.pi), abs=0.1)
    assert chosen.share == pytest.approx(0.5, abs=0.06)
    assert chosen.optimism is not None
    assert row(board, "random").behind is not None


def test_a_head_count_is_kept() -> None:
    rng = np.random.default_rng(47)
    data = world(rng, effect=lambda x: 1.0 + x[:, 0], rows=12_000)
    chosen, board, _ = decide(
        data, {"oracle": data.features.values[:, :1]}, limits=Limits(share=0.3)
    )
    assert chosen.share <= 0.3 * 1.005
    assert chosen.honest_share <= 0.31
    assert row(board, "everyone").share == 1.0
    # the best 30% of a uniform column gain 1 + 0.85 each
    assert estimate(chosen) == pytest.approx(0.3 * 1.85, abs=0.06)


def test_rules_are_found_within_a_head_count() -> None:
    """A card or question that tells more than allowed gives way to one that does not."""
    data = world(
        np.random.default_rng(48), effect=lambda x: 1.0 + 4 * (x[:, 0] >= 0.75), rows=12_000
    )
    chosen, board, _ = decide(data, limits=Limits(share=0.4))
    for kind in ("one_column", "card"):
        assert 0.2 < row(board, kind).share <= 0.41
        # a quarter gains 5 each, the next 15% gain 1 each
        assert estimate(row(board, kind)) > 0.9 * 0.25 * 5
    assert chosen.share <= 0.4 * 1.005
    assert chosen.naive_value < 2.0  # everyone gains 2, but may not be told
    assert not row(board, "everyone").keeps_limits


def test_where_the_folds_choose_differently_it_is_said_and_the_limits_are_wider() -> None:
    rng = np.random.default_rng(50)
    unsettled = 0
    for _ in range(20):
        data = world(rng, effect=lambda x: 0.1 + 0 * x[:, 0], contact_cost=0.1, rows=1_000)
        chosen, _, _ = decide(data, {"noise": rng.normal(size=(1_000, 1))})
        if chosen.agreement == 1.0:
            continue
        assert not chosen.settled
        unsettled += 1
        value = chosen.value.value
        if not isinstance(value, Estimate) or value.standard_error == 0:
            continue
        assert value.standard_error is not None
        half = 1.96 * value.standard_error * (1 + 2 * (1 - chosen.agreement))
        assert value.high - value.estimate == pytest.approx(half, rel=0.1)
        assert chosen.value.agreement == chosen.agreement
    assert unsettled


def test_what_is_learnt_for_a_fold_knows_nothing_of_its_outcomes() -> None:
    """With more columns than a card pairs, which ones it pairs would tell, too."""
    rng = np.random.default_rng(51)
    data = world(rng, effect=lambda x: 0 * x[:, 0], rows=1_500)
    data = replace(data, features=features_of(rng.random((1_500, 20))))
    place = np.arange(1_500) % 5
    moved = np.where(place == 0, data.outcome + 50 * data.features.values[:, 7], data.outcome)
    lineups = [
        line_up(each, fitted_with(each, {}), segments=None, limits=Limits(), seed=1)
        for each in (data, replace(data, outcome=moved))
    ]
    rows = np.flatnonzero(place == 0)
    for one, other in zip(*(lineup.candidates for lineup in lineups), strict=True):
        choices = [each.learn([1, 2, 3, 4], 0) for each in (one, other)]
        actions = [
            each.act(choice, rows, None) for each, choice in zip((one, other), choices, strict=True)
        ]
        assert (actions[0] == actions[1]).all(), one.name


def test_several_arms_go_to_those_who_gain_from_them() -> None:
    rng = np.random.default_rng(53)
    rows = 15_000
    taste = rng.random(rows)
    effects = np.column_stack([1 - 2 * taste, 2 * taste - 1])
    data = world_of_arms(rng, effects)
    chosen, _, _ = decide(data, {"oracle": effects})
    against = {one.against: one for one in chosen.against}
    assert against["everyone"].verdict is Evidence.PROVED_BETTER
    # each customer's better arm gains |1 - 2 x|, a half on average; one arm to all gains nothing
    assert estimate(chosen) == pytest.approx(0.5, abs=0.06)
    assert set(np.unique(chosen.actions)) >= {1, 2}


def test_a_budget_is_spent_like_the_best_of_all_ways_to_spend_it() -> None:
    rng = np.random.default_rng(59)
    effects, costs = rng.random((6, 2)) * [1, 3], np.array([0.0, 0.5, 2.0])
    by_hand: dict[float, float] = {}
    for tried in itertools.product(range(3), repeat=6):
        spent = float(sum(costs[a] for a in tried))
        worth = sum(effects[i, a - 1] for i, a in enumerate(tried) if a)
        by_hand[spent] = max(by_hand.get(spent, 0.0), worth)
    for price in (0.2, 0.5, 0.9, 1.3):
        actions = best_at_price(effects, costs, price)
        spent = float(costs[actions].sum())
        worth = sum(effects[i, a - 1] for i, a in enumerate(actions) if a)
        # on the hull: nobody who spends no more earns more
        assert worth == pytest.approx(max(v for s, v in by_hand.items() if s <= spent + 1e-9))


def test_a_budget_of_money_is_kept_with_arms_of_unequal_cost() -> None:
    rng = np.random.default_rng(61)
    rows = 12_000
    effects = rng.random((rows, 2)) * [1, 3]
    data = world_of_arms(rng, effects)
    costs = np.array([0.0, 0.1, 1.0])
    chosen, _, _ = decide(data, {"oracle": effects}, limits=Limits(cost=0.4, costs=costs))
    assert costs[chosen.actions].mean() <= 0.4 * 1.005
    assert costs[chosen.honest_actions].mean() <= 0.41
    assert chosen.value.verdict is Evidence.PROVED_BETTER


def test_the_best_ranking_column_is_found_and_scores_rows_by_the_other_folds() -> None:
    data = world(np.random.default_rng(67), effect=lambda x: 1.0 * (x[:, 2] >= 0.5), rows=8_000)
    _, _, lineup = decide(data)
    scores, questions, on_all = one_column_scores(lineup)
    assert on_all is not None
    assert on_all.question.column == "c"
    assert all(one is not None and one.question.column == "c" for one in questions)
    high = data.features.values[:, 2] >= 0.55
    low = data.features.values[:, 2] < 0.45
    assert (scores[high] == 1).all()
    assert (scores[low] == 0).all()


def test_sleeping_dogs_are_named_where_contact_harms_and_only_there() -> None:
    harmful = world(
        np.random.default_rng(71),
        effect=lambda x: np.where(x[:, 0] >= 0.7, -0.6, 0.3),
        rows=16_000,
    )
    named = sleeping_dogs(harmful, fitted_with(harmful, {}), segments=None, confidence=0.95, seed=1)
    assert len(named) == 1
    inside = harmful.features.values[named[0].harmed, 0]
    assert inside.min() >= 0.65
    assert isinstance(named[0].found.value.value, Estimate)
    # 30% of the customers lose 0.6 each
    assert named[0].found.value.value.low < 0.18 < named[0].found.value.value.high


def test_a_message_that_merely_does_not_pay_harms_nobody() -> None:
    named = 0
    for seed in range(20):
        costly = world(
            np.random.default_rng([73, seed]),
            effect=lambda x: 0 * x[:, 0],
            contact_cost=0.5,
            rows=2_000,
        )
        named += len(
            sleeping_dogs(costly, fitted_with(costly, {}), segments=None, confidence=0.95, seed=1)
        )
    assert named <= 2  # 2.5% of 20 is half a campaign


def test_a_plan_replayed_on_a_past_campaign_has_its_true_value() -> None:
    data = world(
        np.random.default_rng(79), effect=lambda x: np.asarray(2 * x[:, 0] - 0.8), rows=20_000
    )
    plan = (data.features.values[:, 0] >= 0.5).astype(np.int64)
    last = (data.features.values[:, 0] >= 0.4).astype(np.int64)
    found = replay(data, fitted_with(data, {}), plan, others={"last month": last}, confidence=0.95)
    # integral of 2x - 0.8 from 0.5 to 1; to all it is 0.2; from 0.4 on it is 0.36
    truth = {"nobody": 0.35, "everyone": 0.15, "last month": -0.01}
    for one in (found.value, *found.against):
        assert isinstance(one.value, Estimate)
        assert one.value.low < truth[one.against] < one.value.high
        assert one.detectable is not None
    assert found.share == pytest.approx(0.5, abs=0.02)


def test_the_same_data_and_seed_give_the_same_plan() -> None:
    data = world(np.random.default_rng(83), effect=lambda x: x[:, 0] - 0.5, rows=3_000)
    scores = {"given": np.random.default_rng(84).normal(size=(3_000, 1))}
    one, other = decide(data, scores)[0], decide(data, scores)[0]
    assert (one.actions == other.actions).all()
    assert one.value == other.value


def test_customers_of_equal_score_share_their_middle_rank() -> None:
    score = np.array([3.0, 1.0, 1.0, 1.0, 0.0])
    weights = np.array([2.0, 1.0, 1.0, 1.0, 5.0])
    assert middle_ranks(score, weights) == pytest.approx([0.1, 0.35, 0.35, 0.35, 0.75])
