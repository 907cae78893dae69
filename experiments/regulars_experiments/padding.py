"""Baskets padded to just above the threshold, and whether what padded them comes back.

Who is told "free shipping from 80" puts one thing more into a basket of 74. Seen are the orders
with goods in [T, T + w), in the arm and in the holdout, each customer's orders against the T that
customer has, or would have had under that arm. Two shares: such orders among all orders, and what
is returned of their goods. Both groups' orders come from who bought, and the offer changes who
does, so the differences describe the baskets that came; the net profit stays the answer.

Shares of orders are not shares of customers: who orders twice counts twice, and dear orders weigh
more in what is returned. So each group's score limits (Wilson 1927) take the number of independent
orders that its ratio of sums is worth, n / D with D the design effect of both groups together
(Rao & Scott 1992, eq. 3; the ratio's variance by the delta method), at least 1. The limits combine
by MOVER, as Newcombe's do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.comparison import Comparison
from regulars_experiments.effects import difference_limits, normal_quantile, ratio_summary, wilson
from regulars_experiments.inversion import Limits, p_by_inversion
from regulars_experiments.moments import AggregationPlan, Summary, plan_moments
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    build_intervals,
    first_reason,
    no_reasons,
)

WIDTH = 1_000
"""How far above the threshold an order counts as just above it: a tenth, in basis points."""
_WHOLE = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PaddingColumns:
    """Per customer: orders, those just above the threshold, their goods and what came back of them.

    Money in any one unit; nothing is ever negative.
    """

    orders: str = "orders"
    above: str = "just_above"
    goods: str = "just_above_goods"
    returned: str = "just_above_returned"

    def plan(self, by: Sequence[str], money_scale: int) -> AggregationPlan:
        """What has to be added up; money_scale: units per 1 of the two money columns."""
        return plan_moments(
            by=by,
            columns={
                self.orders: 1,
                self.above: 1,
                self.goods: money_scale,
                self.returned: money_scale,
            },
            pairs=[(self.above, self.orders), (self.returned, self.goods)],
            counted=[self.orders, self.above],
        )


def just_above(goods: pl.Expr, threshold: pl.Expr, width: int = WIDTH) -> pl.Expr:
    """Whether each order lies in [T, T + w); all whole amounts of one unit, w in basis points of T.

    False where there is no threshold (null).

    >>> frame = pl.DataFrame({"goods": [79, 80, 87, 88, 85], "threshold": [80, 80, 80, 80, None]})
    >>> frame.select(just_above(pl.col("goods"), pl.col("threshold"))).to_series(0).to_list()
    [False, True, True, False, False]
    """
    inside = (goods >= threshold) & (goods * _WHOLE < threshold * (_WHOLE + width))
    return inside.fill_null(False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Padding:
    """Shares 0 to 1 in arm and control, and their differences; arrays of shape (cells,).

    share: of the orders that lie just above the threshold. returned: of the goods of such orders
    that came back. NaN where a group has no orders of the kind.
    """

    share_control: FloatArray
    share_arm: FloatArray
    share: Intervals
    returned_control: FloatArray
    returned_arm: FloatArray
    returned: Intervals


def find_padding(comparison: Comparison, columns: PaddingColumns, *, confidence: float) -> Padding:
    """Arm against control per cell; the moments are of `columns.plan`.

    Not estimable where fewer than 30 customers with an order (or with one just above the
    threshold, for what is returned) are expected in the smaller group.

    Of 400 orders 20 were just above the threshold without the offer, of 900 with it 90:

    >>> from regulars_experiments.aggregation import aggregate
    >>> names = PaddingColumns()
    >>> held = [("held", 1, 1, 85, 0)] * 20 + [("held", 1, 0, 0, 0)] * 380
    >>> sent = [("sent", 1, 1, 85, 0)] * 90 + [("sent", 1, 0, 0, 0)] * 810
    >>> nobody = [("held", 0, 0, 0, 0)] * 3_600 + [("sent", 0, 0, 0, 0)] * 8_100
    >>> head = ["arm", names.orders, names.above, names.goods, names.returned]
    >>> frame = pl.DataFrame([*held, *sent, *nobody], schema=head, orient="row")
    >>> moments = aggregate(frame.lazy(), names.plan(["arm"], 1))
    >>> both = Comparison(moments, (("held",),), (("sent",),))
    >>> share = find_padding(both, names, confidence=0.95).share.answer(0)
    >>> round(share.estimate, 3), round(share.low, 3), round(share.high, 3)
    (0.05, 0.018, 0.078)
    """
    orders = comparison.summaries({columns.orders: 1})
    with np.errstate(invalid="ignore"):
        counts = orders[0].mean * orders[0].n, orders[1].mean * orders[1].n
    share = _ratios(comparison, columns.above, columns.orders)
    padded = tuple(side.buyers for side in comparison.shapes(columns.above))
    buyers = tuple(side.buyers for side in comparison.shapes(columns.orders))
    returned = _ratios(comparison, columns.returned, columns.goods)
    return Padding(
        share_control=share[0].mean,
        share_arm=share[1].mean,
        share=_difference(share, (counts[0], counts[1]), (buyers[0], buyers[1]), confidence),
        returned_control=returned[0].mean,
        returned_arm=returned[1].mean,
        returned=_difference(returned, (padded[0], padded[1]), (padded[0], padded[1]), confidence),
    )


Pair = tuple[FloatArray, FloatArray]


def _ratios(comparison: Comparison, numerator: str, denominator: str) -> tuple[Summary, Summary]:
    above, below = comparison.summaries({numerator: 1}), comparison.summaries({denominator: 1})
    within = comparison.covariances({numerator: 1}, {denominator: 1})
    return (
        ratio_summary(above[0], below[0], within[0]),
        ratio_summary(above[1], below[1], within[1]),
    )


def _difference(
    shares: tuple[Summary, Summary], counts: Pair, buyers: Pair, confidence: float
) -> Intervals:
    """Arm's share minus the control's. counts: of what would be one draw each, without clusters."""
    control, arm = shares
    effect = _design_effect(shares, counts)
    independent = counts[0] / effect, counts[1] / effect

    def limits(z: FloatArray) -> Limits:
        with np.errstate(divide="ignore", invalid="ignore"):
            of_control = wilson(control.mean * independent[0], independent[0], z)
            of_arm = wilson(arm.mean * independent[1], independent[1], z)
        return difference_limits(control.mean, of_control, arm.mean, of_arm)

    shape = control.n.shape
    z = np.full(shape, normal_quantile(confidence))
    undefined = no_reasons(shape)
    first_reason(undefined, (control.n < 2) | (arm.n < 2), Reason.TOO_FEW_UNITS)
    nothing = np.isnan(control.mean) | np.isnan(arm.mean)
    first_reason(undefined, nothing, Reason.NO_DENOMINATOR)
    with np.errstate(divide="ignore", invalid="ignore"):
        together = (buyers[0] + buyers[1]) / (control.n + arm.n)
        expected = np.minimum(control.n, arm.n) * together
        first_reason(undefined, ~(expected >= LEAST_EXPECTED_BUYERS), Reason.TOO_FEW_BUYERS)
        low, high = limits(z)
        return build_intervals(
            estimate=arm.mean - control.mean,
            standard_error=(high - low) / (2 * z),
            low=low,
            high=high,
            p_value=p_by_inversion(limits, shape),
            undefined=undefined,
            method="score limits of clustered shares",
        )


def _design_effect(shares: tuple[Summary, Summary], counts: Pair) -> FloatArray:
    """How much more the shares vary than those of `counts` independent draws; (cells,).

    Of both groups, weighted by their counts; 1 where neither varies.
    """
    total = np.zeros(counts[0].shape)
    weight = np.zeros(counts[0].shape)
    for side, count in zip(shares, counts, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = side.error2 * count / (side.mean * (1 - side.mean))
        known = np.isfinite(effect)
        total += np.where(known, effect * count, 0.0)
        weight += np.where(known, count, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(np.where(weight > 0, total / weight, 1.0), 1.0)
