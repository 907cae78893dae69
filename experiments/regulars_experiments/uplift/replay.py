"""Replay: a proposed plan valued on the customers of a past randomised campaign.

Because the chances of the arms were known, any plan that says what to do with each of those
customers can be valued on what they did, also one that nobody had thought of then (Hitsch, Misra &
Zhang 2024). The plan must not have been made by looking at that campaign's outcomes.
"""

from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.randomised import CrossFitted, IntArray, Randomised
from regulars_experiments.uplift.values import Contrast, contrast, mean_and_error, robust_scores


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """A plan's value on a past campaign, per customer of that campaign's audience.

    share: of the customers whom the plan tells. value: against nobody. against: the best arm to
    everyone, and the other plans asked about.
    """

    share: float
    value: Contrast
    against: tuple[Contrast, ...]


def replay(
    data: Randomised,
    fitted: CrossFitted,
    actions: IntArray,
    *,
    others: dict[str, IntArray],
    confidence: float,
) -> Replayed:
    """Value `actions` (rows,) on the campaign, against everyone, nobody and other plans by name.

    "everyone" is the arm with the largest mean gain to all.
    """
    scores = robust_scores(data, fitted.expected)
    nobody = np.zeros(len(actions), dtype=np.int64)
    means = [mean_and_error(scores[:, arm], data.weights)[0] for arm in _arms(scores)]
    everyone = np.full(len(actions), 1 + int(np.argmax(means)), dtype=np.int64)
    return Replayed(
        share=float(np.average(actions > 0, weights=data.weights)),
        value=contrast(data, scores, actions, nobody, against="nobody", confidence=confidence),
        against=tuple(
            contrast(data, scores, actions, other, against=name, confidence=confidence)
            for name, other in ({"everyone": everyone} | others).items()
        ),
    )


def _arms(scores: FloatArray) -> range:
    return range(1, scores.shape[1])
