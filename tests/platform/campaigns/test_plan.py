"""Plans: read from a form, refused beside the field, frozen to one spelling."""

import datetime as dt
import hashlib
import json
from typing import Any

import pytest

from regulars_platform.campaigns.plan import plan_json
from regulars_platform.campaigns.plan_form import read_draft, read_plan
from regulars_platform.canonical import canonical_json, sha256_of
from regulars_platform.errors import InvalidInputError
from regulars_platform.offers.kinds import FreeShipping
from tests.platform.campaigns.build import arm, draft

NEAR = {"feature": "average_order_value", "op": "between", "value": ["48", "96"]}


def test_a_complete_draft_becomes_a_plan_in_exact_numbers() -> None:
    plan = read_plan(draft())
    assert plan.arm_names == ("holdout", "Free shipping")
    assert plan.shares == (2_000, 8_000)
    assert plan.arms[0].offer == FreeShipping(threshold=800_000, shipping_cost=50_000)
    assert plan.arms[0].contact_cost == 200
    assert (plan.margin_low, plan.margin_high, plan.confidence) == (3_500, 4_500, 9_500)
    assert (plan.primary_metric, plan.guardrails) == ("net_profit", ("refunds",))
    assert (plan.unit, plan.horizon_rounds) == ("customer", 4)
    assert plan.segment_names == ("everyone else",)


def test_windows_run_from_the_shops_midnight_to_the_end_of_their_last_day() -> None:
    plan = read_plan(draft(timezone="Asia/Shanghai"))
    assert plan.window_days == 28
    assert plan.outcome_start == dt.datetime(2026, 1, 31, 16, tzinfo=dt.UTC)
    assert plan.outcome_stop == dt.datetime(2026, 2, 28, 16, tzinfo=dt.UTC)
    assert plan.settled_at == dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": " "}, "name", "fill this in"),
    ({"holdout_percent": "0"}, "holdout_percent", "Without a holdout"),
    ({"holdout_percent": "100", "arms": [arm()]}, "holdout_percent", "nobody is contacted"),
    ({"holdout_percent": "10"}, "holdout_percent", "add up to 90 percent"),
    ({"holdout_percent": "-5"}, "holdout_percent", "negative"),
    ({"arms": []}, "arms", "1 to 6 arms"),
    ({"arms": [arm(name=str(i), share_percent="10") for i in range(7)]}, "arms", "1 to 6 arms"),
    ({"arms": [arm(name="Holdout")]}, "arms.0.name", "cannot both"),
    (
        {"arms": [arm(share_percent="40"), arm(share_percent="40", name="free shipping")]},
        "arms.1.name",
        "cannot both",
    ),
    ({"arms": [arm(share_percent="0")]}, "arms.0.share_percent", "more than 0"),
    ({"arms": [arm(channel="pigeon")]}, "arms.0.channel", "Choose one of"),
    ({"arms": [arm(channel="other")]}, "arms.0.channel_label", "Say how"),
    ({"arms": [arm(contact_cost="-1")]}, "arms.0.contact_cost", "negative"),
    ({"arms": [arm(offer={"kind": "lottery"})]}, "arms.0.offer.kind", "free_shipping"),
    ({"arms": [arm(offer=None)]}, "arms.0.offer.kind", "Choose one of"),
    ({"as_of": "2026-02-02"}, "as_of", "after the sending"),
    ({"outcome_end": "2026-01-31"}, "outcome_end", "before it starts"),
    ({"outcome_end": "2030-01-31", "settle_until": "2030-02-01"}, "outcome_end", "at most 731"),
    ({"settle_until": "2026-02-27"}, "settle_until", "before the window ends"),
    ({"send_date": "soon"}, "send_date", "2026-01-31"),
    ({"margin_low_percent": "50"}, "margin_high_percent", "below the lower one"),
    ({"margin_high_percent": "101"}, "margin_high_percent", "At most 100"),
    ({"audience": {"feature": "x"}}, "audience.feature", "'x' is none"),
    ({"audience": None}, "audience", "group of conditions"),
    ({"segments": [{"name": "A", "rule": {"any": []}}]}, "segments.0.rule", "at least one"),
    (
        {"segments": [{"name": n, "rule": NEAR} for n in ("A", "a")]},
        "segments.1.name",
        "cannot both",
    ),
    (
        {"segments": [{"name": "Everyone else", "rule": NEAR}]},
        "segments.0.name",
        "cannot both",
    ),
    ({"unit": "city"}, "unit", "customer, household"),
    ({"primary_metric": "clicks"}, "primary_metric", "net_profit"),
    ({"secondary_metrics": ["clicks"]}, "secondary_metrics", "'clicks' came"),
    ({"confidence_percent": "50"}, "confidence_percent", "80 to 99.9"),
    ({"horizon_rounds": "0"}, "horizon_rounds", "from 1 to 100"),
    ({"currency": "euro"}, "currency", "At most 3"),
    ({"timezone": "Mars/Base"}, "timezone", "Mars/Base"),
    ({"timezone": "../../etc/passwd"}, "timezone", "no time zone"),
    ({"exclusions": {"customers": [5]}}, "exclusions.customers", "Customer ids"),
    (
        {"exclusions": {"max_average_order_value": "0"}},
        "exclusions.max_average_order_value",
        "More than zero",
    ),
    ({"exclusions": {"cap": "1"}}, "exclusions.cap", "no field called"),
    ({"budget": "1"}, "budget", "no field called"),
]


