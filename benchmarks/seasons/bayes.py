"""Who knows the world's distribution: exact Gaussian belief, decisions by expected money.

The segments' levels have a joint normal distribution (they share their programme's mean); a Kalman
filter takes in one campaign after the other. What is decided is as in `verdicts.decide`: keep, stop
or test once more, whichever earns most in this campaign's rounds. What one more test would teach
for later campaigns is left out of the account, for this rule as for Regulars.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from benchmarks.seasons import shop
from benchmarks.seasons.worlds import SEGMENTS, Floats, World
from scipy import special

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Per season, campaign and segment: kept in the end, tested once more first."""

    kept: Flags
    tested: Flags

    def earned(self, net: Floats) -> Floats:
        """Money of the rounds, given the true net per customer."""
        once, after = net * shop.SIZES * (1 - shop.HOLDOUT), shop.ROUNDS - 1
        later = self.kept * net * shop.SIZES * after
        kept = self.kept * net * shop.SIZES * shop.ROUNDS
        value: Floats = np.where(self.tested, once + later, kept)
        return value


def follow(world: World, one: Floats, both: Floats, *, memory: bool) -> Decided:
    """one, both: estimates of one test and of two together; (seasons, campaigns, segments)."""
    variance = shop.sampling_variance()
    kept, tested = np.zeros(one.shape, np.bool_), np.zeros(one.shape, np.bool_)
    first = _Level.at_start(world, len(one))
    level = first
    for campaign in range(one.shape[1]):
        mean, deviation = level.effect(one[:, campaign], np.broadcast_to(variance, one[:, 0].shape))
        again = _worth_testing(mean, deviation, variance)
        seen = np.where(again, both[:, campaign], one[:, campaign])
        error2 = np.where(again, variance / 2, variance)
        after, _ = level.effect(seen, error2)
        tested[:, campaign] = again
        kept[:, campaign] = np.where(again, after, mean) > 0
        first = first.later()
        level = level.updated(seen, error2).later() if memory else first
    return Decided(kept=kept, tested=tested)


@dataclass(frozen=True, kw_only=True)
class _Level:
    """What is believed of the segments' lasting effects: mean (seasons, segments), covariance."""

    world: World
    mean: Floats
    covariance: Floats

    @classmethod
    def at_start(cls, world: World, seasons: int) -> "_Level":
        own, shared = (world.between * shop.SE) ** 2, (world.programmes * shop.SE) ** 2
        covariance = own * np.eye(SEGMENTS) + shared
        return cls(
            world=world,
            mean=np.full((seasons, SEGMENTS), world.middle * shop.SE),
            covariance=np.broadcast_to(covariance, (seasons, SEGMENTS, SEGMENTS)),
        )

    def effect(self, seen: Floats, error2: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of this campaign's effects, its test included."""
        of_effect = self.covariance + (self.world.noise * shop.SE) ** 2 * np.eye(SEGMENTS)
        mean, covariance = _conditioned(self.mean, of_effect, seen, error2)
        return mean, np.sqrt(np.einsum("kss->ks", covariance))

    def updated(self, seen: Floats, error2: Floats) -> "_Level":
        noisy = error2 + (self.world.noise * shop.SE) ** 2
        mean, covariance = _conditioned(self.mean, self.covariance, seen, noisy)
        return _Level(world=self.world, mean=mean, covariance=covariance)

    def later(self) -> "_Level":
        step = self.world.step * shop.SE**2 * np.eye(SEGMENTS)
        return _Level(world=self.world, mean=self.mean, covariance=self.covariance + step)


def _conditioned(
    mean: Floats, covariance: Floats, seen: Floats, error2: Floats
) -> tuple[Floats, Floats]:
    """Normal conditioning: N(mean, covariance) given seen = value + N(0, error2)."""
    total = covariance + error2[:, :, None] * np.eye(SEGMENTS)
    gain = np.swapaxes(np.linalg.solve(total, covariance), 1, 2)
    return (
        mean + np.einsum("kij,kj->ki", gain, seen - mean),
        covariance - gain @ covariance,
    )


def _worth_testing(mean: Floats, deviation: Floats, variance: Floats) -> Flags:
    """Unit normal loss of what a test may show, against what the test's round gives up."""
    spread = deviation**2 / np.sqrt(deviation**2 + variance)
    z = np.abs(mean) / spread
    loss = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) - z * special.ndtr(-z)
    cost = np.abs(mean) * np.where(mean > 0, shop.HOLDOUT, 1 - shop.HOLDOUT)
    worth: Flags = spread * loss * (shop.ROUNDS - 1) > cost
    return worth
