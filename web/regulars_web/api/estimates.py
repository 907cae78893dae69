"""An estimate with its interval, or the reason why there is none."""

from regulars_experiments.results import Answer as Estimated
from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_web.api.models import Model


class EstimateShown(Model):
    """An estimate and its interval at the confidence that goes with it; all null but the reason
    where there is none. Undefined is never 0."""

    estimate: float | None = None
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    not_estimable: Reason | None = None


def estimate_shown(found: Estimated) -> EstimateShown:
    """The core's answer."""
    match found:
        case NotEstimable():
            return EstimateShown(not_estimable=found.reason)
        case Estimate():
            return EstimateShown(
                estimate=found.estimate,
                standard_error=found.standard_error,
                low=found.low,
                high=found.high,
                p_value=found.p_value,
            )