@pytest.mark.parametrize(("change", "field", "words"), REFUSED)
def test_what_does_not_hold_is_refused_beside_its_field(
    change: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_plan(draft(**change))
    assert [problem.field for problem in caught.value.problems] == [field]
    assert words in str(caught.value)


def test_every_problem_is_said_at_once_and_the_rest_of_the_draft_holds() -> None:
    found = read_draft(draft(name="", holdout_percent="x", outcome_end="2026-01-01"))
    assert {p.field for p in found.problems} == {"name", "holdout_percent", "outcome_end"}
    assert found.arms is not None
    assert found.audience is not None
    assert found.holdout is None
    assert found.window_days is None


@pytest.mark.parametrize("raw", [None, [], "plan", {}])
def test_something_else_than_a_plan_is_refused_in_words(raw: object) -> None:
    with pytest.raises(InvalidInputError):
        read_plan(raw)


def test_exclusions_may_be_pasted() -> None:
    plan = read_plan(
        draft(exclusions={"customers": " b \r\n\na\nb", "max_average_order_value": "2000"})
    )
    assert plan.exclusions.customers == ("a", "b")
    assert plan.exclusions.max_average_order_value == 20_000_000
    assert plan.exclusions.customer_revenue_cap is None


def full() -> dict[str, Any]:
    return draft(
        segments=[{"name": "近80", "rule": NEAR}],
        exclusions={"customers": ["x"], "customer_revenue_cap": "500.50"},
        arms=[
            arm(share_percent="40.5"),
            arm(name="SMS", share_percent="39.5", channel="other", channel_label="letter"),
        ],
        unit="household",
    )


def test_a_written_plan_reads_back_as_itself() -> None:
    plan = read_plan(full())
    assert read_plan(plan_json(plan)) == plan
    assert read_plan(json.loads(canonical_json(plan_json(plan)))) == plan


def test_two_spellings_of_one_plan_have_one_digest() -> None:
    other = full() | {"holdout_percent": 20.0, "margin_low_percent": "35.00"}
    other = dict(reversed(other.items()))
    texts = {canonical_json(plan_json(read_plan(raw))) for raw in (full(), other)}
    assert len(texts) == 1
    text = texts.pop()
    assert sha256_of(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()
    changed = canonical_json(plan_json(read_plan(full() | {"margin_low_percent": "34"})))
    assert sha256_of(changed) != sha256_of(text)


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="decimal as text"):
        canonical_json({"a": [{"b": 0.1}]})


def test_an_open_offer_stands_beside_no_other_one() -> None:
    other = {"kind": "amount_off", "threshold": "100", "amount": "5", "reach": "personal"}
    two = [arm(share_percent="40"), arm(name="Second", share_percent="40", offer=other)]

    with pytest.raises(InvalidInputError) as refused:
        read_plan(draft(arms=two))

    assert [problem.field for problem in refused.value.problems] == ["arms.1.offer.reach"]


@pytest.mark.parametrize(
    "offer",
    [
        {"kind": "message"},
        arm()["offer"] | {"words": "told in other words"},
    ],
)
def test_arms_may_differ_in_words_channel_or_by_having_no_offer(offer: dict[str, Any]) -> None:
    two = [arm(share_percent="40"), arm(name="Second", share_percent="40", offer=offer)]

    assert len(read_plan(draft(arms=two)).arms) == 2


def test_plans_have_the_digest_they_had_before_there_were_own_thresholds() -> None:
    free = {"kind": "free_shipping", "threshold": "80", "shipping_cost": "5", "reach": "personal"}
    off = {"kind": "amount_off", "threshold": "100", "amount": "12.5", "reach": "personal"}
    share = {"kind": "percent_off", "percent": "15", "reach": "personal"}
    offers = (free, off | {"words": "满100减12.5"}, share, {"kind": "message"})
    plan = read_plan(
        draft(
            arms=[
                arm(name=name, share_percent="20", offer=offer)
                for name, offer in zip("abcd", offers, strict=True)
            ]
        )
    )
    # written by the version before
    assert sha256_of(canonical_json(plan_json(plan))) == (
        "dfe7f9cf219bd2f5827da2661ae505efa30e22c8ed198ec87436249bd0b937d7"
    )


def test_a_ladder_is_read_written_and_part_of_the_digest() -> None:
    def ladder(*multiples: str) -> dict[str, Any]:
        offer = arm()["offer"] | {"reach": "personal", "price_points": "round"}
        return draft(
            arms=[arm(name=k, share_percent="40", offer=offer | {"multiple": k}) for k in multiples]
        )

    plan = read_plan(ladder("0.90", "1.15"))
    assert [getattr(a.offer, "multiple", None) for a in plan.arms] == [9_000, 11_500]
    assert read_plan(plan_json(plan)) == plan
    written = plan_json(plan)["arms"][0]["offer"]
    assert (written["multiple"], written["price_points"]) == ("0.9", "round")
    texts = [canonical_json(plan_json(read_plan(ladder("0.9", k)))) for k in ("1.15", "1.2")]
    assert sha256_of(texts[0]) != sha256_of(texts[1])


def test_an_own_threshold_cannot_be_open_to_the_whole_shop() -> None:
    offer = arm()["offer"] | {"multiple": "1.15"}
    with pytest.raises(InvalidInputError, match="personal") as refused:
        read_plan(draft(arms=[arm(offer=offer)]))
    assert [problem.field for problem in refused.value.problems] == ["arms.0.offer.reach"]
