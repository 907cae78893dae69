"""Whom to keep, as rules that a plan can have: by decision, by advice, or by what models found.

Every way is a rule over features, so that the next round can be planned on today's customers and
anybody can read whom it is for. A learner's list is no rule: then the nearest rule is offered and
said to be that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from regulars_experiments.uplift.words import Line, joined
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.tables import DecisionRow
from regulars_platform.customers.features import FEATURES
from regulars_platform.segments.rules import EVERYBODY, Rule
from regulars_platform.targeting.document import WORKED_OUT, read_lines
from regulars_platform.targeting.rules import Levels, first_fit, fits_a_plan, rule_of_lines
from regulars_platform.targeting.sizing import Belief, belief_of_groups, belief_of_rule

DECIDED, ADVISED, ADVISED_AND_RETEST, CHOSEN, CARD = (
    "decided",
    "advised",
    "advised_and_retest",
    "chosen",
    "card",
)
_KEEP = frozenset({"keep", "change"})
_RULE_KINDS = ("one_column", "card")
Document = Mapping[str, Any]
Group = tuple[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Keepers:
    """One way of saying whom to keep of a campaign's audience.

    rule: over features, within the audience. segments: of the plan, those with anybody kept, for
    choices by segment; None for rules over features. arms: treated arms that pay. own_arms:
    (segment, arm) where the plan to follow gives segments arms of their own. lines: of a rule.
    nearest: the plan to follow is a learner's list and this is the nearest rule to it. value: an
    answer as JSON, per unit of the audience against nobody; None where the report has it by group,
    or where a draft cannot do what was valued. belief: what telling one of them earns; None where
    nothing says so.
    """

    key: str
    rule: Rule
    segments: tuple[str, ...] | None
    arms: tuple[str, ...]
    own_arms: tuple[tuple[str, str], ...] = ()
    lines: tuple[Line, ...] = ()
    nearest: bool = False
    value: Document | None = None
    belief: Belief | None = None

    @property
    def of_models(self) -> bool:
        """Whether the arms, and with them their thresholds, are part of a plan that was valued."""
        return self.key in (CHOSEN, CARD)

    @property
    def mixes(self) -> bool:
        """Whether the plan says who gets which arm: a draft draws its arms among all it tells."""
        return self.of_models and len(self.arms) > 1


def find_keepers(
    plan: Plan,
    report: Document,
    decisions: Sequence[DecisionRow],
    targeting: Document | None,
    levels: Levels,
) -> tuple[Keepers, ...]:
    """All ways that keep somebody, the one to start from first.

    decisions: on the campaign, the latest first; targeting: schema regulars.targeting/1; levels:
    see `text_levels`.
    """
    advice = _advice(report)
    ways = [
        _by_segment(DECIDED, plan, _decided(plan, decisions), levels),
        _by_segment(ADVISED, plan, _with(advice, _KEEP), levels),
        *_by_models(plan, targeting, levels),
    ]
    more = _with(advice, _KEEP | {"retest"})
    if more != _with(advice, _KEEP):
        ways.append(_by_segment(ADVISED_AND_RETEST, plan, more, levels))
    found: dict[tuple[Rule, tuple[str, ...]], Keepers] = {}
    for way in ways:
        if way is not None and fits_a_plan(way.rule):
            found.setdefault((way.rule, way.arms), way)
    return tuple(_with_belief(way, report) for way in found.values())


def text_levels(features: pl.LazyFrame) -> dict[str, tuple[str, ...]]:
    """For each feature of text the words that customers have, sorted."""
    names = [name for name, feature in FEATURES.items() if feature.kind == "text"]
    found = features.select(pl.col(name).unique().implode() for name in names).collect()
    return {
        name: tuple(sorted(word for word in found[name].item() if word is not None))
        for name in names
    }


def _with_belief(way: Keepers, report: Document) -> Keepers:
    if way.belief is not None:
        return way
    groups = [
        group
        for group in report["segments"]
        if group["arm"] in way.arms and (way.segments is None or group["segment"] in way.segments)
    ]
    whole = [group for group in report["overall"] if group["arm"] in way.arms]
    confidence = float(report["plan"]["confidence_percent"]) / 100
    return replace(way, belief=belief_of_groups(groups or whole, confidence))


def _advice(report: Document) -> dict[Group, str]:
    groups = {
        (group["arm"], group["segment"]): group["decision"]["advice"]
        for group in report["segments"]
        if not group["hidden"] and group["decision"] is not None
    }
    if groups:
        return groups
    return {
        (group["arm"], None): group["decision"]["advice"]
        for group in report["overall"]
        if not group["hidden"] and group["decision"] is not None
    }


def _with(advice: Mapping[Group, str], wanted: Collection[str]) -> set[Group]:
    return {group for group, word in advice.items() if word in wanted}


def _decided(plan: Plan, decisions: Sequence[DecisionRow]) -> set[Group]:
    """What is kept by the latest decision on each group; one on everybody holds for the rest."""
    latest: dict[Group, str] = {}
    for row in decisions:
        latest.setdefault((row.arm, row.segment), row.choice)
    kept: set[Group] = set()
    for arm in plan.arms:
        everybody = latest.get((arm.name, None))
        for segment in plan.segment_names:
            if latest.get((arm.name, segment), everybody) in _KEEP:
                kept.add((arm.name, segment))
    return kept


def _by_segment(key: str, plan: Plan, kept: set[Group], levels: Levels) -> Keepers | None:
    if not kept:
        return None
    everybody = {None, *plan.segment_names}
    names = {segment for _, segment in kept}
    segments = tuple(name for name in plan.segment_names if name in names or None in names)
    whole = None in names or names >= everybody - {None}
    arms = {arm for arm, _ in kept}
    return Keepers(
        key=key,
        rule=EVERYBODY if whole else first_fit(plan.segments, segments, levels),
        segments=segments,
        arms=tuple(arm.name for arm in plan.arms if arm.name in arms),
    )


def _by_models(plan: Plan, targeting: Document | None, levels: Levels) -> list[Keepers | None]:
    """The plan to follow, or the rule nearest to it; and the card, where that pays as well."""
    if targeting is None or targeting["status"] != WORKED_OUT:
        return []
    chosen = targeting["chosen"]
    rules = {rule["kind"]: rule for rule in targeting["rules"]}
    card = _of_rule(CARD, plan, rules.get("card"), levels)
    if card is not None and not (_earns(rules["card"]["value"]) and card.rule != EVERYBODY):
        card = None
    if chosen["kind"] in _RULE_KINDS:
        # the value is of the procedure that chose among the candidates, not the candidate's own
        rule = rules[chosen["kind"]] | {
            "value": chosen["value"],
            "share": chosen.get("honest_share", rules[chosen["kind"]]["share"]),
        }
        first = _of_rule(CHOSEN, plan, rule, levels)
        return [first, card if chosen["kind"] != "card" else None]
    if chosen["kind"] == "everyone":
        return [_everybody(plan, chosen), card]
    if chosen["kind"] == "segments":
        return [_own_segments(plan, targeting["by_segment"], levels), card]
    if chosen["kind"] == "nobody":
        return [card]
    near = [
        (_estimate(rule["value"]), way)
        for rule in rules.values()
        if (way := _of_rule(CHOSEN, plan, rule, levels, nearest=True)) is not None
        and _earns(rule["value"])
        and way.rule != EVERYBODY
    ]
    _, best = max(near, key=lambda one: one[0], default=(0.0, None))
    return [best, card if best is None or best.lines != card_lines(card) else None]


def _everybody(plan: Plan, chosen: Document) -> Keepers:
    """Without a value where the value is that of choices which were not always this one."""
    return Keepers(
        key=CHOSEN,
        rule=EVERYBODY,
        segments=None,
        arms=tuple(plan.arm_names[action] for action in chosen["actions"]),
        value=chosen["value"] if chosen.get("settled", True) else None,
    )


def _own_segments(plan: Plan, parts: Sequence[Document], levels: Levels) -> Keepers | None:
    own = [(part["segment"], plan.arm_names[part["action"]]) for part in parts if part["action"]]
    found = _by_segment(CHOSEN, plan, {(arm, segment) for segment, arm in own}, levels)
    if found is None or not found.mixes:
        return found
    return replace(found, own_arms=tuple(own))


def card_lines(card: Keepers | None) -> tuple[Line, ...]:
    """The lines of the card, none without one."""
    return () if card is None else card.lines


def _of_rule(
    key: str, plan: Plan, rule: Document | None, levels: Levels, *, nearest: bool = False
) -> Keepers | None:
    if rule is None:
        return None
    lines = read_lines(rule["lines"])
    actions = sorted({line.action for line in lines if line.action})
    if not actions:
        return None
    found = Keepers(
        key=key,
        rule=rule_of_lines(lines, actions, levels),
        segments=None,
        arms=tuple(plan.arm_names[action] for action in actions),
        lines=joined(lines),
        nearest=nearest,
    )
    if found.mixes:
        return found
    value, share = rule["value"], rule["share"]
    return replace(found, value=value, belief=belief_of_rule(value, share))


def _earns(value: Document | None) -> bool:
    return _estimate(value) > 0


def _estimate(value: Document | None) -> float:
    return float("-inf") if value is None else float(value.get("estimate", float("-inf")))
