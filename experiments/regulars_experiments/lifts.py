"""What goes with what: how much more often than by chance, over very many pairs at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from regulars_experiments.multiplicity import benjamini_hochberg
from regulars_experiments.results import FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifts:
    """All arrays (pairs,). lift: 1 is chance; low, high: its interval, see `lifts`; q_value: by
    Benjamini and Hochberg over everything that was tested; selected: q_value within the rate."""

    lift: FloatArray
    low: FloatArray
    high: FloatArray
    q_value: FloatArray
    selected: npt.NDArray[np.bool_]


def lifts(
    together: FloatArray,
    first: FloatArray,
    second: FloatArray,
    both: FloatArray,
    *,
    customers: float,
    tested: int | None = None,
    false_rate: float = 0.05,
) -> Lifts:
    """P(together | first) / P(second) of each pair, and which of the pairs are surely above 1.

    together: (pairs,), customers who did both in the way that counts, above 0; first, second:
    customers of each; both: customers of both in whatever way (at least `together`). customers: in
    all. tested: how many pairs were looked at, with those left out for too few customers (these
    count as if nothing spoke for them); None: just these.

    The variance of the logarithm is that of four counts of one multinomial sample, by the delta
    method: 1/k - 1/a - 1/b + 2 d/(a b) - 1/N for k together, a first, b second, d both. One-sided p
    for a lift above 1, corrected by Benjamini & Hochberg (1995); of pairs that stay, the interval
    holds in spite of the choice: confidence 1 - R q / m for R chosen out of m (Benjamini &
    Yekutieli 2005, definition 1). Of pairs that do not, the interval is at 1 - q.

    >>> n = np.array
    >>> found = lifts(n([60.0, 22.0]), n([200.0, 200.0]), n([150.0, 110.0]), n([70.0, 30.0]),
    ...     customers=1000.0, tested=12)
    >>> found.lift.round(2).tolist(), found.low.round(2).tolist(), found.selected.tolist()
    ([2.0, 1.0], [1.53, 0.7], [True, False])
    """
    lift = (together / first) / (second / customers)
    variance = 1 / together - 1 / first - 1 / second + 2 * both / (first * second) - 1 / customers
    # everybody bought everything: nothing differs from chance, and nothing can be told
    known = variance > 1e-12
    error = np.sqrt(np.where(known, variance, 1.0))
    z = np.log(lift) / error
    p_value = np.where(known, ndtr(-z), 1.0)
    looked_at = max(tested or 0, len(lift))
    padded = np.concatenate([p_value, np.ones(looked_at - len(lift))])
    q_value = benjamini_hochberg(padded)[: len(lift)]
    selected = q_value <= false_rate
    rate = np.where(
        selected, false_rate * max(int(selected.sum()), 1) / max(looked_at, 1), false_rate
    )
    half = ndtri(1 - rate / 2) * error
    return Lifts(
        lift=lift,
        low=np.where(known, lift * np.exp(-half), 0.0),
        high=np.where(known, lift * np.exp(half), np.inf),
        q_value=q_value,
        selected=selected,
    )
