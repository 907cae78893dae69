"""The leak: what an offer gives to orders that come anyway."""

from collections.abc import Sequence

import numpy as np

from regulars_experiments.comparison import Cell, Comparison
from regulars_experiments.effects import normal_quantile, ratio_limits
from regulars_experiments.money_interval import build_limits, undefined_money
from regulars_experiments.results import (
    Answer,
    Reason,
    build_intervals,
    first_reason,
)
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.outcomes import offer_open_to

_WHOLE = 10_000


def leak_columns(plan: Plan) -> dict[str, str]:
    """Arm -> column in which its offer is compared.

    An open offer is compared as it was used on both sides; a personal one, which the holdout cannot
    use, by the orders that reach it on both sides.
    """
    columns = {}
    for index, arm in enumerate(plan.arms):
        offer = offer_open_to(arm.name, plan.arms)
        is_open = offer is not None and offer.reach == "open"
        columns[arm.name] = "offer_cost" if is_open else f"anyway_{index}"
    return columns


def leaks_of(comparison: Comparison, plan: Plan, cells: Sequence[Cell]) -> list[Answer | None]:
    """Per cell what is given to orders that come anyway, over what is given in the arm.

    The holdout shows what comes anyway. None where the arm gives nothing. comparison: of these
    cells, with the shapes of the `leak_columns`.
    """
    columns = leak_columns(plan)
    confidence = plan.confidence / _WHOLE
    found = {column: _shares(comparison, column, confidence) for column in set(columns.values())}
    return [found[columns[cell.arm]][place] for place, cell in enumerate(cells)]


def _shares(comparison: Comparison, column: str, confidence: float) -> list[Answer | None]:
    """Of all cells: the control's mean over the arm's, with the limits of the money interval.

    Fewer than 30 expected customers who get something in the smaller group, nobody on one side, or
    everybody alike on one side: no error to tell, so no number either.
    """
    arms = comparison.money({column: 1})
    limits = build_limits(arms)
    undefined = undefined_money(arms)
    alike = (arms.control.variance == 0) | (arms.arm.variance == 0)
    first_reason(undefined, alike, Reason.NO_VARIATION)
    of_control, of_arm = limits.of_means(np.full(undefined.shape, normal_quantile(confidence)))
    low, high = ratio_limits(arms.arm.mean, of_arm, arms.control.mean, of_control)
    first_reason(undefined, ~(np.isfinite(low) & np.isfinite(high)), Reason.UNBOUNDED)
    unknown = np.full(undefined.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        answers = build_intervals(
            estimate=arms.control.mean / arms.arm.mean,
            standard_error=unknown,
            low=np.maximum(low, 0.0),
            high=high,
            p_value=unknown,
            undefined=undefined,
            method="Fieller",
        ).answers()
    gives = arms.arm.mean > 0
    return [answer if given else None for answer, given in zip(answers, gives, strict=True)]
