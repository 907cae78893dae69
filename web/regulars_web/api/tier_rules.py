"""The rules of tiers, their rights, whom the shop calls members, and how these changed."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.customers.tiers import TIERS, By, Tier, read_tiers
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import money_text
from regulars_platform.tiers.ladder import LONGEST_NAME, MOST_TIERS, parse_tiers, tiers_json
from regulars_platform.tiers.membership import MemberBy, keep_membership, read_membership
from regulars_platform.tiers.rights import (
    LONGEST_RIGHT,
    MOST_RIGHTS,
    RIGHTS,
    Per,
    Rights,
    parse_rights,
    read_rights,
    rights_json,
)
from regulars_platform.tiers.service import Changer, change_rules, list_changes
from regulars_platform.tiers.standing import head_counts
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import NO_CONTROLS, Answer, Document, Model, Moment, Money, Page, Rate
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.rates import percent_text, rate
from regulars_web.api.segments import customers_now
from regulars_web.api.tiers_shown import TierCounts, counts_shown
from regulars_web.drafts.tiers import names_from_files, proposed_fields, told_fields

T = TypeVar("T")

area = Area("tier rules", "What tiers ask for and what they are entitled to (docs/tiers.md).")

Section = Literal["tiers", "rights", "points"]
Care = Literal["", "birthday", "tier_changed", "tier_near", "joined"]


class TierRule(Model):
    """A tier. A customer is in the highest that they reach."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=NO_CONTROLS)]
    least: Money
    """From so much of the measure on."""


class TierRules(Model):
    """The tiers, the lowest first; none: a customers file says who is in which."""

    by: By
    """What is measured: money in the shop's currency, orders, or points left."""
    tiers: Annotated[list[TierRule], Field(max_length=MOST_TIERS)]


class ProposedTier(Model):
    """A tier to begin with."""

    name: str
    least: Money | None
    """null: the shop's customers are too alike to propose one."""


class ProposedTiers(Model):
    """Tiers to begin with."""

    by: By
    tiers: list[ProposedTier]


class ProposedQuery(Model):
    """What to begin with."""

    by: By = "spend_365"
    names: Literal["usual", "told"] = "usual"
    """The usual names, or those that a customers file tells."""


class RightRule(Model):
    """What a tier and all above it are entitled to."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_RIGHT, pattern=NO_CONTROLS)]
    tier: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=NO_CONTROLS)]
    """The lowest tier that has it."""
    per: Per = "year"
    """When the cost arises: once a year for each customer, for each order, or for each use."""
    cost: Money
    used: Rate = "1"
    """The share, 0 to 1, of customers who use it, or of orders that it is used on."""
    uses: Annotated[int, Field(ge=1, le=1000)] = 1
    """How often a year somebody uses it who does; counts for "use" alone."""
    care: Care = ""
    """The kind of programme that brings it to people; "": none."""


class RightsRules(Model):
    """The rights, and the margin of goods sold (0 to 1) that they are set against."""

    margin_low: Rate
    margin_high: Rate
    rights: Annotated[list[RightRule], Field(max_length=MOST_RIGHTS)]


class MembershipRule(Model):
    """Whom the shop calls members: by a tier above the lowest, by following, by agreeing."""

    by: MemberBy


class RuleChange(Model):
    """A change, as the rules were stored before and after."""

    changed_at: Moment
    changed_by: str
    before: Document | None
    after: Document | None


@area.get("/tiers/rules", scope=Scope.READ_SETTINGS)
def get_tier_rules(call: Call) -> Answer[TierRules]:
    """The tiers as they are written down"""
    return Answer[TierRules](data=_rules(read_tiers(call.shop)))


@area.put(
    "/tiers/rules",
    scope=Scope.WRITE_SETTINGS,
    example={
        "by": "spend_365",
        "tiers": [{"name": "Ordinary", "least": "0"}, {"name": "VIP", "least": "1000"}],
    },
)
def set_tier_rules(call: Call, work: Session, body: TierRules) -> Answer[TierRules]:
    """Write the tiers down; segments, programmes and figures follow them from now on"""
    tiers = _parsed(body)
    change_rules(
        work, call.shop_id, TIERS, tiers_json(tiers), by=_changer(call, work), now=call.now
    )
    return Answer[TierRules](data=_rules(tiers, body.by))


@area.post(
    "/tiers/rules/count",
    scope=Scope.READ_FIGURES,
    reads=True,
    also=(404,),
    example={"by": "spend", "tiers": [{"name": "Ordinary", "least": "0"}]},
)
def count_tier_rules(call: Call, body: TierRules) -> Answer[TierCounts]:
    """How many each tier would hold; nothing is kept"""
    del call
    found = customers_now()
    counts = head_counts(found.features, _parsed(body))
    return Answer[TierCounts](data=counts_shown(found.as_of, counts))


@area.get("/tiers/proposed", scope=Scope.READ_FIGURES, also=(404,))
def propose_tiers(call: Call, query: ProposedQuery) -> Answer[ProposedTiers]:
    """Tiers to begin with, from the shop's own customers; nothing is kept"""
    del call
    found = customers_now()
    if query.names == "told":
        names = names_from_files(found)
        fields = told_fields(found, names, query.by) if names else {}
    else:
        fields = proposed_fields(found, query.by)
    tiers = [
        ProposedTier(name=fields[f"name-{place}"], least=fields.get(f"from-{place}"))
        for place in range(MOST_TIERS)
        if f"name-{place}" in fields
    ]
    return Answer[ProposedTiers](data=ProposedTiers(by=query.by, tiers=tiers))


