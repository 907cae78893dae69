"""The two base models under every learner: a regularised linear one, and small boosted trees.

Both predict the mean of an outcome from a matrix of features; of a 0/1 outcome, its probability.
They are small on purpose: effects are a small part of what customers do, and models that follow
the outcome closely follow its noise into the difference of two of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.randomised import BoolArray, Features

LINEAR, BOOSTED = "linear", "boosted"
BASES = (LINEAR, BOOSTED)

Predictor = Callable[[FloatArray], FloatArray]
"""Matrix (rows, columns) of a Preparation to predicted means (rows,)."""

_CLIP = (
    5.0  # standard deviations: one customer with a hundred times the usual must not tilt the line
)
_ROUNDS = 4
_MOST_LEVELS = 20  # per column in the linear base; rarer ones share the level that has no column
_LEAST_SHARE = 0.01
_PENALTIES = 10.0 ** np.linspace(-5, -1, 17)
"""Per customer, on standardised columns. Stronger ones take columns as if they did not overlap."""
_MOST_STEPS = 30

TREES, RATE, LEAVES, LEAST_IN_LEAF = 30, 0.1, 8, 300
"""60 trees at half the rate ranked Hillstrom's customers alike, at twice the time."""
_BINS = 127  # with leaves of hundreds, 255 cut no better and take half as long again


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """How one base sees features; learnt from the features alone, never from outcome or arm.

    mean, spread: (columns,), of the numbers, over customers who have one, outliers drawn in;
    spread 0 drops the column. levels: per column, how many of its most frequent levels have a
    column (linear base). most_levels: of one column. missing: (columns,), whether anybody lacks it.
    """

    base: str
    categorical: BoolArray
    mean: FloatArray
    spread: FloatArray
    levels: tuple[int, ...]
    most_levels: int
    missing: BoolArray

    def matrix(self, features: Features) -> FloatArray:
        """(rows, columns): what `fit_mean` of the same base takes, and its predictors."""
        if self.base == BOOSTED:
            return features.values
        columns: list[FloatArray] = []
        for place in range(len(self.categorical)):
            values = features.values[:, place]
            if self.categorical[place]:
                columns += [(values == level).astype(float) for level in range(self.levels[place])]
            elif self.spread[place] > 0:
                standard = (values - self.mean[place]) / self.spread[place]
                # missing stands at the mean, beside a column that says so
                columns.append(np.nan_to_num(np.clip(standard, -_CLIP, _CLIP)))
            if self.missing[place]:
                columns.append(np.isnan(values).astype(float))
        return np.column_stack(columns) if columns else np.zeros((len(features.values), 0))

    def matrix_categories(self) -> BoolArray | None:
        """Which columns of the matrix are indices of categories (boosted base), else None."""
        return self.categorical if self.base == BOOSTED and self.categorical.any() else None


