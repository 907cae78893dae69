"""What a programme brought: a year simulated with a known effect, and with none."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars_experiments.results import Estimate, NotEstimable
from regulars_platform.programmes.findings import ProgrammeFindings, find_programme
from regulars_platform.programmes.outcomes import EntryOutcomes
from regulars_platform.reach.holdout import is_in
from tests.platform.programmes.test_outcomes import plan

SCALE = 10_000
WEEKS = 52


def a_year(
    seed: int, *, per_week: int, lift: float = 0.0, share: int = 2_000, weeks: int = WEEKS
) -> EntryOutcomes:
    """Entries of a year: 25% buy for 60 on average (log-sd 0.8); of those told `lift` more of all
    buy. The arm is drawn by the hash of the entry."""
    random = np.random.default_rng(seed)
    number = per_week * weeks
    held = np.array([is_in(f"c{n}|x", salt=f"s{seed}", share=share) for n in range(number)])
    buys = random.random(number) < np.where(held, 0.25, 0.25 + lift)
    basket = np.round(np.exp(random.normal(np.log(60) - 0.32, 0.8, number)) * SCALE)
    goods = np.where(buys, basket, 0).astype(np.int64)
    monday = np.datetime64("2025-01-06")
    begins = monday + np.repeat(np.arange(weeks), per_week) * np.timedelta64(7, "D")
    frame = pl.DataFrame(
        {
            "entry": np.arange(number),
            "arm": np.where(held, "holdout", "told"),
            "cohort": begins.astype(str),
            "goods": goods,
            "returned": np.zeros(number, dtype=np.int64),
            "kept": goods,
            "offer_cost": np.zeros(number, dtype=np.int64),
            "contact_cost": np.where(held, 0, 500).astype(np.int64),
            "orders": buys.astype(np.int64),
            "buyer": buys.astype(np.int64),
        }
    )
    return EntryOutcomes(settled=frame, waiting=0)


def found(
    outcomes: EntryOutcomes, until: dt.date = dt.date(2026, 2, 10), planned: int = 10_000
) -> ProgrammeFindings:
    """At a margin of 40% and 0.05 a message; orders known until a month after the year."""
    wanted = plan(margin_low_percent="40", margin_high_percent="40")
    return find_programme(outcomes, wanted, planned=planned, until=until)


def test_a_years_interval_has_the_true_effect_in_it_at_every_week() -> None:
    truth = 0.1 * 60 * 0.4 - 0.05
    outside = 0
    for seed in range(20):
        year = found(a_year(seed, per_week=200, lift=0.1))
        assert year.advice == "keep"
        looks = [week.all_so_far for week in year.weeks]
        answers = [one for one in looks if isinstance(one, Estimate)]
        assert len(answers) > 40
        outside += any(not one.low <= truth <= one.high for one in answers)
    assert outside <= stats.binom.ppf(0.999, 20, 0.05)


def test_looking_every_week_at_a_message_worth_nothing_proves_something_rarely() -> None:
    alarms = 0
    for seed in range(100, 130):
        # what the message costs is the whole truth: the effect is minus 0.05
        year = found(a_year(seed, per_week=60))
        answers = [week.all_so_far for week in year.weeks if isinstance(week.all_so_far, Estimate)]
        alarms += any(not one.low <= -0.05 <= one.high for one in answers)
    assert alarms <= stats.binom.ppf(0.99, 30, 0.05)


def test_the_running_result_of_the_last_week_is_that_of_everything() -> None:
    year = found(a_year(7, per_week=100, lift=0.03))
    assert isinstance(year.net, Estimate)
    assert year.weeks[-1].all_so_far == year.net
    frame = a_year(7, per_week=100, lift=0.03).settled
    means = []
    for arm in ("told", "holdout"):
        goods = frame.filter(pl.col("arm") == arm)["goods"]
        means.append(sum(goods.to_list()) / len(goods) / SCALE)
    told, held = means
    assert year.net.estimate == pytest.approx(0.4 * (told - held) - 0.05)


def test_it_says_too_early_and_when_there_will_be_an_answer() -> None:
    today = dt.date(2025, 3, 3)
    early = found(a_year(3, per_week=40, weeks=4), today)
    assert isinstance(early.net, NotEstimable)
    assert early.advice == "too_early"
    assert early.waits is not None
    assert early.waits.needed > early.waits.buyers
    assert early.waits.ready_on is not None
    # four weeks brought so many of the buyers that are needed; the rest comes at that pace
    weeks = 4 * (early.waits.needed / early.waits.buyers - 1)
    assert abs((early.waits.ready_on - today).days - 7 * weeks) < 2


def test_nobody_yet_is_no_result_and_no_error() -> None:
    nothing = found(EntryOutcomes(settled=a_year(1, per_week=1).settled.head(0), waiting=5))
    assert nothing.weeks == ()
    assert nothing.ratio is None
    assert nothing.advice == "too_early"


def test_a_draw_that_was_not_kept_to_is_noticed() -> None:
    year = a_year(11, per_week=100)
    lost = year.settled.filter((pl.col("arm") == "told") | (pl.col("entry") % 2 == 0))
    broken = found(EntryOutcomes(settled=lost, waiting=0))
    assert broken.ratio is not None
    assert broken.ratio.p_value < 1e-6
    sound = found(year).ratio
    assert sound is not None
    assert sound.p_value > 0.001
