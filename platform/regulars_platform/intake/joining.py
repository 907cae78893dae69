"""What a file brings into the orders table where orders come in parts.

The rows of the file go to the parts first, then every order they touch is put together anew from
all its parts and compared with the orders table. Both steps may be done again: the first writes the
same rows under the same keys, the second works from whatever the parts hold by then.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from regulars_platform.intake.assemble import assemble
from regulars_platform.intake.limits import LIMITS
from regulars_platform.intake.models import FilePart
from regulars_platform.intake.staging import Report, part_path, replacing, scan_parts
from regulars_platform.intake.takeover import going
from regulars_platform.orders.parts import ITEM, ORDER, PART_SCHEMA, REFUND, OrderParts
from regulars_platform.orders.table import KEY, ORDER_SCHEMA, OrdersTable

_CONTENT = [name for name in ORDER_SCHEMA if name not in ("import_id", "source_line")]
JOINED_SCHEMA: dict[str, pl.DataType] = {**ORDER_SCHEMA, "gone": pl.Boolean()}


def goes_through_parts(lines: pl.LazyFrame, part: FilePart, parts: OrderParts) -> bool:
    """Whether a file is more than whole orders of which nothing else is known.

    lines: its lines with their `fate`.
    """
    if part is not FilePart.ORDER:
        return True
    if _any(lines.filter(pl.col("fate") == "left_out")):
        return True
    return parts.exists() and _any(
        lines.select("order_id").join(parts.scan().select("order_id"), on="order_id", how="semi")
    )


def _any(rows: pl.LazyFrame) -> bool:
    return rows.head(1).collect(engine="streaming").height > 0


def rows_for_parts(
    lines: pl.LazyFrame, part: FilePart, orders: OrdersTable, parts: OrderParts
) -> pl.LazyFrame:
    """What is to be kept of a file as parts (PART_SCHEMA and `gone`: to be taken away).

    lines: those to be stored, with their `fate`. Items and refunds all are; orders where other
    parts of them are known, or where they are left out. Of orders stored as a whole before their
    first items or refunds came, the lines stored so far become the order's own part.
    """
    if part is FilePart.ORDER:
        known = parts.scan().select("order_id", pl.lit(value=True).alias("known")).unique()
        mine = lines.join(known, on="order_id", how="left").filter(
            pl.col("known").fill_null(value=False) | (pl.col("fate") == "left_out")
        )
        return pl.concat(
            [_as_parts(mine, ORDER), _as_parts(going(mine, parts.scan(ORDER)), ORDER, gone=True)]
        )
    touched = _touched(lines, part, parts)
    adopted = (
        orders.scan()
        .join(touched, on="order_id", how="semi")
        .join(parts.scan(ORDER).select("order_id").unique(), on="order_id", how="anti")
        .with_columns(pl.lit(value=False).alias("left_out"))
    )
    return pl.concat([_as_parts(lines, part), _as_parts(adopted, ORDER)])


def _as_parts(lines: pl.LazyFrame, part: str, *, gone: bool = False) -> pl.LazyFrame:
    return lines.with_columns(pl.lit(str(part)).alias("part")).select(
        *(pl.col(name).cast(kind) for name, kind in PART_SCHEMA.items()),
        pl.lit(gone).alias("gone"),
    )


def whole_changes(lines: pl.LazyFrame, orders: pl.LazyFrame) -> pl.LazyFrame:
    """Changes to the orders table (JOINED_SCHEMA) of orders that have no parts.

    lines: those to be stored; orders: the table.
    """
    both = [(lines, False), (going(lines, orders), True)]
    return pl.concat(
        frame.with_columns(pl.lit(gone).alias("gone")).select(
            pl.col(name).cast(kind) for name, kind in JOINED_SCHEMA.items()
        )
        for frame, gone in both
    )


def _touched(lines: pl.LazyFrame, part: FilePart, parts: OrderParts) -> pl.LazyFrame:
    """`order_id` of every order that these lines say something about."""
    named = lines.select("order_id").unique()
    if part is not FilePart.REFUND:
        return named
    by_line = (
        parts.scan(ITEM)
        .select("order_id", "line_key")
        .join(named, left_on="line_key", right_on="order_id", how="semi")
        .select("order_id")
    )
    return pl.concat([named, by_line]).unique()


def join_parts(
    folder: Path,
    lines: pl.LazyFrame,
    part: FilePart,
    orders: OrdersTable,
    parts: OrderParts,
    report: Report,
) -> pl.LazyFrame:
    """Changes to the orders table (JOINED_SCHEMA) that the parts ask for; files in `folder`.

    lines: the lines of the file that are to be stored; those of a file of orders whose orders have
    no parts are passed on as they are.
    """
    with replacing(folder) as out:
        touched = out / "touched.parquet"
        _touched(lines, part, parts).sink_parquet(touched, engine="streaming")
        refunds = out / "refunds.parquet"
        _refunds_of(pl.scan_parquet(touched, glob=False), parts).sink_parquet(
            refunds, engine="streaming"
        )
        changes = _assembled(touched, refunds, orders, parts, report)
        for number, some in enumerate(changes):
            some.write_parquet(part_path(out, number), compression="zstd")
    changed = scan_parts(folder, JOINED_SCHEMA)
    if part is not FilePart.ORDER:
        return changed
    plain = lines.join(parts.scan().select("order_id").unique(), on="order_id", how="anti")
    return pl.concat([whole_changes(plain, orders.scan()), changed])


def _refunds_of(touched: pl.LazyFrame, parts: OrderParts) -> pl.LazyFrame:
    """Refunds of the orders touched, under the order's own number; `target` is the number the
    refund names, which may be that of a line."""
    refunds = parts.scan(REFUND).with_columns(pl.col("order_id").alias("target"))
    by_order = refunds.join(touched, on="order_id", how="semi")
    lines = (
        parts.scan(ITEM)
        .join(touched, on="order_id", how="semi")
        .filter(pl.col("line_key") != pl.col("order_id"))
        .select(pl.col("order_id").alias("whole"), pl.col("line_key").alias("target"))
        .unique("target")
    )
    by_line = (
        refunds.join(touched, on="order_id", how="anti")
        .join(lines, on="target", how="inner")
        .with_columns(pl.col("whole").alias("order_id"))
    )
    columns = [*PART_SCHEMA, "target"]
    return pl.concat([by_order.select(columns), by_line.select(columns)])


def _assembled(
    touched: Path,
    refunds: Path,
    orders: OrdersTable,
    parts: OrderParts,
    report: Report,
) -> Iterator[pl.DataFrame]:
    """Changes, some orders at a time so that memory does not grow with the file."""
    names = pl.scan_parquet(touched, glob=False)
    rows = parts.scan(ORDER, ITEM).join(names, on="order_id", how="semi")
    count = int(rows.select(pl.len()).collect(engine="streaming").item())
    buckets = max(1, -(-count // LIMITS.part))
    for number in range(buckets):
        report("joining", number, buckets)
        here = pl.col("order_id").hash(seed=1) % buckets == number
        bucket = rows.filter(here).collect(engine="streaming")
        lines = assemble(
            bucket.filter(pl.col("part") == ORDER),
            bucket.filter(pl.col("part") == ITEM),
            pl.scan_parquet(refunds, glob=False).filter(here).collect(),
        )
        stored = (
            orders.scan()
            .filter(here)
            .join(bucket.lazy().select("order_id").unique(), on="order_id", how="semi")
            .collect(engine="streaming")
        )
        yield _changes(lines, stored)


def _changes(lines: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Lines to be written and lines to be taken away (JOINED_SCHEMA)."""
    same = lines.join(stored, on=_CONTENT, how="semi", nulls_equal=True).select(KEY)
    written = lines.join(same, on=list(KEY), how="anti").with_columns(
        pl.lit(value=False).alias("gone")
    )
    gone = stored.join(lines, on=list(KEY), how="anti").with_columns(
        pl.lit(value=True).alias("gone")
    )
    return pl.concat([written, gone]).select(list(JOINED_SCHEMA))
