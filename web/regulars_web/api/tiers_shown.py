"""What tiers are and do, as the interface shows it."""

import datetime as dt
from collections.abc import Sequence

from regulars_platform.memory.models import Learning
from regulars_platform.tiers import costs, members, shares, told
from regulars_platform.tiers.membership import MemberBy
from regulars_web.api.estimates import EstimateShown, estimate_shown
from regulars_web.api.memory import LearningShown, learning_shown
from regulars_web.api.models import Count, Model, Money, Rate, money


class TierCount(Model):
    """A tier now."""

    tier: str | None
    """null: in none."""
    customers: Count
    without_purchase: Count
    """Of them, who never bought."""


class TierCounts(Model):
    """How many each tier holds, the lowest first."""

    as_of: dt.date
    tiers: list[TierCount]


class TierBuyers(Model):
    """Buyers in a tier."""

    tier: str | None
    customers: Count


class TierMonth(Model):
    """A month's end."""

    day: dt.date
    """The morning that looks back on the month."""
    tiers: list[TierBuyers]


class TierCourse(Model):
    """Month by month, the oldest first."""

    months: list[TierMonth]


class Interval(Model):
    """A share, 0 to 1, with its 95% interval."""

    estimate: float
    low: float
    high: float


class TierResult(Model):
    """A tier as it stood before the days, and what its customers did in them."""

    tier: str | None
    customers: Count
    buyers: Count
    again: Interval | None
    """The share who bought; null where nobody was in the tier."""
    sales: Money
    """Net of refunds."""
    sales_share: float | None
    """Of all sales to customers who had bought before; null where there were none."""


class TierResults(Model):
    """What customers of each tier did."""

    as_of: dt.date
    days: Count
    tiers: list[TierResult]


class RightCost(Model):
    """A right and what it costs a tier in a year."""

    name: str
    cost: Money


class TierCost(Model):
    """A tier now, its last 365 days, and its rights of a year."""

    tier: str
    customers: Count
    orders: Count
    sales: Money
    rights: list[RightCost]
    cost: Money
    left_low: Money
    """The margin on its sales less its rights, at the lower ..."""
    left_high: Money
    """... and the upper margin."""


class Expected(Model):
    """How many, with a 95% interval of what these few may do by chance."""

    low: Count
    expected: Count
    high: Count


class TierNear(Model):
    """Who is close to a tier."""

    tier: str
    customers: Count
    then: Count
    """So many were close `near_days` days ago;"""
    risen: Count
    """of those are in it or above now."""
    rose: Interval | None
    expected: Expected | None
    """Who of those close now rises within as many days; null where nobody was close before."""


class TierLowered(Model):
    """A tier that begins lower; nobody is taken to buy otherwise than today."""

    tier: str
    least: float
    moved: Count
    """So many more are in it."""
    cost: Money | None
    """More a year; null without rights that are written down."""
    sales_needed_low: Money | None
    """What each of them would have to buy more in a year to pay for it, at the upper margin ..."""
    sales_needed_high: Money | None
    """... and at the lower."""


class TiersMoney(Model):
    """What tiers cost and bring."""

    as_of: dt.date
    margin_low: Rate
    margin_high: Rate
    costs: list[TierCost]
    near: list[TierNear]
    near_from: float
    """Who has this part of what the next tier asks for is close to it."""
    near_days: Count
    lowered: list[TierLowered]


class SideShown(Model):
    """Members or others: who had bought before the days."""

    customers: Count
    buyers: Count
    again: Interval | None
    sales: Money
    sales_share: float | None


class MembersShown(Model):
    """Members beside others; null where nothing says who is one."""

    as_of: dt.date
    days: Count
    by: MemberBy
    members: SideShown | None
    others: SideShown | None
    difference: EstimateShown | None
    """Of the shares who bought, members less others."""
    proved: list[LearningShown]
    """What campaigns proved of tiers, followers or points by lot, the latest first."""


class ToldCount(Model):
    """Customers whom a file puts into a tier, by the tier of the rules."""

    told: str
    tier: str | None
    """null: in none, or there are no rules."""
    customers: Count


