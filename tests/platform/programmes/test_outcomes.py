"""Orders after an entry: what counts, in which arm, and what it cost; by hand."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from regulars_platform.errors import InvalidInputError
from regulars_platform.offers.goods_costs import CostCoverage
from regulars_platform.programmes.outcomes import ENTRY_SCHEMA, entry_outcomes
from regulars_platform.programmes.plan import ProgrammePlan, programme_json, read_programme
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


def outcomes(
    rows: list[dict[str, Any]],
    orders: pl.LazyFrame,
    wanted: ProgrammePlan,
    costs: pl.LazyFrame | None = None,
    events: pl.LazyFrame | None = None,
) -> Any:
    """Outcomes of entries, with orders known until the end of June."""
    frame = pl.DataFrame(rows, schema=ENTRY_SCHEMA)
    return entry_outcomes(orders, frame, wanted, dt.date(2026, 6, 30), costs, events)


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


def test_entries_whose_window_is_not_over_wait_and_those_beyond_the_orders_are_told_apart() -> None:
    late = entry(2, "bert", contact_on=dt.date(2026, 6, 2))
    beyond = entry(3, "carl", contact_on=dt.date(2027, 1, 1))
    found = outcomes([entry(1, "anna"), late, beyond], lines(), plan(window_days=30))
    assert (found.settled.height, found.waiting, found.after) == (1, 1, 1)


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


COSTS = pl.LazyFrame({"product": ["tea"], "cost": [money(30)]})


def by_product(**changes: Any) -> ProgrammePlan:
    """By costs per product; goods of unknown cost earn 40%."""
    usual = usual_draft("honeymoon", name="ours", words="Hello", by_product=True)
    return read_programme(usual | {"currency": "EUR", "timezone": "UTC"} | changes)


def test_by_costs_per_product_goods_count_as_the_margin_they_earn() -> None:
    found = outcomes(
        [entry(1, "anna"), entry(2, "bert", held=True), entry(3, "none")],
        lines(
            line("1", "anna", "2026-05-05", 50, refund=25),
            line("2", "anna", "2026-05-06", 20, product="honey"),
            line("3", "bert", "2026-05-06", -50, quantity=-10_000),
            line("4", "bert", "2026-05-07", 50, shipping=6, refund=56),
        ),
        by_product(),
        COSTS,
    ).settled
    # tea: 50 - 30, of which half came back; honey: 40% of 20; a credit note takes 20 back, as
    # does a tea that is sent back, and the freight of it nothing
    margins = found.select("goods_margin", "returned_margin", "kept_margin").rows()
    assert margins == [
        (money(28), money(10), money(18)),
        (money(20), money(40), money(-20)),
        (0, 0, 0),
    ]
    assert found["goods"].to_list() == [money(70), money(50), 0]


def test_how_far_the_costs_reach_is_said_of_all_that_was_bought_in_the_windows() -> None:
    rows = [entry(1, "anna"), entry(2, "bert", held=True)]
    orders = lines(
        line("1", "anna", "2026-05-05", 50),
        line("2", "anna", "2026-05-06", 20, product="honey"),
        line("3", "bert", "2026-05-07", 30),
        line("4", "bert", "2025-05-07", 1_000),
        line("5", "carl", "2026-05-07", 1_000),
    )
    found = outcomes(rows, orders, by_product(), COSTS).coverage
    assert found == CostCoverage(goods=money(100), known=money(80))
    assert outcomes(rows, orders, by_product()).coverage == CostCoverage(goods=money(100), known=0)
    assert outcomes(rows, orders, plan()).coverage is None


def test_what_an_offer_took_off_is_added_back_to_the_margin_in_full() -> None:
    """40 paid for a tea of 50 that costs 30: a margin of 20, and the offer cost 10."""
    offer = {"kind": "amount_off", "threshold": "40", "amount": "10", "words": "10 off"}
    for reach in ("personal", "open"):
        found = outcomes(
            [entry(1, "anna")],
            lines(line("1", "anna", "2026-05-05", 40, discount=10)),
            by_product(offer=offer | {"reach": reach}),
            COSTS,
        ).settled
        row = found.select("goods_margin", "offer_cost").row(0)
        assert row == (money(20), money(10))


def test_without_any_known_cost_the_margin_is_the_flat_one() -> None:
    rows = [entry(1, "anna"), entry(2, "bert", held=True)]
    orders = lines(
        line("1", "anna", "2026-05-05", 50, refund=25), line("2", "bert", "2026-05-05", 30)
    )
    found = outcomes(rows, orders, by_product()).settled
    assert found["goods_margin"].to_list() == [money(20), money(12)]
    assert found["kept_margin"].to_list() == [money(10), money(12)]


def test_by_costs_per_product_the_margin_of_the_rest_is_one_number() -> None:
    with pytest.raises(InvalidInputError, match="one number") as caught:
        by_product(margin_high_percent="50")
    assert caught.value.problems[0].field == "margin_high_percent"
    written = programme_json(by_product(products_version=3))
    assert read_programme(written) == by_product(products_version=3)
    # plans without read as they always have, and keep their hash
    assert not {"margin_source", "products_version"} & set(programme_json(plan()))


@pytest.mark.parametrize("reach", ["open", "personal"])
def test_cash_back_costs_once_for_whoever_follows_in_the_window_with_or_without_an_order(
    reach: str,
) -> None:
    rows = [entry(1, "anna"), entry(2, "bert", held=True), entry(3, "carl"), entry(4, "dora")]
    follows = [
        ("anna", "follow", "2026-05-05"),
        ("anna", "follow", "2026-05-06"),
        ("bert", "follow", "2026-06-02"),
        ("carl", "follow", "2026-06-03"),  # the window is over
        ("carl", "follow", "2026-05-03"),  # and had not begun
        ("dora", "cart", "2026-05-05"),
    ]
    events = pl.LazyFrame(
        [
            {
                "customer_id": name,
                "kind": kind,
                "happened_at": dt.datetime.fromisoformat(f"{day}T12:00:00+00:00"),
            }
            for name, kind, day in follows
        ]
    )
    wanted = plan(
        window_days=30, offer={"kind": "cash_back", "amount": "2", "words": "2", "reach": reach}
    )
    orders = lines(line("1", "anna", "2026-05-05", 50))
    found = outcomes(rows, orders, wanted, events=events).settled
    assert found["entry"].to_list() == [1, 2, 3, 4]
    held = money(2) if reach == "open" else 0
    assert found["offer_cost"].to_list() == [money(2), held, 0, 0]
