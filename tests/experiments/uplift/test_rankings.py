"""Other libraries' ranking measures, against their own answers on the reference cases."""

import csv
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars_experiments.results import NotEstimable, Reason
from regulars_experiments.uplift.ordering import Ties, Trial
from regulars_experiments.uplift.rankings import (
    Number,
    PeerRanking,
    causalml_auuc,
    causalml_qini,
    qini_auc_score,
    rank_for_peers,
    uplift_at_k,
    uplift_auc_score,
)
from tests.experiments.build import SHARED, Floats

CASES = SHARED / "reference" / "uplift" / "cases.json"
HILLSTROM = SHARED / "data" / "hillstrom.csv"
SKLIFT, CAUSALML = "scikit-uplift 0.5.1", "causalml 0.18.0"
WITHIN = 1e-9

pytestmark = pytest.mark.filterwarnings("error")
from_shared = pytest.mark.shared


@cache
def hillstrom() -> dict[str, list[str]]:
    with HILLSTROM.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def hillstrom_trial(email: str, column: str) -> tuple[Floats, Trial]:
    """One e-mail against none, outcome visit, ranked by a column; -recency is its negative."""
    if not HILLSTROM.is_file():
        pytest.skip(f"{HILLSTROM} is not there")
    data = hillstrom()
    segment = np.array(data["segment"])
    both = np.isin(segment, [email, "No E-Mail"])
    sign, name = (-1.0, column[1:]) if column.startswith("-") else (1.0, column)
    score = sign * np.array(data[name], dtype=np.float64)[both]
    outcome = np.array(data["visit"], dtype=np.int64)[both]
    return score, Trial(outcome=outcome, arm=segment[both] == email)


@cache
def cases() -> dict[str, dict[str, Any]]:
    if not CASES.is_file():
        return {}
    return {case["id"]: case for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]}


def inputs(case: dict[str, Any]) -> tuple[Floats, Trial]:
    if case.get("arrays") == "from file":
        _, _, email, _, column = case["id"].split("_")
        name = "Womens E-Mail" if email == "womens" else "Mens E-Mail"
        return hillstrom_trial(name, "-recency" if column == "recency" else column)
    kind = case.get("dtype_passed", "float64")
    score = np.array(case["score"], dtype=np.float64)
    outcome, arm = np.array(case["y"]).astype(kind), np.array(case["treatment"]).astype(kind)
    # Frequency weights are repeated rows, as the engines were given them.
    times = np.array(case.get("weight", [1] * len(score)))
    return score.repeat(times), Trial(outcome=outcome.repeat(times), arm=arm.repeat(times))


def measure(name: str) -> Callable[[PeerRanking], Number]:
    if name.startswith("uplift_at_"):
        _, _, k, kind = name.split("_", 3)
        share = float(k) if "." in k else int(k)
        return lambda ranking: uplift_at_k(ranking, share, by_group=kind == "by_group")
    return {
        "qini_auc_score": qini_auc_score,
        "qini_auc_score_no_negative_effect": lambda r: qini_auc_score(r, negative_effect=False),
        "uplift_auc_score": uplift_auc_score,
        "auuc_score_normalized": causalml_auuc,
        "auuc_score_raw": lambda r: causalml_auuc(r, normalised=False),
        "qini_score_normalized": causalml_qini,
        "qini_score_raw": lambda r: causalml_qini(r, normalised=False),
    }[name]


# Where an engine has no sound answer, what is said instead; see each case's note.
UNSOUND = {"g21_nan_scores"}  # and of g25 CausalML's normalised AUUC: 0 / 0, summed as 0
REFUSED_BY_SKLIFT = {"g18_spend", "g19_spend_ties", "g25_all_respond"}


def by_engine(engine: str) -> list[tuple[str, str]]:
    return [
        (case, name)
        for case, found in cases().items()
        if case not in UNSOUND
        for name in found["engines"][engine]
        if (case, name) != ("g25_all_respond", "auuc_score_normalized")
    ]


def expected_from(case: str, engine: str, name: str) -> float | str:
    """The engine's answer; on unsigned integers, the one it gives on signed ones."""
    if case == "g22_uint8_dtype" and engine == SKLIFT:
        known = cases()[case]["engines_int64"]
        if name in known:
            return float(known[name])
    answer: float | str = cases()[case]["engines"][engine][name]
    return answer


