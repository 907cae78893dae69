"""From the words to the customers, in the browser."""

import csv
import io
import json
import re
import time
from collections.abc import Callable
from decimal import Decimal

import polars as pl
import pytest
from sqlalchemy import select

from regulars_platform.campaigns.service import get_launched
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.datasets.tables import DatasetImportRow
from regulars_platform.delivery.address_gaps import address_gap, check_own_address
from regulars_platform.delivery.public import unsubscribe_token
from regulars_platform.delivery.secret_files import read_secret
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.dispatch.signing import sign
from regulars_platform.errors import RegularsError
from regulars_platform.jobs.models import Job
from regulars_platform.suppressions.service import suppress, suppressed_customers
from tests.platform.delivery.build import NOON, bring_customers
from tests.web.conftest import Browser
from tests.web.delivery.conftest import SendingShop, launched
from tests.web.programmes.test_programme_pages import typed as programme_typed

Finish = Callable[[], list[Job]]


def text(browser: Browser, path: str) -> str:
    answer = browser.get(path, follow_redirects=True)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def listed(browser: Browser, campaign: int) -> list[str]:
    content = browser.get(f"/campaigns/{campaign}/contacts/1.csv").data.decode("utf-8-sig")
    return [row["customer_id"] for row in csv.DictReader(io.StringIO(content))]


def test_an_arm_is_written_to_once_and_the_page_says_where_it_stands(
    sending: SendingShop, finish_jobs: Finish
) -> None:
    browser, campaign = sending.browser, sending.campaign
    page = f"/campaigns/{campaign}/delivery"
    assert "by a list that you download" in text(browser, page)
    sending.set_up(email="webhook")
    assert "No words for this channel yet" in text(browser, page)
    sending.write("email", "Dear {name}: {offer} with {code}")
    names = listed(browser, campaign)
    shown = text(browser, page)
    assert f">{len(names)}<" in shown
    assert f"Dear N{int(names[0][1:])}:" in shown

    answer = browser.post(f"{page}/1/queue", {"template": "1"}, follow_redirects=True)
    assert f"{len(names)} messages are queued." in answer.get_data(as_text=True)
    assert [job.state for job in finish_jobs()] == ["done"]
    got = [one for call in sending.receiver.calls for one in json.loads(call.body)["messages"]]
    assert sorted(one["customer_id"] for one in got) == sorted(names)
    assert all(one["address"] == f"{one['customer_id']}@example.org" for one in got)
    assert "done" in text(browser, page)

    again = browser.post(f"{page}/1/queue", {"template": "1"}, follow_redirects=True)
    assert "were queued before" in again.get_data(as_text=True)
    finish_jobs()
    assert sum(len(json.loads(c.body)["messages"]) for c in sending.receiver.calls) == len(names)


def test_a_test_goes_to_ones_own_address_and_to_nobody_else(sending: SendingShop) -> None:
    sending.set_up(email="webhook")
    sending.write("email", "Dear {name}")
    path = f"/campaigns/{sending.campaign}/delivery/1/test"
    sent: dict[str, object] = {"template": "1", "address": "me@example.org"}
    answer = sending.browser.post(path, sent, follow_redirects=True)
    assert "The test was taken" in answer.get_data(as_text=True)
    (message,) = json.loads(sending.receiver.calls[0].body)["messages"]
    assert (message["address"], message["source"]) == ("me@example.org", "test")
    with sending.database.unit_of_work() as session:
        assert session.scalars(select(MessageRow)).all() == []


