"""The plan form: what it starts with, what it keeps, what it refuses beside which field."""

import datetime as dt
import re
from typing import Any

import pytest

from regulars_platform.campaigns.service import create_draft, get_campaign
from regulars_platform.campaigns.tables import Campaign
from regulars_platform.segments.presets import one_time_buyers
from regulars_platform.segments.rules import rule_json
from regulars_platform.segments.service import save_segment
from regulars_platform.storage.database import Database
from tests.web.campaigns.build import filled, keep, said_beside, second_arm, text_of, value_of
from tests.web.conftest import NOW, Browser


def draft_of(database: Database, campaign_id: int) -> dict[str, Any]:
    with database.unit_of_work() as session:
        return dict(get_campaign(session, 1, campaign_id).draft)


def test_without_orders_the_list_has_one_button_and_it_brings_orders(owner: Browser) -> None:
    page = owner.get("/campaigns/").get_data(as_text=True)
    assert "No campaign yet" in page
    assert page.count('class="button"') == 1
    assert 'class="button" href="/data/"' in page


def test_without_orders_a_plan_cannot_begin_and_one_button_brings_them(owner: Browser) -> None:
    page = owner.get("/campaigns/new").get_data(as_text=True)
    assert re.findall(r'class="button" href="([^"]+)"', page) == ["/data/"]
    assert 'name="holdout_percent"' not in page
    assert "As soon as orders are here" in page


def test_a_new_plan_starts_from_what_the_orders_say(planner: Browser) -> None:
    page = planner.get("/campaigns/new").get_data(as_text=True)
    # the last order is of 19 October 2026 (customers of number % 5 == 4 with three orders)
    assert value_of(page, "as_of") == "2026-10-20"
    assert value_of(page, "send_date") >= "2026-11-21"
    days = dt.date.fromisoformat(value_of(page, "outcome_end")) - dt.date.fromisoformat(
        value_of(page, "send_date")
    )
    assert days.days == 27
    # the median customer spends 69.5; 15% more is 79.9; the next round figure is 80
    assert value_of(page, "arms.0.offer.threshold") == "80"
    assert value_of(page, "arms.0.offer.shipping_cost") == "6"
    assert value_of(page, "holdout_percent") == "20"
    # what the orders do not say is left for the shop to say
    assert value_of(page, "margin_low_percent") == ""
    assert value_of(page, "arms.0.contact_cost") == ""
    assert "needs mending" not in page