@from_shared
@pytest.mark.parametrize(("case", "name"), by_engine(SKLIFT) or [("none", "none")])
def test_the_numbers_are_those_of_scikit_uplift(case: str, name: str) -> None:
    if case == "none":
        pytest.skip(f"no reference cases in {CASES}")
    expected = expected_from(case, SKLIFT, name)
    # Its uplift at k takes the last rows of a tied block first; its areas take blocks whole.
    ties = Ties.LAST_ROW_FIRST if name.startswith("uplift_at") else Ties.TOGETHER
    score, trial = inputs(cases()[case])
    found = measure(name)(rank_for_peers(score, trial, ties=ties))
    if isinstance(expected, float):
        assert found == pytest.approx(expected, abs=WITHIN)
    elif not (case in REFUSED_BY_SKLIFT and isinstance(found, float)):
        assert isinstance(found, NotEstimable)


@from_shared
@pytest.mark.parametrize(("case", "name"), by_engine(CAUSALML) or [("none", "none")])
def test_the_numbers_are_those_of_causalml(case: str, name: str) -> None:
    if case == "none":
        pytest.skip(f"no reference cases in {CASES}")
    known = cases()[case]
    expected = known["engines"][CAUSALML][name]
    score, trial = inputs(known)
    spread = known.get("causalml_range_over_40_row_orders")
    if len(np.unique(score)) == len(score) or isinstance(spread, str):
        found = measure(name)(rank_for_peers(score, trial, ties=Ties.FIRST_ROW_FIRST))
        if isinstance(expected, float):
            assert found == pytest.approx(expected, abs=WITHIN)
        else:
            assert isinstance(found, NotEstimable)
        return
    # With tied scores the engine answers by the order of the rows: ours lies between its answers.
    found = measure(name)(rank_for_peers(score, trial))
    if isinstance(expected, str):
        assert isinstance(found, NotEstimable)
    elif spread is not None and name in spread:
        assert isinstance(found, float)
        assert spread[name][0] - WITHIN <= found <= spread[name][1] + WITHIN


def shuffled(score: Floats, trial: Trial, seed: int) -> tuple[Floats, Trial]:
    rows = np.random.default_rng(seed).permutation(len(score))
    weights = None if trial.weights is None else trial.weights[rows]
    return score[rows], Trial(outcome=trial.outcome[rows], arm=trial.arm[rows], weights=weights)


def simulated(rows: int, seed: int, levels: int) -> tuple[Floats, Trial]:
    """Spend of which a third is above zero, scores of few levels."""
    source = np.random.default_rng(seed)
    spend = np.where(source.random(rows) < 0.33, source.gamma(2.0, 30.0, rows), 0.0)
    arm = np.arange(rows) % 3 > 0
    return source.integers(0, levels, rows).astype(np.float64), Trial(outcome=spend, arm=arm)


ALL = (
    "qini_auc_score", "uplift_auc_score", "auuc_score_normalized", "auuc_score_raw",
    "qini_score_normalized", "qini_score_raw", "uplift_at_0.3_overall", "uplift_at_0.3_by_group",
    "uplift_at_7_overall",
)  # fmt: skip


