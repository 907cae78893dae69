"""How many of a group will do what so many of others did."""

import numpy as np
from scipy import special

from regulars_experiments.results import Estimate, NotEstimable, Reason

_PRIOR = 0.5


def foretold_count(
    did: int, of: int, group: int, *, confidence: float = 0.95
) -> Estimate | NotEstimable:
    """Of a group of `group` alike, so many will, where `did` of `of` did; in persons.

    estimate: group x did / of. The limits are quantiles of the beta-binomial distribution with
    Jeffreys' prior, Beta(1/2 + did, 1/2 + of - did): they hold that the share is an estimate and
    that the group's own outcome is drawn. Whole numbers. NotEstimable where of is 0.

    >>> found = foretold_count(600, 2_000, 10)
    >>> round(found.estimate), found.low, found.high
    (3, 0.0, 6.0)
    """
    if of <= 0:
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    yes, no = _PRIOR + did, _PRIOR + of - did
    k = np.arange(group + 1.0)
    log_chance = (
        -np.log(group + 1.0)
        - special.betaln(group - k + 1, k + 1)
        + special.betaln(k + yes, group - k + no)
        - special.betaln(yes, no)
    )
    below = np.cumsum(np.exp(log_chance))
    tail = (1 - confidence) / 2
    low, high = (int(np.searchsorted(below, level)) for level in (tail, 1 - tail))
    return Estimate(
        estimate=group * did / of,
        standard_error=None,
        low=float(low),
        high=float(min(high, group)),
        p_value=None,
    )
