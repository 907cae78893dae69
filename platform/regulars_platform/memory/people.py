"""Who is meant by a segment of a plan: by its rules, whatever it is called.

A segment is known again in a later campaign by the canonical form of its rule: written in another
order, under another name, it is the same people. Everybody is the audience's rule; everyone else is
the audience without the named segments.
"""

from dataclasses import dataclass
from typing import Any

from regulars_platform.campaigns.plan import EVERYONE_ELSE, Plan
from regulars_platform.canonical import canonical_json, sha256_of
from regulars_platform.segments.rules import Group, Not, Rule, rule_json


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """rule: of whom is meant, without those of the rules of `others`. key: SHA-256 of both."""

    rule: dict[str, Any]
    others: tuple[dict[str, Any], ...]
    key: str

    def as_json(self) -> dict[str, Any]:
        """As it is stored with what was learnt of them."""
        return {"rule": self.rule, "without": list(self.others)}


def people_of(audience: Rule, segments: dict[str, Rule]) -> dict[str | None, People]:
    """By segment name of a plan; None: everybody, then the named segments, then everyone else.

    A plan without segments has only everybody.
    """
    found: dict[str | None, People] = {None: _people(audience)}
    for name, rule in segments.items():
        found[name] = _people(rule)
    if segments:
        found[EVERYONE_ELSE] = _people(audience, *segments.values())
    return found


def people_of_plan(plan: Plan) -> dict[str | None, People]:
    """`people_of` a complete plan."""
    return people_of(plan.audience, {segment.name: segment.rule for segment in plan.segments})


def canonical_rule(rule: Rule) -> Rule:
    """The same rule in the one spelling: groups flattened, sorted, and none of a single rule, and
    nothing denied twice.

    >>> from decimal import Decimal
    >>> often = Condition(feature="orders", op=">=", values=(Decimal(2),))
    >>> rich = Condition(feature="spend", op=">", values=(Decimal(100),))
    >>> one = Group(joiner="all", rules=(often, Group(joiner="all", rules=(rich,))))
    >>> canonical_rule(one) == canonical_rule(Group(joiner="all", rules=(rich, often, rich)))
    True
    """
    if isinstance(rule, Not):
        inner = canonical_rule(rule.rule)
        return inner.rule if isinstance(inner, Not) else Not(rule=inner)
    if not isinstance(rule, Group):
        return rule
    parts: dict[str, Rule] = {}
    for part in map(canonical_rule, rule.rules):
        same = isinstance(part, Group) and part.joiner == rule.joiner
        for inner in part.rules if isinstance(part, Group) and same else (part,):
            parts[canonical_json(rule_json(inner))] = inner
    if len(parts) == 1:
        return next(iter(parts.values()))
    return Group(joiner=rule.joiner, rules=tuple(parts[text] for text in sorted(parts)))


def _people(rule: Rule, *others: Rule) -> People:
    written = rule_json(canonical_rule(rule))
    without = sorted((rule_json(canonical_rule(other)) for other in others), key=canonical_json)
    text = canonical_json({"rule": written, "without": without})
    return People(rule=written, others=tuple(without), key=sha256_of(text))