class ToldShown(Model):
    """The commonest names in files."""

    told: Count
    """Customers of whom a file names a tier."""
    further: Count
    """Of them, those of rarer names, which are not among the counts."""
    agree: Count | None
    """Of them, those whose tier by the rules has the same name; null without rules."""
    counts: list[ToldCount]


def counts_shown(as_of: dt.date, rows: Sequence[tuple[str | None, int, int]]) -> TierCounts:
    """Head-counts."""
    return TierCounts(
        as_of=as_of,
        tiers=[
            TierCount(tier=tier, customers=many, without_purchase=strangers)
            for tier, many, strangers in rows
        ],
    )


def month_shown(one: shares.MonthEnd) -> TierMonth:
    """A month's end."""
    rows = [TierBuyers(tier=tier, customers=many) for tier, many in one.counts.items()]
    return TierMonth(day=one.day, tiers=rows)


def result_shown(one: shares.TierResult) -> TierResult:
    """What a tier did."""
    return TierResult(
        tier=one.tier,
        customers=one.customers,
        buyers=one.buyers,
        again=_interval(one.again),
        sales=money(one.sales),
        sales_share=one.sales_share,
    )


def cost_shown(one: costs.TierCost) -> TierCost:
    """What a tier costs."""
    low, high = one.left
    return TierCost(
        tier=one.tier,
        customers=one.customers,
        orders=one.orders,
        sales=money(one.sales),
        rights=[RightCost(name=right.name, cost=money(cost)) for right, cost in one.by_right],
        cost=money(one.cost),
        left_low=money(low),
        left_high=money(high),
    )


def near_shown(one: costs.Upgrade) -> TierNear:
    """Who is close to a tier."""
    expected = one.expected
    return TierNear(
        tier=one.tier.name,
        customers=one.near,
        then=one.then,
        risen=one.risen,
        rose=_interval(one.rose),
        expected=None
        if expected is None
        else Expected(low=expected[0], expected=expected[1], high=expected[2]),
    )


def lowered_shown(one: costs.Lowered) -> TierLowered:
    """What a lower beginning costs."""
    low, high = one.sales_needed or (None, None)
    return TierLowered(
        tier=one.tier,
        least=one.least,
        moved=one.moved,
        cost=None if one.cost is None else money(one.cost),
        sales_needed_low=None if low is None else money(low),
        sales_needed_high=None if high is None else money(high),
    )


def members_shown(
    by: MemberBy,
    as_of: dt.date,
    compared: members.Compared | None,
    proved: Sequence[Learning],
) -> MembersShown:
    """Members beside others."""
    latest = sorted(proved, key=lambda one: one.ends_on, reverse=True)
    return MembersShown(
        as_of=as_of,
        days=shares.WINDOW,
        by=by,
        members=None if compared is None else _side(compared.members),
        others=None if compared is None else _side(compared.others),
        difference=None if compared is None else estimate_shown(compared.difference),
        proved=[learning_shown(one) for one in latest],
    )


def cross_shown(found: told.CrossTable | None) -> ToldShown:
    """Names of files beside the rules."""
    if found is None:
        return ToldShown(told=0, further=0, agree=0, counts=[])
    rows = [
        ToldCount(told=name, tier=tier, customers=many)
        for (name, tier), many in sorted(
            found.counts.items(), key=lambda one: (found.told.index(one[0][0]), -one[1])
        )
    ]
    return ToldShown(told=found.total, further=found.further, agree=found.agree, counts=rows)


def told_shown(found: told.ToldTiers | None) -> ToldShown:
    """Names of files alone."""
    if found is None:
        return ToldShown(told=0, further=0, agree=None, counts=[])
    rows = [ToldCount(told=name, tier=None, customers=many) for name, many, _ in found.counts]
    return ToldShown(told=found.told, further=found.further, agree=None, counts=rows)


def _side(side: members.Side) -> SideShown:
    return SideShown(
        customers=side.customers,
        buyers=side.buyers,
        again=_interval(side.again),
        sales=money(side.sales),
        sales_share=side.sales_share,
    )


def _interval(share: shares.Share | None) -> Interval | None:
    if share is None:
        return None
    return Interval(estimate=share.estimate, low=share.low, high=share.high)
