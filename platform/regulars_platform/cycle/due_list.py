"""The list of who is due, day by day: whoever may be contacted, and how many may not."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.csv_files import csv_pieces
from regulars_platform.cycle.best_for import Best
from regulars_platform.cycle.corrections import read_corrections
from regulars_platform.cycle.held_back import held_back
from regulars_platform.cycle.service import Cycle, due_rows, lapsed
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.addresses import barred_addresses
from regulars_platform.reach.gate import GLOBAL_HOLDOUT, open_gate
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import CHANNELS

AHEAD = 7
MOST_AHEAD = 92
LATE = 30
"""Days overdue from which on somebody is no longer listed."""

CSV_COLUMNS = (
    *("due_on", "customer_id", "address", "product", "title", "last_bought_on", "pieces"),
    *(
        "rests_on",
        "based_on",
        "corrected_by",
        "reason",
        "mark",
        "best_channel",
        "contacts",
        "ordered",
    ),
    "cost_per_contact",
    "told_apart",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueAsked:
    """day: the first of the list; ahead: so many days more; channel: by which they are reached."""

    day: dt.date
    ahead: int = AHEAD
    channel: str = "phone"


@dataclass(frozen=True, kw_only=True, slots=True)
class DueList:
    """rows: due_on, customer_id, product, last_day, pieces, rests_on, based_on, mark, is_corrected,
    computed_on, reason, made_by_name, made_at and address; by day from the first on, then those
    overdue, the latest first.

    barred: opted out or no consent; held_back: in a holdout (the global one, a campaign's or a
    programme's). They are counted, never listed. stopped: customers and products due by the dates
    whom staff have taken off the list.
    """

    rows: pl.DataFrame
    barred: int
    held_back: int
    stopped: int


def build_due_list(
    session: Session, settings: Settings, shop_id: int, cycle: Cycle, asked: DueAsked
) -> DueList:
    """Who is due from the day on, and who was within LATE days before and has not come."""
    found = _due(session, shop_id, cycle, asked)
    names = found["customer_id"].unique()
    gate = open_gate(
        session,
        settings,
        shop_id,
        channels=(asked.channel,),
        day=asked.day,
        among=names.to_list(),
    )
    reasons = pl.DataFrame({"customer_id": names, "reason_not": gate.barred(names)})
    silent = held_back(session, settings, shop_id, asked.day)
    marked = found.join(reasons, on="customer_id", how="left").with_columns(
        (
            (pl.col("reason_not") == GLOBAL_HOLDOUT).fill_null(False)
            | pl.col("customer_id").is_in(list(silent))
        ).alias("held")
    )
    free = marked.filter(pl.col("reason_not").is_null() & ~pl.col("held"))
    held = marked.filter("held")["customer_id"].n_unique()
    barred = marked.filter(pl.col("reason_not").is_not_null() & ~pl.col("held"))
    rows = _with_address(settings, shop_id, free.drop("reason_not", "held"), asked.channel)
    told = rows["address"].drop_nulls().unique().to_list()
    # somebody who is not to be reached has the same address under another id
    also = barred_addresses(session, settings, shop_id, asked.channel, told, day=asked.day)
    reached = pl.col("address").is_in(pl.Series(sorted(also), dtype=pl.String).implode())
    silenced = rows.filter(reached)["customer_id"].n_unique()
    return DueList(
        rows=rows.filter(~reached.fill_null(False)),
        barred=barred["customer_id"].n_unique() + silenced,
        held_back=held,
        stopped=_stopped(session, shop_id, cycle, asked),
    )


def _between(day: pl.Expr, asked: DueAsked) -> pl.Expr:
    first = asked.day - dt.timedelta(days=LATE)
    return day.is_between(first, asked.day + dt.timedelta(days=asked.ahead))


def _due(session: Session, shop_id: int, cycle: Cycle, asked: DueAsked) -> pl.DataFrame:
    return (
        due_rows(session, shop_id, cycle)
        .filter(_between(pl.col("due_on"), asked) & ~lapsed(asked.day))
        .collect(engine="streaming")
        .sort(
            pl.col("due_on") < asked.day,
            (pl.col("due_on") - asked.day).abs(),
            "customer_id",
            "product",
        )
    )


def _stopped(session: Session, shop_id: int, cycle: Cycle, asked: DueAsked) -> int:
    if read_corrections(session, shop_id).is_empty():
        return 0
    rows = due_rows(session, shop_id, cycle)
    off = (
        pl.col("is_corrected") & pl.col("due_on").is_null() & _between(pl.col("computed_on"), asked)
    )
    return int(rows.filter(off).select(pl.len()).collect(engine="streaming").item())


def _with_address(
    settings: Settings, shop_id: int, rows: pl.DataFrame, channel: str
) -> pl.DataFrame:
    column = CHANNELS[channel].address
    if not column:
        return rows.with_columns(pl.lit(None, dtype=pl.String).alias("address"))
    people = DatasetTable(settings.shop_dir(shop_id), "customers").scan()
    known = (
        people.select("customer_id", pl.col(column).alias("address"))
        .join(rows.lazy().select("customer_id").unique(), on="customer_id", how="semi")
        .collect(engine="streaming")
    )
    return rows.join(known, on="customer_id", how="left", maintain_order="left")


def due_csv(rows: Iterator[tuple[object, ...]]) -> Iterator[bytes]:
    """CSV_COLUMNS in pieces, made harmless to spreadsheets."""
    return csv_pieces(CSV_COLUMNS, rows)


def csv_rows(
    rows: pl.DataFrame, best: Best, titles: Mapping[str, str]
) -> Iterator[tuple[object, ...]]:
    """One tuple per row of the list, in the order of CSV_COLUMNS."""
    for row in rows.iter_rows(named=True):
        record = best.of(row["customer_id"])
        cost = None if record is None or record.cost is None else Decimal(str(record.cost)) / 10_000
        yield (
            row["due_on"].isoformat(),
            row["customer_id"],
            row["address"] or "",
            row["product"],
            titles.get(row["product"], ""),
            row["last_day"].isoformat(),
            Decimal(f"{row['pieces']:.4f}").normalize() + 0,
            row["rests_on"],
            "" if row["based_on"] is None else row["based_on"],
            row["made_by_name"] or "",
            row["reason"] or "",
            row["mark"] or "",
            "" if record is None else record.channel,
            "" if record is None else record.contacts,
            "" if record is None else record.ordered,
            "" if cost is None else cost.quantize(Decimal("0.0001")).normalize() + 0,
            "" if record is None else "no" if record.tied else "yes",
        )
