"""A launched campaign and its outcomes -> everything the report says, as frozen values.

Pure: frames and the plan in, findings out. Money in currency units per assigned unit (customer or
household), from exact integer sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from regulars_experiments.aggregation import aggregate
from regulars_experiments.checks import Balance, SampleRatio, sample_ratio
from regulars_experiments.comparison import Cell, Comparison, collect_moments, compare
from regulars_experiments.evaluation import Effect, evaluate
from regulars_experiments.moments import Moments, plan_moments
from regulars_experiments.multiplicity import holm
from regulars_experiments.pooling import Heterogeneity, Posterior, heterogeneity, single
from regulars_experiments.profit import Waterfall, waterfall
from regulars_experiments.profit_ratios import margin_per_cost, net_per_user
from regulars_experiments.profit_tests import net_p_values
from regulars_experiments.results import Answer, Estimate, FloatArray, Intervals
from regulars_experiments.segments import pool_segments
from regulars_experiments.sensitivities import Sensitivity
from regulars_experiments.verdicts import Decision, Evidence, evidence_of
from regulars_platform.campaigns.plan import HOLDOUT, MAX_ARMS, Plan
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.privacy import LEAST_SHOWN
from regulars_platform.reports.balances import balances
from regulars_platform.reports.deciding import Believed, believed_of, decide_for
from regulars_platform.reports.design import (
    NET,
    WHOLE,
    design_of,
    margins,
    profit_of,
    shapes_of,
)
from regulars_platform.reports.happenings import declared
from regulars_platform.reports.leak import leak_columns, leaks_of
from regulars_platform.reports.outcomes import offer_open_to, outcome_columns
from regulars_platform.reports.taken import taken_column

_COUNTS = ("orders", "buyer", "used_offer", "offer_user", *map(taken_column, range(MAX_ARMS)))


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
    the family (in segments of the tests of `profit_tests`). pooled: None for everybody. believed:
    what the decision is made of, here this campaign's; None without one. offer_uses:
    per unit of the arm / of the holdout. leak: what goes to orders that come anyway, as a share of
    what the arm's offer gives (by chance it may pass 1); None where it gives nothing.
    return_on_cost: margin per 1 of cost. per_user: net per unit that used the offer; None where
    there is none to use. hidden: too small to be shown. shared_error: of the net, for weighing
    segments against each other. sensitivity: net by other methods.
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
    believed: Believed | None
    decision: Decision | None
    offer_uses: float
    offer_uses_control: float
    leak: Answer | None
    return_on_cost: Answer
    per_user: Answer | None
    spread_changed: bool
    hidden: bool
    shared_error: float
    sensitivity: tuple[Sensitivity, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """All that was found. effects: the declared metrics, everybody and by segment.

    moments: by arm and segment, with the profit's columns, for what else is asked of them.
    """

    ratio: SampleRatio
    balances: tuple[tuple[str, Balance], ...]
    overall: tuple[GroupFinding, ...]
    segments: tuple[GroupFinding, ...]
    heterogeneity: tuple[tuple[str, Heterogeneity], ...]
    effects: tuple[Effect, ...]
    moments: Moments

    @property
    def shown_segments(self) -> tuple[str, ...]:
        """Segments large enough to be shown in every arm, in the plan's order."""
        hidden = {group.segment for group in self.segments if group.hidden}
        named = dict.fromkeys(group.segment for group in self.segments)
        return tuple(name for name in named if name is not None and name not in hidden)


