"""Parts of an order -> its lines, whatever part came first.

The order file is the truth about who bought, when, whether it was paid, and for how much; the item
file about what was bought; refunds are states, of which the furthest counts. Everything here is a
function of the parts alone, exact in integers, and works on whole orders: the frames hold either
all parts of an order or none.
"""

import polars as pl

from regulars_platform.intake.finish import share_out
from regulars_platform.orders.parts import RETURNED
from regulars_platform.orders.table import CANCELLED, ORDER_SCHEMA, PAID, TOLD_LATER, whole_orders

_REFUND_SCHEMA = {"order_id": pl.String(), "line_key": pl.String(), "amount": pl.Int64()}


def assemble(heads: pl.DataFrame, items: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """The lines of these orders (ORDER_SCHEMA, sorted by key).

    heads, items, refunds: rows of PART_SCHEMA; refunds have the order number under which the order
    itself is known, and in `target` the number under which the refund names it (perhaps a line's).
    An order without a head has no lines yet; one that is left out has none.
    """
    out = pl.concat([heads, items]).filter("left_out").select("order_id").unique()
    heads = heads.join(out, on="order_id", how="anti").select(list(ORDER_SCHEMA))
    items = items.join(out, on="order_id", how="anti").join(
        heads.select("order_id").unique(), on="order_id", how="semi"
    )
    with_items = items.select("order_id").unique()
    own = _told_as_a_whole(heads.join(with_items, on="order_id", how="anti"), refunds)
    parted = _lines_of_items(heads.join(with_items, on="order_id", how="semi"), items)
    lines = pl.concat([own.select(_TOLD_SCHEMA), parted.select(_TOLD_SCHEMA)]).sort(
        "order_id", "line_key"
    )
    return (
        _with_refunds(lines, refunds)
        .select(pl.col(name).cast(kind) for name, kind in ORDER_SCHEMA.items())
        .sort("order_id", "line_key")
    )


_TOLD_SCHEMA = [*ORDER_SCHEMA, "told"]  # told: refunded of the whole order, by its order file


def _told_as_a_whole(lines: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """Adds `told`. Where refunds are named one by one, what the order file says of its lines is
    taken as one state of the whole order: many write it on the first line only."""
    named = pl.col("order_id").is_in(refunds["order_id"].unique().implode())
    paid = pl.col("status") == PAID
    counts = paid | ~paid.any().over("order_id")
    told = pl.col("refund").filter(counts).sum().over("order_id")
    return lines.with_columns(
        pl.when(named).then(told).otherwise(0).alias("told"),
        pl.when(named).then(0).otherwise(pl.col("refund")).alias("refund"),
    )


def _lines_of_items(heads: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """One line per item: what and how many from the item, all else from its order."""
    orders = whole_orders(heads.lazy()).collect()
    order = orders.select(
        "order_id",
        "customer_id",
        "household",
        pl.col("ordered_at"),
        "channel",
        "coupon",
        "shipping",
        pl.col("status").alias("order_status"),
        pl.col("amount").alias("order_amount"),
        pl.col("discount").alias("all_discount"),
        pl.col("refund").alias("told"),
        *(pl.col(name).alias(f"order_{name}") for name in TOLD_LATER),
    )
    lines = (
        items.select(
            "order_id",
            "line_key",
            "product",
            "quantity",
            "discount",
            "refund",
            "import_id",
            "source_line",
            pl.col("status").alias("item_status"),
            pl.col("amount").fill_null(0).alias("own"),
            *TOLD_LATER,
        )
        .join(order, on="order_id", how="inner")
        .sort("order_id", "line_key")
        # an order may go out in several parcels; it is paid, and sent somewhere, as a whole
        .with_columns(
            *(pl.coalesce(name, f"order_{name}") for name in ("shipped_at", "received_at")),
            *(pl.coalesce(f"order_{name}", name).alias(name) for name in ("paid_at", "region")),
        )
    )
    stands = pl.col("item_status") != CANCELLED
    lines = lines.with_columns(
        (stands | ~stands.any().over("order_id")).alias("good"),
    ).with_columns(pl.when("good").then(pl.col("own").clip(0)).otherwise(0).alias("weight"))
    lines = share_out(lines).with_columns(
        pl.when("good").then("part").otherwise("own").alias("amount"),
        # of an order that was paid, a line that was closed unpaid is not bought
        pl.when((pl.col("order_status") == PAID) & ~pl.col("good"))
        .then(pl.lit(CANCELLED))
        .otherwise(pl.col("order_status"))
        .alias("status"),
    )
    # of a line given back as a whole nobody said how much: it is what was paid for it
    whole = (pl.col("item_status") == RETURNED) & (pl.col("refund") == 0)
    lines = lines.with_columns(
        pl.when(whole).then(pl.col("amount").clip(0)).otherwise(pl.col("refund")).alias("refund")
    )
    return _with_discounts(lines)


def _with_discounts(lines: pl.DataFrame) -> pl.DataFrame:
    """What an item costs less than it says itself is a discount; the order's own discount keeps
    only what the lines do not show already, so that nothing is counted twice."""
    shown = pl.when("good").then(
        pl.col("discount") + (pl.col("own").clip(0) - pl.col("amount")).clip(0)
    )
    lines = lines.with_columns(shown.otherwise(pl.col("discount")).alias("discount"))
    on_lines = pl.col("discount").filter(pl.col("good")).sum().over("order_id")
    return lines.with_columns((pl.col("all_discount") - on_lines).clip(0).alias("order_discount"))


def _with_refunds(lines: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """`refund` of every line from all that is known of it.

    Each source tells how much was given back so far, and may be older than another: the largest
    of them is the state. A line's own refund is what its item or the refunds that name it say;
    what the order is known to have got back beyond that is shared over its lines.
    """
    if refunds.is_empty() and not (lines["told"] != 0).any():
        return lines
    named = _aimed(lines, refunds)
    by_line = (
        named.filter(pl.col("line_key").is_not_null())
        .group_by("order_id", "line_key")
        .agg(pl.col("amount").sum().alias("by_report"))
    )
    in_all = named.group_by("order_id").agg(pl.col("amount").sum().alias("reported"))
    lines = (
        lines.join(by_line, on=["order_id", "line_key"], how="left", maintain_order="left")
        .join(in_all, on="order_id", how="left", maintain_order="left")
        .with_columns(
            pl.max_horizontal("refund", pl.col("by_report").fill_null(0)).alias("base"),
            (pl.col("status") == PAID).alias("paid"),
        )
        .with_columns((pl.col("paid") | ~pl.col("paid").any().over("order_id")).alias("good"))
    )
    based = pl.col("base").filter(pl.col("good")).sum().over("order_id")
    state = pl.max_horizontal(based, "told", pl.col("reported").fill_null(0))
    room = (pl.col("amount") - pl.col("base")).clip(0)
    lines = lines.with_columns(
        (state - based).alias("order_amount"),
        pl.when("good").then(room).otherwise(0).alias("weight"),
    )
    return share_out(lines).with_columns(
        (pl.col("base") + pl.when("good").then("part").otherwise(0)).alias("refund")
    )


def _aimed(lines: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """Refunds of these orders with the line they are of, where they tell (_REFUND_SCHEMA).

    A refund names a line by the line's own number, or by a product that one line of the order has.
    """
    known = refunds.join(lines.select("order_id").unique(), on="order_id", how="semi").select(
        "order_id", "target", "product", pl.col("refund").alias("amount")
    )
    by_number = lines.select("order_id", pl.col("line_key").alias("target"), "line_key")
    by_product = (
        lines.filter(pl.col("product").is_not_null())
        .group_by("order_id", "product")
        .agg(pl.col("line_key").first().alias("of_product"), pl.len().alias("lines"))
        .filter(pl.col("lines") == 1)
        .drop("lines")
    )
    return (
        known.join(by_number, on=["order_id", "target"], how="left")
        .join(by_product, on=["order_id", "product"], how="left")
        .select(
            "order_id",
            pl.coalesce("line_key", "of_product").alias("line_key"),
            "amount",
        )
        .cast(_REFUND_SCHEMA)  # type: ignore[arg-type]
    )
