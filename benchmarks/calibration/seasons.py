"""Part f: seasons of campaigns, and what following each rule earns.

A season has 20 campaigns of 8 segments. Each is tested once; then a rule says per segment: keep
(all customers, for the rounds that are left), stop, or test once more and then keep or stop.
Worlds differ in how large true effects are; they were fixed before the first run.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from benchmarks.calibration import peers, product
from benchmarks.calibration.draws import Totals, add_up_lognormal
from benchmarks.calibration.scoring import (
    FAILS,
    MONTE_CARLO_ERRORS,
    NOT_JUDGED,
    OK,
    Cell,
    Floats,
    Row,
)
from benchmarks.calibration.shops import as_arms
from benchmarks.calibration.tables import Column, Table

from regulars_experiments.inversion import p_by_inversion
from regulars_experiments.moments import Summary
from regulars_experiments.money_interval import build_limits
from regulars_experiments.multiplicity import holm, segment_p_values
from regulars_experiments.segments import pool_segments, shared_errors
from regulars_experiments.verdicts import Advice, decide

TITLE = "Seasons of decisions"
GROUP = "seasons"
CAMPAIGNS, SEGMENTS, ROUNDS = 20, 8, 6
MARGIN, CONTACT = 0.4, 0.02
BUYERS, BASKET, LOG_SD, HOLDOUT = 0.03, 40.0, 1.0, 0.2
SPEND = BUYERS * BASKET * float(np.exp(LOG_SD**2 / 2))
"""Per customer and campaign, without any offer."""
ADVICE = "Regulars, advice"
SIMPLE = (
    "significant at 5% (Welch)",
    "every raw effect above zero",
    "only the highest raw effect",
    "everyone",
    "nobody",
)
SIZES = np.array([60, 40, 30, 20, 20, 15, 10, 10]) * 1_000.0

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class World:
    """Relative lifts of a campaign: (chance, mean, sd) of its mean, and the sd between segments."""

    name: str
    campaigns: tuple[tuple[float, float, float], ...]
    between: float


WORLDS = (
    World(name="small gains", campaigns=((1.0, 0.05, 0.10),), between=0.05),
    World(
        name="mostly nothing, now and then a hit",
        campaigns=((0.8, 0.0, 0.02), (0.2, 0.30, 0.10)),
        between=0.03,
    ),
    World(name="segments differ", campaigns=((1.0, 0.0, 0.05),), between=0.25),
    World(name="offers usually lose", campaigns=((1.0, -0.10, 0.10),), between=0.10),
)


def cells(*, full: bool) -> Iterator[Cell]:
    """One per world."""
    for world in WORLDS:
        yield Cell(
            part="seasons",
            name=world.name,
            work=measure,
            arguments={"world": world},
            repetitions=400 if full else 20,
            weight=2_000.0,
        )


@dataclass(frozen=True, kw_only=True)
class Test:
    """What a test shows: net per customer; arrays of shape (campaigns, segments).

    estimate, error, p_value: of the report, NaN where it declines to answer. raw: the difference.
    """

    estimate: Floats
    error: Floats
    p_value: Floats
    welch_low: Floats
    raw: Floats
    mean_control: Floats
    shared: Floats


def measure(rng: np.random.Generator, repetitions: int, *, world: World) -> Iterator[Row]:
    """Profit of each rule over the seasons, beside the rule that knows the world."""
    shape = (repetitions * CAMPAIGNS, SEGMENTS)
    lift = _lifts(world, shape, rng)
    net = MARGIN * SPEND * lift - CONTACT
    first = _draw(lift, rng)
    second = _draw(lift, rng)
    one, both = _read(first, shape), _read(_together(first, second), shape)
    # what keeping, testing once more and keeping, and testing once more and stopping would earn
    keep = net * SIZES * ROUNDS
    test = net * SIZES * (1 - HOLDOUT)
    after = net * SIZES * (ROUNDS - 1)
    best = np.where(net > 0, keep, 0.0)
    advised, retested = _product(one, both)
    wise, tested = _bayes(world, one, both)
    proved = one.welch_low > 0
    top = one.raw == one.raw.max(axis=1, keepdims=True)
    strict = np.stack([holm(row) for row in one.p_value]) <= 0.05
    rules: dict[str, tuple[Floats, float]] = {
        "knows every effect (oracle)": (best, 0.0),
        "knows the world's distribution (Bayes)": (
            np.where(tested, test + wise * after, wise * keep), float(tested.mean()),
        ),
        ADVICE: (
            np.where(retested, test + advised * after, advised * keep), float(retested.mean()),
        ),
        "Regulars, only what is proved": ((strict & (one.estimate > 0)) * keep, 0.0),
        "significant at 5% (Welch)": (proved * keep, 0.0),
        "every raw effect above zero": ((one.raw > 0) * keep, 0.0),
        "only the highest raw effect": ((top & (one.raw > 0)) * keep, 0.0),
        "everyone": (keep, 0.0),
        "nobody": (np.zeros(shape), 0.0),
    }  # fmt: skip
    by_season = {
        name: money.reshape(repetitions, -1).sum(axis=1) for name, (money, _) in rules.items()
    }
    oracle, bayes, ours = list(by_season.values())[:3]
    simple = [by_season[name] for name in SIMPLE]
    behind = max(
        float((money - ours).mean())
        - MONTE_CARLO_ERRORS * float((money - ours).std()) / repetitions**0.5
        for money in simple
    )
    for name, money in by_season.items():
        share = money.sum() / bayes.sum()
        # of a ratio of sums over seasons, by the delta method
        error = np.std(money - share * bayes) / np.sqrt(len(money)) / abs(bayes.mean())
        yield Row(
            group=GROUP,
            scenario=world.name,
            method=name,
            figures={
                "profit": float(money.mean()),
                "bayes": float(share),
                "error": float(MONTE_CARLO_ERRORS * error),
                "oracle": float(money.sum() / oracle.sum()),
                "tested": rules[name][1],
            },
            verdict=(OK if behind <= 0 else FAILS) if name == ADVICE else NOT_JUDGED,
            bound="no simple rule earns more",
            ours=name.startswith("Regulars"),
        )


def _lifts(world: World, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    chances, means, sds = (np.array(values) for values in zip(*world.campaigns, strict=True))
    which = rng.choice(len(chances), p=chances, size=shape[0])
    campaign = means[which] + sds[which] * rng.standard_normal(shape[0])
    lifts: Floats = campaign[:, None] + world.between * rng.standard_normal(shape)
    return np.maximum(lifts, -0.95)


def _draw(lift: Floats, rng: np.random.Generator) -> tuple[Totals, Totals]:
    """(control, arm) of one test of every segment; a lift brings more buyers."""

    def side(share: float, rate: Floats) -> Totals:
        sizes = np.broadcast_to(SIZES * share, lift.shape).ravel()
        counts = rng.binomial(sizes.astype(np.int64), rate.ravel())
        (totals,) = add_up_lognormal(sizes, counts, BASKET, (LOG_SD,), rng)
        return totals

    return side(HOLDOUT, np.full(lift.shape, BUYERS)), side(1 - HOLDOUT, BUYERS * (1 + lift))


def _together(one: tuple[Totals, Totals], two: tuple[Totals, Totals]) -> tuple[Totals, Totals]:
    return one[0] + two[0], one[1] + two[1]


def _read(groups: tuple[Totals, Totals], shape: tuple[int, int]) -> Test:
    """As the report does: margin by the calibrated interval, less a contact that costs the same."""
    arms = as_arms(*groups)
    limits = build_limits(arms)
    found = product.difference(limits)

    def net_limits(z: Floats) -> tuple[Floats, Floats]:
        low, high = limits.of_difference(z)
        return MARGIN * low - CONTACT, MARGIN * high - CONTACT

    welch_low, _ = peers.welch_interval(arms.control, arms.arm, 0.95)
    own = p_by_inversion(net_limits, found.estimate.shape)
    pooled = segment_p_values(
        _scaled(arms.control, CONTACT),
        _scaled(arms.arm, 0.0),
        buyers=(arms.control_shape.buyers, arms.arm_shape.buyers),
    )
    campaigns = np.repeat(np.arange(shape[0]), shape[1]).astype(str).tolist()
    flat = (
        MARGIN * found.estimate - CONTACT,
        MARGIN * found.standard_error,
        np.where(np.isnan(own), np.nan, np.fmax(own, pooled)),
        MARGIN * welch_low - CONTACT,
        MARGIN * (arms.arm.mean - arms.control.mean) - CONTACT,
        MARGIN * arms.control.mean,
        MARGIN * shared_errors(arms.control, arms.arm, campaigns),
    )
    estimate, error, p_value, low, raw, mean, shared = (v.reshape(shape) for v in flat)
    return Test(
        estimate=estimate,
        error=error,
        p_value=p_value,
        welch_low=low,
        raw=raw,
        mean_control=mean,
        shared=shared,
    )


def _scaled(side: Summary, cost: float) -> Summary:
    """Margin instead of sales. The contact's cost moves the control, so that zeros stay zeros."""
    return Summary(
        n=side.n,
        mean=MARGIN * side.mean + cost,
        variance=MARGIN**2 * side.variance,
        mean_square=MARGIN**2 * side.mean_square,
    )


