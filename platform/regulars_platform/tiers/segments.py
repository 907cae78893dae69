"""Rules of segments that speak of tiers: who is in one, and who is close to it."""

from decimal import Decimal

from regulars_platform.customers.tiers import Tier
from regulars_platform.segments.preset_parts import all_of, condition
from regulars_platform.segments.rules import Rule
from regulars_platform.tiers.costs import NEAR


def in_rule(tier: Tier) -> Rule:
    """Everybody in the tier."""
    return condition("tier", "=", tier.name)


def near_rule(tier: Tier) -> Rule:
    """Whose next tier it is, and who has NEAR of what it asks for."""
    reached = Decimal(str(tier.least)) * Decimal(str(NEAR))
    return all_of(condition("next_tier", "=", tier.name), condition(tier.by, ">=", reached))
