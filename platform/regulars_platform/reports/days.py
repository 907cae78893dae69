"""What a campaign brought by day since launch: of each day, and of everything up to it.

The outcome of the report by day: the same orders, costs and margins, so that the last day's total
is the report's net. Contacting counts on the first day, what was given back under an order number
of its own on its day, and what came back after the window on the window's last day.

How much of the early effect is kept is asked at day 14, 30 and 60, also after the window: what its
customers bought then, in either arm, tells whether purchases were only brought forward.
"""

import datetime as dt
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_experiments.comparison import Cell, Comparison, compare
from regulars_experiments.days import DAY, DayMoments, DayPlan, aggregate_days
from regulars_experiments.moments import plan_moments
from regulars_experiments.profit import Waterfall, waterfall
from regulars_experiments.ratios import Extent, RatioSet, kept_share
from regulars_experiments.results import Answer, Estimate, NotEstimable, Reason
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.design import (
    WHOLE,
    goods_columns,
    margins,
    profit_of,
    shapes_of,
)
from regulars_platform.reports.outcomes import WindowOrders, units_of

MARKS = (14, 30, 60)
"""Days since launch at which is asked what is left; up to the first of them an effect is early."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayFinding:
    """Net profit per assigned unit, arm less holdout: from launch to this day, and of it alone."""

    date: dt.date
    cumulative: Answer
    daily: Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptShare:
    """How much of what the first days brought is left later: margin less offer.

    settles: returns are waited for until the end of this day, and the share is provisional before.
    """

    early_days: int
    late_days: int
    share: Answer
    settles: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmDays:
    """One arm against the holdout, everybody, day after day from the send date on."""

    arm: str
    days: tuple[DayFinding, ...]
    kept: tuple[KeptShare, ...]


def find_days(
    orders: WindowOrders,
    ledger: pl.DataFrame,
    plan: Plan,
    until: dt.date,
    later: pl.DataFrame | None = None,
) -> tuple[ArmDays, ...]:
    """By day up to `until` or the end of the window; none where orders end before it begins.

    later: what was bought after the window (see `later_orders`), for the share that is kept.
    """
    last = (min(until, plan.outcome_end) - plan.send_date).days
    if last < 0:
        return ()
    reached = last if later is None else max(last, (until - plan.send_date).days)
    early, late = _marks(last + 1, reached + 1)
    end = max([last, *(days - 1 for days in late)])
    # numbers are sorted and grouped many times faster than the shop's own ids
    units = units_of(ledger, plan).with_row_index("unit")
    columns = profit_of(plan)
    moments = aggregate_days(
        units.select("unit", "arm").lazy(),
        _movements(orders, later, units, plan, last).lazy(),
        DayPlan(
            cells=plan_moments(
                by=("arm",),
                columns=dict.fromkeys(columns.all(), MONEY_SCALE),
                pairs=[(a, b) for a in columns.all() for b in columns.all() if a < b],
                shapes=shapes_of(columns),
            ),
            unit="unit",
            last_day=end,
            references=(early - 1,) if late else (),
        ),
    )
    return tuple(_arm_days(moments, arm.name, plan, last, (early, late)) for arm in plan.arms)


def _marks(window: int, reached: int) -> tuple[int, tuple[int, ...]]:
    """(days that count as early, later days to ask about): the window's end and the marks."""
    early = min(MARKS[0], window)
    late = {window, *(mark for mark in MARKS if mark <= reached)}
    return early, tuple(sorted(days for days in late if days > early))


def _movements(
    orders: WindowOrders, later: pl.DataFrame | None, units: pl.DataFrame, plan: Plan, last: int
) -> pl.DataFrame:
    """unit, day, and the columns of the profit: what was bought, given back and spent."""
    local = pl.col("ordered_at").dt.convert_time_zone(plan.timezone).dt.date()
    since = (local - plan.send_date).dt.total_days()
    day = since.clip(0, last).alias(DAY)
    goods, returned, kept = goods_columns(plan)
    bought = orders.purchases.select("unit_id", day, goods, "offer_cost")
    paid_out = orders.rewards.select("unit_id", day, "offer_cost")
    given_back = orders.every.select("unit_id", day, returned)
    parts = [bought, given_back, paid_out]
    if later is not None:
        parts.append(later.select("unit_id", since.alias(DAY), goods, returned))
    ordered = pl.concat(parts, how="diagonal").join(units.select("unit_id", "unit"), on="unit_id")
    contacted = units.filter(pl.col("contact_cost") != 0).select(
        "unit", pl.lit(0, dtype=pl.Int64).alias(DAY), "contact_cost"
    )
    together = pl.concat([ordered.drop("unit_id"), contacted], how="diagonal").fill_null(0)
    return together.with_columns((pl.col(goods) - pl.col(returned)).alias(kept))