def test_stop_and_go_on(sending: SendingShop, finish_jobs: Finish) -> None:
    sending.set_up(email="webhook")
    sending.write("email", "Hello")
    page = f"/campaigns/{sending.campaign}/delivery"
    sending.browser.post(f"{page}/1/queue", {"template": "1"})
    assert sending.browser.post(f"{page}/batches/1/stop").status_code == 302
    finish_jobs()
    assert sending.receiver.calls == []
    assert "stopped" in text(sending.browser, page)
    sending.browser.post(f"{page}/batches/1/resume")
    finish_jobs()
    assert sending.receiver.calls
    for wrong in ("batches/1/nothing", "batches/99/stop", "9/queue", "9/test", "9/link"):
        assert sending.browser.post(f"{page}/{wrong}", {"template": "1"}).status_code in (404, 422)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "body": "x"}, "Please fill this in."),
        ({"name": "a", "body": "Dear {nme}"}, "Nothing is called {nme} here."),
        ({"name": "a", "body": "Dear {name"}, "A brace is open"),
        ({"name": "<b>", "body": "x" * 10_000}, "At most 5,000 characters"),
        ({"name": "a", "body": "x", "channel": "pigeon"}, "Choose one of"),
    ],
)
def test_a_template_that_cannot_be_kept_says_why(
    owner: Browser, fields: dict[str, object], said: str
) -> None:
    answer = owner.post("/settings/channels/templates/new", {"channel": "sms"} | fields)
    assert answer.status_code == 422
    shown = answer.get_data(as_text=True)
    assert said in shown.replace("&#39;", "'")
    assert "<b>" not in shown.replace("<b></b>", "")


@pytest.mark.parametrize(
    ("part", "fields", "said"),
    [
        ("mail", {"host": "mail.example.org", "sender": "nobody"}, "An e-mail address as in"),
        ("mail", {"host": "mail.example.org", "sender": "a@b.org", "port": "0"}, "whole number"),
        ("hook", {"url": "https://10.0.0.1/x"}, "private network"),
        ("hook", {"url": "http://example.org/x"}, "have to go by https"),
        ("hook", {"url": "", "public_address": "javascript:alert(1)"}, "A web address as in"),
        ("hours", {"from": "25:00", "to": "x"}, "A time as in 21:00"),
        ("use", {"sms.price": "-1"}, "may not be negative"),
        ("use", {"sms.per_minute": "0"}, "A whole number from 1"),
    ],
)
def test_settings_that_cannot_be_say_why(
    owner: Browser, part: str, fields: dict[str, object], said: str
) -> None:
    answer = owner.post(f"/settings/channels/{part}", fields)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_the_password_is_in_a_file_of_the_owner_and_nowhere_on_the_page(
    sending: SendingShop,
) -> None:
    fields: dict[str, object] = {
        "host": "127.0.0.1",
        "sender": "a@b.org",
        "port": "1",
        "password": "open sesame",
    }
    sending.browser.post("/settings/channels/mail", fields)
    kept = sending.settings.data_dir / "secrets" / "shop-1-smtp-password"
    assert kept.read_text() == "open sesame"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "open sesame" not in text(sending.browser, "/settings/channels/")
    database = (sending.settings.data_dir / "regulars.sqlite").read_bytes()
    assert b"open sesame" not in database
    sending.browser.post("/settings/channels/mail", fields | {"password": ""})
    assert kept.read_text() == "open sesame"
    tested = sending.browser.post("/settings/channels/mail/test", follow_redirects=True)
    assert "cannot be reached" in tested.get_data(as_text=True)


def test_a_provider_reports_with_a_signature_and_not_without(
    sending: SendingShop, finish_jobs: Finish, stranger: Browser
) -> None:
    sending.set_up(email="webhook")
    sending.write("email", "Hello")
    sending.browser.post(f"/campaigns/{sending.campaign}/delivery/1/queue", {"template": "1"})
    finish_jobs()
    first = json.loads(sending.receiver.calls[0].body)["messages"][0]
    body = json.dumps({"events": [{"key": first["key"], "status": "complained"}]}).encode()
    key = read_secret(sending.settings, 1, "webhook-key") or ""
    moment = str(int(time.time()))
    headers = {"X-Regulars-Timestamp": moment, "X-Regulars-Signature": sign(key, moment, body)}

    def call(path: str, **options: object) -> int:
        return stranger.client.post(path, data=body, **options).status_code

    assert call("/hooks/delivery/1") == 401
    assert call("/hooks/delivery/2", headers=headers) == 401
    assert call("/hooks/delivery/1", headers=headers) == 200
    assert call("/hooks/delivery/1", headers=headers) == 200
    with sending.database.unit_of_work() as session:
        assert suppressed_customers(session, 1) == {first["customer_id"]}


