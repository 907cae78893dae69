"""Effect per customer who used the offer because of the assignment, beside the effect per assigned.

The comparison of everyone assigned comes first and stays the answer. Dividing it by the difference
in uptake tells what one use was worth, if the assignment changes nothing for those who do not use
the offer; comparing users with others would tell nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regulars_experiments.comparison import Cell, Collected, compare, correlation
from regulars_experiments.effects import welch_limits
from regulars_experiments.evaluation import Effect
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Summary
from regulars_experiments.ratios import RatioAnswer, RatioSets, complier_effect
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, numbers
from regulars_platform.randomised.looks import reach_of


@dataclass(frozen=True, kw_only=True, slots=True)
class ComplierEffect:
    """One metric of one arm. uptake_arm, uptake_control: shares who used the offer.

    assigned: the effect per assigned customer, by the metric's default method. per_user: the
    effect per user, with the ratios that the data do not contradict: made of the limits of
    `assigned`, so that one excludes zero exactly where the other does.
    """

    metric: str
    arm: str
    control: str
    segment: tuple[str, str] | None
    uptake_arm: float | None
    uptake_control: float | None
    assigned: Answer
    per_user: RatioAnswer


def uptake_metrics(design: Design, uptake: str) -> list[Metric]:
    """Metrics that make the moments keep what uptake and each outcome have in common."""
    return [
        Metric(
            name=f"{metric.name} and {uptake}",
            kind="ratio",
            value=metric.value,
            denominator={uptake: 1},
            role="guardrail",
        )
        for metric in _outcomes(design)
    ]


def find_compliers(
    collected: Collected, design: Design, uptake: str, effects: Sequence[Effect]
) -> tuple[ComplierEffect, ...]:
    """For every effect of a mean or a conversion, in their order."""
    found: list[ComplierEffect] = []
    for metric in _outcomes(design):
        for column in (None, *design.segments):
            own = [
                effect
                for effect in effects
                if effect.metric == metric.name and _column(effect) == column
            ]
            found += _of_column(collected, design, uptake, metric, column, own)
    return tuple(found)


def _outcomes(design: Design) -> list[Metric]:
    """A ratio of sums has no value per customer that uptake could change."""
    return [metric for metric in design.metrics if metric.kind != "ratio"]


def _column(effect: Effect) -> str | None:
    return None if effect.segment is None else effect.segment[0]


def _of_column(
    collected: Collected,
    design: Design,
    uptake: str,
    metric: Metric,
    column: str | None,
    effects: Sequence[Effect],
) -> list[ComplierEffect]:
    cells = [Cell(arm=effect.arm, segment=effect.segment) for effect in effects]
    comparison = compare(collected.moments[column], design.control, cells)
    used = comparison.summaries({uptake: 1})
    reach = reach_of(collected, design, used[0].n + used[1].n)
    together = correlation(comparison, metric.value, {uptake: 1})
    sets = _per_user(effects, used, together, reach)
    shares = numbers(used[0].mean), numbers(used[1].mean)
    return [
        ComplierEffect(
            metric=metric.name,
            arm=effect.arm,
            control=design.control,
            segment=effect.segment,
            uptake_arm=shares[1][place],
            uptake_control=shares[0][place],
            assigned=effect.difference,
            # where the effect has no interval, what is divided by the uptake has none
            per_user=effect.difference
            if isinstance(effect.difference, NotEstimable)
            else sets.answer(place),
        )
        for place, effect in enumerate(effects)
    ]


def _per_user(
    effects: Sequence[Effect],
    used: tuple[Summary, Summary],
    together: FloatArray,
    reach: FloatArray,
) -> RatioSets:
    """together: correlation of effect and uptake. reach: the effects' limits, as a quantile."""
    assigned = np.array(
        [
            (effect.difference.estimate, effect.difference.low, effect.difference.high)
            if isinstance(effect.difference, Estimate)
            else (np.nan, np.nan, np.nan)
            for effect in effects
        ]
    )
    low, high = welch_limits(*used)(reach)
    return complier_effect(
        assigned[:, 0],
        used[1].mean - used[0].mean,
        effect_limits=(assigned[:, 1], assigned[:, 2]),
        uptake_half=(high - low) / 2,
        correlation=together,
    )