def _product(one: Test, both: Test) -> tuple[Flags, Flags]:
    """(kept in the end, tested once more), by the product's advice."""
    kept = np.zeros(one.estimate.shape, dtype=np.bool_)
    retested = np.zeros(one.estimate.shape, dtype=np.bool_)
    for row in range(len(kept)):
        held = HOLDOUT * SIZES
        believed = pool_segments(one.estimate[row], one.shared[row], held, one.mean_control[row])
        if believed is None:
            continue
        # too few buyers for an answer of its own: one more test would be as vague as the belief now
        error = np.where(np.isfinite(one.error[row]), one.shared[row], believed.deviation())
        advice = [
            decide(
                believed,
                segment,
                customers=int(SIZES[segment]),
                rounds=ROUNDS,
                holdout_share=HOLDOUT,
                test_error=float(error[segment]),
            ).advice
            for segment in range(SEGMENTS)
        ]
        again = np.array([each is Advice.RETEST for each in advice])
        kept[row] = [each is Advice.KEEP for each in advice]
        if again.any():
            then = pool_segments(
                np.where(again, both.estimate[row], one.estimate[row]),
                np.where(again, both.shared[row], one.shared[row]),
                held,
                one.mean_control[row],
            )
            later = then is not None and then.mean() > 0
            kept[row] = np.where(again, later, kept[row])
        retested[row] = again
    return kept, retested


