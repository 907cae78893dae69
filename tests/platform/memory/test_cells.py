"""What past campaigns of a cell say together: against statsmodels and plain algebra."""

import datetime as dt
import json

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from regulars_experiments.results import Estimate
from regulars_platform.memory.cells import past_campaigns
from regulars_platform.memory.models import unpinned
from tests.platform.memory.build import CELL, lesson

DAY = dt.date(2026, 6, 1)
PAST = [
    lesson(0.2, 0.15, "2025-11-30"),
    lesson(1.4, 0.25, "2026-01-31"),
    lesson(0.7, 0.10, "2026-03-31"),
]


def test_campaigns_are_pooled_as_statsmodels_pools_them() -> None:
    found = past_campaigns(PAST, [CELL], DAY).pooled(0.95)
    known = combine_effects(
        np.array([0.2, 1.4, 0.7]), np.array([0.15, 0.25, 0.10]) ** 2, method_re="dl", use_t=True
    )
    answer = found.mean.answer(0)
    assert isinstance(answer, Estimate)
    assert answer.estimate == pytest.approx(known.mean_effect_re)
    assert found.tau2[0] == pytest.approx(known.tau2)
    low, high = known.conf_int(alpha=0.05, use_t=True)[3]
    # Hartung and Knapp's error, not below that of the weights alone
    half = (high - low) / 2 * max(1.0, known.sd_eff_w_re / known.sd_eff_w_re_hksj)
    assert (answer.low, answer.high) == pytest.approx(
        (answer.estimate - half, answer.estimate + half)
    )


def test_a_campaign_whose_window_was_not_over_is_not_remembered() -> None:
    late = [lesson(9.0, 0.1, "2026-06-01"), lesson(9.0, 0.1, "2026-07-01")]
    found = past_campaigns([*late, *PAST], [CELL], DAY)
    assert [one.net for one in found.campaigns[0]] == [0.2, 1.4, 0.7]
    assert found.ages[0].tolist() == [183.0, 121.0, 62.0]


def test_another_cell_says_nothing() -> None:
    other = ("people", "message|open|sms||customer||")
    found = past_campaigns(PAST, [CELL, other], DAY)
    assert found.campaigns[1] == ()
    mean = found.recalled().expected.mean()
    assert 0.2 < mean[0] < 1.4
    assert np.isnan(mean[1])


def test_two_arms_of_one_campaign_are_one_campaign_with_no_smaller_error() -> None:
    arms = [
        lesson(1.0, 0.2, "2026-01-31", n=3000),
        lesson(2.0, 0.4, "2026-01-31", n=1000),
    ]
    (one,) = past_campaigns(arms, [CELL], DAY).campaigns[0]
    assert (one.net, one.error) == pytest.approx((1.25, 0.25))
    assert one.n == 4000


def test_what_a_report_pins_is_read_back_to_the_last_digit() -> None:
    learnt = lesson(0.1 + 0.2, 1 / 3, "2026-01-31", level=2 / 7)
    assert unpinned(json.loads(json.dumps(learnt.pinned()))) == learnt
