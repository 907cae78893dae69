"""What a targeting policy is worth: doubly robust values and paired differences of policies.

A policy gives every customer an action: 0 (leave alone) or the number of an arm. On a randomised
campaign each customer's gain from each arm has an unbiased score whatever the models are worth,
because the chances of the arms are known (AIPW; Dudik, Langford & Li 2011; Athey & Wager 2021,
eq. 8). A policy's value is the mean of the scores of its actions; two policies are compared on the
same customers, so what they share cancels.

The interval. A small holdout seldom contains a big basket, so its mean and its variance fall
together and normal limits around such a mean miss on one side. The calibrated money interval
(`money_interval`) repairs that for a difference of arms. Here it is asked about the customers whom
the two policies treat differently, and its limits, in units of that difference's Welch error, are
put around the doubly robust value in units of its own error.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.effects import normal_quantile
from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import (
    LEAST_EXPECTED_BUYERS,
    Arms,
    build_limits,
    expected_buyers,
)
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason
from regulars_experiments.uplift.randomised import BoolArray, IntArray, Randomised
from regulars_experiments.verdicts import Evidence, evidence_of

POWER = 0.8


def robust_scores(data: Randomised, expected: FloatArray) -> FloatArray:
    """Each customer's gain from each action against being left alone; (rows, A + 1), column 0 is 0.

    expected: (rows, A + 1), the outcome expected under each arm by models that never saw the row.
    psi_a = mu_a - mu_0 + 1[T = a] (z - mu_a) / e_a - 1[T = 0] (z - mu_0) / e_0
    (Robins, Rotnitzky & Zhao 1994; Athey & Wager 2021, eq. 8, e known). In the unit of account.

    >>> import numpy as np
    >>> from regulars_experiments.uplift.randomised import Features, Randomised
    >>> nothing = Features(names=(), values=np.zeros((4, 0)), categories=())
    >>> data = Randomised(features=nothing, outcome=np.array([3.0, 1.0, 0.0, 2.0]),
    ...     arm=np.array([1, 1, 0, 0]), probabilities=np.array([0.5, 0.5]), arm_names=("out", "in"))
    >>> robust_scores(data, np.zeros((4, 2)))[:, 1]  # without models: inverse probabilities
    array([ 6.,  2.,  0., -4.])
    """
    scores = np.empty((len(data.outcome), data.treated_arms + 1))
    scores[:, 0] = 0.0
    held = data.arm == 0
    rest = np.where(held, (data.outcome - expected[:, 0]) / data.probabilities[0], 0.0)
    for arm in range(1, data.treated_arms + 1):
        told = data.arm == arm
        own = np.where(told, (data.outcome - expected[:, arm]) / data.probabilities[arm], 0.0)
        scores[:, arm] = expected[:, arm] - expected[:, 0] + own - rest
    return scores


def gains(scores: FloatArray, actions: IntArray) -> FloatArray:
    """(rows,): the score of each customer's action."""
    picked: FloatArray = np.take_along_axis(scores, actions[:, None].astype(np.int64), axis=1)[:, 0]
    return picked


def mean_and_error(values: FloatArray, weights: FloatArray | None) -> tuple[float, float]:
    """Mean and its standard error over customers; weights count customers like theirs.

    The error is that of a ratio of weighted sums, so it does not take a row of weight 2 for two
    customers that were drawn independently.
    """
    if weights is None:
        return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    total = weights.sum()
    mean = float(weights @ values / total)
    return mean, float(np.sqrt(((weights * (values - mean)) ** 2).sum()) / total)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """One policy against another, per customer of the whole audience, in the unit of account.

    against: the name of the other. value: how much more the first earns. verdict: three-valued, by
    the interval. detectable: the difference that such data would prove four times out of five
    (1.96 + 0.84 standard errors at 95%); None where there is no value.
    """

    against: str
    value: Answer
    verdict: Evidence
    detectable: float | None


