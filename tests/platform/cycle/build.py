"""Shops whose products run out on days that can be worked out by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.cycle.working_out import Read, work_out_dates
from regulars_platform.datasets.kinds import KINDS
from tests.platform.customers.build import line, lines

START = dt.date(2026, 1, 1)


def bought(customer: str, product: str, *days: int, pieces: float | list[float] = 1.0) -> list[Any]:
    """One order of a product on each of these days after START."""
    counts = pieces if isinstance(pieces, list) else [pieces] * len(days)
    return [
        line(
            f"{customer}-{product}-{day}",
            customer,
            (START + dt.timedelta(days=day)).isoformat(),
            10,
            product=product,
            quantity=round(count * 10_000),
        )
        for day, count in zip(days, counts, strict=True)
    ]


def listed(*rows: dict[str, Any]) -> pl.LazyFrame:
    """The products' file."""
    return pl.LazyFrame(list(rows), schema=KINDS["products"].schema)


def worked_out(
    folder: Path, rows: list[dict[str, Any]], products: pl.LazyFrame | None = None
) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[str, Any]]:
    """(customer, product) -> its row, and the document."""
    read = Read(
        lines=lines(*rows),
        products=listed() if products is None else products,
        timezone="Asia/Shanghai",
    )
    document = work_out_dates(read, folder, "k")
    assert document is not None
    frame = pl.read_parquet(folder / "cycle" / "rows-k.parquet")
    found = {(row["customer_id"], row["product"]): row for row in frame.iter_rows(named=True)}
    return found, document
