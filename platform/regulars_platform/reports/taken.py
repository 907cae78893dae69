"""Who used an arm's offer, on either side: those told, and held-out customers all the same.

Those told use it as `offer_use` says. A held-out customer used it if it is open to all, if the
order names a code that was given to the arm or, where orders record no codes, by its signs: the
threshold reached, with a discount or a shipping of nothing. Where neither is recorded nothing can
be told, and nobody held out counts as a user of what was not meant for them.
"""

from collections.abc import Sequence

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.campaigns.thresholds import arm_threshold
from regulars_platform.offers.costs import offer_use
from regulars_platform.offers.kinds import FlashSale, FreeShipping, MessageOnly, Offer, PriceCut
from regulars_platform.offers.sales import SALE_DISCOUNT, SALE_GOODS, sale_column
from regulars_platform.offers.thresholds import OWN

_CODES = {"order_id": pl.String(), "unit_id": pl.String(), "arm": pl.String()}


def taken_column(place: int) -> str:
    """The column with 1 where the offer of the arm at that place (from 0) was used, else 0."""
    return f"taken_{place}"


def with_taken(
    purchases: pl.DataFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    offers: Sequence[Offer | None],
    *,
    discounts: bool,
    coupons: bool,
) -> pl.DataFrame:
    """Purchases (with used_offer and thresholds) with `taken_<i>` per treated arm; Int64.

    offers: what customers of each arm can use (see `offer_open_to`). Orders of other arms are 0.
    """
    named = codes_named(purchases, ledger) if coupons else None
    for place, (arm, offer) in enumerate(zip(plan.arms, offers, strict=True)):
        own = (pl.col("arm") == arm.name) & (pl.col("used_offer") > 0)
        held = pl.col("arm") == HOLDOUT
        if offer is None or isinstance(offer, MessageOnly):
            used = pl.lit(False)
        elif offer.reach == "open":
            used = (own | held) & (pl.col("used_offer") > 0)
        else:
            orders = (
                _by_signs(purchases.filter(held), offer, place, discounts=discounts)
                if named is None
                else named.filter(pl.col("code_arm") == arm.name)["order_id"]
            )
            used = own | (held & pl.col("order_id").is_in(orders.implode()))
        purchases = purchases.with_columns(used.cast(pl.Int64).alias(taken_column(place)))
    return purchases


def codes_named(purchases: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Orders that name a code of the campaign: order_id, unit_id, arm, code_arm, owner.

    owner: the unit that the code was given to, of the arm `code_arm`.
    """
    given = pl.col("coupon").str.to_uppercase().str.replace_all(r"\s", "")
    codes = ledger.filter(pl.col("code").is_not_null()).select(
        pl.col("code").str.strip_chars().str.to_uppercase().alias("named"),
        pl.col("arm").alias("code_arm"),
        pl.col("unit_id").alias("owner"),
    )
    return (
        purchases.filter(pl.col("coupon").is_not_null())
        .select(*_CODES, given.str.replace_all("[;|]", ",").str.split(",").alias("named"))
        .explode("named")
        .join(codes.unique("named"), on="named", how="inner")
        .drop("named")
    )


def signs_recorded(offer: Offer, purchases: pl.DataFrame, *, discounts: bool) -> bool:
    """Whether orders without codes show at all that they used the offer."""
    if isinstance(offer, FreeShipping):
        return purchases["shipping"].count() > 0
    return discounts and isinstance(offer, PriceCut)


def _by_signs(held: pl.DataFrame, offer: Offer, place: int, *, discounts: bool) -> pl.Series:
    """Orders of the holdout that look as if they used the offer, for want of codes.

    A gift, points and cash back leave no sign on an order.
    """
    measured = held.lazy().with_columns(pl.col(arm_threshold(place)).alias(OWN))
    if isinstance(offer, FlashSale):
        names = {sale_column(name, place): name for name in (SALE_GOODS, SALE_DISCOUNT)}
        measured = measured.rename(names)
    if isinstance(offer, FreeShipping):
        measured = measured.filter(pl.col("shipping") == 0)
    elif not (discounts and isinstance(offer, PriceCut)):
        measured = measured.clear()
    used = offer_use(offer, measured, discounts_recorded=discounts, coupons_recorded=False)
    return used.filter(pl.col("used_offer") > 0).select("order_id").collect()["order_id"]
