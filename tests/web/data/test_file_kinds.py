"""Workbooks and texts of doubtful encoding in the browser."""

from regulars_platform.intake.models import ImportId
from regulars_platform.intake.service import get_import
from regulars_platform.storage.database import Database
from tests.platform.intake.workbooks import Cell, workbook
from tests.web.conftest import Browser
from tests.web.data.test_data_pages import FinishJobs, page, upload

HEADINGS = ["Order ID", "Customer", "Date", "Amount"]
ROWS: list[list[Cell]] = [
    ["A1", "mei", "2026-01-05 10:00", 80.5],
    ["A2", "li", "2026-02-05 10:00", 20],
]
DOUBTFUL = "編碼,姓名乙,日子,數目\n1,王,2020-01-02,5.50\n"


def test_a_workbook_is_looked_at_like_any_other_file(owner: Browser) -> None:
    upload(owner, workbook(["January"], HEADINGS, *ROWS), "orders.xlsx")
    text = page(owner, "/data/1")
    assert "A1 · A2" in text
    assert "Excel workbook (.xlsx), sheet “Sheet1”" in text


def test_a_large_workbook_is_looked_at_in_the_background(
    owner: Browser, finish_jobs: FinishJobs
) -> None:
    rows: list[list[Cell]] = [
        [f"A{n * 2654435761 % 2**32}", "mei", "2026-01-05", 1.5] for n in range(20_000)
    ]
    upload(owner, workbook(HEADINGS, *rows), "orders.xlsx")
    assert "Under way" in page(owner, "/data/")
    finish_jobs()
    assert "Excel workbook (.xlsx)" in page(owner, "/data/1")


def test_where_the_encoding_is_in_doubt_the_first_rows_are_shown_both_ways_and_one_is_chosen(
    owner: Browser, finish_jobs: FinishJobs
) -> None:
    upload(owner, DOUBTFUL.encode("big5"))
    text = page(owner, "/data/1")
    assert "Which of these reads right?" in text
    assert "編碼,姓名乙,日子,數目" in text
    assert "Simplified Chinese (GBK, GB18030)" in text
    owner.post("/data/1/encoding", {"encoding": "big5hkscs"})
    finish_jobs()
    assert "姓名乙" in page(owner, "/data/1/columns")


def test_an_encoding_that_nobody_offered_changes_nothing(
    owner: Browser, database: Database
) -> None:
    upload(owner, DOUBTFUL.encode("big5"))
    for sent in ("rot13", "", "<b>" * 4000):
        assert owner.post("/data/1/encoding", {"encoding": sent}).status_code == 302
    assert "Which of these reads right?" in page(owner, "/data/1")


def test_the_import_of_another_shop_is_not_there(owner: Browser) -> None:
    assert owner.post("/data/99/encoding", {"encoding": "gb18030"}).status_code == 404


def test_html_in_a_file_stays_text(owner: Browser, database: Database) -> None:
    upload(owner, "<b>列</b>,乙列\n<script>一</script>,二\n".encode("gbk"))
    text = page(owner, "/data/1")
    assert "&lt;b&gt;列" in text
    assert "<script>一" not in text
    with database.unit_of_work() as work:
        assert get_import(work, ImportId(1)).state == "refused"
