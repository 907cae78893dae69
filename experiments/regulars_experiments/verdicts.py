"""Two answers, never mixed: what is proved, and what to do.

Evidence holds its error rate whatever anyone hopes: proved better or worse only where the
calibrated interval excludes zero (for one of several segments: also after Holm's correction).
Advice follows expected money: keep or stop by the posterior mean, or test once more where that is
worth more than it costs (Raiffa & Schlaifer 1961, ch. 5, unit normal loss), or change the threshold
where that is expected to earn most.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import special

from regulars_experiments.pooling import Posterior
from regulars_experiments.results import Answer, Estimate, FloatArray

LEAST_CHANCE_OF_GAIN = 0.6
"""Another threshold is worth speaking of from this chance on that it earns more."""
LEAST_SHARE_OF_STAKE = 0.01
"""...and from this share on of what is at stake over the horizon."""
_NEGLIGIBLE = 1e-12  # parts of a belief below this share of the largest change no digit
_CLOSE = 1e-7  # of a deviation; the value of a test is flat where it turns


class Evidence(StrEnum):
    """What the data prove, at the declared confidence."""

    PROVED_BETTER = "proved_better"
    NOT_PROVED = "not_proved"
    PROVED_WORSE = "proved_worse"
    CANNOT_TELL = "cannot_tell"


class Advice(StrEnum):
    """What to do next, by expected money."""

    KEEP = "keep"
    STOP = "stop"
    RETEST = "retest"
    CHANGE = "change"


def evidence_of(answer: Answer, *, adjusted_p: float | None, confidence: float) -> Evidence:
    """The evidence in an answer; adjusted_p is the family's corrected p-value, if it has one.

    confidence: of the answer's interval, 0 to 1. A corrected p-value that is missing (NaN) proves
    nothing.

    >>> better = Estimate(estimate=1.0, standard_error=0.4, low=0.2, high=1.8, p_value=0.012)
    >>> evidence_of(better, adjusted_p=None, confidence=0.95).value
    'proved_better'
    >>> evidence_of(better, adjusted_p=0.06, confidence=0.95).value
    'not_proved'
    """
    if not isinstance(answer, Estimate):
        return Evidence.CANNOT_TELL
    if adjusted_p is not None and not adjusted_p < 1 - confidence:
        return Evidence.NOT_PROVED
    if answer.low > 0:
        return Evidence.PROVED_BETTER
    if answer.high < 0:
        return Evidence.PROVED_WORSE
    return Evidence.NOT_PROVED


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Advice for one group of customers and its price. Money is for the whole horizon.

    chance_positive: P(net per customer > 0). loss_if_kept_wrongly: expected loss of keeping if
    it does not pay. loss_if_stopped_wrongly: expected profit foregone by stopping if it does.
    expected_net: of keeping. value_of_test: expected gain from one more test before deciding.
    cost_of_test: expected profit given up in that test's round. value_of_change: expected gain of
    another threshold beyond keeping this one; None where none is worth going over to.
    """

    advice: Advice
    chance_positive: float
    expected_net: float
    loss_if_kept_wrongly: float
    loss_if_stopped_wrongly: float
    value_of_test: float
    cost_of_test: float
    value_of_change: float | None = None


def decide(
    posterior: Posterior,
    segment: int,
    *,
    customers: int,
    rounds: int,
    holdout_share: float,
    test_error: float,
) -> Decision:
    """Keep, stop or test once more, by expected money.

    customers: how many each further round addresses. rounds: how many rounds the decision is for.
    holdout_share: of one more test. test_error: standard error of net per customer that such a
    test would have (> 0; infinite for a test that shows nothing). Without a test the better of keep
    and stop is done in all rounds. A test spends the first round with both arms (giving up |mean|
    for the share that is not where the mean says) and then decides for the rest; what that is worth
    per customer and round says `value_of_a_test`.
    Raises ValueError for a holdout share or a test error that cannot be.

    >>> from regulars_experiments.pooling import single
    >>> unsure = single(0.1, 0.5)
    >>> found = decide(unsure, 0, customers=10_000, rounds=6, holdout_share=0.1, test_error=0.2)
    >>> found.advice.value, round(found.value_of_test), round(found.cost_of_test)
    ('retest', 6974, 100)
    >>> once = decide(unsure, 0, customers=10_000, rounds=1, holdout_share=0.1, test_error=0.2)
    >>> once.advice.value  # nothing is left to decide after the test
    'keep'
    """
    if not 0 <= holdout_share <= 1:
        raise ValueError(f"a holdout is a share from 0 to 1, not {holdout_share}")
    believed = posterior.of(segment)
    mean = float(believed.mean()[0])
    misplaced = holdout_share if mean > 0 else 1 - holdout_share
    value = value_of_a_test(believed, test_error) * customers * max(rounds - 1, 0)
    cost = abs(mean) * customers * misplaced
    untested = Advice.KEEP if mean > 0 else Advice.STOP
    advice = Advice.RETEST if value > cost else untested
    horizon = customers * rounds
    return Decision(
        advice=advice,
        chance_positive=float(believed.chance_above_zero()[0]),
        expected_net=mean * horizon,
        loss_if_kept_wrongly=float(believed.expected_loss()[0]) * horizon,
        loss_if_stopped_wrongly=float(believed.expected_gain()[0]) * horizon,
        value_of_test=value,
        cost_of_test=cost,
    )


