"""Two answers, never mixed: what is proved, and what to do.

Evidence holds its error rate whatever anyone hopes: proved better or worse only where the
calibrated interval excludes zero (for one of several segments: also after Holm's correction).
Advice follows expected money: keep or stop by the posterior mean, or test once more where that is
worth more than it costs (Raiffa & Schlaifer 1961, ch. 5, unit normal loss).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from regulars_experiments.pooling import Posterior
from regulars_experiments.results import Answer, Estimate


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


def evidence_of(answer: Answer, *, adjusted_p: float | None, confidence: float) -> Evidence:
    """The evidence in an answer; adjusted_p is the family's corrected p-value, if it has one."""
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
    cost_of_test: expected profit given up in that test's round.
    """

    advice: Advice
    chance_positive: float
    expected_net: float
    loss_if_kept_wrongly: float
    loss_if_stopped_wrongly: float
    value_of_test: float
    cost_of_test: float


def decide(
    posterior: Posterior,
    segment: int,
    *,
    customers: int,
    rounds: int,
    holdout_share: float,
    test_error: float,
) -> Decision:
    """Keep, stop or test once more.

    customers: how many each further round addresses. rounds: how many rounds the decision is for.
    holdout_share: of one more test. test_error: standard error of net per customer that such a
    test would have. Without a test the better of keep and stop is done in all rounds. A test
    spends the first round with both arms (giving up |mean| for the share that is not where the
    mean says) and then decides for the rest: its value per customer and round is s L(|mean| / s),
    s^2 = var^2 / (var + test_error^2), L the unit normal loss.
    """
    mean = float(posterior.mean()[segment])
    variance = float(posterior.deviation()[segment]) ** 2
    shrink = float(variance / np.sqrt(variance + test_error**2)) if variance > 0 else 0.0
    per_round = shrink * _unit_normal_loss(abs(mean) / shrink) if shrink > 0 else 0.0
    misplaced = holdout_share if mean > 0 else 1 - holdout_share
    value = per_round * customers * max(rounds - 1, 0)
    cost = abs(mean) * customers * misplaced
    untested = Advice.KEEP if mean > 0 else Advice.STOP
    advice = Advice.RETEST if value > cost else untested
    horizon = customers * rounds
    return Decision(
        advice=advice,
        chance_positive=float(posterior.chance_above_zero()[segment]),
        expected_net=mean * horizon,
        loss_if_kept_wrongly=float(posterior.expected_loss()[segment]) * horizon,
        loss_if_stopped_wrongly=float(posterior.expected_gain()[segment]) * horizon,
        value_of_test=value,
        cost_of_test=cost,
    )


def _unit_normal_loss(z: float) -> float:
    """E[max(Z - z, 0)] of a standard normal Z."""
    return float(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) - z * special.ndtr(-z))
