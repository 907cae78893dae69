"""Net profit per assigned customer and the waterfall whose bars add up to it.

net = margin on goods - margin lost to returns - what the offer cost - what contacting cost, each a
difference between arm and control per assigned customer. The margin's interval is the calibrated
one; the cost has its own, because a subsidy exists (mostly) in one arm, so its shape differs by
construction; the covariance of the two is part of the interval of the net.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from regulars_experiments.comparison import Comparison, correlation
from regulars_experiments.effects import normal_quantile, welch_limits
from regulars_experiments.inversion import Limits, p_by_inversion
from regulars_experiments.metrics import Combination
from regulars_experiments.moments import Summary
from regulars_experiments.money_interval import (
    FLAGGED_SHAPE_Z,
    MoneyLimits,
    build_limits,
    expected_buyers,
    money_difference,
)
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    build_intervals,
    first_reason,
    no_reasons,
)
from regulars_experiments.segments import shared_errors
from regulars_experiments.sequential import least_buyers, sequential_limits

LimitsOf = Callable[[FloatArray], Limits]
"""(low, high) of a difference, per cell, as a function of the normal quantile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfitColumns:
    """Names of the columns (money per assigned customer) that make up the profit.

    kept: goods less returned, in a column of its own, so that the spread of what buyers keep is
    known: who sends everything back is no buyer of anything. Only the goods are needed: where
    returns are not known, or already taken off, their bar is exactly zero; likewise the costs.
    """

    goods: str
    returned: str | None = None
    kept: str | None = None
    offer_cost: str | None = None
    contact_cost: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for returns without what is kept, or the other way round."""
        if (self.returned is None) != (self.kept is None):
            raise ValueError("returned and kept goods go together: name both columns or neither")

    def all(self) -> tuple[str, ...]:
        """All that there are."""
        every = (self.goods, self.returned, self.kept, self.offer_cost, self.contact_cost)
        return tuple(name for name in every if name is not None)

    def margin(self, rate: Fraction) -> Combination:
        """What is earned on the goods that are kept."""
        return {self.kept or self.goods: rate}

    def cost(self) -> Combination:
        """What the offer and the contact cost together."""
        return {name: 1 for name in (self.offer_cost, self.contact_cost) if name is not None}

    def net(self, rate: Fraction) -> Combination:
        """The net of each row, for other methods on the same data."""
        return {**self.margin(rate), **dict.fromkeys(self.cost(), -1)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Waterfall:
    """Money per assigned customer, arm minus control, in many cells; costs are negative bars.

    goods + returns + offer + contact = net, exactly in exact arithmetic (floats to 1e-12). Where
    the margin is a range, the bars and the net's estimate are at its middle and the net's interval
    covers both ends. margin: goods and returns together, with the calibrated interval.
    net_at_every_look: the net with an interval that is safe to look at early; None if none is asked
    for. shared_error: of the net, for weighing an arm's cells against each other (see `segments`).
    """

    goods: Intervals
    returns: Intervals
    offer: Intervals
    contact: Intervals
    margin: Intervals
    net: Intervals
    spread_changed: tuple[bool, ...]
    shared_error: FloatArray
    net_at_every_look: Intervals | None = None


def waterfall(
    comparison: Comparison,
    columns: ProfitColumns,
    *,
    margin_low: Fraction,
    margin_high: Fraction,
    confidence: float,
    planned: FloatArray | None = None,
) -> Waterfall:
    """The waterfall of each cell; margins are shares of the goods' price, 0 to 1.

    planned: customers of both groups at the planned end, per cell, for the net at every look.
    """
    middle = (margin_low + margin_high) / 2
    limits = build_limits(comparison.money(columns.margin(middle)))
    nets = [
        _net_at(comparison, columns, rate, confidence)
        for rate in dict.fromkeys((middle, margin_low, margin_high))
    ]
    safe = None
    if planned is not None:
        safe = _over_the_range([net.at_every_look(limits, planned, confidence) for net in nets])
    goods = build_limits(comparison.money({columns.goods: middle}))
    net = _over_the_range([net.fixed for net in nets])
    with np.errstate(divide="ignore", invalid="ignore"):
        # grows with the range as the net's own error does
        wider = net.standard_error / nets[0].fixed.standard_error

    def bar(column: str | None, weight: Fraction | int) -> Intervals:
        value = {} if column is None else {column: weight}
        return exact_difference(*comparison.summaries(value), confidence=confidence)

    return Waterfall(
        # goods that earn nothing earn exactly nothing, and the bars still add up
        goods=money_difference(goods, confidence) if middle else bar(None, 0),
        returns=bar(columns.returned, -middle),
        offer=bar(columns.offer_cost, -1),
        contact=bar(columns.contact_cost, -1),
        margin=money_difference(limits, confidence),
        net=net,
        spread_changed=tuple(
            bool(value > FLAGGED_SHAPE_Z) for value in np.abs(np.nan_to_num(limits.shape_z))
        ),
        shared_error=_shared_error(comparison, columns, middle) * wider,
        net_at_every_look=safe,
    )


def net_profit(
    comparison: Comparison,
    columns: ProfitColumns,
    *,
    margin_low: Fraction,
    margin_high: Fraction,
    confidence: float,
) -> Intervals:
    """The net of `waterfall` alone, at the confidence that is asked for."""
    rates = dict.fromkeys(((margin_low + margin_high) / 2, margin_low, margin_high))
    return _over_the_range([_net_at(comparison, columns, r, confidence).fixed for r in rates])


def exact_difference(
    control: Summary, arm: Summary, *, confidence: float, reach: FloatArray | None = None
) -> Intervals:
    """Welch, but a cost that is the same for everybody in each arm is known without error.

    reach: the normal quantile per cell, where it is not that of the confidence.
    """
    limits = welch_limits(control, arm)
    z = np.full(control.n.shape, normal_quantile(confidence)) if reach is None else reach
    difference = arm.mean - control.mean
    low, high = limits(z)
    undefined = no_reasons(control.n.shape)
    first_reason(undefined, (control.n < 2) | (arm.n < 2), Reason.TOO_FEW_UNITS)
    with np.errstate(invalid="ignore"):
        return build_intervals(
            estimate=difference,
            standard_error=np.sqrt(control.error2 + arm.error2),
            low=low,
            high=high,
            p_value=np.full(control.n.shape, np.nan),
            undefined=undefined,
            method="Welch",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Net:
    """The net at one margin rate: the ordinary answer and the limits behind it."""

    fixed: Intervals
    limits: LimitsOf

    def at_every_look(
        self, money: MoneyLimits, planned: FloatArray, confidence: float
    ) -> Intervals:
        """The same limits at the boundary of a confidence sequence."""
        n_control, n_arm = money.arms.control.n, money.arms.arm.n
        return sequential_limits(
            self.limits,
            self.fixed,
            n_control + n_arm,
            planned,
            confidence,
            expected_buyers=expected_buyers(money.arms),
            least=least_buyers(money.borrowed, n_control, n_arm),
        )


def _net_at(
    comparison: Comparison, columns: ProfitColumns, rate: Fraction, confidence: float
) -> _Net:
    """margin - cost at one margin rate.

    The limits combine by MOVER for a difference of dependent estimates (Zou & Donner 2008, eq. 8):
    L = d - sqrt((M - l_M)^2 + (u_K - K)^2 - 2 r (M - l_M)(u_K - K)), r their correlation. The
    p-value inverts the same interval.
    """
    margin_value, cost_value = columns.margin(rate), columns.cost()
    if rate == 0:
        return _costs_alone(comparison, cost_value, confidence)
    margin_limits = build_limits(comparison.money(margin_value))
    margin = money_difference(margin_limits, confidence)
    cost = comparison.summaries(cost_value)
    cost_limits = welch_limits(*cost)
    together = correlation(comparison, margin_value, cost_value)
    cost_difference = cost[1].mean - cost[0].mean
    estimate = margin.estimate - cost_difference
    limits = _net_limits(margin_limits, cost_limits, cost_difference, together)
    z = np.full(estimate.shape, normal_quantile(confidence))
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = limits(z)
        p_value = p_by_inversion(limits, estimate.shape)
    fixed = build_intervals(
        estimate=estimate,
        standard_error=(high - low) / (2 * z),
        low=low,
        high=high,
        p_value=p_value,
        undefined=margin.undefined.copy(),
        method=margin.method,
    )
    return _Net(fixed=fixed, limits=limits)


def _shared_error(comparison: Comparison, columns: ProfitColumns, rate: Fraction) -> FloatArray:
    """sqrt(M^2 + K^2 - 2 r M K): M of the margin, which knows no lucky group; K of the cost."""
    margin, cost = columns.margin(rate), columns.cost()
    arms = [str(key[0]) for key in comparison.arm_keys]
    of_margin = np.nan_to_num(shared_errors(*comparison.summaries(margin), arms))
    control, arm = comparison.summaries(cost)
    of_cost = np.sqrt(control.error2 + arm.error2)
    return _distance(of_margin, of_cost, correlation(comparison, margin, cost))


def _costs_alone(comparison: Comparison, cost: Combination, confidence: float) -> _Net:
    """The net of goods that earn nothing."""
    control, arm = comparison.summaries({name: -weight for name, weight in cost.items()})
    found = exact_difference(control, arm, confidence=confidence)
    limits = welch_limits(control, arm)
    p_value = p_by_inversion(limits, control.n.shape)
    return _Net(fixed=replace(found, p_value=p_value), limits=limits)


def _net_limits(
    margin_limits: MoneyLimits,
    cost_limits: LimitsOf,
    cost: FloatArray,
    correlation: FloatArray,
) -> LimitsOf:
    margin = margin_limits.arms.arm.mean - margin_limits.arms.control.mean
    estimate = margin - cost

    def limits(z: FloatArray) -> Limits:
        margin_low, margin_high = margin_limits.of_difference(z)
        cost_low, cost_high = cost_limits(z)
        down = _distance(margin - margin_low, cost_high - cost, correlation)
        up = _distance(margin_high - margin, cost - cost_low, correlation)
        return estimate - down, estimate + up

    return limits


def _distance(one: FloatArray, other: FloatArray, correlation: FloatArray) -> FloatArray:
    square: FloatArray = one**2 + other**2 - 2 * correlation * one * other
    return np.sqrt(np.maximum(square, 0))


def _widened(middle: Intervals, low: FloatArray, high: FloatArray) -> FloatArray:
    own = middle.high - middle.low
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(own > 0, (high - low) / own, 1.0)
    return middle.standard_error * scale


def _over_the_range(nets: list[Intervals]) -> Intervals:
    """The middle's estimate; limits and p-value that hold for every margin in the range."""
    middle = nets[0]
    if len(nets) == 1:
        return middle
    low = np.minimum.reduce([net.low for net in nets])
    high = np.maximum.reduce([net.high for net in nets])
    agree = np.all([np.sign(net.estimate) == np.sign(middle.estimate) for net in nets], axis=0)
    worst = np.maximum.reduce([net.p_value for net in nets])
    return build_intervals(
        estimate=middle.estimate,
        # the error of advice grows with the range as the interval does
        standard_error=_widened(middle, low, high),
        low=low,
        high=high,
        p_value=np.where(agree, worst, 1.0),
        undefined=middle.undefined,
        method=middle.method,
    )
