"""PDFs: their type, their paper, and that a document fetches nothing but our own static files."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from regulars_web.printing.child import (
    BASE,
    RefusedAddressError,
    open_document,
    print_pdf,
    static_file,
)

pytest.importorskip("weasyprint", exc_type=ImportError)

HEAD = (
    '<link rel="stylesheet" href="/static/tokens.css"><link rel="stylesheet" '
    'href="/static/paper.css">'
)


def written_letters(pdf: bytes) -> set[str]:
    """Every letter that the PDF has a glyph for (and so can be copied and read aloud)."""
    found = re.findall(rb"<[0-9a-fA-F]+> <([0-9a-fA-F]+)>", pdf)
    return {bytes.fromhex(code.decode()).decode("utf-16-be", "replace") for code in found}


@pytest.mark.parametrize(
    ("language", "words"), [("zh-Hans", "满80包邮对照组"), ("zh-Hant", "滿80包郵對照組")]
)
def test_chinese_has_letters_and_no_boxes(language: str, words: str) -> None:
    page = f'<html lang="{language}">{HEAD}<body class="a4"><h1>{words}</h1><p>{words}</p></body>'

    pdf = print_pdf(page, uncompressed_pdf=True)

    assert set(words) <= written_letters(pdf)
    assert b"CJK" in pdf
    assert f"/Lang ({language})".encode() in pdf


def test_the_title_and_the_author_stand_in_the_file() -> None:
    page = '<html lang="en"><title>Summer</title><meta name="author" content="Shop"><body>x</body>'

    pdf = print_pdf(page, uncompressed_pdf=True)

    assert b"/Title (Summer)" in pdf
    assert b"/Author (Shop)" in pdf


@pytest.mark.parametrize(("paper", "size"), [("a4", (595.28, 841.89)), ("letter", (612, 792))])
def test_paper_is_a4_or_letter(paper: str, size: tuple[float, float]) -> None:
    pdf = print_pdf(f"{HEAD}<body class={paper}><p>x</p></body>", uncompressed_pdf=True)

    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert box is not None
    assert tuple(map(float, box.groups())) == pytest.approx(size, abs=0.1)


def test_a_long_table_has_its_head_on_every_page_and_no_row_in_two() -> None:
    rows = "".join(f"<tr><td>{n}<br>second line<br>third line</td></tr>" for n in range(100))
    page = f"{HEAD}<body class=a4><table><thead><tr><th>Day</th></tr></thead>{rows}</table></body>"

    pages = open_document(page).render().pages

    def boxes(page: object, tag: str) -> int:
        found = page._page_box.descendants()  # type: ignore[attr-defined]
        return sum(
            box.element_tag == tag and type(box).__name__.startswith("Table") for box in found
        )

    assert len(pages) > 2
    assert all(boxes(page, "thead") for page in pages)
    assert sum(boxes(page, "tr") - 1 for page in pages) == 100


class Listening(BaseHTTPRequestHandler):
    """Remembers what it was asked for."""

    asked: list[str] = []  # noqa: RUF012 -- shared on purpose

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def network() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()


def test_nothing_is_fetched_from_the_network_or_from_this_machine(
    network: HTTPServer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("body::before { content: 'leaked' }")
    outside = f"http://127.0.0.1:{network.server_port}"
    page = (
        f'<html lang="en"><head><link rel="stylesheet" href="{outside}/a.css">'
        f'<link rel="stylesheet" href="file://{secret}">'
        f"<style>@import url({outside}/b.css); @font-face "
        f"{{font-family: x; src: url({outside}/c.woff)}} p {{font-family: x; "
        f"background: url({outside}/d.png)}}</style></head>"
        f'<body><img src="{outside}/e.png"><object data="{outside}/f.svg"></object>'
        f'<a rel="attachment" href="{outside}/g">x</a><p>text</p></body>'
    )

    pdf = print_pdf(page, uncompressed_pdf=True)

    assert pdf.startswith(b"%PDF")
    assert Listening.asked == []
    assert "l" not in written_letters(pdf)  # of "leaked"; "text" and "x" have none


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/static/tokens.css",
        "file:///etc/passwd",
        f"{BASE}static/../app.py",
        f"{BASE}static/%2e%2e/%2e%2e/app.py",
        f"{BASE}static/app.js",
        f"{BASE}campaigns/1/report",
        "data:text/css,p{}",
    ],
)
def test_only_static_files_of_ours_have_addresses(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        static_file(url)
