"""Offers that are learnt from together, and people known again by their rule."""

import pytest

from regulars_platform.campaigns.plan import TreatmentArm
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.memory.families import family_of_key, offer_family
from regulars_platform.memory.people import people_of, people_of_plan
from regulars_platform.offers.kinds import (
    AmountOff,
    FreeShipping,
    MessageOnly,
    Offer,
    PercentOff,
)
from regulars_platform.segments.rules import EVERYBODY, parse_rule
from tests.platform.campaigns.build import draft


def told(offer: Offer, channel: str = "email", label: str = "") -> TreatmentArm:
    return TreatmentArm(
        name="any", share=8000, offer=offer, channel=channel, channel_label=label, contact_cost=200
    )


@pytest.mark.parametrize(
    ("threshold", "usual", "place"),
    [(79, 100, "below"), (80, 100, "near"), (125, 100, "near"), (126, 100, "far"), (80, None, "")],
)
def test_a_threshold_is_placed_by_what_such_customers_usually_spend(
    threshold: int, usual: float | None, place: str
) -> None:
    offer = FreeShipping(threshold=threshold * 10_000, shipping_cost=50_000)
    assert offer_family(told(offer), "customer", usual).threshold == place


def test_thresholds_of_the_customers_own_are_told_apart_to_a_twentieth() -> None:
    def place(multiple: int) -> str:
        offer = AmountOff(threshold=500_000, amount=50_000, reach="personal", multiple=multiple)
        return offer_family(told(offer), "customer", 70.0).threshold

    assert place(11_500) == place(11_700) == "x1.15"
    assert place(9_000) == "x0.90"


def test_a_percentage_off_from_ones_own_order_value_has_a_place_without_a_lowest_threshold() -> (
    None
):
    def place(multiple: int | None) -> str:
        offer = PercentOff(percent=1_500, threshold=0, reach="personal", multiple=multiple)
        return offer_family(told(offer), "customer", 70.0).threshold

    assert place(11_500) == "x1.15"
    assert place(13_000) == "x1.30"
    assert place(None) == ""


@pytest.mark.parametrize(
    ("offer", "depth"),
    [
        (AmountOff(threshold=1_000_000, amount=90_000), "under 10%"),
        (AmountOff(threshold=1_000_000, amount=100_000), "10% to 20%"),
        (PercentOff(percent=2000), "over 20%"),
        (FreeShipping(threshold=800_000, shipping_cost=50_000), ""),
        (MessageOnly(), ""),
    ],
)
def test_the_depth_is_the_share_taken_off_the_smallest_order_that_gets_it(
    offer: Offer, depth: str
) -> None:
    assert offer_family(told(offer), "customer", 100.0).depth == depth


def test_words_and_costs_make_no_other_family_but_kind_reach_channel_and_unit_do() -> None:
    plain = FreeShipping(threshold=800_000, shipping_cost=50_000)
    other = FreeShipping(threshold=810_000, shipping_cost=70_000, words="Only this week!")
    family = offer_family(told(plain), "customer", 80.0)
    assert offer_family(told(other), "customer", 80.0) == family
    for different in (
        offer_family(told(plain, channel="sms"), "customer", 80.0),
        offer_family(told(plain), "household", 80.0),
        offer_family(
            told(FreeShipping(threshold=800_000, shipping_cost=50_000, reach="personal")),
            "customer",
            80.0,
        ),
    ):
        assert different.key != family.key


def test_a_stored_key_names_its_family() -> None:
    arm = told(PercentOff(percent=1500, threshold=500_000), "other", " Shop|poster ")
    family = offer_family(arm, "household", 50.0)
    again = family_of_key(family.key)
    assert again.key == family.key
    assert (again.channel_label, again.depth, again.unit) == (
        "shop poster",
        "10% to 20%",
        "household",
    )


def rule(*conditions: tuple[str, str, object], joiner: str = "all") -> dict[str, object]:
    return {joiner: [{"feature": f, "op": op, "value": v} for f, op, v in conditions]}


NEAR = ("average_order_value", "between", ["60", "90"])
OFTEN = ("orders", ">=", "2")


def test_a_segment_is_known_again_however_its_rule_is_written_and_named() -> None:
    one = draft(segments=[{"name": "near", "rule": rule(NEAR, OFTEN)}])
    other = draft(
        name="another campaign",
        segments=[{"name": "close to it", "rule": {"all": [rule(OFTEN), rule(NEAR)]}}],
    )
    first, second = (people_of_plan(read_plan(raw)) for raw in (one, other))
    assert first["near"].key == second["close to it"].key
    assert first["everyone else"].key == second["everyone else"].key
    either = people_of(EVERYBODY, {"near": parse_rule(rule(NEAR, OFTEN, joiner="any"))})
    assert either["near"].key != first["near"].key


def test_next_rounds_audience_is_the_segment_that_it_was_made_from() -> None:
    first = people_of(EVERYBODY, {"near": parse_rule(rule(NEAR))})
    second = people_of(parse_rule(rule(NEAR)), {})
    assert second[None].key == first["near"].key
    # and without segments nobody is left over
    assert set(second) == {None}
