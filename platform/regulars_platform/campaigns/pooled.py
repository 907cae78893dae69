"""What can be learnt at a shop's size: by one campaign, and by several like it pooled.

Campaigns alike are one experiment done several times, each with a draw of its own: pooled, they
prove what one of as many customers would, as long as the effect stays what it is.
"""

from dataclasses import dataclass

import numpy as np

from regulars_experiments.design import Baseline, detectable_effect
from regulars_platform.campaigns.power import USUAL_SPREAD

HOPED = USUAL_SPREAD / 2
"""The gain in spend hoped for where nothing is said: as `power.usual_prior` has it."""

MOST_ROUNDS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Learnable:
    """What so many customers can tell. detectable: the least gain in spend that one campaign
    proves four times out of five, in all and as a share of spend; None: not even doubling it.
    rounds: how many equal ones prove `hoped` together; None: more than MOST_ROUNDS, or no number of
    them, as nobody bought."""

    customers: int
    held: int
    detectable: float | None
    relative: float | None
    hoped: float
    rounds: int | None

    @property
    def one_is_enough(self) -> bool:
        """Whether one campaign can tell what is hoped for."""
        return self.rounds == 1


def learnable(
    baseline: Baseline,
    *,
    n_control: int,
    n_arm: int,
    hoped: float = HOPED,
    confidence: float = 0.95,
) -> Learnable:
    """baseline: of one cell, spend per customer in a window as long as a campaign's."""
    found = detectable_effect(baseline, n_control=n_control, n_arm=n_arm, confidence=confidence)
    none = found.undefined[0] is not None
    return Learnable(
        customers=n_control + n_arm,
        held=n_control,
        detectable=None if none else float(found.difference[0]) * (n_control + n_arm),
        relative=None if none else float(found.relative[0]),
        hoped=hoped,
        rounds=rounds_until(
            baseline, n_control=n_control, n_arm=n_arm, hoped=hoped, confidence=confidence
        ),
    )


def rounds_until(
    baseline: Baseline,
    *,
    n_control: float,
    n_arm: float,
    hoped: float,
    confidence: float = 0.95,
) -> int | None:
    """The least number of equal rounds that together prove a gain of `hoped` (a share of spend).

    None where MOST_ROUNDS do not. All numbers are asked in one go, as they are cells of a design.
    """
    rounds = np.arange(1, MOST_ROUNDS + 1, dtype=np.float64)
    cells = Baseline(
        buyers=np.repeat(np.asarray(baseline.buyers, dtype=np.float64), rounds.size),
        mean=np.repeat(np.asarray(baseline.mean, dtype=np.float64), rounds.size),
        sd=np.repeat(np.asarray(baseline.sd, dtype=np.float64), rounds.size),
    )
    found = detectable_effect(
        cells, n_control=n_control * rounds, n_arm=n_arm * rounds, confidence=confidence
    )
    enough = np.flatnonzero(found.relative <= hoped)
    return int(rounds[enough[0]]) if enough.size else None