def test_a_look_at_the_link_changes_nothing_and_one_click_takes_off_the_list(
    sending: SendingShop, stranger: Browser
) -> None:
    token = unsubscribe_token(sending.settings, 1, '=客户, "x"')
    path = f"/hooks/unsubscribe/{token}"
    assert stranger.client.get(path).status_code == 200
    with sending.database.unit_of_work() as session:
        assert suppressed_customers(session, 1) == frozenset()
    assert stranger.client.post(path).status_code == 200
    with sending.database.unit_of_work() as session:
        assert suppressed_customers(session, 1) == {'=客户, "x"'}
    for wrong in (token[:-2] + "AA", "x", "e30.x", token.replace(".", "")):
        assert stranger.client.post(f"/hooks/unsubscribe/{wrong}").status_code == 404


def test_a_short_link_leads_to_the_shop_and_counts_for_its_arm(
    sending: SendingShop, stranger: Browser
) -> None:
    page = f"/campaigns/{sending.campaign}/delivery"
    bad = sending.browser.post(f"{page}/1/link", {"target": "javascript:alert(1)"})
    assert bad.status_code == 422
    assert "A web address as in" in bad.get_data(as_text=True)
    sending.browser.post(f"{page}/1/link", {"target": "https://tea.example/spring?a=1&b=2"})
    code = text(sending.browser, page).partition("<code>/l/")[2].partition("<")[0]
    for _ in range(2):
        answer = stranger.client.get(f"/l/{code}")
        assert answer.status_code == 302
        assert answer.headers["Location"] == "https://tea.example/spring?a=1&b=2"
    assert "2 clicks" in text(sending.browser, page)
    assert stranger.client.get("/l/NOSUCH").status_code == 404


def test_a_call_list_is_worked_through_and_comes_back_as_a_file(sending: SendingShop) -> None:
    browser = sending.browser
    sending.set_up(phone="calls")
    sending.write("phone", "Good day, {name}. {offer}")
    campaign = launched(browser, **{"arms.0.channel": "phone"})
    page = f"/campaigns/{campaign}/delivery"
    answer = browser.post(f"{page}/1/queue", {"template": "1"}, follow_redirects=True)
    assert "Work through the call list" in answer.get_data(as_text=True)
    names = listed(browser, campaign)
    shown = text(browser, "/campaigns/calls/1")
    assert f"{len(names)} of {len(names)} still to be called." in shown
    assert "Good day, N" in shown
    assert browser.post("/campaigns/calls/1/1", {"result": "sung"}).status_code == 422
    browser.post("/campaigns/calls/1/1", {"result": "no_calls", "note": "<angry>"})
    browser.post("/campaigns/calls/1/2", {"result": "ordered"})
    browser.post("/campaigns/calls/1/3", {"result": "no_answer"})
    assert "&lt;angry&gt;" in text(browser, "/campaigns/calls/1")
    with sending.database.unit_of_work() as session:
        states = dict(session.execute(select(MessageRow.id, MessageRow.state)).all())
        first = session.get_one(MessageRow, 1).customer_id
        assert suppressed_customers(session, 1) == {first}
    assert (states[1], states[2], states[3]) == ("unsubscribed", "delivered", "queued")

    content = browser.get("/campaigns/calls/1.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert len(rows) == len(names) - 3
    rows[0]["result"], rows[1]["result"] = "wrong_number", "reached"
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)

    def upload(content: str) -> str:
        file = (io.BytesIO(content.encode()), "calls.csv")
        sent = browser.post(
            "/campaigns/calls/1/results",
            {"file": file},
            follow_redirects=True,
            content_type="multipart/form-data",
        )
        return sent.get_data(as_text=True)

    assert "2 results recorded" in upload(out.getvalue())
    assert "0 results recorded" in upload(out.getvalue())
    page = "/campaigns/calls/1"
    assert "Results: reached, reached, and ordered, no answer" in text(browser, page)
    browser.post("/language", {"locale": "zh_Hans"})
    for place, said in ((2, "无人接听"), (3, "已接通")):
        upload(f"customer_id,result\r\n{rows[place]['customer_id']},{said}\r\n")
    hint = text(browser, page).split('id="file-hint">')[1].split("</p>")[0]
    assert re.search("[a-z]{3}", hint) is None
    browser.post("/language", {"locale": "en"})
    with sending.database.unit_of_work() as session:
        told = dict(session.execute(select(MessageRow.customer_id, MessageRow.result)).all())
    assert told[rows[2]["customer_id"]] == "no_answer"
    assert told[rows[3]["customer_id"]] == "reached"
    assert "the result &#39;sung&#39;" in upload("customer_id,result\r\nc001,sung\r\n")
    assert "columns customer_id and result" in upload("a,b\r\n1,2\r\n")
    assert "1 " in text(browser, f"/campaigns/{campaign}")


