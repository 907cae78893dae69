"""Both ways round: an offer's groups, or a group's offers, by what they are expected to earn."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.fields import FieldReader
from regulars_platform.matching.ground import Ground
from regulars_platform.matching.groups import Group, fitting_rule, groups_to_try
from regulars_platform.matching.meeting import Match, meet
from regulars_platform.matching.offers import offers_near
from regulars_platform.memory.families import family_of_key
from regulars_platform.offers.kinds import MessageOnly, Offer
from regulars_platform.offers.reading import read_offer
from regulars_platform.segments.rules import EVERYBODY, Rule

HARDLY = 0.1
"""A group of whom the threshold fits a smaller share hardly fits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedGroup:
    """One group for an offer. fits: the share of its customers whom the threshold fits, None where
    the offer has no one threshold."""

    group: Group
    match: Match
    fits: float | None = None

    @property
    def hardly_fits(self) -> bool:
        """Whether the guess is about so few of them that it says next to nothing of the group."""
        return self.fits is not None and self.fits < HARDLY and self.match.learnt is None


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedOffer:
    """One offer for a group."""

    offer: Offer
    match: Match


def rank_groups(
    session: Session, ground: Ground, offer: dict[str, Any], name: str
) -> list[RankedGroup]:
    """Groups that past campaigns tell of by expected net profit per customer told, the best first;
    then all others as they stand (see `groups_to_try`): what is only guessed has no rank.

    None without customers. offer: its JSON form; name: what the campaign is called. Raises
    InvalidInputError.
    """
    features = ground.features([EVERYBODY])
    fitting = fitting_rule(offer)
    groups = groups_to_try(session, ground.shop_id, features, offer)
    met = meet(ground, [*(one.rule for one in groups), *([fitting] if fitting else [])])
    found = [
        RankedGroup(group=group, match=match, fits=met.share_of(group.rule, fitting))
        for group in groups
        if (match := met.judge(group.rule, offer, name)) is not None
    ]
    return sorted(found, key=lambda one: _rank(one.match))


def _rank(match: Match) -> tuple[bool, float]:
    """Those that campaigns tell of by what they earn, before all others, which keep their order."""
    return match.learnt is None, -match.learnt.net if match.learnt else 0.0


def campaigns_of_other_reach(ground: Ground, offer: dict[str, Any]) -> int:
    """Past campaigns of such an offer by the same channel that no forecast of it leans on, since
    others could use it: with codes where this one is open, open where this one has codes.

    offer: its JSON form; 0 where it is none, or a message alone.
    """
    read = read_offer(FieldReader(offer))
    if read is None or isinstance(read, MessageOnly):
        return 0
    found = set()
    for lesson in ground.memory.lessons:
        family = family_of_key(lesson.cell[1])
        same = (family.kind, family.channel) == (offer["kind"], ground.terms.channel)
        if same and family.reach != read.reach and lesson.ends_on < ground.send:
            found.add(lesson.campaign_id)
    return len(found)


def rank_offers(ground: Ground, rule: Rule, name: str) -> list[RankedOffer]:
    """Offers near what the group usually spends: those that past campaigns tell of by expected net
    profit per customer told, the best first; then all others as `offers_near` has them.

    None where nobody ever bought, or nobody may be told.
    """
    met = meet(ground, [rule])
    usual = met.usual_order(rule)
    if usual is None or usual <= 0:
        return []
    found = []
    for raw in offers_near(usual, ground.usual_shipping()):
        offer = read_offer(FieldReader(raw))
        match = met.judge(rule, raw, name)
        if offer is not None and match is not None:
            found.append(RankedOffer(offer=offer, match=match))
    return sorted(found, key=lambda one: _rank(one.match))
