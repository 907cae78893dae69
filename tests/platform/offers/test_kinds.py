"""Offers out of a plan."""

from dataclasses import replace
from typing import Any

import pytest

from regulars_platform.fields import FieldReader
from regulars_platform.offers.kinds import (
    AmountOff,
    BonusPoints,
    CashBack,
    FlashSale,
    FreeShipping,
    Gift,
    MessageOnly,
    Offer,
    PercentOff,
    RedPacket,
    at_threshold,
    offer_json,
    offer_threshold,
)
from regulars_platform.offers.reading import read_offer
from regulars_platform.offers.titles import offer_title

FREE = {"kind": "free_shipping", "threshold": "80", "shipping_cost": "4.90"}
OFFERS: list[tuple[dict[str, Any], Offer, str]] = [
    (FREE, FreeShipping(threshold=800_000, shipping_cost=49_000), "Free shipping from 80"),
    (
        {"kind": "amount_off", "threshold": 100, "amount": "12.5", "reach": "personal"},
        AmountOff(threshold=1_000_000, amount=125_000, reach="personal"),
        "12.5 off from 100",
    ),
    (
        {"kind": "percent_off", "percent": "15", "words": "15% for you"},
        PercentOff(percent=1_500, words="15% for you"),
        "15 percent off",
    ),
    (
        {"kind": "percent_off", "percent": "15", "threshold": "50"},
        PercentOff(percent=1_500, threshold=500_000),
        "15 percent off from 50",
    ),
    ({"kind": "message"}, MessageOnly(), "Message only"),
    ({"kind": "gift", "gift_cost": "3"}, Gift(gift_cost=30_000), "A gift with any order"),
    (
        {"kind": "gift", "gift_cost": "3", "threshold": "60", "reach": "personal", "multiple": "1"},
        Gift(gift_cost=30_000, threshold=600_000, reach="personal", multiple=10_000),
        "A gift from 1 times the own order value",
    ),
    (
        {"kind": "points", "points": "100", "point_value": "0.01", "redeemed_percent": "60"},
        BonusPoints(points=100, per_unit=0, point_value=100, redeemed=6_000),
        "Extra points with any order",
    ),
    (
        {"kind": "points", "per_unit": 2, "point_value": "0.01", "threshold": "50"},
        BonusPoints(points=0, per_unit=2, point_value=100, redeemed=10_000, threshold=500_000),
        "Extra points from 50",
    ),
    (
        {"kind": "red_packet", "amount": "5", "reach": "personal"},
        RedPacket(amount=50_000),
        "Red packet: 5 off any order",
    ),
    (
        {"kind": "flash_sale", "percent": "20", "products": "tea\n cup \n\ntea"},
        FlashSale(percent=2_000, products=("cup", "tea")),
        "Flash sale: 20 percent off 2 products",
    ),
    ({"kind": "cash_back", "amount": "2"}, CashBack(amount=20_000), "2 back for following"),
    (
        FREE | {"reach": "personal", "multiple": "1.15", "price_points": "round"},
        FreeShipping(
            threshold=800_000,
            shipping_cost=49_000,
            reach="personal",
            multiple=11_500,
            price_points="round",
        ),
        "Free shipping from 1.15 times the own order value",
    ),
    (
        {"kind": "percent_off", "percent": "15", "reach": "personal", "multiple": 2},
        PercentOff(percent=1_500, reach="personal", multiple=20_000),
        "15 percent off from 2 times the own order value",
    ),
]
OWN = FREE | {"reach": "personal", "multiple": "1.15"}


@pytest.mark.parametrize(("raw", "offer", "title"), OFFERS)
def test_an_offer_is_read_titled_and_written_back(
    raw: dict[str, Any], offer: Offer, title: str
) -> None:
    reader = FieldReader(raw)
    assert read_offer(reader) == offer
    assert reader.problems == []
    assert str(offer_title(offer)) == title
    assert read_offer(FieldReader(offer_json(offer))) == offer


