"""The whole programme against the global holdout: net profit and more per customer, and in all."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_experiments.aggregation import aggregate
from regulars_experiments.comparison import Cell, collect_moments, compare
from regulars_experiments.design import Baseline, detectable_effect
from regulars_experiments.evaluation import Effect, evaluate
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import plan_moments
from regulars_experiments.profit import waterfall
from regulars_experiments.results import Answer, Reason
from regulars_platform.campaigns.pooled import HOPED, rounds_until
from regulars_platform.fields import WHOLE
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programme_effect.people import GROUP, HELD, OTHERS
from regulars_platform.reports.design import PROFIT

CONFIDENCE = 0.95
NET = "net_profit"
GUARDRAILS = ("refunds", "unsubscribed", "complained")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What this holdout can tell. detectable: gain in net profit per customer that would be proved
    four times out of five, currency units; relative: as a share of spend; why: there is none.
    quarters: as many like this one, pooled, until a gain of `hoped` (a share) is proved; None:
    more than anybody waits for, or it cannot be said."""

    detectable: float | None
    relative: float | None
    why: Reason | None
    hoped: float
    quarters: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeFindings:
    """Others less the holdout, per customer in currency units. adjusted: the net with the spend of
    the time before taken into account (CUPED); removed: share of the variance that this takes away.
    effects: the other metrics by name."""

    others: int
    held: int
    net: Answer
    bars: tuple[tuple[str, Answer], ...]
    adjusted: Answer | None
    removed: float | None
    effects: tuple[Effect, ...]
    reach: Reach


def find_programme_effect(
    rows: pl.DataFrame, *, margin_low: int, margin_high: int
) -> ProgrammeFindings | None:
    """rows: see `people.group_rows`; margins in basis points. None where a group has nobody."""
    sizes = dict(rows.group_by(GROUP).len().iter_rows())
    others, held = sizes.get(OTHERS, 0), sizes.get(HELD, 0)
    if not others or not held:
        return None
    low, high = Fraction(margin_low, WHOLE), Fraction(margin_high, WHOLE)
    moments = aggregate(
        rows.lazy(),
        plan_moments(
            by=(GROUP,),
            columns=dict.fromkeys(PROFIT.all(), MONEY_SCALE),
            pairs=[(a, b) for a in PROFIT.all() for b in PROFIT.all() if a < b],
            shapes=("goods", "kept"),
        ),
    )
    comparison = compare(moments, HELD, [Cell(arm=OTHERS, segment=None)])
    bars = waterfall(comparison, PROFIT, margin_low=low, margin_high=high, confidence=CONFIDENCE)
    effects = _effects(rows, (low + high) / 2)
    net = next(effect for effect in effects if effect.metric == NET)
    cuped = next((one for one in net.sensitivity if one.method == "CUPED"), None)
    return ProgrammeFindings(
        others=others,
        held=held,
        net=bars.net.answer(0),
        bars=tuple(
            (name, getattr(bars, name).answer(0))
            for name in ("goods", "returns", "offer", "contact")
        ),
        adjusted=None if cuped is None else cuped.difference,
        removed=None if cuped is None else cuped.variance_removed,
        effects=tuple(effect for effect in effects if effect.metric != NET),
        reach=_reach(rows, others, held, float((low + high) / 2)),
    )


def _effects(rows: pl.DataFrame, rate: Fraction) -> tuple[Effect, ...]:
    design = Design(
        arm=GROUP,
        control=HELD,
        metrics=(
            Metric(name=NET, kind="mean", value=PROFIT.net(rate)),
            Metric(name="revenue", kind="mean", value={"revenue": 1}, role="secondary"),
            Metric(name="buyers", kind="conversion", value={"buyer": 1}, role="secondary"),
            Metric(name="refunds", kind="mean", value={"returned": 1}, role="guardrail"),
            Metric(
                name="unsubscribed",
                kind="conversion",
                value={"unsubscribed": 1},
                role="guardrail",
            ),
            Metric(name="complained", kind="conversion", value={"complained": 1}, role="guardrail"),
        ),
        covariates=("before",),
        confidence=CONFIDENCE,
    )
    counts = {"buyer": 1, "unsubscribed": 1, "complained": 1}
    money = dict.fromkeys((*PROFIT.all(), "revenue", "before"), MONEY_SCALE)
    return evaluate(collect_moments(rows.lazy(), design, {**money, **counts}), design)


def _reach(rows: pl.DataFrame, others: int, held: int, margin: float) -> Reach:
    """From what everybody spent in the days: with so few held back their own spread says little."""
    spend = rows["kept"].cast(pl.Float64) / MONEY_SCALE
    baseline = Baseline(
        buyers=np.array([float((spend > 0).sum()) / len(spend)]),
        mean=np.array([spend.mean() or 0.0], dtype=np.float64),
        sd=np.array([spend.std() or 0.0], dtype=np.float64),
    )
    found = detectable_effect(baseline, n_control=held, n_arm=others, confidence=CONFIDENCE)
    why = found.undefined[0]
    return Reach(
        detectable=None if why is not None else float(found.difference[0]) * margin,
        relative=None if why is not None else float(found.relative[0]),
        why=why,
        hoped=HOPED,
        quarters=rounds_until(baseline, n_control=held, n_arm=others, hoped=HOPED),
    )