def prepare(base: str, features: Features) -> Preparation:
    """Learn means, spreads and frequent levels; the same for all folds, as no outcome enters.

    Raises ValueError for a base that does not exist.

    >>> age = Features(names=("age",), values=np.array([[20.0], [40.0], [np.nan]]),
    ...                categories=(None,))
    >>> prepare("linear", age).matrix(age).tolist()
    [[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    if base not in BASES:
        raise ValueError(f"there is no base {base!r}; choose one of {', '.join(BASES)}")
    values = features.values
    categorical = np.array([words is not None for words in features.categories], dtype=bool)
    lacking = np.isnan(values)
    centres = [_centre(values[~lacking[:, place], place]) for place in range(values.shape[1])]
    levels = tuple(
        _frequent_levels(values[:, place]) if categorical[place] else 0
        for place in range(values.shape[1])
    )
    return Preparation(
        base=base,
        categorical=categorical,
        mean=np.array([mean for mean, _ in centres]),
        spread=np.array([spread for _, spread in centres]),
        levels=levels,
        most_levels=max((len(words) for words in features.categories if words), default=0),
        missing=np.asarray(lacking.any(axis=0) & ~lacking.all(axis=0)),
    )


def _centre(values: FloatArray) -> tuple[float, float]:
    """Mean and standard deviation, a few times over with outliers drawn in; 0 without values."""
    mean = spread = 0.0
    for _ in range(_ROUNDS if len(values) else 0):
        mean, spread = float(values.mean()), float(values.std())
        # what differs by rounding alone does not differ
        if spread <= 1e-12 * abs(mean):
            return mean, 0.0
        values = np.clip(values, mean - _CLIP * spread, mean + _CLIP * spread)
    return mean, spread


def _frequent_levels(codes: FloatArray) -> int:
    """Levels are numbered by frequency, so the frequent ones are the first so many."""
    counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64))
    frequent = counts >= max(1.0, _LEAST_SHARE * len(codes))
    return min(_MOST_LEVELS, int(np.argmin(frequent)) if not frequent.all() else len(frequent))


def is_binary(outcome: FloatArray) -> bool:
    """Whether the outcome is 0 or 1 for everybody."""
    return bool(((outcome == 0) | (outcome == 1)).all())


def fit_mean(
    preparation: Preparation,
    matrix: FloatArray,
    outcome: FloatArray,
    *,
    weights: FloatArray | None,
    seed: int,
    penalty: float | None = None,
) -> Predictor:
    """A model of the outcome's mean given the matrix; its probability where the outcome is 0/1.

    matrix: (rows, columns) of `preparation`, or with columns of numbers added at its end. outcome:
    (rows,). weights: (rows,) or None. penalty: of the linear base, per customer; None finds one. An
    outcome that is the same for all is predicted as such.

    >>> one = Features(names=("x",), values=np.array([[0.0], [1.0], [2.0], [3.0]]),
    ...                categories=(None,))
    >>> seen = prepare("linear", one)
    >>> line = fit_mean(seen, seen.matrix(one), np.array([1.0, 3.0, 5.0, 7.0]), weights=None,
    ...                 seed=1)
    >>> np.round(line(seen.matrix(one)), 2).tolist()
    [1.0, 3.0, 5.0, 7.0]
    """
    if not len(outcome) or (outcome == outcome[0]).all():
        return _constant(float(outcome[0]) if len(outcome) else 0.0)
    binary = is_binary(outcome)
    if not matrix.shape[1]:
        return _constant(float(np.average(outcome, weights=weights)))
    if preparation.base == LINEAR:
        return (_logistic if binary else _ridge)(matrix, outcome, weights, penalty)
    model = boosted_model(
        len(outcome),
        binary=binary,
        categorical=_widened(preparation.matrix_categories(), matrix.shape[1]),
        seed=seed,
        most_levels=preparation.most_levels,
    )
    model.fit(matrix, outcome.astype(np.int64) if binary else outcome, sample_weight=weights)
    if binary:
        return lambda matrix: np.asarray(model.predict_proba(matrix)[:, 1], dtype=np.float64)
    return lambda matrix: np.asarray(model.predict(matrix), dtype=np.float64)


def boosted_model(
    rows: int,
    *,
    binary: bool,
    categorical: npt.NDArray[np.bool_] | None,
    seed: int,
    most_levels: int = 0,
) -> Any:
    """scikit-learn's histogram boosting at our size: 30 trees of 8 leaves, 300 customers a leaf.

    most_levels: of one category, at most 255. A leaf never needs more than a twentieth of the
    customers. No early stopping: it would draw a
    validation sample of its own.

    >>> boosted_model(2_000, binary=True, categorical=None, seed=1).min_samples_leaf
    100
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if binary else HistGradientBoostingRegressor
    return kind(
        max_iter=TREES,
        learning_rate=RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=max(1, min(LEAST_IN_LEAF, rows // 20)),
        categorical_features=categorical,
        max_bins=max(_BINS, most_levels),
        early_stopping=False,
        random_state=seed % 2**32,
    )


def _widened(categorical: BoolArray | None, columns: int) -> BoolArray | None:
    """The categories' mask for a matrix that has numbers added at its end."""
    if categorical is None:
        return None
    return np.concatenate([categorical, np.zeros(columns - len(categorical), dtype=bool)])


def _constant(value: float) -> Predictor:
    return lambda matrix: np.full(len(matrix), value)


def _line(slope: FloatArray, level: float) -> Predictor:
    return lambda matrix: matrix @ slope + level


def find_penalty(
    preparation: Preparation, matrix: FloatArray, outcome: FloatArray, weights: FloatArray | None
) -> float | None:
    """The linear base's penalty per customer by generalised cross-validation; None for boosting.

    Models whose predictions are subtracted need one in common: if each shrank by its own, what
    they agree on would be left in the difference.

    >>> one = Features(names=("x",), values=np.array([[0.0], [1.0], [2.0], [3.0]]),
    ...                categories=(None,))
    >>> seen = prepare("linear", one)
    >>> found = find_penalty(seen, seen.matrix(one), np.array([1.0, 3.0, 5.0, 7.0]), None)
    >>> f"{found:.0e}"  # a line needs none: the smallest there is
    '1e-05'
    """
    if preparation.base != LINEAR or not matrix.shape[1]:
        return None
    count = float(len(outcome) if weights is None else weights.sum())
    return _ridge_solution(matrix, outcome, weights)[2] / count


def _ridge(
    matrix: FloatArray, outcome: FloatArray, weights: FloatArray | None, penalty: float | None
) -> Predictor:
    """Ridge regression with a free intercept; the penalty by generalised cross-validation."""
    slope, level, _ = _ridge_solution(matrix, outcome, weights, penalty)
    return _line(slope, level)


def _ridge_solution(
    matrix: FloatArray,
    outcome: FloatArray,
    weights: FloatArray | None,
    penalty: float | None = None,
) -> tuple[FloatArray, float, float]:
    """Slopes, intercept and the penalty chosen."""
    weighted = matrix if weights is None else matrix * weights[:, None]
    n = float(len(outcome) if weights is None else weights.sum())
    middle = weighted.sum(axis=0) / n
    level = float(np.average(outcome, weights=weights))
    apart = outcome - level
    gram = weighted.T @ matrix - n * np.outer(middle, middle)
    cross = weighted.T @ apart
    squares = float(apart @ apart if weights is None else apart @ (weights * apart))
    values, directions = np.linalg.eigh(gram)
    values = np.maximum(values, 0.0)
    along = directions.T @ cross
    # Golub, Heath & Wahba 1979, eq. 1.4, on the eigenvalues: residuals and freedom of each penalty
    penalties = _PENALTIES if penalty is None else np.array([penalty])
    shrunk = values[:, None] + n * penalties
    fitted = along[:, None] / shrunk
    residual = squares - 2 * along @ fitted + (values[:, None] * fitted**2).sum(axis=0)
    freedom = 1 + (values[:, None] / shrunk).sum(axis=0)
    left = np.maximum(1 - freedom / n, 1e-9)
    # of equally good ones the strongest
    best = len(penalties) - 1 - int(np.argmin((np.maximum(residual, 0) / left**2)[::-1]))
    slope = directions @ fitted[:, best]
    return slope, level - float(middle @ slope), n * float(penalties[best])


def _logistic(
    matrix: FloatArray, outcome: FloatArray, weights: FloatArray | None, given: float | None
) -> Predictor:
    """Ridge-penalised logistic regression by Newton's steps, free intercept.

    The penalty is that of the linear probability model times p (1 - p), the ratio of the two
    models' information (le Cessie & van Houwelingen 1992, eq. 3, has the penalised likelihood).
    """
    _, _, penalty = _ridge_solution(matrix, outcome, weights, given)
    share = float(np.average(outcome, weights=weights))
    count = np.ones(len(outcome)) if weights is None else weights
    wide = np.column_stack([matrix, np.ones(len(outcome))])
    ridge = np.full(wide.shape[1], penalty * share * (1 - share))
    ridge[-1] = 0.0
    at = np.zeros(wide.shape[1])
    at[-1] = np.log(share / (1 - share))
    loss = _penalised_loss(wide @ at, outcome, count, ridge @ at**2)
    for _ in range(_MOST_STEPS):
        chance = special.expit(wide @ at)
        gradient = wide.T @ (count * (outcome - chance)) - ridge * at
        information = wide.T @ (wide * (count * chance * (1 - chance))[:, None])
        information[np.diag_indices_from(information)] += ridge + 1e-10 * count.sum()
        step = np.linalg.solve(information, gradient)
        for half in 0.5 ** np.arange(12):
            nearer = at + half * step
            found = _penalised_loss(wide @ nearer, outcome, count, ridge @ nearer**2)
            if found <= loss:
                break
        else:
            break
        gained, at, loss = loss - found, nearer, found
        if gained <= 1e-9 * abs(loss):
            break
    slope, level = at[:-1], float(at[-1])
    return lambda matrix: np.asarray(special.expit(matrix @ slope + level), dtype=np.float64)


def _penalised_loss(
    linear: FloatArray, outcome: FloatArray, count: FloatArray, penalty: float
) -> float:
    """Minus the penalised log-likelihood."""
    return float(count @ (np.logaddexp(0, linear) - outcome * linear) + penalty / 2)
