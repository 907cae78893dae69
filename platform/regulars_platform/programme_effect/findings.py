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
from regulars_experiments.profit import ProfitColumns, waterfall
from regulars_experiments.results import Answer, Reason
from regulars_platform.campaigns.pooled import HOPED, rounds_until
from regulars_platform.fields import WHOLE
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programme_effect.people import GROUP, HELD, MARGINS, OTHERS
from regulars_platform.reports.design import OF_PRODUCTS, PROFIT, shapes_of

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
    """rows: see `people.group_rows`; margins in basis points, of rows whose goods are not counted
    by the margin that they earn already. None where a group has nobody."""
    sizes = dict(rows.group_by(GROUP).len().iter_rows())
    others, held = sizes.get(OTHERS, 0), sizes.get(HELD, 0)
    if not others or not held:
        return None
    by_product = MARGINS[0] in rows.columns
    columns = OF_PRODUCTS if by_product else PROFIT
    low, high = (
        (Fraction(1), Fraction(1))
        if by_product
        else (Fraction(margin_low, WHOLE), Fraction(margin_high, WHOLE))
    )
    moments = aggregate(
        rows.lazy(),
        plan_moments(
            by=(GROUP,),
            columns=dict.fromkeys(columns.all(), MONEY_SCALE),
            pairs=[(a, b) for a in columns.all() for b in columns.all() if a < b],
            shapes=shapes_of(columns),
        ),
    )
    comparison = compare(moments, HELD, [Cell(arm=OTHERS, segment=None)])
    bars = waterfall(comparison, columns, margin_low=low, margin_high=high, confidence=CONFIDENCE)
    effects = _effects(rows, columns, (low + high) / 2)
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
        reach=_reach(rows, others, held, _usual_margin(rows, columns, (low + high) / 2)),
    )


def _usual_margin(rows: pl.DataFrame, columns: ProfitColumns, rate: Fraction) -> float:
    """What one unit of money spent earns."""
    kept, earned = (int(rows[name].sum()) for name in ("kept", columns.kept or columns.goods))
    return float(rate * earned / kept) if kept > 0 else float(rate)


def _effects(rows: pl.DataFrame, columns: ProfitColumns, rate: Fraction) -> tuple[Effect, ...]:
    design = Design(
        arm=GROUP,
        control=HELD,
        metrics=(
            Metric(name=NET, kind="mean", value=columns.net(rate)),
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
    money = dict.fromkeys((*columns.all(), "returned", "revenue", "before"), MONEY_SCALE)
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
