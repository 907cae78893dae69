"""Every page in Chinese: no English word is left but names, codes and what the shop itself wrote.

The pages are those of the shop that has everything (`tests.everything`). A sentence counts as left
in English when letters remain after the shop's own words are taken away.
"""

import csv
import gzip
import json
import re
import sqlite3
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from regulars_platform.datasets.examples import example_file
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_web.app import create_app
from regulars_web.languages import HTML_TAGS
from tests.built_once import everything_once
from tests.everything import SAMPLE, Everything
from tests.pages import VISITS, Place, Visit
from tests.web.conftest import Browser

CHINESE = ("zh_Hans", "zh_Hant")
SAID = ("aria-label", "title", "alt", "placeholder")
MACHINE = ("script", "style", "code", "pre", "kbd")
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

SAME_EVERYWHERE = re.compile(
    r"(?<![A-Za-z])(Regulars|English|VIP|RFM|ROI|CSV|JSON|PDF|ZIP|SVG|API|OpenAPI|HTTPS?|URL|Excel"
    r"|Parquet|Python|UTF-?8|UTF-?16|GB18030|Big5|BOM|SHA-?256|SMTP|STARTTLS|TLS|CUPED|Welch|Fieller"
    r"|Newcombe|Holm|Cochran|Qini|Kish|Clopper|Pearson|Benjamini|Hochberg|BG/NBD|gamma-gamma|AIPW|MOVER|AUC|WCAG|AA"
    r"|Beta|gamma|alpha|Taobao|Tmall|Shopify|WooCommerce|OAID|OUID|WhatsApp|UTC|Asia/Shanghai"
    r"|webhook|open id|smtp|result|CNY|CN|EUR|GBP|USD|SMS|iPhone|kB|MB|GB|gzip|csv|gz|xlsx|txt"
    r"|zip|mm|dd|yyyy|YYYY|MM|DD|SKU"
    r"|[a-z]|[A-Z])(?![A-Za-z])"
)
"""Names of things, of methods called after persons, of formats and currencies; single letters."""

CITED = re.compile(r"\(?[A-Z][\w ,;与與和and]*\d{4}[^)）]*\)?|Zou [与與] Donner")
"""Papers that a formula comes from."""

CODES = re.compile(
    r"\{\w+\}|#\w+|https?://\S+|\S+@\S+|[\w.]+\.example\.org|\S+\.(?:csv|gz|json|py|svg|pdf|zip|md)\b|(?<![A-Za-z])/[\w/{}.-]+"
    r"|(?:read|write):\w+|[0-9a-f]{8,}|--[\w-]+|\b\w+_\w+\b|\b[A-Z]+-?\d+[\w-]*\b|r[0-9a-z]+_\S+"
)
"""Placeholders, addresses, files, digests, permissions, columns of downloads, product codes."""

NOT_TRANSLATED = {
    "interface": "the reference of /api/v1 is what programs read, in English",
    "style": "colours and sizes have the names that the style sheet gives them",
}
"""Pages that are in English for everybody."""


class Texts(HTMLParser):
    """What a reader sees or hears, without what is written for machines."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag not in VOID:
            self.open.append((tag, tag in MACHINE or "code" in classes))
        self.found += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        if any(tag == other for other, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(silent for _, silent in self.open):
            self.found.append(" ".join(data.split()))


def texts_of(page: str) -> list[str]:
    parser = Texts()
    parser.feed(page.replace("<wbr>", ""))  # file names may be broken
    return parser.found


def strings_in(value: Any) -> Iterator[str]:
    """Texts of a JSON value, but for sentences that the product keeps as templates."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            ours = key in ("template", "sentence", "not_estimable")
            if not ours and not (key == "words" and "code" in value):
                yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def stored_texts(data: Path) -> Iterator[str]:
    """Everything that stands in the shop's database."""
    for file in data.rglob("*.sqlite*"):
        if not file.name.endswith((".sqlite", ".sqlite3", ".db")):
            continue
        with sqlite3.connect(file) as connection:
            tables = connection.execute("select name from sqlite_master where type = 'table'")
            for (table,) in tables.fetchall():
                for row in connection.execute(f'select * from "{table}"'):  # noqa: S608 -- our own
                    for value in row:
                        if isinstance(value, str):
                            yield from _unpacked(value)


def _unpacked(text: str) -> Iterator[str]:
    if text[:1] in "{[":
        try:
            yield from strings_in(json.loads(text))
        except ValueError:
            yield text
    else:
        yield text


def sample_texts() -> Iterator[str]:
    """Headings and words of the files that were brought."""
    for file in SAMPLE.glob("*.csv*"):
        content = file.read_bytes()
        plain = gzip.decompress(content) if file.suffix == ".gz" else content
        rows = csv.reader(plain.decode("utf-8-sig").splitlines())
        yield from {cell for row in rows for cell in row if re.search("[A-Za-z]{3}", cell)}


