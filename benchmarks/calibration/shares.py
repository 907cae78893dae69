"""Part b: conversions, drawn as counts."""

from collections.abc import Iterator

import numpy as np
from benchmarks.calibration import peers
from benchmarks.calibration.scoring import (
    CONFIDENCE,
    NOT_JUDGED,
    Bound,
    Cell,
    Floats,
    Row,
    score,
)
from benchmarks.calibration.tables import INTERVAL, Column, Table

from regulars_experiments.effects import proportions
from regulars_experiments.moments import Summary

TITLE = "Conversion"
GROUP = "conversion"
BOUND = Bound(most=0.985)
"""Counts are whole numbers, so that an interval may hold the truth a little more often."""


def cells(*, full: bool) -> Iterator[Cell]:
    """From 1 to 10,000 expected conversions in the control group."""
    for n in (10_000, 100_000) if full else (10_000,):
        for rate in (0.005, 0.02, 0.05, 0.2) if full else (0.005, 0.05):
            for holdout in (0.02, 0.1, 0.5) if full else (0.1,):
                for more in (1.0, 1.2):
                    yield Cell(
                        part="shares",
                        name=f"{n:,}, {rate:.1%} convert, {holdout:.0%} held out, x{more}",
                        work=measure,
                        arguments={"n": n, "rate": rate, "holdout": holdout, "more": more},
                    )


def counted(successes: Floats, n: float | Floats) -> Summary:
    """Summaries of 0/1 columns."""
    share = successes / n
    return Summary(
        n=np.broadcast_to(np.asarray(n, dtype=np.float64), successes.shape),
        mean=share,
        variance=share * (1 - share) * n / (n - 1),
        mean_square=share,
    )


def measure(
    rng: np.random.Generator,
    repetitions: int,
    *,
    n: int,
    rate: float,
    holdout: float,
    more: float,
) -> Iterator[Row]:
    """The product's choice of interval and the usual ones."""
    held = round(n * holdout)
    control = counted(rng.binomial(held, rate, repetitions).astype(np.float64), held)
    arm = counted(rng.binomial(n - held, rate * more, repetitions).astype(np.float64), n - held)
    truth, lift = rate * (more - 1), more - 1
    ours = proportions(control, arm, CONFIDENCE)
    plain = peers.welch_interval(control, arm, CONFIDENCE)
    width = plain[1] - plain[0]
    expected = held * rate
    methods = {
        "Regulars": ((ours.low, ours.high), truth, width),
        "Welch": (plain, truth, width),
        "relative, delta method": (peers.delta_lift(control, arm, CONFIDENCE), lift, width / rate),
        "log ratio": (peers.log_ratio_lift(control, arm, CONFIDENCE), lift, width / rate),
    }
    for name, (limits, true, against) in methods.items():
        found = score(*limits, true, width_of=against)
        product = name == "Regulars"
        yield Row(
            group=GROUP,
            scenario=f"{n:,}, {rate:.1%} convert, {holdout:.0%} held out, x{more}",
            method=name,
            figures={"expected": expected, **found.figures()},
            verdict=BOUND.verdict(found) if product and expected >= 10 else NOT_JUDGED,
            bound=BOUND.words,
            ours=product,
        )


TABLES = (
    Table(
        group=GROUP,
        title="Difference of shares",
        words=(
            "Expected: conversions in the control group. Judged from 10 on; counts are whole "
            "numbers, so that up to 98.5% may hold the truth."
        ),
        columns=(Column(key="expected", heading="expected", style="count"), *INTERVAL),
    ),
)
