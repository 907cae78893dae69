"""Another file in the browser: from the upload to the account of every line."""

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import url_for
from sqlalchemy import select
from werkzeug.test import TestResponse

from regulars_platform.datasets.examples import example_file
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.datasets.tables import DatasetImportRow
from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import suppressed_customers
from regulars_web.words.data_files import next_pages
from tests.web.conftest import NOW, Browser

FinishJobs = Callable[[], list[Job]]

CUSTOMERS = """Customer ID,Gender,Birthday,E-mail,Opted out,Taste
mei,女,1990-02-14,mei@example.com,no,green
li,男,1990-02-30,l**@example.com,yes,
,女,,,,
"""


def upload(browser: Browser, text: str | bytes, **fields: object) -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    name = str(fields.pop("name", "customers.csv"))
    return browser.post("/data/other/upload", {"file": (io.BytesIO(content), name), **fields})


def page(browser: Browser, path: str) -> str:
    return html.unescape(browser.get(path, follow_redirects=True).get_data(as_text=True))


def chosen_columns(text: str) -> dict[str, object]:
    """The form of the columns page as it was proposed."""
    sent: dict[str, object] = {}
    for name, body in re.findall(
        r'<select[^>]* name="(column-\d+)"[^>]*>(.*?)</select>', text, re.S
    ):
        selected = re.search(r'<option value="([\w:]*)" selected', body)
        sent[name] = selected.group(1) if selected else ""
    day = re.search(r'name="as_of" value="([^"]*)"', text)
    if day:
        sent["as_of"] = day.group(1)
    return sent


def confirm(browser: Browser, number: int = 1, **changes: str) -> TestResponse:
    proposed = chosen_columns(page(browser, f"/data/other/{number}/columns"))
    return browser.post(f"/data/other/{number}/columns", {**proposed, **changes})


def changed(columns: dict[str, Any]) -> dict[str, Any]:
    """Changes whose names are none of Python's."""
    return columns


def bring(
    browser: Browser, finish: FinishJobs, text: str | bytes, number: int = 1, **changes: str
) -> None:
    upload(browser, text)
    assert confirm(browser, number, **changes).status_code == 302
    finish()
    browser.post(f"/data/other/{number}/store")
    finish()


def test_the_empty_page_says_what_each_kind_opens_up_and_has_an_example_of_each(
    owner: Browser,
) -> None:
    text = page(owner, "/data/other/")
    assert "With costs per product the profit is exact" in text
    assert text.count("none yet") == len(KINDS)
    assert 'enctype="multipart/form-data"' in text
    for kind in KINDS:
        assert f"/data/other/example/{kind}-en.csv" in text
        assert owner.get(f"/data/other/example/{kind}-en.csv").data == example_file(kind, "en")
    assert owner.get("/data/other/example/nothing-en.csv").status_code == 404
    assert "Other files" in page(owner, "/data/")


def test_a_file_goes_from_upload_to_store_and_every_line_is_accounted_for(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings, database: Database
) -> None:
    assert upload(owner, CUSTOMERS).location == "/data/other/1"
    columns = page(owner, "/data/other/1")
    assert "Taken for: Customers" in columns
    assert chosen_columns(columns) == {
        "column-0": "customer_id",
        "column-1": "gender",
        "column-2": "birthday",
        "column-3": "email",
        "column-4": "opted_out",
        "column-5": "attribute",
        "as_of": chosen_columns(columns)["as_of"],
    }
    assert confirm(owner).location == "/data/other/1"
    finish_jobs()
    review = page(owner, "/data/other/1")
    assert "2 of 3 lines can be stored. Nothing is stored yet." in review
    assert "1 customer of this file wants no contact." in review
    assert "There is no such day." in review
    assert "Adds up" in review
    owner.post("/data/other/1/store")
    finish_jobs()

    stored = page(owner, "/data/other/1")

    assert "2 of 3 lines are stored." in stored
    rows = DatasetTable(settings.shop_dir(1), "customers").scan().sort("customer_id").collect()
    assert rows.select("customer_id", "gender", "email").rows() == [
        ("li", "male", None),
        ("mei", "female", None),
    ]
    with database.unit_of_work() as session:
        assert suppressed_customers(session, 1) == {"li"}
    rejects = owner.get("/data/other/1/rejects.csv").get_data(as_text=True)
    assert "Nobody is named" in rejects
    assert "customers.<wbr>csv" in page(owner, "/data/other/")


