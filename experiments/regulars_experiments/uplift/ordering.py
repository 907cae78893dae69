"""Customers in the order of a score, and the one walk down that order that every curve comes from.

The sort is done once; the walk adds up, block by block, what stands above each cut. Customers with
the same score enter together: a cut inside such a block would choose by the order of the rows in
the file, so cuts lie at the ends of blocks only, and between the ends the curve is a straight line
(the mean over every order in which the block could enter).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

BLOCK = 1 << 15  # rows at a time: what the walk needs of them stays in the processor's cache


class Ties(Enum):
    """How customers with the same score enter.

    TOGETHER is sound. The others follow the rows of the file, as other libraries do, to reproduce
    their numbers: CausalML's on small files (first row first), scikit-uplift's uplift at k (last
    row first).
    """

    TOGETHER = auto()
    FIRST_ROW_FIRST = auto()
    LAST_ROW_FIRST = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Rows from the highest score to the lowest.

    rows: (rows,), row numbers. scores: (rows,), their scores, falling. ties: how equal ones enter.
    """

    rows: npt.NDArray[np.intp]
    scores: FloatArray
    ties: Ties


def order_by(score: npt.NDArray[np.generic], ties: Ties = Ties.TOGETHER) -> Order:
    """The one sort. score: (rows,), any real or boolean numbers, the best first.

    Raises ValueError where a score is missing or there is none.

    >>> order_by(np.array([1, 3, 2], dtype=np.uint8)).rows
    array([1, 2, 0])
    """
    values = np.asarray(score, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError("scores are one number per customer, for one customer at least")
    # A minimum is NaN where any value is: no array of answers is needed to ask.
    if np.isnan(values.min()):
        missing = int(np.isnan(values).sum())
        raise ValueError(
            f"{missing} of {len(values)} scores are missing (NaN): every customer needs a score"
            " before a ranking can be judged; score or leave out those customers"
        )
    if ties is Ties.TOGETHER:
        return Order(rows=np.argsort(values)[::-1], scores=np.sort(values)[::-1], ties=ties)
    if ties is Ties.LAST_ROW_FIRST:
        rows = np.argsort(values, kind="stable")[::-1]
    else:
        rows = np.argsort(-values, kind="stable")
    return Order(rows=rows, scores=values[rows], ties=ties)


def block_around(order: Order, position: int) -> tuple[int, int]:
    """The tied block that a cut after `position` customers falls into: its start and its end.

    Both are `position` itself where the cut lies between two different scores.
    """
    scores = order.scores
    if order.ties is not Ties.TOGETHER or position in (0, len(scores)):
        return position, position
    if scores[position - 1] != scores[position]:
        return position, position
    rising = scores[::-1]
    value = scores[position]
    start = len(scores) - int(np.searchsorted(rising, value, side="right"))
    end = len(scores) - int(np.searchsorted(rising, value, side="left"))
    return start, end


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What one arm and the holdout did.

    outcome: (rows,), finite, in the unit of account. arm: (rows,), 1 or True for those treated, 0
    for those held out, drawn with the same chance for everybody (else see `values_by_chance`).
    weights: (rows,), 0 or more, how much each row counts; None counts each once. The outcome may
    be of any number type: sums are made in floating point, unsigned integers do not wrap around.
    """

    outcome: npt.NDArray[np.generic]
    arm: npt.NDArray[np.generic]
    weights: FloatArray | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where the arrays do not fit, or hold what cannot be judged."""
        _check_rows(self.outcome, self.weights, "outcome")
        if len(self.arm) != len(self.outcome):
            raise ValueError(f"{len(self.outcome)} outcomes, but {len(self.arm)} arms")
        arm = np.asarray(self.arm)
        if arm.dtype != np.bool_ and not np.all((arm == 0) | (arm == 1)):
            raise ValueError("an arm is 1 (treated) or 0 (held out) for every customer")

    @property
    def yes_or_no(self) -> bool:
        """Whether every outcome is 0 or 1."""
        outcome = np.asarray(self.outcome)
        if outcome.dtype == np.bool_:
            return True
        if np.issubdtype(outcome.dtype, np.integer):
            return bool(outcome.min() >= 0 and outcome.max() <= 1)
        # Money shows within a few rows that it is not; only who may be shares looks at all.
        return all(
            bool(np.all((part == 0) | (part == 1))) for part in (outcome[:1000], outcome[1000:])
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Gains:
    """What treating each customer gains: one unbiased, noisy number per row.

    gain: (rows,), finite, a (doubly robust) score whose mean over any set of customers is the
    effect there. weights: as for `Trial`.
    """

    gain: FloatArray
    weights: FloatArray | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where the arrays do not fit, or hold what cannot be judged."""
        _check_rows(self.gain, self.weights, "gain")


Evidence = Trial | Gains


def _check_rows(values: npt.NDArray[np.generic], weights: FloatArray | None, name: str) -> None:
    if not np.isfinite(np.asarray(values).sum(dtype=np.float64)):
        raise ValueError(f"every customer needs a finite {name}; who bought nothing has 0")
    if weights is None:
        return
    if len(weights) != len(values):
        raise ValueError(f"{len(values)} rows, but {len(weights)} weights")
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
        raise ValueError("weights are finite, 0 or more, and not all of them 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Areas:
    """Areas below curves over the number of customers, trapezoids between ends of tied blocks.

    qini: below treated outcomes less held-out outcomes x treated / held out; uplift: below number
    x difference of means (of gains: their sum). zero_filled_*: where a missing group's mean or
    ratio counts as 0, as scikit-uplift has it; the others are a straight line from 0 to the first
    point that exists. start, start_uplift: where the uplift curve starts to exist, and its value
    there; 0 where no point before it was missing.
    """

    qini: float
    uplift: float
    zero_filled_qini: float
    zero_filled_uplift: float
    start: float
    start_uplift: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """Sums down the order.

    cuts: (points,), numbers of rows above each cut, rising, the last one all rows. sums: (points,
    terms), of each row's terms above the cut: for a Trial (treated, treated outcome, held out,
    held-out outcome), for Gains (1, gain), times the weight. squares: (points, terms, terms), of
    the products of terms times the weight squared, between each cut and the one before.
    """

    cuts: IntArray
    sums: FloatArray
    squares: FloatArray
    areas: Areas

    @property
    def total(self) -> float:
        """All customers, weighted."""
        return float(self.ones @ self.sums[-1])

    @property
    def ones(self) -> FloatArray:
        """Which terms add up to 1 for every row."""
        trial = self.sums.shape[1] == 4
        return np.array([1.0, 0.0, 1.0, 0.0] if trial else [1.0, 0.0])


class _Area:
    """The area below one curve, added up from one stretch of points to the next."""

    def __init__(self) -> None:
        self.x = self.value = self.area = 0.0

    def add(self, x: FloatArray, curve: FloatArray, inside: float) -> None:
        """A stretch whose own area is known; a straight line leads to its first point."""
        self.area += float((x[0] - self.x) * (curve[0] + self.value)) / 2 + inside
        self.x, self.value = float(x[-1]), float(curve[-1])


def _inside(widths: FloatArray, curve: FloatArray) -> float:
    return float(np.dot(widths, curve[1:] + curve[:-1])) / 2


class _Accumulator:
    """The four areas of a trial, or the one of gains."""

    def __init__(self) -> None:
        self.qini, self.uplift, self.zero_qini, self.zero_uplift = (_Area() for _ in range(4))
        self.missed, self.start = False, (0.0, 0.0)

    def add(self, reached: FloatArray) -> None:
        """Sums at the ends of the next tied blocks, (terms, ends)."""
        if not reached.shape[1]:
            return
        if len(reached) == 2:
            x, gain = reached
            inside = _inside(np.diff(x), gain)
            for area in (self.qini, self.uplift, self.zero_qini, self.zero_uplift):
                area.add(x, gain, inside)
        elif reached[0, 0] > 0 and reached[2, 0] > 0:
            self._add_defined(*reached)
        else:
            self._add_beginning(*reached)

    def _add_defined(
        self, treated: FloatArray, treated_sum: FloatArray, held: FloatArray, held_sum: FloatArray
    ) -> None:
        x = treated + held
        begins = self.missed and self.uplift.x == 0
        # Radcliffe (2007): Q = treated outcomes - held-out outcomes x treated / held out.
        qini = held_sum / held
        qini *= treated
        np.subtract(treated_sum, qini, out=qini)
        # Number x difference of means is Q x number / treated.
        uplift = qini * x
        uplift /= treated
        widths = np.diff(x)
        for curve, areas in (
            (qini, (self.qini, self.zero_qini)),
            (uplift, (self.uplift, self.zero_uplift)),
        ):
            inside = _inside(widths, curve)
            for area in areas:
                area.add(x, curve, inside)
        if begins:
            self.start = float(x[0]), float(uplift[0])

    def _add_beginning(
        self, treated: FloatArray, treated_sum: FloatArray, held: FloatArray, held_sum: FloatArray
    ) -> None:
        x = treated + held
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(held > 0, held_sum / held, 0.0)
            qini = treated_sum - mean * treated
            uplift = x * (np.where(treated > 0, treated_sum / treated, 0.0) - mean)
        some, both = held > 0, (held > 0) & (treated > 0)
        for area, curve, where in (
            (self.zero_qini, qini, np.ones_like(some)),
            (self.zero_uplift, uplift, np.ones_like(some)),
            (self.qini, qini, some),
            (self.uplift, uplift, both),
        ):
            if where.any():
                area.add(x[where], curve[where], _inside(np.diff(x[where]), curve[where]))
        self.missed = True
        if both.any():
            self.start = float(x[both][0]), float(uplift[both][0])


def walk(order: Order, evidence: Evidence, cuts: IntArray) -> Walk:
    """Down the order once. cuts: (points,), rising ends of tied blocks; the last is all rows."""
    terms = 4 if isinstance(evidence, Trial) else 2
    read, products_of = _reader(evidence)
    sums = np.zeros((len(cuts), terms))
    products = np.zeros((len(cuts), len(products_of)))
    reached = np.zeros((terms, 1))
    areas = _Accumulator()
    for start in range(0, len(order.rows), BLOCK):
        stop = min(start + BLOCK, len(order.rows))
        block, own = read(order.rows[start:stop])
        first, last = np.searchsorted(cuts, [start, stop], side="right").tolist()
        inside = cuts[first:last] - start
        if len(own):
            bounds = np.concatenate(([0], inside[inside < stop - start]))
            products[first : first + len(bounds)] += np.add.reduceat(own, bounds, axis=1).T
        block[:, :1] += reached
        np.cumsum(block, axis=1, out=block)
        sums[first:last] = block[:, inside - 1].T
        reached = block[:, -1:].copy()
        areas.add(_at_ends(order, block, start, stop))
    return Walk(
        cuts=cuts,
        sums=sums,
        squares=_squares(sums, products, products_of),
        areas=Areas(
            qini=areas.qini.area,
            uplift=areas.uplift.area,
            zero_filled_qini=areas.zero_qini.area,
            zero_filled_uplift=areas.zero_uplift.area,
            start=areas.start[0],
            start_uplift=areas.start[1],
        ),
    )


def _at_ends(order: Order, reached: FloatArray, start: int, stop: int) -> FloatArray:
    """The sums at the ends of tied blocks alone."""
    if order.ties is not Ties.TOGETHER:
        return reached
    ends = np.ones(stop - start, dtype=np.bool_)
    scores = order.scores[start : stop + 1]
    np.not_equal(scores[:-1], scores[1:], out=ends[: len(scores) - 1])
    return reached if ends.all() else reached[:, ends]


Pair = tuple[int, int]  # two terms whose product is summed
_PAIRS_OF_TRIAL: tuple[Pair, ...] = ((0, 0), (0, 1), (2, 2), (2, 3))
_PAIRS_OF_GAINS: tuple[Pair, ...] = ((0, 0), (0, 1))
_Read = Callable[[npt.NDArray[np.intp]], tuple[FloatArray, FloatArray]]


def _reader(evidence: Evidence) -> tuple[_Read, tuple[Pair, ...]]:
    """What reads some rows - their terms, and products of terms - and which products those are.

    Products that are terms again (without weights 1 x 1 and 1 x value, of 0 and 1 all of them) are
    left to `_squares`.
    """
    treated: BoolArray | None = None
    if isinstance(evidence, Trial):
        treated = np.asarray(evidence.arm).astype(np.bool_, copy=False)
        if evidence.weights is None and evidence.yes_or_no:
            return _read_yes_or_no(np.asarray(evidence.outcome), treated), ()
        values, others = evidence.outcome, _PAIRS_OF_TRIAL
        of_values: tuple[Pair, ...] = ((1, 1), (3, 3))
    else:
        values, of_values, others = evidence.gain, ((1, 1),), _PAIRS_OF_GAINS
    pairs: tuple[Pair, ...] = of_values if evidence.weights is None else (*of_values, *others)
    number = np.asarray(values, dtype=np.float64)
    weights = evidence.weights

    def read(rows: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        terms = _terms(number.take(rows), None if treated is None else treated.take(rows))
        if weights is None:
            squares = terms[1::2]
            return terms, squares * squares
        weight = weights.take(rows)
        weighted = terms * weight
        return weighted, np.stack([weighted[i] * weighted[j] for i, j in pairs])

    return read, pairs


def _terms(value: FloatArray, treated: BoolArray | None) -> FloatArray:
    if treated is None:
        return np.stack([np.ones_like(value), value])
    terms = np.empty((4, len(value)))
    terms[0] = treated
    np.multiply(terms[0], value, out=terms[1])
    np.subtract(1.0, terms[0], out=terms[2])
    np.subtract(value, terms[1], out=terms[3])
    return terms


def _read_yes_or_no(outcome: npt.NDArray[np.generic], treated: BoolArray) -> _Read:
    """One byte per customer says both: less to fetch from all over the memory."""
    codes = outcome.astype(np.uint8)
    codes *= 2
    codes += treated
    table = np.array([[0.0, 1, 0, 1], [0, 0, 0, 1], [1, 0, 1, 0], [0, 0, 1, 0]])
    nothing = np.empty((0, 0))

    def read(rows: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        return table.take(codes.take(rows), axis=1), nothing

    return read


def _squares(sums: FloatArray, products: FloatArray, pairs: tuple[Pair, ...]) -> FloatArray:
    """Products of terms as symmetric matrices; treated and held out never meet in one row."""
    terms = sums.shape[1]
    squares = np.zeros((len(sums), terms, terms))
    between = np.diff(sums, axis=0, prepend=0.0)
    for one in range(0, terms, 2):
        squares[:, one, one] = between[:, one]
        squares[:, one, one + 1] = squares[:, one + 1, one] = between[:, one + 1]
        squares[:, one + 1, one + 1] = between[:, one + 1]
    for place, (i, j) in enumerate(pairs):
        squares[:, i, j] = squares[:, j, i] = products[:, place]
    return squares
