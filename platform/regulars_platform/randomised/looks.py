"""Looking before the planned end: how many there will be, and how much further intervals reach."""

from dataclasses import replace

import numpy as np

from regulars_experiments.comparison import Collected
from regulars_experiments.effects import normal_quantile
from regulars_experiments.metrics import Design
from regulars_experiments.moments import Summary
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


def looks_factor(collected: Collected, design: Design, n: FloatArray) -> FloatArray:
    """How many times further than at one look an interval reaches, per cell; 1 without looks."""
    planned = planned_customers(collected, design, n)
    if planned is None:
        return np.ones(n.shape)
    reach = boundary_factor(np.maximum(n, 1.0), planned, design.confidence)
    return reach / normal_quantile(design.confidence)


def widened(pair: tuple[Summary, Summary], factor: FloatArray) -> tuple[Summary, Summary]:
    """(control, arm) with errors `factor` times as large."""
    control, arm = (replace(side, variance=side.variance * factor**2) for side in pair)
    return control, arm
