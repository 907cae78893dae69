"""What a targeting policy is worth: doubly robust values and paired differences of policies.

A policy gives every customer an action: 0 (leave alone) or the number of an arm. On a randomised
campaign each customer's gain from each arm has an unbiased score whatever the models are worth,
because the chances of the arms are known (AIPW; Dudik, Langford & Li 2011; Athey & Wager 2021,
eq. 8). A policy's value is the mean of the scores of its actions; two policies are compared on the
same customers, so what they share cancels.

The limits. A small holdout seldom contains a big basket, so its mean and its variance fall
together and normal limits around such a mean miss on one side. The calibrated money interval
(`money_interval`) repairs that for a difference of arms. Here it is asked about the customers whom
the two policies treat differently, and its limits, in units of that difference's Welch error, are
put around the doubly robust value in units of its own error.

A plan learnt fold by fold is a mixture of plans, and where these differ its value is not normal:
what is left out of one choice speaks for the other. On campaigns worth nothing, candidates were so
proved better or worse in up to 10%. The limits are therefore widened by
1 + 2 (1 - a), a the share of customers whom two of the folds' plans treat alike: at most 4% then
(`make honest-policy`). A plan fixed beforehand has a = 1.
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
)
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason
from regulars_experiments.uplift.randomised import BoolArray, IntArray, Randomised
from regulars_experiments.verdicts import Evidence, evidence_of

POWER = 0.8
_WIDENING = 2.0  # of the limits, per share of customers on whom the folds' plans disagree


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
    (the limit below and 0.84 standard errors); None where there is no value. agreement: of the
    plans behind it, see the module.
    """

    against: str
    value: Answer
    verdict: Evidence
    detectable: float | None
    agreement: float


def contrast(
    data: Randomised,
    scores: FloatArray,
    actions: IntArray,
    others: IntArray,
    *,
    against: str,
    confidence: float,
    agreement: float = 1.0,
) -> Contrast:
    """What `actions` earn more than `others` per customer, with the paired interval.

    scores: as `robust_scores` gives them. actions, others: (rows,), chosen without knowing the
    row's own outcome, else the value is flattered. Policies that agree on everybody differ by
    exactly 0. agreement: of the less settled of the two, 0 to 1; 1 for plans fixed beforehand.
    Where the campaign has fewer than 30 buyers expected in the holdout or an arm there is no
    value. (Asking that of those treated differently would let the choice decide what is shown.)
    """
    differ = actions != others
    if not differ.any():
        nothing = Estimate(estimate=0.0, standard_error=0.0, low=0.0, high=0.0, p_value=None)
        return Contrast(
            against=against,
            value=nothing,
            verdict=Evidence.NOT_PROVED,
            detectable=None,
            agreement=agreement,
        )
    difference = gains(scores, actions) - gains(scores, others)
    mean, error = mean_and_error(difference, data.weights)
    few = too_few_buyers(data)
    if few or not error > 0:
        return Contrast(
            against=against,
            value=NotEstimable(reason=Reason.TOO_FEW_BUYERS if few else Reason.NO_VARIATION),
            verdict=Evidence.CANNOT_TELL,
            detectable=None,
            agreement=agreement,
        )
    below, above = _spans(data, actions, others, confidence)
    wider = 1 + _WIDENING * (1 - agreement)
    below, above = below * wider, above * wider
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
        detectable=(z * below + float(special.ndtri(POWER))) * error,
        agreement=agreement,
    )


def too_few_buyers(data: Randomised) -> bool:
    """Whether the holdout or an arm is expected to have fewer buyers than an interval needs.

    Expected, by the share of buyers in both groups together: a gate on those that came would itself
    select. Outcomes that everybody has need none.
    """
    buyers = data.buyers
    if buyers.all():
        return False
    held = data.arm == 0
    for arm in range(1, data.treated_arms + 1):
        told = data.arm == arm
        smaller = min(int(held.sum()), int(told.sum()))
        if smaller * float(buyers[held | told].mean()) < LEAST_EXPECTED_BUYERS:
            return True
    return False


def _spans(
    data: Randomised, actions: IntArray, others: IntArray, confidence: float
) -> tuple[float, float]:
    """How far the calibrated limits reach (below, above), in normal half-widths of Welch's.

    Groups of customers whose actions differ in the same way are independent; their limits combine
    by MOVER (Zou & Donner 2008). Where they cannot be told the normal limits stand.
    """
    z = np.full(1, normal_quantile(confidence))
    customers = len(actions)
    lower2 = upper2 = welch2 = 0.0
    kinds = data.treated_arms + 1
    pairs = actions.astype(np.int64) * kinds + others
    for pair in np.unique(pairs[actions != others]).tolist():
        inside = pairs == pair
        arms = _arms(data, inside, told=pair // kinds, control=pair % kinds)
        if min(float(arms.control.n[0]), float(arms.arm.n[0])) < 2:
            continue
        share2 = (float(inside.sum()) / customers) ** 2
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            low, high = build_limits(arms).of_difference(z)
        middle = float((arms.arm.mean - arms.control.mean)[0])
        if not (np.isfinite(low[0]) and np.isfinite(high[0])):
            continue
        lower2 += share2 * (middle - float(low[0])) ** 2
        upper2 += share2 * (float(high[0]) - middle) ** 2
        welch2 += share2 * float((z**2 * (arms.arm.error2 + arms.control.error2))[0])
    if not welch2 > 0:
        return 1.0, 1.0
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
