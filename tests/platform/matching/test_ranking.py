"""Offers and groups both ways: what is expected, worked out by hand from the same orders."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import create_draft, get_shop_of
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.launching.launch import launch
from regulars_platform.matching.ground import Ground, Terms, open_ground
from regulars_platform.matching.offers import offers_near, price_point
from regulars_platform.matching.ranking import (
    campaigns_of_other_reach,
    rank_groups,
    rank_offers,
)
from regulars_platform.memory.likeness import ShopMemory
from regulars_platform.memory.models import Lesson
from regulars_platform.offers.reading import read_offer
from regulars_platform.programmes.caps import keep_caps
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.rules import EVERYBODY
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.campaigns.build import draft
from tests.platform.campaigns.conftest import NOW, database, settings

__all__ = ["database", "settings"]

TERMS = Terms(channel="email", contact_cost="0.02", margin_low="40", margin_high="40")
TODAY = dt.date(2026, 1, 31)
FREE_FROM_80 = {"kind": "free_shipping", "threshold": "80", "shipping_cost": "5", "reach": "open"}
NEAR = {"feature": "average_order_value", "op": "between", "value": ["70", "90"]}
FAR = {"feature": "average_order_value", "op": "<", "value": "45"}


def orders() -> list[tuple[int, int, int]]:
    """(customer, day of January, amount) of the shop, as its fixture describes it."""
    return [
        (number, 5 + 5 * order + number % 5, 40 + number % 60)
        for number in range(300)
        for order in range(1 + number % 3)
    ]


def ground(database: Database, settings: Settings, terms: Terms = TERMS) -> Ground:
    with database.reading() as session:
        shop = get_shop_of(session, 1)
        found = open_ground(session, settings, shop, terms, today=TODAY)
    assert found is not None
    return found


def expected(threshold: float, members: list[int]) -> float:
    """Margin of 5% more spend of those whom the threshold fits, less the e-mail, per customer."""
    fitting = [n for n in members if 0.6 * threshold <= 40 + n % 60 <= 1.2 * threshold]
    # the day after the last order is the 20th: four weeks before hold every order
    spent = sum(amount for number, _, amount in orders() if number in set(fitting))
    return 0.4 * 0.05 * spent / len(members) - 0.02


def test_whom_the_limit_bars_is_neither_counted_nor_forecast(
    database: Database, settings: Settings
) -> None:
    before = ground(database, settings).judge(EVERYBODY, FREE_FROM_80, "all")
    days = {"as_of": "2026-01-31", "send_date": "2026-01-31", "outcome_end": "2026-02-27"}
    raw = draft(**days, settle_until="2026-03-10", audience=NEAR)
    with database.unit_of_work() as session:
        keep_caps(session, 1, {"contacts": "1", "days": "7"})
        made = create_draft(session, shop_id=1, raw=raw, now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="s")

    found = ground(database, settings)
    match = found.judge(EVERYBODY, FREE_FROM_80, "all")

    near = [n for n in range(300) if 70 <= 40 + n % 60 <= 90]
    rest = [n for n in range(300) if n not in near]
    assert before is not None
    assert match is not None
    assert (before.customers, before.capped) == (300, 0)
    assert (match.customers, match.capped) == (len(rest), len(near))
    assert match.net == pytest.approx(expected(80, rest), rel=1e-9)
    assert found.judge(parse_rule(NEAR), FREE_FROM_80, "near") is None


def test_what_is_expected_of_a_group_is_the_usual_guess_on_those_whom_the_threshold_fits(
    database: Database, settings: Settings
) -> None:
    match = ground(database, settings).judge(parse_rule(NEAR), FREE_FROM_80, "near")

    members = [n for n in range(300) if 70 <= 40 + n % 60 <= 90]
    assert match is not None
    assert match.customers == len(members)
    assert match.net == pytest.approx(expected(80, members), rel=1e-9)
    assert match.low < match.net < match.high
    assert match.campaigns == 0
    # orders of 80 and more would have come free anyway
    theirs = [amount for number, _, amount in orders() if number in set(members)]
    assert match.leak_share == pytest.approx(sum(a >= 80 for a in theirs) / len(theirs))


def test_a_threshold_is_worth_more_to_those_who_spent_about_as_much(
    database: Database, settings: Settings
) -> None:
    """Free shipping from 80 goes to who spent about 80 before, not 30."""
    with database.unit_of_work() as session:
        for name, rule in (("near", NEAR), ("far", FAR)):
            save_segment(session, shop_id=1, name=name, rule=parse_rule(rule), now=NOW)
    place = ground(database, settings)
    with database.reading() as session:
        ranked = rank_groups(session, place, FREE_FROM_80, "test")

    order = [str(one.group.title) for one in ranked]
    assert order.index("near") < order.index("far")
    nets = [one.match.net for one in ranked if not one.group.fitting]
    assert nets == sorted(nets, reverse=True)
    # those who spend 40 to 44 cannot be expected to reach 80: only the e-mail is certain
    far = ranked[order.index("far")].match
    assert far.net == pytest.approx(-0.02)
    # whose orders cannot reach 80 are a group that the offer hardly fits; they are 25 of 300
    assert ranked[order.index("far")].hardly_fits
    assert not ranked[order.index("near")].hardly_fits
    everybody = ranked[order.index("Every customer")]
    assert everybody.fits == pytest.approx(sum(48 <= 40 + n % 60 <= 96 for n in range(300)) / 300)
    # of guesses alone, the one about those whom the threshold fits comes first
    assert ranked[0].group.fitting


def test_past_campaigns_with_another_reach_are_told_of_since_no_forecast_counts_them(
    database: Database, settings: Settings
) -> None:
    def learnt(campaign: int, family: str, ends_on: dt.date = dt.date(2026, 1, 10)) -> Lesson:
        return Lesson(
            campaign_id=campaign,
            report_id=campaign,
            cell=("everybody", family),
            ends_on=ends_on,
            n=100,
            net=1.0,
            error=0.5,
            level=20.0,
        )

    coded = "free_shipping|personal|email||customer|near|"
    lessons = (
        learnt(1, coded),
        learnt(1, coded.replace("near", "far")),
        learnt(2, coded.replace("email", "sms")),
        learnt(3, coded.replace("free_shipping", "gift")),
        learnt(4, coded.replace("personal", "open")),
        learnt(5, coded, ends_on=dt.date(2027, 1, 1)),
    )
    place = replace(ground(database, settings), memory=ShopMemory(lessons=lessons))

    assert campaigns_of_other_reach(place, FREE_FROM_80) == 1
    assert campaigns_of_other_reach(place, FREE_FROM_80 | {"reach": "personal"}) == 1
    assert campaigns_of_other_reach(place, {"kind": "message", "reach": "open"}) == 0
    assert campaigns_of_other_reach(place, {"kind": "free_shipping"}) == 0


def test_every_row_is_a_campaign_that_can_be_planned(
    database: Database, settings: Settings
) -> None:
    ranked = rank_offers(ground(database, settings), EVERYBODY, "for everybody")

    assert len(ranked) >= 8
    for one in ranked:
        plan = read_plan(one.match.draft | {"currency": "EUR", "timezone": "UTC"})
        assert plan.arms[0].offer == one.offer
        assert plan.send_date >= plan.as_of


def test_nobody_who_must_not_be_contacted_is_counted(
    database: Database, settings: Settings
) -> None:
    with database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=["c000", "c001"], reason="asked", now=NOW)
    match = ground(database, settings).judge(EVERYBODY, FREE_FROM_80, "all")

    assert match is not None
    assert match.customers == 298


def test_terms_that_do_not_hold_are_refused_at_their_field(
    database: Database, settings: Settings
) -> None:
    place = ground(
        database,
        settings,
        Terms(channel="email", contact_cost="little", margin_low="40", margin_high="40"),
    )
    with pytest.raises(InvalidInputError) as caught:
        place.judge(EVERYBODY, FREE_FROM_80, "all")
    assert [problem.field for problem in caught.value.problems] == ["arms.0.contact_cost"]


def test_a_group_in_which_nobody_bought_gets_no_offers(
    database: Database, settings: Settings
) -> None:
    nobody = parse_rule({"feature": "orders", "op": ">", "value": "99"})

    assert rank_offers(ground(database, settings), nobody, "nobody") == []


@pytest.mark.parametrize("usual", ["66.4", "0.8", "4", "1290"])
def test_offers_are_near_what_is_usual_at_prices_that_look_like_the_shops(usual: str) -> None:
    offers = list(offers_near(Decimal(usual), Decimal(5)))
    read = [read_offer(reader) for reader in map(FieldReader, offers)]

    assert None not in read
    assert {raw["kind"] for raw in offers} >= {"message", "free_shipping", "percent_off"}
    thresholds: list[Any] = [Decimal(raw["threshold"]) for raw in offers if "threshold" in raw]
    assert all(price_point(value) == value for value in thresholds)
    assert max(thresholds) <= Decimal("2.2") * max(Decimal(usual), Decimal(5))


def test_without_a_known_parcel_price_no_free_shipping_is_proposed() -> None:
    kinds = {raw["kind"] for raw in offers_near(Decimal(66), Decimal(0))}

    assert "free_shipping" not in kinds
    assert "amount_off" in kinds
