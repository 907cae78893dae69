"""Which threshold earns most, and for whom one threshold pays: the campaign's arms as curves.

Arms that give the same and differ in their threshold alone are a ladder: net profit over the steps,
for everybody and in each segment. An arm with one threshold for all that is in no ladder has a
curve over how near its customers were: past order value / threshold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from regulars_experiments.aggregation import aggregate
from regulars_experiments.moments import Moments, plan_moments
from regulars_experiments.results import FloatArray
from regulars_experiments.threshold_ratios import (
    RatioCurve,
    find_ratios,
    narrow_to_band,
    ratio_bin,
    ratio_edges,
)
from regulars_experiments.thresholds import (
    Change,
    Ladder,
    Money,
    StepCurve,
    change_step,
    find_steps,
    price_point,
)
from regulars_platform.campaigns.plan import HOLDOUT, Plan, TreatmentArm
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.design import WHOLE, margins, profit_of, shapes_of

_BIN, _RATIO = "ratio_bin", "ratio"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepGroup:
    """One ladder in one group of customers (segment None: everybody).

    typical_value: middle past order value of the group's customers, ten-thousandths; None where
    they have none. price_points: what each step comes to for such customers; the thresholds
    themselves where these are the steps. changes: per step, what going over to the recommended one
    is expected to earn more; None where it is that one, or nothing is known.
    """

    curve: StepCurve
    typical_value: int | None
    price_points: tuple[int | None, ...]
    changes: tuple[Change | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LadderFinding:
    """A ladder of arms. by_multiple: the steps are multiples of the own past order value."""

    ladder: Ladder
    by_multiple: bool
    groups: tuple[StepGroup, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RatioFinding:
    """One threshold (ten-thousandths) over past order value / threshold.

    without_value: units whose past orders say nothing. change: what leaving out those for whom it
    does not pay is expected to earn more, per unit drawn that has a past order value.
    """

    arm: str
    threshold: int
    curve: RatioCurve
    without_value: int
    change: Change | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ThresholdFindings:
    """All curves of a campaign; both empty where its offers have no threshold."""

    ladders: tuple[LadderFinding, ...]
    curves: tuple[RatioFinding, ...]


def find_thresholds(
    moments: Moments,
    outcomes: pl.DataFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    segments: Sequence[str],
) -> ThresholdFindings:
    """moments: by (arm, segment), with the profit's columns. segments: those large enough to show.

    outcomes: one row per unit (see `outcomes_of`).
    """
    values = order_values(ledger)
    ladders = tuple(
        _ladder(moments, ladder, members, values, plan, segments)
        for ladder, members in _ladders(plan)
    )
    inside = {name for found in ladders for name in found.ladder.arms}
    single = [arm for arm in plan.arms if arm.name not in inside and _threshold(arm)]
    return ThresholdFindings(
        ladders=ladders,
        curves=tuple(_curve(outcomes, values, arm, plan) for arm in single),
    )


def money_of(plan: Plan) -> Money:
    """The profit as the curves read it."""
    low, _, high = margins(plan)
    return Money(
        columns=profit_of(plan),
        margin_low=low,
        margin_high=high,
        confidence=plan.confidence / WHOLE,
    )


def _ladders(plan: Plan) -> list[tuple[Ladder, list[TreatmentArm]]]:
    """Arms that give the same by the same channel, from different thresholds."""
    families: dict[tuple[object, ...], dict[int, TreatmentArm]] = {}
    for arm in plan.arms:
        offer = arm.offer
        if isinstance(offer, MessageOnly):
            continue
        if offer.multiple is None:
            step, alike = offer.threshold, replace(offer, threshold=0, words="")
        else:
            step, alike = offer.multiple, replace(offer, multiple=0, words="")
        if step:
            # two arms with the same step differ in their words alone: the first stands for it
            family = families.setdefault((alike, arm.channel, arm.channel_label), {})
            family.setdefault(step, arm)
    found = []
    for steps in families.values():
        if len(steps) > 1:
            members = [steps[step] for step in sorted(steps)]
            names = tuple(arm.name for arm in members)
            found.append((Ladder(control=HOLDOUT, arms=names, steps=tuple(sorted(steps))), members))
    return found


def _ladder(
    moments: Moments,
    ladder: Ladder,
    members: Sequence[TreatmentArm],
    values: pl.DataFrame,
    plan: Plan,
    segments: Sequence[str],
) -> LadderFinding:
    money = money_of(plan)
    curves = list(find_steps(moments.rolled_up(["arm"]), ladder, [None], money))
    if segments:
        curves += find_steps(moments, ladder, list(segments), money)
    offer = members[0].offer
    by_multiple = not isinstance(offer, MessageOnly) and offer.multiple is not None
    groups = []
    for curve in curves:
        typical = _typical(values, curve.segment)
        points: tuple[int | None, ...] = ladder.steps
        if by_multiple and not isinstance(offer, MessageOnly):
            points = tuple(
                None
                if typical is None
                else price_point(step, typical, offer.price_points, offer.threshold)
                for step in ladder.steps
            )
        groups.append(
            StepGroup(
                curve=curve,
                typical_value=typical,
                price_points=points,
                changes=tuple(
                    change_step(curve, present, money.confidence)
                    for present in range(len(ladder.steps))
                ),
            )
        )
    return LadderFinding(ladder=ladder, by_multiple=by_multiple, groups=tuple(groups))


def _curve(
    outcomes: pl.DataFrame, values: pl.DataFrame, arm: TreatmentArm, plan: Plan
) -> RatioFinding:
    threshold = _threshold(arm)
    money = money_of(plan)
    ratios = values.with_columns((pl.col("value") * MONEY_SCALE / threshold).alias(_RATIO))
    edges = ratio_edges(_known(ratios))
    frame = outcomes.filter(pl.col("arm").is_in([HOLDOUT, arm.name])).join(
        ratios.select("unit_id", ratio_bin(pl.col(_RATIO), edges).alias(_BIN)), on="unit_id"
    )
    moments = aggregate(
        frame.filter(pl.col(_BIN).is_not_null()).lazy(),
        plan_moments(
            by=("arm", _BIN),
            columns=dict.fromkeys(money.columns.all(), MONEY_SCALE),
            pairs=[(a, b) for a in money.columns.all() for b in money.columns.all() if a < b],
            shapes=shapes_of(money.columns),
        ),
    )
    curve = find_ratios(moments, control=HOLDOUT, arm=arm.name, edges=edges, money=money)
    return RatioFinding(
        arm=arm.name,
        threshold=threshold,
        curve=curve,
        without_value=frame.get_column(_BIN).null_count(),
        change=narrow_to_band(curve, money.confidence),
    )


def _threshold(arm: TreatmentArm) -> int:
    """The one threshold of the arm's own offer; 0 where there is none, or each has their own."""
    offer = arm.offer
    if isinstance(offer, MessageOnly) or offer.multiple is not None:
        return 0
    return offer.threshold


def order_values(ledger: pl.DataFrame) -> pl.DataFrame:
    """unit_id, segment, value: past order value (currency units; null: none) of each unit.

    That of the member who spent most, who speaks for a household in the draw as well.
    """
    return (
        ledger.sort(["unit_id", "spend", "customer_id"], descending=[False, True, False])
        .unique("unit_id", keep="first", maintain_order=True)
        .select("unit_id", "segment", pl.col("average_order_value").alias("value"))
    )


def _typical(values: pl.DataFrame, segment: str | None) -> int | None:
    inside = values if segment is None else values.filter(pl.col("segment") == segment)
    middle = inside.filter(pl.col("value") > 0).select(pl.col("value").median()).item()
    return None if middle is None else round(middle * MONEY_SCALE)


def _known(ratios: pl.DataFrame) -> FloatArray:
    found = ratios.get_column(_RATIO).drop_nulls().to_numpy()
    return np.asarray(found, dtype=np.float64)
