"""Replay: a proposed plan valued on the customers of a past randomised campaign.

Because the chances of the arms were known, any plan that says what to do with each of those
customers can be valued on what they did, also one that nobody had thought of then (Hitsch, Misra &
Zhang 2024). The plan must not have been made by looking at that campaign's outcomes.
"""

from dataclasses import dataclass, replace

import numpy as np

from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_experiments.results import FloatArray, NotEstimable, Reason
from regulars_experiments.uplift.policy import agreement_of
from regulars_experiments.uplift.randomised import CrossFitted, IntArray, Randomised
from regulars_experiments.uplift.values import Contrast, contrast, mean_and_error, robust_scores
from regulars_experiments.verdicts import Evidence


@dataclass(frozen=True, kw_only=True, slots=True)
class OneArm:
    """One arm to everybody. arms: (rows,), 1 to A, of each fold's customers the same.

    agreement: the share of pairs of folds that have the same arm; 1 where it was fixed beforehand.
    """

    arms: IntArray
    agreement: float = 1.0

    @property
    def numbers(self) -> tuple[int, ...]:
        """The arms that somebody gets, in order."""
        return tuple(int(arm) for arm in np.unique(self.arms))


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """A plan's value on a past campaign, per customer of that campaign's audience.

    share: of the customers whom the plan tells. value: against nobody. against: one arm to
    everyone, and the other plans asked about. everyone: which arm that is.
    """

    share: float
    value: Contrast
    against: tuple[Contrast, ...]
    everyone: OneArm


def best_arm(data: Randomised, fitted: CrossFitted) -> OneArm:
    """The arm with the largest mean gain to all, for each fold found on the others.

    The arm that did best on the same customers would be flattered: of arms that are all alike the
    luckiest.

    >>> import numpy as np
    >>> from regulars_experiments.uplift.randomised import Features, FoldScores
    >>> nothing = Features(names=(), values=np.zeros((6, 0)), categories=())
    >>> data = Randomised(features=nothing, outcome=np.array([0.0, 1.0, 9.0, 0.0, 2.0, 1.0]),
    ...     arm=np.array([0, 1, 2, 0, 1, 2]), probabilities=np.full(3, 1 / 3),
    ...     arm_names=("out", "mail", "call"))
    >>> none = FoldScores(learner="", base="", out_of_fold=np.zeros((0, 0)),
    ...     nested=np.zeros((0, 0, 0)))
    >>> fitted = CrossFitted(folds=np.array([0, 0, 0, 1, 1, 1]), scores=(), response=none,
    ...     expected=np.zeros((6, 3)))
    >>> best_arm(data, fitted).arms  # the call that brought 9 decides for the others alone
    array([1, 1, 1, 2, 2, 2])
    """
    scores = robust_scores(data, fitted.expected)
    picked = []
    for fold in range(int(fitted.folds.max()) + 1):
        others = fitted.folds != fold
        weights = None if data.weights is None else data.weights[others]
        means = [mean_and_error(scores[others, arm], weights)[0] for arm in _arms(scores)]
        picked.append(1 + int(np.argmax(means)))
    return OneArm(
        arms=np.array(picked, dtype=np.int64)[fitted.folds],
        agreement=agreement_of([np.array([arm]) for arm in picked]),
    )


def replay(
    data: Randomised,
    fitted: CrossFitted,
    actions: IntArray,
    *,
    others: dict[str, IntArray],
    confidence: float,
    everyone: OneArm | None = None,
) -> Replayed:
    """Value `actions` (rows,) on the campaign, against everyone, nobody and other plans by name.

    everyone: the arm that everybody gets there; None for `best_arm`. Where too few of those whom
    the plan tells are expected to buy, it has no value and no comparison a verdict.
    """
    scores = robust_scores(data, fitted.expected)
    one = everyone or best_arm(data, fitted)
    nobody = np.zeros(len(actions), dtype=np.int64)
    few = _too_few(data, actions)

    def against(name: str, other: IntArray) -> Contrast:
        found = contrast(
            data,
            scores,
            actions,
            other,
            against=name,
            confidence=confidence,
            agreement=one.agreement,
        )
        return _untold(found) if few else found

    value = against("nobody", nobody)
    compared = tuple(
        against(name, other) for name, other in ({"everyone": one.arms} | others).items()
    )
    if isinstance(value.value, NotEstimable):
        # what cannot be told of the plan cannot be told of its lead on others
        compared = tuple(map(_untold, compared))
    return Replayed(
        share=float(np.average(actions > 0, weights=data.weights)),
        value=value,
        against=compared,
        everyone=one,
    )


def _too_few(data: Randomised, actions: IntArray) -> bool:
    """Whether those whom the plan tells are too few: buyers expected, told or held out there.

    The plan was fixed beforehand, so who they are was not chosen by what they did.
    """
    buyers = data.buyers
    if buyers.all():
        return False
    for arm in np.unique(actions[actions > 0]):
        inside = actions == arm
        held, told = inside & (data.arm == 0), inside & (data.arm == arm)
        both = held | told
        if not both.any():
            return True
        rate = float(buyers[both].mean())
        if min(int(held.sum()), int(told.sum())) * rate < LEAST_EXPECTED_BUYERS:
            return True
    return False


def _untold(found: Contrast) -> Contrast:
    return replace(
        found,
        value=NotEstimable(reason=Reason.TOO_FEW_BUYERS),
        verdict=Evidence.CANNOT_TELL,
        detectable=None,
    )


def _arms(scores: FloatArray) -> range:
    return range(1, scores.shape[1])
