"""From the orders of the window to one row per drawn unit."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.outcomes import unit_outcomes, window_orders
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import TOLD, drawn, held, ledger, plan

PERSONAL = {
    "kind": "free_shipping",
    "threshold": "80",
    "shipping_cost": "5",
    "reach": "personal",
}


def outcome(frame: pl.DataFrame, unit: str) -> dict[str, Any]:
    return frame.filter(pl.col("unit_id") == unit).row(0, named=True)


def test_everyone_in_the_ledger_has_a_row_buyers_or_not() -> None:
    found = unit_outcomes(
        lines(line("1", "a", "2026-02-03", 90)), ledger(drawn("a"), held("b")), plan()
    )

    assert found["unit_id"].to_list() == ["a", "b"]
    assert outcome(found, "b") | {"pre_spend": 0} == {
        "unit_id": "b", "arm": "holdout", "segment": "everyone else", "members": 1,
        "goods": 0, "returned": 0, "kept": 0, "offer_cost": 0, "contact_cost": 0, "revenue": 0,
        "capped_revenue": 0, "orders": 0, "buyer": 0, "used_offer": 0, "offer_user": 0,
        "pre_spend": 0,
        "anyway_0": 0,
        "taken_0": 0,
    }  # fmt: skip


def test_only_paid_orders_of_the_window_count() -> None:
    orders = lines(
        line("before", "a", "2026-01-31", 10, at="2026-01-31T23:59:00+00:00"),
        line("first", "a", "2026-02-01", 20, at="2026-02-01T00:00:00+00:00"),
        line("last", "a", "2026-02-28", 30, at="2026-02-28T23:59:00+00:00"),
        line("after", "a", "2026-03-01", 40, at="2026-03-01T00:00:00+00:00"),
        line("unpaid", "a", "2026-02-10", 50, status="unpaid"),
        line("cancelled", "a", "2026-02-10", 60, status="cancelled"),
        line("nobody's", None, "2026-02-10", 70),
        line("stranger's", "z", "2026-02-10", 80),
    )

    found = outcome(unit_outcomes(orders, ledger(drawn("a"), held("b")), plan()), "a")

    assert (found["goods"], found["orders"], found["buyer"]) == (500_000, 2, 1)


def test_credit_notes_count_until_returns_have_settled_and_refunds_with_their_order() -> None:
    orders = lines(
        line("1", "a", "2026-02-10", 100, refund=15),
        line("late credit", "a", "2026-03-31", -30, at="2026-03-31T20:00:00+00:00"),
        line("too late", "a", "2026-04-01", -20),
    )

    found = outcome(unit_outcomes(orders, ledger(drawn("a"), held("b")), plan()), "a")

    assert found["returned"] == 450_000
    assert found["revenue"] == 550_000
    assert found["orders"] == 1


def test_an_open_offer_costs_in_the_holdout_too() -> None:
    orders = lines(
        line("1", "a", "2026-02-10", 80),
        line("2", "b", "2026-02-10", 95),
        line("3", "b", "2026-02-11", 79.99),
    )

    found = unit_outcomes(orders, ledger(drawn("a"), held("b")), plan())

    assert outcome(found, "a")["offer_cost"] == 50_000
    assert outcome(found, "b")["offer_cost"] == 50_000
    assert outcome(found, "a")["contact_cost"] == 200
    assert outcome(found, "b")["contact_cost"] == 0


def test_a_personal_offer_costs_nothing_in_the_holdout_but_its_leak_is_known() -> None:
    orders = lines(line("1", "a", "2026-02-10", 80), line("2", "b", "2026-02-10", 95))
    personal = plan(arms=[arm(offer=PERSONAL)])

    found = unit_outcomes(orders, ledger(drawn("a", code="X"), held("b")), personal)

    assert outcome(found, "a")["offer_cost"] == 50_000
    assert outcome(found, "b")["offer_cost"] == 0
    assert outcome(found, "b")["anyway_0"] == 50_000


def test_what_an_amount_off_took_from_the_price_is_a_cost_not_a_loss_of_goods() -> None:
    # 100 of goods, 20 off: 80 paid. Recorded as a discount, so it is known who used the offer.
    offer = {"kind": "amount_off", "threshold": "80", "amount": "20"}
    orders = lines(line("1", "a", "2026-02-10", 80, discount=20))

    found = outcome(
        unit_outcomes(orders, ledger(drawn("a"), held("b")), plan(arms=[arm(offer=offer)])), "a"
    )

    assert (found["goods"], found["offer_cost"], found["revenue"]) == (1_000_000, 200_000, 800_000)


def test_a_message_in_one_arm_does_not_hide_the_open_offer_of_another() -> None:
    arms = [
        arm(share_percent="40"),
        arm(name="Message", share_percent="40", offer={"kind": "message"}),
    ]
    orders = lines(line("1", "a", "2026-02-10", 90), line("2", "m", "2026-02-10", 90))

    found = unit_outcomes(
        orders, ledger(drawn("a"), drawn("m", "Message"), held("b")), plan(arms=arms)
    )

    assert outcome(found, "m")["offer_cost"] == 50_000


def test_a_household_is_one_unit_with_all_its_orders_and_a_message_for_each_member() -> None:
    orders = lines(line("1", "a", "2026-02-10", 30), line("2", "b", "2026-02-12", 40))
    together = {"unit_id": "household:7"}

    found = unit_outcomes(
        orders,
        ledger(drawn("a", **together), drawn("b", **together), held("c")),
        plan(unit="household"),
    )

    one = outcome(found, "household:7")
    assert (found.height, one["members"], one["goods"], one["orders"]) == (2, 2, 700_000, 2)
    assert one["contact_cost"] == 400
    assert one["pre_spend"] == 1_400_000


def test_one_customers_revenue_is_capped_only_beside_the_uncapped_one() -> None:
    capped = plan(exclusions={"customer_revenue_cap": "100"})
    orders = lines(line("1", "a", "2026-02-10", 250))

    found = outcome(unit_outcomes(orders, ledger(drawn("a"), held("b")), capped), "a")

    assert (found["revenue"], found["capped_revenue"]) == (2_500_000, 1_000_000)


def test_the_name_of_the_arm_is_the_ledgers() -> None:
    found = unit_outcomes(lines(), ledger(drawn("a"), held("b")), plan())

    assert dict(found.select("unit_id", "arm").iter_rows()) == {"a": TOLD, "b": "holdout"}


def test_of_a_mixed_order_only_what_was_paid_counts() -> None:
    orders = lines(
        line("1", "a", "2026-02-10", 100, line_key="1"),
        line("1", "a", "2026-02-10", 50, line_key="2", status="cancelled"),
    )

    found = outcome(unit_outcomes(orders, ledger(drawn("a"), held("b")), plan()), "a")

    assert (found["goods"], found["orders"]) == (1_000_000, 1)


def test_a_fully_returned_order_leaves_neither_goods_nor_a_discount() -> None:
    offer = {"kind": "amount_off", "threshold": "80", "amount": "20"}
    orders = lines(line("1", "a", "2026-02-10", 80, discount=20, refund=80))

    found = outcome(
        unit_outcomes(orders, ledger(drawn("a"), held("b")), plan(arms=[arm(offer=offer)])), "a"
    )

    assert (found["kept"], found["offer_cost"]) == (0, 0)


def test_whether_codes_are_recorded_is_asked_of_the_whole_shop() -> None:
    # nobody of the campaign used a code, but the shop's orders do name them
    orders = lines(
        line("1", "a", "2026-02-10", 80),
        line("2", "stranger", "2026-01-10", 80, coupon="SPRING"),
    )
    personal = plan(arms=[arm(offer=PERSONAL)])

    found = outcome(unit_outcomes(orders, ledger(drawn("a", code="X"), held("b")), personal), "a")

    assert (found["used_offer"], found["offer_cost"]) == (0, 0)


def test_the_cap_holds_for_each_customer_of_a_household() -> None:
    capped = plan(unit="household", exclusions={"customer_revenue_cap": "100"})
    orders = lines(line("1", "a", "2026-02-10", 90), line("2", "b", "2026-02-10", 250))
    together = {"unit_id": "household:7"}

    found = outcome(
        unit_outcomes(
            orders, ledger(drawn("a", **together), drawn("b", **together), held("c")), capped
        ),
        "household:7",
    )

    assert (found["revenue"], found["capped_revenue"]) == (3_400_000, 1_900_000)


def ladder(*multiples: str) -> Plan:
    """Free shipping from k x the own order value, nobody's below 30; 20% held back."""
    offer = {"kind": "free_shipping", "threshold": "30", "shipping_cost": "5", "reach": "personal"}
    share = str(80 // len(multiples))
    return plan(
        arms=[
            arm(name=f"k = {k}", share_percent=share, offer=offer | {"multiple": k})
            for k in multiples
        ]
    )


def test_an_order_is_held_against_its_customers_own_threshold() -> None:
    # 1.0 x 70 is told as 75 (the price point above it), 1.5 x 70 = 105 as 109
    orders = lines(
        line("1", "near", "2026-02-10", 75),
        line("2", "far", "2026-02-10", 108.99),
        line("3", "far", "2026-02-11", 109),
        line("4", "home", "2026-02-10", 75),
        line("5", "home", "2026-02-11", 120),
        line("6", "new", "2026-02-11", 30),
    )
    people = ledger(
        drawn("near", "k = 1", threshold=750_000),
        drawn("far", "k = 1.5", threshold=1_090_000),
        drawn("new", "k = 1.5", threshold=300_000, average_order_value=None),
        held("home"),
    )

    found = unit_outcomes(orders, people, ladder("1", "1.5"))

    costs = dict(found.select("unit_id", "offer_cost").iter_rows())
    assert costs == {"near": 50_000, "far": 50_000, "new": 50_000, "home": 0}
    # whoever is held back has a threshold under every arm, too
    anyway = found.filter(unit_id="home").select("anyway_0", "anyway_1").row(0)
    assert anyway == (100_000, 50_000)
    # and so has everybody under the arms that others got
    far = found.filter(unit_id="far").select("anyway_0", "anyway_1").row(0)
    assert far == (100_000, 50_000)


def test_purchases_carry_the_threshold_they_would_be_held_against_under_every_arm() -> None:
    orders = lines(line("1", "a", "2026-02-10", 75), line("2", "b", "2026-02-11", 120))
    people = ledger(drawn("a", "k = 1", threshold=750_000), held("b", average_order_value=180.0))

    purchases = window_orders(orders, people, ladder("1", "1.5")).purchases.sort("order_id")

    assert purchases.select("under_0", "under_1").rows() == [
        (750_000, 1_090_000),
        (1_890_000, 2_790_000),
    ]


def test_a_household_shares_the_threshold_of_whoever_spent_most() -> None:
    orders = lines(line("1", "a", "2026-02-10", 75), line("2", "b", "2026-02-11", 75))
    shared = {"unit_id": "household:1", "code": "X"}
    people = ledger(
        held("a", average_order_value=20.0, spend=20.0, **shared),
        held("b", average_order_value=70.0, spend=140.0, **shared),
        drawn("c", "k = 1", threshold=750_000),
    )
    of_households = replace(ladder("1"), unit="household")

    found = window_orders(orders, people, of_households).purchases

    assert found["under_0"].to_list() == [750_000, 750_000]


def test_a_post_costs_once_for_its_group_and_a_message_for_each_member() -> None:
    together, apart = {"unit_id": "group:7"}, {"unit_id": "group:8", "arm": "Letters"}
    shares = {"share_percent": "40", "contact_cost": "0.50"}
    mixed = plan(
        unit="group",
        group_by="chat",
        arms=[
            arm(**shares, channel="groups"),
            arm(name="Letters", offer={"kind": "message"}, **shares),
        ],
    )
    rows = [
        drawn("a", **together),
        drawn("b", **together),
        drawn("d", **apart),
        drawn("e", **apart),
    ]

    found = unit_outcomes(
        lines(line("1", "a", "2026-02-10", 30), line("2", "b", "2026-02-12", 40)),
        ledger(*rows, held("c", unit_id="group:9")),
        mixed,
    )

    assert outcome(found, "group:7")["goods"] == 700_000
    costs = dict(found.select("unit_id", "contact_cost").iter_rows())
    assert costs == {"group:7": 5_000, "group:8": 10_000, "group:9": 0}


@pytest.mark.parametrize(("refund", "kept"), [(106, 0), (103, 0), (110, -4), (40, 60)])
def test_freight_that_is_given_back_is_no_loss_of_goods(refund: float, kept: float) -> None:
    orders = lines(line("1", "h", "2026-02-10", 100, shipping=6, refund=refund))

    found = outcome(unit_outcomes(orders, ledger(drawn("a"), held("h")), plan()), "h")

    assert (found["goods"], found["kept"]) == (1_000_000, kept * 10_000)
    assert found["revenue"] == found["capped_revenue"] == found["kept"]


def test_freight_of_an_order_of_several_lines_is_given_back_once() -> None:
    orders = lines(
        line("1", "h", "2026-02-10", 60, line_key="1", shipping=6, refund=66),
        line("1", "h", "2026-02-10", 40, line_key="2", shipping=6, refund=46),
        line("2", "h", "2026-02-11", -10, shipping=6),
    )

    found = outcome(unit_outcomes(orders, ledger(drawn("a"), held("h")), plan()), "h")

    # 112 back of 100 and freight of 6, and a credit note of 10
    assert found["kept"] == -160_000
