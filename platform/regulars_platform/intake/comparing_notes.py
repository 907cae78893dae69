"""What a person should know of a file beside what is stored, in sentences."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.known import Known, per_order
from regulars_platform.intake.models import FilePart
from regulars_platform.words import N_, Sentence


def notes_on(
    parts: Sequence[pl.LazyFrame], known: Known, before: OrderImport | None
) -> Iterator[Sentence]:
    """Notes on the lines of a file with their fate (staging.FATE_SCHEMA), whole orders in each
    part: what is counted by order adds up over them."""
    yield from _stored_before(before)
    yield from _older(parts)
    if known.part is FilePart.ORDER:
        yield from _told_anew(parts)
        yield from _orders_in_another_form(parts)
        yield from _several_customers(parts)
    yield from _lines_missing(pl.concat(parts), known)


def _sum(questions: Iterable[pl.LazyFrame]) -> tuple[int, ...]:
    """The one row of numbers that each part answers with, added up."""
    answers = [question.collect(engine="streaming") for question in questions]
    return tuple(int(total) for total in pl.concat(answers).sum().row(0))


def _older(parts: Sequence[pl.LazyFrame]) -> Iterator[Sentence]:
    (count,) = _sum(part.select(pl.col("older").sum()) for part in parts)
    if count:
        yield Sentence(
            N_(
                "%(lines)s lines wait for their payment here, but are stored as paid or closed:"
                " this file is older, and what is stored stays."
            ),
            {"lines": count},
        )


def _told_anew(parts: Sequence[pl.LazyFrame]) -> Iterator[Sentence]:
    (orders,) = _sum(
        part.filter("replaces").select(pl.col("order_id").n_unique()) for part in parts
    )
    if orders:
        yield Sentence(
            N_(
                "%(orders)s orders are stored with other lines than here. This file tells them as"
                " a whole: its lines take the place of those, and each order counts once."
            ),
            {"orders": orders},
        )


def _several_customers(parts: Sequence[pl.LazyFrame]) -> Iterator[Sentence]:
    (orders,) = _sum(
        part.group_by("order_id")
        .agg(pl.col("customer_id").drop_nulls().n_unique().alias("customers"))
        .filter(pl.col("customers") > 1)
        .select(pl.len())
        for part in parts
    )
    if orders:
        yield Sentence(
            N_(
                "%(orders)s orders name more than one customer; each is counted for the first of"
                " them by name. Are these different orders that share a number?"
            ),
            {"orders": orders},
        )


def _orders_in_another_form(parts: Sequence[pl.LazyFrame]) -> Iterator[Sentence]:
    """Orders that are stored, but with none of the lines they have here: perhaps the same orders
    exported once as a whole and once line by line."""
    orders, lines = _sum(
        part.group_by("order_id")
        .agg(
            pl.len().alias("lines"),
            (pl.col("order_known") & (pl.col("fate") == "new")).all().alias("other"),
        )
        .filter("other")
        .select(pl.len().alias("orders"), pl.col("lines").sum())
        for part in parts
    )
    if orders:
        yield Sentence(
            N_(
                "%(orders)s orders are stored already, but with other lines than here; their"
                " %(lines)s lines would be added to them. If this file holds the same orders in"
                " another form (whole orders or single lines), do not store it."
            ),
            {"orders": orders, "lines": lines},
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


_CENT = 100  # ten-thousandths


def _lines_missing(lines: pl.LazyFrame, known: Known) -> Iterator[Sentence]:
    """Orders whose items come to less than was paid for them: some lines may not be there."""
    alone = known.part is FilePart.ORDER and known.parts_version is None
    if alone or known.part is FilePart.REFUND:
        return
    mine = per_order(lines.filter(pl.col("fate") != "left_out"))
    whole, items = (
        (mine, per_order(known.items)) if known.part is FilePart.ORDER else (known.whole, mine)
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
