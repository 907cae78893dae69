"""The sample's customers answer the campaign that was launched, and what is told as true is."""

import datetime as dt
import gzip
import io
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.service import campaign_ledger, get_launched
from regulars_platform.guided.answers import Truth
from regulars_platform.guided.service import (
    SampleError,
    SampleFile,
    find_sample_shop,
    put_sample_away,
    sample_of,
    truth_of,
)
from regulars_platform.guided.world import build_world
from regulars_platform.orders.table import OrdersTable
from regulars_platform.reports.service import evaluate_campaign
from regulars_platform.shops.service import get_shop
from tests.platform.guided.conftest import NOW, REAL_ID, Sample, arm, offer

NOISE = 3
"""Standard errors within which what was measured lies from what is true, but for one in 400."""


def rows(file: SampleFile) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(gzip.decompress(file.content)), infer_schema=False)


def ledger(sample: Sample, campaign: int) -> pl.DataFrame:
    with sample.database.unit_of_work() as session:
        return campaign_ledger(sample.settings, get_launched(session, sample.shop_id, campaign))


def truth(sample: Sample, campaign: int) -> tuple[Truth, ...]:
    with sample.database.unit_of_work() as session:
        return truth_of(session, sample.settings, shop_id=sample.shop_id, campaign_id=campaign)


def report(sample: Sample, campaign: int) -> dict[str, Any]:
    with sample.database.unit_of_work() as session:
        found = evaluate_campaign(
            session, sample.settings, shop_id=sample.shop_id, campaign_id=campaign, now=NOW
        )
    return dict(found.document)


def cut(kind: str, **other: str) -> dict[str, str]:
    """An offer of another kind."""
    return {"kind": kind, "reach": "personal", "words": "Hello", **other}


@pytest.mark.parametrize(
    "arms",
    [
        [arm()],
        [arm(offer=offer(reach="open"))],
        [arm(offer=cut("amount_off", threshold="80", amount="8"))],
        [arm(offer=cut("percent_off", reach="open", threshold="60", percent="7.5"))],
        [arm("From 80", "40"), arm("Only words", "40", offer=cut("message", reach="open"))],
    ],
    ids=["free shipping", "open", "amount off", "percent off", "two arms"],
)
def test_a_report_on_the_answers_finds_what_is_told_as_true(
    built: Any, arms: list[dict[str, Any]]
) -> None:
    sample = built()
    campaign = sample.launched(arms=arms)
    sample.bring(sample.answers(campaign))

    found = {group["arm"]: group for group in report(sample, campaign)["overall"]}
    for true in truth(sample, campaign):
        net = found[true.arm]["net"]
        away = net["estimate"] - true.net_per_customer / 10_000
        assert abs(away) < NOISE * net["standard_error"], (true, net)
        assert true.told == found[true.arm]["n"]


def test_nobody_answers_who_was_not_told(sample: Sample) -> None:
    campaign = sample.launched()
    drawn = ledger(sample, campaign)
    held = set(drawn.filter(pl.col("arm") == "holdout")["customer_id"])
    answered = rows(sample.answers(campaign)).group_by("Customer").len()
    share = {
        name: answered.filter(pl.col("Customer").is_in(list(who))).height / len(who)
        for name, who in (("held", held), ("told", set(drawn["customer_id"]) - held))
    }

    assert share["told"] > 1.15 * share["held"]
    free = rows(sample.answers(campaign)).filter(pl.col("Shipping fee") == "0.00")
    assert held.isdisjoint(free["Customer"])


def test_who_truly_pays_is_who_answers(sample: Sample) -> None:
    (found,) = truth(sample, sample.launched())
    gain = {name: value for name, _, value in found.segments}

    assert gain["New"] > 0 > gain["Frequent"]
    customers = sum(count for _, count, _ in found.segments)
    weighted = sum(count * value for _, count, value in found.segments) / customers
    assert found.net_per_customer == pytest.approx(weighted)


def test_the_same_campaign_has_the_same_file_and_another_draw_another(built: Any) -> None:
    sample = built()
    campaign = sample.launched()

    assert sample.answers(campaign).content == sample.answers(campaign).content
    other = built()
    assert other.answers(other.launched(salt="other")).content != sample.answers(campaign).content


def test_the_file_begins_where_the_orders_ended_and_ends_when_returns_have_settled(
    built: Any,
) -> None:
    sample = built()
    began = sample.today
    moments = rows(sample.answers(sample.launched()))["Ordered at"].str.head(10)

    assert moments.min() == began.isoformat()
    assert moments.max() == (began + dt.timedelta(days=41)).isoformat()
    assert sample.today == began + dt.timedelta(days=42)


def test_a_second_round_goes_on_where_the_first_ended(built: Any) -> None:
    sample = built()
    first = sample.launched()
    sample.bring(sample.answers(first))
    second = sample.launched(name="Again", salt="again")
    sample.bring(sample.answers(second))
    lines = OrdersTable(sample.settings.shop_dir(sample.shop_id)).scan()
    orders = lines.group_by("order_id").agg(pl.col("ordered_at").n_unique()).collect()

    assert orders["ordered_at"].max() == 1
    (true,) = truth(sample, second)
    (net,) = (group["net"] for group in report(sample, second)["overall"])
    away = net["estimate"] - true.net_per_customer / 10_000
    assert abs(away) < NOISE * net["standard_error"]


def test_what_was_sent_among_stored_orders_is_refused_in_a_sentence(built: Any) -> None:
    sample = built()
    early = (sample.today - dt.timedelta(days=30)).isoformat()
    campaign = sample.launched(as_of=early, send_date=early)

    with pytest.raises(SampleError, match=sample.today.isoformat()):
        sample.answers(campaign)


def test_a_real_shop_is_no_sample_and_one_that_was_put_away_neither(built: Any) -> None:
    sample = built()

    with sample.database.unit_of_work() as session:
        assert sample_of(get_shop(session, REAL_ID)) is None
        there = find_sample_shop(session)
        assert there is not None
        assert there.id == sample.shop_id
        put_sample_away(session)
        assert find_sample_shop(session) is None


def test_a_world_answers_further_thresholds_less(sample: Sample) -> None:
    near = sample.launched()
    far = sample.launched(name="Far", arms=[arm(offer=offer(threshold="300"))])
    told = []
    for campaign in (near, far):
        with sample.database.unit_of_work() as session:
            launched = get_launched(session, sample.shop_id, campaign)
        world = build_world(
            campaign_ledger(sample.settings, launched),
            launched.plan,
            salt="one",
            last_day=sample.today - dt.timedelta(days=1),
            begins=sample.today,
        )
        told.append(world.orders["extra"].sum())

    assert told[1] == pytest.approx(told[0] / 4, rel=0.4)