def with_change(
    decision: Decision, gain: float, *, chance: float, customers: int, rounds: int
) -> Decision:
    """The decision where another threshold is expected to earn `gain` more per customer and round.

    gain, chance: of the same belief as the decision; the chance that it earns more at all, 0 to 1.
    customers, rounds: as for `decide`. Changing is advised where keeping and the gain together are
    expected to earn more than the best of keeping, stopping and testing once more. A gain is none
    that is not above zero, is hardly likelier than not (`LEAST_CHANCE_OF_GAIN`), or is less than
    `LEAST_SHARE_OF_STAKE` of what is at stake, E|net| over the horizon: going over costs work too,
    which nobody has put into figures.

    >>> from regulars_experiments.pooling import single
    >>> kept = decide(single(0.5, 0.1), 0, customers=1000, rounds=6, holdout_share=0.1,
    ...     test_error=0.1)
    >>> found = with_change(kept, 0.2, chance=0.9, customers=1000, rounds=6)
    >>> found.advice.value, found.value_of_change
    ('change', 1200.0)
    >>> with_change(kept, 0.2, chance=0.55, customers=1000, rounds=6).value_of_change is None
    True
    >>> with_change(kept, 0.004, chance=0.9, customers=1000, rounds=6).advice.value
    'keep'
    """
    worth = gain * customers * rounds
    at_stake = decision.loss_if_kept_wrongly + decision.loss_if_stopped_wrongly
    small = not worth > 0 or worth < LEAST_SHARE_OF_STAKE * at_stake
    if small or chance < LEAST_CHANCE_OF_GAIN:
        return decision
    untested = max(decision.expected_net, 0.0)
    best = untested + max(decision.value_of_test - decision.cost_of_test, 0.0)
    advice = Advice.CHANGE if decision.expected_net + worth > best else decision.advice
    return replace(decision, advice=advice, value_of_change=worth)


def value_of_a_test(believed: Posterior, test_error: float) -> float:
    """What deciding after one more test earns beyond deciding now; per customer, at least 0.

    believed: of one segment. test_error: standard error of the test, 0 or more. The value is
    E[max(M, 0)] - max(mean, 0), M the mean that will be believed after the test. M rises with the
    test's result y whatever was believed before, so there is one y* above which to keep; a part
    (m, d) of the mixture then gives m Phi(z) + s phi(z) with z = (m - y*) / sqrt(d^2 + error^2) and
    s = d^2 / sqrt(d^2 + error^2). For a single part this is s L(|m| / s), L the unit normal loss
    (Raiffa & Schlaifer 1961, ch. 5). Raises ValueError for an error that cannot be.

    >>> from regulars_experiments.pooling import single
    >>> round(value_of_a_test(single(0.0, 1.0), 0.0), 4)  # all is learnt: phi(0)
    0.3989
    >>> value_of_a_test(single(0.0, 1.0), float("inf"))
    0.0
    """
    if not test_error >= 0:
        raise ValueError(f"the error of a test is a number from 0 up, not {test_error}")
    weights = believed.weights.reshape(len(believed.means))
    counts = weights > _NEGLIGIBLE * weights.max()
    weights, m, d = (
        values[counts] for values in (weights, believed.means[:, 0], believed.deviations[:, 0])
    )
    uncertain = d > 0
    if np.isinf(test_error) or not uncertain.any():
        return 0.0
    d = np.where(uncertain, d, np.finfo(float).tiny)
    spread = np.hypot(d, test_error)
    z = (m - _turning_point(weights, m, d, test_error)) / spread
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    kept = float(weights @ (m * special.ndtr(z) + d**2 / spread * density))
    return max(kept - max(float(weights @ m), 0.0), 0.0)


def _turning_point(weights: FloatArray, m: FloatArray, d: FloatArray, error: float) -> float:
    """The result at which the mean believed after the test is 0, between the parts' own.

    A part's own is -m error^2 / d^2; above all of them every part says keep. Results that nobody
    will see (40 deviations off) need no telling apart. False position, an end that stays twice
    having its weight halved (Dowell & Jarratt 1971); every fourth step halves the bracket.
    """
    spread = np.hypot(d, error)
    seen = float(np.abs(m).max() + 40 * spread.max())
    with np.errstate(over="ignore", invalid="ignore"):
        own = np.clip(np.nan_to_num(-m * (error / d) ** 2, posinf=seen, neginf=-seen), -seen, seen)
    share = (d / spread) ** 2
    log_weight = np.log(np.maximum(weights, np.finfo(float).tiny)) - np.log(spread)

    def after(result: float) -> float:
        away = result - m
        likely = log_weight - 0.5 * (away / spread) ** 2
        part = np.exp(likely - likely.max())
        return float(part @ (m + share * away)) / float(part.sum())

    low, high = float(own.min()), float(own.max())
    below, above = after(low), after(high)
    close = _CLOSE * float(spread.min())
    moved = 0  # which end the step before moved: -1 the lower, 1 the upper
    for step in range(100):
        halved = step % 4 == 3 or not below < 0 < above
        middle = (low + high) / 2 if halved else (low * above - high * below) / (above - below)
        if high - low <= close or not low < middle < high:
            break
        found = after(middle)
        if abs(found) <= close / 100:
            return middle
        if found < 0:
            low, below, above = middle, found, above / 2 if moved < 0 else above
        else:
            high, above, below = middle, found, below / 2 if moved > 0 else below
        moved = -1 if found < 0 else 1
    return (low + high) / 2
