"""Files of a report: each table and drawing of the page has one, and holds the stored numbers."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from regulars_platform.report_tables.registry import NOT_SHARED, TABLES
from regulars_platform.storage.database import Database
from tests.web.conftest import Browser
from tests.web.reports.test_links import make_link
from tests.web.reports.two_versions import keep_another, stored_document

REPORT = "/campaigns/1/report/1"


def rows_of(browser: Browser, path: str) -> list[dict[str, str]]:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def decide(browser: Browser) -> None:
    group = json.dumps(["Free shipping", None])
    browser.post(REPORT + "/decide", {"group": group, "choice": "keep", "reason": "it paid"})


def test_each_table_of_the_page_has_its_file_beside_it(evaluated_shop: Browser) -> None:
    decide(evaluated_shop)
    page = evaluated_shop.get(REPORT).get_data(as_text=True)
    main = page.partition("<main")[2].partition("</main>")[0]

    tables = re.split(r'<table class="table', main)[1:]
    assert len(tables) >= 12
    for table in tables:
        caption = re.search(r"<caption[^>]*>([^<]*)", table)
        after = table.partition("</table>")[2].partition("<section")[0]
        assert re.search(r"/tables/\w+\.csv", after), caption and caption[1]


def test_each_file_that_the_page_offers_is_there(evaluated_shop: Browser) -> None:
    decide(evaluated_shop)
    page = evaluated_shop.get(REPORT).get_data(as_text=True)

    offered = set(re.findall(rf'href="({REPORT}/(?:tables|charts)/[^"]+)"', page))
    assert len(offered) > 30
    for address in sorted(offered):
        answer = evaluated_shop.get(address)
        assert answer.status_code == 200, address
        assert "attachment" in answer.headers["Content-Disposition"]


def test_each_table_with_rows_is_offered_by_its_name(evaluated_shop: Browser) -> None:
    page = evaluated_shop.get(REPORT).get_data(as_text=True)

    for name in TABLES:
        answer = evaluated_shop.get(f"{REPORT}/tables/{name}.json")
        assert (answer.status_code == 200) == (f"/tables/{name}.json" in page), name
        assert answer.status_code in (200, 404)


def test_numbers_are_exact_and_as_many_as_the_page_shows(
    evaluated_shop: Browser, database: Database
) -> None:
    document = stored_document(database)
    group = document["overall"][0]

    bars = rows_of(evaluated_shop, REPORT + "/tables/waterfall.csv")
    days = rows_of(evaluated_shop, REPORT + "/tables/days.csv")
    metrics = rows_of(evaluated_shop, REPORT + "/tables/metrics.csv")

    assert [float(row["each"]) for row in bars] == [bar["estimate"] for bar in group["bars"]]
    net = next(row for row in bars if row["part"] == "net")
    assert float(net["in_all"]) == pytest.approx(group["net"]["estimate"] * group["n"], rel=1e-9)
    assert [row["date"] for row in days] == [day["date"] for day in document["days"][0]["days"]]
    assert len(metrics) == sum(one["segment"] is None for one in document["metrics"])


def test_json_says_which_report_it_is_of(evaluated_shop: Browser, database: Database) -> None:
    table = json.loads(evaluated_shop.get(REPORT + "/tables/segments.json").get_data())

    assert table["schema"] == "regulars.report-table/1"
    assert (table["campaign"], table["report"], table["version"]) == (1, 1, 1)
    assert len(table["document_sha256"]) == 64
    assert len(table["rows"]) == len(stored_document(database)["segments"])


def test_a_segment_called_like_a_formula_is_harmless_in_csv(
    evaluated_shop: Browser, database: Database
) -> None:
    document = stored_document(database)
    document["segments"][0]["segment"] = '=cmd|" /C calc"!A0'
    report = keep_another(database, document)

    rows = rows_of(evaluated_shop, f"/campaigns/1/report/{report}/tables/segments.csv")

    assert rows[0]["segment"] == '\'=cmd|" /C calc"!A0'


def test_drawings_are_svg_files_that_need_nothing_else(evaluated_shop: Browser) -> None:
    answer = evaluated_shop.get(REPORT + "/charts/waterfall.svg")
    text = answer.get_data(as_text=True)

    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    root = ElementTree.fromstring(text)  # noqa: S314 -- our own
    assert root.tag.endswith("svg")
    assert "Green Hill" in text
    assert not re.search(r"<script|<style|href=|var\(|url\(", text)


def test_everything_comes_in_one_file(evaluated_shop: Browser) -> None:
    answer = evaluated_shop.get(REPORT + ".zip")

    packed = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    names = set(packed.namelist())
    assert packed.testzip() is None
    stored = evaluated_shop.get(REPORT + ".json").get_data()
    assert packed.read("report.json") == stored
    assert {"tables/segments.csv", "tables/segments.json", "charts/waterfall.svg"} <= names
    assert evaluated_shop.get(REPORT + ".zip").get_data() == answer.get_data()


@pytest.mark.parametrize(
    "path",
    [
        "/tables/customers.csv",
        "/tables/segments.xlsx",
        "/tables/..%2Fsegments.csv",
        "/charts/none.svg",
        "/tables/__class__.json",
    ],
)
def test_what_is_no_file_of_the_report_is_not_found(evaluated_shop: Browser, path: str) -> None:
    assert evaluated_shop.get(REPORT + path).status_code == 404
    assert evaluated_shop.get("/campaigns/2/report/1/tables/segments.csv").status_code == 404


def test_whoever_has_a_link_may_have_its_tables_and_no_others(
    evaluated_shop: Browser, stranger: Browser
) -> None:
    decide(evaluated_shop)
    link = make_link(evaluated_shop)
    page = stranger.get(link).get_data(as_text=True)

    offered = set(re.findall(rf'href="({link}/tables/[^"]+)"', page))
    assert len(offered) > 10
    for address in offered:
        assert stranger.get(address).status_code == 200, address
    for name in NOT_SHARED:
        assert stranger.get(f"{link}/tables/{name}.csv").status_code == 404
    for path in ("/tables/segments.json", "/charts/waterfall.svg", ".zip", ".json", "/1.json"):
        assert stranger.get(link + path).status_code in (302, 404), path
    assert "/charts/" not in page
    evaluated_shop.post("/campaigns/1/report/links/1/withdraw")
    assert stranger.get(f"{link}/tables/segments.csv").status_code == 410
    assert stranger.get(f"{link}/report.pdf").status_code == 410


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was sent to the press, which answers at once."""
    sent: list[str] = []

    def pdf(_press: object, html: str) -> Path:
        sent.append(html)
        path = tmp_path / "made.pdf"
        path.write_bytes(b"%PDF-1.7")
        return path

    monkeypatch.setattr("regulars_web.printing.press.Press.pdf", pdf)
    return sent


