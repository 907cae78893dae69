"""The lines of a file against what is stored: new, corrected or repeated.

A line is known by its key (order and line). Fields that this file does not have are no
correction: they keep what is stored. Nor does a file correct that was stored before, byte for
byte: what differs from it by now was corrected since.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.intake.finish import LINE_SCHEMA
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import FilePart, ImportId, OrderField
from regulars_platform.intake.overlap import find_overlap
from regulars_platform.intake.staging import (
    Folder,
    Report,
    part_path,
    read_json,
    replacing,
    write_json,
)
from regulars_platform.intake.tallies import Overlap, Share, Tallies
from regulars_platform.orders.parts import ITEM, ORDER, OrderParts
from regulars_platform.orders.table import KEY, ORDER_SCHEMA, TOLD_LATER, OrdersTable, in_schema
from regulars_platform.words import N_, Sentence

CONTENT = tuple(name for name in ORDER_SCHEMA if name not in (*KEY, "import_id", "source_line"))
_SOURCES: dict[str, tuple[OrderField, ...]] = {
    "customer_id": (OrderField.CUSTOMER_ID,),
    "household": (OrderField.HOUSEHOLD,),
    "ordered_at": (OrderField.ORDERED_AT,),
    "status": (OrderField.STATUS, OrderField.CANCELLED_AT, OrderField.PAID_AT),
    "product": (OrderField.PRODUCT,),
    "quantity": (OrderField.QUANTITY,),
    "discount": (OrderField.DISCOUNT,),
    "order_discount": (OrderField.ORDER_DISCOUNT, OrderField.PAYMENT_DISCOUNT),
    "shipping": (OrderField.SHIPPING,),
    "refund": (OrderField.REFUND,),
    "coupon": (OrderField.COUPON,),
    "channel": (OrderField.CHANNEL,),
}
"""Columns and what of a file fills them; TOLD_LATER are never emptied, whatever a file has."""

_STORED = "_stored"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the rows of a file are compared with.

    lines: stored rows of the same kind (ORDER_SCHEMA): of a file of orders, the orders as files of
    orders brought them, not as items and refunds completed them. whole: `order_id` and `amount` of
    every order that a file of orders brought. items: order_id, line_key and amount of stored items.
    version,
    parts_version: of the two tables these were read from (None: no such table).
    """

    part: FilePart
    lines: pl.LazyFrame
    whole: pl.LazyFrame
    items: pl.LazyFrame
    version: int | None
    parts_version: int | None


def what_is_known(orders: OrdersTable, parts: OrderParts, part: FilePart) -> Known:
    """The stored rows that a file of this kind is compared with, as they are now."""
    version, parts_version = orders.version(), parts.version()
    stored = orders.scan(version)
    kept = parts.scan(part).filter(~pl.col("left_out")).select(list(ORDER_SCHEMA))
    heads = parts.scan(ORDER).select("order_id", "amount")
    own = stored
    if parts_version is not None:
        own = stored.join(heads.select("order_id").unique(), on="order_id", how="anti")
    lines = pl.concat([own, kept]) if part is FilePart.ORDER else kept
    return Known(
        part=part,
        lines=lines,
        whole=_per_order(pl.concat([own.select("order_id", "amount"), heads])),
        items=parts.scan(ITEM).select("order_id", "line_key", "amount"),
        version=version,
        parts_version=parts_version,
    )


def _per_order(lines: pl.LazyFrame) -> pl.LazyFrame:
    return lines.group_by("order_id").agg(pl.col("amount").sum())


@dataclass(frozen=True, slots=True)
class Classified:
    """The tallies of a file against one state of what is stored (None: no table yet).

    before: the import that stored this very file earlier, if any.
    """

    tallies: Tallies
    version: int | None
    before: ImportId | None
    parts_version: int | None = None


def classify(
    folder: Folder,
    known: Known,
    mapping: Mapping[OrderField, str],
    report: Report,
    before: OrderImport | None,
) -> Classified:
    """Compare the prepared lines with what is `known`; result in `folder.classified`.

    before: the stored import of a file of the very same bytes (`repository.find_stored_before`);
    then no stored line is corrected, but for columns that are still blank.
    """
    facts = read_json(folder.prepared / "facts.json")
    parts = sorted(folder.prepared.glob("part-*.parquet"))
    with replacing(folder.classified) as out:
        for number, path in enumerate(parts):
            report("comparing", number, len(parts))
            prepared = in_schema(pl.scan_parquet(path, glob=False), LINE_SCHEMA).collect()
            lines = _with_fate(prepared, known, mapping, again=before is not None)
            left_out = pl.when("left_out").then(pl.lit("left_out")).otherwise(pl.col("fate"))
            lines = lines.with_columns(left_out.alias("fate"))
            lines.write_parquet(part_path(out, number), compression="zstd")
        report("comparing", len(parts), len(parts))
        overlap = None
        if known.version is not None and known.part is FilePart.ORDER:
            overlap = find_overlap(out, known.lines, parts=max(1, len(parts)))
        tallies = _tally(out, folder.prepared, facts, overlap, before, known)
        result = Classified(
            tallies, known.version, None if before is None else before.id, known.parts_version
        )
        write_json(
            out / "facts.json",
            {
                "version": result.version,
                "parts_version": result.parts_version,
                "before": result.before,
                "tallies": tallies.as_json(),
            },
        )
    return result