def contrast(
    data: Randomised,
    scores: FloatArray,
    actions: IntArray,
    others: IntArray,
    *,
    against: str,
    confidence: float,
) -> Contrast:
    """What `actions` earn more than `others` per customer, with the paired interval.

    scores: as `robust_scores` gives them. actions, others: (rows,), chosen without knowing the
    row's own outcome, else the value is flattered. Policies that agree on everybody differ by
    exactly 0. Fewer than 30 buyers expected in the smaller of the groups compared: no value.
    """
    differ = actions != others
    if not differ.any():
        nothing = Estimate(estimate=0.0, standard_error=0.0, low=0.0, high=0.0, p_value=None)
        return Contrast(
            against=against, value=nothing, verdict=Evidence.NOT_PROVED, detectable=None
        )
    difference = gains(scores, actions) - gains(scores, others)
    mean, error = mean_and_error(difference, data.weights)
    spans = _spans(data, actions, others, confidence)
    if spans is None or not error > 0:
        reason = Reason.TOO_FEW_BUYERS if spans is None else Reason.NO_VARIATION
        return Contrast(
            against=against,
            value=NotEstimable(reason=reason),
            verdict=Evidence.CANNOT_TELL,
            detectable=None,
        )
    below, above = spans
    z = normal_quantile(confidence)
    towards_zero = below if mean > 0 else above
    value = Estimate(
        estimate=mean,
        standard_error=error,
        low=mean - z * below * error,
        high=mean + z * above * error,
        p_value=float(2 * special.ndtr(-abs(mean) / (towards_zero * error))),
    )
    return Contrast(
        against=against,
        value=value,
        verdict=evidence_of(value, adjusted_p=None, confidence=confidence),
        detectable=(z + float(special.ndtri(POWER))) * below * error,
    )


def _spans(
    data: Randomised, actions: IntArray, others: IntArray, confidence: float
) -> tuple[float, float] | None:
    """How far the calibrated limits reach (below, above), in normal half-widths of Welch's.

    Groups of customers whose actions differ in the same way are independent; their limits combine
    by MOVER (Zou & Donner 2008). None: too few buyers to tell.
    """
    z = np.full(1, normal_quantile(confidence))
    customers = len(actions)
    lower2 = upper2 = welch2 = buyers = 0.0
    sparse = not bool(data.buyers.all())
    kinds = data.treated_arms + 1
    pairs = actions.astype(np.int64) * kinds + others
    for pair in np.unique(pairs[actions != others]).tolist():
        inside = pairs == pair
        arms = _arms(data, inside, told=pair // kinds, control=pair % kinds)
        if min(float(arms.control.n[0]), float(arms.arm.n[0])) < 2:
            continue
        buyers += float(expected_buyers(arms)[0])
        share2 = (float(inside.sum()) / customers) ** 2
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            low, high = build_limits(arms).of_difference(z)
        middle = float((arms.arm.mean - arms.control.mean)[0])
        lower2 += share2 * (middle - float(low[0])) ** 2
        upper2 += share2 * (float(high[0]) - middle) ** 2
        welch2 += share2 * float((z**2 * (arms.arm.error2 + arms.control.error2))[0])
    few = sparse and buyers < LEAST_EXPECTED_BUYERS
    if few or not welch2 > 0 or not np.isfinite(lower2 + upper2):
        return None
    return float(np.sqrt(lower2 / welch2)), float(np.sqrt(upper2 / welch2))


def _arms(data: Randomised, inside: BoolArray, *, told: int, control: int) -> Arms:
    amounts, buyers = data.gross, data.buyers
    if amounts.sum() < 0:
        # losses: the same difference, seen from the side on which amounts are above zero
        amounts, told, control = -amounts, control, told
    (summary_t, shape_t), (summary_c, shape_c) = (
        _side(amounts[rows], buyers[rows])
        for rows in (inside & (data.arm == told), inside & (data.arm == control))
    )
    return Arms(control=summary_c, arm=summary_t, control_shape=shape_c, arm_shape=shape_t)


def _side(amounts: FloatArray, buyers: BoolArray) -> tuple[Summary, Shape]:
    n = len(amounts)
    positive = amounts[amounts > 0]
    logs = np.log(positive)
    one = [np.array([float(total)]) for total in (logs.sum(), (logs**2).sum(), (logs**3).sum())]
    with np.errstate(divide="ignore", invalid="ignore"):
        summary = Summary(
            n=np.array([float(n)]),
            mean=np.array([amounts.mean() if n else np.nan]),
            variance=np.array([amounts.var(ddof=1) if n > 1 else np.nan]),
            mean_square=np.array([(amounts**2).mean() if n else np.nan]),
        )
    shape = Shape(
        buyers=np.array([float(buyers.sum())]),
        positive=np.array([float(len(positive))]),
        logs=(*one, np.array([float((logs**4).sum())])),
    )
    return summary, shape