def _bayes(world: World, one: Test, both: Test) -> tuple[Flags, Flags]:
    """The same by who knows the world's distribution of effects and the spread of amounts."""
    variance = _sampling_variance()
    weights, means, deviations = _posterior(world, one.raw, variance)
    mean = (weights[:, :, None] * means).sum(axis=0)
    informed = _value_after_test(weights, means, deviations, variance)
    value = (informed - np.maximum(mean, 0)) * SIZES * (ROUNDS - 1)
    cost = np.abs(mean) * SIZES * np.where(mean > 0, HOLDOUT, 1 - HOLDOUT)
    tested = value > cost
    # where tested, both tests' estimate with half the variance
    weights, means, _ = _posterior(
        world,
        np.where(tested, both.raw, one.raw),
        np.where(tested, variance / 2, variance),
    )
    then = (weights[:, :, None] * means).sum(axis=0)
    return np.where(tested, then > 0, mean > 0), tested


def _sampling_variance() -> Floats:
    """Of an estimated net per customer in each segment, from the true distribution of amounts."""
    square = BUYERS * BASKET**2 * float(np.exp(2 * LOG_SD**2))
    per_customer = square - SPEND**2
    variance: Floats = (
        MARGIN**2 * per_customer * (1 / (HOLDOUT * SIZES) + 1 / ((1 - HOLDOUT) * SIZES))
    )
    return variance


def _posterior(world: World, estimate: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """Mixture over the world's kinds of campaign, exact for normal effects and estimates.

    weights: (kinds, campaigns); means, deviations: (kinds, campaigns, segments).
    """
    scale = MARGIN * SPEND
    tau2 = (scale * world.between) ** 2
    v = np.broadcast_to(variance, estimate.shape)
    w = 1 / (v + tau2)
    log_weights, means, deviations = [], [], []
    for chance, lift, sd in world.campaigns:
        centre, prior = scale * lift - CONTACT, (scale * sd) ** 2
        total = w.sum(axis=1)
        off = (w * (estimate - centre)).sum(axis=1)
        spread = 1 / (1 / prior + total)
        middle = centre + spread * off
        log_weights.append(
            np.log(chance)
            + 0.5 * np.log(w).sum(axis=1)
            - 0.5 * np.log1p(prior * total)
            - 0.5 * ((w * (estimate - centre) ** 2).sum(axis=1) - spread * off**2)
        )
        pull = v * w
        means.append(pull * middle[:, None] + (1 - pull) * estimate)
        deviations.append(np.sqrt((1 - pull) * v + pull**2 * spread[:, None]))
    logs = np.stack(log_weights)
    weights = np.exp(logs - logs.max(axis=0))
    return weights / weights.sum(axis=0), np.stack(means), np.stack(deviations)


def _value_after_test(
    weights: Floats, means: Floats, deviations: Floats, variance: Floats
) -> Floats:
    """E[max(posterior mean, 0)] after one more test, over what that test may show."""
    nodes = np.linspace(-6, 6, 61)
    step = nodes[1] - nodes[0]
    found = np.zeros(means.shape[1:])
    seen = np.sqrt(deviations**2 + variance)
    for kind in range(len(means)):
        for node in nodes:
            shown = means[kind] + node * seen[kind]
            chance = np.exp(-0.5 * node**2) / np.sqrt(2 * np.pi) * step
            density = weights[:, :, None] * np.exp(-0.5 * ((shown - means) / seen) ** 2) / seen
            believed = means + deviations**2 / seen**2 * (shown - means)
            posterior = (density * believed).sum(axis=0) / density.sum(axis=0)
            found += chance * weights[kind][:, None] * np.maximum(posterior, 0)
    return found


TABLES = (
    Table(
        group=GROUP,
        title=f"{CAMPAIGNS} campaigns of {SEGMENTS} segments, {ROUNDS} rounds each",
        words=(
            "Profit per season, as a share of what a rule earns that knows how effects are "
            "distributed in this world (not the effects), and of an oracle's that knows each "
            "effect. Error: three Monte Carlo errors. Nobody knows the world's distribution, so "
            "100% is out of reach; in each world another simple rule does badly."
        ),
        columns=(
            Column(key="profit", heading="profit per season", style="count"),
            Column(key="bayes", heading="of Bayes"),
            Column(key="error", heading="error"),
            Column(key="oracle", heading="of the oracle"),
            Column(key="tested", heading="tested again"),
        ),
    ),
)
