"""How many customers are found again: file by file, over the whole shop, and by arm."""

from dataclasses import dataclass

import polars as pl

from regulars_platform.orders.parts import ORDER

_PART = 2_000_000  # order lines worked on together


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRate:
    """Orders of one file: in all, with a customer, and of a customer whom an earlier file held."""

    import_id: int
    orders: int
    with_customer: int
    known: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopRate:
    """Customers in all; with a second order; with a second order in another calendar week.

    A key that changes every week (an OAID) leaves nobody in the last.
    """

    customers: int
    again: int
    another_week: int

    @property
    def changes_weekly(self) -> bool:
        """Whether people come back within a week and never after: the mark of a weekly key."""
        return self.again >= 50 and self.another_week < 0.02 * self.again


def file_rates(lines: pl.LazyFrame, parts: pl.LazyFrame | None = None) -> tuple[FileRate, ...]:
    """One entry per import of the stored order lines (ORDER_SCHEMA), oldest first.

    parts: the files that are only part of an order (PART_SCHEMA), where there are any. An order
    belongs to the import that brought its customer: of an order in parts that is the order file,
    not the items that last wrote its lines; else the import that last wrote a line. Orders are
    worked through in parts.
    """
    rows = int(lines.select(pl.len()).collect(engine="streaming").item())
    many = max(1, -(-rows // _PART))
    firsts = pl.concat(
        _credited(lines, parts, number, many)
        .filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id")
        .agg(pl.col("import_id").min().alias("first_import"))
        .collect(engine="streaming")
        for number in range(many)
    )
    first = firsts.group_by("customer_id").min()
    found = pl.concat(
        _rates(_credited(lines, parts, number, many), first) for number in range(many)
    )
    total = found.group_by("import_id").sum().sort("import_id")
    return tuple(FileRate(**row) for row in total.iter_rows(named=True))


def _credited(
    lines: pl.LazyFrame, parts: pl.LazyFrame | None, number: int, many: int
) -> pl.LazyFrame:
    """import_id, order_id, customer_id of one part of the orders; import_id: whom it belongs to."""
    mine = pl.col("order_id").hash(seed=5) % many == number
    told = lines.select("import_id", "order_id", "customer_id").filter(mine)
    if parts is None:
        return told
    brought = (
        parts.filter((pl.col("part") == ORDER) & pl.col("customer_id").is_not_null() & mine)
        .group_by("order_id")
        .agg(pl.col("import_id").min().alias("brought_by"))
    )
    return told.join(brought, on="order_id", how="left").select(
        pl.coalesce("brought_by", "import_id").alias("import_id"), "order_id", "customer_id"
    )


def _rates(credited: pl.LazyFrame, first: pl.DataFrame) -> pl.DataFrame:
    orders = credited.group_by("import_id", "order_id").agg(pl.col("customer_id").min())
    return (
        orders.join(first.lazy(), on="customer_id", how="left")
        .group_by("import_id")
        .agg(
            pl.len().cast(pl.Int64).alias("orders"),
            pl.col("customer_id").count().cast(pl.Int64).alias("with_customer"),
            (pl.col("first_import") < pl.col("import_id")).sum().cast(pl.Int64).alias("known"),
        )
        .collect(engine="streaming")
    )


def shop_rate(lines: pl.LazyFrame) -> ShopRate:
    """How many of the shop's customers (ORDER_SCHEMA lines) are seen again."""
    week = pl.col("ordered_at").dt.truncate("1w")
    customers = (
        lines.filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id")
        .agg(
            (pl.col("order_id").min() != pl.col("order_id").max()).alias("again"),
            (week.min() != week.max()).alias("another_week"),
        )
    )
    counts = customers.select(
        pl.len().alias("customers"),
        pl.col("again").sum(),
        (pl.col("again") & pl.col("another_week").fill_null(value=False))
        .sum()
        .alias("another_week"),
    )
    return ShopRate(**counts.collect(engine="streaming").row(0, named=True))
