"""What to believe of a group of a plan: which past people it leans on, and how memory and the
usual guess are weighed. Pure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from regulars_experiments.memory import Recalled, remember
from regulars_experiments.pooling import Posterior
from regulars_experiments.results import FloatArray
from regulars_platform.memory.cells import CellKey, PastCampaigns
from regulars_platform.memory.likeness import Likeness

LEAST_SHARE = 0.8
"""Of a group's customers, so many at least must be people whom a campaign has met."""

AS_NEAR = 0.05
"""Strangeness that makes no difference: the same rule is then preferred to nearer people."""

_DOUBT_SHARE, _DOUBT_SCALES = 0.1, 10.0  # that the guess does not apply, and how far off it is
_PARTS = 2.0  # parts of people differ by so many times what campaigns of the same people do


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaning:
    """Where a group's belief comes from. like: None where only the rule is known to be the same, or
    nothing is remembered."""

    cell: CellKey
    like: Likeness | None

    @property
    def strangeness(self) -> float:
        """See `Likeness`; 0 where it was not measured."""
        return 0.0 if self.like is None else self.like.strangeness


def lean(own: CellKey, likenesses: Sequence[Likeness], known: Collection[CellKey]) -> Leaning:
    """The cell that says most of a group whose own rule and family of offers make `own`.

    That is the one of the people who are most like it, and its own unless others are nearer. known:
    cells that something is remembered of.
    """
    family = own[1]
    found = [
        Leaning(cell=(one.key, family), like=one)
        for one in likenesses
        if (one.key, family) in known and (one.share >= LEAST_SHARE or one.key == own[0])
    ]
    same = next((one for one in found if one.cell == own), None)
    if same is None and own in known:
        return Leaning(cell=own, like=None)
    # as many: by key, so that the choice never changes
    nearest = min(found, key=lambda one: (one.strangeness, one.cell), default=None)
    if nearest is None:
        return Leaning(cell=own, like=None)
    if same is not None and same.strangeness <= nearest.strangeness + AS_NEAR:
        return same
    return nearest


def weigh(
    guess: Posterior, past: PastCampaigns, strangeness: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation of the next campaign's net per unit, cell by cell.

    Two views, each weighed by how well it foretold what was measured. That the guess applies: then
    campaigns differ by as little as it allows, half of its deviation. Or that it does not, which
    has a tenth of the weight beforehand: then what was measured counts, and campaigns differ by as
    much as it says they may. So a small lucky campaign does not promise the moon, and a large one
    that the guess could not have foretold is believed. guess: one normal per cell; strangeness: of
    the people it was learnt from (`Likeness`). Cells without a past campaign have the guess.
    """
    first, deviation = guess.means[0], guess.deviations[0]
    own = past.recalled()
    wide = np.hypot(deviation, _DOUBT_SCALES * np.hypot(deviation, own.scale))
    views = [
        _view(past.recalled(scale=deviation / 2), first, deviation, strangeness),
        _view(own, first, wide, strangeness),
    ]
    beforehand = np.log([1 - _DOUBT_SHARE, _DOUBT_SHARE])[:, None]
    weights = beforehand + np.array([view[0] for view in views])
    weights = np.exp(weights - weights.max(axis=0))
    weights /= weights.sum(axis=0)
    both = Posterior(
        weights=weights,
        means=np.array([view[1] for view in views]),
        deviations=np.array([view[2] for view in views]),
    )
    known = np.array([bool(one) for one in past.campaigns])
    return np.where(known, both.mean(), first), np.where(known, both.deviation(), deviation)


def _view(
    recalled: Recalled, guess: FloatArray, deviation: FloatArray, strangeness: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log density of what was measured, and mean and deviation of the next campaign, if campaigns
    lie around N(guess, deviation^2) and apart as `recalled` has it."""
    mean = recalled.mean.mean()
    apart = np.sqrt(2 * strangeness) * _PARTS * recalled.scale
    error = np.hypot(recalled.mean.deviation(), apart)
    found = remember(
        Posterior(weights=np.ones(1), means=guess[None], deviations=deviation[None]), mean, error
    ).with_memory
    around2 = recalled.expected.deviation() ** 2 - recalled.mean.deviation() ** 2
    total = np.hypot(deviation, error)
    density = -np.log(total) - 0.5 * ((mean - guess) / total) ** 2
    return density, found.mean(), np.sqrt(found.deviation() ** 2 + around2)
