"""Builders of order lines for tests: say what matters, the rest is ordinary."""

import datetime as dt
from typing import Any

import polars as pl

from regulars_platform.orders.table import MONEY_SCALE, ORDER_SCHEMA


def money(value: float) -> int:
    """Currency units -> ten-thousandths."""
    return round(value * MONEY_SCALE)


def line(order: str, customer: str | None, day: str, amount: float, **other: Any) -> dict[str, Any]:
    """One order line, paid, at noon UTC of `day` unless told otherwise; money in units."""
    row: dict[str, Any] = {
        "order_id": order,
        "line_key": "1",
        "customer_id": customer,
        "household": None,
        "ordered_at": dt.datetime.fromisoformat(f"{day}T12:00:00+00:00"),
        "status": "paid",
        "product": "tea",
        "quantity": 10_000,
        "amount": money(amount),
        "discount": 0,
        "order_discount": 0,
        "shipping": None,
        "refund": 0,
        "coupon": None,
        "channel": None,
        "import_id": 1,
        "source_line": 2,
    }
    for name in ("discount", "order_discount", "shipping", "refund"):
        if name in other:
            row[name] = money(other.pop(name))
    if "at" in other:
        row["ordered_at"] = dt.datetime.fromisoformat(other.pop("at"))
    return row | other


def lines(*rows: dict[str, Any]) -> pl.LazyFrame:
    """Lines as a frame in the schema of the orders table."""
    return pl.LazyFrame(list(rows), schema=ORDER_SCHEMA)
