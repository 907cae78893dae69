"""What everybody is asked: four metrics of two arms, per segment, by the same definitions.

This module imports nothing, so that the peers' own environment can read it too.
"""

CONTROL, TREATED = "control", "treated"
COLUMNS = ("converted", "orders", "revenue", "revenue_before")
MONEY = ("revenue", "revenue_before")
MONEY_UNITS = 10_000
"""Money is a whole number of ten-thousandths."""

CONFIDENCE = 0.95

METRICS = ("conversion", "revenue", "average order value", "revenue, CUPED")
"""Difference of means by Welch; of sums of revenue over sums of orders by the delta method; of
means adjusted by the revenue before the start with one slope for both arms, then Welch."""

FIGURES = ("estimate", "low", "high", "p_value")