def read_classified(folder: Folder) -> Classified | None:
    """The last result of `classify`, if there is one."""
    facts = read_json(folder.classified / "facts.json")
    if facts is None:
        return None
    return Classified(
        Tallies.from_json(facts["tallies"]),
        facts["version"],
        facts.get("before"),
        facts.get("parts_version"),
    )


def _with_fate(
    lines: pl.DataFrame, known: Known, mapping: Mapping[OrderField, str], *, again: bool
) -> pl.DataFrame:
    """again: the very same file was stored before; then it only fills what is not known yet, as
    where the columns of TOLD_LATER were left out then."""
    if (known.version is None and known.parts_version is None) or lines.is_empty():
        return lines.with_columns(
            pl.lit("new").alias("fate"), pl.lit(value=False).alias("order_known")
        )
    stored = (
        known.lines.join(lines.lazy().select("order_id").unique(), on="order_id", how="semi")
        .select(*KEY, *(pl.col(name).alias(name + _STORED) for name in CONTENT))
        .collect(engine="streaming")
    )
    orders = (
        stored.select("order_id").unique().with_columns(pl.lit(value=True).alias("order_known"))
    )
    frame = (
        lines.join(
            stored.with_columns(pl.lit(value=True).alias("found")),
            on=list(KEY),
            how="left",
            maintain_order="left",
        )
        .join(orders, on="order_id", how="left", maintain_order="left")
        .with_columns(pl.col("order_known", "found").fill_null(value=False))
    )
    # what this file does not say stays as it is stored
    silent = [
        name for name, sources in _SOURCES.items() if not any(field in mapping for field in sources)
    ]
    refund = pl.col("refund")
    if OrderField.REFUND not in mapping and OrderField.PAID_AT in mapping:
        # such a file tells of returned orders only; what another told of refunds stands
        refund = pl.max_horizontal("refund", pl.col("refund" + _STORED).fill_null(0))
        silent.remove("refund")
    frame = frame.with_columns(refund.alias("refund")).with_columns(
        *(
            pl.when("found").then(pl.col(name + _STORED)).otherwise(pl.col(name)).alias(name)
            for name in silent
        ),
        *(pl.coalesce(name, name + _STORED).alias(name) for name in TOLD_LATER),
    )
    same = {name: pl.col(name).eq_missing(pl.col(name + _STORED)) for name in CONTENT}
    blank = {name: pl.col(name + _STORED).is_null() for name in TOLD_LATER}
    filled = pl.all_horizontal(same[name] | blank.get(name, False) for name in CONTENT)
    fate = (
        pl.when(~pl.col("found"))
        .then(pl.lit("new"))
        .when(pl.all_horizontal(same.values()))
        .then(pl.lit("repeated"))
        .when(pl.lit(again) & ~filled)
        .then(pl.lit("repeated"))
        .otherwise(pl.lit("corrected"))
    )
    return frame.with_columns(fate.alias("fate")).select(*LINE_SCHEMA, "fate", "order_known")


def _orders_in_another_form(lines: pl.LazyFrame) -> Iterator[Sentence]:
    """Orders that are stored, but with none of the lines they have here: perhaps the same orders
    exported once as a whole and once line by line."""
    found = (
        lines.group_by("order_id")
        .agg(
            pl.len().alias("lines"),
            (pl.col("order_known") & (pl.col("fate") == "new")).all().alias("other"),
        )
        .filter("other")
        .select(pl.len().alias("orders"), pl.col("lines").sum())
        .collect(engine="streaming")
        .row(0, named=True)
    )
    if found["orders"]:
        yield Sentence(
            N_(
                "%(orders)s orders are stored already, but with other lines than here; their"
                " %(lines)s lines would be added to them. If this file holds the same orders in"
                " another form (whole orders or single lines), do not store it."
            ),
            found,
        )


