"""The live side of the plan's form, on the small shop of conftest."""

import statistics
from collections import Counter
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_experiments.design import Baseline, detectable_effect
from regulars_experiments.holdouts import HoldoutSize
from regulars_experiments.price_points import at_or_above
from regulars_experiments.results import Reason
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.launching.foresight import Foreseen
from regulars_platform.launching.preview import Preview, preview_draft
from regulars_platform.offers.leak import STEPS
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.campaigns.build import arm, draft
from tests.platform.campaigns.conftest import NOW

NEAR = {"feature": "average_order_value", "op": "between", "value": ["48", "96"]}


def preview(database: Database, settings: Settings, shop: int = 1, **other: Any) -> Preview:
    raw = draft(**other)
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        return preview_draft(session, settings, get_shop_of(session, shop), raw)


def past_spend(number: int) -> float:
    """What customer `number` of the small shop spent in January (see conftest)."""
    return float((1 + number % 3) * (40 + number % 60))


def test_the_head_count_adds_up(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=["c010", "c011"], reason="", now=NOW)
    found = preview(
        database,
        settings,
        audience=NEAR,
        exclusions={"customers": ["c012", "c000"]},
        segments=[{"name": "once", "rule": {"feature": "orders", "op": "=", "value": 1}}],
    )
    fits = [n for n in range(300) if 48 <= 40 + n % 60 <= 96]
    drawn = [n for n in fits if n not in (10, 11, 12)]
    count = found.head_count
    assert count is not None
    assert (count.total, count.audience) == (300, len(fits))
    assert (count.excluded, count.suppressed, count.drawn) == (1, 2, len(drawn))
    once = sum(n % 3 == 0 for n in drawn)
    assert count.segments == (("once", once), ("everyone else", len(drawn) - once))


@pytest.mark.parametrize("cost", ["0.02", "", "much"])
def test_who_did_not_agree_to_the_channel_is_left_off_while_other_fields_are_filled_in(
    database: Database, settings: Settings, cost: str
) -> None:
    refused = {"customer_id": ["c010", "c011"], "consent_email": [False, False]}
    DatasetTable(settings.shop_dir(1), "customers").merge(pl.DataFrame(refused))
    count = preview(database, settings, arms=[arm(contact_cost=cost)]).head_count
    assert count is not None
    assert count.no_consent == 2
    assert count.drawn == count.audience - 2


def test_the_histogram_shows_everybody_and_marks_the_audience(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings, audience=NEAR).histogram
    assert found is not None
    assert sum(b.customers for b in found.bins) + found.above == 300
    assert sum(b.marked for b in found.bins) == sum(48 <= 40 + n % 60 <= 96 for n in range(300))


def test_arms_have_their_sizes_contact_cost_and_threshold(
    database: Database, settings: Settings
) -> None:
    arms = [
        arm(share_percent="50"),
        arm(name="News", share_percent="30", offer={"kind": "message"}, contact_cost="0.5"),
    ]
    found = preview(database, settings, arms=arms)
    assert found.arms is not None
    assert found.holdout is not None
    assert [(a.customers, a.threshold) for a in found.arms] == [(150, 80.0), (90, None)]
    assert [a.contact_cost for a in found.arms] == [3.0, 45.0]
    assert found.holdout.customers == 60
    assert found.holdout.window_spend == pytest.approx(0.2 * sum(past_spend(n) for n in range(300)))


def test_the_leak_counts_past_orders_that_reach_the_threshold(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings)
    assert found.arms is not None
    leak = found.arms[0].leak
    assert leak is not None
    reach = sum(1 + n % 3 for n in range(300) if 40 + n % 60 >= 80)
    assert (leak.customers, leak.orders, leak.qualifying_orders) == (300, 600, reach)
    assert leak.cost == reach * 50_000


def proved_of(
    spends: list[float],
    held: float,
    treated: float,
    confidence: float = 0.95,
    *,
    by_both_tests: bool = False,
) -> float:
    """Of gross profit per customer, by the core, whose own tests say that it is right."""
    shop = Baseline(
        buyers=np.array([sum(spend != 0 for spend in spends) / len(spends)]),
        mean=np.array([statistics.mean(spends)]),
        sd=np.array([statistics.stdev(spends)]),
    )
    found = detectable_effect(
        shop,
        n_control=held,
        n_arm=treated,
        confidence=confidence,
        by_both_tests=by_both_tests,
    )
    return float(found.difference[0]) * 0.4


def test_what_could_be_proved_is_reckoned_in_gross_profit_from_what_they_spent(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings)
    assert found.arms is not None
    assert found.arms[0].foreseen is not None
    expected = proved_of([past_spend(n) for n in range(300)], 60, 240)
    assert found.arms[0].foreseen.detectable == pytest.approx(expected, rel=1e-6)