def test_pages_of_others_and_of_nothing_are_not_found(sending: SendingShop) -> None:
    browser = sending.browser
    for path in ("/campaigns/99/delivery", "/campaigns/calls/9", "/settings/channels/templates/9"):
        assert browser.get(path).status_code == 404
    assert browser.post("/settings/channels/nothing").status_code == 302
    assert browser.post("/campaigns/calls/9/1", {"result": "reached"}).status_code == 404


def test_the_words_of_a_programme_are_not_offered_to_a_campaign(sending: SendingShop) -> None:
    browser, page = sending.browser, f"/campaigns/{sending.campaign}/delivery"
    sending.set_up(email="webhook")
    form = programme_typed(name="Welcome", channel="email", wait="240")
    made = browser.post("/programmes/new?kind=honeymoon", form)
    started = browser.post(f"{made.headers['Location']}/start", follow_redirects=True)
    assert "It runs." in started.get_data(as_text=True)
    assert "No words for this channel yet" in text(browser, page)
    # whoever changes it makes it words of the shop's own
    words: dict[str, object] = {"name": "Hello", "channel": "email", "subject": "Hi", "body": "All"}
    assert browser.post("/settings/channels/templates/1", words).status_code == 302
    assert "No words for this channel yet" not in text(browser, page)


def account(shown: str) -> dict[str, int]:
    """The lines of the table that accounts for an arm: label -> customers."""
    table = shown.partition("Everybody of this arm")[2].partition("</table>")[0]
    line = r'<th scope="row">([^<]*).*?<td class="num"[^>]*>(?:<span>)?([\d,]+)<'
    rows = re.findall(line, table, re.S)
    return {label: int(count.replace(",", "")) for label, count in rows}


def test_everybody_who_was_drawn_is_accounted_for(
    sending: SendingShop, finish_jobs: Finish
) -> None:
    browser, page = sending.browser, f"/campaigns/{sending.campaign}/delivery"
    sending.set_up(email="webhook")
    sending.write("email", "{name}, you are {tier}")
    names = listed(browser, sending.campaign)
    bring_customers(
        sending.settings,
        1,
        [
            {"customer_id": name, "consent_email": place >= 5, "email": f"{place}@example.org"}
            for place, name in enumerate(names)
        ],
    )
    shown = account(text(browser, page))
    assert shown == {
        "To be sent": 0,
        "Did not agree to this channel": 5,
        "Have no value of {tier}": len(names) - 5,
        "Drawn into this arm": len(names),
    }
    assert "Nobody of this arm can be written to as things stand." in text(browser, page)
    assert "Send to this arm" not in text(browser, page)

    words: dict[str, object] = {"name": "a", "channel": "email", "subject": "s", "body": "{name}"}
    browser.post("/settings/channels/templates/1", words)
    assert account(text(browser, page))["To be sent"] == len(names) - 5
    browser.post(f"{page}/1/queue", {"template": "1"})
    finish_jobs()
    after = text(browser, page)
    assert account(after) == {
        "To be sent": 0,
        "Written to before, or tried": len(names) - 5,
        "Did not agree to this channel": 5,
        "Drawn into this arm": len(names),
    }
    assert "nobody is left to send to" in after
    assert "Send to this arm" not in after


def test_who_has_no_address_is_told_why_and_where_to_bring_them(sending: SendingShop) -> None:
    browser, page = sending.browser, f"/campaigns/{sending.campaign}/delivery"
    sending.set_up(email="webhook")
    sending.write("email", "Hello")
    names = listed(browser, sending.campaign)
    with sending.database.unit_of_work() as session:
        assert address_gap(session, sending.settings, 1, "email") == "some"
        assert address_gap(session, sending.settings, 1, "chat") == "some"
    table = DatasetTable(sending.settings.shop_dir(1), "customers")
    without = table.scan().with_columns(pl.lit(None, pl.String).alias("email")).collect()
    without.write_delta(table.path, mode="overwrite")
    assert account(text(browser, page))["Have no address"] == len(names)
    assert "No customers’ file has brought any yet." in text(browser, page)
    with sending.database.unit_of_work() as session:
        stored = DatasetImportRow(
            shop_id=1,
            user_id=None,
            filename="customers.csv",
            size=1,
            sha256="0" * 64,
            state="stored",
            kind="customers",
            mapping={"Mail": "email"},
            received_at=NOON,
        )
        session.add(stored)
    shown = text(browser, page)
    assert "had them, and they were left out" in shown
    assert "/data/other/?kind=customers#bring" in shown


