"""What a line can only know together with the other lines of its order.

Cells that an export fills on the first row of an order only are carried to its other rows; an
amount given once for a whole order is shared out over its lines; lines get their keys. All
functions work on whole orders: a frame holds either all lines of an order or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from regulars_platform.intake.models import FilePart, OrderField, OrderForm
from regulars_platform.intake.status import REFUNDED, plain_word
from regulars_platform.intake.survey import Reading
from regulars_platform.orders.parts import RETURNED
from regulars_platform.orders.table import CANCELLED, ORDER_SCHEMA, PAID, TOLD_LATER, UNPAID

_CARRIED = (
    "customer_id",
    "household",
    "ordered_at",
    "status_word",
    "shipping",
    "coupon",
    "channel",
    "paid_at",
    "region",
)
LINE_SCHEMA: dict[str, pl.DataType] = {
    **ORDER_SCHEMA,
    "masked": pl.Boolean(),
    "left_out": pl.Boolean(),
}
"""ORDER_SCHEMA, whether the customer's value was masked, and whether the seller's own remark keeps
the order out."""

REJECT_SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "reason": pl.String(),
    "amount": pl.Int64(),  # null: not readable
}
ORDER_KEY = "order#1"
"""Key of an order's one line where a row is an order: titles change, the order does not."""

