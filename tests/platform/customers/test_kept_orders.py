"""Whole orders on disk are what `whole_orders` says, whatever the way they are put together."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regulars_platform.customers.kept_orders import write_kept_orders
from regulars_platform.orders.table import ORDER_SCHEMA, whole_orders
from regulars_platform.orders.together import put_together

BEGAN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def messy_lines(seed: int, orders: int = 400, most_lines: int = 4) -> pl.DataFrame:
    """Lines that disagree about their order in every column, blanks among them."""
    rng = np.random.default_rng(seed)

    def one(*among: Any) -> Any:
        return among[rng.integers(len(among))]

    def moment() -> dt.datetime:
        return BEGAN + dt.timedelta(hours=int(rng.integers(0, 60)))

    rows: list[dict[str, Any]] = []
    for order in range(orders):
        same = moment()
        for item in range(int(rng.integers(1, most_lines + 1))):
            row = {
                "order_id": f"D{order * 7919 % orders:04}",
                "line_key": str(item),
                "customer_id": one(None, "c1", "c2", "c3"),
                "household": one(None, "h1", "h2"),
                "ordered_at": one(same, same, same, moment()),
                "status": one(None, "paid", "paid", "unpaid", "cancelled"),
                "product": one(None, "tea", "pot"),
                "amount": one(None, 0, *rng.integers(-500, 900, 3).tolist()),
                "discount": one(None, 0, 10),
                "order_discount": one(None, 0, 30, 40),
                "shipping": one(None, 0, 5, 6),
                "refund": one(None, 0, 7),
                "coupon": one(None, None, "A", "B", "C"),
                "channel": one(None, "app", "web"),
                "paid_at": one(None, moment()),
                "shipped_at": one(None, moment()),
                "received_at": one(None, moment()),
                "region": one(None, "浙江省", "广东省"),
            }
            rows.append(row)
    frame = pl.DataFrame(rows, schema=ORDER_SCHEMA)
    return frame.sample(fraction=1, shuffle=True, seed=seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("most_lines", [1, 2, 5])
def test_orders_put_together_at_once_are_whole_orders(seed: int, most_lines: int) -> None:
    lines = messy_lines(seed, most_lines=most_lines)
    expected = whole_orders(lines.lazy()).collect()
    assert_frame_equal(put_together(lines.lazy()), expected, check_row_order=False)


def test_orders_of_many_lines_alone_are_whole_orders() -> None:
    lines = messy_lines(7, orders=50)
    twice = pl.concat([lines, lines.with_columns(pl.lit("x").alias("line_key"))])
    expected = whole_orders(twice.lazy()).collect()
    assert_frame_equal(put_together(twice.lazy()), expected, check_row_order=False)


@pytest.mark.parametrize("part", [7, 90, 10_000])
@pytest.mark.parametrize("most_lines", [1, 4])
def test_in_however_many_parts_the_file_has_the_same_orders_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int, most_lines: int
) -> None:
    lines = messy_lines(11, orders=120, most_lines=most_lines).lazy()
    known = pl.col("customer_id").is_not_null()
    expected = whole_orders(lines).filter(known).sort("ordered_at", "order_id").collect()
    monkeypatch.setattr("regulars_platform.customers.kept_orders.PART", part)
    write_kept_orders(lines, tmp_path / "orders.parquet", tmp_path)
    assert_frame_equal(pl.read_parquet(tmp_path / "orders.parquet"), expected)


def test_orders_of_one_and_the_same_moment_are_kept_however_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = messy_lines(3).with_columns(pl.lit(BEGAN).alias("ordered_at")).lazy()
    monkeypatch.setattr("regulars_platform.customers.kept_orders.PART", 100)
    write_kept_orders(at_once, tmp_path / "orders.parquet", tmp_path)
    known = pl.col("customer_id").is_not_null()
    expected = whole_orders(at_once).filter(known).sort("order_id").collect()
    assert_frame_equal(pl.read_parquet(tmp_path / "orders.parquet"), expected)
