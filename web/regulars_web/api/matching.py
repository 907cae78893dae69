"""Which group for this offer, which offer for this group: by what is expected, or has to happen."""

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.errors import NoOrdersError
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.matching.drafts import draft_called
from regulars_platform.matching.ground import Ground, Terms, open_ground
from regulars_platform.matching.meeting import Match
from regulars_platform.matching.ranking import (
    RankedGroup,
    RankedOffer,
    campaigns_of_other_reach,
    rank_groups,
    rank_offers,
)
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.rules import EVERYBODY, Rule, rule_json
from regulars_platform.segments.service import get_segment
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import Answer, Count, Document, Id, Json, Line, Model, Money
from regulars_web.api.problems import Detail, detail_of, input_problem
from regulars_web.formats import sentence
from regulars_web.words.plans import offer_text

area = Area(
    "matching",
    "Offers and groups held against each other; each match is a campaign's plan, ready to keep.",
)

Percent = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$", examples=["40"])]
Channel = Literal[
    "sms", "email", "phone", "chat", "message_box", "poster", "parcel_insert", "start_page", "other"
]
"""Those that reach persons one by one."""


class TermsAsked(Model):
    """What holds for all matches."""

    channel: Channel
    channel_label: Annotated[str, Field(max_length=100)] = ""
    """The shop's own word for the channel `other`."""
    contact_cost: Money
    """Of one customer."""
    margin_low_percent: Percent | None = None
    """Of goods, from the lowest to the highest; may be left out by costs per product."""
    margin_high_percent: Percent | None = None
    margin_source: Literal["flat", "products"] = "flat"
    """`products`: goods of a known cost earn what is left of their price, the others the margin."""


class OfferAsked(Model):
    """An offer looking for a group."""

    offer: Json
    """As in a plan (docs/plan.md)."""
    terms: TermsAsked


class GroupAsked(Model):
    """A group looking for an offer; neither a rule nor a segment: every customer."""

    rule: Json | None = None
    segment_id: Id | None = None
    name: Line | None = None
    """What plans call the group of a rule."""
    terms: TermsAsked


class LearntShown(Model):
    """What past campaigns promise, per customer told."""

    net: float
    low: float
    """With `high` the interval at 95 percent."""
    high: float
    loss: float
    """Chance of losing money."""
    total: float
    campaigns: Count
    """That it leans on."""


class BreakEvenShown(Model):
    """What telling has to bring before it pays, per customer told, in the shop's currency.

    `low` at the upper end of the margin, `high` at the lower; null: never.
    """

    cost: float
    """Lost where the offer changes nothing."""
    low: float | None
    """Goods to be bought beyond what is bought anyway."""
    high: float | None
    orders_low: float | None
    orders_high: float | None
    telling_low: float | None
    """Goods that the contact alone has to bring; of offers that are open anyway."""
    telling_high: float | None
    spend: float
    """What a customer spends in that time without it."""


class MatchShown(Model):
    """One offer to one group."""

    title: str
    customers: Count
    """Who may be contacted."""
    told: Count
    """Of these, in the campaign."""
    capped: Count
    """Contacted often enough already."""
    learnt: LearntShown | None
    """Null: no past campaign tells of it, and its place in the list means nothing."""
    leak_share: float | None
    """Of their orders that would get the offer anyway; null: their orders cannot say."""
    leak_cost: float | None
    short_share: float | None
    """Of their orders just short of the threshold."""
    break_even: BreakEvenShown | None
    plan: Document
    """The campaign, to keep at `POST /campaigns`."""


class GroupMatch(MatchShown):
    """A group for an offer."""

    rule: Document
    segment_id: Id | None
    fits: float | None
    """Share of the group whom the threshold fits."""


class OfferMatch(MatchShown):
    """An offer for a group."""

    offer: Document


class GroupsRanked(Model):
    """Groups for an offer: those that campaigns tell of, the best first, then all others."""

    groups: list[GroupMatch]
    campaigns_of_other_reach: Count
    """Past campaigns of such an offer that others could use, so that nothing leans on them."""


class OffersRanked(Model):
    """Offers for a group: those that campaigns tell of, the best first, then all others."""

    offers: list[OfferMatch]


TERMS = {
    "channel": "email",
    "contact_cost": "0.02",
    "margin_low_percent": "35",
    "margin_high_percent": "45",
}


