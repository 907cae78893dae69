"""What the due list shows, formatted."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl
from flask_babel import gettext

from regulars_platform.cycle.best_channel import ChannelRecord
from regulars_platform.cycle.best_for import Best
from regulars_platform.cycle.service import Cycle
from regulars_web.formats import date, date_time, number, percent
from regulars_web.pages.cycle.words import (
    BANDS,
    BASES,
    MARKS,
    backtest_sentence,
    channel_text,
    not_told_apart,
    rests_text,
)
from regulars_web.product_labels import product_labels
from regulars_web.words.plans import channel_word

MOST_ROWS = 25
MOST_PRODUCTS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class DueRow:
    """One customer and product. label: the product as the reader knows it; channel: the word;
    record: its counts with this customer; of customers alike whether it is told apart."""

    customer_id: str
    product: str
    label: str
    address: str
    last: str
    rests: str
    mark: str
    corrected: str
    channel: str
    record: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DueDay:
    """One day of the list. overdue: before its first day."""

    day: str
    overdue: bool
    count: str
    rows: tuple[DueRow, ...]


def page_of(rows: pl.DataFrame, page: int) -> pl.DataFrame:
    """The rows of one page, from 0 on."""
    return rows.slice(page * MOST_ROWS, MOST_ROWS)


def due_days(
    rows: pl.DataFrame, page: int, best: Best, first: dt.date, currency: str
) -> tuple[DueDay, ...]:
    """One page of the list, by day. page: from 0 on."""
    counts = dict(rows.group_by("due_on").len().iter_rows())
    of_page = page_of(rows, page)
    labels = product_labels(of_page["product"].unique().to_list())
    shown = of_page.iter_rows(named=True)
    return tuple(
        DueDay(
            day=date(day),
            overdue=day < first,
            count=number(counts[day]),
            rows=tuple(_due_row(row, best, labels, currency) for row in of_day),
        )
        for day, of_day in groupby(shown, key=lambda row: row["due_on"])
    )


def _due_row(
    row: Mapping[str, Any], best: Best, labels: Mapping[str, str], currency: str
) -> DueRow:
    record = best.of(row["customer_id"])
    return DueRow(
        customer_id=row["customer_id"],
        product=row["product"],
        label=labels[row["product"]],
        address=row["address"] or "",
        last=str(
            gettext(
                "%(pieces)s on %(day)s", pieces=number(row["pieces"]), day=date(row["last_day"])
            )
        ),
        rests=rests_text(row),
        mark=str(MARKS[row["mark"]]) if row["mark"] else "",
        corrected=_corrected(row),
        channel="" if record is None else channel_word(record.channel),
        record=_record_text(record, currency),
    )


def _record_text(record: ChannelRecord | None, currency: str) -> str:
    if record is None:
        return ""
    if record.own:
        return channel_text(record, currency)
    return not_told_apart() if record.tied else ""


def _corrected(row: Mapping[str, Any]) -> str:
    if not row["is_corrected"]:
        return ""
    return str(
        gettext(
            "corrected by %(name)s on %(moment)s: %(reason)s (worked out: %(day)s)",
            name=row["made_by_name"],
            moment=date_time(row["made_at"]),
            reason=row["reason"],
            day=date(row["computed_on"]),
        )
    )


def alike_rows(best: Best, currency: str) -> list[dict[str, str]]:
    """Every channel of customers alike, the best first."""
    return [
        {
            "band": str(BANDS[band]),
            "channel": channel_word(record.channel),
            "text": channel_text(record, currency),
            "share": percent(record.share, 0),
        }
        for band, records in best.alike.items()
        for record in records
    ]


def tried_page(cycle: Cycle) -> dict[str, Any]:
    """The back-test: its sentence, when it was split, and a row for each way of telling a date."""
    found = cycle.document["backtest"]
    if not found:
        return {
            "said": str(
                gettext("The orders reach back too short a time to try the dates on the past.")
            ),
            "rows": [],
        }
    return {
        "said": backtest_sentence(found),
        "split": date(dt.date.fromisoformat(found["split"])),
        "until": date(dt.date.fromisoformat(found["until"])),
        "rows": [
            _tried(str(BASES[basis]), row) for basis, row in found["by"].items() if row["told"]
        ],
    }


def _tried(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    share = row["share"]
    return {
        "name": name,
        "told": number(row["told"]),
        "near": number(row["near"]),
        "early": number(row["early"]),
        "late": number(row["late"]),
        "share": "–" if share is None else percent(share[0], 0),
        "limits": str(gettext("nobody came"))
        if share is None
        else str(
            gettext("%(low)s to %(high)s", low=percent(share[1], 0), high=percent(share[2], 0))
        ),
    }


def product_rows(cycle: Cycle) -> list[dict[str, str]]:
    """Products by how many bought them."""
    rows = cycle.products.sort(["buyers", "product"], descending=[True, False]).head(MOST_PRODUCTS)
    labels = product_labels(rows["product"].to_list())
    return [
        {
            "product": labels[row["product"]],
            "days": "–" if row["unit"] is None else number(row["unit"], 1),
            "limits": str(gettext("too few came back"))
            if row["unit"] is None
            else str(
                gettext(
                    "%(low)s to %(high)s",
                    low=number(row["unit_low"], 1),
                    high=number(row["unit_high"], 1),
                )
            ),
            "customers": number(row["customers"]),
            "waiting": number(row["waiting"]),
        }
        for row in rows.iter_rows(named=True)
    ]