_MORE_THAN_LINES = 1 << 40
_CONTENT_ORDER = (
    "order_id",
    "product",
    "quantity",
    "amount",
    "ordered_at",
    "customer_id",
    "status",
    "discount",
    "refund",
    "shipping",
    "order_discount",
    "household",
    "coupon",
    "channel",
    "left_out",
    *TOLD_LATER,
    "source_line",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """lines: LINE_SCHEMA, keys unique, sorted by key. rejects: REJECT_SCHEMA. repeats: lines whose
    own line number comes again later in the file with the same content (LINE_SCHEMA).
    money: sum of all readable amounts. unknown_words: status word -> lines."""

    lines: pl.DataFrame
    rejects: pl.DataFrame
    repeats: pl.DataFrame
    money: int
    unknown_words: Mapping[str, int]


def finish_orders(
    typed: pl.DataFrame, reading: Reading, import_id: int, *, amount_per_order: bool
) -> Finished:
    """Typed lines of whole orders -> lines ready to be stored, and rejected ones.

    amount_per_order: the `amount` (or else `total`) cell stands once per order.
    """
    frame = _carry(typed.sort("line"), by_line=reading.part is not FilePart.ORDER)
    frame, unknown = _with_status(frame, reading)
    frame, unknown_refunds = _with_refund_status(frame, reading)
    frame = _with_amount(frame, reading, amount_per_order=amount_per_order)
    frame = _closed_after_payment(frame, reading)
    frame = frame.with_columns(
        pl.coalesce(
            "reason",
            pl.when(pl.col("ordered_at").is_null() & pl.lit(reading.part is FilePart.ORDER)).then(
                pl.lit("no_date")
            ),
            pl.when(pl.col("amount").is_null()).then(pl.lit("no_amount")),
        ).alias("reason"),
        pl.lit(import_id, dtype=pl.Int64).alias("import_id"),
    ).rename({"line": "source_line"})
    good = frame.filter(pl.col("reason").is_null())
    lines, repeats, conflicts = _with_keys(good, reading.form)
    if _is_before_order_discount(reading):
        lines = _less_order_discount(lines, frame)
    if reading.part is FilePart.ORDER:
        lines = _given_back(lines)
    rejects = pl.concat(
        [
            frame.filter(pl.col("reason").is_not_null()).select(
                pl.col("source_line").alias("line"), "reason", "amount"
            ),
            conflicts,
        ]
    )
    return Finished(
        lines=lines,
        rejects=rejects,
        repeats=repeats,
        money=sum(_money(part) for part in (lines, rejects, repeats)),
        unknown_words={**unknown, **unknown_refunds},
    )


def _money(frame: pl.DataFrame) -> int:
    return int(frame["amount"].cast(pl.Int128).sum())


def _carry(frame: pl.DataFrame, *, by_line: bool) -> pl.DataFrame:
    """Fill blanks from the first filled line of the same order; lines without an order number
    keep their own cells."""
    blank = [name for name in _CARRIED if 0 < frame[name].null_count() < frame.height]
    if blank:
        firsts = (
            frame.filter(pl.col("order_id").is_not_null())
            .group_by("order_id")
            .agg(pl.col(name).drop_nulls().first().alias(f"{name}_first") for name in blank)
        )
        frame = frame.join(firsts, on="order_id", how="left", maintain_order="left").with_columns(
            pl.coalesce(name, f"{name}_first").alias(name) for name in blank
        )
    # a line of an item file may be closed or paid for by itself; a remark is about the order
    flags = ("left_out",) if by_line else ("cancelled", "paid", "left_out")
    return frame.with_columns(
        pl.when(pl.col("order_id").is_not_null())
        .then(pl.col(name).any().over("order_id"))
        .otherwise(pl.col(name))
        .alias(name)
        for name in flags
    )


def _with_status(frame: pl.DataFrame, reading: Reading) -> tuple[pl.DataFrame, dict[str, int]]:
    if not reading.has(OrderField.STATUS):
        return frame.with_columns(_status_without_words(reading).alias("status")), {}
    word = plain_word(pl.col("status_word").fill_null(""))
    meaning = word.replace_strict(
        list(reading.meanings),
        list(reading.meanings.values()),
        default=None,
        return_dtype=pl.String,
    )
    frame = frame.with_columns(meaning.alias("status"))
    unknown = (
        frame.filter(pl.col("status").is_null() & pl.col("reason").is_null())
        .group_by(pl.col("status_word").fill_null("").alias("word"))
        .len()
        .sort("len", "word", descending=[True, False])
    )
    cancelled = pl.when(pl.col("cancelled")).then(pl.lit(CANCELLED)).otherwise(pl.col("status"))
    return frame.with_columns(cancelled.alias("status")), dict(unknown.iter_rows())


def _status_without_words(reading: Reading) -> pl.Expr:
    unpaid = ~pl.col("paid") & pl.lit(reading.has(OrderField.PAID_AT))
    return (
        pl.when(pl.col("cancelled"))
        .then(pl.lit(CANCELLED))
        .when(unpaid)
        .then(pl.lit(UNPAID))
        .otherwise(pl.lit(PAID))
    )


def _with_refund_status(
    frame: pl.DataFrame, reading: Reading
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Only what was really given back counts as refunded. Also words that are not known."""
    if not reading.has(OrderField.REFUND_STATUS):
        return frame, {}
    word = plain_word(pl.col("refund_word"))
    meaning = word.replace_strict(
        list(reading.refund_meanings),
        list(reading.refund_meanings.values()),
        default=None,
        return_dtype=pl.String,
    )
    frame = frame.with_columns(meaning.alias("refund_meaning"))
    # without money a word changes nothing
    open_ = pl.col("refund_meaning").is_null() & (pl.col("refund") > 0) & pl.col("reason").is_null()
    unknown = (
        frame.filter(open_)
        .group_by(pl.col("refund_word").fill_null("").alias("word"))
        .len()
        .sort("len", "word", descending=[True, False])
    )
    counted = pl.when(pl.col("refund_meaning") == REFUNDED).then(pl.col("refund")).otherwise(0)
    return frame.with_columns(counted.alias("refund")), dict(unknown.iter_rows())


def _closed_after_payment(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """An order closed although it was paid was returned; one never paid was cancelled. Only where
    the file says when orders were paid: "closed" alone does not tell the two apart."""
    if not (reading.has(OrderField.STATUS) and reading.has(OrderField.PAID_AT)):
        return frame
    returned = (pl.col("status") == CANCELLED) & ~pl.col("cancelled") & pl.col("paid")
    return frame.with_columns(
        pl.when(returned).then(pl.lit(RETURNED)).otherwise(pl.col("status")).alias("status")
    )


def _given_back(lines: pl.DataFrame) -> pl.DataFrame:
    """What was returned was paid for, and its money given back in full."""
    returned = pl.col("status") == RETURNED
    whole = pl.max_horizontal("refund", pl.col("amount").clip(0))
    return lines.with_columns(
        pl.when(returned).then(pl.lit(PAID)).otherwise(pl.col("status")).alias("status"),
        pl.when(returned).then(whole).otherwise(pl.col("refund")).alias("refund"),
    )


def _with_amount(frame: pl.DataFrame, reading: Reading, *, amount_per_order: bool) -> pl.DataFrame:
    """`amount`: the cell itself, else unit price x quantity, else total less shipping; given once
    per order, it is shared out over the good lines of the order."""
    of_total = pl.col("total") - pl.col("shipping").fill_null(0)
    if not amount_per_order:
        if reading.part is FilePart.REFUND:
            return frame
        return frame.with_columns(
            pl.coalesce("amount", "goods", "priced", of_total).alias("amount")
        )
    given = (
        pl.col("amount")
        if reading.has(OrderField.AMOUNT)
        else pl.col("goods")
        if reading.has(OrderField.GOODS)
        else of_total
    )
    frame = frame.with_columns(
        given.alias("given"), pl.col("reason").is_null().alias("good")
    ).with_columns(
        pl.col("given").drop_nulls().first().over("order_id").alias("order_amount"),
        pl.when("good").then(pl.col("priced").fill_null(0).clip(0)).otherwise(0).alias("weight"),
        pl.len().over("order_id").alias("mates"),
        pl.col("good").sum().over("order_id").alias("good_mates"),
    )
    shared = share_out(frame)
    return shared.with_columns(
        pl.when(pl.col("order_id").is_null() | (pl.col("mates") == 1))
        .then(pl.coalesce("given", "priced"))
        .when(pl.col("order_amount").is_null())
        .then(pl.col("priced"))
        .when("good")
        .then(pl.col("part"))
        .when(pl.col("good_mates") == 0)
        .then(pl.col("given"))  # nobody to share with: the amount stays where it was read
        .alias("amount")
    )


def share_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds `part`: the order's amount in proportion to the weights, to the last ten-thousandth.

    frame: whole orders, with order_id, order_amount (same on each line of an order), weight (>= 0)
    and good (whether the line takes part; others have weight 0).

    What rounding down leaves goes to the first lines, one each. Without any weight the first good
    line carries the whole amount.
    """
    weight = pl.col("weight").cast(pl.Int128)
    order_amount = pl.col("order_amount").cast(pl.Int128)
    frame = frame.with_columns(
        weight.sum().over("order_id").alias("weights"),
        pl.col("good").cum_sum().over("order_id").alias("place"),
    ).with_columns(
        pl.when(pl.col("weights") > 0)
        .then(order_amount * weight // pl.col("weights").clip(1))
        .otherwise(0)
        .alias("floor")
    )
    left = pl.col("order_amount") - pl.col("floor").sum().over("order_id")
    extra = (
        pl.when(pl.col("weights") > 0)
        .then((pl.col("place") <= left).cast(pl.Int128))
        .otherwise(pl.when(pl.col("place") == 1).then(order_amount).otherwise(0))
    )
    return frame.with_columns((pl.col("floor") + extra).cast(pl.Int64).alias("part"))


def _is_before_order_discount(reading: Reading) -> bool:
    """Whether all amounts are unit price x quantity, which knows only the discount on the line."""
    return reading.has(OrderField.ORDER_DISCOUNT) and not (
        reading.has(OrderField.AMOUNT)
        or reading.has(OrderField.GOODS)
        or reading.has(OrderField.TOTAL)
    )


def _less_order_discount(lines: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """`lines` with the discount on their order taken off `amount`, in proportion to it.

    lines: LINE_SCHEMA, unique keys, sorted by key, so that neither a line that comes twice nor the
    order of the rows changes a share. frame: all lines of these orders, rejected ones too; the
    discount may stand on any of them. Credits take no part. A discount larger than the goods (it
    may count the shipping) leaves nothing of them: below zero they would be a credit.
    """
    discounts = (
        frame.filter(pl.col("order_id").is_not_null())
        .group_by("order_id")
        .agg(pl.col("order_discount").max().alias("whole"))
    )
    weight = pl.col("amount").clip(0)
    weighed = lines.join(discounts, on="order_id", how="left", maintain_order="left").with_columns(
        weight.alias("weight"),
        (weight > 0).alias("good"),
        pl.min_horizontal(
            pl.col("whole").cast(pl.Int128), weight.cast(pl.Int128).sum().over("order_id")
        ).alias("order_amount"),
    )
    part = pl.when("good").then("part").otherwise(0)
    return (
        share_out(weighed)
        .with_columns((pl.col("amount") - part).alias("amount"))
        .select(list(LINE_SCHEMA))
    )


def _with_keys(
    good: pl.DataFrame, form: OrderForm
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines with unique keys, repeats of own keys, and lines in conflict (REJECT_SCHEMA).

    Without a line number of its own a line is keyed by its product and its place among the lines
    of that product in the order, sorted by content: the order of the rows does not matter. Where a
    row is a whole order, two of them are two states of it: the last counts, but one that waits for
    its payment never does beside one that was paid or closed.
    """
    by_row = form is OrderForm.ROW
    frame = good.sort(_CONTENT_ORDER, nulls_last=True).with_columns(
        (pl.int_range(pl.len()).over("order_id", "product") + 1).alias("place")
    )
    numbered = pl.concat_str(
        pl.col("product").fill_null(""), pl.lit("#"), pl.col("place").cast(pl.String)
    )
    named = pl.lit(ORDER_KEY) if by_row else pl.coalesce("line_id", numbered)
    frame = frame.with_columns(named.alias("line_key")).select(
        pl.col(name).cast(kind) for name, kind in LINE_SCHEMA.items()
    )
    key = ["order_id", "line_key"]
    waits = (pl.col("status") == UNPAID).fill_null(False) & pl.lit(by_row)
    rank = pl.col("source_line") - waits.cast(pl.Int64) * _MORE_THAN_LINES
    last = rank == rank.max().over(key)
    if frame.select(pl.struct(key).n_unique()).item() == frame.height:
        empty = frame.clear()
        return frame.sort(key), empty, _as_rejects(empty, "")
    content = [name for name in ORDER_SCHEMA if name not in ("import_id", "source_line")]
    same = pl.struct(content).n_unique().over(key) == 1
    marked = frame.with_columns(last.alias("last"), same.alias("same"))
    columns = list(LINE_SCHEMA)
    return (
        marked.filter("last").select(columns).sort(key),
        marked.filter(~pl.col("last") & pl.col("same")).select(columns),
        _as_rejects(
            marked.filter(~pl.col("last") & ~pl.col("same")),
            "order_again" if by_row else "line_id_again",
        ),
    )


def _as_rejects(frame: pl.DataFrame, reason: str) -> pl.DataFrame:
    return frame.select(
        pl.col("source_line").alias("line"),
        pl.lit(reason).alias("reason"),
        pl.col("amount"),
    )
