"""Regression on moments: slopes and what they leave, in many cells at once.

Shapes: covariances of outcome and covariates (covariates, cells), of the covariates among
themselves (covariates, covariates, cells), all sample covariances (ddof 1).
"""

from dataclasses import dataclass

import numpy as np

from regulars_experiments.effects import beyond_rounding
from regulars_experiments.moments import Summary, mean_difference
from regulars_experiments.results import FloatArray

_COLLINEAR = 1e-10  # eigenvalues of a correlation matrix below this share of the largest are none


@dataclass(frozen=True, slots=True)
class Fit:
    """One group's own regression: slopes (covariates, cells), residual variance, its freedom.

    inverse: pseudo-inverse of the covariates' covariances, of which collinear ones count once.
    residual: NaN where the group has no more customers than slopes + 1.
    """

    slopes: FloatArray
    residual: FloatArray
    freedom: FloatArray
    inverse: FloatArray


def regress(outcome: Summary, with_outcome: FloatArray, among: FloatArray) -> Fit:
    """One group's regression of the outcome on the covariates.

    >>> from regulars_experiments.effects import as_summary
    >>> found = regress(as_summary(60, 11.4, 419.4), np.array([[155.0]]), np.array([[[842.5]]]))
    >>> found.slopes.round(3), found.freedom
    (array([[0.184]]), array([58.]))
    """
    inverse, rank = _inverse(among)
    slopes = np.einsum("ijc,jc->ic", inverse, with_outcome)
    freedom = outcome.n - 1 - rank
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(freedom >= 1, (outcome.n - 1) / freedom, np.nan)
        residual = left(outcome, slopes, with_outcome, among) * scale
    return Fit(slopes, residual, freedom, inverse)


def left(
    outcome: Summary, slopes: FloatArray, with_outcome: FloatArray, among: FloatArray
) -> FloatArray:
    """Variance of outcome - slopes x covariates, 0 where nothing but rounding is left.

    >>> from regulars_experiments.effects import as_summary
    >>> left(as_summary(9, 0.0, 5.0), np.array([[2.0]]), np.array([[2.0]]), np.array([[[1.0]]]))
    array([1.])
    """
    explained = quadratic(among, slopes)
    variance = outcome.variance - 2 * (slopes * with_outcome).sum(axis=0) + explained
    return beyond_rounding(variance, outcome.variance + explained)


def pooled_slopes(
    outcome: tuple[Summary, Summary],
    means: tuple[FloatArray, FloatArray],
    with_outcome: tuple[FloatArray, FloatArray],
    among_covariates: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """theta, (covariates, cells): least squares over both groups as one sample."""
    y_c, y_t = outcome
    with np.errstate(divide="ignore", invalid="ignore"):
        between = y_c.n * y_t.n / (y_c.n + y_t.n)
        s_xy = between * (means[1] - means[0]) * mean_difference(y_c, y_t)
        for own, crossed in zip(outcome, with_outcome, strict=True):
            s_xy = s_xy + (own.n - 1) * crossed
        s_xx = pooled_products((y_c.n, y_t.n), means, among_covariates)
        inverse, _ = _inverse(s_xx)
        theta: FloatArray = np.einsum("ijc,jc->ic", inverse, s_xy)
    return theta


def pooled_products(
    n: tuple[FloatArray, FloatArray],
    means: tuple[FloatArray, FloatArray],
    among_covariates: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Sums of products of the covariates about the means of both groups together."""
    with np.errstate(divide="ignore", invalid="ignore"):
        away = means[1] - means[0]
        products: FloatArray = n[0] * n[1] / (n[0] + n[1]) * away[:, None] * away[None]
        for own, among in zip(n, among_covariates, strict=True):
            products = products + (own - 1) * among
    return products


def _inverse(products: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pseudo-inverse and rank, per cell, of (covariates, covariates, cells); NaN where unknown.

    On the correlation scale, so that what counts as collinear does not depend on the units; a
    covariate without spread gets zeros.
    """
    inverse = np.full_like(products, np.nan)
    rank = np.full(products.shape[-1], np.nan)
    usable = np.isfinite(products).all(axis=(0, 1))
    if not usable.any():
        return inverse, rank
    known = np.moveaxis(products[:, :, usable], -1, 0)
    spread = np.sqrt(np.maximum(np.einsum("cii->ci", known), 0))
    per_spread = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    scale = per_spread[:, :, None] * per_spread[:, None, :]
    values, vectors = np.linalg.eigh(known * scale)
    kept = values > _COLLINEAR * values.max(axis=1, keepdims=True)
    per_value = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    found = (vectors * per_value[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    inverse[:, :, usable] = np.moveaxis(found * scale, 0, -1)
    rank[usable] = kept.sum(axis=1)
    return inverse, rank


def product(matrix: FloatArray, one: FloatArray, other: FloatArray) -> FloatArray:
    """one' matrix other in each cell."""
    found: FloatArray = np.einsum("ic,ijc,jc->c", one, matrix, other)
    return found


def quadratic(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """vector' matrix vector in each cell."""
    return product(matrix, vector, vector)
