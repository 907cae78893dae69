"""Text -> typed order lines, each with the reason for its rejection where there is one.

The frame that comes out has one row per record: `line`, the fields of TYPED, and `reason` (null:
nothing is wrong so far). What needs the other lines of the same order is left to `finish`.
"""

import unicodedata
from collections.abc import Callable

import polars as pl

from regulars_platform.intake.cells import (
    clean,
    clean_key,
    has_many_digits,
    is_masked,
    is_number_cell,
    is_scientific,
)
from regulars_platform.intake.dates import read_moments
from regulars_platform.intake.models import LATER_MOMENTS, MONEY_FIELDS, FilePart, OrderField
from regulars_platform.intake.money import DIGITS, read_numbers
from regulars_platform.intake.readers import column_name
from regulars_platform.intake.regions import region
from regulars_platform.intake.survey import KEY_FIELDS, Reading
from regulars_platform.orders.table import MONEY_SCALE

_NO_GOODS = "储值|礼品卡|儲值|禮品卡"
_LARGEST = 10**DIGITS * MONEY_SCALE

TYPED: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "order_id": pl.String(),
    "line_id": pl.String(),
    "customer_id": pl.String(),
    "household": pl.String(),
    "masked": pl.Boolean(),  # the customer's value is hidden behind stars
    "ordered_at": pl.Datetime("us", "UTC"),
    "status_word": pl.String(),  # cleaned, as the file has it
    "cancelled": pl.Boolean(),
    "paid": pl.Boolean(),  # the time of payment is filled
    "left_out": pl.Boolean(),  # the seller's own remark says so
    "no_goods": pl.Boolean(),  # by its type the order is money put on account, or a gift card
    "product": pl.String(),
    "quantity": pl.Int64(),
    "priced": pl.Int64(),  # unit price x quantity - line discount
    "amount": pl.Int64(),  # the cell of that name
    "goods": pl.Int64(),  # the cell of that name less the discounts on the order
    "total": pl.Int64(),  # the cell of that name
    "discount": pl.Int64(),
    "order_discount": pl.Int64(),
    "shipping": pl.Int64(),
    "refund": pl.Int64(),
    "refund_word": pl.String(),  # cleaned, as the file has it
    "coupon": pl.String(),
    "channel": pl.String(),
    "paid_at": pl.Datetime("us", "UTC"),
    "shipped_at": pl.Datetime("us", "UTC"),
    "received_at": pl.Datetime("us", "UTC"),
    "region": pl.String(),
    "reason": pl.String(),
}


