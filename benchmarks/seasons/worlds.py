"""How true effects are distributed; fixed before the first run.

A season is one programme: the same offer to the same 8 segments in 40 campaigns, one every 30 days
(3.2 years). The unit is SE, the standard error of net profit per customer that one campaign gives
of a segment of typical size (40,000 customers, a fifth held out), at an offer that just pays. The
true net of segment s in campaign t is
    theta_s + W_s(t) + e_st,   theta_s ~ N(m, sd^2),   m ~ N(-sd / 4, (sd / 2)^2) once per season,
with sd = 0.5, 1 or 2 SE between segments; e_st ~ N(0, (sd / 2)^2) is new in every campaign. Without
drift W is 0; with it each segment wanders on its own as Brownian motion of variance sd^2 per year,
so that after one year it has changed as much as segments differ at the start. Contact costs 2 cents
per customer and the offer, 5% off everything, an eighth of the margin of every buyer who gets it
(2.5% and 12.5% of what a customer brings; all effects are net of it): more than half of the
segments lose.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CAMPAIGNS, SEGMENTS = 40, 8
DAYS_BETWEEN = 30.0
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class World:
    """Standard deviations in SE. drift: of a segment's change within a year."""

    name: str
    between: float
    drift: float

    @property
    def middle(self) -> float:
        """What a programme's mean is on average."""
        return -self.between / 4

    @property
    def programmes(self) -> float:
        """Standard deviation of that mean from season to season."""
        return self.between / 2

    @property
    def noise(self) -> float:
        """Standard deviation of what is new in every campaign."""
        return self.between / 2

    @property
    def step(self) -> float:
        """Variance of the drift from one campaign to the next."""
        return self.drift**2 * DAYS_BETWEEN / DAYS_PER_YEAR


WORLDS = tuple(
    World(
        name=f"segments differ by {sd:g} SE, {'drift' if drifts else 'no drift'}",
        between=sd,
        drift=sd * drifts,
    )
    for sd in (0.5, 1.0, 2.0)
    for drifts in (0, 1)
)


def true_nets(world: World, seasons: int, rng: np.random.Generator) -> Floats:
    """True net per customer in SE; (seasons, CAMPAIGNS, SEGMENTS)."""
    shape = (seasons, CAMPAIGNS, SEGMENTS)
    middle = world.middle + world.programmes * rng.standard_normal((seasons, 1, 1))
    start = middle + world.between * rng.standard_normal((seasons, 1, SEGMENTS))
    steps = world.step**0.5 * rng.standard_normal(shape)
    steps[:, 0] = 0.0
    nets: Floats = start + steps.cumsum(axis=1) + world.noise * rng.standard_normal(shape)
    return nets
