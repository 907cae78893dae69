"""Forecasts: from memory, from the guess where there is none, and from both by the rules."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from scipy import stats

from regulars_platform.campaigns.plan import NamedRule, TreatmentArm
from regulars_platform.memory.families import offer_family
from regulars_platform.memory.forecast import (
    ArmForecast,
    Outlook,
    PlannedGroup,
    PlannedLeak,
    forecast_arms,
    forecast_json,
    planned_groups,
    read_promises,
)
from regulars_platform.memory.likeness import Likeness
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.people import people_of
from regulars_platform.offers.kinds import FreeShipping
from regulars_platform.segments.rules import EVERYBODY, parse_rule
from tests.platform.memory.build import lesson

OFTEN = NamedRule(name="often", rule=parse_rule({"feature": "orders", "op": ">=", "value": "2"}))


def told(**other: Any) -> TreatmentArm:
    offer = FreeShipping(threshold=800_000, shipping_cost=50_000, **other)
    return TreatmentArm(
        name="Free shipping",
        share=8000,
        offer=offer,
        channel="email",
        channel_label="",
        contact_cost=200,
    )


def outlook(**other: Any) -> Outlook:
    """10,000 customers, half of whom ordered often; 40 spent each, at a margin of 0.4."""
    usual: dict[str, Any] = {
        "audience": EVERYBODY,
        "segments": (OFTEN,),
        "arms": (told(),),
        "shares": (0.8,),
        "unit": "customer",
        "day": dt.date(2026, 6, 1),
        "margin": 0.4,
        "confidence": 0.95,
        "contact_costs": (0.02,),
        "groups": (
            PlannedGroup(segment=None, units=10_000, spend=40.0, usual_order=80.0),
            PlannedGroup(segment="often", units=5_000, spend=60.0, usual_order=80.0),
            PlannedGroup(segment="everyone else", units=5_000, spend=20.0, usual_order=80.0),
        ),
        "leaks": (None,),
    }
    return Outlook(**(usual | other))


def of(segment: str | None, net: float, error: float, ends_on: str, **other: Any) -> Lesson:
    key = people_of(EVERYBODY, {OFTEN.name: OFTEN.rule})[segment].key
    family = offer_family(told(), "customer", 80.0).key
    return lesson(net, error, ends_on, cell=(key, family), **other)


def one(found: tuple[ArmForecast, ...]) -> ArmForecast:
    (arm,) = found
    return arm


def test_without_memory_it_is_the_usual_guess_at_the_margin_less_the_contact() -> None:
    found = one(forecast_arms(outlook(), []))
    # 5% more of 40, at 0.4, less 0.02, of 8,000 told; give or take 10%
    assert found.expected == pytest.approx(8_000 * (0.05 * 40 * 0.4 - 0.02))
    half = 8_000 * 0.1 * 40 * 0.4 * stats.norm.ppf(0.975)
    assert (found.low, found.high) == pytest.approx((found.expected - half, found.expected + half))
    assert found.chance_of_loss == pytest.approx(stats.norm.cdf(-(0.8 - 0.02) / 1.6))
    assert (found.units, found.remembered, found.campaigns) == (8_000, 0, 0)


def test_a_code_of_their_own_costs_what_leaks() -> None:
    leak = PlannedLeak(share=0.5, cost=3_000.0, cost_per_customer=0.3)
    plain = one(forecast_arms(outlook(leaks=(leak,)), []))
    personal = one(forecast_arms(outlook(arms=(told(reach="personal"),), leaks=(leak,)), []))
    assert plain.expected - personal.expected == pytest.approx(8_000 * 0.3)


def test_many_precise_campaigns_decide_the_forecast_and_narrow_it() -> None:
    ends = [f"2026-0{month}-28" for month in range(1, 6)]
    past = [of("often", -0.5, 0.02, end) for end in ends]
    found = one(forecast_arms(outlook(), past))
    often, rest = found.groups
    assert often.mean == pytest.approx(-0.5, abs=0.02)
    assert often.campaigns == 5
    assert rest.campaigns == 0
    assert rest.mean == pytest.approx(0.05 * 20 * 0.4 - 0.02)
    assert (found.remembered, found.campaigns) == (4_000, 5)
    assert found.expected == pytest.approx(4_000 * (often.mean + rest.mean))
    # the remembered part errs by itself, the guessed one by 10% of what it spends
    known = stats.norm.ppf(0.975) * 4_000
    spread = (often.deviation**2 + (0.1 * 20 * 0.4) ** 2) ** 0.5
    assert found.high - found.expected == pytest.approx(known * spread)


def test_one_small_lucky_campaign_does_not_promise_the_moon() -> None:
    lucky = [of("often", 30.0, 15.0, "2026-05-01")]
    found = one(forecast_arms(outlook(), lucky))
    assert 1.18 < found.groups[0].mean < 5  # the guess is 1.18; the campaign says 30


def test_campaigns_that_contradict_the_guess_are_believed() -> None:
    ends = [f"2026-0{month}-28" for month in range(1, 6)]
    dormant = PlannedGroup(segment="often", units=5_000, spend=0.5, usual_order=80.0)
    everybody = PlannedGroup(segment=None, units=5_000, spend=0.5, usual_order=80.0)
    found = one(
        forecast_arms(
            outlook(groups=(everybody, dormant)),
            [of("often", 1.0, 0.05, end, level=0.2) for end in ends],
        )
    )
    assert found.groups[0].mean == pytest.approx(1.0, abs=0.1)


def test_where_only_everybody_is_remembered_everybody_is_foretold() -> None:
    found = one(forecast_arms(outlook(), [of(None, 0.6, 0.01, "2026-05-01")]))
    assert [group.segment for group in found.groups] == [None]
    assert (found.units, found.remembered) == (8_000, 8_000)


def like(share: float, coverage: float) -> Likeness:
    key = people_of(EVERYBODY, {})[None].key
    return Likeness(key=key, campaign="May", segment=None, share=share, coverage=coverage)


def narrower(*likenesses: tuple[float, float]) -> tuple[PlannedGroup, ...]:
    """Everybody and two halves of them, each as like as said to those whom a campaign met."""
    names = (None, "often", "everyone else")
    return tuple(
        PlannedGroup(
            segment=name,
            units=10_000 if name is None else 5_000,
            spend=40.0,
            usual_order=80.0,
            like=(like(*said),),
        )
        for name, said in zip(names, likenesses, strict=True)
    )


def test_parts_of_those_who_were_met_are_foretold_together_where_only_all_are_known() -> None:
    met = [of(None, 0.6, 0.05, "2026-05-01")]
    found = one(forecast_arms(outlook(groups=narrower((1, 1), (1, 0.5), (1, 0.5))), met))
    assert [group.segment for group in found.groups] == [None]
    assert found.groups[0].like == like(1, 1)


def test_a_narrowed_audience_starts_from_those_who_were_met_and_says_whom() -> None:
    met = [of(None, 0.6, 0.05, "2026-05-01")]
    audience = parse_rule({"feature": "spend", "op": ">=", "value": "10"})
    plan = {"audience": audience, "segments": ()}
    (whole, *_) = narrower((1, 0.9), (1, 1), (1, 1))
    found = one(forecast_arms(outlook(groups=(whole,), **plan), met))
    assert (found.remembered, found.campaigns) == (8_000, 1)
    assert found.groups[0].like == like(1, 0.9)
    same = one(forecast_arms(outlook(groups=(whole,)), met))
    assert found.deviation >= same.deviation


def test_groups_that_lean_on_the_same_people_err_together() -> None:
    met = [of(None, 0.6, 0.05, "2026-05-01")]
    audience = parse_rule({"feature": "spend", "op": ">=", "value": "10"})
    groups = narrower((1, 0.1), (1, 0.9), (1, 0.9))
    found = one(forecast_arms(outlook(groups=groups, audience=audience), met))
    often, rest = found.groups
    assert found.deviation == pytest.approx(4_000 * (often.deviation + rest.deviation))


def test_a_campaign_of_another_family_is_not_remembered() -> None:
    cell = (people_of(EVERYBODY, {})[None].key, "message|open|sms||customer||")
    found = one(forecast_arms(outlook(), [lesson(5.0, 0.1, "2026-05-01", cell=cell)]))
    assert found.campaigns == 0


def test_what_is_frozen_is_what_was_forecast() -> None:
    leak = PlannedLeak(share=0.25, cost=1234.567, cost_per_customer=0.1)
    found = forecast_arms(outlook(leaks=(leak,)), [of(None, 0.6, 0.01, "2026-05-01")])
    (promise,) = read_promises(forecast_json(found))
    assert promise.expected == pytest.approx(found[0].expected, abs=0.005)
    assert (promise.low, promise.high) == pytest.approx((found[0].low, found[0].high), abs=0.005)
    assert (promise.leak_share, promise.leak_cost) == (0.25, 1234.57)
    assert (promise.units, promise.campaigns) == (8_000, 1)


def dormant(**other: Any) -> tuple[PlannedGroup, ...]:
    """10,000 customers of whom nobody bought in the past window."""
    usual: dict[str, Any] = {"units": 10_000, "spend": 0.0, "usual_order": 80.0}
    return (PlannedGroup(segment=None, **(usual | other)),)


def test_of_people_who_did_not_buy_lately_the_guess_is_about_one_in_ten_of_their_orders() -> None:
    found = one(forecast_arms(outlook(groups=dormant(), segments=()), []))
    # 5% of a tenth of 80, at 0.4, less 0.02; give or take 10%
    assert found.expected == pytest.approx(8_000 * (0.05 * 8 * 0.4 - 0.02))
    half = 8_000 * 0.1 * 8 * 0.4 * stats.norm.ppf(0.975)
    assert found.high - found.expected == pytest.approx(half)


def test_who_never_bought_may_be_won_for_what_others_order() -> None:
    groups = dormant(usual_order=None, order=50.0)
    found = one(forecast_arms(outlook(groups=groups, segments=()), []))
    assert found.expected == pytest.approx(8_000 * (0.05 * 5 * 0.4 - 0.02))


def test_a_threshold_out_of_reach_promises_nothing_and_is_no_certainty() -> None:
    found = one(forecast_arms(outlook(groups=dormant(fits=0.0), segments=()), []))
    assert found.expected == pytest.approx(-8_000 * 0.02)
    assert found.groups[0].deviation == pytest.approx(0.1 * 8 * 0.4)


def test_an_order_won_costs_its_offer() -> None:
    plain = one(forecast_arms(outlook(groups=dormant(), segments=()), []))
    dear = one(forecast_arms(outlook(groups=dormant(), segments=(), gives=(10.0,)), []))
    # half a percent of them order
    assert plain.expected - dear.expected == pytest.approx(8_000 * 0.005 * 10)
    active = one(forecast_arms(outlook(), []))
    assert one(forecast_arms(outlook(gives=(10.0,)), [])).expected == active.expected


@pytest.mark.parametrize("won", [1.4228 - 0.6528, 1.0772 - 0.6528])
def test_the_guess_holds_what_hillstroms_two_mails_won(won: float) -> None:
    """Spend per customer of the men's, the women's mail and of nobody told; 116 an order."""
    groups = dormant(spend=0.6528, usual_order=116.36)
    free = {"margin": 1.0, "contact_costs": (0.0,), "segments": ()}
    found = one(forecast_arms(outlook(groups=groups, **free), []))
    assert found.low < 8_000 * won < found.high


def test_groups_to_be_won_are_read_from_the_customers() -> None:
    drawn = pl.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "segment": ["bought", "bought", "never", "never"],
            "average_order_value": [60.0, 200.0, None, None],
        }
    )
    fits = pl.col("average_order_value") < 100
    spend = {None: 0.0, "bought": 0.0}
    everybody, bought, never = planned_groups(drawn, spend, {}, fits=fits, shop_order=75.0)
    assert (everybody.won_order, everybody.fits) == (130.0, 0.25)
    assert (bought.won_order, bought.fits) == (130.0, 0.5)
    assert (never.usual_order, never.won_order, never.fits) == (None, 75.0, 0.0)
