"""Which threshold earns most: net profit over the steps of a ladder, or over how near people were.

A ladder's arms differ in one number: the multiple k of each customer's own past order value from
which the offer starts, or a threshold T for all. `find_steps` answers with the curve of the net
profit over it. Evidence is the calibrated interval of the waterfall, at each step alone and as a
band that holds at all steps at once; advice is the expected money under a smooth prior
(`smooth_effects`), which also says how likely each step is the best.

With one threshold only, customers differ in how near they were: r = past order value / T.
`threshold_ratios` answers for which r it pays.

Three thresholds, 2,000 customers each and 2,000 held out; the middle one sold most:

>>> import polars as pl
>>> from regulars_experiments.aggregation import aggregate
>>> from regulars_experiments.moments import plan_moments
>>> sold = {"held": 100, "k = 0.9": 110, "k = 1.1": 180, "k = 1.3": 120}
>>> rows = [(arm, goods) for arm, n in sold.items() for goods in [40, 60, 110] * n + [0] *
...         (2_000 - 3 * n)]
>>> frame = pl.DataFrame(rows, schema=["arm", "goods"], orient="row")
>>> moments = aggregate(frame.lazy(), plan_moments(by=["arm"], columns={"goods": 1},
...                                                shapes=["goods"]))
>>> ladder = Ladder(control="held", arms=tuple(sold)[1:], steps=(9_000, 11_000, 13_000))
>>> money = Money(columns=ProfitColumns(goods="goods"), margin_low=Fraction(1, 2),
...               margin_high=Fraction(1, 2), confidence=0.95)
>>> curve = find_steps(moments, ladder, [None], money)[0]
>>> curve.net.estimate.round(2).tolist(), curve.net.low.round(2).tolist()
([0.53, 4.2, 1.05], [-0.34, 3.23, 0.16])
>>> curve.band.low.round(2).tolist(), curve.recommended, bool(curve.chance_best[1] > 0.99)
([-0.52, 3.04, -0.01], 1, True)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from regulars_experiments.comparison import Cell, Comparison, compare
from regulars_experiments.moments import Key, Moments
from regulars_experiments.multiplicity import holm
from regulars_experiments.pooling import Posterior
from regulars_experiments.price_points import UNIT, Style, personal_thresholds
from regulars_experiments.profit import ProfitColumns, net_profit
from regulars_experiments.results import Answer, Estimate, FloatArray, Intervals
from regulars_experiments.simultaneous import joint_confidence, joint_quantile
from regulars_experiments.smooth_effects import Beliefs, NoisyEffects, smooth_effects
from regulars_experiments.verdicts import Evidence, evidence_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """Arms against one holdout that differ in one number.

    arms: names, in the order of `steps`. steps: the multiples k in basis points, or the thresholds
    in ten-thousandths of a currency unit; above zero, rising. Raises ValueError for anything else.
    """

    control: str
    arms: tuple[str, ...]
    steps: tuple[int, ...]

    def __post_init__(self) -> None:
        """Fewer than two steps are no ladder."""
        if len(self.arms) != len(self.steps) or len(self.steps) < 2:
            raise ValueError("a ladder needs two arms or more, and a step for each")
        rising = all(a < b for a, b in zip(self.steps, self.steps[1:], strict=False))
        if not rising or self.steps[0] <= 0:
            raise ValueError("the steps of a ladder must be above zero and rise")

    @property
    def scale(self) -> FloatArray:
        """The steps in natural units."""
        return np.array(self.steps, dtype=np.float64) / UNIT


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """What a net profit is made of: columns, the margin or its range, and the confidence."""

    columns: ProfitColumns
    margin_low: Fraction
    margin_high: Fraction
    confidence: float

    def net(self, comparison: Comparison, confidence: float) -> Intervals:
        """The net profit at another confidence."""
        return net_profit(
            comparison,
            self.columns,
            margin_low=self.margin_low,
            margin_high=self.margin_high,
            confidence=confidence,
        )

    @property
    def margin(self) -> Fraction:
        """The middle of the range."""
        return (self.margin_low + self.margin_high) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbour:
    """The recommended step against the one beside it.

    difference: of net per customer, recommended minus neighbour, arm against arm. evidence: after
    Holm's correction over all pairs of neighbours, so that looking for the best costs nothing.
    """

    step: int
    difference: Answer
    adjusted_p: float | None
    evidence: Evidence


@dataclass(frozen=True, kw_only=True, slots=True)
class StepCurve:
    """Net profit per customer over the steps of a ladder, for everybody or one segment.

    Arrays have shape (steps,). net: each step with its own interval. band: the same with limits
    that hold at all steps at once. beliefs: what is believed of all steps together, in `group`;
    None where no step has an estimate, and then chance_best and expected_loss are NaN and there is
    no recommended step. expected_loss: of choosing the step although another may be better.
    """

    segment: str | None
    ladder: Ladder
    customers: FloatArray
    net: Intervals
    band: Intervals
    beliefs: Beliefs | None
    group: int
    chance_best: FloatArray
    expected_loss: FloatArray
    recommended: int | None
    neighbours: tuple[Neighbour, ...]

    @property
    def believed(self) -> Posterior | None:
        """Each step by itself."""
        return None if self.beliefs is None else self.beliefs.at(self.group)

    @property
    def pays(self) -> bool:
        """Whether the recommended step is expected to earn anything."""
        believed = self.believed
        if believed is None or self.recommended is None:
            return False
        return bool(believed.mean()[self.recommended] > 0)


def find_steps(
    moments: Moments, ladder: Ladder, segments: Sequence[str | None], money: Money
) -> tuple[StepCurve, ...]:
    """The curve over the steps, one per segment, pooled over the segments.

    moments: by (arm,) with segments = [None], or by (arm, segment) with names. Source: band,
    Dunnett 1955 on the calibrated limits; advice, `smooth_effects`.
    """
    cells = [
        Cell(arm=arm, segment=None if name is None else ("segment", name))
        for name in segments
        for arm in ladder.arms
    ]
    comparison = compare(moments, ladder.control, cells)
    shape = (len(segments), len(ladder.arms))
    net = money.net(comparison, money.confidence)
    noisy = _noise(comparison, net, ladder, shape, money)
    # one quantile for all segments, the largest: they differ in the third digit
    quantile = joint_quantile(_loadings(noisy), money.confidence).max()
    band = money.net(comparison, float(joint_confidence(quantile)))
    beliefs = None
    if np.isfinite(noisy.estimates).any():
        beliefs = smooth_effects(noisy, prior_scale(comparison, noisy.estimates, noisy.own, money))
    contrasts = _contrasts(moments, ladder, segments, money)
    customers = comparison.summaries({})[1].n.reshape(shape)
    found = []
    for group, name in enumerate(segments):
        places = slice(group * shape[1], (group + 1) * shape[1])
        chance = loss = np.full(shape[1], np.nan)
        best: int | None = None
        neighbours: tuple[Neighbour, ...] = ()
        if beliefs is not None:
            chance, loss = beliefs.best(group)
            best = int(beliefs.at(group).mean().argmax())
            neighbours = _neighbours(best, contrasts[group], money.confidence)
        found.append(
            StepCurve(
                segment=name,
                ladder=ladder,
                customers=customers[group],
                net=net.part(places),
                band=band.part(places),
                beliefs=beliefs,
                group=group,
                chance_best=chance,
                expected_loss=loss,
                recommended=best,
                neighbours=neighbours,
            )
        )
    return tuple(found)


def price_point(step: int, typical_value: int, style: Style, floor: int = 0) -> int:
    """What a customer who typically spends that much is told: as in `personal_thresholds`.

    step: k in basis points. typical_value: a past order value above zero. floor: nobody's
    threshold is below it. All in ten-thousandths.

    >>> price_point(11_500, 71_9900, "nines") / UNIT
    85.0
    """
    return int(personal_thresholds([typical_value], step, style, floor)[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What another threshold is expected to earn more than the present one, per customer.

    low, high: central interval of what is believed. chance: that it earns more at all. value: for
    all customers of one round.
    """

    gain: float
    low: float
    high: float
    chance: float

    def value(self, customers: float) -> float:
        """Expected money of one round."""
        return self.gain * customers


