"""From intervals to a row of a table, and whether the row keeps its bound.

A row fails only beyond three Monte Carlo errors.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CONFIDENCE = 0.95
MONTE_CARLO_ERRORS = 3.0
OK, FAILS, DECLINED, NOT_JUDGED = "ok", "FAILS", "declined", ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One method in one scenario. figures: by the headings of the part's table; NaN is "-".

    ours: whether this is what the product answers by default. verdict: "" where nobody judges.
    bound: the bound in words. group: under which of the part's tables it stands.
    """

    group: str
    scenario: str
    method: str
    figures: Mapping[str, float]
    verdict: str = NOT_JUDGED
    bound: str = ""
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A piece of work that needs nothing from any other: name, function, arguments."""

    part: str
    name: str
    work: Callable[..., Iterable[Row]]
    arguments: Mapping[str, object] = field(default_factory=dict)
    repetitions: int | None = None
    weight: float = 1.0

    def run(self, seed: int, repetitions: int) -> list[Row]:
        """Its rows, from the stream of random numbers that belongs to its name."""
        rng = stream(seed, f"{self.part}/{self.name}")
        many = repetitions if self.repetitions is None else min(self.repetitions, repetitions)
        return list(self.work(rng, many, **self.arguments))


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for each name."""
    sequence = np.random.SeedSequence([seed, crc32(name.encode())])
    return np.random.Generator(np.random.SFC64(sequence))


def monte_carlo(share: float, n: float) -> float:
    """Three Monte Carlo errors of a share seen in n repetitions.

    The error is that of a share at least one case away from 0 and 1, so that it is never zero.
    """
    if not n >= 1:
        return float("nan")
    inside = min(max(share, 1 / n), 1 - 1 / n) if n > 2 else 0.5
    return MONTE_CARLO_ERRORS * float(np.sqrt(inside * (1 - inside) / n))


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of one interval in many repetitions: shares of the answered ones, 0 to 1.

    above: the whole interval lies above the truth (the campaign looks better than it is); below:
    the reverse. better, worse: proved so, which is false where the truth is zero.
    """

    repetitions: int
    answered: float
    covered: float
    above: float
    below: float
    better: float
    worse: float
    width: float

    @property
    def judged(self) -> float:
        """Number of answered repetitions."""
        return self.repetitions * self.answered

    def figures(self) -> dict[str, float]:
        """As they stand in a table."""
        return {
            "answered": self.answered,
            "covered": self.covered,
            "above": self.above,
            "below": self.below,
            "width": self.width,
            "better": self.better,
            "worse": self.worse,
        }


def score(
    low: Floats,
    high: Floats,
    truth: float | Floats,
    *,
    null: float = 0.0,
    width_of: Floats | None = None,
) -> Score:
    """Count; limits are NaN where the method does not answer.

    null: the value of "no effect". width_of: widths of the interval to compare with (Welch's).
    """
    known = ~(np.isnan(low) | np.isnan(high))
    n = int(known.sum())
    if n == 0:
        nan = float("nan")
        return Score(
            repetitions=len(low), answered=0.0, covered=nan, above=nan, below=nan,
            better=nan, worse=nan, width=nan,
        )  # fmt: skip
    truths = np.broadcast_to(np.asarray(truth, dtype=np.float64), low.shape)
    above = float((low[known] > truths[known]).mean())
    below = float((high[known] < truths[known]).mean())
    width = float("nan")
    if width_of is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = ((high - low) / width_of)[known]
        relative = relative[np.isfinite(relative)]
        width = float(np.median(relative)) if len(relative) else float("nan")
    return Score(
        repetitions=len(low),
        answered=n / len(low),
        covered=1 - above - below,
        above=above,
        below=below,
        better=float((low[known] > null).mean()),
        worse=float((high[known] < null).mean()),
        width=width,
    )


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What is asked of an interval. side: most misses on either side."""

    least: float = 0.935
    most: float = 0.965
    side: float = 0.04
    refused: float = 0.01

    @property
    def words(self) -> str:
        """As a sentence's end."""
        most = f" to {self.most:.1%}" if self.most < 1 else " or more"
        side = f", at most {self.side:.0%} on each side" if self.side < 1 else ""
        refused = f", at most {self.refused:.0%} refused" if self.refused < 1 else ""
        return f"{self.least:.1%}{most}{side}{refused}"

    def verdict(self, found: Score) -> str:
        """Whether it is kept, with three Monte Carlo errors of slack."""
        slack = monte_carlo(found.covered, found.judged)
        sides = (found.above, found.below)
        kept = (
            found.answered > 0
            and self.least - slack <= found.covered <= self.most + slack
            and all(miss <= self.side + monte_carlo(miss, found.judged) for miss in sides)
            and 1 - found.answered
            <= self.refused + monte_carlo(1 - found.answered, found.repetitions)
        )
        return OK if kept else FAILS


USUAL = Bound()
"""The shape of amounts is the same in both groups."""
CHANGED = Bound(least=0.88, most=1.0, side=1.0)
"""The campaign changes the shape of amounts."""


def at_most(share: float, limit: float, n: float) -> str:
    """Whether an error rate keeps its limit."""
    return OK if share <= limit + monte_carlo(share, n) else FAILS


def at_least(share: float, limit: float, n: float) -> str:
    """Whether a share that should be high is."""
    return OK if share >= limit - monte_carlo(share, n) else FAILS


def must_decline(found: Score) -> str:
    """With too few buyers the product says that it cannot tell."""
    return (
        DECLINED
        if found.answered <= 0.001 + monte_carlo(found.answered, found.repetitions)
        else FAILS
    )
