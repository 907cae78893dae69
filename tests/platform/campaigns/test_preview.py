"""The live side of the plan's form, on the small shop of conftest."""

import statistics
from typing import Any

import pytest

from regulars_platform.campaigns.preview import Preview, preview_draft
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.campaigns.suppressions import add_suppressions
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
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


def test_the_detectable_effect_is_that_of_gross_profit_per_customer(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings)
    assert found.arms is not None
    sd = statistics.stdev(past_spend(n) for n in range(300)) * 0.4
    # two-sided 5%, 80% power: 1.959964 + 0.841621
    expected = 2.801585 * sd * (1 / 240 + 1 / 60) ** 0.5
    assert found.arms[0].detectable == pytest.approx(expected, rel=1e-6)


def test_a_cap_on_one_customer_makes_smaller_effects_detectable(
    database: Database, settings: Settings
) -> None:
    found = preview(database, settings, exclusions={"customer_revenue_cap": "100"})
    assert found.arms is not None
    sd = statistics.stdev(min(past_spend(n), 100.0) for n in range(300)) * 0.4
    expected = 2.801585 * sd * (1 / 240 + 1 / 60) ** 0.5
    assert found.arms[0].detectable == pytest.approx(expected, rel=1e-6)


def test_customers_who_bought_nothing_in_the_window_count_as_zero(
    database: Database, settings: Settings
) -> None:
    # ten days back from 1 February reach to 22 January: nobody bought since
    found = preview(database, settings, outcome_end="2026-02-10")
    assert found.arms is not None
    assert found.arms[0].detectable is None
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
