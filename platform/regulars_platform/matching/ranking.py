"""Both ways round: an offer's groups, or a group's offers, by what they are expected to earn."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.fields import FieldReader
from regulars_platform.matching.ground import Ground, Match
from regulars_platform.matching.groups import Group, groups_to_try
from regulars_platform.matching.offers import offers_near
from regulars_platform.offers.kinds import Offer
from regulars_platform.offers.reading import read_offer
from regulars_platform.segments.rules import EVERYBODY, Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedGroup:
    """One group for an offer."""

    group: Group
    match: Match


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedOffer:
    """One offer for a group."""

    offer: Offer
    match: Match


def rank_groups(
    session: Session, ground: Ground, offer: dict[str, Any], name: str
) -> list[RankedGroup]:
    """Groups by expected net profit per customer told, the best first; none without customers.

    offer: its JSON form; name: what the campaign is called. Raises InvalidInputError.
    """
    features = ground.features([EVERYBODY])
    found = [
        RankedGroup(group=group, match=match)
        for group in groups_to_try(session, ground.shop_id, features, offer)
        if (match := ground.judge(group.rule, offer, name)) is not None
    ]
    return sorted(found, key=lambda one: (-one.match.net, str(one.group.title)))


def rank_offers(ground: Ground, rule: Rule, name: str) -> list[RankedOffer]:
    """Offers near what the group usually spends, the best first; none where nobody ever bought."""
    usual = ground.usual_order(rule)
    if usual is None or usual <= 0:
        return []
    found = []
    for raw in offers_near(usual, ground.usual_shipping()):
        offer = read_offer(FieldReader(raw))
        match = ground.judge(rule, raw, name)
        if offer is not None and match is not None:
            found.append(RankedOffer(offer=offer, match=match))
    return sorted(found, key=lambda one: -one.match.net)
