"""Shares of customers found again, on orders whose answer can be counted by hand."""

import datetime as dt

import polars as pl

from regulars_platform.identity.found_again import FileRate, ShopRate, file_rates, shop_rate
from regulars_platform.orders.parts import ORDER
from regulars_platform.orders.table import ORDER_SCHEMA

MONDAY = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def lines(*rows: tuple[int, str, str | None, int]) -> pl.LazyFrame:
    """Order lines of import, order, customer, and days after a Monday."""
    frame = pl.DataFrame(
        [
            {
                "import_id": import_id,
                "order_id": order,
                "customer_id": customer,
                "line_key": str(place),
                "ordered_at": MONDAY + dt.timedelta(days=days),
            }
            for place, (import_id, order, customer, days) in enumerate(rows)
        ],
        schema_overrides={name: ORDER_SCHEMA[name] for name in ("customer_id", "ordered_at")},
    )
    missing = [pl.lit(None).alias(name) for name in ORDER_SCHEMA if name not in frame.columns]
    return frame.with_columns(missing).lazy()


def test_the_share_of_a_files_orders_whose_customer_an_earlier_file_held() -> None:
    rates = file_rates(
        lines(
            (1, "A1", "ann", 0),
            (1, "A1", "ann", 0),  # a second line of the same order
            (1, "A2", "bob", 1),
            (2, "A3", "ann", 8),
            (2, "A4", "cat", 8),
            (2, "A5", "cat", 9),  # known by now, but from this very file
            (2, "A6", None, 9),
        )
    )
    assert rates == (
        FileRate(import_id=1, orders=2, with_customer=2, known=0),
        FileRate(import_id=2, orders=4, with_customer=3, known=1),
    )


def test_an_order_in_parts_belongs_to_the_file_that_named_its_customer() -> None:
    # the order file came second, and third an order file with one buyer who is known by then;
    # the item file of the first import wrote all lines
    stored = lines(
        (1, "A1", "ann", 0), (1, "A1", "ann", 0), (4, "A2", "ann", 8), (4, "A3", None, 8)
    )
    brought = lines((2, "A1", "ann", 0), (3, "A2", "ann", 8), (3, "A3", None, 8))
    parts = brought.with_columns(pl.lit(ORDER).alias("part"))
    assert file_rates(stored, parts) == (
        FileRate(import_id=2, orders=1, with_customer=1, known=0),
        FileRate(import_id=3, orders=1, with_customer=1, known=1),
        FileRate(import_id=4, orders=1, with_customer=0, known=0),
    )


def test_customers_seen_again_and_in_another_week() -> None:
    rate = shop_rate(
        lines(
            (1, "A1", "ann", 0),
            (1, "A2", "ann", 6),  # the Sunday of the same week
            (1, "A3", "bob", 6),
            (1, "A4", "bob", 7),  # the Monday after
            (1, "A5", "cat", 0),
            (1, "A5", "cat", 0),
            (1, "A6", None, 0),
        )
    )
    assert rate == ShopRate(customers=3, again=2, another_week=1)
    assert not rate.changes_weekly


def test_a_key_under_which_nobody_comes_back_in_another_week_changes_weekly() -> None:
    assert ShopRate(customers=900, again=100, another_week=1).changes_weekly
    assert not ShopRate(customers=900, again=100, another_week=10).changes_weekly
    assert not ShopRate(customers=900, again=10, another_week=0).changes_weekly  # too few to say


def test_a_shop_without_orders() -> None:
    nothing = pl.LazyFrame(schema=ORDER_SCHEMA)
    assert file_rates(nothing) == ()
    assert shop_rate(nothing) == ShopRate(customers=0, again=0, another_week=0)
