"""Looking before the planned end: how many there will be, and how far intervals reach."""

import numpy as np

from regulars_experiments.comparison import Collected
from regulars_experiments.effects import normal_quantile
from regulars_experiments.metrics import Design
from regulars_experiments.results import FloatArray
from regulars_experiments.sequential import boundary_factor


def planned_customers(collected: Collected, design: Design, n: FloatArray) -> FloatArray | None:
    """Customers of each cell at the planned end, at its present share of all; n: of both groups."""
    if design.planned_customers is None:
        return None
    everybody = collected.moments[None]
    so_far = sum(everybody.counts(everybody.keys))
    # a cell in which nobody is has no answer anyway
    return np.maximum(n, 1.0) * design.planned_customers / so_far


def reach_of(collected: Collected, design: Design, n: FloatArray) -> FloatArray:
    """The normal quantile at which intervals have their limits, per cell; n: of both groups."""
    planned = planned_customers(collected, design, n)
    if planned is None:
        return np.full(n.shape, normal_quantile(design.confidence))
    return boundary_factor(np.maximum(n, 1.0), planned, design.confidence)
