"""Columns cut into bins once, without looking at any outcome, so that rules are sums of bins.

Scores summed per fold, bin and action can be added: what a rule is worth on any set of folds is a
sum of such cells, and no rule needs a further pass over the customers.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.randomised import Features, IntArray

Codes = npt.NDArray[np.uint8]

SIGNIFICANT_DIGITS = 3  # of a threshold that a person is to read


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One binned column. Bin 0 holds the missing; numbers follow in order, levels as they come.

    edges: lower ends of bins 2, 3, ... of a number (bin 1 is everything below the first); None for
    categories. levels: words of bins 1, 2, ... of a category; a last bin "" takes the rare ones.
    """

    name: str
    edges: FloatArray | None
    levels: tuple[str, ...] | None
    bins: int
    has_missing: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Binned:
    """All columns binned. codes: (columns, rows)."""

    columns: tuple[Column, ...]
    codes: Codes


def bin_features(features: Features, *, bins: int) -> Binned:
    """Cut each column into at most `bins` bins besides that of the missing (bins <= 250).

    Numbers are cut at their quantiles, rounded to what a person can read; a column with few
    distinct values is cut between them. Of categories the most frequent levels keep their own bin.

    >>> import numpy as np
    >>> spend = Features(names=("spend",), values=np.array([[0.0], [10.0], [np.nan], [30.0]]),
    ...     categories=(None,))
    >>> binned = bin_features(spend, bins=8)
    >>> binned.columns[0].edges, binned.codes
    (array([10., 30.]), array([[1, 2, 0, 3]], dtype=uint8))
    """
    codes = np.empty((len(features.names), len(features.values)), dtype=np.uint8)
    columns = []
    for place, (name, levels) in enumerate(zip(features.names, features.categories, strict=True)):
        values = features.values[:, place]
        missing = np.isnan(values)
        if levels is None:
            edges = _edges(values[~missing], bins)
            codes[place] = np.where(missing, 0, np.searchsorted(edges, values, side="right") + 1)
            kept, count = None, len(edges) + 1
        else:
            own, kept = _frequent(values, missing, levels, bins)
            codes[place] = own
            edges, count = None, len(kept)
        columns.append(
            Column(
                name=name,
                edges=edges,
                levels=kept,
                bins=count + 1,
                has_missing=bool(missing.any()),
            )
        )
    return Binned(columns=tuple(columns), codes=codes)


def cells(
    binned: Binned, scores: FloatArray, folds: IntArray, weights: FloatArray | None
) -> list[FloatArray]:
    """Per column (folds, bins, A + 2): the sum of each action's scores, and last the head-count.

    scores: (rows, A + 1); weights multiply both.
    """
    count = int(folds.max()) + 1
    return [
        sums(folds * column.bins + code, count * column.bins, scores, weights).reshape(
            count, column.bins, -1
        )
        for column, code in zip(binned.columns, binned.codes, strict=True)
    ]


def sums(key: IntArray, size: int, scores: FloatArray, weights: FloatArray | None) -> FloatArray:
    """(size, A + 2): sums of scores and the head-count per key."""
    found = np.zeros((size, scores.shape[1] + 1))
    for action in range(1, scores.shape[1]):
        each = scores[:, action] if weights is None else scores[:, action] * weights
        found[:, action] = np.bincount(key, weights=each, minlength=size)
    found[:, -1] = np.bincount(key, weights=weights, minlength=size)
    return found


def _edges(values: FloatArray, bins: int) -> FloatArray:
    """Lower ends of all bins but the first."""
    if not len(values):
        return np.empty(0)
    distinct = np.unique(values) if len(values) < 10_000 else None
    if distinct is None:
        # few distinct values show in a part as well, and a part is sorted at once
        part = np.unique(values[:: max(len(values) // 10_000, 1)])
        distinct = np.unique(values) if len(part) <= bins else part
    if len(distinct) <= bins:
        return distinct[1:]
    edges = np.quantile(values, np.arange(1, bins) / bins)
    return np.unique(_readable(edges, float(np.ptp(values)) / bins))


def _readable(edges: FloatArray, spacing: float) -> FloatArray:
    """Rounded to three significant digits, or finer where the edges lie closer than that."""
    if not np.isfinite(spacing) or spacing <= 0:
        return edges
    largest = max(float(np.abs(edges).max()), spacing)
    digits = SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(largest))
    digits = max(digits, -math.floor(math.log10(spacing)))
    # Python's round gives the shortest decimal, numpy's leaves binary dust
    return np.array([round(edge, digits) for edge in edges.tolist()], dtype=np.float64)


def _frequent(
    values: FloatArray, missing: npt.NDArray[np.bool_], levels: tuple[str, ...], bins: int
) -> tuple[Codes, tuple[str, ...]]:
    """Codes, and the words of bins 1, 2, ...; the rare levels share a last bin named ""."""
    known = np.where(missing, 0, values).astype(np.int64)
    frequency = np.bincount(known[~missing], minlength=max(len(levels), 1))
    if len(levels) <= bins:
        return np.where(missing, 0, known + 1).astype(np.uint8), levels
    kept = np.sort(np.argsort(-frequency, kind="stable")[: bins - 1])
    place = np.full(len(levels), bins, dtype=np.int64)
    place[kept] = np.arange(1, bins)
    own = np.where(missing, 0, place[known]).astype(np.uint8)
    return own, (*(levels[index] for index in kept), "")
