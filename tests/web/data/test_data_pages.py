"""An order file in the browser: from the upload to the account of every line."""

import gzip
import html
import io
import re
from collections.abc import Callable

import polars as pl
import pytest
from werkzeug.test import TestResponse

from regulars_platform.intake.service import get_import
from regulars_platform.intake.tables import OrderImportRow
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.orders.table import OrdersTable
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from tests.web.conftest import NOW, Browser

FinishJobs = Callable[[], list[Job]]

ORDERS = """Order ID,Customer,Date,Amount,Status
A1,mei,2026-01-05 10:00,80.5,paid
A2,mei,2026-02-05 10:00,20,paid
A3,,2026-02-06 10:00,10,paid
A4,li,2026-02-30 10:00,99,paid
"""


def upload(browser: Browser, text: str | bytes, name: str = "orders.csv") -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    return browser.post("/data/upload", {"file": (io.BytesIO(content), name)})


def page(browser: Browser, path: str) -> str:
    return browser.get(path, follow_redirects=True).get_data(as_text=True)


def chosen_columns(text: str) -> dict[str, object]:
    """The form of the columns page as it was proposed."""
    sent: dict[str, object] = {}
    for name, body in re.findall(
        r'<select[^>]* name="(column-\d+)"[^>]*>(.*?)</select>', text, re.S
    ):
        selected = re.search(r'<option value="(\w*)" selected', body)
        sent[name] = selected.group(1) if selected else ""
    return sent


def confirm(browser: Browser, number: int = 1, **changes: str) -> TestResponse:
    proposed = chosen_columns(page(browser, f"/data/{number}/columns"))
    return browser.post(f"/data/{number}/columns", {**proposed, **changes})


def stored_lines(settings: Settings) -> pl.DataFrame:
    return OrdersTable(settings.shop_dir(1)).scan().collect()


def bring(browser: Browser, finish: FinishJobs, text: str, number: int = 1) -> None:
    """A file all the way into the shop."""
    upload(browser, text)
    confirm(browser, number)
    finish()
    browser.post(f"/data/{number}/store")
    finish()


def test_the_first_visit_shows_where_to_bring_a_file(owner: Browser) -> None:
    text = page(owner, "/data/")
    assert 'enctype="multipart/form-data"' in text
    assert "None yet." in text


