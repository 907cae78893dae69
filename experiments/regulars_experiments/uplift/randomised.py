"""A finished randomised campaign as arrays: what models fit and policies are valued on.

The unit of account comes first: `outcome` is one number per customer, as a rule the net value in
money (margin by line less offer cost as redeemed, refunds and, for those told, the contact cost).
Everything after it - fitting, ranking, cut-offs, values - is in that unit, so a cut-off at zero
means "pays for itself". Visits or orders work the same way, without a price.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """What was known of each customer before the draw; rows are customers.

    values: (rows, columns); NaN where missing. names: of the columns. categories: per column None
    for a number, or the words of a categorical column, whose values are then their indices.
    dates: names of the columns whose numbers are days since 1970-01-01.
    """

    names: tuple[str, ...]
    values: FloatArray
    categories: tuple[tuple[str, ...] | None, ...]
    dates: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raises ValueError where names, categories and columns do not fit."""
        rows_and_columns = self.values.ndim == 2
        if not rows_and_columns or not (
            self.values.shape[1] == len(self.names) == len(self.categories)
        ):
            raise ValueError("values need one column per name and per entry of categories")

    def rows(self, chosen: npt.NDArray[np.generic]) -> "Features":
        """Some of the customers, by index or by mask."""
        return replace(self, values=self.values[chosen])

    def without(self, names: Collection[str]) -> "Features":
        """All columns but these."""
        kept = [place for place, name in enumerate(self.names) if name not in names]
        return replace(
            self,
            names=tuple(self.names[place] for place in kept),
            values=self.values[:, kept],
            categories=tuple(self.categories[place] for place in kept),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Randomised:
    """A randomised campaign: features, arm and outcome of everyone drawn, buyers or not.

    outcome: (rows,), in the unit of account, finite. arm: (rows,), 0 held out, 1 to A as in
    arm_names[1:]. probabilities: (A + 1,), each arm's chance by design, adding up to 1.
    weights: (rows,), 0 or more, how many customers a row stands for; None counts each once.
    bought: (rows,), who bought at all (for "fewer than 30 buyers"); None takes gross != 0.
    contact_costs: (A + 1,), what telling one customer cost in each arm, already taken off the
    outcome; None is nothing. arm_names: (A + 1,).
    """

    features: Features
    outcome: FloatArray
    arm: IntArray
    probabilities: FloatArray
    arm_names: tuple[str, ...]
    weights: FloatArray | None = None
    bought: BoolArray | None = None
    contact_costs: FloatArray | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where the arrays do not fit together."""
        rows = len(self.outcome)
        each = [
            self.arm,
            self.features.values,
            *(v for v in (self.weights, self.bought) if v is not None),
        ]
        if any(len(values) != rows for values in each):
            raise ValueError("outcome, arm, features, weights and bought need the same rows")
        costs = self.arm_names if self.contact_costs is None else self.contact_costs
        if not len(self.probabilities) == len(self.arm_names) == len(costs):
            raise ValueError("each arm needs its name, its chance and its cost")
        if not (np.all(self.probabilities > 0) and np.isclose(self.probabilities.sum(), 1)):
            raise ValueError("the chances of the arms are above zero and add up to 1")
        if not np.isfinite(self.outcome).all():
            raise ValueError("every customer needs a finite outcome; who bought nothing has 0")

    @property
    def gross(self) -> FloatArray:
        """The outcome before what telling cost: 0 for those who bought nothing; (rows,)."""
        if self.contact_costs is None:
            return self.outcome
        return self.outcome + self.contact_costs[self.arm]

    @property
    def buyers(self) -> BoolArray:
        """Who bought at all; (rows,)."""
        return self.gross != 0 if self.bought is None else self.bought

    @property
    def treated_arms(self) -> int:
        """How many arms are told something."""
        return len(self.arm_names) - 1

    def rows(self, chosen: npt.NDArray[np.generic]) -> "Randomised":
        """Some of the customers, by index or by mask."""
        return replace(
            self,
            features=self.features.rows(chosen),
            outcome=self.outcome[chosen],
            arm=self.arm[chosen],
            weights=None if self.weights is None else self.weights[chosen],
            bought=None if self.bought is None else self.bought[chosen],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldScores:
    """Predicted effects of one learner, each row scored only by models that never saw it.

    learner, base: what was fitted. out_of_fold: (rows, A), effect of each treated arm against the
    holdout in the unit of account, from the model fitted without the row's own fold. nested:
    (folds, rows, A); nested[k][i], for rows i outside fold k, comes from a model that saw neither
    fold k nor the fold of i, so that a choice made on these scores knows nothing of fold k (NaN for
    rows of fold k). What a model for fold k predicts of fold k's own rows is out_of_fold.
    """

    learner: str
    base: str
    out_of_fold: FloatArray
    nested: npt.NDArray[np.float32] | FloatArray

    @property
    def name(self) -> str:
        """Learner and base in one word, as leaderboards show it."""
        return f"{self.learner} ({self.base})" if self.base else self.learner


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFitted:
    """All learners cross-fitted on one campaign.

    folds: (rows,), 0 to K - 1. scores: per learner. response: the outcome predicted under each
    treated arm as a score of its own (a response model: high for those who would buy when told).
    expected: (rows, A + 1), outcome expected under each arm (0: held out) from models without the
    row's fold: the nuisance of doubly robust values.
    """

    folds: IntArray
    scores: Sequence[FoldScores]
    response: FoldScores
    expected: FloatArray