def test_the_price_of_the_plan_counts_and_another_one_of_the_channel_is_pointed_out(
    sending: SendingShop,
) -> None:
    browser, page = sending.browser, f"/campaigns/{sending.campaign}/delivery"
    sending.set_up(email="webhook")
    sending.write("email", "Hello")
    count = len(listed(browser, sending.campaign))
    with sending.database.unit_of_work() as session:
        planned = get_launched(session, 1, sending.campaign).plan.arms[0].contact_cost
    assert planned
    assert "as planned" in text(browser, page)
    assert "The settings of this channel say" not in text(browser, page)
    same = Decimal(planned) / 10_000
    uses: dict[str, object] = {"email.via": "webhook", "email.price": str(same)}
    assert browser.post("/settings/channels/use", uses).status_code == 302
    assert "The settings of this channel say" not in text(browser, page)
    browser.post("/settings/channels/use", uses | {"email.price": str(same + 1)})
    shown = text(browser, page)
    assert "The settings of this channel say" in shown
    assert f"{(same + 1) * count:,.2f}" in shown
    assert f"{same * count:,.2f}" in shown


@pytest.mark.parametrize(
    ("channel", "address", "taken"),
    [
        ("sms", "not a phone", False),
        ("sms", "+86 138 0013 8000", True),
        ("sms", "12", False),
        ("email", "not a mail", False),
        ("email", "me@example.org", True),
        ("chat", "anything", True),
        ("chat", "", False),
    ],
)
def test_a_test_goes_only_to_what_can_be_an_address(
    channel: str, address: str, taken: bool
) -> None:
    if taken:
        check_own_address(channel, address)
    else:
        with pytest.raises(RegularsError):
            check_own_address(channel, address)


def test_a_test_to_no_phone_is_refused_on_the_page(sending: SendingShop) -> None:
    sending.set_up(sms="webhook")
    sending.write("sms", "Dear {name}")
    campaign = launched(sending.browser, **{"arms.0.channel": "sms"})
    sent: dict[str, object] = {"template": "1", "address": "not a phone"}
    answer = sending.browser.post(f"/campaigns/{campaign}/delivery/1/test", sent)
    assert answer.status_code == 422
    assert "A phone number as in" in answer.get_data(as_text=True)
    assert sending.receiver.calls == []


def test_who_shares_an_address_with_somebody_silent_is_counted_as_such(
    sending: SendingShop,
) -> None:
    browser, page = sending.browser, f"/campaigns/{sending.campaign}/delivery"
    sending.set_up(email="webhook")
    sending.write("email", "Hello")
    names = listed(browser, sending.campaign)
    bring_customers(
        sending.settings,
        1,
        [{"customer_id": name, "email": "both@example.org"} for name in ("gone", names[0])],
    )
    with sending.database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=["gone"], reason="asked", now=NOON)
    assert account(text(browser, page)) == {
        "To be sent": len(names) - 1,
        "Have the address of somebody who opted out or is held back": 1,
        "Drawn into this arm": len(names),
    }


def test_new_plans_begin_with_the_price_of_the_channel(sending: SendingShop) -> None:
    browser = sending.browser

    def cost(path: str) -> str:
        field = re.search(r'<input[^>]*name="[^"]*contact_cost"[^>]*>', text(browser, path))
        assert field, path
        return field[0].partition('value="')[2].partition('"')[0]

    before = cost("/campaigns/new")
    uses: dict[str, object] = {"email.price": "0.07", "sms.price": "0.06"}
    assert browser.post("/settings/channels/use", uses).status_code == 302
    # as the last plan, by e-mail; programmes begin with text messages
    assert before != "0.07"
    assert cost("/campaigns/new") == "0.07"
    assert cost("/programmes/new?kind=honeymoon") == "0.06"
