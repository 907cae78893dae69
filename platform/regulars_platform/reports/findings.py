"""A launched campaign and its outcomes -> everything the report says, as frozen values.

Pure: frames and the plan in, findings out. Money in currency units per assigned unit (customer or
household), from exact integer sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_experiments.aggregation import aggregate
from regulars_experiments.checks import Balance, SampleRatio, balance, sample_ratio
from regulars_experiments.comparison import Cell, Comparison, collect_moments, compare
from regulars_experiments.effects import ratio_limits, symmetric_limits
from regulars_experiments.evaluation import Effect, evaluate
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Moments, plan_moments
from regulars_experiments.multiplicity import holm
from regulars_experiments.pooling import Heterogeneity, Posterior, heterogeneity, pool, single
from regulars_experiments.profit import ProfitColumns, Waterfall, waterfall
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason
from regulars_experiments.sensitivities import Sensitivity
from regulars_experiments.verdicts import Decision, Evidence, decide, evidence_of
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.outcomes import OUTCOME_COLUMNS, offer_open_to

PROFIT = ProfitColumns(
    goods="goods",
    returned="returned",
    kept="kept",
    offer_cost="offer_cost",
    contact_cost="contact_cost",
)
LEAST_SHOWN = 10
"""A cell with fewer units in arm or holdout is hidden: its figures would be about persons."""

_NET = "net_profit"
_COUNTS = ("orders", "buyer", "used_offer")
_WHOLE = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar of the waterfall; costs are negative."""

    name: str
    amount: Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Pooled:
    """A segment's net per unit with what the other segments say: mean and central interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupFinding:
    """One arm against the holdout, for everybody (segment None) or one segment.

    n, n_control: units. customers: units of the whole group in all arms. control_margin: mean
    margin per unit of the holdout. net: per unit. bars: add up to net. adjusted_p: after Holm over
    the family. pooled: None for everybody. offer_uses: per unit of the arm / of the holdout.
    leak: what goes to orders that come anyway, as a share of what the arm's offer gives (by chance
    it may pass 1); None where it gives nothing. hidden: too small to be
    shown. sensitivity: net by other methods.
    """

    arm: str
    segment: str | None
    n: int
    n_control: int
    customers: int
    control_margin: float | None
    net: Answer
    bars: tuple[Bar, ...]
    adjusted_p: float | None
    evidence: Evidence
    pooled: Pooled | None
    decision: Decision | None
    offer_uses: float
    offer_uses_control: float
    leak: Answer | None
    spread_changed: bool
    hidden: bool
    sensitivity: tuple[Sensitivity, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """All that was found. effects: the declared metrics, everybody and by segment."""

    ratio: SampleRatio
    balances: tuple[tuple[str, Balance], ...]
    overall: tuple[GroupFinding, ...]
    segments: tuple[GroupFinding, ...]
    heterogeneity: tuple[tuple[str, Heterogeneity], ...]
    effects: tuple[Effect, ...]


def find(outcomes: pl.DataFrame, ledger: pl.DataFrame, plan: Plan) -> Findings:
    """Evaluate the outcomes (see `unit_outcomes`) of a launched plan."""
    design = _design(plan)
    extra = tuple(f"anyway_{i}" for i in range(len(plan.arms)))
    scales = {name: 1 if name in _COUNTS else MONEY_SCALE for name in (*OUTCOME_COLUMNS, *extra)}
    frame = outcomes.lazy()
    by_segment = aggregate(
        frame,
        plan_moments(
            by=("arm", "segment"),
            columns={
                name: scales[name] for name in (*PROFIT.all(), "orders", "used_offer", *extra)
            },
            pairs=[(a, b) for a in PROFIT.all() for b in PROFIT.all() if a < b],
            shapes=(PROFIT.goods, PROFIT.kept),
        ),
    )
    effects = evaluate(collect_moments(frame, design, scales), design)
    checks = {
        (effect.arm, None if effect.segment is None else effect.segment[1]): effect.sensitivity
        for effect in effects
        if effect.metric == _NET
    }
    overall = _groups(by_segment.rolled_up(["arm"]), plan, [None])
    present = [
        name for name in plan.segment_names if any(key[1] == name for key in by_segment.keys)
    ]
    segments = _groups(by_segment, plan, present)
    return Findings(
        ratio=sample_ratio(
            [int(_units(outcomes, arm)) for arm in plan.arm_names], [float(s) for s in plan.shares]
        ),
        balances=_balances(ledger, plan),
        overall=tuple(_with_checks(group, checks) for group in overall),
        segments=tuple(_with_checks(group, checks) for group in segments),
        heterogeneity=_heterogeneity(segments, plan),
        effects=tuple(effect for effect in effects if effect.metric != _NET and _shown(effect)),
    )


def _shown(effect: Effect) -> bool:
    """Small segments are hidden in every table, not only in that of the profit."""
    return effect.segment is None or min(effect.n_arm, effect.n_control) >= LEAST_SHOWN


def _with_checks(
    group: GroupFinding, checks: Mapping[tuple[str, str | None], tuple[Sensitivity, ...]]
) -> GroupFinding:
    """The group with its net profit by other methods, from the row-wise net of the same data."""
    return replace(group, sensitivity=checks.get((group.arm, group.segment), ()))


def _units(outcomes: pl.DataFrame, arm: str) -> int:
    return outcomes.filter(pl.col("arm") == arm).height


def _design(plan: Plan) -> Design:
    """The declared metrics, the primary one first, and the row-wise net for its checks."""
    rate = Fraction(plan.margin_low + plan.margin_high, 2 * _WHOLE)
    known = {
        _NET: Metric(
            name=_NET,
            kind="mean",
            value={
                PROFIT.kept: rate,
                PROFIT.offer_cost: -1,
                PROFIT.contact_cost: -1,
            },
        ),
        "revenue": Metric(name="revenue", kind="mean", value={"revenue": 1}),
        "orders": Metric(name="orders", kind="mean", value={"orders": 1}),
        "buyers": Metric(name="buyers", kind="conversion", value={"buyer": 1}),
        "refunds": Metric(name="refunds", kind="mean", value={"returned": 1}),
        "average_order_value": Metric(
            name="average_order_value",
            kind="ratio",
            value={"goods": 1},
            denominator={"orders": 1},
        ),
        "capped_revenue": Metric(name="capped_revenue", kind="mean", value={"capped_revenue": 1}),
    }
    wanted = [_NET, plan.primary_metric, *plan.secondary_metrics, "revenue", "average_order_value"]
    if plan.exclusions.customer_revenue_cap is not None:
        wanted.append("capped_revenue")
    wanted += plan.guardrails
    metrics = tuple(known[name] for name in dict.fromkeys(wanted) if name in known)
    return Design(
        arm="arm",
        control=HOLDOUT,
        metrics=metrics,
        covariates=("pre_spend",),
        segments=("segment",),
        confidence=plan.confidence / _WHOLE,
    )


def _groups(moments: Moments, plan: Plan, segments: Sequence[str | None]) -> list[GroupFinding]:
    """Findings of all arms in these groups; pooled over the groups, arm by arm."""
    confidence = plan.confidence / _WHOLE
    cells = [
        Cell(arm=arm.name, segment=None if name is None else ("segment", name))
        for arm in plan.arms
        for name in segments
    ]
    comparison = compare(moments, HOLDOUT, cells)
    bars = waterfall(
        comparison,
        PROFIT,
        margin_low=Fraction(plan.margin_low, _WHOLE),
        margin_high=Fraction(plan.margin_high, _WHOLE),
        confidence=confidence,
    )
    adjusted = holm(bars.net.p_value)
    found = []
    for start, _arm in enumerate(plan.arms):
        places = range(start * len(segments), (start + 1) * len(segments))
        posterior = _posterior(bars, comparison, plan, list(places))
        for within, place in enumerate(places):
            found.append(
                _group(plan, cells[place], comparison, bars, adjusted, place, (posterior, within))
            )
    return found


def _posterior(
    bars: Waterfall, comparison: Comparison, plan: Plan, places: list[int]
) -> Posterior | None:
    """Pooled over the groups of one arm; None where not one of them has an estimate."""
    net, error = bars.net.estimate[places], bars.net.standard_error[places]
    # without a margin and a cost there is nothing to be uncertain about, and nothing to decide
    if not (np.isfinite(net) & np.isfinite(error) & (error > 0)).any():
        return None
    if len(places) == 1:
        return single(float(net[0]), float(error[0]))
    rate = Fraction(plan.margin_low + plan.margin_high, 2 * _WHOLE)
    control = comparison.summaries({PROFIT.goods: rate})[0]
    weight = control.n[places]
    typical = float(np.nansum(weight * control.mean[places]) / weight.sum())
    # segments differ in effect by about what a customer brings at most; failing that, by the noise
    scale = typical if typical > 0 else float(np.nanmean(error))
    return pool(net, error, scale)


def _group(
    plan: Plan,
    cell: Cell,
    comparison: Comparison,
    bars: Waterfall,
    adjusted: FloatArray,
    place: int,
    pooled: tuple[Posterior | None, int],
) -> GroupFinding:
    posterior, within = pooled
    rate = Fraction(plan.margin_low + plan.margin_high, 2 * _WHOLE)
    margin = comparison.summaries({PROFIT.kept: rate})
    n_control, n = int(margin[0].n[place]), int(margin[1].n[place])
    customers = _group_size(comparison.moments, cell)
    net = bars.net.answer(place)
    family = len(adjusted) > 1
    corrected = float(adjusted[place]) if np.isfinite(adjusted[place]) else None
    uses = comparison.summaries({"used_offer": 1})
    return GroupFinding(
        arm=cell.arm,
        segment=None if cell.segment is None else cell.segment[1],
        n=n,
        n_control=n_control,
        customers=customers,
        control_margin=float(margin[0].mean[place]) if n_control else None,
        net=net,
        bars=_bars(bars, place),
        adjusted_p=corrected if family else None,
        evidence=evidence_of(
            net, adjusted_p=corrected if family else None, confidence=plan.confidence / _WHOLE
        ),
        pooled=_pooled(posterior, within, plan, cell),
        decision=_decision(posterior, within, plan, bars, place, customers),
        offer_uses=float(np.nan_to_num(uses[1].mean[place])),
        offer_uses_control=float(np.nan_to_num(uses[0].mean[place])),
        leak=_leak(comparison, plan, cell, place),
        spread_changed=bars.spread_changed[place],
        hidden=cell.segment is not None and min(n, n_control) < LEAST_SHOWN,
    )


def _bars(bars: Waterfall, place: int) -> tuple[Bar, ...]:
    named = (
        ("goods", bars.goods),
        ("returns", bars.returns),
        ("offer", bars.offer),
        ("contact", bars.contact),
        ("net", bars.net),
    )
    return tuple(Bar(name=name, amount=values.answer(place)) for name, values in named)


def _group_size(moments: Moments, cell: Cell) -> int:
    return sum(
        count
        for key, count in zip(moments.keys, moments.counts(moments.keys), strict=True)
        if cell.segment is None or key[1] == cell.segment[1]
    )


def _pooled(posterior: Posterior | None, within: int, plan: Plan, cell: Cell) -> Pooled | None:
    if posterior is None or cell.segment is None:
        return None
    tail = (1 - plan.confidence / _WHOLE) / 2
    return Pooled(
        mean=float(posterior.mean()[within]),
        low=float(posterior.quantile(tail)[within]),
        high=float(posterior.quantile(1 - tail)[within]),
    )


def _decision(
    posterior: Posterior | None,
    within: int,
    plan: Plan,
    bars: Waterfall,
    place: int,
    customers: int,
) -> Decision | None:
    if posterior is None:
        return None
    error = float(bars.net.standard_error[place])
    if not np.isfinite(error):
        # too small for an estimate of its own: one more test would be as vague as the belief now
        error = float(posterior.deviation()[within])
    return decide(
        posterior,
        within,
        customers=customers,
        rounds=plan.horizon_rounds,
        holdout_share=plan.holdout / _WHOLE,
        test_error=error,
    )


def _leak(comparison: Comparison, plan: Plan, cell: Cell, place: int) -> Answer | None:
    """What is given to orders that come anyway, over what is given in the arm.

    The holdout shows what comes anyway. An open offer is compared as it was used on both sides; a
    personal one, which the holdout cannot use, by the orders that reach it on both sides. A ratio
    of two means with Fieller's limits.
    """
    offer = offer_open_to(cell.arm, plan.arms)
    index = [arm.name for arm in plan.arms].index(cell.arm)
    is_open = offer is not None and offer.reach == "open"
    column = PROFIT.offer_cost if is_open else f"anyway_{index}"
    control, arm = comparison.summaries({column: 1})
    if not arm.mean[place] > 0 or not np.isfinite(control.mean[place]):
        return None
    of_arm, of_control = symmetric_limits(arm, control, plan.confidence / _WHOLE)
    low, high = ratio_limits(arm.mean, of_arm, control.mean, of_control)
    if not np.isfinite(low[place]) or not np.isfinite(high[place]):
        return NotEstimable(reason=Reason.UNBOUNDED)
    return Estimate(
        estimate=float(control.mean[place] / arm.mean[place]),
        standard_error=None,
        low=max(float(low[place]), 0.0),
        high=float(high[place]),
        p_value=None,
    )


def _heterogeneity(
    segments: Sequence[GroupFinding], plan: Plan
) -> tuple[tuple[str, Heterogeneity], ...]:
    found = []
    for arm in plan.arms:
        nets = [group.net for group in segments if group.arm == arm.name]
        known = [
            (net.estimate, net.standard_error)
            for net in nets
            if isinstance(net, Estimate) and net.standard_error
        ]
        test = heterogeneity(
            np.array([estimate for estimate, _ in known]), np.array([error for _, error in known])
        )
        if test is not None:
            found.append((arm.name, test))
    return tuple(found)


_COVARIATES = ("orders", "average_order_value", "spend", "pre_spend")


def _balances(ledger: pl.DataFrame, plan: Plan) -> tuple[tuple[str, Balance], ...]:
    """Each arm against the holdout on what was known before; money in the ledger's integers."""
    frame = ledger.lazy().with_columns(
        pl.col("orders", "pre_spend").fill_null(0),
        # currency units with up to four decimals, as the ledger keeps them
        (pl.col("average_order_value", "spend").fill_null(0) * MONEY_SCALE).round().cast(pl.Int64),
    )
    pairs = [(a, b) for i, a in enumerate(_COVARIATES) for b in _COVARIATES[i + 1 :]]
    moments = aggregate(
        frame,
        plan_moments(by=("arm",), columns=dict.fromkeys(_COVARIATES, 1), pairs=pairs),
    )
    found = []
    for arm in plan.arms:
        keys = [[(HOLDOUT,)], [(arm.name,)]]
        sides = [[moments.summary(key, {name: 1}) for name in _COVARIATES] for key in keys]
        n = [float(side[0].n[0]) for side in sides]
        parts = [
            np.array(
                [
                    [float(moments.covariance(key, {a: 1}, {b: 1})[0]) for b in _COVARIATES]
                    for a in _COVARIATES
                ]
            )
            for key in keys
        ]
        pooled = ((n[0] - 1) * parts[0] + (n[1] - 1) * parts[1]) / (n[0] + n[1] - 2)
        found.append((arm.name, balance(_COVARIATES, sides[0], sides[1], pooled)))
    return tuple(found)