def test_a_cap_on_one_customer_makes_smaller_effects_detectable(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings, exclusions={"customer_revenue_cap": "100"})
    assert found.arms is not None
    assert found.arms[0].foreseen is not None
    expected = proved_of([min(past_spend(n), 100.0) for n in range(300)], 60, 240)
    assert found.arms[0].foreseen.detectable == pytest.approx(expected, rel=1e-6)


def test_each_report_segment_says_what_it_would_prove_by_its_own_past(
    database: Database, settings: Settings
) -> None:
    found = preview(
        database,
        settings,
        segments=[{"name": "once", "rule": {"feature": "orders", "op": "=", "value": 1}}],
    )
    assert found.segments is not None
    once, others = found.segments
    spends = [past_spend(n) for n in range(300) if n % 3 == 0]
    expected = proved_of(spends, 20, 80, 0.975, by_both_tests=True)
    assert once.detectable == pytest.approx(expected, rel=1e-6)
    assert others.detectable is not None


def test_several_arms_are_corrected_for_looking_at_all_of_them_as_the_report_is(
    database: Database, settings: Settings
) -> None:
    arms = [arm(share_percent="40"), arm(name="Letter", share_percent="40")]
    segments = [{"name": "once", "rule": {"feature": "orders", "op": "=", "value": 1}}]
    found = preview(database, settings, arms=arms, segments=segments)
    assert found.arms is not None
    assert found.segments is not None
    spends = [past_spend(n) for n in range(300)]
    for each in found.arms:
        assert each.foreseen is not None
        expected = proved_of(spends, 60, 120, 1 - 0.05 / 2)
        assert each.foreseen.detectable == pytest.approx(expected, rel=1e-6)
    # two arms in two segments are four tests
    once = [spend for n, spend in enumerate(spends) if n % 3 == 0]
    expected = proved_of(once, 20, 40, 1 - 0.05 / 4, by_both_tests=True)
    assert found.segments[0].detectable == pytest.approx(expected, rel=1e-6)
    # and so are the sizes of the holdout, for the smaller of the arms
    assert found.sizes is not None
    learn = found.sizes.learn_most
    assert isinstance(learn, HoldoutSize)
    assert learn.difference is not None
    held = learn.customers
    expected = proved_of(spends, held, (300 - held) / 2, 1 - 0.05 / 2)
    assert learn.difference * 0.4 == pytest.approx(expected, rel=1e-6)


def test_a_segment_without_customers_is_no_test(database: Database, settings: Settings) -> None:
    segments = [{"name": "all", "rule": {"feature": "orders", "op": ">=", "value": 1}}]
    found = preview(database, settings, segments=segments)
    assert found.segments is not None
    everybody, nobody = found.segments
    spends = [past_spend(n) for n in range(300)]
    assert everybody.detectable == pytest.approx(proved_of(spends, 60, 240), rel=1e-6)
    assert nobody.detectable is None


def test_three_sizes_of_the_holdout_come_from_the_same_past(
    database: Database, settings: Settings
) -> None:
    sizes = preview(database, settings).sizes
    assert sizes is not None
    assert isinstance(sizes.learn_most, HoldoutSize)
    assert sizes.learn_most.customers == 150
    spends = [past_spend(n) for n in range(300)]
    assert sizes.target == pytest.approx(0.1 * statistics.mean(spends))
    # an added 5% of spend at 40% margin, less two cents for telling them
    each = 0.02 * statistics.mean(spends) - 0.02
    assert sizes.learn_most.withheld == pytest.approx(150 * each, abs=2)
    # a code of their own costs 5 for every order that comes anyway, and the holdout has none
    offer = {"kind": "free_shipping", "threshold": "80", "shipping_cost": "5", "reach": "personal"}
    dear = preview(database, settings, arms=[arm(offer=offer)]).sizes
    assert dear is not None
    assert isinstance(dear.learn_most, HoldoutSize)
    anyway = 5 * sum(1 + n % 3 for n in range(300) if 40 + n % 60 >= 80) / 300
    assert dear.learn_most.withheld == pytest.approx(150 * (each - anyway), abs=2)
    assert preview(database, settings, margin_low_percent="").sizes is None


def test_customers_who_bought_nothing_in_the_window_count_as_zero(
    database: Database, settings: Settings
) -> None:
    # 22 days back from 1 February reach to 10 January: the first order of each is before it
    found = preview(database, settings, outcome_end="2026-02-22")
    assert found.arms is not None
    assert found.arms[0].foreseen is not None
    spends = [
        (40.0 + n % 60) * sum(5 + 5 * order + n % 5 >= 10 for order in range(1 + n % 3))
        for n in range(300)
    ]
    assert 0 < sum(spend > 0 for spend in spends) < 300
    expected = proved_of(spends, 60, 240)
    assert found.arms[0].foreseen.detectable == pytest.approx(expected, rel=1e-6)