def test_a_plan_can_start_from_a_saved_segment(planner: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        segment = save_segment(session, shop_id=1, name="Once", rule=one_time_buyers(), now=NOW)
    page = planner.get(f"/campaigns/new?segment={segment.id}").get_data(as_text=True)
    assert f'<option value="segment:{segment.id}" selected>Once</option>' in page
    # every third of 300 customers has one order
    assert "100 customers take part" in text_of(page)
    kept = keep(planner, **{"audience.choice": f"segment:{segment.id}"})
    assert draft_of(database, kept)["audience"] == rule_json(one_time_buyers())


def test_the_fitting_audience_follows_the_threshold_and_is_copied_into_the_draft(
    planner: Browser, database: Database
) -> None:
    kept = keep(planner, **{"arms.0.offer.threshold": "50", "audience.highest": "130"})
    rule = draft_of(database, kept)["audience"]
    assert rule == {"feature": "average_order_value", "op": "between", "value": ["30", "65"]}
    page = planner.get(f"/campaigns/{kept}/plan").get_data(as_text=True)
    assert value_of(page, "audience.lowest") == "60"
    assert value_of(page, "audience.highest") == "130"


def test_an_arm_without_a_name_is_called_after_its_offer(
    planner: Browser, database: Database
) -> None:
    kept = keep(planner)
    assert draft_of(database, kept)["arms"][0]["name"] == "Free shipping from £80"
    again = planner.get(f"/campaigns/{kept}/plan").get_data(as_text=True)
    assert value_of(again, "arms.0.name") == ""
    fields = filled(do="save", **{"arms.0.offer.threshold": "90"})
    planner.post(f"/campaigns/{kept}/plan", fields)
    assert draft_of(database, kept)["arms"][0]["name"] == "Free shipping from £90"


REFUSALS = {
    "a holdout of zero": ({"holdout_percent": "0"}, "holdout_percent", "Without a holdout"),
    "a window that ends before it starts": (
        {"outcome_end": "2026-10-31"},
        "outcome_end",
        "before it starts",
    ),
    "returns that settle before the window ends": (
        {"settle_until": "2026-11-05"},
        "settle_until",
        "before the window ends",
    ),
    "customers described after the sending": ({"as_of": "2026-11-03"}, "as_of", "after the send"),
    "shares that do not add up": (
        {"arms.0.share_percent": "50", **second_arm()},
        "holdout_percent",
        "add up to 110 percent instead of 100",
    ),
    "an audience of nobody": (
        {"arms.0.offer.threshold": "5000"},
        "audience",
        "holds for no customer",
    ),
    "no threshold to fit": (
        {"arms.0.offer.threshold": ""},
        "audience",
        "Without a threshold",
    ),
    "a threshold in words": (
        {"arms.0.offer.threshold": "eighty"},
        "arms.0.offer.threshold",
        "A number such as",
    ),
    "a discount above the threshold": (
        second_arm(**{"offer.amount": "90"}) | {"arms.0.share_percent": "40"},
        "arms.1.offer.amount",
        "must be below the threshold",
    ),
    "two arms of one name": (
        second_arm(name="Free shipping from £80") | {"arms.0.share_percent": "40"},
        "arms.1.name",
        "cannot both be called",
    ),
    "margins the wrong way round": (
        {"margin_high_percent": "20"},
        "margin_high_percent",
        "below the lower one",
    ),
    "everybody left out": (
        {"exclusions.max_average_order_value": "1"},
        "audience",
        "are excluded",
    ),
    "a channel without a name": (
        {"arms.0.channel": "other"},
        "arms.0.channel_label",
        "how these customers are contacted",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_what_cannot_be_launched_is_refused_beside_its_field(planner: Browser, what: str) -> None:
    change, field, reason = REFUSALS[what]
    answer = planner.post("/campaigns/new", filled(do="review", **change))
    assert answer.status_code == 422
    assert reason in said_beside(answer.get_data(as_text=True), field)


def test_a_draft_with_problems_is_kept_and_they_stay_beside_their_fields(
    planner: Browser,
) -> None:
    kept = keep(planner, holdout_percent="0", outcome_end="2026-10-31", margin_low_percent="")
    page = planner.get(f"/campaigns/{kept}/plan").get_data(as_text=True)
    assert "Without a holdout" in said_beside(page, "holdout_percent")
    assert "before it starts" in said_beside(page, "outcome_end")
    assert "give a number" in said_beside(page, "margin_low_percent")
    assert value_of(page, "outcome_end") == "2026-10-31"
    # and the launch page is not to be had by its address
    refused = planner.get(f"/campaigns/{kept}/launch")
    assert refused.status_code == 422
    assert "Without a holdout" in said_beside(refused.get_data(as_text=True), "holdout_percent")


def test_an_arm_is_not_asked_for_a_name_while_its_offer_is_unclear(planner: Browser) -> None:
    fields = filled(do="review", **{"arms.0.offer.shipping_cost": "five"})
    page = planner.post("/campaigns/new", fields).get_data(as_text=True)
    assert "A number such as" in said_beside(page, "arms.0.offer.shipping_cost")
    assert said_beside(page, "arms.0.name") == ""
    assert "one field needs mending" in page


def test_looking_at_a_new_plan_that_does_not_hold_keeps_no_draft(
    planner: Browser, database: Database
) -> None:
    planner.post("/campaigns/new", filled(do="review", holdout_percent="0"))
    with database.unit_of_work() as session:
        assert session.query(Campaign).count() == 0


def test_a_draft_needs_a_name_and_nothing_is_kept_without(
    planner: Browser, database: Database
) -> None:
    answer = planner.post("/campaigns/new", filled(do="save", name=" "))
    assert answer.status_code == 422
    assert "fill this in" in said_beside(answer.get_data(as_text=True), "name")
    with database.unit_of_work() as session:
        assert session.query(Campaign).count() == 0


def test_arms_can_be_added_and_removed_without_keeping_the_draft(
    planner: Browser, database: Database
) -> None:
    two = planner.post("/campaigns/new", filled(do="arm-add")).get_data(as_text=True)
    assert value_of(two, "arms.0.share_percent") == "40"
    assert value_of(two, "arms.1.share_percent") == "40"
    three = planner.post(
        "/campaigns/new", filled(do="arm-add", **second_arm()) | {"holdout_percent": "10"}
    ).get_data(as_text=True)
    assert [value_of(three, f"arms.{n}.share_percent") for n in range(3)] == ["30", "30", "30"]
    one = planner.post("/campaigns/new", filled(do="arm-remove:0", **second_arm()))
    page = one.get_data(as_text=True)
    assert value_of(page, "arms.0.name") == "Eight off"
    assert "arms.1." not in page
    with database.unit_of_work() as session:
        assert session.query(Campaign).count() == 0


def test_report_segments_are_added_moved_and_removed(planner: Browser) -> None:
    rows = {
        "segments.0.name": "Quiet",
        "segments.0.rule": '{"feature": "last_order_days", "op": ">=", "value": "20"}',
        "segments.1.name": "Once",
        "segments.1.rule": '{"feature": "orders", "op": "=", "value": "1"}',
    }
    up = planner.post("/campaigns/new", filled(do="segment-up:1", **rows)).get_data(as_text=True)
    assert [value_of(up, f"segments.{n}.name") for n in range(2)] == ["Once", "Quiet"]
    added = planner.post(
        "/campaigns/new", filled(do="segment-add", segment_add="preset:frequent", **rows)
    ).get_data(as_text=True)
    assert value_of(added, "segments.2.name") == "Frequent buyers"
    gone = planner.post("/campaigns/new", filled(do="segment-remove:0", **rows))
    assert value_of(gone.get_data(as_text=True), "segments.0.name") == "Once"


def test_a_forged_rule_is_refused_not_obeyed(planner: Browser) -> None:
    rows = {"segments.0.name": "Odd", "segments.0.rule": '{"feature": "salary", "op": ">="}'}
    answer = planner.post("/campaigns/new", filled(do="review", **rows))
    assert answer.status_code == 422
    assert "salary" in said_beside(answer.get_data(as_text=True), "segments.0.name")


def test_a_rule_of_the_drafts_own_is_shown_and_kept(planner: Browser, database: Database) -> None:
    rule = {"feature": "orders", "op": ">=", "value": "3"}
    with database.unit_of_work() as session:
        raw = {"name": "From a file", "audience": rule, "as_of": "2026-11-01"}
        kept = create_draft(session, shop_id=1, raw=raw, now=NOW).id
    page = planner.get(f"/campaigns/{kept}/plan").get_data(as_text=True)
    assert "100 customers take part" in text_of(page)
    own = {"audience.choice": "kept", "audience.rule": value_of(page, "audience.rule")}
    planner.post(f"/campaigns/{kept}/plan", filled(do="save", **own))
    assert draft_of(database, kept)["audience"] == rule


def test_the_kind_of_offer_brings_its_own_fields(planner: Browser) -> None:
    fields = filled(do="show", **{"arms.0.offer.kind": "percent_off"})
    page = planner.post("/campaigns/new", fields).get_data(as_text=True)
    assert value_of(page, "arms.0.offer.percent") == ""
    assert value_of(page, "arms.0.offer.threshold") == "80"
    assert "shipping_cost" not in page


def test_the_side_counts_who_takes_part_and_divides_them(planner: Browser) -> None:
    page = planner.post("/campaigns/preview", filled()).get_data(as_text=True)
    text = text_of(page)
    # average order values are 40 to 99, five customers each; 48 to 96 are 49 values
    assert "245 customers take part" in text
    assert "245 of 300 customers" in text
    assert "Held back at random (holdout) 49" in text
    assert "Free shipping from £80 196" in text
    assert "threshold £80" in text
    assert "four times out of five" in text
    assert "<html" not in page


def test_a_size_of_the_holdout_can_be_chosen_and_the_arms_share_the_rest(
    planner: Browser, database: Database
) -> None:
    page = planner.post("/campaigns/new", filled(do="holdout:1525")).get_data(as_text=True)
    assert value_of(page, "holdout_percent") == "15.25"
    assert "Held back at random (holdout) 37" in text_of(page)  # of 245
    shares = {"arms.0.share_percent": "60", **second_arm(), "arms.1.share_percent": "20"}
    two = planner.post("/campaigns/new", filled(do="holdout:5000", **shares))
    text = two.get_data(as_text=True)
    assert [value_of(text, f"arms.{n}.share_percent") for n in range(2)] == ["37.5", "12.5"]
    with database.unit_of_work() as session:
        assert session.query(Campaign).count() == 0


@pytest.mark.parametrize("forged", ["0", "10000", "-3", "many", ""])
def test_a_size_that_cannot_be_changes_nothing(planner: Browser, forged: str) -> None:
    page = planner.post("/campaigns/new", filled(do=f"holdout:{forged}")).get_data(as_text=True)
    assert value_of(page, "holdout_percent") == "20"


def test_the_side_offers_three_sizes_of_the_holdout(planner: Browser) -> None:
    fields = filled(**{"arms.0.offer.reach": "open"})
    page = planner.post("/campaigns/preview", fields).get_data(as_text=True)
    text = text_of(page)
    assert "How many to hold back" in text
    # half of 245 customers, their number a whole one
    assert "Learn most 49.8% 122 customers, withholds about £" in text
    assert "Earn most" in text
    assert (
        "Convince finance Not even the largest holdout would prove that they spend a tenth more"
        in text
    )
    assert 'value="holdout:4980"' in page
    assert 'hx-post="/campaigns/new"' in page


def test_holding_back_saves_where_codes_give_away_more_than_the_offer_brings(
    planner: Browser,
) -> None:
    text = text_of(planner.post("/campaigns/preview", filled()).get_data(as_text=True))
    assert "122 customers, saves about £" in text
    assert "a contact costs more than it is expected to bring" in text


def test_the_side_says_first_what_counts_most(planner: Browser) -> None:
    fields = filled(**{"arms.0.offer.reach": "open"})
    text = text_of(planner.post("/campaigns/preview", fields).get_data(as_text=True))
    order = (
        "customers take part", "Past average order value", "threshold £80",
        "usually spend the threshold anyway", "Given away anyway", "Expected net profit",
        "What could be proved", "What the holdout withholds", "How many to hold back",
    )  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "in all of those told, four times out of five" in text
    assert "costs more than it is expected to bring" not in text


def part_of(answer: str, name: str) -> str:
    begin = answer.index(f'data-part="{name}"')
    return answer[begin : answer.find("data-part=", begin + 1)]


def test_the_answer_says_whether_it_is_whole_and_what_does_not_hold_beside_which_field(
    planner: Browser,
) -> None:
    whole = planner.post("/campaigns/preview", filled()).get_data(as_text=True)
    assert 'data-whole="yes"' in whole
    assert "data-field" not in part_of(whole, "problems")
    assert "expected" in part_of(whole, "brief")

    fields = filled(**{"arms.0.offer.shipping_cost": "a <b>lot</b>", "outcome_end": "2026-10-01"})
    broken = planner.post("/campaigns/preview", fields).get_data(as_text=True)
    assert 'data-whole="no"' in broken
    told = part_of(broken, "problems")
    assert 'data-field="arms.0.offer.shipping_cost"' in told
    assert 'data-field="outcome_end"' in told
    assert "<b>" not in told
    assert "customers take part" in text_of(part_of(broken, "said"))  # what holds is still counted


def test_what_runs_beside_is_answered_by_itself(planner: Browser) -> None:
    assert planner.post("/campaigns/at-once", filled()).status_code == 200
    assert planner.post("/campaigns/at-once", {"arms.0.offer.threshold": "x"}).status_code == 200


def test_what_most_plans_leave_as_it_is_is_folded_and_said_in_a_line(planner: Browser) -> None:
    page = planner.get("/campaigns/new").get_data(as_text=True)
    folds = re.findall(r'<details class="fold[^>]*id="fold-([a-z0-9-]+)"([^>]*)>', page)
    assert [name for name, _ in folds] == ["offer-0", "days", "segments", "more"]
    assert not any("open" in rest for _, rest in folds)
    text = text_of(page)
    assert "the whole shop may use it · no words of yours yet" in text
    assert "Net profit · Each customer · 95 percent confidence" in text
    broken = planner.post(
        "/campaigns/new", filled(do="review", settle_until="soon", confidence_percent="x")
    ).get_data(as_text=True)
    opened = [
        name
        for name, rest in re.findall(r'id="fold-([a-z0-9-]+)"([^>]*)>', broken)
        if "open" in rest
    ]
    assert opened == ["days", "more"]


def test_where_sending_cannot_pay_the_side_says_that_not_sending_is_best(planner: Browser) -> None:
    fields = filled(**{"arms.0.contact_cost": "50"})
    text = text_of(planner.post("/campaigns/preview", fields).get_data(as_text=True))
    assert "Earn most Not to send at all: it is expected to cost more than it brings" in text


def test_the_sizes_beside_a_kept_draft_lead_back_to_it(planner: Browser) -> None:
    kept = keep(planner)
    page = planner.get(f"/campaigns/{kept}/plan").get_data(as_text=True)
    assert f"/campaigns/preview?campaign={kept}" in page
    side = planner.post(f"/campaigns/preview?campaign={kept}", filled()).get_data(as_text=True)
    assert f'hx-post="/campaigns/{kept}/plan"' in side


def test_where_too_few_would_buy_the_side_says_why_nothing_is_proved(planner: Browser) -> None:
    fields = filled(**{"audience.lowest": "99", "audience.highest": "101"})
    text = text_of(planner.post("/campaigns/preview", fields).get_data(as_text=True))
    assert "Nothing, by what they bought" in text
    assert "fewer than two customers in one of the two groups" in text


def test_the_side_shows_what_it_can_while_the_plan_is_incomplete(planner: Browser) -> None:
    fields = filled(**{"arms.0.contact_cost": "", "holdout_percent": ""})
    text = text_of(planner.post("/campaigns/preview", fields).get_data(as_text=True))
    assert "245 customers take part" in text
    assert "threshold £80" in text
    assert "once every arm is filled in" in text


def test_a_draft_can_be_thrown_away(planner: Browser) -> None:
    kept = keep(planner)
    planner.post(f"/campaigns/{kept}/delete")
    assert planner.get(f"/campaigns/{kept}/plan").status_code == 404


def test_a_draft_of_another_shop_is_not_there(planner: Browser, database: Database) -> None:
    kept = keep(planner)
    with database.unit_of_work() as session:
        session.get_one(Campaign, kept).shop_id = 1
        assert session.get(Campaign, kept + 1) is None
    assert planner.get(f"/campaigns/{kept + 1}/plan").status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"arms": [{}], "segments": [{}], "audience": 7},
        {"arms": ["x", {"offer": {"kind": "gift"}}], "segments": "x", "exclusions": [1]},
    ],
)
def test_any_draft_from_a_file_can_be_mended_in_the_form(
    planner: Browser, database: Database, raw: dict[str, Any]
) -> None:
    with database.unit_of_work() as session:
        kept = create_draft(session, shop_id=1, raw={"name": "From a file"} | raw, now=NOW).id
    page = planner.get(f"/campaigns/{kept}/plan")
    assert page.status_code == 200
    assert "mending" in page.get_data(as_text=True)
    assert planner.post(f"/campaigns/{kept}/plan", filled(do="review")).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("as_of", "0001-01-01"),
        ("as_of", "9999-12-31"),
        ("settle_until", "9999-12-31"),
        ("outcome_end", "9999-12-31"),
        ("send_date", "0001-01-01"),
        ("holdout_percent", "NaN"),
        ("arms.0.offer.threshold", "1e-99999999"),
        ("arms.0.offer.threshold", "1e400"),
        ("audience.lowest", "-5"),
        ("audience.lowest", "500"),
        ("arms.99999999999.name", "x"),
        ("segments.0.rule", "[" * 100_000),
        ("exclusions.customers", "=1+1\n\x00"),
    ],
)
def test_whatever_is_typed_the_side_answers(planner: Browser, field: str, value: str) -> None:
    fields = filled(**{field: value})
    assert planner.post("/campaigns/preview", fields).status_code == 200
    assert planner.post("/campaigns/new", fields | {"do": "review"}).status_code in (302, 422)