def _stored_before(before: OrderImport | None) -> Iterator[Sentence]:
    if before is None:
        return
    moment = before.stored_at or before.received_at
    yield Sentence(
        N_(
            "This very file was stored before (“%(filename)s”, %(stored_at)s). Of what is stored"
            " only blanks are filled: corrections that came later stand."
        ),
        {
            "filename": before.filename,
            "stored_at": f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC",
        },
    )


def _tally(
    classified: Path,
    prepared: Path,
    facts: Mapping[str, Any],
    overlap: Overlap | None,
    before: OrderImport | None,
    known: Known,
) -> Tallies:
    lines = pl.scan_parquet(sorted(classified.glob("part-*.parquet")), glob=False)
    own_repeats = pl.read_parquet(prepared / "own_repeats.parquet", glob=False)
    shares = {
        fate: Share(lines=int(count), money=int(money))
        for fate, count, money in lines.group_by("fate")
        .agg(pl.len(), pl.col("amount").cast(pl.Int128).sum())
        .collect(engine="streaming")
        .iter_rows()
    }
    again = Share(lines=own_repeats.height, money=int(own_repeats["amount"].cast(pl.Int128).sum()))
    about = (
        lines.select(
            pl.col("customer_id").is_null().sum().alias("unattributed"),
            (pl.col("customer_id").is_null() & pl.col("masked")).sum().alias("masked"),
            pl.col("order_id").n_unique().alias("orders"),
            pl.col("customer_id").drop_nulls().n_unique().alias("customers"),
            pl.col("ordered_at").min().alias("first_at"),
            pl.col("ordered_at").max().alias("last_at"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    whole = known.part is FilePart.ORDER
    unattributed = about["unattributed"] + own_repeats["customer_id"].null_count() if whole else 0
    waiting_lines, waiting_orders = _count_waiting(lines, known)
    corrected = shares.get("corrected", Share())
    tallies = Tallies(
        read=Share(lines=facts["read_lines"], money=facts["read_money"]),
        stored=shares.get("new", Share()) + corrected,
        corrected=corrected,
        repeated=shares.get("repeated", Share()) + again,
        overlapping=Share(),
        rejected=Share(**facts["rejected"]),
        unreadable_amounts=facts["unreadable_amounts"],
        unattributed=unattributed,
        masked=about["masked"],
        orders=about["orders"],
        customers=about["customers"],
        first_at=about["first_at"],
        last_at=about["last_at"],
        reasons=facts["reasons"],
        unknown_status_words=facts["unknown_status_words"],
        overlap=overlap,
        notes=(
            *(Sentence.from_json(note) for note in facts["notes"]),
            *_stored_before(before),
            *(_orders_in_another_form(lines) if whole else ()),
            *_lines_missing(lines, known),
        ),
        left_out=shares.get("left_out", Share()),
        part=str(known.part),
        waiting_lines=waiting_lines,
        waiting_orders=waiting_orders,
    )
    if not tallies.adds_up:
        raise AssertionError(f"lines went astray: {tallies}")
    return tallies


_CENT = 100  # ten-thousandths


def _lines_missing(lines: pl.LazyFrame, known: Known) -> Iterator[Sentence]:
    """Orders whose items come to less than was paid for them: some lines may not be there."""
    alone = known.part is FilePart.ORDER and known.parts_version is None
    if alone or known.part is FilePart.REFUND:
        return
    mine = _per_order(lines.filter(pl.col("fate") != "left_out"))
    whole, items = (
        (mine, _per_order(known.items)) if known.part is FilePart.ORDER else (known.whole, mine)
    )
    short = whole.join(items, on="order_id", how="inner", suffix="_of_items").filter(
        pl.col("amount_of_items") < pl.col("amount") - _CENT
    )
    orders = int(short.select(pl.len()).collect(engine="streaming").item())
    if orders:
        yield Sentence(
            N_(
                "Of %(orders)s orders the lines come to less than the order itself: lines may be"
                " missing. The order's money is what counts; it is shared over the lines that are"
                " there."
            ),
            {"orders": orders},
        )


def _count_waiting(lines: pl.LazyFrame, known: Known) -> tuple[int, int]:
    """Lines and orders of items or refunds whose order no file of orders has brought yet."""
    if known.part is FilePart.ORDER:
        return 0, 0
    waiting = lines.filter(pl.col("fate") != "left_out").join(
        known.whole, on="order_id", how="anti"
    )
    if known.part is FilePart.REFUND:
        # a refund may name a line by its own number
        found = known.items.join(known.whole, on="order_id", how="semi").select("line_key")
        waiting = waiting.join(found, left_on="order_id", right_on="line_key", how="anti")
    counts = waiting.select(pl.len().alias("lines"), pl.col("order_id").n_unique().alias("orders"))
    found_lines, found_orders = counts.collect(engine="streaming").row(0)
    return int(found_lines), int(found_orders)
