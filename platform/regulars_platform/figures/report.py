"""The shop report of a period: beside the one before and last year's, and the course up to it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from regulars_platform.figures.arrivals import Arrival, arrivals_until
from regulars_platform.figures.cohorts import Cohort, cohorts_until
from regulars_platform.figures.counts import Counts, count, count_one
from regulars_platform.figures.goals import Repurchase, repurchase_on
from regulars_platform.figures.life import Life, life_of
from regulars_platform.figures.periods import (
    By,
    Period,
    course,
    days_until,
    period_before,
    period_until,
    year_before,
)
from regulars_platform.figures.sheet import Figure, figures_of
from regulars_platform.figures.stage import DAYS, Stage, stage_of
from regulars_platform.figures.traffic import Traffic
from regulars_platform.figures.visits import Cut, Source

COURSE: Mapping[By, int] = {"day": 28, "week": 13, "month": 13}
"""How many periods the course shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One period of the report. counts, life: None where orders do not reach back."""

    period: Period
    counts: Counts | None
    figures: Mapping[str, Figure]
    life: Life | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopReport:
    """now, before (the period before) and year (the same of last year); course: period by period
    up to now; partial: the orders begin within the period; repurchase: at its end, before it and a
    year ago, None where a whole year of orders is not there; cut: for whom, None for everybody.

    What is asked of a segment has no course: its members are those of each period's own start.
    """

    by: By
    now: Column
    before: Column
    year: Column
    course: tuple[tuple[Period, Counts | None, Mapping[str, Figure]], ...]
    partial: bool
    stage: Stage
    repurchase: tuple[Repurchase, Repurchase | None, Repurchase | None]
    cohorts: tuple[Cohort, ...]
    arrivals: tuple[Arrival, ...]
    days: Period
    cut: Cut | None


def last_complete_day(source: Source, today: dt.date) -> dt.date | None:
    """The last day with a paid order, or yesterday if today has some already.

    None without any paid order before today.
    """
    if source.days is None:
        return None
    last = min(source.days.last, today - dt.timedelta(days=1))
    return last if last >= source.days.first else None


def build_report(
    source: Source, traffic: Traffic, *, by: By, day: dt.date, cut: Cut | None = None
) -> ShopReport:
    """The report of the latest period that is over at the end of `day`; the shop has paid orders.

    A shop without a whole month yet gets the month as far as it is.
    """
    days = source.days
    if days is None:
        raise ValueError("a report needs paid orders")
    now = period_until(by, day)
    if now.last < days.first:
        now = Period(first=day.replace(day=1), last=day)
    periods = (now, period_before(by, now), year_before(by, now))
    counts = list(count(source, periods, cut))
    partial = counts[0] is None
    if counts[0] is None:
        counts[0] = count_one(source, now, cut)
    told = traffic if cut is None else None
    columns = [
        Column(
            period=period,
            counts=counted,
            figures=figures_of(counted, told, period),
            life=life_of(source, period, cut),
        )
        for period, counted in zip(periods, counts, strict=True)
    ]
    return ShopReport(
        by=by,
        now=columns[0],
        before=columns[1],
        year=columns[2],
        course=() if cut else _course(source, traffic, course(by, now, COURSE[by])),
        partial=partial,
        stage=_stage(source, now.last, cut),
        repurchase=(
            repurchase_on(source, now.last, cut),
            _known_repurchase(source, periods[1].last, cut),
            _known_repurchase(source, periods[2].last, cut),
        ),
        cohorts=cohorts_until(source, now.last, cut, now.first),
        arrivals=arrivals_until(source, now.last, cut, now.first),
        days=days,
        cut=cut,
    )


def _course(
    source: Source, traffic: Traffic, periods: tuple[Period, ...]
) -> tuple[tuple[Period, Counts | None, Mapping[str, Figure]], ...]:
    counted = count(source, periods)
    found = [
        (period, one, figures_of(one, traffic, period))
        for period, one in zip(periods, counted, strict=True)
    ]
    while found and all(one.so_far is None for one in found[0][2].values()):
        found.pop(0)
    return tuple(found)


def _stage(source: Source, last: dt.date, cut: Cut | None) -> Stage:
    now = days_until(last, DAYS)
    before = days_until(now.first - dt.timedelta(days=1), DAYS)
    counted = count(source, [now, before], cut)
    return stage_of(counted[0] or count_one(source, now, cut), counted[1])


def _known_repurchase(source: Source, day: dt.date, cut: Cut | None) -> Repurchase | None:
    found = repurchase_on(source, day, cut)
    return None if found.year is None else found
