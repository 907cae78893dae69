"""Ladders: which step is recommended, what that costs against the best, whether the band holds."""

from dataclasses import dataclass

import numpy as np
from benchmarks.ladder.shops import (
    COLUMNS,
    LADDER,
    MONEY,
    STEPS,
    UNIT,
    Floats,
    Profits,
    Shop,
    outcomes,
    response,
    truth_of,
)

from regulars_experiments.aggregation import aggregate
from regulars_experiments.moments import AggregationPlan, plan_moments
from regulars_experiments.results import Intervals
from regulars_experiments.thresholds import find_steps
from regulars_experiments.verdicts import Evidence

LEVEL = 0.4
"""Net profit per customer of the best step, in every world."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Shops in which the best step's neighbours lie `apart` detectable differences below it.

    shops: share of those that are asked for. judged: whether the best step has to be found.
    """

    name: str
    shop: Shop
    apart: float
    shops: float = 1.0
    judged: bool = False


USUAL = Shop()
SMALL_HOLDOUT = Shop(held=0.05, buyers=0.06)
WORLDS = (
    World(name="best step stands out: 1 detectable difference", shop=USUAL, apart=1.0, judged=True),
    World(name="half a detectable difference", shop=USUAL, apart=0.5, shops=0.5),
    World(name="a quarter", shop=USUAL, apart=0.25, shops=0.5),
    World(name="all steps earn the same", shop=USUAL, apart=0.0, shops=0.5),
    World(
        name="stands out; a twentieth held out, 6% buy",
        shop=SMALL_HOLDOUT,
        apart=1.0,
        judged=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class StepScore:
    """One campaign. away: steps from the best to the recommended one; None where all are alike.

    lost, promised: profit per customer that the recommended step truly earns less than the best,
    and less than is expected of it; by_highest: the same two of the step with the highest estimate,
    by that estimate. covered: whether the band holds the truth at every step; each: the share of
    single intervals that hold theirs. proved: whether the recommended step was proved better than a
    neighbour; proved_wrong: than one that is no worse.
    """

    away: int | None
    lost: float
    promised: float
    by_highest: tuple[float, float]
    covered: bool
    each: float
    proved: bool
    proved_wrong: bool


def plan(*by: str) -> AggregationPlan:
    """What the product adds up for a profit."""
    names = list(COLUMNS.all())
    return plan_moments(
        by=by,
        columns=dict.fromkeys(names, UNIT),
        pairs=[(a, b) for a in names for b in names if a < b],
        shapes=["goods"],
    )


def best_of(number: int) -> int:
    """The best step of the shop with this number: each in turn."""
    return number % len(STEPS)


def play(world: World, known: Profits, number: int, seed: tuple[int, ...]) -> StepScore:
    """Draw one shop's campaign and let the product answer."""
    rng = np.random.default_rng([*seed, number])
    best = best_of(number)
    truth = truth_of(world.shop, known, response(best, world.apart * known.detectable, LEVEL))
    moments = aggregate(outcomes(world.shop, truth, rng).lazy(), plan("arm"))
    curve = find_steps(moments, LADDER, [None], MONEY)[0]
    believed = curve.believed
    if curve.recommended is None or believed is None:
        raise RuntimeError("a shop of this size always has an answer")
    net, chosen = truth.net, curve.recommended
    highest = int(curve.net.estimate.argmax())
    proved = [
        beside.step for beside in curve.neighbours if beside.evidence is Evidence.PROVED_BETTER
    ]
    return StepScore(
        away=abs(chosen - best) if world.apart else None,
        lost=float(net.max() - net[chosen]),
        promised=float(believed.mean()[chosen] - net[chosen]),
        by_highest=(
            float(net.max() - net[highest]),
            float(curve.net.estimate[highest] - net[highest]),
        ),
        covered=bool(_inside(curve.band, net).all()),
        each=float(_inside(curve.net, net).mean()),
        proved=bool(proved),
        proved_wrong=any(net[step] >= net[chosen] for step in proved),
    )


def _inside(intervals: Intervals, truth: Floats) -> np.typing.NDArray[np.bool_]:
    found: np.typing.NDArray[np.bool_] = (intervals.low <= truth) & (truth <= intervals.high)
    return found
