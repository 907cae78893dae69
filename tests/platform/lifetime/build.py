"""Shops whose customers come back by a known law, and CDNOW as a shop."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from regulars_experiments.bgnbd import BgNbd
from regulars_platform.orders.table import MONEY_SCALE, ORDER_SCHEMA
from tests.cdnow import cdnow_tenth
from tests.platform.customers.build import line, lines

LAW = BgNbd(r=0.8, alpha=6.0, a=0.7, b=2.5)
"""Per week."""


def write_lines(shop_dir: Path, rows: list[dict[str, object]]) -> None:
    """Order lines as the shop's first version."""
    lines(*rows).collect().write_delta(shop_dir / "orders")


def write_cdnow(shop_dir: Path) -> None:
    """The usual tenth, every purchase an order at noon UTC; customers as c1 to c23570."""
    purchases = cdnow_tenth().with_row_index("place")
    noon = pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + dt.timedelta(
        hours=12
    )
    blank = {name: pl.lit(None, dtype=kind) for name, kind in ORDER_SCHEMA.items()}
    told = {
        "order_id": pl.format("o{}", "place"),
        "line_key": pl.lit("1"),
        "customer_id": pl.format("c{}", "customer"),
        "ordered_at": noon,
        "status": pl.lit("paid"),
        "product": pl.lit("CD"),
        "quantity": pl.col("cds") * 10_000,
        "amount": (pl.col("dollars") * MONEY_SCALE).round().cast(pl.Int64),
        "discount": pl.lit(0),
        "order_discount": pl.lit(0),
        "refund": pl.lit(0),
    }
    frame = purchases.select(
        value.cast(ORDER_SCHEMA[name]).alias(name) for name, value in (blank | told).items()
    )
    frame.write_delta(shop_dir / "orders")


def returning(
    customers: int, *, seed: int, weeks: int = 80, first_day: dt.date = dt.date(2025, 1, 1)
) -> list[dict[str, object]]:
    """Orders of customers who begin in the first 20 weeks and follow LAW; worth around 30."""
    rng, rows = np.random.default_rng(seed), []
    end = weeks * 7
    for place in range(customers):
        day = float(rng.integers(0, 140))
        pause = 7 / rng.gamma(LAW.r, 1 / LAW.alpha)
        stops, worth = rng.beta(LAW.a, LAW.b), 5 * 18 / rng.gamma(4.0, 1.0)
        number = 0
        while day < end:
            on = first_day + dt.timedelta(days=int(day))
            amount = round(float(rng.gamma(5.0, worth / 5)) + 0.01, 2)
            rows.append(line(f"o{place}-{number}", f"c{place:05d}", on.isoformat(), amount))
            if number and rng.random() < stops:
                break
            number += 1
            day += rng.exponential(pause)
    return rows
