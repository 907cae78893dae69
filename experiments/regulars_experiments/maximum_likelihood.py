"""The largest likelihood of a few positive parameters, and how sharply it falls off around it.

Parameters are sought as logarithms inside wide bounds. One that runs to a bound (nobody ever stops
buying, everybody buys at the same rate) is a fact about the data and no failure: it is held there,
and the others keep their errors.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray

LogLikelihood = Callable[[FloatArray], tuple[float, FloatArray]]
"""Parameters (k,) -> log-likelihood and its gradient by the parameters (k,)."""

LOWEST, HIGHEST = -11.0, 9.0
"""Bounds of the logarithms."""
_EDGE = 1e-3
_STEP = 1e-4
_FLATTEST = 0.04  # information at least this: a logarithm that nothing tells has error 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Maximum:
    """parameters: (k,). covariance: of their logarithms, (k, k); 0 for those at a bound.

    at_bound: which ran to a bound, (k,).
    """

    parameters: FloatArray
    log_likelihood: float
    covariance: FloatArray
    at_bound: tuple[bool, ...]


def maximise(function: LogLikelihood, starts: list[FloatArray]) -> Maximum:
    """The best of the maxima found from `starts` (parameters, not logarithms).

    Observed information by central differences of the gradient; error of its entries about 1e-7 of
    the largest. Loads scipy.optimize, which takes a second.

    30 events in 10 units of time: a rate of 3, the variance of its logarithm 1 / 30.

    >>> def events(p):
    ...     return float(30 * np.log(p[0]) - 10 * p[0]), 30 / p - 10
    >>> found = maximise(events, [np.array([1.0])])
    >>> float(found.parameters[0].round(4)), float(found.covariance[0, 0].round(5))
    (3.0, 0.03333)
    """
    from scipy import optimize  # slow to load; only jobs come here

    def negative(logs: FloatArray) -> tuple[float, FloatArray]:
        parameters = np.exp(logs)
        value, gradient = function(parameters)
        return -value, -gradient * parameters

    bounds = [(LOWEST, HIGHEST)] * len(starts[0])
    found = [
        optimize.minimize(
            negative,
            np.clip(np.log(start), LOWEST, HIGHEST),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )
        for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    logs = np.asarray(best.x, dtype=float)
    held = (logs < LOWEST + _EDGE) | (logs > HIGHEST - _EDGE)
    if not held.any():
        logs = _polished(negative, logs)
    return Maximum(
        parameters=np.exp(logs),
        log_likelihood=-negative(logs)[0],
        covariance=_covariance(_information(negative, logs), held),
        at_bound=tuple(held.tolist()),
    )


def _polished(negative: LogLikelihood, logs: FloatArray) -> FloatArray:
    """Newton's steps, as long as they lead up: the last digits that a search leaves open."""
    value, gradient = negative(logs)
    for _ in range(3):
        try:
            step = np.linalg.solve(_information(negative, logs), gradient)
        except np.linalg.LinAlgError:
            return logs
        if not np.abs(step).max() < 0.5:
            return logs
        better, slope = negative(logs - step)
        if not better <= value:
            return logs
        logs, value, gradient = logs - step, better, slope
    return logs


def _information(negative: LogLikelihood, logs: FloatArray) -> FloatArray:
    columns = []
    for place in range(len(logs)):
        step = np.zeros(len(logs))
        step[place] = _STEP
        columns.append((negative(logs + step)[1] - negative(logs - step)[1]) / (2 * _STEP))
    rough = np.column_stack(columns)
    found: FloatArray = (rough + rough.T) / 2
    return found


def _covariance(information: FloatArray, held: npt.NDArray[np.bool_]) -> FloatArray:
    """Its inverse over the parameters that are free."""
    free = np.flatnonzero(~held)
    values, vectors = np.linalg.eigh(information[np.ix_(free, free)])
    inverse = (vectors / np.maximum(values, _FLATTEST)) @ vectors.T
    found = np.zeros(information.shape)
    found[np.ix_(free, free)] = inverse
    return found
