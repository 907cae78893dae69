"""Orders after an entry: what counts, in which arm, and what it cost; by hand."""

import datetime as dt
from typing import Any

import polars as pl

from regulars_platform.programmes.outcomes import ENTRY_SCHEMA, entry_outcomes
from regulars_platform.programmes.plan import ProgrammePlan, read_programme
from regulars_platform.programmes.service import usual_draft
from tests.platform.customers.build import line, lines, money

MAY = dt.date(2026, 5, 4)


def plan(kind: str = "honeymoon", **changes: Any) -> ProgrammePlan:
    """The usual plan in UTC and euros, but for the changes."""
    own = {"currency": "EUR", "timezone": "UTC"}
    return read_programme(usual_draft(kind, name=kind, words="Hello") | own | changes)


def entry(number: int, customer: str, *, held: bool = False, **other: Any) -> dict[str, Any]:
    """One entry; its window begins on Monday, 4 May."""
    return {
        "entry": number,
        "customer_id": customer,
        "occasion": "first",
        "contact_on": MAY,
        "held_back": held,
        "code": None,
        "threshold": None,
    } | other


def outcomes(rows: list[dict[str, Any]], orders: pl.LazyFrame, wanted: ProgrammePlan) -> Any:
    """Outcomes of entries, with orders known until the end of June."""
    frame = pl.DataFrame(rows, schema=ENTRY_SCHEMA)
    return entry_outcomes(orders, frame, wanted, dt.date(2026, 6, 30))


def test_only_orders_of_the_window_count_and_what_was_given_back_is_taken_off() -> None:
    found = outcomes(
        [entry(1, "anna"), entry(2, "bert", held=True), entry(3, "none")],
        lines(
            line("before", "anna", "2026-05-03", 10),
            line("first", "anna", "2026-05-04", 20),
            line("last", "anna", "2026-06-02", 30, refund=12),
            line("after", "anna", "2026-06-03", 40),
            line("unpaid", "bert", "2026-05-05", 50, status="unpaid"),
            line("his", "bert", "2026-05-05", 60),
        ),
        plan(window_days=30, contact_cost="0.05"),
    ).settled
    columns = found.select("arm", "goods", "returned", "kept", "contact_cost", "orders", "cohort")
    assert columns.rows() == [
        ("told", money(50), money(12), money(38), 500, 2, "2026-05-04"),
        ("holdout", money(60), 0, money(60), 0, 1, "2026-05-04"),
        ("told", 0, 0, 0, 500, 0, "2026-05-04"),
    ]


def test_entries_whose_window_is_not_over_wait() -> None:
    late = entry(2, "bert", contact_on=dt.date(2026, 6, 2))
    found = outcomes([entry(1, "anna"), late], lines(), plan(window_days=30))
    assert (found.settled.height, found.waiting) == (1, 1)


def test_the_order_that_was_reminded_of_counts_once_it_is_paid_in_either_arm() -> None:
    found = outcomes(
        [
            entry(1, "anna", occasion="order a"),
            entry(2, "bert", occasion="order b", held=True),
            entry(3, "cleo", occasion="order c"),
        ],
        lines(
            line("a", "anna", "2026-05-03", 10),
            line("b", "bert", "2026-05-03", 20),
            line("c", "cleo", "2026-05-03", 30, status="unpaid"),
        ),
        plan("unpaid", window_days=7),
    ).settled
    assert found["goods"].to_list() == [money(10), money(20), 0]


def test_an_offer_that_is_open_to_the_shop_costs_among_the_held_back_too() -> None:
    orders = lines(
        line("a", "anna", "2026-05-05", 100, discount=10),
        line("b", "bert", "2026-05-05", 100, discount=10),
    )
    both = [entry(1, "anna"), entry(2, "bert", held=True)]
    offer = {"kind": "amount_off", "threshold": "80", "amount": "10", "words": "10 off"}
    shared = outcomes(both, orders, plan(offer=offer | {"reach": "open"})).settled
    assert shared["offer_cost"].to_list() == [money(10), money(10)]
    assert shared["goods"].to_list() == [money(110), money(110)]
    own = outcomes(both, orders, plan(offer=offer | {"reach": "personal"})).settled
    assert own["offer_cost"].to_list() == [money(10), 0]
    assert own["goods"].to_list() == [money(110), money(100)]


def test_freight_that_is_given_back_is_no_loss_of_goods() -> None:
    found = outcomes(
        [entry(1, "anna"), entry(2, "bert", held=True)],
        lines(
            line("1", "anna", "2026-05-05", 100, shipping=6, refund=106),
            line("2", "bert", "2026-05-05", 100, shipping=6, refund=110),
        ),
        plan(window_days=30),
    ).settled
    assert found.select("arm", "returned", "kept").rows() == [
        ("told", money(100), 0),
        ("holdout", money(104), money(-4)),
    ]
