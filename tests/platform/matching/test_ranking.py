"""Offers and groups both ways: what is known of them, worked out by hand from the same orders."""

import datetime as dt
import statistics
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.plan_form import read_draft, read_plan
from regulars_platform.campaigns.service import create_draft, get_shop_of
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.launching.launch import launch
from regulars_platform.matching.ground import Ground, Terms, open_ground
from regulars_platform.matching.meeting import Match, meet
from regulars_platform.matching.offers import offers_near, price_point
from regulars_platform.matching.ranking import (
    campaigns_of_other_reach,
    rank_groups,
    rank_offers,
)
from regulars_platform.memory.families import offer_family
from regulars_platform.memory.likeness import ShopMemory
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.people import people_of
from regulars_platform.offers.reading import read_offer
from regulars_platform.programmes.caps import keep_caps
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.rules import EVERYBODY, Rule, rule_json
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.campaigns.build import draft
from tests.platform.campaigns.conftest import NOW, database, settings
from tests.platform.customers.build import money

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


def judged(place: Ground, rule: Rule, offer: dict[str, Any], name: str) -> Match | None:
    return meet(place, [rule]).judge(rule, offer, name)


def learnt(cell: tuple[str, str], net: float, campaign: int = 1) -> Lesson:
    return Lesson(
        campaign_id=campaign,
        report_id=campaign,
        cell=cell,
        ends_on=dt.date(2026, 1, 10),
        n=5_000,
        net=net,
        error=0.05,
        level=20.0,
    )


def cell_of(offer: dict[str, Any], rule: Rule, usual: float) -> tuple[str, str]:
    """What memory keeps of an offer told to a group by e-mail."""
    raw = draft(audience=rule_json(rule))
    raw["arms"] = [
        {"name": "a", "share_percent": "80", "offer": offer, "channel": "email"}
        | {"contact_cost": "0.02"}
    ]
    (arm,) = read_draft(raw).arms or ()
    return people_of(rule, {})[None].key, offer_family(arm, "customer", usual).key


def test_whom_the_limit_bars_is_not_counted(database: Database, settings: Settings) -> None:
    before = judged(ground(database, settings), EVERYBODY, FREE_FROM_80, "all")
    days = {"as_of": "2026-01-31", "send_date": "2026-01-31", "outcome_end": "2026-02-27"}
    raw = draft(**days, settle_until="2026-03-10", audience=NEAR)
    with database.unit_of_work() as session:
        keep_caps(session, 1, {"contacts": "1", "days": "7"})
        made = create_draft(session, shop_id=1, raw=raw, now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="s")

    found = ground(database, settings)
    match = judged(found, EVERYBODY, FREE_FROM_80, "all")

    near = [n for n in range(300) if 70 <= 40 + n % 60 <= 90]
    rest = [n for n in range(300) if n not in near]
    assert before is not None
    assert match is not None
    assert (before.customers, before.capped) == (300, 0)
    assert (match.customers, match.capped) == (len(rest), len(near))
    assert match.told == round(0.8 * len(rest))
    assert judged(found, parse_rule(NEAR), FREE_FROM_80, "near") is None


def test_what_nobody_has_tried_has_no_forecast_but_what_it_has_to_bring_in(
    database: Database, settings: Settings
) -> None:
    coded = FREE_FROM_80 | {"reach": "personal"}
    terms = replace(TERMS, margin_low="40", margin_high="50")
    match = judged(ground(database, settings, terms), parse_rule(NEAR), coded, "near")

    members = {n for n in range(300) if 70 <= 40 + n % 60 <= 90}
    theirs = [amount for number, _, amount in orders() if number in members]
    anyway = sum(amount >= 80 for amount in theirs)
    assert match is not None
    assert match.customers == len(members)
    assert match.learnt is None
    assert match.leak_share == pytest.approx(anyway / len(theirs))
    assert match.short_share == pytest.approx(sum(48 <= a < 80 for a in theirs) / len(theirs))
    # the e-mail and the parcels of 5 of whoever orders for 80 anyway
    lost = 0.02 + 5 * anyway / len(members)
    even = match.break_even
    assert even is not None
    assert even.cost == pytest.approx(lost)
    # an order of 80, as many as they usually spend, earns 32 to 40 less the parcel
    assert even.high == pytest.approx(80 * lost / (32 - 5))
    assert even.low == pytest.approx(80 * lost / (40 - 5))
    assert even.orders_high == pytest.approx(lost / (32 - 5))
    assert even.spend == pytest.approx(sum(theirs) / len(members))
    assert even.telling_low is None


def test_an_open_offer_has_to_pay_for_what_the_whole_shop_gets(
    database: Database, settings: Settings
) -> None:
    match = judged(ground(database, settings), parse_rule(NEAR), FREE_FROM_80, "near")

    assert match is not None
    even = match.break_even
    assert even is not None
    whole = sum(amount >= 80 for _, _, amount in orders())
    assert even.cost == pytest.approx(0.02 + 5 * whole / match.told)
    # where it is there already, only the e-mail has to come back
    assert even.telling_low == pytest.approx(80 * 0.02 / (32 - 5))


def test_an_offer_that_eats_the_margin_never_pays(database: Database, settings: Settings) -> None:
    half = {"kind": "percent_off", "percent": "40", "reach": "personal"}
    terms = replace(TERMS, margin_low="40", margin_high="50")
    match = judged(ground(database, settings, terms), EVERYBODY, half, "half")

    assert match is not None
    even = match.break_even
    assert even is not None
    assert even.low is not None
    assert even.high is None