def test_the_report_on_paper_says_what_the_page_says(
    evaluated_shop: Browser, printed: list[str]
) -> None:
    answer = evaluated_shop.get(REPORT + ".pdf")
    page = evaluated_shop.get(REPORT).get_data(as_text=True)

    def statement(html: str) -> str:
        return html.partition('class="statement"')[2].partition("</p>")[0]

    assert answer.mimetype == "application/pdf"
    assert "report-1-version-1.pdf" in answer.headers["Content-Disposition"]
    paper = printed[0]
    assert statement(paper) == statement(page) != ""
    assert "Green Hill" in paper
    assert "Version 1, evaluated" in paper
    assert 'class="a4"' in paper
    assert "<form" not in paper
    assert "csrf" not in paper
    assert 'href="/campaigns' not in paper
    assert paper.count("<svg xmlns") >= 3


def test_the_same_report_on_paper_is_the_same_to_the_byte(
    evaluated_shop: Browser, printed: list[str]
) -> None:
    for _ in range(2):
        evaluated_shop.get(REPORT + ".pdf")
    evaluated_shop.get(REPORT + ".pdf?paper=letter")

    assert printed[0] == printed[1]
    assert 'class="letter"' in printed[2]


def test_a_reader_with_a_link_gets_the_report_on_paper_in_their_language(
    evaluated_shop: Browser, stranger: Browser, printed: list[str]
) -> None:
    link = make_link(evaluated_shop)

    assert stranger.get(link + "/report.pdf?lang=zh_Hans").status_code == 200
    assert '<html lang="zh-Hans">' in printed[0]
    assert "file 1" not in printed[0]


def test_while_the_pdf_is_being_made_the_page_asks_again_by_itself(
    evaluated_shop: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars_web.printing.press.Press.pdf", lambda _press, _html: None)

    answer = evaluated_shop.get(REPORT + ".pdf")

    assert answer.status_code == 202
    assert answer.headers["Refresh"] == f"2; url={REPORT}.pdf"
    assert "The PDF is being made" in answer.get_data(as_text=True)


def test_without_the_extra_the_page_says_how_to_add_it(
    evaluated_shop: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("printing.press", "pages.reports.whole"):
        monkeypatch.setattr(f"regulars_web.{place}.can_print", lambda: False)

    page = evaluated_shop.get(REPORT).get_data(as_text=True)
    answer = evaluated_shop.get(REPORT + ".pdf")

    assert "this installation cannot make one yet" in page
    assert answer.status_code == 503
    assert "regulars[pdf]" in answer.get_data(as_text=True)