def parse_batch(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """One batch of records (columns line, c0, c1, ...) -> a frame of TYPED, same order."""
    keys = _keys(frame, reading)
    moments, bad_moment = _moments(frame, reading, OrderField.ORDERED_AT)
    numbers, number_problems = _numbers(frame, reading)
    texts = frame.select(
        "line",  # so that fields the file does not have are as long as the others
        *(
            _cell(reading, name, clean).alias(str(name))
            for name in (OrderField.PRODUCT, OrderField.COUPON, OrderField.CHANNEL)
        ),
        _cell(reading, OrderField.STATUS, clean).alias("status_word"),
        _cell(reading, OrderField.REFUND_STATUS, clean).alias("refund_word"),
        _cell(reading, OrderField.CANCELLED_AT, clean_key).is_not_null().alias("cancelled"),
        _cell(reading, OrderField.PAID_AT, clean_key).is_not_null().alias("paid"),
        region(_cell(reading, OrderField.REGION)).alias("region"),
        _is_left_out(reading).alias("left_out"),
        _cell(reading, OrderField.ORDER_TYPE)
        .str.contains(_NO_GOODS)
        .fill_null(value=False)
        .alias("no_goods"),
    ).drop("line")
    priced, too_large = _priced(numbers)
    numbers = _with_order_discounts(numbers)
    reason = pl.select(
        pl.coalesce(keys["reason"], bad_moment, number_problems, too_large)
    ).to_series()
    return pl.DataFrame(
        [
            frame["line"],
            *keys.drop("reason").get_columns(),
            moments.alias("ordered_at"),
            *(_moments(frame, reading, name)[0].alias(str(name)) for name in LATER_MOMENTS),
            *texts.get_columns(),
            *(numbers[name] for name in ("quantity", "goods", "total", "shipping")),
            numbers["refund" if reading.part is FilePart.REFUND else "amount"].alias("amount"),
            *(
                numbers[name].abs().fill_null(0).alias(name)
                for name in ("discount", "order_discount", "refund")
            ),
            priced.alias("priced"),
            reason.alias("reason"),
        ]
    ).select(pl.col(name).cast(kind) for name, kind in TYPED.items())


def _cell(
    reading: Reading, name: OrderField, cleaning: Callable[[pl.Expr], pl.Expr] = clean
) -> pl.Expr:
    position = reading.positions.get(name)
    if position is None:
        return pl.lit(None, dtype=pl.String)
    return cleaning(pl.col(column_name(position)))


def _is_left_out(reading: Reading) -> pl.Expr:
    """Whether remark, tag or type of the order hold one of the words, width and case aside."""
    words = [word for word in map(_plain_text, reading.leave_out) if word]
    told = (OrderField.REMARK, OrderField.TAG, OrderField.ORDER_TYPE)
    columns = [name for name in told if reading.has(name)]
    if not words or not columns:
        return pl.lit(value=False)
    return pl.any_horizontal(
        _cell(reading, name)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.contains_any(words)
        .fill_null(value=False)
        for name in columns
    )


def _plain_text(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().lower()


def _with_order_discounts(numbers: pl.DataFrame) -> pl.DataFrame:
    """The discounts on the order as one, and `goods` after them."""
    discounts = ("order_discount", "payment_discount")
    both = pl.sum_horizontal(pl.col(name).abs() for name in discounts)
    return numbers.with_columns(
        (pl.col("goods") - both).alias("goods"),
        pl.when(pl.any_horizontal(pl.col(name).is_not_null() for name in discounts))
        .then(both)
        .alias("order_discount"),
    )


def _keys(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """order_id, line_id, customer_id, household, masked, reason."""
    cells: list[pl.Expr] = []
    for name in KEY_FIELDS:
        key = _cell(reading, name, clean_key)
        if name in reading.bare_floats:
            key = key.str.replace(r"\.0$", "")
        cells.append(key.alias(str(name)))
    keys = frame.select("line", *cells).drop("line")
    household = pl.col("household")
    spoilt = is_scientific(household) | is_masked(household) | _is_rounded("household", reading)
    second = pl.col("customer_fallback")
    lost = is_scientific(second) | is_masked(second) | _is_rounded("customer_fallback", reading)
    return keys.select(
        "order_id",
        "line_id",
        pl.coalesce(
            pl.when(~is_masked(pl.col("customer_id"))).then(pl.col("customer_id")),
            pl.when(~lost).then(second),
        ).alias("customer_id"),
        pl.when(~spoilt).then(household).alias("household"),
        is_masked(pl.col("customer_id")).alias("masked"),
        pl.when(pl.col("order_id").is_null())
        .then(pl.lit("no_order_id"))
        .when(is_number_cell(pl.col("order_id")))
        .then(pl.lit("order_id_number_cell"))
        .when(is_number_cell(pl.col("line_id")))
        .then(pl.lit("line_id_number_cell"))
        .when(is_number_cell(pl.col("customer_id")))
        .then(pl.lit("customer_number_cell"))
        .when(is_scientific(pl.col("order_id")))
        .then(pl.lit("order_id_scientific"))
        .when(_is_rounded("order_id", reading))
        .then(pl.lit("order_id_rounded"))
        .when(is_scientific(pl.col("line_id")) | _is_rounded("line_id", reading))
        .then(pl.lit("line_id_scientific"))
        .when(is_scientific(pl.col("customer_id")))
        .then(pl.lit("customer_scientific"))
        .when(_is_rounded("customer_id", reading))
        .then(pl.lit("customer_rounded"))
        .alias("reason"),
    )


def _is_rounded(name: str, reading: Reading) -> pl.Expr:
    if OrderField(name) not in reading.rounded:
        return pl.lit(value=False)
    return has_many_digits(pl.col(name))


def _moments(
    frame: pl.DataFrame, reading: Reading, name: OrderField
) -> tuple[pl.Series, pl.Series]:
    cells = frame.select("line", _cell(reading, name, clean_key).alias("cell")).to_series(1)
    moments = read_moments(cells, reading.date_order, reading.timezone)
    bad = cells.is_not_null() & moments.is_null()
    return moments, pl.select(pl.when(bad).then(pl.lit("bad_date"))).to_series()


def _numbers(frame: pl.DataFrame, reading: Reading) -> tuple[pl.DataFrame, pl.Series]:
    """One Int64 column per number field (all null where the file has none), and the first
    problem of each line as `problem:field`."""
    values: dict[str, pl.Series] = {}
    problems: list[pl.Series] = [pl.repeat(None, frame.height, dtype=pl.String, eager=True)]
    for name in MONEY_FIELDS:
        if not reading.has(name):
            values[name] = pl.repeat(None, frame.height, dtype=pl.Int64, eager=True)
            continue
        cells = frame.select(_cell(reading, name)).to_series()
        read = read_numbers(cells, reading.decimal)
        values[name] = read["value"]
        problems.append(read["problem"] + f":{name}")
    return pl.DataFrame(values), pl.select(pl.coalesce(problems)).to_series()


def _priced(numbers: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """unit price x quantity - line discount, rounded half away from zero to four decimals."""
    product = pl.col("unit_price").cast(pl.Int128) * pl.col("quantity").cast(pl.Int128)
    size = (product.abs() + MONEY_SCALE // 2) // MONEY_SCALE
    signed = pl.when(product < 0).then(0 - size).otherwise(size)
    frame = numbers.select(signed.alias("goods"), "discount").with_columns(
        # on a credit (negative goods) the discount makes less of what is given back
        (pl.col("goods") - pl.col("goods").sign() * pl.col("discount").abs().fill_null(0)).alias(
            "priced"
        )
    )
    large = pl.col("goods").abs() >= _LARGEST
    read = frame.select(
        pl.when(~large).then(pl.col("priced")).cast(pl.Int64).alias("priced"),
        pl.when(large).then(pl.lit("too_large:amount")).alias("problem"),
    )
    return read["priced"], read["problem"]