def find(outcomes: pl.DataFrame, ledger: pl.DataFrame, plan: Plan) -> Findings:
    """Evaluate the outcomes (see `unit_outcomes`) of a launched plan."""
    told = [name for name in declared(plan) if name in outcomes.columns]
    design, columns = design_of(plan, told), profit_of(plan)
    taken = tuple(taken_column(i) for i in range(len(plan.arms)))
    anyway = tuple(f"anyway_{i}" for i in range(len(plan.arms)))
    extra = (*anyway, *taken)
    scales = {
        name: 1 if name in _COUNTS else MONEY_SCALE for name in (*outcome_columns(plan), *extra)
    } | dict.fromkeys(told, 1)
    frame = outcomes.lazy()
    by_segment = aggregate(
        frame,
        plan_moments(
            by=("arm", "segment"),
            columns={
                name: scales[name] for name in (*columns.all(), "orders", "used_offer", *extra)
            },
            pairs=[
                *((a, b) for a in columns.all() for b in (*columns.all(), *taken) if a != b),
                *(("offer_cost", given) for given in anyway),
            ],
            shapes=tuple(dict.fromkeys((*shapes_of(columns), *leak_columns(plan).values()))),
        ),
    )
    effects = evaluate(collect_moments(frame, design, scales), design)
    checks = {
        (effect.arm, None if effect.segment is None else effect.segment[1]): effect.sensitivity
        for effect in effects
        if effect.metric == NET
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
        balances=balances(ledger, plan),
        overall=tuple(_with_checks(group, checks) for group in overall),
        segments=tuple(_with_checks(group, checks) for group in segments),
        heterogeneity=_heterogeneity(segments, plan),
        effects=tuple(effect for effect in effects if effect.metric != NET and _shown(effect)),
        moments=by_segment,
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answers:
    """What was estimated in a list of cells; `adjusted` is None where there is but one test.

    per_user: by arm, each right in its own cells.
    """

    cells: Sequence[Cell]
    comparison: Comparison
    bars: Waterfall
    adjusted: FloatArray | None
    return_on_cost: Intervals
    per_user: Sequence[Intervals]
    leaks: Sequence[Answer | None]

    @property
    def errors(self) -> FloatArray:
        """Of the net, to believe by: the interval's, but segments are weighed by a shared one."""
        alone = len({cell.segment for cell in self.cells}) == 1
        return self.bars.net.standard_error if alone else self.bars.shared_error


def _groups(moments: Moments, plan: Plan, segments: Sequence[str | None]) -> list[GroupFinding]:
    """Findings of all arms in these groups; pooled over the groups, arm by arm."""
    cells = [
        Cell(arm=arm.name, segment=None if name is None else ("segment", name))
        for arm in plan.arms
        for name in segments
    ]
    answers = _answers(compare(moments, HOLDOUT, cells), cells, plan)
    found = []
    for start, _arm in enumerate(plan.arms):
        places = range(start * len(segments), (start + 1) * len(segments))
        posterior = _posterior(answers, plan, list(places))
        for within, place in enumerate(places):
            found.append(_group(plan, answers, place, (posterior, within)))
    return found


def _answers(comparison: Comparison, cells: Sequence[Cell], plan: Plan) -> _Answers:
    low, middle, high = margins(plan)
    confidence, columns = plan.confidence / WHOLE, profit_of(plan)
    bars = waterfall(comparison, columns, margin_low=low, margin_high=high, confidence=confidence)
    tests = bars.net.p_value
    if any(cell.segment is not None for cell in cells):
        tests = net_p_values(bars, comparison, columns, margin_low=low, margin_high=high)
    return _Answers(
        cells=cells,
        comparison=comparison,
        bars=bars,
        adjusted=holm(tests) if len(cells) > 1 else None,
        return_on_cost=margin_per_cost(
            bars, comparison, columns, margin_low=low, margin_high=high, confidence=confidence
        ),
        per_user=[
            net_per_user(
                bars, comparison, columns, taken_column(i), margin=middle, confidence=confidence
            )
            for i in range(len(plan.arms))
        ],
        leaks=leaks_of(comparison, plan, cells),
    )


def _posterior(answers: _Answers, plan: Plan, places: list[int]) -> Posterior | None:
    """Pooled over the groups of one arm; None where not one of them has an estimate."""
    net, error = answers.bars.net.estimate[places], answers.errors[places]
    if len(places) > 1:
        control = answers.comparison.summaries(profit_of(plan).margin(margins(plan)[1]))[0]
        return pool_segments(net, error, control.n[places], control.mean[places])
    # without a margin and a cost there is nothing to be uncertain about, and nothing to decide
    known = np.isfinite(net[0]) and np.isfinite(error[0]) and error[0] > 0
    return single(float(net[0]), float(error[0])) if known else None


def _group(
    plan: Plan, answers: _Answers, place: int, pooled: tuple[Posterior | None, int]
) -> GroupFinding:
    posterior, within = pooled
    cell, comparison, bars = answers.cells[place], answers.comparison, answers.bars
    margin = comparison.summaries(profit_of(plan).margin(margins(plan)[1]))
    n_control, n = int(margin[0].n[place]), int(margin[1].n[place])
    customers = _group_size(comparison.moments, cell)
    net = bars.net.answer(place)
    adjusted = None if answers.adjusted is None else float(answers.adjusted[place])
    corrected = None if adjusted is None or not np.isfinite(adjusted) else adjusted
    uses = comparison.summaries({"used_offer": 1})
    offer = offer_open_to(cell.arm, plan.arms)
    return GroupFinding(
        arm=cell.arm,
        segment=None if cell.segment is None else cell.segment[1],
        n=n,
        n_control=n_control,
        customers=customers,
        control_margin=float(margin[0].mean[place]) if n_control else None,
        net=net,
        bars=_bars(bars, place),
        adjusted_p=corrected,
        evidence=evidence_of(net, adjusted_p=corrected, confidence=plan.confidence / WHOLE),
        pooled=_pooled(posterior, within, plan, cell),
        believed=_believed(posterior, within, plan, len({c.segment for c in answers.cells}) > 1),
        decision=None
        if posterior is None
        else decide_for(
            posterior, within, plan, error=float(answers.errors[place]), customers=customers
        ),
        offer_uses=float(np.nan_to_num(uses[1].mean[place])),
        offer_uses_control=float(np.nan_to_num(uses[0].mean[place])),
        leak=answers.leaks[place],
        return_on_cost=answers.return_on_cost.answer(place),
        per_user=None
        if isinstance(offer, MessageOnly)
        else answers.per_user[plan.arm_names.index(cell.arm) - 1].answer(place),
        spread_changed=bars.spread_changed[place],
        hidden=cell.segment is not None and min(n, n_control) < LEAST_SHOWN,
        shared_error=float(bars.shared_error[place]),
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
    found = believed_of(posterior, within, plan, "segments")
    return Pooled(mean=found.mean, low=found.low, high=found.high)


def _believed(
    posterior: Posterior | None, within: int, plan: Plan, several: bool
) -> Believed | None:
    if posterior is None:
        return None
    return believed_of(posterior, within, plan, "segments" if several else "alone")


def _heterogeneity(
    segments: Sequence[GroupFinding], plan: Plan
) -> tuple[tuple[str, Heterogeneity], ...]:
    found = []
    for arm in plan.arms:
        known = [
            (group.net.estimate, group.shared_error)
            for group in segments
            if group.arm == arm.name and isinstance(group.net, Estimate)
        ]
        test = heterogeneity(
            np.array([estimate for estimate, _ in known]), np.array([error for _, error in known])
        )
        if test is not None:
            found.append((arm.name, test))
    return tuple(found)
