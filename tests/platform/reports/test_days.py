"""By day since launch: the report's own net, drawn out over the days."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.days import ArmDays, find_days
from regulars_platform.reports.findings import find
from regulars_platform.reports.later import later_orders
from regulars_platform.reports.outcomes import outcomes_of, window_orders
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import drawn, held, ledger, plan

LAST = dt.date(2026, 2, 28)


def days_of(
    orders: pl.LazyFrame, people: pl.DataFrame, campaign: Plan, until: dt.date = LAST
) -> ArmDays:
    return find_days(window_orders(orders, people, campaign), people, campaign, until)[0]


def shop(
    seed: int, *, told: int, out: int, early: tuple[float, float], late: tuple[float, float]
) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Shares of buyers (held out, told) in the first 14 days and in the last 14."""
    rng = np.random.default_rng(seed)
    people, orders = [], []
    for kind, count, side in ((held, out, 0), (drawn, told, 1)):
        for number in range(count):
            name = f"{kind.__name__}-{number}"
            people.append(kind(name))
            for first, share in ((1, early[side]), (15, late[side])):
                if rng.random() < share:
                    day = f"2026-02-{first + int(rng.integers(14)):02d}"
                    price = round(rng.lognormal(4, 0.6), 2)
                    orders.append(line(f"{name}-{first}", name, day, price))
    return ledger(*people), lines(*orders)


def known(answer: object) -> Estimate:
    assert isinstance(answer, Estimate)
    return answer


def test_the_last_days_total_is_the_reports_net_to_the_last_digit() -> None:
    people, orders = shop(1, told=3000, out=1000, early=(0.2, 0.3), late=(0.2, 0.2))
    orders = pl.concat([orders, lines(line("credit", "held-1", "2026-03-20", -30))])
    campaign = plan(margin_low_percent="30", margin_high_percent="50")
    window = window_orders(orders, people, campaign)

    found = find_days(window, people, campaign, dt.date(2026, 3, 20))[0]

    net = known(find(outcomes_of(window, people, campaign), people, campaign).overall[0].net)
    total = known(found.days[-1].cumulative)
    assert (total.estimate, total.low, total.high) == (net.estimate, net.low, net.high)
    assert found.days[-1].date == LAST


def test_a_days_own_differences_add_up_to_the_total() -> None:
    people, orders = shop(2, told=12000, out=12000, early=(0.2, 0.3), late=(0.2, 0.2))

    found = days_of(orders, people, plan(holdout_percent="50", arms=[arm(share_percent="50")]))

    own = [known(day.daily).estimate for day in found.days]
    total = [known(day.cumulative).estimate for day in found.days]
    assert np.cumsum(own) == pytest.approx(total)


def test_contacting_counts_on_the_first_day_and_days_are_the_shops_own() -> None:
    # in the evening of 1 February in New York, which is 2 February in UTC; told buy for 10 more
    people = ledger(*(held(f"h{i}") for i in range(200)), *(drawn(f"t{i}") for i in range(200)))
    bought = [
        line(f"{side}{i}", f"{side}{i}", "2026-02-01", price + i, at="2026-02-02T03:00:00+00:00")
        for side, price in (("h", 50), ("t", 60))
        for i in range(100)
    ]

    found = days_of(
        lines(*bought),
        people,
        plan(timezone="America/New_York", holdout_percent="50", arms=[arm(share_percent="50")]),
        dt.date(2026, 2, 2),
    )

    # 40% of 10 for half of them; 10 more free deliveries at 5 among 200; 0.02 a message
    expected = 0.40 * 10 / 2 - 5 * 10 / 200 - 0.02
    assert [known(day.cumulative).estimate for day in found.days] == pytest.approx([expected] * 2)


def test_days_after_the_last_order_are_not_there() -> None:
    people, orders = shop(3, told=400, out=200, early=(0.5, 0.5), late=(0, 0))

    found = days_of(orders, people, plan(), dt.date(2026, 2, 10))

    assert [day.date.day for day in found.days] == list(range(1, 11))
    assert found.kept == ()
    assert (
        find_days(window_orders(orders, people, plan()), people, plan(), dt.date(2026, 1, 9)) == ()
    )


@pytest.mark.parametrize(("late", "kept"), [((0.3, 0.3), 1.0), ((0.4, 0.3), 0.5)])
def test_purchases_that_were_pulled_forward_are_not_kept(
    late: tuple[float, float], kept: float
) -> None:
    # the first 14 days have 20 points more buyers; then as many, or 10 points fewer
    people, orders = shop(4, told=4000, out=4000, early=(0.2, 0.4), late=late)
    free = arm(share_percent="50", offer={"kind": "message"})

    found = days_of(orders, people, plan(holdout_percent="50", arms=[free]))

    (share,) = found.kept
    answer = known(share.share)
    assert (share.early_days, share.late_days) == (14, 28)
    assert answer.low < kept < answer.high
    assert answer.high - answer.low < 0.6


