"""What offers cost in some days, whoever used them: those held back from everything, too.

An offer that is open to the whole shop costs in the orders of everybody known while it lasts,
contacted or not; a personal one in the orders of those who were given it. Money is Int64 in
ten-thousandths.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger
from regulars_platform.offers.costs import coupons_are_recorded, offer_use
from regulars_platform.offers.kinds import CashBack, FlashSale, MessageOnly, Offer, PriceCut
from regulars_platform.offers.sales import with_sale
from regulars_platform.orders.table import PAID, start_of_day
from regulars_platform.programmes.outcomes import with_windows
from regulars_platform.programmes.service import Version
from regulars_platform.reports.outcomes import offer_open_to
from regulars_platform.settings import Settings

TAKERS: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "code": pl.String(),
    "threshold": pl.Int64(),
    "begins": pl.Datetime("us", "UTC"),
    "ends": pl.Datetime("us", "UTC"),
    "reminded_of": pl.String(),
}
ORDER_COSTS: dict[str, pl.DataType] = {
    "order_id": pl.String(),
    "offer_cost": pl.Int64(),
    "taken_off": pl.Int64(),
}
REWARDS: dict[str, pl.DataType] = {"customer_id": pl.String(), "offer_cost": pl.Int64()}
_CUT = "price cut"


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """One offer, and who could use it from when to when (TAKERS, `ends` excluded).

    reminded_of: an order that it may be used for though it was placed before.
    """

    offer: Offer
    takers: pl.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferCosts:
    """by_order: ORDER_COSTS, one row per order that used an offer; taken_off: how much of the cost
    was taken off the price. rewards: REWARDS, what was paid to people and not for orders."""

    by_order: pl.DataFrame
    rewards: pl.DataFrame


def offered_by_campaign(
    settings: Settings, campaign: LaunchedCampaign, people: pl.Series
) -> Iterator[Offered]:
    """people: ids of everybody known, who can use an offer that is open."""
    plan = campaign.plan
    everywhere = offer_open_to(HOLDOUT, plan.arms)
    if everywhere is not None:
        yield _open(everywhere, people, plan.outcome_start, plan.outcome_stop)
        return
    ledger = campaign_ledger(settings, campaign)
    for arm in plan.arms:
        if not isinstance(arm.offer, MessageOnly):
            theirs = ledger.filter(pl.col("arm") == arm.name).with_columns(
                _moment(plan.outcome_start).alias("begins"),
                _moment(plan.outcome_stop).alias("ends"),
            )
            yield Offered(offer=arm.offer, takers=_takers(theirs))


def offered_by_programme(
    version: Version, entries: pl.DataFrame, people: pl.Series
) -> Iterator[Offered]:
    """entries: all of the version. One that is open lasts from the start of the version to the end
    of the last window of an entry, whether anybody is in one or not."""
    plan = version.plan
    if isinstance(plan.offer, MessageOnly) or entries.is_empty():
        return
    if plan.offer.reach == "open":
        days = entries["contact_on"].to_list()
        first = min(version.started_at.astimezone(plan.zone).date(), *days)
        stop = max(days) + dt.timedelta(days=plan.window_days)
        yield _open(
            plan.offer, people, start_of_day(first, plan.zone), start_of_day(stop, plan.zone)
        )
        return
    told = entries.filter(~pl.col("held_back"))
    yield Offered(offer=plan.offer, takers=_takers(with_windows(told, plan)))


def find_offer_costs(
    offered: Iterable[Offered],
    orders: pl.LazyFrame,
    lines: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    first: dt.datetime,
    stop: dt.datetime,
    discounts: bool,
) -> OfferCosts:
    """Between two moments. orders: whole orders (`FeatureStore.orders`); lines: of the shop.

    discounts: the orders record what was taken off, so that price cuts are told by them and are
    left out here. Of several offers of a kind an order used the dearest, one price cut at most.
    """
    moment = pl.col("ordered_at")
    within = (moment >= first) & (moment < stop)
    bought = orders.filter((pl.col("status") == PAID) & (pl.col("amount") > 0) & within)
    coupons = coupons_are_recorded(lines)
    used = [pl.DataFrame(schema={**ORDER_COSTS, "kind": pl.String()})]
    paid = [pl.DataFrame(schema={**REWARDS, "happened_at": pl.Datetime("us", "UTC")})]
    days = (pl.col("happened_at") >= first) & (pl.col("happened_at") < stop)
    follows = events.filter((pl.col("kind") == "follow") & days)
    for one in offered:
        if isinstance(one.offer, CashBack):
            paid.append(_paid_out(one.offer, one.takers, follows))
        elif not (discounts and isinstance(one.offer, PriceCut)):
            sold = lines.filter(within)
            used.append(_used(one, bought, sold, discounts=discounts, coupons=coupons))
    return OfferCosts(
        by_order=pl.concat(used)
        .group_by("order_id", "kind")
        .agg(pl.col("offer_cost", "taken_off").max())
        .group_by("order_id")
        .agg(pl.col("offer_cost", "taken_off").sum()),
        rewards=pl.concat(paid)
        .group_by("customer_id", "happened_at")
        .agg(pl.col("offer_cost").max())
        .group_by("customer_id")
        .agg(pl.col("offer_cost").sum()),
    )


def _used(
    one: Offered, orders: pl.LazyFrame, lines: pl.LazyFrame, *, discounts: bool, coupons: bool
) -> pl.DataFrame:
    """ORDER_COSTS and kind of the orders that used it."""
    moment = pl.col("ordered_at")
    within = (moment >= pl.col("begins")) & (moment < pl.col("ends"))
    reminded = (pl.col("order_id") == pl.col("reminded_of")).fill_null(False)
    theirs = orders.join(one.takers.lazy(), on="customer_id", how="inner")
    theirs = theirs.filter(within | reminded)
    if isinstance(one.offer, FlashSale):
        theirs = with_sale(theirs, lines, one.offer)
    cost = pl.col("offer_cost")
    cut = isinstance(one.offer, PriceCut)
    return (
        offer_use(one.offer, theirs, discounts_recorded=discounts, coupons_recorded=coupons)
        .filter(cost > 0)
        .select(
            "order_id",
            cost,
            (cost if cut else pl.lit(0, dtype=pl.Int64)).alias("taken_off"),
            pl.lit(_CUT if cut else type(one.offer).__name__).alias("kind"),
        )
        .collect(engine="streaming")
    )


def _paid_out(offer: CashBack, takers: pl.DataFrame, follows: pl.LazyFrame) -> pl.DataFrame:
    """Once in each window, for the first time that they follow in it."""
    moment = pl.col("happened_at")
    return (
        follows.select("customer_id", "happened_at")
        .join(takers.lazy(), on="customer_id", how="inner")
        .filter((moment >= pl.col("begins")) & (moment < pl.col("ends")))
        .group_by("customer_id", "begins")
        .agg(moment.min())
        .select("customer_id", pl.lit(offer.amount, dtype=pl.Int64).alias("offer_cost"), moment)
        .collect(engine="streaming")
    )


def _open(offer: Offer, people: pl.Series, first: dt.datetime, stop: dt.datetime) -> Offered:
    frame = people.alias("customer_id").to_frame()
    theirs = frame.with_columns(_moment(first).alias("begins"), _moment(stop).alias("ends"))
    return Offered(offer=offer, takers=_takers(theirs))


def _takers(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in TAKERS.items()
    )


def _moment(value: dt.datetime) -> pl.Expr:
    return pl.lit(value, dtype=pl.Datetime("us", "UTC"))
