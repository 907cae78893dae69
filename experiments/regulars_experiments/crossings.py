"""Where functions of one number cross zero, many at once, in a dozen evaluations each."""

from collections.abc import Callable

import numpy as np

from regulars_experiments.results import FloatArray

_CLOSE = 1e-14
_MOST_STEPS = 60


def crossing(value: Callable[[FloatArray], FloatArray], farthest: FloatArray) -> FloatArray:
    """Where each rising function passes zero between 0 and `farthest`; shape (cells,).

    `value(x)` gives all of them at once; NaN counts as below zero. `farthest` where a function has
    not passed it there, 0 where it has at 0. The bracket is narrowed by inverse quadratic steps,
    and halved where these cannot be trusted (Chandrupatla 1997), to 1e-14 or the rounding of x. No
    cell's answer depends on its neighbours.

    >>> crossing(lambda x: x**2 - np.array([2.0, 9.0]), np.array([5.0, 2.0])).round(6).tolist()
    [1.414214, 2.0]
    """

    def known(x: FloatArray) -> FloatArray:
        found = value(x)
        return np.where(np.isnan(found), -np.inf, found)

    a, b = np.zeros(farthest.shape), farthest.astype(np.float64)
    fa, fb = known(a), known(b)
    answer = np.where(fa > 0, a, b)
    done = (fa > 0) | ~(fb > 0)
    step = np.full(a.shape, 0.5)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(_MOST_STEPS):
            if done.all():
                break
            x = a + step * (b - a)
            fx = known(np.where(done, answer, x))
            same = (fx > 0) == (fa > 0)
            # the bracket is x and b; c is the end that was left
            c, fc = np.where(same, a, b), np.where(same, fa, fb)
            b, fb = np.where(same, b, a), np.where(same, fb, fa)
            a, fa = x, fx
            width = np.abs(b - a)
            arrived = ~done & (width <= 2 * np.maximum(_CLOSE, np.spacing(np.abs(a))))
            # the end at which it has passed
            answer = np.where(arrived, np.where(fa > 0, a, b), answer)
            done |= arrived
            least = np.maximum(_CLOSE, np.spacing(np.abs(a))) / width
            quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (
                fc - fa
            ) * fb / (fc - fb)
            along, up = (a - b) / (c - b), (fa - fb) / (fc - fb)
            trusted = (up**2 < along) & ((1 - up) ** 2 < 1 - along) & np.isfinite(quadratic)
            step = np.where(trusted, np.clip(quadratic, least, 1 - least), 0.5)
    return np.where(done, answer, np.where(fa > 0, a, b))
