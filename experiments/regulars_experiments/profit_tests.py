"""p-values of net profit that stay honest when many segments are looked at.

Holm's correction over 50 segments asks for p-values near 1 in 1,000. So far out the interval of the
net, right at 1 in 20, is too sure where a small holdout lacks a big basket. So a segment has to
pass two tests: that of its own interval (or the two would contradict each other), and that of the
pooled customers (`multiplicity.pooled_skew_p`), which holds its level far in the tail.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from regulars_experiments.comparison import Comparison
from regulars_experiments.multiplicity import segment_p_values
from regulars_experiments.profit import ProfitColumns, Waterfall
from regulars_experiments.results import FloatArray


def net_p_values(
    found: Waterfall,
    comparison: Comparison,
    columns: ProfitColumns,
    *,
    margin_low: Fraction,
    margin_high: Fraction,
) -> FloatArray:
    """Per cell the larger of the interval's p-value and that of the pooled customers; (cells,).

    found: the waterfall of the same cells and margins. NaN where the net is not estimable; where
    only the pooled test is missing (goods that earn nothing), the interval's stands alone. Both
    hold for every margin in the range.
    """
    pooled = [
        _pooled_test(comparison, columns, rate) for rate in dict.fromkeys((margin_low, margin_high))
    ]
    own = found.net.p_value
    return np.where(np.isnan(own), np.nan, np.fmax(own, np.fmax.reduce(pooled)))


def _pooled_test(comparison: Comparison, columns: ProfitColumns, rate: Fraction) -> FloatArray:
    """Of "what the campaign brought each customer is what it cost", at one margin."""
    if rate == 0:
        return np.full(len(comparison.arm_keys), np.nan)
    control, arm = comparison.summaries(columns.net(rate))
    shapes = comparison.money(columns.margin(Fraction(1)))
    # everybody told has the contact's cost: both sides are moved by it, so that those who do not
    # buy stand at zero in the arm, as the test expects
    contact = (
        np.zeros(arm.mean.shape)
        if columns.contact_cost is None
        else comparison.summaries({columns.contact_cost: 1})[1].mean
    )
    return segment_p_values(
        replace(control, mean=control.mean + contact),
        replace(arm, mean=arm.mean + contact),
        buyers=(shapes.control_shape.buyers, shapes.arm_shape.buyers),
    )
