"""Orders that come back whole: what share of a customer's orders is worth anything in the end.

A value model is of orders that are worth something. Where some are refunded whole, or cost nothing,
each order of a customer is kept with a chance of their own, beta distributed over the customers,
whatever it is worth and however often they buy.
"""

import math
from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptShare:
    """Chance that an order is kept. share, error: of an order that was seen, and its standard error
    by customers. mean, square: of each customer's own chance given what they kept, E(k) and E(k^2),
    (customers,); slope: of `mean` by log share, (customers,)."""

    share: float
    error: float
    mean: FloatArray
    square: FloatArray
    slope: FloatArray


def kept_share(kept: FloatArray, orders: FloatArray) -> KeptShare | None:
    """Of customers who kept so many of so many orders, (customers,) each; 0 orders say nothing.

    None where all of them were kept, or none. How far customers differ (rho) is the method of
    moments for clustered yes and no (after Kleinman 1973, weights n); each customer's posterior is
    that of Beta(s share, s (1 - share)), s = 1 / rho - 1.

    Half of the orders came back, all of them from the second:

    >>> found = kept_share(np.array([4.0, 0.0, 0.0]), np.array([4.0, 4.0, 0.0]))
    >>> found.share, found.mean.round(2).tolist()
    (0.5, [1.0, 0.0, 0.5])
    """
    n, y = np.asarray(orders, dtype=float), np.asarray(kept, dtype=float)
    total, seen = float(n.sum()), int((n > 0).sum())
    share = float(y.sum()) / total if total > 0 else 0.0
    if not 0 < share < 1:
        return None
    squares = float(((y - n * share) ** 2).sum())
    pairs = float((n * (n - 1)).sum())
    # E(squares) = share (1 - share) sum of n (1 + (n - 1) rho)
    alike = (squares / (share * (1 - share)) - total) / pairs if pairs > 0 else 0.0
    rho = min(max(alike, 1e-9), 0.99)
    prior = 1 / rho - 1
    mean = (prior * share + y) / (prior + n)
    return KeptShare(
        share=share,
        error=math.sqrt(squares * seen / max(seen - 1, 1)) / total,
        mean=mean,
        square=mean**2 + mean * (1 - mean) / (prior + n + 1),
        slope=prior * share / (prior + n),
    )
