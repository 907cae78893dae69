"""Customers who want no contact, by a file: onto the list of those whom nothing may reach.

A file puts customers on the list; none ever takes one off.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions, chunks

_AT_ONCE = 2_000  # customers per unit of work: others have to write in between
REASONS = {
    "opted_out": "opted out, by a file of customers",
    "unsubscribed": "unsubscribed, by a contact log",
    "complained": "complained, by a contact log",
}
"""What the list says of each."""


def suppress(database: Database, shop_id: int, path: Path, now: dt.datetime) -> int:
    """Put the customers of `path` (columns customer_id, reason) on the list of the shop; returns
    how many were not on it yet. Run again, it adds nobody twice."""
    if not path.exists():
        return 0
    added = 0
    frame = pl.read_parquet(path, glob=False)
    for reason in sorted(frame["reason"].unique()):
        names = frame.filter(pl.col("reason") == reason)["customer_id"]
        for some in chunks(iter(names), _AT_ONCE):
            with database.unit_of_work() as session:
                result = add_suppressions(
                    session,
                    shop_id=shop_id,
                    lines=_lines(some),
                    reason=REASONS[reason],
                    now=now,
                )
            added += result.added
    return added


def _lines(names: Iterable[str]) -> Iterator[str]:
    """A CSV file with one heading, so that commas in an id part nothing."""
    yield "customer_id"
    for name in names:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow([name])
        yield line.getvalue()
