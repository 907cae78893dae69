"""Part h: everything in one plan. Daily looks, CUPED, segments and several arms together."""

from collections.abc import Iterator, Mapping

import numpy as np
from benchmarks.calibration import product
from benchmarks.calibration.columns import Pair, Sums, draw_columns
from benchmarks.calibration.draws import Floats
from benchmarks.calibration.scoring import CONFIDENCE, NOT_JUDGED, Cell, Row, at_most
from benchmarks.calibration.tables import Column, Table

from regulars_experiments.adjustment import cuped
from regulars_experiments.money_interval import build_limits, expected_buyers
from regulars_experiments.multiplicity import holm
from regulars_experiments.sequential import least_buyers, sequential, sequential_limits

TITLE = "Everything in one plan"
GROUP = "mixed"
DAYS, ARMS, SEGMENTS = 30, 3, 4
LEVEL, MOST = 0.05, 0.055
_BEFORE, _AGAIN = 0.05, 0.20


def cells(*, full: bool) -> Iterator[Cell]:
    """Nothing true; one arm brings more buyers."""
    for log_sd in (1.0, 1.4) if full else (1.0,):
        for more in (1.0, 1.5):
            yield Cell(
                part="mixed",
                name=f"{ARMS} arms x {SEGMENTS} segments, {DAYS} looks, sd {log_sd}, x{more}",
                work=measure,
                arguments={"log_sd": log_sd, "more": more},
                repetitions=3_000 if full else 200,
                weight=3_000.0,
            )


def measure(
    rng: np.random.Generator, repetitions: int, *, log_sd: float, more: float
) -> Iterator[Row]:
    """200,000 customers arrive over 30 days; 10% are held out, the arms share the rest.

    At every look each arm is tested in each segment, Holm over all twelve. One cell per repetition
    and segment; `more` is what the first arm does to the share of buyers.
    """
    cells_ = repetitions * SEGMENTS
    per_day = 200_000 // DAYS // SEGMENTS
    sizes = (per_day // 10, *[per_day * 3 // 10] * ARMS)
    planned = np.full(cells_, 200_000 / SEGMENTS * 0.4)
    totals: list[Sums] = []
    false: dict[str, Floats] = {}
    found: dict[str, Floats] = {}
    for _ in range(DAYS):
        today = [
            _group(rng, cells_, size, log_sd, more if place == 1 else 1.0)
            for place, size in enumerate(sizes)
        ]
        totals = today if not totals else [a + b for a, b in zip(totals, today, strict=True)]
        by_arm = [_tests(Pair(totals[0], arm), planned) for arm in totals[1:]]
        for method in by_arm[0]:
            # (repetitions, arms x segments)
            p_values = np.concatenate(
                [tests[method].reshape(repetitions, SEGMENTS) for tests in by_arm], axis=1
            )
            claimed = np.stack([holm(row) for row in p_values]) <= LEVEL
            true = np.zeros(ARMS * SEGMENTS, dtype=np.bool_)
            true[:SEGMENTS] = more != 1.0
            nothing = np.zeros(repetitions)
            wrong = (claimed & ~true).any(axis=1)
            right = (claimed & true).mean(axis=1) * len(true) / max(int(true.sum()), 1)
            false[method] = np.maximum(false.get(method, nothing), wrong)
            found[method] = np.maximum(found.get(method, nothing), right)
    for method, ever in false.items():
        rate = float(ever.mean())
        ours = method.startswith("Regulars")
        yield Row(
            group=GROUP,
            scenario=f"{ARMS} arms x {SEGMENTS} segments, {DAYS} looks, sd {log_sd}, x{more}",
            method=method,
            figures={
                "any": rate,
                "power": float(found[method].mean()) if more != 1.0 else float("nan"),
            },
            verdict=at_most(rate, MOST, repetitions) if ours else NOT_JUDGED,
            bound=f"any false claim at any look in at most {MOST:.1%}",
            ours=ours,
        )


def _tests(pair: Pair, planned: Floats) -> dict[str, Floats]:
    arms = pair.money({"y": 1})
    limits = build_limits(arms)
    fixed = product.difference(limits)
    n = arms.control.n + arms.arm.n
    expected = expected_buyers(arms)
    safe = sequential_limits(
        limits.of_difference,
        fixed,
        n,
        planned,
        CONFIDENCE,
        expected_buyers=expected,
        least=least_buyers(limits.borrowed, arms.control.n, arms.arm.n),
    )
    with_outcome, among = pair.stacked("y", ["x"])
    adjusted = cuped(
        (arms.control, arms.arm), [pair.summaries({"x": 1})], with_outcome, among, CONFIDENCE
    ).difference
    both = sequential(adjusted, n, planned, CONFIDENCE, expected_buyers=expected)
    return {
        "Regulars, money interval, peek-safe": safe.p_value,
        "Regulars, CUPED, peek-safe": both.p_value,
        "CUPED at every look": adjusted.p_value,
    }


def _group(rng: np.random.Generator, cells_: int, n: int, log_sd: float, more: float) -> Sums:
    """Of 5% who bought before 20% buy again; of the others 2% buy."""
    again, new = _AGAIN * more, 0.02 * more
    either = _BEFORE + (1 - _BEFORE) * new

    def drawer(size: int, rng: np.random.Generator) -> Mapping[str, Floats]:
        had = rng.random(size) < _BEFORE / either
        own = rng.standard_normal(size)
        close = 0.7 * own + np.sqrt(1 - 0.7**2) * rng.standard_normal(size)
        buys = ~had | (rng.random(size) < again)
        return {
            "x": np.where(had, 40.0 * np.exp(log_sd * own), 0.0),
            "y": np.where(buys, 40.0 * np.exp(log_sd * close), 0.0),
        }

    return draw_columns(n, rng.binomial(n, either, cells_), drawer, rng, shaped="y")


TABLES = (
    Table(
        group=GROUP,
        title="Daily looks, three arms, four segments, with and without CUPED",
        words=(
            "200,000 customers arrive over 30 days. Every day each arm is tested in each segment, "
            "corrected by Holm over the twelve. Any false: percent of programmes with a false "
            "claim on any day. Found: of the four true ones, by day 30."
        ),
        columns=(
            Column(key="any", heading="any false"),
            Column(key="power", heading="found"),
        ),
    ),
)
