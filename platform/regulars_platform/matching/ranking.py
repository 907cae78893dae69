"""Both ways round: an offer's groups, or a group's offers, by what they are expected to earn."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.fields import FieldReader
from regulars_platform.matching.ground import Ground, Match
from regulars_platform.matching.groups import Group, fitting_rule, groups_to_try
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
        return self.fits is not None and self.fits < HARDLY and not self.match.campaigns


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedOffer:
    """One offer for a group."""

    offer: Offer
    match: Match


def rank_groups(
    session: Session, ground: Ground, offer: dict[str, Any], name: str
) -> list[RankedGroup]:
    """Groups by expected net profit per customer told, the best first; none without customers.

    Where no past campaign tells of a group, the group that the offer's threshold was made for comes
    before the others: all of them rest on one guess, and it is a guess about those who fit.
    offer: its JSON form; name: what the campaign is called. Raises InvalidInputError.
    """
    features = ground.features([EVERYBODY])
    fitting = fitting_rule(offer)
    found = [
        RankedGroup(group=group, match=match, fits=ground.share_of(group.rule, fitting))
        for group in groups_to_try(session, ground.shop_id, features, offer)
        if (match := ground.judge(group.rule, offer, name)) is not None
    ]
    return _fitting_first(sorted(found, key=lambda one: (-one.match.net, str(one.group.title))))


def _fitting_first(ranked: list[RankedGroup]) -> list[RankedGroup]:
    """The fitting group at the first place of those without a past campaign."""
    guessed = [place for place, one in enumerate(ranked) if not one.match.campaigns]
    fitting = [place for place in guessed if ranked[place].group.fitting]
    if not fitting:
        return ranked
    rest = [one for place, one in enumerate(ranked) if place != fitting[0]]
    return [*rest[: guessed[0]], ranked[fitting[0]], *rest[guessed[0] :]]


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