@area.get("/tiers/rights", scope=Scope.READ_SETTINGS)
def get_rights(call: Call) -> Answer[RightsRules]:
    """The rights as they are written down"""
    return Answer[RightsRules](data=_rights(read_rights(call.shop)))


@area.put(
    "/tiers/rights",
    scope=Scope.WRITE_SETTINGS,
    example={
        "margin_low": "0.3",
        "margin_high": "0.5",
        "rights": [{"name": "A birthday present", "tier": "VIP", "cost": "20", "used": "0.6"}],
    },
)
def set_rights(call: Call, work: Session, body: RightsRules) -> Answer[RightsRules]:
    """Write the rights down, all of them; each names a tier that there is"""
    typed: dict[str, Any] = {
        "margin_low": percent_text(body.margin_low),
        "margin_high": percent_text(body.margin_high),
    }
    for place, right in enumerate(body.rights):
        fields = {**right.model_dump(), "used": percent_text(right.used)}
        typed |= {f"{part}-{place}": value for part, value in fields.items()}
    names = [one.name for one in read_tiers(call.shop)]
    kept = _told_by_place("rights", lambda: parse_rights(typed, names))
    change_rules(
        work, call.shop_id, RIGHTS, rights_json(kept), by=_changer(call, work), now=call.now
    )
    return Answer[RightsRules](data=_rights(kept))


@area.get("/tiers/members", scope=Scope.READ_SETTINGS)
def get_membership(call: Call) -> Answer[MembershipRule]:
    """Whom the shop calls members"""
    return Answer[MembershipRule](data=MembershipRule(by=read_membership(call.shop)))


@area.put("/tiers/members", scope=Scope.WRITE_SETTINGS, example={"by": "follows"})
def set_membership(call: Call, work: Session, body: MembershipRule) -> Answer[MembershipRule]:
    """Say whom the shop calls members"""
    keep_membership(work, call.shop_id, body.by)
    return Answer[MembershipRule](data=body)


@area.get("/rule-changes/{section}", scope=Scope.READ_SETTINGS)
def list_rule_changes(
    call: Call, work: Session, section: Section, query: PageQuery
) -> Page[RuleChange]:
    """Every change of the rules of tiers, rights or points, the latest first"""
    found = list(reversed(list_changes(work, call.shop_id, section)))
    return paged(
        list(enumerate(found)),
        query,
        lambda one: RuleChange(
            changed_at=one[1].changed_at,
            changed_by=one[1].changed_by_name,
            before=_stored(one[1].before),
            after=_stored(one[1].after),
        ),
        lambda one: (one[0],),
        descending=True,
    )


def _parsed(body: TierRules) -> tuple[Tier, ...]:
    typed: dict[str, Any] = {"by": body.by}
    for place, one in enumerate(body.tiers):
        typed |= {f"name-{place}": one.name, f"from-{place}": one.least}
    return _told_by_place("tiers", lambda: parse_tiers(typed))


def _told_by_place(group: str, parse: Callable[[], T]) -> T:
    """Problems beside the parts of a list in the body: "name-2" of a form is "tiers.2.name"."""
    try:
        return parse()
    except InvalidInputError as error:
        for problem in error.problems:
            name, _, place = (problem.field or "").rpartition("-")
            if place.isdecimal():
                problem.field = f"{group}.{place}.{'least' if name == 'from' else name}"
        raise InvalidInputError(error.problems) from None


def _rules(tiers: Sequence[Tier], by: By = "spend_365") -> TierRules:
    rows = tiers_json(tiers) or []
    return TierRules(
        by=tiers[0].by if tiers else by,
        tiers=[TierRule(name=one["name"], least=one["rule"]["from"]) for one in rows],
    )


def _rights(kept: Rights) -> RightsRules:
    low, high = kept.margin
    return RightsRules(
        margin_low=rate(low),
        margin_high=rate(high),
        rights=[
            RightRule.model_validate(
                {
                    "name": one.name,
                    "tier": one.tier,
                    "per": one.per,
                    "cost": money_text(one.cost),
                    "used": rate(one.used),
                    "uses": one.uses,
                    "care": one.care,
                }
            )
            for one in kept.rights
        ],
    )


def _stored(kept: Any) -> Document | None:
    """A list of rules is an object as well, so that every section has one form."""
    return {"tiers": kept} if isinstance(kept, list) else kept


def _changer(call: Call, work: Session) -> Changer:
    return Changer(id=call.user_id, name=call.user_name(work))
