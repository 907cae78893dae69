"""Segments weighed and pooled: nothing is found where nothing is, and what is there is found."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from regulars_experiments.comparison import collect_moments
from regulars_experiments.effects import as_summary
from regulars_experiments.evaluation import Effect, evaluate, segment_tests
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.results import Estimate
from regulars_experiments.segments import pool_segments, shared_errors, shared_share_errors
from tests.experiments.build import Floats

DESIGN = Design(
    arm="arm",
    control="held",
    metrics=(
        Metric(name="spend", kind="mean", value={"spend": 1}),
        Metric(name="bought", kind="conversion", value={"bought": 1}),
        Metric(name="redeemed", kind="conversion", value={"redeemed": 1}),
    ),
    segments=("segment",),
    pool_segments=True,
)
SEGMENTS, HELD, SENT = 15, 300, 2_700
BUYERS, RARE, LOG_SD = 0.12, 0.01, 1.2
BASE = BUYERS * np.exp(3 + LOG_SD**2 / 2)
CAMPAIGNS = 60


def campaign(rng: np.random.Generator, more: Floats) -> tuple[Effect, ...]:
    """One file through the product; more: per segment, times how many buy who were sent it."""
    segment = np.repeat(np.arange(SEGMENTS), HELD + SENT)
    sent = np.tile(np.arange(HELD + SENT) >= HELD, SEGMENTS)
    factor = np.where(sent, more[segment], 1.0)
    bought = rng.random(len(sent)) < BUYERS * factor
    spend = np.where(bought, np.round(rng.lognormal(3, LOG_SD, len(sent)), 2), 0.0)
    frame = pl.DataFrame(
        {
            "arm": np.where(sent, "sent", "held"),
            "segment": np.char.add("s", (100 + segment).astype(str)),
            "spend": spend,
            "bought": bought.astype(int),
            "redeemed": (rng.random(len(sent)) < RARE * factor).astype(int),
        }
    )
    whole, scales = quantise(frame, ["spend", "bought", "redeemed"])
    return evaluate(collect_moments(whole.lazy(), DESIGN, scales), DESIGN)


@cache
def campaigns(kind: str) -> tuple[tuple[Effect, ...], ...]:
    rng = np.random.default_rng(41)
    more = {"nothing": np.ones(SEGMENTS), "halved": np.full(SEGMENTS, 0.5)}[kind]
    return tuple(campaign(rng, more) for _ in range(CAMPAIGNS))


def pooled(found: tuple[Effect, ...], metric: str, part: str) -> Floats:
    values = [
        getattr(effect.pooled, part)
        for effect in found
        if effect.metric == metric and effect.pooled
    ]
    assert len(values) == SEGMENTS
    return np.array(values)


def share_of_differences_proved(kind: str, metric: str) -> float:
    proved = [
        one.test.p_value < 0.05
        for found in campaigns(kind)
        for one in segment_tests(found)
        if one.metric == metric
    ]
    assert len(proved) == CAMPAIGNS
    return float(np.mean(proved))


@pytest.mark.parametrize("metric", ["spend", "bought", "redeemed"])
def test_pooling_a_worthless_campaign_finds_nothing(metric: str) -> None:
    """By the intervals' own errors spend and what is rare would seem to rise."""
    means = np.array([pooled(found, metric, "mean").mean() for found in campaigns("nothing")])
    assert abs(means.mean()) < 3 * means.std() / np.sqrt(CAMPAIGNS)
    # and it is not above zero in more campaigns than below
    assert (means > 0).mean() == pytest.approx(0.5, abs=3 * 0.5 / np.sqrt(CAMPAIGNS))


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("nothing", "spend"),
        ("nothing", "bought"),
        ("nothing", "redeemed"),
        ("halved", "bought"),
        ("halved", "redeemed"),
    ],
)
def test_the_same_effect_everywhere_is_no_difference(kind: str, metric: str) -> None:
    """Also where half the buyers are lost, so that the groups' variances are far apart."""
    slack = 3 * np.sqrt(0.05 * 0.95 / CAMPAIGNS)
    assert share_of_differences_proved(kind, metric) <= 0.05 + slack


@pytest.mark.parametrize(("metric", "base"), [("spend", BASE), ("bought", BUYERS)])
def test_effects_that_differ_are_found_and_held(metric: str, base: float) -> None:
    rng = np.random.default_rng(43)
    held, proved, apart = [], [], []
    for _ in range(15):
        more = np.exp(rng.normal(0.2, 0.4, SEGMENTS))
        found = campaign(rng, more)
        truth = base * (more - 1)
        low, high = pooled(found, metric, "low"), pooled(found, metric, "high")
        held.append(((low < truth) & (truth < high)).mean())
        apart.append(np.corrcoef(pooled(found, metric, "mean"), truth)[0, 1])
        proved += [t.test.p_value < 0.05 for t in segment_tests(found) if t.metric == metric]
    assert np.mean(proved) > 0.7
    assert np.mean(apart) > 0.6
    assert np.mean(held) == pytest.approx(0.95, abs=0.05)


