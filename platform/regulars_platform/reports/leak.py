"""The leak: what an offer gives to orders that come anyway."""

import numpy as np

from regulars_experiments.comparison import Cell, Comparison
from regulars_experiments.effects import ratio_limits, symmetric_limits
from regulars_experiments.results import Answer, Estimate, NotEstimable, Reason
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.outcomes import offer_open_to

_WHOLE = 10_000


def leak_of(comparison: Comparison, plan: Plan, cell: Cell, place: int) -> Answer | None:
    """What is given to orders that come anyway, over what is given in the arm.

    The holdout shows what comes anyway. An open offer is compared as it was used on both sides; a
    personal one, which the holdout cannot use, by the orders that reach it on both sides. A ratio
    of two means with Fieller's limits.
    """
    offer = offer_open_to(cell.arm, plan.arms)
    index = [arm.name for arm in plan.arms].index(cell.arm)
    is_open = offer is not None and offer.reach == "open"
    column = "offer_cost" if is_open else f"anyway_{index}"
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
