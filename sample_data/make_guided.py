"""Makes the orders of the guided first campaign out of the sample shop's: two customers in five.

python sample_data/make_guided.py writes them into the product, which carries them wherever it is
installed and gives them the reader's language and days of its own.
"""

import argparse
from pathlib import Path

import polars as pl
from make_sample import HISTORY, write_text
from sample_shop import CHANNELS, GOODS, START, STATUSES

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "platform" / "regulars_platform" / "guided" / "before.csv.gz"


def fen(heading: str) -> pl.Expr:
    """An amount in hundredths."""
    return (pl.col(heading).cast(pl.Float64) * 100).round().cast(pl.Int64)


def place(heading: str, words: tuple[str, ...]) -> pl.Expr:
    """Where a word stands in a list."""
    return pl.col(heading).replace_strict(words, range(len(words)), return_dtype=pl.Int64)


def guided_lines(history: pl.DataFrame) -> pl.DataFrame:
    """The lines as numbers, money in hundredths, time in minutes since the history began."""
    order = pl.col("Order number").str.tail(-1).cast(pl.Int64)
    customer = pl.col("Customer").str.tail(-1).cast(pl.Int64)
    moment = pl.col("Ordered at").str.to_datetime("%Y-%m-%d %H:%M", time_unit="us")
    kept = pl.when(customer.is_null()).then(order % 20 == 0).otherwise(customer % 5 < 2)
    return history.filter(kept).select(
        order.alias("order"),
        customer.alias("customer"),
        (moment - pl.lit(START).cast(pl.Datetime("us"))).dt.total_minutes().alias("minute"),
        place("Status", STATUSES).alias("status"),
        place("Channel", CHANNELS).alias("channel"),
        place("Product", tuple(name for name, _, _ in GOODS)).alias("product"),
        pl.col("Quantity").cast(pl.Int64).alias("quantity"),
        fen("Unit price").alias("price"),
        fen("Discount").alias("discount"),
        fen("Shipping fee").alias("shipping"),
        fen("Refunded").alias("refund"),
    )


def main() -> None:
    """Write them and say how much they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET)
    target: Path = parser.parse_args().out
    lines = guided_lines(pl.read_csv(HERE / HISTORY, infer_schema=False))
    write_text(lines.write_csv(), target)
    print(f"{lines.height} lines of {lines['customer'].n_unique() - 1} customers in {target}")


if __name__ == "__main__":
    main()