def test_without_a_clear_early_effect_no_share_is_kept() -> None:
    people, orders = shop(5, told=1000, out=1000, early=(0.3, 0.3), late=(0.3, 0.4))

    found = days_of(orders, people, plan(holdout_percent="50", arms=[arm(share_percent="50")]))

    assert found.kept[0].share == NotEstimable(reason=Reason.NOT_A_RATIO)


def test_what_contacting_costs_has_no_say_in_the_share_that_is_kept() -> None:
    # households of one to four are contacted once per customer: their cost varies, and is spent at
    # once, so that it neither moves the share nor its limits
    rng = np.random.default_rng(6)
    people: list[dict[str, Any]] = []
    orders = []
    for kind, count, share in ((held, 400, 0.4), (drawn, 1600, 0.6)):
        for number in range(count):
            home = f"{kind.__name__}-{number}"
            size = int(rng.integers(1, 5))
            people.extend(kind(f"{home}-{member}", unit_id=home) for member in range(size))
            for day in (3, 20):
                if rng.random() < share:
                    when = f"2026-02-{day:02d}"
                    price = round(rng.lognormal(4, 0.4), 2)
                    orders.append(line(f"{home}-{day}", f"{home}-0", when, price))

    def kept(contact_cost: str) -> Estimate:
        told = arm(contact_cost=contact_cost)
        found = days_of(lines(*orders), ledger(*people), plan(unit="household", arms=[told]))
        return known(found.kept[0].share)

    free, dear = kept("0"), kept("5")
    assert (dear.estimate, dear.low, dear.high) == (free.estimate, free.low, free.high)


def quiet_after(sides: tuple[float, float]) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Told buy more in February; what share of (held out, told) buys again in March."""
    rng = np.random.default_rng(5)
    people, orders = [], []
    for kind, share, again in ((held, 0.2, sides[0]), (drawn, 0.4, sides[1])):
        for number in range(4000):
            name = f"{kind.__name__}-{number}"
            people.append(kind(name))
            for day, chance in (("2026-02-05", share), ("2026-03-20", again)):
                if rng.random() < chance:
                    price = round(rng.lognormal(4, 0.4), 2)
                    orders.append(line(f"{name}-{day}", name, day, price))
    return ledger(*people), lines(*orders)


@pytest.mark.parametrize(("again", "kept"), [((0.3, 0.3), 1.0), ((0.4, 0.3), 0.5)])
def test_what_is_kept_is_asked_at_day_thirty_and_sixty_also_after_the_window(
    again: tuple[float, float], kept: float
) -> None:
    people, orders = quiet_after(again)
    free = arm(share_percent="50", offer={"kind": "message"})
    campaign = plan(holdout_percent="50", arms=[free])
    until = dt.date(2026, 4, 5)
    later = later_orders(orders, people, campaign, until)
    window = window_orders(orders, people, campaign)

    found = find_days(window, people, campaign, until, later)[0]

    assert [(k.early_days, k.late_days) for k in found.kept] == [(14, 28), (14, 30), (14, 60)]
    shares = [known(k.share) for k in found.kept]
    # nobody bought between the first fortnight and day 30
    assert [share.estimate for share in shares[:2]] == pytest.approx([1.0, 1.0])
    assert shares[2].low < kept < shares[2].high
    # the verdict's own days end with the window, and know nothing of what came later
    alone = find_days(window, people, campaign, until)[0]
    assert found.days == alone.days


def test_a_mark_is_asked_about_only_once_orders_reach_it() -> None:
    people, orders = quiet_after((0.3, 0.3))
    campaign = plan()

    assert later_orders(orders, people, campaign, dt.date(2026, 3, 1)) is None
    until = dt.date(2026, 3, 31)
    later = later_orders(orders, people, campaign, until)
    found = find_days(window_orders(orders, people, campaign), people, campaign, until, later)[0]

    assert [k.late_days for k in found.kept] == [28, 30]


def test_a_share_is_provisional_for_as_long_after_its_day_as_the_plan_waits_for_returns() -> None:
    people, orders = quiet_after((0.3, 0.3))
    campaign = plan()
    until = dt.date(2026, 4, 30)

    found = find_days(
        window_orders(orders, people, campaign),
        people,
        campaign,
        until,
        later_orders(orders, people, campaign, until),
    )[0]

    wait = campaign.settle_until - campaign.outcome_end
    assert [k.settles for k in found.kept] == [
        day + wait for day in (LAST, dt.date(2026, 3, 2), dt.date(2026, 4, 1))
    ]


def test_credit_notes_before_returns_settle_are_the_windows_and_not_counted_again() -> None:
    people, orders = quiet_after((0.3, 0.3))
    campaign = plan()
    notes = lines(
        line("before", "held-1", "2026-03-20", -30), line("after", "held-2", "2026-04-01", -40)
    )

    later = later_orders(pl.concat([orders, notes]), people, campaign, dt.date(2026, 4, 5))

    assert campaign.settle_until == dt.date(2026, 3, 31)
    assert later is not None
    assert later.get_column("returned").sum() == 400_000
