"""The calendar in the browser: events, drafts for them, and what a small shop is offered."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from regulars_platform.calendar.service import list_events
from regulars_platform.campaigns.service import create_draft
from regulars_platform.campaigns.tables import DRAFT, Campaign
from regulars_platform.launching.launch import launch
from regulars_platform.programmes.tables import ProgrammeRow
from regulars_platform.reports.service import evaluate_campaign
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line
from tests.platform.programmes.build import keep_orders
from tests.web.campaigns.build import filled
from tests.web.conftest import Browser

TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
EVENT: dict[str, object] = {
    "name": "Tea <b>day</b>",
    "kind": "member_day",
    "repeats": "monthly",
    "first_day": "2020-01-08",
    "days": "1",
    "is_sale": "1",
    "lead_days": "7",
}


def text(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True)


def shop_of(settings: Settings, customers: int) -> None:
    rows = [
        line(
            f"o{n}-{k}", f"c{n:03d}", (TODAY - dt.timedelta(days=5 + 9 * k)).isoformat(), 40 + n % 9
        )
        for n in range(customers)
        for k in range(1 + n % 2)
    ]
    keep_orders(settings, *rows)


def test_an_event_is_kept_and_shown_in_every_view(owner: Browser) -> None:
    assert "No events yet" in text(owner, "/campaigns/calendar/")
    assert owner.post("/campaigns/calendar/new", EVENT).status_code == 302
    for view in ("list", "month", "year"):
        page = text(owner, f"/campaigns/calendar/?view={view}")
        assert "Tea &lt;b&gt;day&lt;/b&gt;" in page
        assert "<b>day" not in page
    assert text(owner, "/campaigns/calendar/?view=month&year=999999&month=77")
    assert text(owner, "/campaigns/calendar/?view=year&year=-5")


def test_a_day_that_does_not_exist_is_said_beside_its_field(owner: Browser) -> None:
    answer = owner.post("/campaigns/calendar/new", EVENT | {"first_day": "2026-02-30"})
    assert answer.status_code == 422
    assert 'id="first_day-error"' in answer.get_data(as_text=True)


def test_other_ids_are_not_found(owner: Browser) -> None:
    assert owner.get("/campaigns/calendar/7").status_code == 404
    assert owner.post("/campaigns/calendar/7/delete").status_code == 404
    assert owner.post("/campaigns/calendar/7/discount", {}).status_code in (404, 422)


def test_a_member_day_with_a_discount_tells_at_random_and_is_open_to_all(
    owner: Browser, settings: Settings, database: Database
) -> None:
    shop_of(settings, 40)
    owner.post("/campaigns/calendar/new", EVENT)
    wrong = owner.post("/campaigns/calendar/1/discount", {"threshold": "10", "amount": "10"})
    assert wrong.status_code == 422
    made = owner.post("/campaigns/calendar/1/discount", {"threshold": "100", "amount": "10"})
    assert made.status_code == 302
    with database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
        session.expunge_all()
        event = list_events(session, 1)[0]
    assert campaign.state == DRAFT
    offer = campaign.draft["arms"][0]["offer"]
    assert (offer["kind"], offer["reach"]) == ("amount_off", "open")
    assert (offer["threshold"], offer["amount"]) == ("100", "10")
    assert dt.date.fromisoformat(campaign.draft["send_date"]).day == 8
    assert event.template_id == campaign.id
    page = text(owner, str(made.headers["Location"]))
    assert "Member" in page or "Tea" in page


def test_a_copy_shows_where_it_comes_from(
    owner: Browser, settings: Settings, database: Database
) -> None:
    shop_of(settings, 40)
    owner.post("/campaigns/calendar/new", EVENT)
    owner.post("/campaigns/calendar/1/discount", {"threshold": "100", "amount": "10"})
    copied = owner.post("/campaigns/calendar/1/copy", {"campaign": "1"})
    assert copied.status_code == 302
    page = text(owner, str(copied.headers["Location"]))
    assert "Made after" in page
    assert "never launched, so it has no result" in page
    assert "Drafts made for it" in text(owner, "/campaigns/calendar/1")
    assert owner.post("/campaigns/calendar/1/copy", {"campaign": "99"}).status_code == 404
    assert owner.post("/campaigns/calendar/1/copy", {"campaign": "x"}).status_code == 302


@pytest.mark.parametrize("customers", [1, 300])
def test_a_small_shop_is_told_what_it_can_learn_and_offered_a_programme(
    owner: Browser, settings: Settings, database: Database, customers: int
) -> None:
    shop_of(settings, customers)
    days = {"as_of": 0, "send_date": 0, "outcome_end": 27, "settle_until": 41}
    form = filled(
        name="Small",
        **{name: (TODAY + dt.timedelta(days=n)).isoformat() for name, n in days.items()},
        **{"audience.choice": "everybody"},
    )
    side = owner.post("/campaigns/preview", form).get_data(as_text=True)
    if customers > 1:
        assert "Too small to tell alone" in side
        assert "campaigns like this one, pooled, can." in side
        assert 'formaction="/campaigns/calendar/always-on"' in side
    made = owner.post("/campaigns/calendar/always-on", form)
    assert made.status_code == 302
    with database.reading() as session:
        programme = session.scalars(select(ProgrammeRow)).one()
        session.expunge_all()
    assert programme.state == "draft"
    assert programme.draft["segment"] == {"name": "Small", "rule": {"all": []}}
    assert programme.draft["offer"]["kind"] == "free_shipping"
    assert programme.draft["holdout_percent"] == "20"
    assert text(owner, str(made.headers["Location"]))


def test_last_times_result_stands_on_the_event_and_on_the_copy(
    owner: Browser, settings: Settings, database: Database
) -> None:
    sent = TODAY - dt.timedelta(days=40)
    rows = [
        line(f"a{n}", f"c{n:03d}", (sent - dt.timedelta(days=9)).isoformat(), 40)
        for n in range(400)
    ]
    rows += [
        line(f"b{n}", f"c{n:03d}", (sent + dt.timedelta(days=3)).isoformat(), 40 + n % 9)
        for n in range(400)
    ]
    keep_orders(settings, *rows)
    days = {"as_of": 0, "send_date": 0, "outcome_end": 13, "settle_until": 20}
    raw = draft(**{name: (sent + dt.timedelta(days=n)).isoformat() for name, n in days.items()})
    now = dt.datetime.now(dt.UTC)
    with database.unit_of_work() as work:
        made = create_draft(work, shop_id=1, raw=raw, now=now)
        launch(work, settings, shop_id=1, campaign_id=made.id, now=now, user_id=None, salt="s")
        report = evaluate_campaign(work, settings, shop_id=1, campaign_id=made.id, now=now)
    yearly = EVENT | {"repeats": "yearly", "first_day": sent.isoformat(), "name": "Big day"}
    owner.post("/campaigns/calendar/new", yearly)
    net = report.document["overall"][0]["net"]
    shown = [money_interval_of(net["low"], net["high"])]
    page = text(owner, "/campaigns/calendar/1")
    # of this year; next is the year after
    assert "Free shipping from 80" in page
    assert all(one in page for one in shown)
    copied = owner.post("/campaigns/calendar/1/copy", {"campaign": str(made.id)})
    page = text(owner, str(copied.headers["Location"]))
    assert "Made after" in page
    assert all(one in page for one in shown)


def money_interval_of(low: float, high: float) -> str:
    """Two decimals in pounds, with a real minus sign."""

    def pounds(value: float) -> str:
        sign = "−" if round(value, 2) < 0 else ""
        return f"{sign}£{abs(value):,.2f}"

    return f"{pounds(low)} to {pounds(high)}"