def test_a_file_goes_from_upload_to_store_and_every_line_is_accounted_for(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    assert upload(owner, ORDERS).location == "/data/1"
    columns = page(owner, "/data/1")
    assert list(chosen_columns(columns).values()) == [
        "order_id",
        "customer_id",
        "ordered_at",
        "amount",
        "status",
    ]
    assert "A1 · A2 · A3" in columns  # the first values, before anything is stored

    assert confirm(owner).location == "/data/1"
    assert "Checking an order file" in page(owner, "/data/1")
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    review = page(owner, "/data/1")
    assert "3 of 4 lines can be stored. Nothing is stored yet." in review
    assert "£110.50" in review
    assert "£209.50" in review
    assert "no such day" in review
    assert not OrdersTable(settings.shop_dir(1)).exists()

    owner.post("/data/1/store")
    finish_jobs()
    result = page(owner, "/data/1")
    assert "3 of 4 lines are stored; their amounts add up to £110.50, paid or not." in result
    assert stored_lines(settings)["order_id"].sort().to_list() == ["A1", "A2", "A3"]
    assert "orders.csv" in page(owner, "/data/")


def test_a_file_of_one_line_is_spoken_of_in_the_singular(
    owner: Browser, finish_jobs: FinishJobs
) -> None:
    upload(owner, "".join(ORDERS.splitlines(keepends=True)[:2]))
    confirm(owner)
    finish_jobs()
    assert "1 line can be stored. Nothing is stored yet." in page(owner, "/data/1")

    owner.post("/data/1/store")
    finish_jobs()
    assert "1 line is stored; its amount is £80.50, paid or not." in page(owner, "/data/1")


def test_one_line_of_several_is_stored(owner: Browser, finish_jobs: FinishJobs) -> None:
    header, first, _, _, no_such_day = ORDERS.splitlines(keepends=True)
    bring(owner, finish_jobs, header + first + no_such_day)
    assert "1 of 2 lines is stored; its amount is £80.50, paid or not." in page(owner, "/data/1")


def test_rejected_lines_come_back_as_a_file_with_their_reason(
    owner: Browser, finish_jobs: FinishJobs
) -> None:
    assert owner.get("/data/1/rejects.csv").status_code == 404
    bring(owner, finish_jobs, ORDERS)
    answer = owner.get("/data/1/rejects.csv")
    assert "orders-rejected.csv" in answer.headers["Content-Disposition"]
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("5,")
    assert "A4" in lines[1]


def test_the_same_file_again_changes_nothing_and_says_so(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    bring(owner, finish_jobs, ORDERS)
    before = OrdersTable(settings.shop_dir(1)).version()
    upload(owner, ORDERS)
    assert "You confirmed these columns before" in page(owner, "/data/2")
    confirm(owner, 2)
    finish_jobs()
    assert "Everything usable in this file is stored already" in page(owner, "/data/2")
    owner.post("/data/2/store")
    finish_jobs()
    assert "nothing was changed" in page(owner, "/data/2")
    assert OrdersTable(settings.shop_dir(1)).version() == before


def test_a_missing_column_is_said_and_what_was_chosen_is_kept(owner: Browser) -> None:
    upload(owner, ORDERS)
    answer = confirm(owner, 1, **{"column-1": ""})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "No customer column" in text
    assert chosen_columns(text)["column-0"] == "order_id"
    assert chosen_columns(text)["column-1"] == ""


def test_two_columns_of_one_meaning_are_refused_beside_the_columns(owner: Browser) -> None:
    upload(owner, ORDERS)
    answer = confirm(owner, 1, **{"column-1": "order_id"})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "Both “Order ID” and “Customer” are taken for: Order number." in text
    assert text.count('aria-invalid="true"') == 2


def test_a_column_with_an_odd_number_is_passed_over(owner: Browser) -> None:
    upload(owner, ORDERS)
    odd = {f"column-{number}": "order_id" for number in ("²", "٣", "9" * 5000, "x", "-1")}
    assert confirm(owner, 1, **odd).status_code == 302


def test_unknown_status_words_are_placed_by_a_person(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    upload(owner, ORDERS.replace("20,paid", "20,zapped"))
    assert "zapped" in page(owner, "/data/1/columns")
    confirm(owner)
    finish_jobs()
    review = page(owner, "/data/1")
    assert "Which of these orders were paid?" in review
    assert "Store the lines" not in review
    owner.post("/data/1/status-words", {"word-0": "zapped", "place-0": "cancelled"})
    finish_jobs()
    owner.post("/data/1/store")
    finish_jobs()
    statuses = dict(stored_lines(settings).select("order_id", "status").iter_rows())
    assert statuses["A2"] == "cancelled"


def test_an_overlap_must_be_decided_and_left_out_lines_are_not_stored(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    bring(owner, finish_jobs, ORDERS)
    again = ORDERS.replace("A1,", "B1,").replace("A2,", "B2,").replace("A3,", "B3,")
    upload(owner, again + "B9,li,2026-03-01 09:00,5,paid\n")
    confirm(owner, 2)
    finish_jobs()
    review = page(owner, "/data/2")
    assert "3 lines seem to be stored already" in review
    undecided = owner.post("/data/2/store")
    assert undecided.status_code == 422
    assert "Choose what to do with these lines first." in undecided.get_data(as_text=True)
    assert finish_jobs() == []

    owner.post("/data/2/store", {"overlap": "leave_out"})
    finish_jobs()
    assert stored_lines(settings)["order_id"].sort().to_list() == ["A1", "A2", "A3", "B9"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "this file is: "),
        (gzip.compress(ORDERS.encode() * 500, mtime=0)[:-200], "damaged or cut off"),
    ],
)
def test_what_is_not_an_order_file_is_refused_in_words(
    owner: Browser, content: bytes, said: str
) -> None:
    answer = upload(
        owner, content, "orders.csv.gz" if content.startswith(b"\x1f\x8b") else "orders.csv"
    )
    assert answer.location == "/data/1"
    text = page(owner, "/data/1")
    assert said in html.unescape(text)
    assert "Nothing of this file was stored." in text


def test_without_a_file_the_page_says_so_as_page_and_as_json(owner: Browser) -> None:
    answer = owner.post("/data/upload", {"file": (io.BytesIO(b""), "")})
    assert answer.status_code == 422
    assert "Choose an order file first." in answer.get_data(as_text=True)
    as_json = owner.post("/data/upload", headers={"Accept": "application/json"})
    assert as_json.get_json() == {"problem": "Choose an order file first."}


def test_the_script_gets_the_next_address_as_json(owner: Browser) -> None:
    data: dict[str, object] = {"file": (io.BytesIO(ORDERS.encode()), "orders.csv")}
    answer = owner.post("/data/upload", data, headers={"Accept": "application/json"})
    assert answer.get_json() == {"next": "/data/1"}


def test_uploads_are_larger_than_what_forms_may_send(owner: Browser) -> None:
    many = ORDERS + "".join(f"C{n},li,2026-03-01 09:00,5,paid\n" for n in range(200_000))
    assert len(many) > 4 * 1024 * 1024
    assert upload(owner, many).location == "/data/1"


def test_a_cancelled_check_can_be_started_again(
    owner: Browser, finish_jobs: FinishJobs, database: Database
) -> None:
    upload(owner, ORDERS)
    confirm(owner)
    job = re.search(r"/jobs/([0-9a-f-]{36})/cancel", page(owner, "/data/1"))
    assert job is not None
    owner.post(f"/jobs/{job.group(1)}/cancel", {"next": "/data/1"})
    assert "Cancelled. Nothing of this file was stored." in page(owner, "/data/1")
    owner.post("/data/1/again")
    finish_jobs()
    assert "3 of 4 lines can be stored" in page(owner, "/data/1")


def test_asking_twice_does_not_do_it_twice(owner: Browser, finish_jobs: FinishJobs) -> None:
    upload(owner, ORDERS)
    confirm(owner)
    finish_jobs()
    owner.post("/data/1/store")
    owner.post("/data/1/store")
    assert len(finish_jobs()) == 1


def test_the_files_of_another_shop_do_not_exist_here(owner: Browser, database: Database) -> None:
    upload(owner, ORDERS)
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="CNY", timezone="UTC", now=NOW)
        session.get_one(OrderImportRow, 1).shop_id = other.id
    for path in ("/data/1", "/data/1/columns", "/data/1/rejects.csv"):
        assert owner.get(path).status_code == 404
    for path in ("columns", "again", "status-words", "store"):
        assert owner.post(f"/data/1/{path}").status_code == 404
    with database.unit_of_work() as session:
        assert get_import(session, 1).mapping is None  # type: ignore[arg-type]


def test_chinese_headings_and_pages_work_together(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    owner.post("/language", {"locale": "zh_Hans"})
    text = (
        "订单编号,买家会员名,订单创建时间,买家实际支付金额,订单状态\n"
        "1001,小明,2026-01-05 10:00:00,88.00,交易成功\n"
    )
    upload(owner, text.encode("gb18030"), "订单.csv")
    confirm(owner)
    finish_jobs()
    owner.post("/data/1/store")
    finish_jobs()
    assert stored_lines(settings)["customer_id"].to_list() == ["小明"]
    assert "订单.csv" in page(owner, "/data/")
