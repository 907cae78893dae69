"""What offers cost, order by order, worked out by hand."""

from typing import Any

import polars as pl
import pytest

from regulars_platform.offers.costs import (
    coupons_are_recorded,
    discounts_are_recorded,
    offer_use,
)
from regulars_platform.offers.kinds import (
    AmountOff,
    CashBack,
    FlashSale,
    FreeShipping,
    MessageOnly,
    Offer,
    PercentOff,
)
from regulars_platform.offers.leak import (
    Leak,
    forecast_leak,
    given_to_one,
    orders_of_audience,
)
from regulars_platform.orders.table import whole_orders
from tests.platform.customers.build import line, lines, money

FREE = FreeShipping(threshold=money(80), shipping_cost=money(5))
TEN_OFF = AmountOff(threshold=money(100), amount=money(10))
FIFTH_OFF = PercentOff(percent=2_000, threshold=money(100))


def orders(*rows: dict[str, Any]) -> pl.LazyFrame:
    return whole_orders(lines(*rows))


def audience(*names: str) -> pl.DataFrame:
    """Customers whose orders were worth 70 on average."""
    schema = {"customer_id": pl.String(), "average_order_value": pl.Float64()}
    return pl.DataFrame([(name, 70.0) for name in names], schema=schema, orient="row")


def use(
    offer: Offer,
    amount: float,
    *,
    recorded: bool = True,
    codes: bool = False,
    code: str | None = None,
    **other: Any,
) -> tuple[int, float]:
    one = orders(line("1", "ann", "2026-01-01", amount, **other))
    found = offer_use(
        offer,
        one.with_columns(code=pl.lit(code, dtype=pl.String)),
        discounts_recorded=recorded,
        coupons_recorded=codes,
    ).collect()
    assert found.schema["used_offer"] == found.schema["offer_cost"] == pl.Int64
    row = found.row(0, named=True)
    return row["used_offer"], row["offer_cost"] / 10_000


def test_free_shipping_is_used_from_the_threshold_when_no_shipping_was_paid() -> None:
    assert use(FREE, 80, shipping=0) == (1, 5)
    assert use(FREE, 80) == (1, 5)
    assert use(FREE, 79.99, shipping=0) == (0, 0)
    assert use(FREE, 80, shipping=4.9) == (0, 0)


def test_free_shipping_counts_goods_before_discounts() -> None:
    assert use(FREE, 75, discount=5, shipping=0) == (1, 5)


def test_amount_off_with_recorded_discounts_costs_the_discount_but_not_more_than_itself() -> None:
    assert use(TEN_OFF, 90, discount=10) == (1, 10)
    assert use(TEN_OFF, 90, discount=30) == (1, 10)
    assert use(TEN_OFF, 97, discount=3) == (1, 3)
    assert use(TEN_OFF, 89.99, discount=10) == (0, 0)
    assert use(TEN_OFF, 500) == (0, 0)


def test_amount_off_without_recorded_discounts_is_added_back_to_what_was_paid() -> None:
    assert use(TEN_OFF, 90, recorded=False) == (1, 10)
    assert use(TEN_OFF, 89.99, recorded=False) == (0, 0)


def test_percent_off_with_recorded_discounts() -> None:
    assert use(FIFTH_OFF, 80, discount=20) == (1, 20)
    assert use(FIFTH_OFF, 60, discount=40) == (1, 20)
    assert use(FIFTH_OFF, 79, discount=20) == (0, 0)


def test_percent_off_without_recorded_discounts_is_worked_back() -> None:
    assert use(FIFTH_OFF, 80, recorded=False) == (1, 20)
    assert use(FIFTH_OFF, 79.99, recorded=False) == (0, 0)
    assert use(PercentOff(percent=1_000), 9, recorded=False) == (1, 1)


def test_a_message_is_never_used_and_costs_nothing() -> None:
    assert use(MessageOnly(), 500, discount=50, shipping=0) == (0, 0)


def test_only_paid_purchases_use_an_offer() -> None:
    assert use(FREE, 100, status="unpaid") == (0, 0)
    assert use(FREE, 100, status="cancelled") == (0, 0)
    assert use(PercentOff(percent=1_000), -100, recorded=False) == (0, 0)


@pytest.mark.parametrize(
    ("coupon", "expected"),
    [("ABC", (1, 10)), (" abc ", (1, 10)), ("XYZ", (0, 0)), (None, (0, 0))],
)
def test_a_personal_offer_counts_only_with_the_customers_own_code(
    coupon: str | None, expected: tuple[int, float]
) -> None:
    personal = AmountOff(threshold=money(100), amount=money(10), reach="personal")
    assert use(personal, 90, discount=10, codes=True, code="ABC", coupon=coupon) == expected
    # where the orders record no codes, the order alone must tell
    assert use(personal, 90, discount=10, coupon=coupon) == (1, 10)


