"""Tests by inverting intervals: where do the limits reach zero?

So that a p-value and the interval beside it never disagree. Limits are functions of the normal
quantile per cell.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.results import FloatArray

Limits = tuple[FloatArray, FloatArray]
"""(low, high) per cell."""

LimitsOf = Callable[[FloatArray], Limits]
"""The limits as a function of the normal quantile per cell; they widen with it."""

_FARTHEST_Z = 37.0  # normal quantiles beyond are subnormal, and quantiles of t break down
_CLOSE = 1e-13  # relative error of z at which the search for it ends
_MOST_STEPS = 60


def p_by_inversion(limits: LimitsOf, shape: tuple[int, ...]) -> FloatArray:
    """Two-sided p-value of "no difference": the level at which the interval just reaches zero.

    `limits(z)` gives the interval at normal quantile z per cell and widens with z; shape: (cells,).
    p is 1 where the estimate is 0, NaN where there are no limits, and never below 2 sf(37) =
    1.1e-299, near the smallest double. See `z_by_inversion`.

    >>> wald = lambda z: (0.3 - z * np.array([0.1]), 0.3 + z * np.array([0.1]))
    >>> p_by_inversion(wald, (1,)).round(6)
    array([0.0027])
    """
    p_value: FloatArray = 2 * special.ndtr(-z_by_inversion(limits, shape))
    return p_value


def z_by_inversion(limits: LimitsOf, shape: tuple[int, ...]) -> FloatArray:
    """The normal quantile, 0 to 37, at which the interval just reaches zero; NaN without limits.

    Where the end that faces zero has moved by D(z) from the estimate d, D(z) = |d|. D is close to
    a power of z, so the secant runs on log D against log z and needs some six evaluations for
    1e-13 of z. It is kept inside the bracket by halving, and after a dozen steps every other one
    halves it.

    >>> wald = lambda z: (0.3 - z * np.array([0.1]), 0.3 + z * np.array([0.1]))
    >>> z_by_inversion(wald, (1,)).round(6)
    array([3.])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low, high = limits(np.zeros(shape))
        above = low > 0
        distance = np.where(above, low, -high)

        def excess(log_z: FloatArray) -> FloatArray:
            low, high = limits(np.exp(log_z))
            moved: FloatArray = distance - np.where(above, low, -high)
            return np.log(np.maximum(moved, 0) / distance)

        at = np.zeros(shape)
        value = excess(at)
        unknown = np.isnan(low) | np.isnan(high)
        root = _log_root(excess, at, value, unknown | ~(distance > 0))
        unknown |= (distance > 0) & np.isnan(root)
        return np.where(unknown, np.nan, np.where(distance > 0, np.exp(root), 0.0))


def _log_root(
    excess: Callable[[FloatArray], FloatArray],
    at: FloatArray,
    value: FloatArray,
    done: npt.NDArray[np.bool_],
) -> FloatArray:
    """Root of a rising function, at most log(37); the cells of `done` are not looked for."""
    farthest = np.log(_FARTHEST_Z)
    lower, upper = np.full(at.shape, -700.0), np.full(at.shape, np.inf)
    slope = np.ones(at.shape)
    for step in range(_MOST_STEPS):
        lower = np.where(value < 0, at, lower)
        upper = np.where(value >= 0, at, upper)
        done = done | np.isnan(value) | (value == 0) | ((value < 0) & (at >= farthest))
        following = np.minimum(at - value / slope, farthest)
        close = np.abs(following - at) <= _CLOSE
        halve = ~((following > lower) & (following < upper)) | ((step > 12) & (step % 2 == 0))
        middle = (lower + np.minimum(upper, farthest)) / 2
        following = np.where(halve & ~close, middle, following)
        following = np.where(done, at, following)
        # a cell that has arrived stays, so that no cell's answer depends on its neighbours
        done = done | close
        if done.all():
            at = following
            break
        new = excess(following)
        steeper = (new - value) / (following - at)
        slope = np.where((steeper > 0) & np.isfinite(steeper), steeper, slope)
        at, value = following, np.where(done, value, new)
    return np.where(np.isnan(value), np.nan, at)
