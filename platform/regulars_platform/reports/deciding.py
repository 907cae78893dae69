"""The belief that decides about a group, and the decision made of it: always the same numbers."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from regulars_experiments.pooling import Posterior
from regulars_experiments.verdicts import Decision, decide
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.design import WHOLE

Basis = Literal["alone", "segments", "steps", "memory"]
"""What a belief leans on beside the group's own outcomes.

Nothing; the arm's other segments; the steps of a ladder and its segments; earlier campaigns.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Believed:
    """Net per unit as the decision takes it: mean and central interval."""

    mean: float
    low: float
    high: float
    basis: Basis


def believed_of(posterior: Posterior, place: int, plan: Plan, basis: Basis) -> Believed:
    """What is believed of one group; interval at the plan's confidence."""
    alone = posterior.of(place)
    tail = (1 - plan.confidence / WHOLE) / 2
    return Believed(
        mean=float(alone.mean()[0]),
        low=float(alone.quantile(tail)[0]),
        high=float(alone.quantile(1 - tail)[0]),
        basis=basis,
    )


def decide_for(
    posterior: Posterior, place: int, plan: Plan, *, error: float, customers: int
) -> Decision:
    """Keep, stop or test again. error: of the group's own net; not finite without an estimate."""
    if not np.isfinite(error):
        # too small for an estimate of its own: one more test would be as vague as the belief now
        error = float(posterior.deviation()[place])
    return decide(
        posterior,
        place,
        customers=customers,
        rounds=plan.horizon_rounds,
        holdout_share=plan.holdout / WHOLE,
        test_error=error,
    )


def believed_json(believed: Believed | None) -> dict[str, Any] | None:
    """As the report's document has it."""
    if believed is None:
        return None
    return {
        "mean": believed.mean,
        "low": believed.low,
        "high": believed.high,
        "basis": believed.basis,
    }
