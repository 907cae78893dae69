"""What each tier is and does: head-counts, months, results, costs, members beside others."""

from collections.abc import Sequence
from typing import Literal

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.customers.tiers import Tier, read_tiers
from regulars_platform.errors import NotFoundError
from regulars_platform.memory.service import read_learnings
from regulars_platform.segments.keeping import segment_of
from regulars_platform.tiers import costs, members, shares, told
from regulars_platform.tiers.membership import read_membership
from regulars_platform.tiers.rights import read_rights
from regulars_platform.tiers.segments import in_rule, near_rule
from regulars_platform.tiers.standing import Looked, head_counts, standing
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import Answer, Line, Model
from regulars_web.api.rates import rate
from regulars_web.api.segments import SegmentShown, customers_now, segment_shown
from regulars_web.api.tiers_shown import (
    MembersShown,
    TierCounts,
    TierCourse,
    TierResults,
    TiersMoney,
    ToldShown,
    cost_shown,
    counts_shown,
    cross_shown,
    lowered_shown,
    members_shown,
    month_shown,
    near_shown,
    result_shown,
    told_shown,
)
from regulars_web.looking_at_customers import Customers

area = Area("tiers", "What each tier is and does (docs/tiers.md).")


class SegmentOfTier(Model):
    """Whom to keep as a segment."""

    tier: Line
    who: Literal["in", "near"]
    """Everybody in the tier, or who is close to reaching it."""


@area.get("/tiers/counts", scope=Scope.READ_FIGURES, also=(404,))
def get_tier_counts(call: Call) -> Answer[TierCounts]:
    """How many each tier holds now of everybody who is known"""
    return Answer[TierCounts](data=_counts(customers_now(), read_tiers(call.shop)))


@area.get("/tiers/months", scope=Scope.READ_FIGURES, also=(404,))
def get_tier_course(call: Call) -> Answer[TierCourse]:
    """How many buyers each tier had at the end of the latest months, by the rules of today"""
    found = customers_now()
    months = shares.over_time(_looked(call, found), found.days.first, found.as_of)
    return Answer[TierCourse](data=TierCourse(months=[month_shown(one) for one in months]))


@area.get("/tiers/results", scope=Scope.READ_FIGURES, also=(404,))
def get_tier_results(call: Call) -> Answer[TierResults]:
    """What customers of each tier did in the last 30 days, by where they stood before

    No effect of the tier: who bought much is in a high one.
    """
    found = customers_now()
    rows = shares.results(_looked(call, found), found.as_of)
    shown = TierResults(
        as_of=found.as_of, days=shares.WINDOW, tiers=[result_shown(one) for one in rows]
    )
    return Answer[TierResults](data=shown)


@area.get("/tiers/costs", scope=Scope.READ_FIGURES, also=(404,))
def get_tier_costs(call: Call) -> Answer[TiersMoney]:
    """What rights cost in a year, who is close to the next tier, what lower ones would cost"""
    found, kept = customers_now(), read_rights(call.shop)
    looked = _looked(call, found)
    stand = standing(looked, found.as_of).collect(engine="streaming")
    low, high = kept.margin
    near = [one for one in costs.upgrades(looked, stand, found.as_of) if one.tier.least > 0]
    shown = TiersMoney(
        as_of=found.as_of,
        margin_low=rate(low),
        margin_high=rate(high),
        costs=[cost_shown(one) for one in costs.tier_costs(looked, kept, stand)],
        near=[near_shown(one) for one in near],
        near_from=costs.NEAR,
        near_days=costs.FORECAST_DAYS,
        lowered=[lowered_shown(one) for one in costs.lowered(looked, kept, stand)],
    )
    return Answer[TiersMoney](data=shown)


@area.get("/tiers/members/comparison", scope=Scope.READ_FIGURES, also=(404,))
def compare_members_with_others(call: Call, work: Session) -> Answer[MembersShown]:
    """Members beside others, and what campaigns proved of such customers by lot

    The comparison is no effect of being a member: members differ in more than that.
    """
    found = customers_now()
    by = read_membership(call.shop)
    compared = members.compare_members(_looked(call, found), by, found.as_of)
    proved = members.by_lot(read_learnings(work, call.settings, call.shop_id))
    return Answer[MembersShown](data=members_shown(by, found.as_of, compared, proved))


@area.get("/tiers/told", scope=Scope.READ_FIGURES, also=(404,))
def get_told_tiers(call: Call) -> Answer[ToldShown]:
    """The tiers that a customers file names, beside those of the rules where there are any"""
    found = customers_now()
    if read_tiers(call.shop):
        shown = cross_shown(told.told_beside_rules(found.store.shop_dir, found.features))
    else:
        shown = told_shown(told.told_tiers(found.features))
    return Answer[ToldShown](data=shown)


@area.post(
    "/tiers/segments",
    scope=Scope.WRITE_SEGMENTS,
    status=201,
    example={"tier": "VIP", "who": "near"},
)
def make_tier_segment(call: Call, work: Session, body: SegmentOfTier) -> Answer[SegmentShown]:
    """Keep who is in a tier or close to it as a segment; the same again is the one there is"""
    tier = next((one for one in read_tiers(call.shop) if one.name == body.tier), None)
    if tier is None:
        raise NotFoundError(Sentence(N_("There is no such tier any more.")), field="tier")
    is_near = body.who == "near"
    kept = segment_of(
        work,
        shop_id=call.shop_id,
        name=gettext("Close to %(tier)s", tier=tier.name) if is_near else tier.name,
        rule=near_rule(tier) if is_near else in_rule(tier),
        now=call.now,
    )
    return Answer[SegmentShown](data=segment_shown(call, kept))


def _counts(found: Customers, tiers: Sequence[Tier]) -> TierCounts:
    return counts_shown(found.as_of, head_counts(found.features, tiers))


def _looked(call: Call, found: Customers) -> Looked:
    return Looked(store=found.store, version=found.version, tiers=read_tiers(call.shop))
