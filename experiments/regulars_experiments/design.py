"""Before a campaign: what a comparison of an arm with the holdout could detect."""

import math

from scipy import special


def detectable_difference(
    *, sd: float, n_arm: int, n_control: int, confidence: float = 0.95, power: float = 0.8
) -> float:
    """The smallest true difference of means that is proved with the chance `power`.

    sd: standard deviation of the metric per unit, in the metric's unit, alike in both arms.
    (z_(1-a/2) + z_power) * sd * sqrt(1/n_arm + 1/n_control), two-sided, normal approximation
    (Cohen 1988, section 2.4). Raises ValueError for arms without units or a negative sd.

    >>> round(detectable_difference(sd=10.0, n_arm=1000, n_control=1000), 3)
    1.253
    """
    if n_arm < 1 or n_control < 1:
        raise ValueError(f"both arms need units, got {n_arm} and {n_control}")
    if not sd >= 0:
        raise ValueError(f"a standard deviation is not below 0, got {sd}")
    if not (0 < confidence < 1 and 0 < power < 1):
        raise ValueError(f"confidence and power lie between 0 and 1, got {confidence} and {power}")
    reach = float(special.ndtri(0.5 + confidence / 2) + special.ndtri(power))
    return reach * sd * math.sqrt(1 / n_arm + 1 / n_control)
