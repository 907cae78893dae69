"""Sums over simulated buyers, many repetitions at once.

Only the buyers are drawn: everybody else is a zero, and zeros change nothing but n. Amounts are
made in blocks that stay in the processor's cache and are added up per repetition at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from regulars_experiments.moments import Shape, Summary

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Amounts = Callable[[int, np.random.Generator], tuple[Floats, Floats | None]]
"""How many, generator -> (amounts, their logarithms if these are at hand)."""

BLOCK = 1 << 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Sums of one group in many repetitions; arrays of shape (repetitions,). They add up.

    first, second: of amounts and of their squares. log1 to log4: of the powers of the logarithm
    of the positive amounts.
    """

    n: Floats
    buyers: Floats
    positive: Floats
    first: Floats
    second: Floats
    log1: Floats
    log2: Floats
    log3: Floats
    log4: Floats

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def scaled(self, factor: Floats) -> "Totals":
        """Amounts times a factor; logarithms stay, as a shift of them changes no spread."""
        return replace(self, first=self.first * factor, second=self.second * factor**2)

    def summary(self) -> Summary:
        """As the product's estimators read it."""
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.maximum(self.second - self.first**2 / self.n, 0)
            return Summary(
                n=self.n,
                mean=self.first / self.n,
                variance=spread / (self.n - 1),
                mean_square=self.second / self.n,
            )

    def shape(self) -> Shape:
        """How amounts spread among the buyers."""
        return Shape(
            buyers=self.buyers,
            positive=self.positive,
            logs=(self.log1, self.log2, self.log3, self.log4),
        )


def blocks(counts: Counts) -> Iterator[tuple[int, Counts, Counts]]:
    """(draws, starts, repetitions) per block: where each repetition's run begins within it.

    counts: buyers of each repetition. A repetition that is longer than a block goes on in the next.
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    begins = ends - counts
    for offset in range(0, total, BLOCK):
        size = min(BLOCK, total - offset)
        first = int(np.searchsorted(ends, offset, side="right"))
        last = int(np.searchsorted(begins, offset + size, side="left"))
        here = np.arange(first, last)[counts[first:last] > 0]
        yield size, np.maximum(begins[here] - offset, 0), here


def add_up(n: float, counts: Counts, amounts: Amounts, rng: np.random.Generator) -> Totals:
    """Draw `counts` buyers' amounts and add them up; n: customers of the group."""
    sums = np.zeros((7, len(counts)))
    for size, starts, where in blocks(counts):
        values, logs = amounts(size, rng)
        above = None
        if logs is None:
            above = values > 0
            logs = np.log(np.where(above, values, 1.0))
        sums[0, where] += np.add.reduceat(values, starts)
        sums[1, where] += np.add.reduceat(values * values, starts)
        power = logs
        for row in (2, 3, 4, 5):
            sums[row, where] += np.add.reduceat(power, starts)
            if row < 5:
                power = power * logs
        if above is not None:
            sums[6, where] += np.add.reduceat(above.astype(np.float64), starts)
        else:
            sums[6, where] += np.diff(np.append(starts, size))
    return Totals(
        n=np.broadcast_to(np.asarray(n, dtype=np.float64), counts.shape).copy(),
        buyers=counts.astype(np.float64),
        positive=sums[6],
        first=sums[0],
        second=sums[1],
        log1=sums[2],
        log2=sums[3],
        log3=sums[4],
        log4=sums[5],
    )


def lognormal(median: float, log_sd: float) -> Amounts:
    """Amounts with a lognormal distribution."""
    centre = np.log(median)

    def draw(size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        logs = rng.standard_normal(size)
        logs *= log_sd
        logs += centre
        return np.exp(logs), logs

    return draw


def resampled(pool: Floats, times: float) -> Amounts:
    """Amounts drawn from real ones, times a factor."""
    amounts = pool * times
    logs = np.log(amounts)

    def draw(size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        which = rng.integers(0, len(amounts), size)
        return amounts[which], logs[which]

    return draw


def with_returns(amounts: Amounts, share: float) -> Amounts:
    """A share of buyers sends goods of an earlier order back, worth a third of an amount."""

    def draw(size: int, rng: np.random.Generator) -> tuple[Floats, None]:
        values, _ = amounts(size, rng)
        return np.where(rng.random(size) < share, -values / 3, values), None

    return draw


def add_up_lognormal(
    n: float | Floats,
    counts: Counts,
    median: float,
    log_sds: tuple[float, ...],
    rng: np.random.Generator,
) -> tuple[Totals, ...]:
    """One draw of normals, read as lognormal amounts of several spreads: a value for each."""
    powers = np.zeros((4, len(counts)))
    money = np.zeros((len(log_sds), 2, len(counts)))
    for size, starts, where in blocks(counts):
        normal = rng.standard_normal(size)
        power = normal.copy()
        for row in range(4):
            powers[row, where] += np.add.reduceat(power, starts)
            power *= normal
        for row, log_sd in enumerate(log_sds):
            np.multiply(normal, log_sd, out=power)
            np.exp(power, out=power)
            money[row, 0, where] += np.add.reduceat(power, starts)
            power *= power
            money[row, 1, where] += np.add.reduceat(power, starts)
    buyers = counts.astype(np.float64)
    return tuple(
        Totals(
            n=np.broadcast_to(np.asarray(n, dtype=np.float64), counts.shape).copy(),
            buyers=buyers,
            positive=buyers,
            first=median * money[row, 0],
            second=median**2 * money[row, 1],
            # logarithms of amount / median: a shift changes no spread
            log1=log_sd * powers[0],
            log2=log_sd**2 * powers[1],
            log3=log_sd**3 * powers[2],
            log4=log_sd**4 * powers[3],
        )
        for row, log_sd in enumerate(log_sds)
    )
