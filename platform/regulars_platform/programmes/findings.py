"""What a programme has brought: entries told less entries held back, in money, at every look.

The interval of the running result is a confidence sequence: right at every week together, so that
whoever looks each week and stops as soon as it pays is wrong no more often than promised.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_experiments.aggregation import aggregate
from regulars_experiments.checks import SampleRatio, sample_ratio
from regulars_experiments.comparison import Cell, Comparison, compare
from regulars_experiments.moments import Moments, build_moments, plan_moments
from regulars_experiments.profit import ProfitColumns, Waterfall, waterfall
from regulars_experiments.results import Answer, Estimate, Intervals, NotEstimable, Reason
from regulars_experiments.sequential import (
    LEAST_BUYERS_AT_A_LOOK,
    LEAST_BUYERS_UNBORROWED,
    boundary_factor,
)
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.fields import WHOLE
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.privacy import LEAST_SHOWN
from regulars_platform.programmes.outcomes import COHORT, EntryOutcomes
from regulars_platform.programmes.plan import TOLD, ProgrammePlan
from regulars_platform.reports.design import OF_PRODUCTS, PROFIT, shapes_of

KEEP, STOP, GO_ON, TOO_EARLY = "keep", "stop", "go_on", "too_early"


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """Entries whose windows began in the week from `begins` on, and all up to its end.

    n_told, n_held: of the week. own: net per entry of the week alone, with an interval that is
    peek-safe for it; all_so_far: of everything up to it.
    """

    begins: dt.date
    n_told: int
    n_held: int
    own: Answer
    all_so_far: Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """What is missing for a first answer. buyers: expected so far in the smaller arm; needed: from
    which on there is an answer; ready_on: when that will be at the present pace, None: cannot be
    said."""

    buyers: float
    needed: int
    ready_on: dt.date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeFindings:
    """Money in currency units per entry. net: told less held back, peek-safe.

    bars: (name, answer), at the ordinary confidence; they add up to the net's estimate. ratio: None
    where nobody has a result yet. waiting: entries whose windows are not over; after: whose
    windows begin after the last order. waits: only where it is too early. reach: half the width of
    the interval once the planned entries are there, None where that is not known.
    """

    n_told: int
    n_held: int
    waiting: int
    after: int
    buyers_told: int
    buyers_held: int
    net: Answer
    bars: tuple[tuple[str, Answer], ...]
    ratio: SampleRatio | None
    weeks: tuple[Week, ...]
    advice: str
    waits: Patience | None
    planned: int
    reach: float | None


def find_programme(
    outcomes: EntryOutcomes, plan: ProgrammePlan, *, planned: int, until: dt.date
) -> ProgrammeFindings:
    """planned: entries at which the running interval is narrowest; until: last day of orders."""
    frame = outcomes.settled
    columns = _columns(plan)
    moments = aggregate(
        frame.lazy(),
        plan_moments(
            by=("arm", COHORT),
            columns=dict.fromkeys(columns.all(), MONEY_SCALE),
            pairs=[(a, b) for a in columns.all() for b in columns.all() if a < b],
            shapes=shapes_of(columns),
        ),
    )
    cohorts = sorted({str(key[1]) for key in moments.keys})
    arms = moments.rolled_up(["arm"])
    whole = compare(arms, HOLDOUT, [Cell(arm=TOLD, segment=None)])
    found = _waterfall(whole, plan, [planned])
    net = _safe(found).answer(0)
    n_held, n_told = arms.counts([(HOLDOUT,), (TOLD,)])
    buyers = {name: int(frame.filter(pl.col("arm") == name)["buyer"].sum()) for name in _ARMS}
    return ProgrammeFindings(
        n_told=n_told,
        n_held=n_held,
        waiting=outcomes.waiting,
        after=outcomes.after,
        buyers_told=buyers[TOLD],
        buyers_held=buyers[HOLDOUT],
        net=net,
        bars=_bars(found),
        ratio=_ratio(n_told, n_held, plan),
        weeks=_weeks(moments, cohorts, plan, planned),
        advice=_advice(net),
        waits=_patience(net, buyers, (n_told, n_held), cohorts, plan, until),
        planned=planned,
        reach=_reach(net, n_told + n_held, plan, planned),
    )


_ARMS = (HOLDOUT, TOLD)


def _weeks(
    moments: Moments, cohorts: Sequence[str], plan: ProgrammePlan, planned: int
) -> tuple[Week, ...]:
    if not cohorts:
        return ()
    cells = [Cell(arm=TOLD, segment=(COHORT, name)) for name in cohorts]
    sizes = [moments.counts([(arm, name) for arm in _ARMS]) for name in cohorts]
    own = compare(moments, HOLDOUT, cells)
    alone = _safe(_waterfall(own, plan, [max(sum(pair), 1) for pair in sizes])).answers()
    so_far = compare(_cumulative(moments, cohorts), HOLDOUT, cells)
    running = _safe(_waterfall(so_far, plan, [planned] * len(cohorts))).answers()
    weeks = []
    for name, (held, told), each, total in zip(cohorts, sizes, alone, running, strict=True):
        few = min(held, told) < LEAST_SHOWN
        weeks.append(
            Week(
                begins=dt.date.fromisoformat(name),
                n_told=told,
                n_held=held,
                own=NotEstimable(reason=Reason.TOO_FEW_UNITS) if few else each,
                all_so_far=total,
            )
        )
    return tuple(weeks)


def _cumulative(moments: Moments, cohorts: Sequence[str]) -> Moments:
    """The same keys with the sums of all weeks up to each."""
    keys = [(arm, name) for arm in _ARMS for name in cohorts]
    rows = np.zeros((len(keys), moments.sums.shape[1]), dtype=object)
    place = {key: i for i, key in enumerate(moments.keys)}
    for i, key in enumerate(keys):
        if key in place:
            rows[i] = moments.sums[place[key]]
    for start in range(0, len(keys), len(cohorts)):
        rows[start : start + len(cohorts)] = np.cumsum(
            rows[start : start + len(cohorts)], axis=0, dtype=object
        )
    return build_moments(moments.plan, keys, rows)


def _waterfall(comparison: Comparison, plan: ProgrammePlan, planned: Sequence[int]) -> Waterfall:
    # goods of plans by costs per product count as the margin that they earn already
    by_product = plan.margin_source == "products"
    return waterfall(
        comparison,
        _columns(plan),
        margin_low=Fraction(1) if by_product else Fraction(plan.margin_low, WHOLE),
        margin_high=Fraction(1) if by_product else Fraction(plan.margin_high, WHOLE),
        confidence=plan.confidence / WHOLE,
        planned=np.array(planned, dtype=np.float64),
    )


def _columns(plan: ProgrammePlan) -> ProfitColumns:
    return OF_PRODUCTS if plan.margin_source == "products" else PROFIT


def _safe(found: Waterfall) -> Intervals:
    if found.net_at_every_look is None:
        raise ValueError("the planned number of entries was not given")
    return found.net_at_every_look


def _bars(found: Waterfall) -> tuple[tuple[str, Answer], ...]:
    named = (
        ("goods", found.goods),
        ("returns", found.returns),
        ("offer", found.offer),
        ("contact", found.contact),
        ("net", found.net),
    )
    return tuple((name, values.answer(0)) for name, values in named)


def _ratio(n_told: int, n_held: int, plan: ProgrammePlan) -> SampleRatio | None:
    if n_told + n_held == 0:
        return None
    return sample_ratio([n_held, n_told], [float(plan.holdout), float(WHOLE - plan.holdout)])


def _advice(net: Answer) -> str:
    if not isinstance(net, Estimate):
        return TOO_EARLY
    if net.low > 0:
        return KEEP
    return STOP if net.high < 0 else GO_ON


def _patience(
    net: Answer,
    buyers: dict[str, int],
    sizes: tuple[int, int],
    cohorts: Sequence[str],
    plan: ProgrammePlan,
    until: dt.date,
) -> Patience | None:
    """The pace is that of the weeks whose windows are over; a further entry is known only when its
    window is over, too."""
    if isinstance(net, Estimate):
        return None
    unborrowed = net.reason is Reason.TOO_EARLY_TO_LOOK
    needed = LEAST_BUYERS_UNBORROWED if unborrowed else LEAST_BUYERS_AT_A_LOOK
    entered = sum(sizes)
    expected = min(sizes) * sum(buyers.values()) / entered if entered else 0.0
    ready_on = None
    if cohorts and expected > 0:
        begun = dt.date.fromisoformat(cohorts[0])
        ripe_until = until - dt.timedelta(days=plan.window_days - 1)
        days = max((ripe_until - begun).days + 1, 1)
        more = math.ceil(max(needed - expected, 0) / expected * days)
        ready_on = until + dt.timedelta(days=more) if more < 3650 else None
    return Patience(buyers=expected, needed=needed, ready_on=ready_on)


def _reach(net: Answer, n: int, plan: ProgrammePlan, planned: int) -> float | None:
    """Half the width at the planned entries if the spread stays: errors fall with the root of the
    number, and the boundary is what it is there."""
    if not isinstance(net, Estimate) or n == 0 or n >= planned:
        return None
    sizes = np.array([n, planned], dtype=np.float64)
    now, then = boundary_factor(sizes, np.array([float(planned)]), plan.confidence / WHOLE)
    return (net.high - net.low) / 2 * math.sqrt(n / planned) * float(then / now)