@area.post(
    "/matching/groups",
    scope=Scope.READ_CAMPAIGNS,
    reads=True,
    example={
        "offer": {
            "kind": "free_shipping",
            "reach": "open",
            "threshold": "80",
            "shipping_cost": "4.90",
        },
        "terms": TERMS,
    },
)
def match_groups(call: Call, work: Session, body: OfferAsked) -> Answer[GroupsRanked]:
    """Which groups an offer should pay with."""
    ground = _ground(call, work, body.terms)
    try:
        found = rank_groups(work, ground, body.offer, "-")
    except InvalidInputError as error:
        raise _of_this_form(error) from error
    return Answer[GroupsRanked](
        data=GroupsRanked(
            groups=[_group(one, call.shop.currency) for one in found],
            campaigns_of_other_reach=campaigns_of_other_reach(ground, body.offer),
        )
    )


@area.post(
    "/matching/offers",
    scope=Scope.READ_CAMPAIGNS,
    reads=True,
    example={
        "rule": {"feature": "orders", "op": ">=", "value": "2"},
        "name": "Bought twice",
        "terms": TERMS,
    },
)
def match_offers(call: Call, work: Session, body: GroupAsked) -> Answer[OffersRanked]:
    """Which offers should pay with a group, among those near what it usually spends."""
    rule: Rule = EVERYBODY
    name = body.name or ""
    if body.segment_id is not None:
        segment = get_segment(work, call.shop_id, body.segment_id)
        rule, name = parse_rule(segment.rule), name or segment.name
    elif body.rule is not None:
        rule = parse_rule(body.rule)
    ground = _ground(call, work, body.terms)
    try:
        found = rank_offers(ground, rule, "-")
    except InvalidInputError as error:
        raise _of_this_form(error) from error
    return Answer[OffersRanked](
        data=OffersRanked(offers=[_offer(one, name, call.shop.currency) for one in found])
    )


def _ground(call: Call, work: Session, terms: TermsAsked) -> Ground:
    low = terms.margin_low_percent or ""
    asked = Terms(
        channel=terms.channel,
        contact_cost=terms.contact_cost,
        margin_low=low,
        margin_high=terms.margin_high_percent or low,
        margin_source=terms.margin_source,
        channel_label=terms.channel_label,
    )
    shop = get_shop_of(work, call.shop_id)
    ground = open_ground(work, call.settings, shop, asked, today=call.today)
    if ground is None:
        raise NoOrdersError.build()
    return ground


def _group(one: RankedGroup, currency: str) -> GroupMatch:
    title = sentence(one.group.title)
    return GroupMatch.model_validate(
        {
            **_match(one.match, title, title, currency),
            "rule": rule_json(one.group.rule),
            "segment_id": one.group.saved_id,
            "fits": one.fits,
        }
    )


def _offer(one: RankedOffer, group: str, currency: str) -> OfferMatch:
    title = offer_text(one.offer, currency)
    name = f"{group}: {title}" if group else title
    shown = _match(one.match, title, name, currency)
    return OfferMatch.model_validate({**shown, "offer": one.match.draft["arms"][0]["offer"]})


def _match(match: Match, title: str, name: str, currency: str) -> dict[str, object]:
    learnt, even = match.learnt, match.break_even
    return {
        "title": title,
        "customers": match.customers,
        "told": match.told,
        "capped": match.capped,
        "learnt": None if learnt is None else _picked(LearntShown, learnt),
        "leak_share": match.leak_share,
        "leak_cost": match.leak_cost,
        "short_share": match.short_share,
        "break_even": None if even is None else _picked(BreakEvenShown, even),
        "plan": draft_called(match, name, currency, offer_text),
    }


def _picked(model: type[Model], found: object) -> Model:
    """The attributes that the model has, of a value that has more."""
    return model.model_validate({name: getattr(found, name) for name in model.model_fields})


def _of_this_form(error: InvalidInputError) -> Exception:
    """The plan's fields by the names that they have in this body."""
    return input_problem([_detail(problem) for problem in error.problems])


def _detail(problem: RegularsError) -> Detail:
    path = (problem.field or "").removeprefix("arms.0.")
    return detail_of(problem).model_copy(
        update={"field": path if path.startswith("offer") else f"terms.{path}"}
    )