class Shop:
    """The shop that has everything, opened in a browser; words: its own, not to be translated."""

    def __init__(self, data: Path, built: Everything) -> None:
        self.built = built
        self.app = create_app(build_settings(data), secure_cookies=False, setup_code=None)
        self.app.testing = True
        made = self.built.built
        self.browser = Browser(self.app.test_client())
        self.browser.post("/sign-in", {"email": made.email, "password": made.password})
        self.words = own_words(data)

    def left(self, visit: Visit, locale: str) -> list[str]:
        """Texts of the page with words in them that are neither Chinese nor the shop's own."""
        browser = Browser(self.app.test_client()) if visit.as_stranger else self.browser
        browser.post("/language", {"locale": locale})
        answer = browser.get(visit.address(self.built.known), follow_redirects=True)
        assert answer.status_code == visit.status
        page = answer.get_data(as_text=True)
        assert f'<html lang="{HTML_TAGS[locale]}"' in page
        return [text for text in dict.fromkeys(texts_of(page)) if english_in(text, self.words)]


def own_words(data: Path) -> re.Pattern[str]:
    """Names and texts of the shop, the longest first: of several words, or with a capital."""
    words = {
        part.strip()
        for text in (*stored_texts(data), *sample_texts())
        for part in (text, *re.split(r"[;,\n]", text))
        if re.search("[A-Za-z]{2}", part) and re.search("[A-Z ]", part.strip()) and len(part) < 2000
    }
    cells = re.split(r"[,;\r\n]+", example_file("customers", "en").decode("utf-8-sig"))
    words |= {cell.strip() for cell in cells if re.search("[A-Za-z]{2}", cell)}
    plain = sorted((word for word in words if CODES.sub("", word).strip()), key=len, reverse=True)
    return re.compile("|".join(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" for word in plain))


FILES = re.compile(r"^[a-z_-]+(?:(?= (?:CSV|JSON|SVG)$)|(?=的(?:CSV|JSON|SVG)$))")
"""Names of the files of a report, read out before their kind."""


def english_in(text: str, own: re.Pattern[str]) -> bool:
    """Whether words are left that a reader of Chinese should not meet."""
    for known in (FILES, own, CITED, CODES, SAME_EVERYWHERE):
        text = known.sub(" ", text)
    return re.search("[A-Za-z]{2,}", text) is not None


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    data = tmp_path_factory.mktemp("everything") / "data"
    return Shop(data, everything_once(tmp_path_factory, data))


def visits(place: Place) -> list[Visit]:
    return [one for one in VISITS if one.where == place and one.name not in NOT_TRANSLATED]


@pytest.mark.parametrize("locale", CHINESE)
@pytest.mark.parametrize("visit", visits("shop"), ids=lambda visit: visit.name)
def test_a_page_is_chinese_throughout(shop: Shop, visit: Visit, locale: str) -> None:
    assert shop.left(visit, locale) == []


@pytest.mark.parametrize("locale", CHINESE)
@pytest.mark.parametrize("visit", visits("new shop"), ids=lambda visit: visit.name)
def test_a_page_of_a_new_shop_is_chinese_throughout(
    owner: Browser, visit: Visit, locale: str
) -> None:
    owner.post("/language", {"locale": locale})
    page = owner.get(visit.address({}), follow_redirects=True).get_data(as_text=True)
    own = re.compile("Green Hill|Mei")
    assert [text for text in texts_of(page) if english_in(text, own)] == []


@pytest.mark.parametrize("locale", CHINESE)
def test_the_first_page_of_all_is_chinese_throughout(tmp_path: Path, locale: str) -> None:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    database.dispose()
    app = create_app(settings, secure_cookies=False, setup_code=None)
    tag = HTML_TAGS[locale]
    page = app.test_client().get("/setup", headers={"Accept-Language": tag}).get_data(as_text=True)
    # currencies and time zones to choose from have international names
    shown = re.sub(r"<option.*?</option>", "", page, flags=re.DOTALL)
    nothing = re.compile("(?!)")
    assert [text for text in texts_of(shown) if english_in(text, nothing)] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("已上传 september.csv.gz，共 217 kB", False),
        ("给 Hillside Tea 的客户", False),
        ("What is on this page", True),
        ("会员 at once", True),
        ("{name} 的订单", False),
        ("CSV（UTF-8）", False),
        ("此表（CSV of days）", True),
    ],
)
def test_what_is_left_in_english_is_seen(text: str, left: bool) -> None:
    assert english_in(text, re.compile("Hillside Tea")) is left