def test_pooled_intervals_hold_nothing_at_all_at_least_as_often_as_they_say() -> None:
    for metric in ("spend", "bought", "redeemed"):
        held = [
            (pooled(found, metric, "low") < 0) & (pooled(found, metric, "high") > 0)
            for found in campaigns("nothing")
        ]
        assert np.mean(held) >= 0.95


def test_the_error_beside_the_interval_is_the_interval_s_own() -> None:
    for effect in campaigns("nothing")[0]:
        if effect.segment is None:
            assert effect.shared_error is None
        elif effect.metric == "spend":
            assert isinstance(effect.difference, Estimate)
            assert effect.difference.standard_error is not None
            width = effect.difference.high - effect.difference.low
            assert effect.difference.standard_error == pytest.approx(width / 2 / 1.959964)
            assert effect.shared_error != effect.difference.standard_error


def test_the_shared_error_of_one_cell_is_its_own() -> None:
    """With nothing to share with: the groups' own variances."""
    control, arm = as_summary(100, 2.0, 10.0), as_summary(900, 3.0, 30.0)
    assert shared_errors(control, arm, ["a"]) == pytest.approx(np.sqrt(10 / 100 + 30 / 900), 1e-3)


def test_the_arm_s_variance_is_larger_in_every_segment_alike() -> None:
    """Variances 10 and 30 everywhere: split as they are; another arm shares nothing with them."""
    size = [100, 5_000, 100]
    control = as_summary(size, 2.0, [10.0, 10.0, 50.0])
    arm = as_summary(900, 3.0, [30.0, 30.0, 70.0])
    known = np.sqrt(control.error2 + arm.error2)
    assert shared_errors(control, arm, ["a", "a", "b"]) == pytest.approx(known, rel=1e-3)


def test_which_group_was_lucky_changes_no_error() -> None:
    """The second segment is the first with the two groups' variances exchanged."""
    control = as_summary(500, [2.0, 3.0], [10.0, 40.0])
    arm = as_summary(500, [3.0, 2.0], [40.0, 10.0])
    one, other = shared_errors(control, arm, ["a", "a"])
    assert one == pytest.approx(other)
    assert one == pytest.approx(np.sqrt(25 / 500 + 25 / 500))


def test_a_segment_without_a_success_has_the_error_of_the_others() -> None:
    size, successes = np.array([50.0, 50.0, 50.0]), np.array([0.0, 1.0, 2.0])
    share = successes / size
    control = as_summary(size, share, share * (1 - share))
    arm = as_summary(size, share[::-1], share[::-1] * (1 - share[::-1]))
    errors = shared_share_errors(control, arm, ["a"] * 3)
    # two of 100 in each segment, in both groups
    assert errors == pytest.approx(np.full(3, np.sqrt(0.02 * 0.98 * 2 / 50)))


def test_shares_that_truly_differ_keep_their_own_errors() -> None:
    size, share = np.full(2, 10_000.0), np.array([0.02, 0.3])
    both = as_summary(size, share, share * (1 - share))
    errors = shared_share_errors(both, both, ["a", "a"])
    assert errors == pytest.approx(np.sqrt(share * (1 - share) * 2 / 10_000), rel=0.01)


def test_what_only_the_arm_can_do_has_no_error_in_the_control() -> None:
    """Redeeming a coupon: nobody held out can, so only the arm's share is unsure."""
    share = np.full(3, 0.2)
    control = as_summary(np.full(3, 1_000.0), 0.0, 0.0)
    arm = as_summary(np.full(3, 9_000.0), share, share * (1 - share))
    errors = shared_share_errors(control, arm, ["a"] * 3)
    assert errors == pytest.approx(np.sqrt(0.16 / 9_000), rel=0.1)


def test_empty_groups_and_no_variation_have_no_error() -> None:
    control, arm = as_summary([0, 1, 50, 50], 0.0, 0.0), as_summary([50, 50, 50, 0], 0.0, 0.0)
    for errors in (shared_errors, shared_share_errors):
        assert np.isnan(errors(control, arm, ["a"] * 4)).all()
    nothing = np.full(4, np.nan)
    assert pool_segments(nothing, nothing, control.n, control.mean) is None
