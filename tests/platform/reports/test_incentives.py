"""Gifts, points, red packets, flash sales and cash back: their whole cost is in the profit."""

import datetime as dt
from typing import Any

import polars as pl

from regulars_platform.campaigns.plan import Plan
from regulars_platform.datasets.kinds import KINDS
from regulars_platform.reports.days import find_days
from regulars_platform.reports.outcomes import unit_outcomes, window_orders
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines, money
from tests.platform.reports.build import drawn, held, ledger, plan

PEOPLE = ledger(drawn("a", code="X"), held("b"))


def with_offer(kind: str, **terms: Any) -> Plan:
    return plan(arms=[arm(offer={"kind": kind, "reach": "open"} | terms)])


def costs(found: pl.DataFrame, column: str = "offer_cost") -> tuple[int, int]:
    """Of the customer who was told, and of the one held back."""
    by_unit = dict(found.select("unit_id", column).iter_rows())
    return by_unit["a"], by_unit["b"]


def followed(customer: str, day: str, kind: str = "follow") -> dict[str, Any]:
    at = dt.datetime.fromisoformat(f"{day}T09:00:00+00:00")
    return {"event_key": f"{customer}{day}", "customer_id": customer, "kind": kind,
            "happened_at": at, "product": None, "value": None}  # fmt: skip


def events(*rows: dict[str, Any]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema=KINDS["events"].schema)


def test_a_gift_goes_with_every_order_that_reaches_its_threshold() -> None:
    orders = lines(
        line("1", "a", "2026-02-03", 60),
        line("2", "a", "2026-02-04", 59.99),
        line("3", "b", "2026-02-05", 80),
    )
    found = unit_outcomes(orders, PEOPLE, with_offer("gift", gift_cost="3", threshold="60"))

    assert costs(found) == (money(3), money(3))
    assert costs(found, "used_offer") == (1, 1)


def test_a_personal_gift_is_not_given_to_the_holdout() -> None:
    orders = lines(line("1", "a", "2026-02-03", 60), line("2", "b", "2026-02-05", 80))
    terms = with_offer("gift", gift_cost="3", reach="personal")

    assert costs(unit_outcomes(orders, PEOPLE, terms)) == (money(3), 0)


def test_points_cost_what_they_take_off_times_the_share_that_is_ever_spent() -> None:
    orders = lines(line("1", "a", "2026-02-03", 49.9))
    terms = with_offer(
        "points", points="10", per_unit="2", point_value="0.05", redeemed_percent="60"
    )

    # 10 for the order and 2 for each of 49 whole units: 108 points at 0.05, 60% of them spent
    assert costs(unit_outcomes(orders, PEOPLE, terms))[0] == money(108 * 0.05 * 0.6)


def test_a_red_packet_costs_what_was_taken_off_and_at_most_its_amount() -> None:
    orders = lines(
        line("1", "a", "2026-02-03", 10, discount=5),
        line("2", "a", "2026-02-04", 3, discount=2),
        line("3", "b", "2026-02-04", 30),
    )
    found = unit_outcomes(orders, PEOPLE, with_offer("red_packet", amount="4"))

    assert costs(found) == (money(4 + 2), 0)
    # what it took off is added back to the goods
    assert costs(found, "goods") == (money(10 + 3 + 6), money(30))


def sale_orders() -> pl.LazyFrame:
    return lines(
        line("1", "a", "2026-02-03", 40, product="tea", discount=10, line_key="1"),
        line("1", "a", "2026-02-03", 70, product="pot", discount=30, line_key="2"),
        line("2", "a", "2026-02-04", 50, product="pot", discount=5),
        line("3", "b", "2026-02-04", 16, product="tea", discount=4),
    )


def test_a_flash_sale_costs_the_discount_on_its_own_products_alone() -> None:
    terms = with_offer("flash_sale", percent="20", products=["tea", "honey"])
    found = unit_outcomes(sale_orders(), PEOPLE, terms)

    # tea at 50 for 40; the pot's discount is another matter, and its order without tea is none
    assert costs(found) == (money(10), money(4))
    assert costs(found, "used_offer") == (1, 1)


def test_a_sale_takes_at_most_its_percentage() -> None:
    terms = with_offer("flash_sale", percent="10", products=["tea"])

    assert costs(unit_outcomes(sale_orders(), PEOPLE, terms)) == (money(5), money(2))


def test_without_recorded_discounts_the_price_paid_is_that_after_the_sale() -> None:
    orders = lines(
        line("1", "a", "2026-02-03", 40), line("2", "a", "2026-02-03", 40, product="pot")
    )
    terms = with_offer("flash_sale", percent="20", products=["tea"])

    assert costs(unit_outcomes(orders, PEOPLE, terms))[0] == money(10)


def test_cash_back_is_paid_to_whoever_follows_in_the_window_with_or_without_an_order() -> None:
    happened = events(
        followed("a", "2026-02-05"),
        followed("a", "2026-02-09"),
        followed("b", "2026-02-20"),
        followed("b", "2026-01-20"),
    )
    found = unit_outcomes(lines(), PEOPLE, with_offer("cash_back", amount="2"), None, happened)

    assert costs(found) == (money(2), money(2))
    assert costs(found, "offer_user") == (1, 1)


def test_personal_cash_back_is_paid_to_those_told_alone() -> None:
    happened = events(followed("a", "2026-02-05"), followed("b", "2026-02-20"))
    terms = with_offer("cash_back", amount="2", reach="personal")
    found = unit_outcomes(lines(), PEOPLE, terms, None, happened)

    assert costs(found) == (money(2), 0)
    # what the holdout would have been paid is there for the leak
    assert costs(found, "anyway_0") == (money(2), money(2))


def test_nobody_is_paid_for_following_before_or_after_the_window_or_for_something_else() -> None:
    happened = events(
        followed("a", "2026-01-31"),
        followed("a", "2026-03-01"),
        followed("b", "2026-02-05", "cart"),
    )
    found = unit_outcomes(lines(), PEOPLE, with_offer("cash_back", amount="2"), None, happened)

    assert costs(found) == (0, 0)


def test_cash_back_is_in_the_days_on_which_it_fell_due() -> None:
    people = ledger(*(drawn(f"t{i}") for i in range(60)), *(held(f"h{i}") for i in range(60)))
    orders = lines(
        *(
            line(f"{s}{i}", f"{s}{i}", "2026-02-02", 50)
            for s in "th"
            for i in range(0, 60, 1 + (s == "h"))
        )
    )
    happened = events(*(followed(f"t{i}", "2026-02-03") for i in range(30)))
    terms = plan(
        arms=[
            arm(
                offer={"kind": "cash_back", "amount": "2", "reach": "personal"},
                contact_cost="0",
            )
        ]
    )
    window = window_orders(orders, people, terms, None, happened)
    days = find_days(window, people, terms, dt.date(2026, 2, 4))[0].days

    second, third = days[1].cumulative, days[2].cumulative
    # half of those told follow on the third day, at 2 each
    assert third.estimate - second.estimate == -1.0  # type: ignore[union-attr]
