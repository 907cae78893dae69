"""Bad campaigns get a clear answer by name before anything is fitted on them."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from regulars_experiments.uplift import checks
from regulars_experiments.uplift.checks import (
    Checked,
    Code,
    Finding,
    UnfitDataError,
    check,
    check_scores,
    require_fit,
)
from regulars_experiments.uplift.randomised import Features, Randomised
from tests.experiments.uplift.build import campaign, features


def with_feature(data: Randomised, name: str, values: npt.NDArray[np.generic]) -> Randomised:
    known = data.features
    return replace(
        data,
        features=Features(
            names=(*known.names, name),
            values=np.column_stack([known.values, values]),
            categories=(*known.categories, None),
        ),
    )


def codes(checked: Checked) -> list[tuple[Code, str]]:
    return [(finding.code, finding.subject) for finding in checked.findings]


def test_a_sound_campaign_has_no_findings_and_keeps_all_its_features() -> None:
    data = campaign()
    checked = check(data)
    assert checked.findings == ()
    assert checked.data.features.names == ("loyal", "noise")
    require_fit(checked.findings)


def test_sound_campaigns_are_hardly_ever_warned_about() -> None:
    assert not any(check(campaign(1_000, seed=seed)).findings for seed in range(100))


def test_nobody_with_the_outcome_is_fatal() -> None:
    checked = check(replace(campaign(), outcome=np.zeros(3_000)))
    assert codes(checked) == [(Code.ONE_CLASS, "")]
    with pytest.raises(UnfitDataError, match="nobody bought"):
        require_fit(checked.findings)


def test_everybody_with_the_outcome_is_fatal() -> None:
    with pytest.raises(UnfitDataError, match="everybody has the same outcome"):
        require_fit(check(replace(campaign(), outcome=np.ones(3_000))).findings)


def test_no_holdout_and_an_empty_arm_are_told_apart() -> None:
    data = campaign(chances=(0.2, 0.4, 0.4), effects=[(0, 0), (0, 0)])
    held = data.rows(data.arm != 0)
    assert codes(check(held)) == [(Code.NO_HOLDOUT, "held out")]
    assert codes(check(data.rows(data.arm != 2))) == [(Code.EMPTY_ARM, "mail 2")]
    with pytest.raises(UnfitDataError, match="without a control group"):
        require_fit(check(held).findings)


def test_no_customers_at_all_are_said_so() -> None:
    data = campaign()
    assert codes(check(data.rows(np.zeros(3_000, dtype=bool)))) == [(Code.NOBODY, "")]


def test_fewer_than_thirty_buyers_in_an_arm_are_fatal_and_thirty_are_not() -> None:
    data = campaign()
    few = np.zeros(3_000)
    few[np.flatnonzero(data.arm == 1)[:200]] = 1
    few[np.flatnonzero(data.arm == 0)[:29]] = 1
    checked = check(replace(data, outcome=few))
    assert (Code.FEW_BUYERS, "held out") in codes(checked)
    with pytest.raises(UnfitDataError, match="“held out” has 29 buyers"):
        require_fit(checked.findings)
    few[np.flatnonzero(data.arm == 0)[:30]] = 1
    assert Code.FEW_BUYERS not in [code for code, _ in codes(check(replace(data, outcome=few)))]


def test_who_bought_may_be_said_apart_from_the_net_value() -> None:
    data = campaign()
    net = data.outcome * 12 - 0.1 * (data.arm == 1)  # everyone told costs a tenth
    nobody = np.zeros(3_000, dtype=bool)
    assert check(replace(data, outcome=net, bought=data.outcome == 1)).findings == ()
    assert codes(check(replace(data, outcome=net, bought=nobody))) == [(Code.ONE_CLASS, "")]


def test_shares_that_do_not_match_the_plan_are_fatal_with_the_counts() -> None:
    data = campaign()
    lost = data.rows(~((data.arm == 0) & (np.arange(3_000) % 4 == 0)))
    held = int((lost.arm == 0).sum())
    with pytest.raises(UnfitDataError, match=f"held out: {held:,} of"):
        require_fit(check(lost).findings)


def sampled(data: Randomised, kept: npt.NDArray[np.generic], weights: object) -> Randomised:
    """Only some rows, each standing for as many as were left out for it."""
    return replace(data, weights=np.asarray(weights, dtype=np.float64)).rows(kept)


def test_a_sample_with_weights_has_the_shares_of_whom_it_stands_for() -> None:
    for seed in range(40):
        rng = np.random.default_rng([4, seed])
        data = campaign(9_000, seed=seed, chances=(0.1, 0.9))
        told = data.arm == 1
        whole = sampled(data, ~told | (rng.random(9_000) < 1 / 9), np.where(told, 9.0, 1.0))
        assert check(whole).findings == ()
    assert codes(check(replace(whole, weights=None))) == [(Code.SHARES_OFF, "")]


def test_a_sample_of_a_draw_that_is_off_is_found_off() -> None:
    rng = np.random.default_rng(5)
    data = campaign(9_000, chances=(0.2, 0.8))
    told = data.arm == 1
    whole = sampled(data, ~told | (rng.random(9_000) < 1 / 9), np.where(told, 9.0, 1.0))
    planned = replace(whole, probabilities=np.array([0.1, 0.9]))
    assert [code for code, _ in codes(check(planned))] == [Code.SHARES_OFF]


def test_weights_have_no_unit_and_equal_ones_say_nothing() -> None:
    data = campaign()
    lost = data.rows(~((data.arm == 0) & (np.arange(3_000) % 4 == 0)))
    bare = check(lost).findings
    assert bare
    for size in (1.0, 250.0):
        weighted = check(replace(lost, weights=np.full(len(lost.arm), size))).findings
        assert [one.detail.split("; ")[1] for one in weighted] == [
            one.detail.split("; ")[1] for one in bare
        ]


def test_a_feature_by_which_rows_were_sampled_tells_no_arm() -> None:
    rng = np.random.default_rng(6)
    data = campaign(9_000)
    often = rng.integers(0, 2, 9_000)
    rare = (often == 1) & (data.arm == 1)  # of these one in four is kept
    kept = ~rare | (rng.random(9_000) < 1 / 4)
    drawn = sampled(with_feature(data, "often", often), kept, np.where(rare, 4.0, 1.0))
    assert check(drawn).findings == ()
    assert (Code.LEAKS_ARM, "often") in codes(check(replace(drawn, weights=None)))


def test_an_arm_that_stands_for_nobody_is_empty() -> None:
    data = campaign()
    nobody = replace(data, weights=np.where(data.arm == 0, 0.0, 1.0))
    assert codes(check(nobody)) == [(Code.NO_HOLDOUT, "held out")]


def test_a_constant_feature_is_named_and_left_out() -> None:
    checked = check(with_feature(campaign(), "country", np.ones(3_000)))
    assert codes(checked) == [(Code.CONSTANT, "country")]
    assert checked.data.features.names == ("loyal", "noise")
    assert not checked.findings[0].fatal


def test_a_campaign_of_constant_features_alone_is_fatal() -> None:
    data = campaign()
    only = replace(data, features=features(country=np.ones(3_000), empty=np.full(3_000, np.nan)))
    checked = check(only)
    assert codes(checked) == [
        (Code.CONSTANT, "country"),
        (Code.CONSTANT, "empty"),
        (Code.NO_FEATURE, ""),
    ]
    with pytest.raises(UnfitDataError, match="known before the draw"):
        require_fit(checked.findings)


def test_missing_against_there_is_variation() -> None:
    flag = np.where(np.arange(3_000) % 2 == 0, 1.0, np.nan)
    assert check(with_feature(campaign(), "flag", flag)).findings == ()


@pytest.mark.parametrize(
    ("name", "leak"),
    [
        ("the outcome itself", lambda data, _: data.outcome),
        ("its opposite", lambda data, _: 1 - data.outcome),
        ("almost the outcome", lambda data, rng: data.outcome + rng.normal(size=3_000) / 5),
    ],
)
def test_a_feature_that_tells_the_outcome_is_warned_of_and_left_out(name, leak) -> None:  # type: ignore[no-untyped-def]
    # an outcome without effect, so that it does not tell the arm as well
    data = campaign(effects=[(0.0, 0.0)])
    leaking = with_feature(data, name, leak(data, np.random.default_rng(2)))
    checked = check(leaking)
    assert codes(checked) == [(Code.LEAKS_OUTCOME, name)]
    assert f"“{name}” tells the outcome" in checked.warnings[0].words
    assert name not in checked.data.features.names
    require_fit(checked.findings)


def test_a_category_that_tells_the_outcome_is_warned_of() -> None:
    data = campaign(effects=[(0.0, 0.0)])
    named = with_feature(data, "status", data.outcome)
    words = (None, None, ("no order", "ordered"))
    checked = check(replace(named, features=replace(named.features, categories=words)))
    assert codes(checked) == [(Code.LEAKS_OUTCOME, "status")]


def test_an_amount_that_follows_the_outcome_is_warned_of() -> None:
    data = campaign(effects=[(0.0, 0.0)], binary=False)
    checked = check(with_feature(data, "revenue", data.outcome * 3 + 1))
    assert codes(checked) == [(Code.LEAKS_OUTCOME, "revenue")]


def test_a_feature_that_only_buyers_have_is_warned_of_but_kept() -> None:
    data = campaign(effects=[(0.0, 0.0)])
    some = data.outcome * (np.arange(3_000) % 3 == 0)
    checked = check(with_feature(data, "coupon", some))
    assert codes(checked) == [(Code.MAY_LEAK_OUTCOME, "coupon")]
    assert "coupon" in checked.data.features.names
    gaps = np.where(some == 1, 5.0 + np.arange(3_000), np.nan)
    assert codes(check(with_feature(data, "days", gaps))) == [(Code.MAY_LEAK_OUTCOME, "days")]


def test_a_good_predictor_of_buying_is_no_leak() -> None:
    data = campaign(effects=[(0.0, 0.0)])
    hint = data.outcome + np.random.default_rng(2).normal(size=3_000)
    assert check(with_feature(data, "propensity", hint)).findings == ()


@pytest.mark.parametrize(
    ("name", "leak"),
    [
        ("code", lambda arm, _: arm * 1.0),
        ("clicks", lambda arm, rng: rng.poisson(1 + arm * 0.5)),
        ("spread", lambda arm, rng: rng.normal(size=3_000) * (1 + arm)),  # the same mean
        ("opened", lambda arm, rng: np.where((arm == 1) & (rng.random(3_000) < 0.3), 1.0, np.nan)),
    ],
)
def test_a_feature_that_tells_the_arm_is_warned_of_and_left_out(name, leak) -> None:  # type: ignore[no-untyped-def]
    data = campaign()
    checked = check(with_feature(data, name, leak(data.arm, np.random.default_rng(2))))
    assert (Code.LEAKS_ARM, name) in codes(checked)
    assert name not in checked.data.features.names
    assert f"“{name}” differs between the arms" in checked.warnings[0].words


def test_the_test_of_the_arm_is_scipys_chi_square() -> None:
    rng = np.random.default_rng(1)
    groups, arm = rng.integers(0, 5, 2_000), rng.integers(0, 3, 2_000)
    table = np.zeros((5, 3))
    np.add.at(table, (groups, arm), 1)
    assert checks._independence(groups, arm) == pytest.approx(stats.chi2_contingency(table).pvalue)


def test_the_area_under_the_curve_is_scikit_learns_with_ties() -> None:
    rng = np.random.default_rng(1)
    values, bought = rng.integers(0, 9, 500).astype(float), rng.random(500) < 0.3
    assert checks._area(values, bought) == pytest.approx(roc_auc_score(bought, values))


def test_categories_by_the_hundred_that_are_noise_are_no_leak() -> None:
    data = campaign(effects=[(0.0, 0.0)])
    noise = np.random.default_rng(2).integers(0, 200, 3_000).astype(float)
    named = with_feature(data, "town", noise)
    words = (None, None, tuple(f"town {place}" for place in range(200)))
    found = check(replace(named, features=replace(named.features, categories=words)))
    assert found.findings == ()


def test_scores_with_gaps_are_fatal() -> None:
    found = check_scores(np.array([[1.0, np.nan], [np.inf, 0.0]]))
    assert found == (Finding(code=Code.MISSING_SCORES, detail="2"),)
    assert found[0].fatal
    assert check_scores(np.zeros(3)) == ()


def test_customers_who_look_alike_are_all_counted() -> None:
    data = campaign(binary=True)
    same = replace(data, features=features(group=data.features.values[:, 0]))
    assert len(check(same).data.outcome) == 3_000


def test_every_code_has_its_sentence() -> None:
    for code in Code:
        assert Finding(code=code, subject="x", detail="y").words.strip()
    assert set(checks.WORDS) == set(Code)
