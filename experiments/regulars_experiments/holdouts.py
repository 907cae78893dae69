"""How many customers to hold out: three answers for three wishes.

Learn most: the smallest error of the effect. Earn most: the largest expected profit over this
campaign and the rounds after it, a holdout being money spent on knowing. Convince finance: the
smallest holdout that proves the effect aimed at. Sizes are customers, money is currency units.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.design import Baseline, detectable_effect
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_experiments.results import FloatArray, NotEstimable, Reason

_CANDIDATES = 400


def size_of_test_and_roll(*, customers: float, response_sd: float, prior_sd: float) -> float:
    """Customers for each of two equal test groups, the better offer going to all the rest.

    n* = sqrt(N/4 (s/sigma)^2 + (3/4 (s/sigma)^2)^2) - 3/4 (s/sigma)^2 (Feit & Berman 2019,
    arXiv 1811.00457, eq. 10). customers: N, test groups included. response_sd: s, of one
    customer's response. prior_sd: sigma, of each group's true mean, alike for both; the prior sd
    of the *effect* is sqrt(2) times that. Raises ValueError unless all are above 0.

    Their website example (a 68% response, prior sd 3%, 100,000 visitors):

    >>> response_sd = (0.68 * 0.32) ** 0.5
    >>> round(size_of_test_and_roll(customers=100_000, response_sd=response_sd, prior_sd=0.03))
    2284
    """
    if not (customers > 0 and response_sd > 0 and prior_sd > 0):
        raise ValueError("customers and both standard deviations must be above 0")
    noise = (response_sd / prior_sd) ** 2
    # the closed form without its cancellation: (A - b) = (A^2 - b^2) / (A + b)
    root = math.sqrt(customers / 4 * noise + (0.75 * noise) ** 2)
    return customers / 4 * noise / (root + 0.75 * noise)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prior:
    """What is believed of the offer before: its effect on spend per customer, about normal.

    mean and sd in currency units; sd > 0.
    """

    mean: float
    sd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stakes:
    """What an effect is worth.

    margin: share of spend that is profit, 0 to 1. contact_cost: per customer contacted, offer
    included. further_rounds: how often the better of sending and not sending is done afterwards,
    to as many customers each time.
    """

    margin: float = 1.0
    contact_cost: float = 0.0
    further_rounds: float = 4.0

    def net(self, effect: float) -> float:
        """Profit per customer contacted of an effect on spend."""
        return self.margin * effect - self.contact_cost


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldoutSize:
    """One answer. withheld: profit that those held out are expected not to bring.

    difference, relative: the gain in spend per customer that would be proved, None where no gain
    would be. share: of all customers.
    """

    customers: int
    share: float
    withheld: float
    difference: float | None
    relative: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldoutSizes:
    """The three answers, or why there is none. target: the effect on spend that is to be proved.

    earn_most has 0 customers where knowing more is worth less than what it costs. It is not
    estimable where not sending at all earns as much as the best of all sizes.
    """

    learn_most: HoldoutSize | NotEstimable
    earn_most: HoldoutSize | NotEstimable
    convince_finance: HoldoutSize | NotEstimable
    target: float


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldoutQuestion:
    """What is to be decided. baseline: of one cell, all customers together.

    arm_share: share of the treated who get the arm that is judged (the smallest of several).
    target: effect on spend per customer that finance wants proved; None: the prior's deviation,
    the size that effects have, or what pays for the contact if that is more.
    """

    customers: int
    baseline: Baseline
    prior: Prior
    stakes: Stakes
    arm_share: float = 1.0
    target: float | None = None
    confidence: float = 0.95
    power: float = 0.8

    def __post_init__(self) -> None:
        stakes = self.stakes
        if self.customers < 1:
            raise ValueError(f"at least one customer is needed, got {self.customers}")
        if not (self.prior.sd > 0 and math.isfinite(self.prior.mean)):
            raise ValueError("the prior's mean must be a number and its deviation above 0")
        if not (0 < stakes.margin <= 1 and stakes.contact_cost >= 0 and stakes.further_rounds >= 0):
            raise ValueError("a margin is above 0 and at most 1; cost and rounds are not below 0")
        if not 0 < self.arm_share <= 1:
            raise ValueError(f"an arm's share is above 0 and at most 1, got {self.arm_share}")
        if self.target is not None and not self.target > 0:
            raise ValueError(f"the effect to be proved must be above 0, got {self.target}")


def holdout_sizes(question: HoldoutQuestion) -> HoldoutSizes:
    """The three sizes, each with what it withholds and what it would prove.

    All leave at least 30 expected buyers in the holdout and in the arm; NotEstimable where that
    cannot be, where no holdout is large enough (convince finance), or where the campaign is not
    expected to pay with any (earn most).

    >>> from regulars_experiments.design import baseline_of_buyers
    >>> found = holdout_sizes(HoldoutQuestion(
    ...     customers=100_000, baseline=baseline_of_buyers(0.1, 60.0, 45.0),
    ...     prior=Prior(mean=0.6, sd=0.6), stakes=Stakes(margin=0.4),
    ... ))
    >>> [size.customers for size in (
    ...     found.learn_most, found.earn_most, found.convince_finance)]
    [50000, 6773, 14706]
    """
    aim = question.target
    if aim is None:
        aim = max(question.prior.sd, question.stakes.contact_cost / question.stakes.margin)
    least, most = _bounds(question)
    if least > most:
        none = NotEstimable(reason=_why_none(question))
        return HoldoutSizes(learn_most=none, earn_most=none, convince_finance=none, target=aim)
    learning = _learn_most(question, least, most)
    earning = _earn_most(question, least, most)
    convincing = _convince(question, aim, least, learning)
    return HoldoutSizes(
        learn_most=_size(question, learning),
        earn_most=(
            NotEstimable(reason=Reason.SENDING_DOES_NOT_PAY)
            if earning is None
            else _size(question, earning)
        ),
        convince_finance=(
            NotEstimable(reason=Reason.NOT_DETECTABLE)
            if convincing is None
            else _size(question, convincing)
        ),
        target=aim,
    )


def expected_profit(question: HoldoutQuestion, holdout: FloatArray) -> FloatArray:
    """Expected profit over this campaign and the rounds after it, against never sending.

    holdout: customers held out, shape (candidates,). Everyone else gets the offer now: they earn
    the prior mean e. Then the better by the posterior mean is done for all: its mean is known now
    to be normal around e with rho^2 = tau^4 / (tau^2 + s^2 (1/n_c + 1/n_t)), which earns
    E[max(., 0)] = e Phi(e/rho) + rho phi(e/rho) per customer (Feit & Berman 2019, eq. 18, for one
    effect; Raiffa & Schlaifer 1961, ch. 5). tau, s: prior and customers' deviation, in profit.
    """
    stakes, n = question.stakes, float(question.customers)
    e = stakes.net(question.prior.mean)
    tau2 = (stakes.margin * question.prior.sd) ** 2
    s2 = (stakes.margin * float(question.baseline.sd[0])) ** 2
    n_t = question.arm_share * (n - holdout)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = np.where(
            (holdout > 0) & (n_t > 0),
            tau2 / np.sqrt(tau2 + s2 * (1 / holdout + 1 / n_t)),
            0.0,
        )
        bell = np.exp(-0.5 * (e / rho) ** 2) / math.sqrt(2 * math.pi)
        later = np.where(rho > 0, e * special.ndtr(e / rho) + rho * bell, max(e, 0.0))
    profit: FloatArray = (n - holdout) * e + stakes.further_rounds * n * later
    return profit


def _bounds(question: HoldoutQuestion) -> tuple[int, int]:
    """Fewest and most customers in the holdout that leave an interval."""
    rate = float(question.baseline.buyers[0])
    if rate <= 0:
        return question.customers, 0
    least = 2 if rate >= 1 else math.floor(LEAST_EXPECTED_BUYERS / rate) + 1
    return least, question.customers - math.ceil(least / question.arm_share)


def _why_none(question: HoldoutQuestion) -> Reason:
    rate = float(question.baseline.buyers[0])
    if rate <= 0:
        return Reason.NO_BUYERS
    return Reason.TOO_FEW_UNITS if rate >= 1 else Reason.TOO_FEW_BUYERS


def _learn_most(question: HoldoutQuestion, least: int, most: int) -> int:
    # 1/n_c + 1/(a (N - n_c)) is smallest at n_c = N sqrt(a) / (1 + sqrt(a)); equal groups for a = 1
    root = math.sqrt(question.arm_share)
    return min(max(round(question.customers * root / (1 + root)), least), most)


def _earn_most(question: HoldoutQuestion, least: int, most: int) -> int | None:
    """The size that earns most; None where never sending, which earns 0, is as good."""
    best = _best(lambda sizes: expected_profit(question, sizes), least, most)
    alone = expected_profit(question, np.array([0.0, float(best)]))
    if not alone.max() > 0:
        return None
    return 0 if alone[0] >= alone[1] else best


def _convince(question: HoldoutQuestion, aim: float, least: int, largest: int) -> int | None:
    """The smallest holdout up to `largest` whose detectable effect is at most `aim`."""
    low, high = least, largest
    for _ in range(3):
        sizes = _candidates(low, high)
        enough = _detectable(question, sizes) <= aim
        if not enough.any():
            return None
        first = int(np.argmax(enough))
        low, high = int(sizes[max(first - 1, 0)]), int(sizes[first])
        if high - low <= 1:
            break
    return high


def _best(value: Callable[[FloatArray], FloatArray], low: int, high: int) -> int:
    """The size between both ends where `value` is largest, by two rounds of looking."""
    for _ in range(3):
        sizes = _candidates(low, high)
        place = int(np.argmax(value(sizes)))
        low, high = int(sizes[max(place - 1, 0)]), int(sizes[min(place + 1, len(sizes) - 1)])
    sizes = _candidates(low, high)
    return int(sizes[int(np.argmax(value(sizes)))])


def _candidates(low: int, high: int) -> FloatArray:
    if high - low <= _CANDIDATES:
        return np.arange(low, high + 1, dtype=np.float64)
    found: FloatArray = np.unique(np.rint(np.geomspace(low, high, _CANDIDATES)))
    return found


def _detectable(question: HoldoutQuestion, sizes: FloatArray) -> FloatArray:
    found = detectable_effect(
        question.baseline,
        n_control=sizes,
        n_arm=question.arm_share * (question.customers - sizes),
        confidence=question.confidence,
        power=question.power,
    )
    # NaN compares as not enough
    return found.difference


def _size(question: HoldoutQuestion, customers: int) -> HoldoutSize:
    difference = float(_detectable(question, np.array([float(customers)]))[0])
    mean = float(question.baseline.mean[0])
    known = math.isfinite(difference)
    return HoldoutSize(
        customers=customers,
        share=customers / question.customers,
        withheld=customers * question.stakes.net(question.prior.mean),
        difference=difference if known else None,
        relative=difference / mean if known else None,
    )
