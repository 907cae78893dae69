"""What is believed of a segment's net profit, from a file where the truth is known."""

from fractions import Fraction
from functools import cache

import numpy as np
import polars as pl
import pytest

from regulars_experiments.metrics import Design, Metric
from regulars_platform.randomised.evaluating import Asked, evaluate_file
from regulars_platform.randomised.profits import NetProfit, ProfitTerms

SPEND = Metric(name="spend", kind="mean", value={"spend": 1})
DESIGN = Design(
    arm="arm", control="held", metrics=(SPEND,), segments=("segment",), pool_segments=True
)
SEGMENTS, HELD, SENT = 15, 300, 2_700
BUYERS, LOG_SD, CONTACT = 0.12, 1.2, 0.05
BASE = 0.4 * BUYERS * np.exp(3 + LOG_SD**2 / 2)
TRUTH = -0.05 * BUYERS * np.exp(3 + LOG_SD**2 / 2) - CONTACT
"""Half of those who buy anyway use a tenth off: nothing else changes."""
CAMPAIGNS = 40


def segments_of(seed: int) -> list[NetProfit]:
    rng = np.random.default_rng(seed)
    n = SEGMENTS * (HELD + SENT)
    sent = np.tile(np.arange(HELD + SENT) >= HELD, SEGMENTS)
    spend = np.where(rng.random(n) < BUYERS, np.round(rng.lognormal(3, LOG_SD, n), 2), 0.0)
    frame = pl.DataFrame(
        {
            "arm": np.where(sent, "sent", "held"),
            "segment": np.char.add("s", np.repeat(np.arange(SEGMENTS), HELD + SENT).astype(str)),
            "spend": spend,
            "cost": np.where(sent & (rng.random(n) < 0.5), np.round(0.1 * spend, 2), 0.0),
        }
    )
    terms = ProfitTerms(
        metric="spend",
        margin_low=Fraction(2, 5),
        margin_high=Fraction(2, 5),
        offer_cost="cost",
        contact_cost=Fraction(str(CONTACT)),
    )
    profit = evaluate_file(frame.lazy(), Asked(design=DESIGN, profit=terms)).profit
    assert profit is not None
    return [group for group in profit.groups if group.segment is not None]


def pooled(groups: list[NetProfit], part: str) -> list[float]:
    values = [
        getattr(group.belief.pooled, part)
        for group in groups
        if group.belief is not None and group.belief.pooled is not None
    ]
    assert len(values) == SEGMENTS
    return values


@cache
def campaigns() -> tuple[list[NetProfit], ...]:
    return tuple(segments_of(seed) for seed in range(CAMPAIGNS))


def test_pooled_nets_are_as_often_too_high_as_too_low() -> None:
    off = np.array([np.mean(pooled(groups, "mean")) for groups in campaigns()]) - TRUTH
    assert abs(off.mean()) < 3 * off.std() / np.sqrt(CAMPAIGNS)
    assert abs(off.mean()) < 0.04 * BASE
    assert (off > 0).mean() == pytest.approx(0.5, abs=3 * 0.5 / np.sqrt(CAMPAIGNS))


def test_pooled_intervals_of_the_net_hold_the_truth() -> None:
    held = [
        (np.array(pooled(groups, "low")) < TRUTH) & (np.array(pooled(groups, "high")) > TRUTH)
        for groups in campaigns()
    ]
    assert np.mean(held) >= 0.95
