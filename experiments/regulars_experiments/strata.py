"""Strata of one cell as one sample, and thin strata merged; arrays of shape (cells, strata)."""

import numpy as np
import numpy.typing as npt

from regulars_experiments.moments import Summary
from regulars_experiments.results import FloatArray


def without_thin_strata(control: Summary, arm: Summary) -> tuple[Summary, Summary]:
    """Thin strata merged into the largest sound one; what was merged has n = 0 in its old place.

    Sound: two customers and some variation in each group. If no stratum is, all become one.

    >>> from regulars_experiments.effects import as_summary
    >>> one = as_summary([[10, 1, 20]], [[3.0, 9.0, 5.0]], [[2.0, np.nan, 4.0]])
    >>> other = as_summary([[90, 30, 80]], [[3.0, 4.0, 5.0]], [[2.0, 1.0, 4.0]])
    >>> without_thin_strata(one, other)[0].n
    array([[11.,  0., 20.]])
    """
    sound = (control.n >= 2) & (arm.n >= 2) & (control.variance > 0) & (arm.variance > 0)
    size = control.n + arm.n
    none_sound = ~sound.any(axis=1, keepdims=True)
    largest = np.where(sound | none_sound, size, -1.0).argmax(axis=1)
    home = np.arange(size.shape[1]) == largest[:, None]
    together = home | ~sound
    return _merged(control, together, home), _merged(arm, together, home)


def _merged(side: Summary, together: npt.NDArray[np.bool_], home: npt.NDArray[np.bool_]) -> Summary:
    one = whole(
        Summary(
            n=np.where(together, side.n, 0.0),
            mean=side.mean,
            variance=side.variance,
            mean_square=side.mean_square,
        )
    )
    gone = together & ~home

    def placed(own: FloatArray, merged: FloatArray, nothing: float) -> FloatArray:
        return np.where(home, merged[:, None], np.where(gone, nothing, own))

    return Summary(
        n=placed(side.n, one.n, 0.0),
        mean=placed(side.mean, one.mean, np.nan),
        variance=placed(side.variance, one.variance, np.nan),
        mean_square=placed(side.mean_square, one.mean_square, np.nan),
        rest=None if side.rest is None else np.where(together, 0.0, side.rest),
    )


def whole(side: Summary) -> Summary:
    """All strata of a cell as one sample, shape (cells,).

    Squares within and between add up (Chan, Golub & LeVeque 1983, eq. 2.1).

    >>> from regulars_experiments.effects import as_summary
    >>> found = whole(as_summary([[2, 2]], [[1.0, 5.0]], [[2.0, 2.0]]))  # 0, 2, 4, 6
    >>> found.mean, found.variance.round(4)
    (array([3.]), array([6.6667]))
    """
    there = side.n > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        n = side.n.sum(axis=1)
        mean = np.where(there, side.n * side.mean, 0.0).sum(axis=1) / n
        within = np.where(side.n > 1, (side.n - 1) * side.variance, 0.0).sum(axis=1)
        between = np.where(there, side.n * (side.mean - mean[:, None]) ** 2, 0.0).sum(axis=1)
        return Summary(
            n=n,
            mean=mean,
            variance=np.where(n > 1, (within + between) / (n - 1), np.nan),
            mean_square=np.where(there, side.n * side.mean_square, 0.0).sum(axis=1) / n,
        )