@given(seed=st.integers(0, 10_000), levels=st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_with_tied_scores_no_number_depends_on_the_order_of_the_file(
    seed: int, levels: int
) -> None:
    score, trial = simulated(60, seed, levels)
    one, other = rank_for_peers(score, trial), rank_for_peers(*shuffled(score, trial, seed))
    for name in ALL:
        first, second = measure(name)(one), measure(name)(other)
        if isinstance(first, float):
            assert second == pytest.approx(first, abs=1e-9)
        else:
            assert second == first


@given(seed=st.integers(0, 10_000), levels=st.integers(2, 12))
@settings(max_examples=40, deadline=None)
def test_weights_count_as_repeated_rows(seed: int, levels: int) -> None:
    score, trial = simulated(40, seed, levels)
    times = np.random.default_rng(seed).integers(1, 4, len(score))
    weighted = Trial(outcome=trial.outcome, arm=trial.arm, weights=times.astype(np.float64))
    repeated = Trial(outcome=trial.outcome.repeat(times), arm=trial.arm.repeat(times))
    one = rank_for_peers(score, weighted)
    other = rank_for_peers(score.repeat(times), repeated)
    for name in ALL:
        first, second = measure(name)(one), measure(name)(other)
        if isinstance(first, float):
            assert second == pytest.approx(first, abs=1e-9)
        else:
            assert second == first


def test_a_tied_block_that_is_cut_counts_as_on_average_over_all_orders() -> None:
    # Four of one score, two of them asked for; each pair of one treated and one held out is as
    # likely as any other, and the difference of expected sums is (1 + 0) / 2 - (1 + 0) / 2.
    trial = Trial(outcome=np.array([1, 0, 1, 0]), arm=np.array([1, 1, 0, 0]))
    assert uplift_at_k(rank_for_peers(np.zeros(4), trial), 2) == 0.0


@pytest.mark.parametrize("kind", [np.uint8, np.bool_, np.int8, np.uint64, np.float32])
def test_the_type_of_the_numbers_does_not_matter(kind: type) -> None:
    source = np.random.default_rng(3)
    outcome, arm = source.integers(0, 2, 400), source.integers(0, 2, 400)
    score = source.integers(0, 200, 400)
    plain = rank_for_peers(score, Trial(outcome=outcome, arm=arm))
    typed = rank_for_peers(
        score.astype(np.uint8), Trial(outcome=outcome.astype(kind), arm=arm.astype(kind))
    )
    for name in ALL:
        assert measure(name)(typed) == measure(name)(plain)


@from_shared
def test_missing_scores_are_refused_with_their_number() -> None:
    if not CASES.is_file():
        pytest.skip(f"no reference cases in {CASES}")
    score, trial = inputs(cases()["g21_nan_scores"])
    with pytest.raises(ValueError, match=r"2 of 80 scores are missing \(NaN\)"):
        rank_for_peers(score, trial)


@from_shared
@pytest.mark.parametrize("column", ["history", "womens", "-recency"])
def test_on_a_whole_campaign_the_tie_free_number_is_the_mean_over_row_orders(column: str) -> None:
    score, trial = hillstrom_trial("Womens E-Mail", column)
    together = causalml_qini(rank_for_peers(score, trial))
    orders = [
        causalml_qini(rank_for_peers(*shuffled(score, trial, seed), ties=Ties.FIRST_ROW_FIRST))
        for seed in range(12)
    ]
    assert isinstance(together, float)
    mean, error = np.mean(np.array(orders)), np.std(np.array(orders), ddof=1) / np.sqrt(12)
    assert abs(together - mean) < 4 * error + 1e-5


def test_of_money_the_perfect_ranking_is_by_who_brought_what() -> None:
    # Treated 30 and 10 come first, then who brought nothing, then held-out 5 and 20.
    outcome = np.array([30.0, 10.0, 0.0, 0.0, 5.0, 20.0])
    arm = np.array([1, 1, 1, 0, 0, 0])
    trial = Trial(outcome=outcome, arm=arm)
    x = np.array([0.0, 1, 2, 4, 5, 6])
    perfect = np.array([0.0, 30, 40, 40, 40 - 5 * 3 / 2, 40 - 25 * 3 / 3])
    diagonal = 6 * 15 / 2
    best = np.array([6.0, 5, 4, 4, 3, 2])
    assert qini_auc_score(rank_for_peers(best, trial)) == pytest.approx(1.0)
    constant = qini_auc_score(rank_for_peers(np.ones(6), trial))
    assert constant == pytest.approx(0.0, abs=1e-12)
    worst = qini_auc_score(rank_for_peers(-best, trial))
    # Held out first: nothing treated, Qini 0 up to 2, then the zeros at once, then 10 and 30.
    reverse = np.array([0.0, 0, 0, -25 / 3, 10 - 50 / 3, 40 - 25])
    expected = (np.trapezoid(reverse, x) - diagonal) / (np.trapezoid(perfect, x) - diagonal)
    assert worst == pytest.approx(expected)


@pytest.mark.parametrize(
    ("outcome", "arm", "reason"),
    [
        ([1, 0, 1, 0], [1, 1, 1, 1], Reason.TOO_FEW_UNITS),
        ([1, 0, 1, 0], [0, 0, 0, 0], Reason.TOO_FEW_UNITS),
        ([0, 0, 0, 0], [1, 0, 1, 0], Reason.NO_VARIATION),
        ([2.5, 0, 1, 0], [1, 0, 1, 0], Reason.NOT_YES_OR_NO),
    ],
)
def test_what_has_no_coefficient_says_why(
    outcome: list[float], arm: list[int], reason: Reason
) -> None:
    trial = Trial(outcome=np.array(outcome), arm=np.array(arm))
    found = uplift_auc_score(rank_for_peers(np.arange(4), trial))
    assert found == NotEstimable(reason=reason)


@pytest.mark.parametrize("k", [0, -1, 0.0, 1.0, 1.5, -0.2])
def test_a_share_outside_of_the_list_is_refused(k: float) -> None:
    trial = Trial(outcome=np.array([1, 0]), arm=np.array([1, 0]))
    with pytest.raises(ValueError, match="a share above 0 and below 1"):
        uplift_at_k(rank_for_peers(np.arange(2), trial), k)


def test_an_arm_that_is_neither_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1 \(treated\) or 0 \(held out\)"):
        Trial(outcome=np.array([1, 0]), arm=np.array([2, 1]))
