"""What of the two futures came about in the sample shop, and what telling was truly worth there."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.campaigns.thresholds import arm_threshold
from regulars_platform.fields import WHOLE
from regulars_platform.guided.files import LINE_COLUMNS
from regulars_platform.guided.world import FEN, REACH, World
from regulars_platform.offers.costs import would_qualify
from regulars_platform.offers.kinds import CashBack, FlashSale, FreeShipping, Offer, PriceCut
from regulars_platform.offers.thresholds import OWN
from regulars_platform.orders.table import PAID
from regulars_platform.reports.outcomes import offer_open_to

FIRST_NUMBER, NUMBERS = 1_000_000, 100_000  # order numbers, campaign after campaign


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What telling a customer of an arm truly earned on average, in ten-thousandths, over all who
    were drawn; told: customers of the arm; segments: (name, customers drawn, the same of them)."""

    arm: str
    told: int
    net_per_customer: float
    segments: tuple[tuple[str, int, float], ...]


def campaign_lines(world: World, *, campaign_id: int, until: dt.date) -> pl.DataFrame:
    """The lines of the future that came about, until a day, columns as in LINE_COLUMNS."""
    plan = world.plan
    arms = world.ledger.select(
        "customer", "arm", *(arm_threshold(i) for i in range(len(plan.arms)))
    )
    rows = (
        world.orders.join(arms, on="customer", how="left")
        .filter(~pl.col("extra") | (pl.col("arm") != HOLDOUT))
        .filter(pl.col("moment").dt.date() <= until)
    )
    told = [
        _as_sold(
            rows.filter(pl.col("arm") == name if name else pl.col("arm").is_null()),
            world.lines,
            plan,
            None if not name or name == HOLDOUT else name,
        )
        for name in (*plan.arm_names, "")
    ]
    number = FIRST_NUMBER + campaign_id * NUMBERS
    return (
        pl.concat(told)
        .sort("order", "line")
        .with_columns((pl.col("order").cast(pl.Int64) + number).alias("order"))
        .select(LINE_COLUMNS)
    )


def truths(world: World) -> tuple[Truth, ...]:
    """What each arm truly earned: both futures of everybody drawn, told less not told."""
    silent = _net(world, None)
    found = []
    for arm in world.plan.arms:
        both = _net(world, arm.name).join(silent, on="customer", suffix="_silent")
        gain = both.with_columns(
            (pl.col("net") - pl.col("net_silent") - arm.contact_cost).alias("gain")
        )
        parts = gain.group_by("segment", maintain_order=True).agg(pl.len(), pl.col("gain").mean())
        by_name = {name: (count, mean) for name, count, mean in parts.iter_rows()}
        told = world.ledger.filter(pl.col("arm") == arm.name).height
        mean = gain["gain"].mean()
        found.append(
            Truth(
                arm=arm.name,
                told=told,
                net_per_customer=float(mean) if isinstance(mean, float) else 0.0,
                segments=tuple(
                    (name, *by_name[name]) for name in world.plan.segment_names if name in by_name
                ),
            )
        )
    return tuple(found)


def _as_sold(
    orders: pl.DataFrame, lines: pl.DataFrame, plan: Plan, arm: str | None
) -> pl.DataFrame:
    """The lines of orders of customers who were told in this arm (None: not told), with what the
    offer that they can use did to them: line and LINE_COLUMNS; what it cost as `offer_cost` in
    ten-thousandths, the same on each line of its order."""
    placed, place = orders, None
    if arm is None:
        placed = orders.filter(~pl.col("extra"))
    else:
        place = next(i for i, one in enumerate(plan.arms) if one.name == arm)
        placed = orders.filter(~pl.col("extra") | pl.col(f"comes_{place}").fill_null(False))
    goods = _filled(placed, lines, place)
    offer = offer_open_to(HOLDOUT if arm is None else arm, plan.arms)
    return _with_offer(goods, offer, _usable_place(plan, offer))


def _usable_place(plan: Plan, offer: Offer | None) -> int | None:
    return next((i for i, one in enumerate(plan.arms) if one.offer == offer), None)