def _arm_days(
    moments: DayMoments, arm: str, plan: Plan, last: int, marks: tuple[int, tuple[int, ...]]
) -> ArmDays:
    low, _, high = margins(plan)
    days = list(range(last + 1))
    cumulative = _waterfall(_compared(moments, arm, days), plan, (low, high)).net.answers()
    cells = [Cell(arm=arm, segment=(DAY, str(day))) for day in days]
    daily = _waterfall(compare(moments.daily, HOLDOUT, cells), plan, (low, high)).net.answers()
    return ArmDays(
        arm=arm,
        days=tuple(
            DayFinding(date=plan.send_date + dt.timedelta(days=day), cumulative=total, daily=own)
            for day, total, own in zip(days, cumulative, daily, strict=True)
        ),
        kept=tuple(_kept(moments, arm, plan, marks[0] - 1, days - 1) for days in marks[1]),
    )


def _compared(moments: DayMoments, arm: str, days: list[int]) -> Comparison:
    cells = [Cell(arm=arm, segment=(DAY, str(day))) for day in days]
    return compare(moments.cumulative, HOLDOUT, cells)


def _waterfall(comparison: Comparison, plan: Plan, ends: tuple[Fraction, Fraction]) -> Waterfall:
    return waterfall(
        comparison,
        profit_of(plan),
        margin_low=ends[0],
        margin_high=ends[1],
        confidence=plan.confidence / WHOLE,
    )


def _kept(moments: DayMoments, arm: str, plan: Plan, early: int, late: int) -> KeptShare:
    """At the middle of the margins and without the contact's cost, which is spent at once.

    The errors are those of the calibrated interval, and the covariance grows with them.
    """
    _, rate, _ = margins(plan)
    columns = replace(profit_of(plan), contact_cost=None)
    comparison = _compared(moments, arm, [early, late])
    effect = waterfall(
        comparison,
        columns,
        margin_low=rate,
        margin_high=rate,
        confidence=plan.confidence / WHOLE,
    ).net
    value = columns.net(rate)
    sides = comparison.summaries(value)
    plain = np.sqrt(sides[0].error2 + sides[1].error2)
    within = moments.covariance([(HOLDOUT,), (arm,)], value, early, late)
    with np.errstate(divide="ignore", invalid="ignore"):
        shared = float(within[0] / sides[0].n[0] + within[1] / sides[1].n[0])
        covariance = shared * float(np.prod(effect.standard_error / plain))
    found = kept_share(
        effect.estimate[1:],
        effect.estimate[:1],
        late_error=effect.standard_error[1:],
        early_error=effect.standard_error[:1],
        covariance=np.array([covariance]),
        confidence=plan.confidence / WHOLE,
    ).answer(0)
    unknown = [reason for reason in effect.undefined if reason is not None]
    share: Answer
    if unknown:
        share = NotEstimable(reason=unknown[0])
    elif not isinstance(found, RatioSet):
        share = found
    elif found.extent is not Extent.BOUNDED or not effect.estimate[0] > 0:
        share = NotEstimable(reason=Reason.NOT_A_RATIO)
    else:
        share = _bounded(found)
    return KeptShare(
        early_days=early + 1, late_days=late + 1, share=share, settles=_settles(plan, late)
    )


def _settles(plan: Plan, late: int) -> dt.date:
    """Returns take as long after a later day as the plan gives them after the window."""
    beyond = max(plan.send_date + dt.timedelta(days=late) - plan.outcome_end, dt.timedelta())
    return plan.settle_until + beyond


def _bounded(found: RatioSet) -> Answer:
    if found.estimate is None or found.low is None or found.high is None:
        return NotEstimable(reason=Reason.NOT_A_RATIO)
    return Estimate(
        estimate=found.estimate,
        standard_error=None,
        low=found.low,
        high=found.high,
        p_value=None,
    )