def test_contacts_are_kept_only_where_they_are_asked_for(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    bring(owner, finish_jobs, CUSTOMERS, keep_contacts="yes")
    rows = DatasetTable(settings.shop_dir(1), "customers").scan().sort("customer_id").collect()
    assert rows["email"].to_list() == [None, "mei@example.com"]
    assert "It is hidden behind stars." in page(owner, "/data/other/1")


def test_an_unknown_file_is_asked_about(owner: Browser) -> None:
    upload(owner, "thing,number\ntea,3\n")
    text = page(owner, "/data/other/1")
    assert "Which kind of file is it?" in text
    assert owner.post("/data/other/1/kind", {"kind": "nonsense"}).status_code == 422
    owner.post("/data/other/1/kind", {"kind": "products"})
    assert "Taken for: Products" in page(owner, "/data/other/1")


def test_columns_that_do_not_hold_say_so_beside_them(owner: Browser) -> None:
    upload(owner, CUSTOMERS)
    answer = confirm(owner, **changed({"column-1": "customer_id", "column-2": "no such thing"}))
    text = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "Both “Customer ID” and “Gender” are taken for the same." in text
    assert "cannot be taken for “no such thing”" in text
    assert confirm(owner, **changed({"as_of": "2999-01-01", "column-2": "age"})).status_code == 422
    assert confirm(owner, as_of="yesterday").status_code == 422
    assert confirm(owner, **changed({"column-0": ""})).status_code == 422


def test_dates_that_read_two_ways_come_back_to_the_columns(
    owner: Browser, finish_jobs: FinishJobs
) -> None:
    upload(owner, "customer_id,birthday\nmei,03/04/1990\n")
    confirm(owner)
    finish_jobs()
    assert "day first or month first" in page(owner, "/data/other/1")
    confirm(owner, date_order="day_first")
    finish_jobs()
    assert "can be stored" in page(owner, "/data/other/1")


def test_an_order_file_is_sent_to_the_orders_page(owner: Browser) -> None:
    upload(owner, "Order ID,Customer,Date,Amount\n1,mei,2026-01-05,3\n")
    text = page(owner, "/data/other/1")
    assert "This looks like a file of orders" in text
    assert re.search(r'href="/data/">Bring it as orders', text)


def test_nothing_and_nonsense_are_answered_with_a_sentence(owner: Browser) -> None:
    assert owner.post("/data/other/upload", {}).status_code == 422
    assert "Choose a file first." in html.unescape(
        owner.post("/data/other/upload", {}).get_data(as_text=True)
    )
    assert upload(owner, CUSTOMERS, kind="<b>").status_code == 422
    upload(owner, b"\x00\x01\x02" * 50)
    assert "Nothing of this file was stored." in page(owner, "/data/other/1")
    for path in ("/data/other/99", "/data/other/99/columns", "/data/other/1/rejects.csv"):
        assert owner.get(path, follow_redirects=True).status_code == 404
    owner.post("/data/other/1/store")
    owner.post("/data/other/1/again")


def test_names_with_markup_are_shown_as_they_are(owner: Browser, finish_jobs: FinishJobs) -> None:
    text = f"customer_id,<script>alert(1)</script>,tags\nmei,{'x' * 5000},<b>\n"
    bring(owner, finish_jobs, text)
    raw = owner.get("/data/other/1").get_data(as_text=True)
    assert "<script>alert(1)" not in raw
    assert "It is longer than 1,000 characters." in raw


def test_a_file_of_another_shop_is_not_there(owner: Browser, database: Database) -> None:
    upload(owner, CUSTOMERS)
    with database.unit_of_work() as session:
        session.add(Shop(id=2, name="Ink", currency="EUR", timezone="UTC", created_at=NOW))
        session.flush()
        session.scalars(select(DatasetImportRow)).one().shop_id = 2
    for path in ("/data/other/1", "/data/other/1/columns", "/data/other/1/rejects.csv"):
        assert owner.get(path).status_code == 404
    assert owner.post("/data/other/1/store").status_code == 404
    assert owner.post("/data/other/1/kind", {"kind": "points"}).status_code == 404


def test_storing_twice_stores_once(owner: Browser, finish_jobs: FinishJobs) -> None:
    upload(owner, CUSTOMERS)
    confirm(owner)
    finish_jobs()
    owner.post("/data/other/1/store")
    owner.post("/data/other/1/store")
    assert [job.kind for job in finish_jobs()] == ["store_dataset"]
    owner.post("/data/other/1/store")
    assert finish_jobs() == []


def test_strangers_see_nothing(stranger: Browser, shop_with_owner: None) -> None:
    for path in ("/data/other/", "/data/other/1", "/data/other/example/customers-en.csv"):
        assert "/sign-in" in str(stranger.get(path).location)


def test_a_file_of_customers_on_the_orders_page_is_sent_here(owner: Browser) -> None:
    content = (
        "First Name,Email,Accepts Email Marketing,Total Spent,Total Orders\nA,a@b.co,yes,1,1\n"
    )
    owner.post("/data/upload", {"file": (io.BytesIO(content.encode()), "customers.csv")})
    text = page(owner, "/data/1")
    assert "This looks like another kind of file: Shopify customers." in text
    assert re.search(r'href="/data/other/">Bring it under Other files', text)


def test_where_the_encoding_is_in_doubt_a_person_chooses(owner: Browser) -> None:
    upload(owner, "customer,note\nmei,thé à la menthe\nli,déjà vu\n".encode("cp1252"))
    text = page(owner, "/data/other/1")
    assert "Which of these reads right?" in text
    owner.post("/data/other/1/encoding", {"encoding": "cp1252"})
    owner.post("/data/other/1/kind", {"kind": "customers"})
    assert "thé à la menthe" in page(owner, "/data/other/1")


CONSENTING = """会员号,手机号,邮箱,短信同意,活动通知授权书
mei,13800000001,mei@example.com,是,是
li,13800000002,,否,否
wu,138****0003,,否,
"""


def test_a_heading_of_consent_is_understood_and_one_that_is_not_is_pointed_out(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    upload(owner, CONSENTING)
    shown = page(owner, "/data/other/1/columns")
    said = "A column speaks of consent and is not taken for one: 活动通知授权书."
    assert said in shown
    assert '<option value="consent_sms" selected' in shown
    confirm(owner)
    finish_jobs()
    assert said in page(owner, "/data/other/1")
    owner.post("/data/other/1/store")
    finish_jobs()
    rows = DatasetTable(settings.shop_dir(1), "customers").scan().sort("customer_id").collect()
    assert rows["consent_sms"].to_list() == [False, True, False]


def test_the_check_says_whose_phones_are_not_kept_and_keeps_them_with_one_click(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    upload(owner, CONSENTING)
    confirm(owner)
    finish_jobs()
    shown = page(owner, "/data/other/1")
    # wu's number is behind stars and could not be kept anyway
    assert "The phone numbers of 2 lines are not kept." in shown
    assert "The e-mail address of 1 line is not kept." in shown
    assert owner.post("/data/other/1/keep-contacts").status_code == 302
    finish_jobs()
    again = page(owner, "/data/other/1")
    assert "not kept" not in again
    owner.post("/data/other/1/store")
    finish_jobs()
    rows = DatasetTable(settings.shop_dir(1), "customers").scan().sort("customer_id").collect()
    assert rows["phone"].to_list() == ["13800000002", "13800000001", None]
    # stored: too late for that, and nothing is asked for twice
    assert owner.post("/data/other/1/keep-contacts").status_code == 302
    assert finish_jobs() == []
    assert owner.post("/data/other/9/keep-contacts").status_code == 404


def test_a_file_stored_without_phones_brings_them_when_it_comes_again(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    bring(owner, finish_jobs, CONSENTING)
    assert "Bring it again" in page(owner, "/data/other/1")
    bring(owner, finish_jobs, CONSENTING, 2, keep_contacts="yes")
    rows = DatasetTable(settings.shop_dir(1), "customers").scan().sort("customer_id").collect()
    assert rows["phone"].to_list() == ["13800000002", "13800000001", None]


def test_a_stored_products_file_leads_to_where_it_is_of_use(
    owner: Browser, finish_jobs: FinishJobs
) -> None:
    bring(owner, finish_jobs, "product,title,cost\nT1,Tea,3.50\n")
    shown = page(owner, "/data/other/1")
    for words in ("Plan a campaign with your costs", "See needs", "See who is due again"):
        assert words in shown
    bring(owner, finish_jobs, "product,title\nT2,Cup\n", 2)
    assert "Plan a campaign with your costs" not in page(owner, "/data/other/2")
    assert 'href="/campaigns/new"' in shown


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("customers", "/segments/"),
        ("events", "/segments/"),
        ("referrals", "/customers/influence/"),
        ("points", "/customers/points/"),
        ("shop_days", "/report/"),
        ("contacts", "/campaigns/holdout/"),
    ],
)
def test_every_stored_file_leads_to_where_it_is_of_use(
    owner: Browser, kind: Kind, address: str
) -> None:
    with owner.client.application.test_request_context():
        pages = [url_for(endpoint) for endpoint, _ in next_pages(kind, ())]
    assert address in pages
