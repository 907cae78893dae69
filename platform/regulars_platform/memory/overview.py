"""What was learnt, cell by cell and in all: for reading, searching and comparing with promises."""

import datetime as dt
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars_experiments.memory import FLAGGED_DRIFT_Z, remember
from regulars_experiments.pooling import Posterior
from regulars_experiments.results import Estimate, FloatArray
from regulars_platform.memory.cells import CellKey, past_campaigns
from regulars_platform.memory.families import Family
from regulars_platform.memory.forecast import Promise
from regulars_platform.memory.models import Learning

CONFIDENCE = 0.95
LEAST_CHECKED = 5
"""Campaigns from which on Hartung and Knapp's interval says something: with two it has one degree
of freedom, and is several times as wide as either campaign's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Total:
    """Net profit in all, currency units, with its interval."""

    net: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """Promised against realised, over the campaigns that had a promise. campaigns: how many.

    share: realised over promised; None where nothing above zero was promised.
    """

    promised: float
    realised: Total
    campaigns: int

    @property
    def share(self) -> float | None:
        """Of what was promised."""
        return self.realised.net / self.promised if self.promised > 0 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Average:
    """What such campaigns lie around by now, net per unit told, with its central interval.

    Never vaguer than what is expected of the next one, but of few campaigns it can be vaguer than
    the result of one: they say little of how far such campaigns lie apart.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """Of the next campaign's net per unit told: mean, central interval, chance above zero."""

    mean: float
    low: float
    high: float
    chance_positive: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CellOverview:
    """One cell. id: for its address. people: the rule. learnings: the oldest first.

    average: what its campaigns lie around by now; expected: of the next one, by the same model.
    check: its campaigns pooled without drift (random effects), from `LEAST_CHECKED` on. drift_z:
    how far the latest lies from what those before it foretold; None without any before. earned: by
    all of them; kept: by those that had a forecast, against it.
    """

    id: str
    key: CellKey
    people: dict[str, Any]
    family: Family
    learnings: tuple[Learning, ...]
    average: Average
    expected: Expected
    check: Estimate | None
    drift_z: float | None
    earned: Total
    kept: Kept | None

    @property
    def latest(self) -> Learning:
        """The campaign that ended last."""
        return self.learnings[-1]

    @property
    def campaigns(self) -> int:
        """How many campaigns taught it; arms of one campaign are one."""
        return len({learning.campaign_id for learning in self.learnings})

    @property
    def drifted(self) -> bool:
        """The latest campaign contradicts those before it by more than chance."""
        return self.drift_z is not None and abs(self.drift_z) > FLAGGED_DRIFT_Z


Promises = Mapping[int, Sequence[Promise]]


def cell_id(key: CellKey) -> str:
    """A cell's address: short, and the same as long as the cell is."""
    return hashlib.sha256("/".join(key).encode()).hexdigest()[:16]


def overview(
    learnings: Sequence[Learning], promises: Promises, today: dt.date
) -> tuple[CellOverview, ...]:
    """All cells, those heard of last first. promises: by campaign id."""
    cells: dict[CellKey, list[Learning]] = {}
    for learning in learnings:
        cells.setdefault(learning.lesson.cell, []).append(learning)
    if not cells:
        return ()
    # a shop may look at campaigns that end in its own future: then it looks from their end
    day = max(today, *(one.ends_on + dt.timedelta(days=1) for one in learnings))
    past = past_campaigns([one.lesson for one in learnings], list(cells), day)
    recalled, pooled = past.recalled(), past.pooled(CONFIDENCE).mean
    next_ones, chances = _central(recalled.expected), recalled.expected.chance_above_zero()
    averages = _central(recalled.mean)
    found = []
    for place, (key, theirs) in enumerate(cells.items()):
        theirs.sort(key=lambda one: (one.ends_on, one.campaign_id, one.arm))
        around, following = averages[place].tolist(), next_ones[place].tolist()
        check = pooled.answer(place) if len(past.campaigns[place]) >= LEAST_CHECKED else None
        found.append(
            CellOverview(
                id=cell_id(key),
                key=key,
                people=theirs[-1].people,
                family=theirs[-1].family,
                learnings=tuple(theirs),
                average=Average(mean=around[0], low=around[1], high=around[2]),
                expected=Expected(
                    mean=following[0],
                    low=following[1],
                    high=following[2],
                    chance_positive=float(chances[place]),
                ),
                check=check if isinstance(check, Estimate) else None,
                drift_z=_drift(theirs, key),
                earned=realised(theirs),
                kept=kept(theirs, promises),
            )
        )
    return tuple(sorted(found, key=lambda cell: cell.latest.ends_on, reverse=True))


def _central(belief: Posterior) -> FloatArray:
    """Mean and ends of the central interval, (cells, 3)."""
    tail = (1 - CONFIDENCE) / 2
    ends = belief.quantile(tail), belief.quantile(1 - tail)
    return np.column_stack([belief.mean(), *ends])


def everybody(learnings: Sequence[Learning]) -> list[Learning]:
    """What campaigns brought in all: their segments are parts of it and would count twice."""
    return [learning for learning in learnings if learning.segment is None]


def kept(learnings: Sequence[Learning], promises: Promises) -> Kept | None:
    """Promised against realised of these arms and groups; None where nothing was promised."""
    pairs = [
        (promised, learning)
        for learning in learnings
        if (promised := _promised(learning, promises)) is not None
    ]
    if not pairs:
        return None
    return Kept(
        promised=sum(promised for promised, _ in pairs),
        realised=realised([learning for _, learning in pairs]),
        campaigns=len({learning.campaign_id for _, learning in pairs}),
    )


def realised(learnings: Sequence[Learning]) -> Total:
    """What they earned together.

    Limits by MOVER (Zou & Donner 2008, eq. 2: squares of the distances add up) over campaigns;
    arms of one campaign share their holdout, so within it the distances themselves are added.
    """
    net = sum(one.n * one.net for one in learnings)
    below: dict[int, float] = {}
    above: dict[int, float] = {}
    for one in learnings:
        below[one.campaign_id] = below.get(one.campaign_id, 0.0) + one.n * (one.net - one.low)
        above[one.campaign_id] = above.get(one.campaign_id, 0.0) + one.n * (one.high - one.net)
    return Total(
        net=net, low=net - math.hypot(*below.values()), high=net + math.hypot(*above.values())
    )


def _promised(learning: Learning, promises: Promises) -> float | None:
    """What was promised of this arm in this group, in all."""
    for promise in promises.get(learning.campaign_id, ()):
        if promise.arm != learning.arm:
            continue
        if learning.segment is None:
            return promise.expected
        for group in promise.groups:
            if group.segment == learning.segment:
                return group.expected
    return None


def _drift(learnings: Sequence[Learning], key: CellKey) -> float | None:
    """Of the latest campaign, as its own report saw it when it had only those before it."""
    latest = learnings[-1]
    together = past_campaigns(
        [one.lesson for one in learnings if one.campaign_id == latest.campaign_id],
        [key],
        latest.ends_on + dt.timedelta(days=1),
    )
    before = past_campaigns([one.lesson for one in learnings], [key], latest.starts_on)
    if not before.campaigns[0]:
        return None
    found = remember(
        before.recalled().expected,
        np.array([together.campaigns[0][0].net]),
        np.array([together.campaigns[0][0].error]),
    )
    return float(found.drift_z[0])