def test_where_nobody_bought_it_says_so(database: Database, settings: Settings) -> None:
    # ten days back from 1 February reach to 22 January: nobody bought since
    found = preview(database, settings, outcome_end="2026-02-10")
    assert found.arms is not None
    assert found.arms[0].foreseen == Foreseen(detectable=None, why=Reason.NO_BUYERS)
    assert found.sizes is None
    assert found.arms[0].leak is not None
    assert (found.arms[0].leak.orders, found.arms[0].leak.share) == (0, None)


def test_a_draft_that_does_not_hold_yet_shows_what_can_be_shown(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings, holdout_percent="", outcome_end="2026-01-01")
    assert {p.field for p in found.problems} == {"holdout_percent", "outcome_end"}
    assert found.head_count is not None
    assert found.head_count.drawn == 300
    assert (found.arms, found.holdout) == (None, None)
    odd = preview(database, settings, holdout_percent="50")
    assert odd.arms is None
    blind = preview(database, settings, audience={"any": []})
    assert (blind.head_count, blind.histogram) == (None, None)


def test_a_window_longer_than_the_history_is_pointed_out(
    database: Database, settings: Settings
) -> None:
    assert not preview(database, settings, outcome_end="2026-02-20").short_history
    assert preview(
        database, settings, outcome_end="2026-04-30", settle_until="2026-05-31"
    ).short_history


def test_a_shop_without_orders_has_nothing_to_show(database: Database, settings: Settings) -> None:
    found = preview(database, settings, shop=2)
    assert (found.head_count, found.arms, found.problems) == (None, None, ())


OWN = {"kind": "free_shipping", "threshold": "45", "shipping_cost": "5", "reach": "personal"}


def test_own_thresholds_are_counted_over_the_audience(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings, arms=[arm(offer=OWN | {"multiple": "1"})])
    assert found.arms is not None
    own = found.arms[0].own
    assert own is not None
    assert found.arms[0].threshold is None
    # order values are 40 to 99, five customers each
    told = sorted(
        max(450_000, int(at_or_above([(40 + n % 60) * 10_000], "nines")[0])) for n in range(300)
    )
    counted = Counter(told)
    assert (own.lowest, own.median, own.highest) == (told[0], told[149], told[-1])
    assert own.points == tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:5])
    assert own.others == 300 - sum(customers for _, customers in own.points)


def test_the_leak_of_own_thresholds_holds_every_order_against_its_customers_own(
    database: Database, settings: Settings
) -> None:
    # all orders of a customer are alike, so only where 0.9 x that is a price point at most that
    # does an order reach its own threshold
    found = preview(database, settings, arms=[arm(offer=OWN | {"multiple": "0.9"})])
    assert found.arms is not None
    leak = found.arms[0].leak
    assert leak is not None
    values = [40 + n % 60 for n in range(300)]
    told = [max(450_000, int(at_or_above([value * 9_000], "nines")[0])) for value in values]
    reach = sum(1 + n % 3 for n in range(300) if values[n] * 10_000 >= told[n])
    assert 0 < reach < 600
    assert (leak.orders, leak.qualifying_orders, leak.cost) == (600, reach, reach * 50_000)


@pytest.mark.parametrize("multiple", [None, "0.9", "1.3"])
def test_orders_drawn_by_what_they_come_to_of_the_threshold_are_those_of_the_leak(
    database: Database, settings: Settings, multiple: str | None
) -> None:
    offer = OWN | ({} if multiple is None else {"multiple": multiple})
    found = preview(database, settings, arms=[arm(offer=offer)])
    assert found.arms is not None
    shown = found.arms[0]
    assert shown.leak is not None
    assert len(shown.reach) == 2 * STEPS + 1
    assert sum(shown.reach) == shown.leak.orders == 600
    assert sum(shown.reach[STEPS:]) == shown.leak.qualifying_orders


def test_a_household_is_told_the_threshold_of_whoever_spent_most(
    database: Database, settings: Settings
) -> None:
    # once for 40: c000, c060, c120, ..; twice for 41: c001, c061, c121, ..
    only = {"any": [{"feature": "spend", "op": "in", "value": [40, 82]}]}
    both = {"any": [{"feature": "average_order_value", "op": "<=", "value": 41}]}
    arms = [arm(offer=OWN | {"multiple": "1.95"})]
    found = preview(database, settings, audience={"all": [only, both]}, unit="household", arms=arms)
    assert found.arms is not None
    assert found.arms[0].own is not None
    # 1.95 x 40 = 78 is told as 79, 1.95 x 41 = 79.95 as 85: c000 and c060 live with c001 and c061
    assert found.arms[0].own.points == ((850_000, 7), (790_000, 3))


def test_a_message_and_an_offer_for_any_order_draw_no_orders(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings, arms=[arm(offer={"kind": "message"})])
    assert found.arms is not None
    assert (found.arms[0].reach, found.arms[0].own) == ((), None)
