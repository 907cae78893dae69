"""Whom to keep, as rules that a plan can have: by decision, by advice, or by what models found.

Every way is a rule over features, so that the next round can be planned on today's customers and
anybody can read whom it is for. A learner's list is no rule: then the nearest rule is offered and
said to be that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from regulars_experiments.uplift.words import Line
from regulars_platform.campaigns.plan import Plan
from regulars_platform.customers.features import FEATURES
from regulars_platform.reports.tables import DecisionRow
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
    choices by segment; None for rules over features. arms: treated arms that pay. lines: of a rule.
    nearest: the plan to follow is a learner's list and this is the nearest rule to it. value: an
    answer as JSON, per unit of the audience against nobody; None where the report has it by group.
    belief: what telling one of them earns; None where nothing says so.
    """

    key: str
    rule: Rule
    segments: tuple[str, ...] | None
    arms: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    nearest: bool = False
    value: Document | None = None
    belief: Belief | None = None


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
    if card is not None and not _earns(card.value):
        card = None
    if chosen["kind"] in _RULE_KINDS:
        first = _of_rule(CHOSEN, plan, rules[chosen["kind"]], levels)
        return [first, card if chosen["kind"] != "card" else None]
    if chosen["kind"] == "everyone":
        arms = tuple(plan.arm_names[action] for action in chosen["actions"])
        everybody = Keepers(
            key=CHOSEN, rule=EVERYBODY, segments=None, arms=arms, value=chosen["value"]
        )
        return [everybody, card]
    if chosen["kind"] == "segments":
        kept: set[Group] = {
            (plan.arm_names[part["action"]], part["segment"])
            for part in targeting["by_segment"]
            if part["action"]
        }
        return [_by_segment(CHOSEN, plan, kept, levels), card]
    if chosen["kind"] == "nobody":
        return [card]
    near = [_of_rule(CHOSEN, plan, rule, levels, nearest=True) for rule in rules.values()]
    paying = [one for one in near if one is not None and _earns(one.value)]
    best = max(paying, key=lambda one: _estimate(one.value), default=None)
    return [best, card if best is None or best.lines != card_lines(card) else None]


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
    return Keepers(
        key=key,
        rule=rule_of_lines(lines, actions, levels),
        segments=None,
        arms=tuple(plan.arm_names[action] for action in actions),
        lines=lines,
        nearest=nearest,
        value=rule["value"],
        belief=belief_of_rule(rule["value"], rule["share"]),
    )


def _earns(value: Document | None) -> bool:
    return _estimate(value) > 0


def _estimate(value: Document | None) -> float:
    return float("-inf") if value is None else float(value.get("estimate", float("-inf")))