def change_step(curve: StepCurve, present: int, confidence: float) -> Change | None:
    """Going over to the recommended step from another; None where that is the present one.

    present: place of the step in use. Per customer of this group.
    """
    if curve.beliefs is None or curve.recommended is None or curve.recommended == present:
        return None
    weights = np.zeros(len(curve.ladder.steps))
    weights[curve.recommended], weights[present] = 1.0, -1.0
    return change_of(curve.beliefs.of_sum(curve.group, weights), confidence)


def change_of(gain: Posterior, confidence: float) -> Change:
    """A belief about one gain as a change.

    >>> from regulars_experiments.pooling import single
    >>> found = change_of(single(0.2, 0.1), 0.95)
    >>> round(found.low, 3), round(found.high, 3), round(found.chance, 3), found.value(50_000)
    (0.004, 0.396, 0.977, 10000.0)
    """
    tail = (1 - confidence) / 2
    return Change(
        gain=float(gain.mean()[0]),
        low=float(gain.quantile(tail)[0]),
        high=float(gain.quantile(1 - tail)[0]),
        chance=float(gain.chance_above_zero()[0]),
    )


def noise_of(
    comparison: Comparison, net: Intervals, money: Money, shape: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Errors of the net by which cells are weighed: (the arm's part, the control's), of `shape`.

    shape: (families, cells of a family); a family's cells share one control. The variance is that
    of all groups of a family together: by its own a group without a big basket would have a small
    mean and a small error at once (see `segments`). Where the margin is a range the errors grow as
    the interval does.
    """
    control, arm = comparison.summaries(money.columns.net(money.margin))
    n_c, v_c = control.n.reshape(shape)[:, :1], control.variance.reshape(shape)[:, :1]
    n, v = arm.n.reshape(shape), arm.variance.reshape(shape)
    sizes, variances = np.hstack([n_c, n]), np.hstack([v_c, v])
    known = (sizes >= 2) & np.isfinite(variances)
    freedom = np.where(known, sizes - 1, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (freedom * np.where(known, variances, 0.0)).sum(axis=1, keepdims=True)
        error = np.sqrt(inside / freedom.sum(axis=1, keepdims=True))
        wider = _widening(comparison, net, money).reshape(shape)
        return wider * error / np.sqrt(n), wider * error / np.sqrt(n_c)


def prior_scale(
    comparison: Comparison, estimates: FloatArray, errors: FloatArray, money: Money
) -> float:
    """The most that effects are thought to differ by: what the control earns.

    Where it earns nothing (goods without a margin): what the estimates differ by, or the noise.
    """
    control = comparison.summaries(money.columns.margin(money.margin))[0]
    present = (control.n > 0) & np.isfinite(control.mean)
    n = control.n[present]
    typical = abs(float(n @ control.mean[present])) / float(n.sum()) if present.any() else 0.0
    if typical > 0:
        return typical
    known = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    return max(float(errors[known].mean()), float(np.ptp(estimates[known])))


def _widening(comparison: Comparison, net: Intervals, money: Money) -> FloatArray:
    """How much wider the range of the margin makes each interval; 1 where it is no range."""
    if money.margin_low == money.margin_high:
        return np.ones(net.estimate.shape)
    sure = replace(money, margin_low=money.margin, margin_high=money.margin)
    narrow = sure.net(comparison, money.confidence).standard_error
    with np.errstate(divide="ignore", invalid="ignore"):
        wider: FloatArray = net.standard_error / narrow
    return np.where(np.isfinite(wider), wider, 1.0)


def _noise(
    comparison: Comparison,
    net: Intervals,
    ladder: Ladder,
    shape: tuple[int, int],
    money: Money,
) -> NoisyEffects:
    own, shared = noise_of(comparison, net, money, shape)
    known = np.isfinite(net.estimate.reshape(shape)) & (own > 0)
    return NoisyEffects(
        scale=ladder.scale,
        estimates=np.where(known, net.estimate.reshape(shape), np.nan),
        own=own,
        shared=np.broadcast_to(shared, shape),
    )


def _loadings(noisy: NoisyEffects) -> FloatArray:
    """The control's share of each error, as the band reads it; NaN without an estimate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = noisy.shared / np.hypot(noisy.shared, noisy.own)
    return np.where(np.isfinite(noisy.estimates), found, np.nan)


def _contrasts(
    moments: Moments, ladder: Ladder, segments: Sequence[str | None], money: Money
) -> list[tuple[Intervals, FloatArray]]:
    """Per segment each step against the one below it: (differences, p-values after Holm)."""
    between = range(len(ladder.arms) - 1)
    cells = [(name, place) for name in segments for place in between]

    def keys(step: int) -> tuple[Key, ...]:
        return tuple(
            (ladder.arms[place + step],) if name is None else (ladder.arms[place + step], name)
            for name, place in cells
        )

    net = money.net(Comparison(moments, keys(0), keys(1)), money.confidence)
    parts = [
        net.part(slice(start, start + len(between))) for start in range(0, len(cells), len(between))
    ]
    return [(part, holm(part.p_value)) for part in parts]


def _neighbours(
    best: int, contrasts: tuple[Intervals, FloatArray], confidence: float
) -> tuple[Neighbour, ...]:
    differences, adjusted = contrasts
    found = []
    for place, other in ((best - 1, best - 1), (best, best + 1)):
        if not 0 <= place < len(adjusted):
            continue
        answer = differences.answer(place)
        if other > best:
            answer = _turned(answer)
        p_value = float(adjusted[place]) if np.isfinite(adjusted[place]) else None
        found.append(
            Neighbour(
                step=other,
                difference=answer,
                adjusted_p=p_value,
                evidence=evidence_of(
                    answer,
                    adjusted_p=np.nan if p_value is None else p_value,
                    confidence=confidence,
                ),
            )
        )
    return tuple(found)


def _turned(answer: Answer) -> Answer:
    """The same difference the other way round."""
    if not isinstance(answer, Estimate):
        return answer
    return replace(answer, estimate=-answer.estimate, low=-answer.high, high=-answer.low)