def test_what_campaigns_taught_is_ranked_and_what_is_guessed_is_not(
    database: Database, settings: Settings
) -> None:
    place = ground(database, settings)
    offers = [one.match.draft["arms"][0]["offer"] for one in rank_offers(place, EVERYBODY, "-")]
    usual = statistics.median(40 + n % 60 for n in range(300))
    percents = [raw for raw in offers if raw["kind"] == "percent_off"]
    shallow, deep = percents[0], percents[-1]
    lessons = (
        learnt(cell_of(shallow, EVERYBODY, usual), -1.0, 1),
        learnt(cell_of(deep, EVERYBODY, usual), 3.0, 2),
    )
    found = rank_offers(replace(place, memory=ShopMemory(lessons=lessons)), EVERYBODY, "-")

    families = {cell_of(raw, EVERYBODY, usual)[1] for raw in (shallow, deep)}
    known = [raw for raw in offers if cell_of(raw, EVERYBODY, usual)[1] in families]
    ranked = [one.match.draft["arms"][0]["offer"] for one in found]
    nets = [one.match.learnt.net for one in found if one.match.learnt is not None]
    assert len(nets) == len(known)
    assert nets == sorted(nets, reverse=True)
    assert cell_of(ranked[0], EVERYBODY, usual) == lessons[1].cell
    assert ranked[len(known) - 1] == shallow
    assert all(one.match.learnt is None for one in found[len(known) :])
    assert all(one.low < one.net < one.high for o in found if (one := o.match.learnt) is not None)
    # all others stay as they stand, whatever they have to bring in
    assert ranked[len(known) :] == [raw for raw in offers if raw not in known]


def test_by_costs_per_product_no_margin_has_to_be_typed(
    database: Database, settings: Settings
) -> None:
    costs = pl.DataFrame({"product": ["tea"], "cost": [money(30)]})
    DatasetTable(settings.shop_dir(1), "products").merge(costs)
    terms = replace(TERMS, margin_low="", margin_high="", margin_source="products")
    message = {"kind": "message", "reach": "open"}
    match = judged(ground(database, settings, terms), EVERYBODY, message, "told")

    sold = [amount for _, _, amount in orders()]
    margin = int(10_000 * (1 - 30 * len(sold) / sum(sold))) / 10_000
    assert match is not None
    assert match.draft["margin_source"] == "products"
    assert float(match.draft["margin_low_percent"]) == pytest.approx(100 * margin)
    assert match.break_even is not None
    assert match.break_even.low == pytest.approx(0.02 / margin)


def test_those_whom_the_threshold_fits_lead_and_groups_out_of_reach_are_told_apart(
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
    assert ranked[0].group.fitting
    assert set(order[1:3]) == {"near", "far"}
    assert all(one.match.learnt is None for one in ranked)
    far = ranked[order.index("far")]
    assert far.match.short_share == 0.0
    # whose orders cannot reach 80 are a group that the offer hardly fits; they are 25 of 300
    assert far.hardly_fits
    assert not ranked[order.index("near")].hardly_fits
    everybody = ranked[order.index("Every customer")]
    assert everybody.fits == pytest.approx(sum(48 <= 40 + n % 60 <= 96 for n in range(300)) / 300)


def test_past_campaigns_with_another_reach_are_told_of_since_no_forecast_counts_them(
    database: Database, settings: Settings
) -> None:
    def taught(campaign: int, family: str, ends_on: dt.date = dt.date(2026, 1, 10)) -> Lesson:
        return replace(learnt(("everybody", family), 1.0, campaign), ends_on=ends_on)

    coded = "free_shipping|personal|email||customer|near|"
    lessons = (
        taught(1, coded),
        taught(1, coded.replace("near", "far")),
        taught(2, coded.replace("email", "sms")),
        taught(3, coded.replace("free_shipping", "gift")),
        taught(4, coded.replace("personal", "open")),
        taught(5, coded, ends_on=dt.date(2027, 1, 1)),
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
    match = judged(ground(database, settings), EVERYBODY, FREE_FROM_80, "all")

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
        judged(place, EVERYBODY, FREE_FROM_80, "all")
    assert [problem.field for problem in caught.value.problems] == ["arms.0.contact_cost"]


def test_a_group_in_which_nobody_bought_gets_no_offers(
    database: Database, settings: Settings
) -> None:
    nobody = parse_rule({"feature": "orders", "op": ">", "value": "99"})

    assert rank_offers(ground(database, settings), nobody, "nobody") == []


def test_followers_who_never_bought_get_offers_near_what_others_spend(
    database: Database, settings: Settings
) -> None:
    known = pl.DataFrame({"customer_id": ["new1", "new2"], "follows": [True, True]})
    DatasetTable(settings.shop_dir(1), "customers").merge(known)
    never = parse_rule({"feature": "orders", "op": "=", "value": "0"})
    found = rank_offers(ground(database, settings), never, "never")

    assert {one.match.customers for one in found} == {2}
    thresholds = [
        Decimal(raw["threshold"])
        for one in found
        if "threshold" in (raw := one.match.draft["arms"][0]["offer"])
    ]
    usual = statistics.median(40 + n % 60 for n in range(300))
    assert min(thresholds) <= usual <= max(thresholds)


@pytest.mark.parametrize("usual", ["66.4", "139", "66", "149.6", "1290"])
def test_what_is_taken_off_is_a_whole_amount(usual: str) -> None:
    amounts = [
        Decimal(raw["amount"]) for raw in offers_near(Decimal(usual), Decimal(5)) if "amount" in raw
    ]

    assert len(amounts) >= 4
    assert all(amount == int(amount) for amount in amounts)
    assert all(amount % 5 == 0 for amount in amounts if amount >= 10)


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
