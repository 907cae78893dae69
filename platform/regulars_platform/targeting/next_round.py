"""The next round in one step: a draft on the keepers, with a holdout kept inside them.

Held out means held out of the keepers: without that the next report could not tell whether telling
them still pays. Its share comes from the engine's sizes for today's keepers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from regulars_experiments.holdouts import HoldoutSize
from regulars_platform.campaigns.plan import Plan, TreatmentArm, plan_json
from regulars_platform.fields import WHOLE, percent_text
from regulars_platform.offers.kinds import MessageOnly, Offer
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.rules import Condition, Rule
from regulars_platform.targeting.keepers import Keepers
from regulars_platform.targeting.rules import all_of, any_of
from regulars_platform.targeting.sizing import KeeperSizes
from regulars_platform.words import N_, Sentence

Goal = Literal["earn_most", "learn_most"]
GOALS: tuple[Goal, ...] = ("earn_most", "learn_most")
_MOST_HOLDOUT = 9_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """The days of the new round as YYYY-MM-DD."""

    as_of: str
    send_date: str
    outcome_end: str
    settle_until: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NextRound:
    """A draft as `create_draft` keeps it, and what was decided for it."""

    draft: dict[str, Any]
    reasons: tuple[Sentence, ...]


def next_round(
    plan: Plan,
    keepers: Keepers,
    report: Mapping[str, Any],
    *,
    days: Days,
    name: str,
    new_thresholds: bool,
) -> NextRound:
    """The campaign again for its keepers: same lengths, the arms that pay.

    new_thresholds: whether of a ladder of thresholds only the recommended one stays. A plan that
    models chose has the thresholds of its arms, so there this changes nothing. The holdout is still
    the old one's; see `with_holdout`.
    """
    arms, reasons = _arms_to_keep(plan, keepers)
    reasons += _mixed(keepers)
    audience = [plan.audience, keepers.rule]
    if new_thresholds and not keepers.of_models:
        arms, more = _recommended(arms, keepers, report)
        band, why = _band(arms, report)
        audience += band
        reasons += more + why
    kept = keepers.segments
    following = replace(
        plan,
        name=name,
        audience=all_of(audience),
        segments=tuple(part for part in plan.segments if kept is None or part.name in kept),
        arms=tuple(arms),
    )
    draft = plan_json(following) | {
        "as_of": days.as_of,
        "send_date": days.send_date,
        "outcome_end": days.outcome_end,
        "settle_until": days.settle_until,
    }
    for of_the_shop in ("currency", "timezone"):
        del draft[of_the_shop]
    whole = NextRound(draft=draft, reasons=tuple(reasons))
    return with_holdout(whole, plan.holdout, ())


def size_holdout(found: KeeperSizes | None, goal: Goal, before: int) -> tuple[int, Sentence]:
    """The share to hold out (basis points), and why; before: that of the campaign it follows."""
    size = None if found is None else getattr(found.sizes, goal)
    if found is None or not isinstance(size, HoldoutSize):
        words = N_(
            "%(share)s%% of the keepers are held out, as in the campaign before: what they spent"
            " does not say how many would be best."
        )
        return before, Sentence(words, {"share": percent_text(before)})
    most = found.sizes.learn_most
    if isinstance(most, HoldoutSize) and size.customers >= most.customers:
        # beyond the size that tells most, a larger holdout only withholds
        words = N_(
            "%(share)s%% of the keepers are held out: that tells most about what telling them"
            " earns."
        )
        return _said(most.share, words)
    if size.share < found.least:
        words = N_(
            "%(share)s%% of the keepers are held out: by what the report found, knowing more is"
            " worth less than it costs, but with fewer the next report could not tell when it stops"
            " paying."
        )
        return _said(found.least, words)
    words = N_(
        "%(share)s%% of the keepers are held out: by what the report found, that is expected to"
        " earn most over this round and those after it (test and roll)."
    )
    return _said(size.share, words)


def _said(share: float, words: str) -> tuple[int, Sentence]:
    # to a tenth of a percent, upwards: the sizes are no more exact than that
    points = min(10 * math.ceil(round(share * WHOLE, 6) / 10), _MOST_HOLDOUT)
    return points, Sentence(words, {"share": percent_text(points)})


def with_holdout(made: NextRound, share: int, reasons: Sequence[Sentence]) -> NextRound:
    """The draft with that share held out (basis points) and the arms sharing the rest as before."""
    arms = made.draft["arms"]
    weights = [float(arm["share_percent"]) for arm in arms]
    rest = WHOLE - share
    parts = [max(1, round(rest * weight / sum(weights))) for weight in weights]
    parts[parts.index(max(parts))] += rest - sum(parts)
    shared = [
        {**arm, "share_percent": percent_text(part)} for arm, part in zip(arms, parts, strict=True)
    ]
    draft = made.draft | {"holdout_percent": percent_text(share), "arms": shared}
    return NextRound(draft=draft, reasons=(*made.reasons, *reasons))


def _arms_to_keep(plan: Plan, keepers: Keepers) -> tuple[list[TreatmentArm], list[Sentence]]:
    kept = [arm for arm in plan.arms if arm.name in keepers.arms]
    dropped = [arm.name for arm in plan.arms if arm.name not in keepers.arms]
    if not kept or not dropped:
        return list(plan.arms), []
    words = N_("Left out, for it is not among those to keep: %(names)s.")
    return kept, [Sentence(words, {"names": ", ".join(dropped)})]


def _mixed(keepers: Keepers) -> list[Sentence]:
    """That who gets which arm is not carried over, where it was part of the plan."""
    if not keepers.mixes:
        return []
    words = N_(
        "The plan followed says who gets which arm. A draft draws its arms at random among all whom"
        " it tells, so each of them may get any of %(names)s, and the value of that plan is not"
        " this draft's."
    )
    return [Sentence(words, {"names": ", ".join(keepers.arms)})]


def _recommended(
    arms: Sequence[TreatmentArm], keepers: Keepers, report: Mapping[str, Any]
) -> tuple[list[TreatmentArm], list[Sentence]]:
    """Of each ladder only the step that the report recommends for these customers."""
    kept, said = list(arms), []
    for ladder in (report.get("thresholds") or {}).get("ladders", ()):
        inside = [arm for arm in kept if arm.name in ladder["arms"]]
        step = _step(ladder, keepers)
        if len(inside) < 1 or step is None:
            continue
        best = next((arm for arm in inside if arm.name == ladder["arms"][step]), None)
        if best is None:
            # the step was left out with its arm: the first that stays gets it
            offer = _at_step(inside[0].offer, ladder, step)
            best = replace(inside[0], offer=offer)
        together = replace(best, share=sum(arm.share for arm in inside))
        kept = [
            together if arm is inside[0] else arm
            for arm in kept
            if arm is inside[0] or arm not in inside
        ]
        words = (
            N_(
                "Of the thresholds tried only the recommended one stays: %(k)s times the own order"
                " value."
            )
            if ladder["by"] == "multiple"
            else N_("Of the thresholds tried only the recommended one stays: %(k)s.")
        )
        said.append(Sentence(words, {"k": f"{ladder['steps'][step]:g}"}))
    return kept, said


def _step(ladder: Mapping[str, Any], keepers: Keepers) -> int | None:
    """The recommended step: of the one segment that is kept, else of everybody."""
    groups = {group["segment"]: group for group in ladder["groups"]}
    only = keepers.segments[0] if keepers.segments and len(keepers.segments) == 1 else None
    group = groups.get(only, groups.get(None))
    return None if group is None else group["recommended"]


def _band(
    arms: Sequence[TreatmentArm], report: Mapping[str, Any]
) -> tuple[list[Rule], list[Sentence]]:
    """Of a single threshold only the customers for whom it is expected to pay."""
    found = (report.get("thresholds") or {}).get("curves", ())
    curve = next((one for one in found if [arm.name for arm in arms] == [one["arm"]]), None)
    if curve is None or curve["change"] is None or curve["pays_from"] is None:
        return [], []
    threshold = curve["threshold"]
    low, high = (
        None if not end else Decimal(f"{end * threshold:.2f}")
        for end in (curve["pays_from"], curve["pays_to"])
    )
    value = "average_order_value"
    inside: list[Rule] = []
    if low is not None:
        inside.append(Condition(feature=value, op=">=", values=(low,)))
    if high is not None:
        inside.append(Condition(feature=value, op="<", values=(high,)))
    if not inside:
        return [], []
    words = Sentence(
        N_(
            "Only those for whom the threshold of %(threshold)s is expected to pay: with an average"
            " order value from %(low)s to %(high)s."
        ),
        {
            "threshold": f"{threshold:g}",
            "low": "0" if low is None else f"{low.normalize():f}",
            "high": "∞" if high is None else f"{high.normalize():f}",
        },
    )
    unknown = Condition(feature=value, op="is empty")
    # what is known of the band says nothing of customers without past orders
    return [any_of([all_of(inside), unknown])], [words]


def has_new_thresholds(report: Mapping[str, Any]) -> bool:
    """Whether the report recommends a step of a ladder, or a band of customers for a threshold."""
    found = report.get("thresholds") or {}
    steps = any(
        group["recommended"] is not None
        for ladder in found.get("ladders", ())
        for group in ladder["groups"]
    )
    return steps or any(curve["change"] is not None for curve in found.get("curves", ()))


def _at_step(offer: Offer, ladder: Mapping[str, Any], step: int) -> Offer:
    value = round(ladder["steps"][step] * MONEY_SCALE)
    if isinstance(offer, MessageOnly):
        return offer
    if ladder["by"] == "multiple":
        return replace(offer, multiple=value)
    return replace(offer, threshold=value)
