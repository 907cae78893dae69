"""Few groups: ranges as wide as so few units ask for.

Everything else here rests on means of many units being about normal. Of a dozen groups the error
itself is badly known, and Student's t takes the place of the normal: the same methods are asked at
the confidence whose normal quantile is that of t, so that every range of a report is a t range.
"""

from dataclasses import replace

import polars as pl
from scipy.special import ndtr, stdtrit

from regulars_platform.campaigns.plan import Plan
from regulars_platform.fields import WHOLE

LEAST_GROUPS = 4
"""Groups in every arm: of fewer even a huge effect stays within the range (t beyond 4 for 3)."""


def confidence_of_few(confidence: int, fewest: int) -> int:
    """The confidence to ask normal methods for, in basis points, rounded up.

    2 Phi(t) - 1, t the quantile of Student's distribution with one degree of freedom less than the
    smallest arm has units: the cautious choice for Welch's statistic (Satterthwaite 1946), whose
    degrees of freedom lie between that and the sum of both arms'.

    >>> confidence_of_few(9_500, 4), confidence_of_few(9_500, 12), confidence_of_few(9_500, 5_000)
    (9986, 9723, 9501)
    """
    quantile = stdtrit(max(1, fewest - 1), 1 - (1 - confidence / WHOLE) / 2)
    wanted = float(2 * ndtr(quantile) - 1) * WHOLE
    return min(WHOLE - 1, max(confidence, int(-(-wanted // 1))))


def plan_for_units(plan: Plan, ledger: pl.DataFrame) -> Plan:
    """The plan to evaluate with: where groups were drawn, at the confidence of so few."""
    if plan.unit != "group":
        return plan
    units = ledger.group_by("arm").agg(pl.col("unit_id").n_unique())["unit_id"]
    fewest = min(units.to_list(), default=0)
    return replace(plan, confidence=confidence_of_few(plan.confidence, fewest))
