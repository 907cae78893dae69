"""What the rights of each tier cost, who is close to the next tier, and what a lower one costs."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from regulars_experiments.foretold_counts import foretold_count
from regulars_experiments.results import NotEstimable
from regulars_platform.customers.tiers import Tier
from regulars_platform.fields import WHOLE
from regulars_platform.tiers.rights import Right, Rights
from regulars_platform.tiers.shares import Share, share_of
from regulars_platform.tiers.standing import Looked, standing

NEAR = 0.8
"""Who has this part of what the next tier asks for is close to it."""

FORECAST_DAYS = 90
LOWERED = (0.1, 0.2, 0.3)


@dataclass(frozen=True, kw_only=True, slots=True)
class TierCost:
    """A tier as of now and its last 365 days. Money in ten-thousandths.

    by_right: what each of its rights costs in a year; left: margin on its sales less its rights,
    at the lower and the upper margin.
    """

    tier: str
    customers: int
    orders: int
    sales: int
    by_right: list[tuple[Right, int]]
    cost: int
    left: tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Upgrade:
    """Who is close to a tier: its next one is this, and NEAR of it is reached.

    then: so many were close FORECAST_DAYS ago; risen: of those are in it or above now; rose: that
    share, None where nobody was close.
    """

    tier: Tier
    near: int
    then: int
    risen: int

    @property
    def rose(self) -> Share | None:
        """risen / then with its interval."""
        return share_of(self.risen, self.then)

    @property
    def expected(self) -> tuple[int, int, int] | None:
        """Customers that rise within FORECAST_DAYS if those do as others did: low, middle, high.

        Between the limits are 95%, what these few may do by chance among it; None where nobody was
        close before.
        """
        match foretold_count(self.risen, self.then, self.near):
            case NotEstimable():
                return None
            case found:
                return int(found.low), round(found.estimate), int(found.high)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lowered:
    """A tier that begins lower: so many more are in it, which costs so much more in a year.

    cost: None where no tier has a right that is written down, so that nobody knows what it costs.
    sales_needed: how much each of them would have to buy more in a year to pay for it, at the upper
    and the lower margin; None without a cost or a margin, or where nobody moves. Ten-thousandths.
    """

    tier: str
    least: float
    moved: int
    cost: int | None
    sales_needed: tuple[int, int] | None


def tier_costs(looked: Looked, rights: Rights, stand: pl.DataFrame) -> list[TierCost]:
    """Every tier, lowest first. stand: `standing` of today."""
    sums = stand.group_by("tier").agg(pl.len(), pl.col("orders_365").sum(), pl.col("net_365").sum())
    by_tier = {tier: (int(n), int(orders), int(sales)) for tier, n, orders, sales in sums.rows()}
    found = []
    for name in looked.names:
        customers, orders, sales = by_tier.get(name, (0, 0, 0))
        held = rights.of_tier(name, looked.names)
        by_right = [(right, right.cost_in_a_year(customers, orders)) for right in held]
        cost = sum(one for _, one in by_right)
        low, high = (sales * margin // WHOLE - cost for margin in rights.margin)
        found.append(
            TierCost(
                tier=name,
                customers=customers,
                orders=orders,
                sales=sales,
                by_right=by_right,
                cost=cost,
                left=(min(low, high), max(low, high)),
            )
        )
    return found


def upgrades(looked: Looked, stand: pl.DataFrame, as_of: dt.date) -> list[Upgrade]:
    """For every tier that somebody can rise to; how many rose comes from the shop's own past."""
    before = standing(looked, as_of - dt.timedelta(days=FORECAST_DAYS)).collect(engine="streaming")
    names = looked.names
    found = []
    for place, tier in enumerate(looked.tiers):
        close = _close_to(tier)
        then = before.filter(close).select("customer_id")
        now = then.join(stand.select("customer_id", "tier"), on="customer_id", how="left")
        risen = int(now["tier"].is_in(names[place:]).fill_null(False).sum())
        found.append(
            Upgrade(
                tier=tier,
                near=stand.filter(close).height,
                then=then.height,
                risen=risen,
            )
        )
    return found


def lowered(looked: Looked, rights: Rights, stand: pl.DataFrame) -> list[Lowered]:
    """Every tier but the lowest at LOWERED less, as long as it stays above the tier below it.

    Nobody is taken to buy otherwise than today: what it costs is what the same people would get.
    """
    found = []
    written = any(right.tier in looked.names for right in rights.rights)
    for below, tier in pairwise(looked.tiers):
        for part in LOWERED:
            least = round(tier.least * (1 - part), 4)  # money is compared to the cent
            if below.by == tier.by and least <= below.least:
                continue
            moved = stand.filter((pl.col("next_tier") == tier.name) & (pl.col(tier.by) >= least))
            customers, orders = moved.height, int(moved["orders_365"].sum())
            more = _cost(rights.of_tier(tier.name, looked.names), customers, orders)
            cost = more - _cost(rights.of_tier(below.name, looked.names), customers, orders)
            found.append(
                Lowered(
                    tier=tier.name,
                    least=least,
                    moved=customers,
                    cost=cost if written else None,
                    sales_needed=_needed(cost, customers, rights.margin) if written else None,
                )
            )
    return found


def _cost(rights: Sequence[Right], customers: int, orders: int) -> int:
    return sum(right.cost_in_a_year(customers, orders) for right in rights)


def _needed(cost: int, customers: int, margin: tuple[int, int]) -> tuple[int, int] | None:
    low, high = margin
    if not customers or low <= 0:
        return None
    return round(cost * WHOLE / high / customers), round(cost * WHOLE / low / customers)


def _close_to(tier: Tier) -> pl.Expr:
    reached = pl.col(tier.by) >= round(NEAR * tier.least, 4)
    return (pl.col("next_tier") == tier.name) & reached.fill_null(False)
