"""Which stored line a line of a file is, and which stored lines it takes the place of.

A line is known by its key. A file that tells an order as a whole (models.OrderForm) is about all
that is stored of that order, whatever the goods were called then: an order counts once.
"""

from collections.abc import Collection

import polars as pl

from regulars_platform.intake.models import OrderForm
from regulars_platform.orders.parts import RETURNED
from regulars_platform.orders.table import CANCELLED, KEY, PAID, UNPAID

_SETTLED = (PAID, CANCELLED, RETURNED)


def beside_stored(
    lines: pl.DataFrame, stored: pl.DataFrame, keys: pl.DataFrame, form: OrderForm
) -> pl.DataFrame:
    """`lines` with the columns of the stored line that each of them is.

    lines: whole orders. stored: `order_id`, `stored_key`, `wrote` (the import that wrote it),
    `status_stored` and more, of these orders; keys: KEY of all lines stored of them, also of
    those left out. Adds the columns of `stored` and `found` (there is such a line), `order_known`,
    `settled` (what is stored was paid or closed) and `replaces` (others of its order are to go).

    Of a row that is an order the key becomes that of the line written last, so that lines stored
    under a title keep it.
    """
    orders = stored.group_by("order_id").agg(
        pl.lit(value=True).alias("order_known"),
        pl.col("status_stored").is_in(_SETTLED).any().alias("order_settled"),
    )
    frame = (
        lines.join(_pairs(lines, stored, form), on=list(KEY), how="left", maintain_order="left")
        .join(stored, on=["order_id", "stored_key"], how="left", maintain_order="left")
        .join(orders, on="order_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("stored_key").is_not_null().alias("found"),
            pl.col("order_known").fill_null(value=False),
        )
    )
    if form is OrderForm.LINES:
        settled = pl.col("status_stored").is_in(_SETTLED)
        return frame.with_columns(
            settled.fill_null(value=False).alias("settled"), pl.lit(value=False).alias("replaces")
        )
    if form is OrderForm.ROW:
        frame = frame.with_columns(pl.coalesce("stored_key", "line_key").alias("line_key"))
    going = keys.join(frame, on=list(KEY), how="anti")["order_id"].unique()
    return frame.with_columns(
        pl.col("order_settled").fill_null(value=False).alias("settled"),
        pl.col("order_id").is_in(going.implode()).alias("replaces"),
    )


def is_older(same_file: Collection[int]) -> pl.Expr:
    """Whether a line waits for its payment although what is stored was paid or closed since, and
    by another file than the very same one (whose imports are `same_file`)."""
    own = pl.col("wrote").is_in(list(same_file)).fill_null(value=False)
    return pl.col("settled") & (pl.col("status") == UNPAID) & ~own


def _pairs(lines: pl.DataFrame, stored: pl.DataFrame, form: OrderForm) -> pl.DataFrame:
    """KEY of lines with the `stored_key` that each has, at most one."""
    mine = lines.select(KEY)
    if form is OrderForm.ROW:
        last = stored.sort("order_id", "wrote", "stored_key").group_by("order_id")
        return mine.join(last.agg(pl.col("stored_key").last()), on="order_id", how="inner")
    theirs = stored.select("order_id", "stored_key")
    same = mine.join(
        theirs.with_columns(pl.col("stored_key").alias("line_key")), on=list(KEY), how="inner"
    )
    if form is OrderForm.LINES:
        return same
    # goods that go by another name now: what only another file told of them stays with the order
    place = pl.int_range(pl.len()).over("order_id").alias("place")
    renamed = mine.join(same, on=list(KEY), how="anti").sort(KEY).with_columns(place)
    former = (
        theirs.join(same, on=["order_id", "stored_key"], how="anti")
        .sort("order_id", "stored_key")
        .with_columns(place)
    )
    others = renamed.join(former, on=["order_id", "place"], how="inner").drop("place")
    return pl.concat([same, others.select(same.columns)])


def going(lines: pl.LazyFrame, stored: pl.LazyFrame) -> pl.LazyFrame:
    """Of `stored`, the lines whose place those of a file take that are marked `replaces`."""
    told = lines.filter("replaces").select("order_id").unique()
    return stored.join(told, on="order_id", how="semi").join(
        lines.select(KEY), on=list(KEY), how="anti"
    )
