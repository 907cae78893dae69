"""Cells of memory: what past campaigns say of the same people and the same family of offers.

Pure: lessons in, beliefs out. Arms of one campaign that fall into the same cell share a holdout, so
they count as one campaign with the error of one of them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regulars_experiments.memory import RandomEffects, Recalled, random_effects, recall
from regulars_experiments.results import FloatArray
from regulars_platform.memory.models import Lesson

CellKey = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class PastCampaigns:
    """The campaigns behind some cells, (cells, campaigns); NaN where there is none.

    estimates, errors: net per unit told and its standard error. ages: days from the end of their
    window to the day in question. levels: (cells,), mean margin of the held-out. campaigns: per
    cell, the oldest first.
    """

    estimates: FloatArray
    errors: FloatArray
    ages: FloatArray
    levels: FloatArray
    campaigns: tuple[tuple[Lesson, ...], ...]

    def recalled(self, scale: FloatArray | None = None) -> Recalled:
        """What to expect of the next campaign of each cell; scale: as in `recall`."""
        return recall(self.estimates, self.errors, self.ages, self.levels, scale=scale)

    def pooled(self, confidence: float) -> RandomEffects:
        """How campaigns of each cell have done so far."""
        return random_effects(self.estimates, self.errors, confidence=confidence)


def past_campaigns(
    lessons: Sequence[Lesson], cells: Sequence[CellKey], day: dt.date
) -> PastCampaigns:
    """What happened in these cells before `day`: campaigns whose window was over by then."""
    by_cell: dict[CellKey, dict[int, list[Lesson]]] = {cell: {} for cell in cells}
    for lesson in lessons:
        if lesson.cell in by_cell and lesson.ends_on < day:
            by_cell[lesson.cell].setdefault(lesson.campaign_id, []).append(lesson)
    found = [
        tuple(sorted(map(_together, by_cell[cell].values()), key=lambda one: one.ends_on))
        for cell in cells
    ]
    shape = (len(cells), max((len(one) for one in found), default=0) or 1)
    estimates, errors, ages = (np.full(shape, np.nan) for _ in range(3))
    levels = np.full(len(cells), np.nan)
    for row, campaigns in enumerate(found):
        for column, one in enumerate(campaigns):
            estimates[row, column], errors[row, column] = one.net, one.error
            ages[row, column] = (day - one.ends_on).days
        if campaigns:
            levels[row] = abs(sum(one.level for one in campaigns)) / len(campaigns)
    return PastCampaigns(
        estimates=estimates, errors=errors, ages=ages, levels=levels, campaigns=tuple(found)
    )


def _together(arms: list[Lesson]) -> Lesson:
    """Arms of one campaign as one: their mean by units told, with the mean of their errors.

    That is the error of a mean of estimates that go up and down together, as estimates do that are
    differences from the same holdout; it is the largest that there can be.
    """
    total = sum(arm.n for arm in arms)

    def mean(values: Sequence[float]) -> float:
        return sum(arm.n * value for arm, value in zip(arms, values, strict=True)) / total

    return Lesson(
        campaign_id=arms[0].campaign_id,
        report_id=arms[0].report_id,
        cell=arms[0].cell,
        ends_on=arms[0].ends_on,
        n=total,
        net=mean([arm.net for arm in arms]),
        error=mean([arm.error for arm in arms]),
        level=mean([arm.level for arm in arms]),
    )
