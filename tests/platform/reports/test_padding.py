"""Baskets just above the threshold, in the arm and in the holdout, counted by hand."""

import pytest

from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_platform.reports.outcomes import outcomes_of, window_orders
from regulars_platform.reports.padding import ArmPadding, find_arm_padding
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import drawn, held, ledger, plan


def padding_of(rows: list[dict[str, object]], count: int, **offer: str) -> tuple[ArmPadding, ...]:
    free = {"kind": "free_shipping", "threshold": "80", "shipping_cost": "5"}
    campaign = plan(holdout_percent="50", arms=[arm(share_percent="50", offer=free | offer)])
    people = ledger(
        *(held(f"h{i}", average_order_value=100.0) for i in range(count)),
        *(drawn(f"t{i}", average_order_value=100.0, code=f"K{i}") for i in range(count)),
    )
    orders = window_orders(lines(*rows), people, campaign)
    return find_arm_padding(orders, outcomes_of(orders, people, campaign), campaign)


def bought(side: str, prices: list[float], back: int = 0) -> list[dict[str, object]]:
    """One order each; the first `back` customers give half of it back."""
    return [
        line(f"{side}{i}", f"{side}{i}", "2026-02-10", price, refund=price / 2 if i < back else 0)
        for i, price in enumerate(prices)
    ]


def test_orders_from_the_threshold_to_a_tenth_above_are_counted_on_both_sides() -> None:
    # held out: 20 of 100 in [80, 88); told: 50 of 100, of whose goods ten customers return half
    rows = bought("h", [80.0] * 20 + [88.0] * 30 + [60.0] * 50)
    rows += bought("t", [84.0] * 50 + [79.99] * 50, back=10)

    (found,) = padding_of(rows, 100)

    assert found.padding.share_control[0] == pytest.approx(0.2)
    assert found.padding.share_arm[0] == pytest.approx(0.5)
    share = found.padding.share.answer(0)
    assert isinstance(share, Estimate)
    assert share.estimate == pytest.approx(0.3)
    assert share.low > 0
    assert found.padding.returned_arm[0] == pytest.approx(10 * 42 / (50 * 84))
    assert found.padding.returned_control[0] == 0


def test_the_holdout_is_held_against_the_thresholds_that_it_would_have_had() -> None:
    # 1.2 times 100: a threshold of 120 for everybody, told or not
    rows = bought("h", [125.0] * 40 + [85.0] * 60) + bought("t", [125.0] * 60 + [85.0] * 40)

    (found,) = padding_of(
        rows, 100, reach="personal", multiple="1.2", price_points="round", threshold="20"
    )

    assert found.padding.share_control[0] == pytest.approx(0.4)
    assert found.padding.share_arm[0] == pytest.approx(0.6)


def test_goods_are_at_their_price_before_the_offer() -> None:
    # 74 paid after 8 off is a basket of 82
    told = [line(f"t{i}", f"t{i}", "2026-02-10", 74, discount=8, coupon=f"K{i}") for i in range(60)]
    offer = {"kind": "amount_off", "threshold": "80", "amount": "8", "reach": "personal"}
    campaign = plan(arms=[arm(offer=offer)])
    people = ledger(
        *(held(f"h{i}") for i in range(60)), *(drawn(f"t{i}", code=f"K{i}") for i in range(60))
    )
    orders = window_orders(lines(*told, *bought("h", [74.0] * 60)), people, campaign)

    (found,) = find_arm_padding(orders, outcomes_of(orders, people, campaign), campaign)

    assert (found.padding.share_arm[0], found.padding.share_control[0]) == (1.0, 0.0)


def test_few_orders_tell_nothing() -> None:
    (found,) = padding_of(bought("h", [84.0] * 9) + bought("t", [84.0] * 9), 100)

    assert found.padding.share.answer(0) == NotEstimable(reason=Reason.TOO_FEW_BUYERS)


def test_without_a_threshold_there_is_no_padding() -> None:
    campaign = plan(arms=[arm(offer={"kind": "message"})])
    people = ledger(held("h"), drawn("t"))
    orders = window_orders(lines(line("1", "t", "2026-02-10", 90)), people, campaign)

    assert find_arm_padding(orders, outcomes_of(orders, people, campaign), campaign) == ()
