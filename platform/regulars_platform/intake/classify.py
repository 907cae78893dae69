"""The lines of a file against what is stored: new, corrected or repeated.

A line is known by its key (order and line). Fields that this file does not have are no
correction: they keep what is stored. Nor does a file correct that was stored before, byte for
byte: what differs from it by now was corrected since.
"""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.intake.comparing_notes import notes_on
from regulars_platform.intake.finish import LINE_SCHEMA
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.known import Known
from regulars_platform.intake.limits import LIMITS
from regulars_platform.intake.models import FilePart, ImportId, OrderField, OrderForm
from regulars_platform.intake.overlap import find_overlap
from regulars_platform.intake.spreading import spread
from regulars_platform.intake.staging import (
    FATE_SCHEMA,
    Folder,
    Report,
    part_path,
    read_json,
    replacing,
    write_json,
)
from regulars_platform.intake.takeover import beside_stored, is_older
from regulars_platform.intake.tallies import Overlap, Share, Tallies
from regulars_platform.orders.table import KEY, ORDER_SCHEMA, TOLD_LATER, in_schema
from regulars_platform.words import Sentence

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
    same_file: Collection[int] = (),
) -> Classified:
    """Compare the prepared lines with what is `known`; result in `folder.classified`.

    before: the stored import of a file of the very same bytes (`repository.find_stored_before`);
    then no stored line is corrected, but for columns that are still blank. same_file: all stored
    imports of the same bytes: read in another way, the file corrects even what it made paid.
    """
    facts = read_json(folder.prepared / "facts.json")
    parts = sorted(folder.prepared.glob("part-*.parquet"))
    told = Told(
        mapping=mapping,
        form=OrderForm(facts.get("order_form", OrderForm.LINES)),
        again=before is not None,
        same_file=same_file,
    )
    with replacing(folder.classified) as out:
        for number, path in enumerate(parts):
            report("comparing", number, len(parts))
            prepared = in_schema(pl.scan_parquet(path, glob=False), LINE_SCHEMA).collect()
            lines = _with_fate(prepared, known, told)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a file tells: its columns, and how much of an order at once. again: the very same file
    was stored before, read in the same way; then it only fills what is not known yet, as where the
    columns of TOLD_LATER were left out then. same_file: all imports of the same bytes."""

    mapping: Mapping[OrderField, str]
    form: OrderForm
    again: bool
    same_file: Collection[int]


def _with_fate(lines: pl.DataFrame, known: Known, told: Told) -> pl.DataFrame:
    """The lines with what becomes of them (FATE_SCHEMA)."""
    lines = lines.with_columns(pl.col("amount").alias("read_amount"))
    if (known.version is None and known.parts_version is None) or lines.is_empty():
        no = pl.lit(value=False)
        return lines.with_columns(fate=pl.lit("new"), order_known=no, older=no, replaces=no).select(
            list(FATE_SCHEMA)
        )
    orders = lines.lazy().select("order_id").unique()
    # single lines take nobody's place
    others = known.keys.head(0) if told.form is OrderForm.LINES else known.keys
    stored, keys = pl.collect_all(
        [
            known.lines.join(orders, on="order_id", how="semi").select(
                "order_id",
                pl.col("line_key").alias("stored_key"),
                pl.col("import_id").alias("wrote"),
                *(pl.col(name).alias(name + _STORED) for name in CONTENT),
            ),
            others.join(orders, on="order_id", how="semi"),
        ],
        engine="streaming",
    )
    frame = _with_what_is_not_said(beside_stored(lines, stored, keys, told.form), told)
    frame = frame.with_columns(is_older(told.same_file).alias("older"))
    if told.form is OrderForm.WHOLE:
        # neither an older file nor the same one again takes away what came between
        frame = frame.with_columns(pl.col("replaces") & ~pl.col("older") & pl.lit(not told.again))
    stays = pl.col("found") & (pl.col("older") | (pl.col("replaces") & pl.lit(told.again)))
    frame = frame.with_columns(
        pl.when(stays).then(pl.coalesce(name + _STORED, name)).otherwise(pl.col(name)).alias(name)
        for name in CONTENT
    )
    return frame.with_columns(_fate(told).alias("fate")).select(list(FATE_SCHEMA))


def _with_what_is_not_said(frame: pl.DataFrame, told: Told) -> pl.DataFrame:
    """What the file does not say stays as it is stored."""
    silent = [
        name
        for name, sources in _SOURCES.items()
        if not any(field in told.mapping for field in sources)
    ]
    refund = pl.col("refund")
    if OrderField.REFUND not in told.mapping and OrderField.PAID_AT in told.mapping:
        # such a file tells of returned orders only; what another told of refunds stands
        refund = pl.max_horizontal("refund", pl.col("refund" + _STORED).fill_null(0))
        silent.remove("refund")
    # of an order told in one row a blank title takes no title away
    filled = (*TOLD_LATER, "product") if told.form is OrderForm.ROW else TOLD_LATER
    silent = [name for name in silent if name not in filled]
    return frame.with_columns(refund.alias("refund")).with_columns(
        *(
            pl.when("found").then(pl.col(name + _STORED)).otherwise(pl.col(name)).alias(name)
            for name in silent
        ),
        *(pl.coalesce(name, name + _STORED).alias(name) for name in filled),
    )


def _fate(told: Told) -> pl.Expr:
    same = {name: pl.col(name).eq_missing(pl.col(name + _STORED)) for name in CONTENT}
    blank = {name: pl.col(name + _STORED).is_null() for name in TOLD_LATER}
    filled = pl.all_horizontal(same[name] | blank.get(name, False) for name in CONTENT)
    # an order is told anew as a whole, or not at all
    whole = pl.col("order_known") & pl.lit(told.form is OrderForm.WHOLE)
    return (
        pl.when("replaces")
        .then(pl.lit("corrected"))
        .when(~pl.col("found") & whole & (pl.col("older") | pl.lit(told.again)))
        .then(pl.lit("repeated"))
        .when(~pl.col("found"))
        .then(pl.lit("new"))
        .when(pl.all_horizontal(same.values()))
        .then(pl.lit("repeated"))
        .when(pl.lit(told.again) & ~filled)
        .then(pl.lit("repeated"))
        .otherwise(pl.lit("corrected"))
    )


def _tally(
    classified: Path,
    prepared: Path,
    facts: Mapping[str, Any],
    overlap: Overlap | None,
    before: OrderImport | None,
    known: Known,
) -> Tallies:
    paths = sorted(classified.glob("part-*.parquet"))
    lines = pl.scan_parquet(paths, glob=False)
    parts = [pl.scan_parquet(path, glob=False) for path in paths]
    again, nobody = _own_repeats(prepared)
    shares = _by_fate(lines)
    about = _whom_and_when(parts, classified / "customers")
    unattributed = about["unattributed"] + nobody if known.part is FilePart.ORDER else 0
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
            *notes_on(parts, known, before),
        ),
        left_out=shares.get("left_out", Share()),
        part=str(known.part),
        waiting_lines=waiting_lines,
        waiting_orders=waiting_orders,
    )
    if not tallies.adds_up:
        raise AssertionError(f"lines went astray: {tallies}")
    return tallies


def _by_fate(lines: pl.LazyFrame) -> dict[str, Share]:
    counted = lines.group_by("fate").agg(pl.len(), pl.col("read_amount").cast(pl.Int128).sum())
    return {
        fate: Share(lines=int(count), money=int(money))
        for fate, count, money in counted.collect(engine="streaming").iter_rows()
    }


def _own_repeats(prepared: Path) -> tuple[Share, int]:
    """Lines that the file itself holds again, and how many of them name nobody."""
    again = pl.scan_parquet(prepared / "own_repeats.parquet", glob=False)
    count, money, nobody = (
        again.select(
            pl.len(),
            pl.col("amount").cast(pl.Int128).sum(),
            pl.col("customer_id").null_count().alias("nobody"),
        )
        .collect(engine="streaming")
        .row(0)
    )
    return Share(lines=int(count), money=int(money)), int(nobody)


def _whom_and_when(parts: Sequence[pl.LazyFrame], work: Path) -> dict[str, Any]:
    """How many lines name nobody, how many orders and customers they are of, and their times.

    parts: whole orders in each, so that orders add up over them; customers are spread below `work`
    to be counted, which is removed.
    """
    kept = [part.filter(pl.col("fate") != "left_out") for part in parts]
    nobody = pl.col("customer_id").is_null()
    counted = pl.concat(
        [
            part.select(
                nobody.sum().alias("unattributed"),
                (nobody & pl.col("masked")).sum().alias("masked"),
                pl.col("order_id").n_unique().alias("orders"),
                pl.col("ordered_at").min().alias("first_at"),
                pl.col("ordered_at").max().alias("last_at"),
            ).collect(engine="streaming")
            for part in kept
        ]
    )
    sums = ("unattributed", "masked", "orders")
    about = counted.select(pl.col(sums).sum(), pl.col("first_at").min(), pl.col("last_at").max())
    return {**about.row(0, named=True), "customers": _count_customers(kept, work)}


def _count_customers(parts: Sequence[pl.LazyFrame], work: Path) -> int:
    """How many customers these lines name, each counted once, in memory for some of them."""
    customer = pl.col("customer_id")
    named = (part.select(customer.drop_nulls().unique()).collect() for part in parts)
    try:
        spread_out = spread(named, work, customer, parts=len(parts), at_once=LIMITS.part)
        return sum(
            int(pl.scan_parquet(paths, glob=False).select(customer.n_unique()).collect().item())
            for paths in spread_out
            if paths
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


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