def test_a_customer_without_a_code_cannot_have_used_one() -> None:
    personal = AmountOff(threshold=money(100), amount=money(10), reach="personal")
    assert use(personal, 90, discount=10, codes=True, code=None, coupon=None) == (0, 0)


def test_very_large_orders_do_not_overflow() -> None:
    assert use(FIFTH_OFF, 800_000_000, recorded=False) == (1, 200_000_000)


def test_whether_discounts_and_codes_are_recorded_is_seen_in_the_orders() -> None:
    plain = lines(line("1", "ann", "2026-01-01", 10))
    assert not discounts_are_recorded(plain)
    assert not coupons_are_recorded(plain)
    assert not discounts_are_recorded(lines())
    assert discounts_are_recorded(lines(line("1", "a", "2026-01-01", 10, order_discount=1)))
    assert coupons_are_recorded(lines(line("1", "a", "2026-01-01", 10, coupon="X")))


def leak_of(offer: Offer, theirs: pl.LazyFrame, *, customers: int) -> Leak:
    found = forecast_leak(offer, theirs, customers=customers)
    assert found is not None
    return found


def test_of_a_sale_of_some_products_and_cash_for_following_whole_orders_say_nothing() -> None:
    theirs = orders_of_audience(orders(line("1", "ann", "2026-01-01", 80)), audience("ann"))
    for offer in (FlashSale(percent=2_000, products=("tea",)), CashBack(amount=money(2))):
        assert forecast_leak(offer, theirs, customers=1) is None


def test_the_leak_counts_the_audiences_orders_that_reach_the_threshold_anyway() -> None:
    past = orders(
        line("1", "ann", "2026-01-01", 80, shipping=5),
        line("2", "ann", "2026-01-02", 79),
        line("3", "ben", "2026-01-02", 200),
        line("C3", "ben", "2026-01-03", -200),
        line("4", "outside", "2026-01-02", 200),
    )
    theirs = orders_of_audience(past, audience("ann", "ben", "cid", "dan"))
    leak = leak_of(FREE, theirs, customers=4)
    # as many customers as an arm has: its part of that
    assert leak.cost_for(2) == leak.cost // 2
    assert (leak.customers, leak.orders, leak.qualifying_orders) == (4, 3, 2)
    assert leak.cost == 2 * money(5)
    assert leak.share == 2 / 3
    assert leak.cost_per_customer == money(2.5)


def test_a_percent_leaks_its_part_of_the_goods() -> None:
    past = orders(line("1", "ann", "2026-01-01", 100), line("2", "ann", "2026-01-02", 99))
    leak = leak_of(FIFTH_OFF, orders_of_audience(past, audience("ann")), customers=1)
    assert (leak.qualifying_orders, leak.cost) == (1, money(20))


def test_a_message_leaks_nothing_and_nobody_has_no_share() -> None:
    theirs = orders_of_audience(orders(), audience())
    leak = leak_of(MessageOnly(), theirs, customers=0)
    assert leak.cost_for(10) == 0
    assert (leak.orders, leak.cost, leak.share, leak.cost_per_customer) == (0, 0, None, None)


def test_what_is_sent_back_takes_its_discount_with_it() -> None:
    tenner = AmountOff(threshold=money(100), amount=money(10))
    whole = orders(line("1", "ann", "2026-01-01", 90, discount=10, refund=90))
    half = orders(line("1", "ann", "2026-01-01", 90, discount=10, refund=45))

    for frame, cost in ((whole, 0), (half, money(5))):
        used = offer_use(tenner, frame, discounts_recorded=True, coupons_recorded=False)
        assert used.select("used_offer", "offer_cost").collect().row(0) == (1, cost)


def test_one_of_several_codes_of_an_order_is_enough() -> None:
    personal = AmountOff(threshold=money(100), amount=money(10), reach="personal")
    assert use(personal, 90, discount=10, codes=True, code="K7", coupon="AAA,k7") == (1, 10)
    assert use(personal, 90, discount=10, codes=True, code="K7", coupon="AAA") == (0, 0)


@pytest.mark.parametrize(
    ("offer", "cost"),
    [
        (FREE, 5.0),
        (TEN_OFF, 10.0),  # the order grows to the 100 that it takes
        (FIFTH_OFF, 20.0),
        (PercentOff(percent=2_000, threshold=0), 14.0),
        (
            PercentOff(percent=1_000, threshold=0, multiple=12_000),
            8.5,
        ),  # from 85: the price point above 84
        (FlashSale(percent=5_000, products=("tea",)), 35.0),
        (MessageOnly(), 0.0),
    ],
)
def test_an_order_of_70_that_the_offer_wins_costs(offer: Offer, cost: float) -> None:
    assert given_to_one(offer, 70.0) == pytest.approx(cost)
