"""What goods cost the shop: the costs it brought, product by product, and the margin of each order.

Where a line names a product whose cost is known, and how many pieces, its margin is exact: the
price paid less cost x pieces. The rest of the goods earns the plan's flat margin. What is sent back
loses the margin of its part of the line, since the goods themselves come back; what is refunded
beyond the price of the goods counts at the flat margin, as it does without costs.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.fields import WHOLE
from regulars_platform.orders.table import MONEY_SCALE, PAID

COST_COLUMNS = {"product": pl.String(), "cost": pl.Int64()}


@dataclass(frozen=True, kw_only=True, slots=True)
class CostCoverage:
    """Goods sold (ten-thousandths), in all and of products whose cost is known."""

    goods: int
    known: int

    @property
    def share(self) -> float | None:
        """Known of all, 0 to 1; None where nothing was sold."""
        return self.known / self.goods if self.goods > 0 else None


def product_costs(shop_dir: Path, version: int | None = None) -> pl.LazyFrame:
    """product, cost (ten-thousandths for one piece): the shop's, as of a version of its products.

    A product is found by its own name and by the second one (`also`); where a name means two
    products with different costs, it means neither.
    """
    products = DatasetTable(shop_dir, "products").scan(version)
    costs = products.filter(pl.col("cost").is_not_null())
    named = pl.concat(
        [costs.select("product", "cost"), costs.select(pl.col("also").alias("product"), "cost")]
    ).filter(pl.col("product").is_not_null())
    return (
        named.group_by("product")
        .agg(pl.col("cost").min(), pl.col("cost").n_unique().alias("different"))
        .filter(pl.col("different") == 1)
        .select("product", "cost")
    )


def order_margins(lines: pl.LazyFrame, costs: pl.LazyFrame, flat: int) -> pl.LazyFrame:
    """Order lines -> one row per order with what its goods earn; flat: basis points.

    Columns: order_id; margin: on the goods as paid for; unknown: the part of the goods whose cost
    is not known; back: margin lost to refunds, and of a credit note (goods below zero) the margin
    it takes back. All Int64, ten-thousandths. Only paid lines count.
    """
    return (
        lines.filter(pl.col("status") == PAID)
        .join(costs, on="product", how="left")
        .select("order_id", "amount", "refund", _line_margin(flat), _known().alias("known"))
        .with_columns(_lost(flat))
        .group_by("order_id")
        .agg(
            pl.col("amount").sum(),
            pl.col("margin").sum(),
            pl.col("amount").filter(~pl.col("known")).sum().alias("unknown"),
            pl.col("lost").sum(),
        )
        .select(
            "order_id",
            "margin",
            "unknown",
            pl.when(pl.col("amount") < 0)
            .then(pl.col("lost") - pl.col("margin"))
            .otherwise("lost")
            .alias("back"),
        )
    )


def unknown_amounts(lines: pl.LazyFrame, costs: pl.LazyFrame) -> pl.LazyFrame:
    """amount, lines: of the order lines whose cost is not known, how many have which amount."""
    return (
        lines.join(costs, on="product", how="left")
        .filter(~_known())
        .group_by("amount")
        .agg(pl.len().cast(pl.Int64).alias("lines"))
    )


def with_offer_added_back(taken_off: pl.Expr, amount: pl.Expr, flat: int) -> pl.Expr:
    """The margin of an order's goods at their price before the offer, from `margin` and `unknown`.

    taken_off: what the offer took off the price. It is shared over the goods by their amounts: on
    goods of known cost all of it is margin, on the others the flat part of it.
    """
    unknown = (
        taken_off.cast(pl.Int128)
        * pl.col("unknown").clip(0).cast(pl.Int128)
        // amount.clip(1).cast(pl.Int128)
    ).cast(pl.Int64)
    return pl.col("margin") + (taken_off - unknown) + unknown * flat // WHOLE


def cost_coverage(lines: pl.LazyFrame, costs: pl.LazyFrame) -> CostCoverage:
    """How much of the goods sold in these lines have a known cost."""
    sold = lines.filter((pl.col("status") == PAID) & (pl.col("amount") > 0))
    found = (
        sold.join(costs, on="product", how="left")
        .select(
            pl.col("amount").sum().alias("goods"),
            pl.col("amount").filter(_known()).sum().alias("known"),
        )
        .collect(engine="streaming")
    )
    goods, known = found.row(0)
    return CostCoverage(goods=goods, known=known)


def _known() -> pl.Expr:
    """A cost, and pieces on the same side of zero as the price."""
    pieces = pl.col("quantity")
    same_side = pieces.sign() == pl.col("amount").sign()
    return pl.col("cost").is_not_null() & pieces.is_not_null() & same_side.fill_null(False)


def _line_margin(flat: int) -> pl.Expr:
    # 128 bits: both factors may be ten-thousandths of a large number
    cost = pl.col("cost").cast(pl.Int128) * pl.col("quantity").cast(pl.Int128) // MONEY_SCALE
    own = pl.col("amount") - cost.cast(pl.Int64)
    return (
        pl.when(_known()).then(own).otherwise(flat_margin(pl.col("amount"), flat)).alias("margin")
    )


def _lost(flat: int) -> pl.Expr:
    """Of a line that was refunded: the margin of the part that came back."""
    amount, refund = pl.col("amount"), pl.col("refund").fill_null(0)
    of_goods = pl.min_horizontal(refund, amount.clip(0))
    part = (
        of_goods.cast(pl.Int128)
        * pl.col("margin").cast(pl.Int128)
        // amount.clip(1).cast(pl.Int128)
    ).cast(pl.Int64)
    return (part + flat_margin(refund - of_goods, flat)).alias("lost")


def flat_margin(money: pl.Expr, flat: int) -> pl.Expr:
    """Margin on money at a flat rate in basis points, rounded down."""
    return (money.cast(pl.Int128) * flat // WHOLE).cast(pl.Int64)
