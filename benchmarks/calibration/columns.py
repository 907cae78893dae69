"""Several correlated columns per customer, many repetitions at once.

`Sums` is what the product's aggregation would keep of each group; `Pair` answers what the product
asks of a comparison of two groups.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from benchmarks.calibration.draws import Counts, Floats, blocks

from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import Arms

Weights = Mapping[str, Fraction | int]
Drawer = Callable[[int, np.random.Generator], Mapping[str, Floats]]


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums of a group's columns and of their products; arrays of shape (repetitions,).

    constants: columns with the same value for every customer of the group. shape: of the column
    `shaped`.
    """

    n: int
    first: Mapping[str, Floats]
    products: Mapping[tuple[str, str], Floats]
    shape: Shape
    constants: Mapping[str, float]

    def __add__(self, other: "Sums") -> "Sums":
        """Of other customers with the same columns and constants."""
        return Sums(
            n=self.n + other.n,
            first={name: values + other.first[name] for name, values in self.first.items()},
            products={pair: both + other.products[pair] for pair, both in self.products.items()},
            shape=Shape(
                buyers=self.shape.buyers + other.shape.buyers,
                positive=self.shape.positive + other.shape.positive,
                logs=tuple(a + b for a, b in zip(self.shape.logs, other.shape.logs, strict=True)),
            ),
            constants=self.constants,
        )

    def mean(self, name: str) -> Floats:
        """Mean per customer."""
        if name in self.constants:
            return np.full(self.shape.buyers.shape, self.constants[name])
        return self.first[name] / self.n

    def covariance(self, one: str, other: str) -> Floats:
        """Sample covariance (ddof 1)."""
        if one in self.constants or other in self.constants:
            return np.zeros(self.shape.buyers.shape)
        both = self.products[min(one, other), max(one, other)]
        found: Floats = (both - self.first[one] * self.first[other] / self.n) / (self.n - 1)
        return found

    def summary(self, value: Weights) -> Summary:
        """Of a weighted sum of columns."""
        mean = sum((float(w) * self.mean(name) for name, w in value.items()), start=np.zeros(1))
        variance = self.joint(value, value)
        return Summary(
            n=np.full(mean.shape, float(self.n)),
            mean=mean,
            variance=np.maximum(variance, 0),
            mean_square=variance * (self.n - 1) / self.n + mean**2,
        )

    def joint(self, one: Weights, other: Weights) -> Floats:
        """Covariance of two weighted sums."""
        return sum(
            (
                float(v * w) * self.covariance(a, b)
                for a, v in one.items()
                for b, w in other.items()
            ),
            start=np.zeros(self.shape.buyers.shape),
        )


def draw_columns(
    n: int,
    counts: Counts,
    drawer: Drawer,
    rng: np.random.Generator,
    *,
    shaped: str,
    constants: Mapping[str, float] | None = None,
) -> Sums:
    """Draw the rows that are not all zeros, and add up; n: customers of the group."""
    first: dict[str, Floats] = {}
    products: dict[tuple[str, str], Floats] = {}
    shape = np.zeros((6, len(counts)))
    for size, starts, where in blocks(counts):
        drawn = drawer(size, rng)
        for name in sorted(drawn):
            first.setdefault(name, np.zeros(len(counts)))[where] += _runs(drawn[name], starts)
            for other in sorted(drawn):
                if name <= other:
                    total = products.setdefault((name, other), np.zeros(len(counts)))
                    total[where] += _runs(drawn[name] * drawn[other], starts)
        amounts = drawn[shaped]
        above = amounts > 0
        logs = np.log(np.where(above, amounts, 1.0))
        shape[0, where] += _runs((amounts != 0).astype(np.float64), starts)
        shape[1, where] += _runs(above.astype(np.float64), starts)
        for power in (1, 2, 3, 4):
            shape[1 + power, where] += _runs(logs**power, starts)
    return Sums(
        n=n,
        first=first,
        products=products,
        shape=Shape(buyers=shape[0], positive=shape[1], logs=tuple(shape[2:])),
        constants=constants or {},
    )


def _runs(values: Floats, starts: Counts) -> Floats:
    found: Floats = np.add.reduceat(values, starts)
    return found


@dataclass(frozen=True)
class Pair:
    """Control and arm, with the questions that the product puts to a comparison."""

    control: Sums
    arm: Sums

    @property
    def arm_keys(self) -> tuple[tuple[str], ...]:
        """One arm in every cell."""
        return (("arm",),) * len(self.control.summary({}).n)

    def summaries(self, value: Weights) -> tuple[Summary, Summary]:
        """(control, arm) of a weighted sum of columns."""
        return self.control.summary(value), self.arm.summary(value)

    def covariances(self, one: Weights, other: Weights) -> tuple[Floats, Floats]:
        """(control, arm) covariances of two weighted sums."""
        return self.control.joint(one, other), self.arm.joint(one, other)

    def money(self, value: Weights) -> Arms:
        """What the money interval reads; the buyers are those of the shaped column."""
        control, arm = self.summaries(value)
        return Arms(
            control=control, arm=arm, control_shape=self.control.shape, arm_shape=self.arm.shape
        )

    def stacked(
        self, outcome: str, covariates: Sequence[str]
    ) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Covariances with the outcome (covariates, cells) and among covariates, per side."""
        sides = (self.control, self.arm)
        with_outcome = tuple(
            np.stack([side.covariance(outcome, x) for x in covariates]) for side in sides
        )
        among = tuple(
            np.array([[side.covariance(a, b) for b in covariates] for a in covariates])
            for side in sides
        )
        return (with_outcome[0], with_outcome[1]), (among[0], among[1])