def test_a_title_can_name_the_currency_and_spells_a_multiple_as_it_is_typed() -> None:
    free = FreeShipping(threshold=850_000, shipping_cost=50_000)
    assert str(offer_title(free, "CNY")) == "Free shipping from 85 CNY"
    own = replace(free, reach="personal", multiple=9_000)
    assert str(offer_title(own)) == "Free shipping from 0.9 times the own order value"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"kind": "lottery"}, "offer.kind"),
        ({"kind": "gift"}, "offer.gift_cost"),
        ({"kind": "points", "points": "0", "point_value": "0.01"}, "offer.points"),
        ({"kind": "points", "points": "1.5", "point_value": "0.01"}, "offer.points"),
        ({"kind": "points", "points": "5"}, "offer.point_value"),
        ({"kind": "red_packet", "amount": "0"}, "offer.amount"),
        ({"kind": "red_packet", "amount": "5", "threshold": "20"}, "offer.threshold"),
        ({"kind": "flash_sale", "percent": "20", "products": " \n "}, "offer.products"),
        ({"kind": "flash_sale", "percent": "100", "products": ["tea"]}, "offer.percent"),
        ({"kind": "cash_back", "amount": "2", "multiple": "1"}, "offer.multiple"),
        (FREE | {"threshold": "0"}, "offer.threshold"),
        (FREE | {"threshold": "eighty"}, "offer.threshold"),
        (FREE | {"shipping_cost": "-1"}, "offer.shipping_cost"),
        (FREE | {"reach": "some"}, "offer.reach"),
        (FREE | {"amount": "5"}, "offer.amount"),
        ({"kind": "amount_off", "threshold": "50", "amount": "50"}, "offer.amount"),
        ({"kind": "percent_off", "percent": "0"}, "offer.percent"),
        ({"kind": "percent_off", "percent": "100"}, "offer.percent"),
        ({"kind": "message", "reach": "personal"}, "offer.reach"),
        (OWN | {"reach": "open"}, "offer.reach"),
        (OWN | {"multiple": "0"}, "offer.multiple"),
        (OWN | {"multiple": "-1"}, "offer.multiple"),
        (OWN | {"multiple": "10.5"}, "offer.multiple"),
        (OWN | {"multiple": "1.23456"}, "offer.multiple"),
        (OWN | {"multiple": "one"}, "offer.multiple"),
        (OWN | {"price_points": "sevens"}, "offer.price_points"),
        (FREE | {"price_points": "round"}, "offer.price_points"),
        ({"kind": "message", "multiple": "1"}, "offer.multiple"),
    ],
)
def test_a_wrong_offer_is_refused_at_its_field(raw: dict[str, Any], field: str) -> None:
    reader = FieldReader(raw, "offer.")
    assert read_offer(reader) is None
    assert [problem.field for problem in reader.problems] == [field]


def test_a_message_and_an_offer_for_any_order_have_no_threshold() -> None:
    assert offer_threshold(MessageOnly()) is None
    assert offer_threshold(PercentOff(percent=1_000)) is None
    assert offer_threshold(AmountOff(threshold=5, amount=1)) == 5


def test_an_offer_with_one_threshold_is_written_as_it_always_was() -> None:
    # what this writes is under the digest of every plan launched so far
    assert offer_json(FreeShipping(threshold=800_000, shipping_cost=49_000)) == {
        "kind": "free_shipping",
        "reach": "open",
        "words": "",
        "threshold": "80",
        "shipping_cost": "4.9",
    }
    assert set(offer_json(AmountOff(threshold=5, amount=1))) == {
        *("kind", "reach", "words", "threshold", "amount")
    }
    assert set(offer_json(PercentOff(percent=5))) == {
        *("kind", "reach", "words", "threshold", "percent")
    }


def test_what_one_customer_has_of_an_offer_is_one_threshold() -> None:
    own = PercentOff(percent=1_500, reach="personal", multiple=20_000, words="w")
    assert at_threshold(own, 790_000) == PercentOff(
        percent=1_500, reach="personal", threshold=790_000, words="w"
    )
    assert offer_threshold(own) is None