def _filled(placed: pl.DataFrame, lines: pl.DataFrame, place: int | None) -> pl.DataFrame:
    """Lines with what an extra order was filled up by: pieces of its first line."""
    goods = lines.join(placed, on="order")
    if place is None:
        return goods
    total = (pl.col("price") * pl.col("quantity")).sum().over("order")
    missing = pl.col(arm_threshold(place)).fill_null(0) // FEN - total
    within = (missing > 0) & (missing < (REACH - 1) * total)
    first = pl.col("line") == pl.col("line").min().over("order")
    pieces = pl.when(first & pl.col("extra") & pl.col("fills").fill_null(False) & within).then(
        -(-missing // pl.col("price").clip(1))
    )
    return goods.with_columns((pl.col("quantity") + pieces.fill_null(0)).alias("quantity"))


def _with_offer(goods: pl.DataFrame, offer: Offer | None, place: int | None) -> pl.DataFrame:
    total = (pl.col("price") * pl.col("quantity")).sum().over("order")
    plain = goods.with_columns(
        total.alias("goods"),
        pl.lit(0, dtype=pl.Int64).alias("discount"),
        pl.lit(0, dtype=pl.Int64).alias("refund"),
        pl.lit(0, dtype=pl.Int64).alias("status"),
    )
    cost = _costs(plain, offer, place)
    costed = plain.join(cost, on="order", how="left").with_columns(
        pl.col("offer_cost").fill_null(0), pl.col("used_offer").fill_null(0)
    )
    worth = pl.col("price") * pl.col("quantity")
    if isinstance(offer, FreeShipping):
        free = (pl.col("used_offer") == 1) & pl.col("in_window")
        costed = costed.with_columns(pl.when(free).then(0).otherwise("shipping").alias("shipping"))
    if isinstance(offer, PriceCut):
        before = (worth.cum_sum() - worth).over("order")
        cut = (pl.col("offer_cost") // FEN - before).clip(0, None)
        costed = costed.with_columns(pl.min_horizontal(cut, worth).alias("discount"))
    return costed.with_columns((worth - pl.col("discount")).alias("amount")).select(
        "line", *LINE_COLUMNS, "offer_cost", "goods", "in_window"
    )


def _costs(goods: pl.DataFrame, offer: Offer | None, place: int | None) -> pl.DataFrame:
    """order, used_offer, offer_cost of the orders in the window."""
    nothing = pl.DataFrame(
        schema={"order": goods.schema["order"], "used_offer": pl.Int64, "offer_cost": pl.Int64}
    )
    if offer is None or place is None or isinstance(offer, FlashSale | CashBack):
        return nothing
    known = arm_threshold(place)
    orders = (
        goods.filter("in_window")
        .group_by("order")
        .agg(pl.col("goods").first() * FEN, pl.col(known).first().alias(OWN))
        .rename({"goods": "amount"})
        .with_columns(
            pl.lit(0, dtype=pl.Int64).alias("discount"),
            pl.lit(0, dtype=pl.Int64).alias("refund"),
            pl.lit(PAID).alias("status"),
        )
    )
    # what is taken off is whole hundredths in a file
    rounded = (
        pl.col("offer_cost") // FEN * FEN if isinstance(offer, PriceCut) else pl.col("offer_cost")
    )
    return (
        would_qualify(offer, orders.lazy())
        .select("order", "used_offer", rounded.alias("offer_cost"))
        .collect()
    )


def _net(world: World, arm: str | None) -> pl.DataFrame:
    """customer, segment, net: what everybody drawn brings if all were told in this arm (None: if
    nobody was), before what telling costs; ten-thousandths."""
    plan, ledger = world.plan, world.ledger
    known = ledger.select("customer", *(arm_threshold(i) for i in range(len(plan.arms))))
    orders = world.orders.join(known, on="customer").filter("in_window")
    sold = _as_sold(orders, world.lines, plan, arm)
    margin = (plan.margin_low + plan.margin_high) / 2 / WHOLE
    per_order = sold.group_by("order").agg(
        pl.col("customer").first(), pl.col("goods").first(), pl.col("offer_cost").first()
    )
    brought = per_order.group_by("customer").agg(
        (pl.col("goods") * FEN * margin - pl.col("offer_cost")).sum().alias("net")
    )
    return (
        ledger.select("customer", "segment")
        .join(brought, on="customer", how="left", maintain_order="left")
        .with_columns(pl.col("net").fill_null(0.0))
    )
