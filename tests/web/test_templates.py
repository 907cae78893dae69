"""No template says anything by itself: every text goes through gettext."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment

import regulars_web

FOLDER = Path(str(regulars_web.__file__)).parent / "templates"
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
SAID = ("aria-label", "title", "alt", "placeholder", "aria-description")
SAME_EVERYWHERE = re.compile(
    r"\b(Regulars|CSV|JSON|PDF|ZIP|SVG|API|Excel|VIP|RFM|ROI|CUPED|SHA|CNY|nbsp)\b"
)
"""Names and abbreviations that no language translates."""
MACHINE = {"script", "style", "code", "pre", "kbd"}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}
ATTRIBUTES = re.compile(r"[\w-]+=\"[^\"]*\"")
"""Written by a macro's caller into a tag."""
SAMPLES = {"2026-07-08,C14790,92.40,满80包邮"}
"""On the style page: a row of a file."""


class Texts(HTMLParser):
    """What a reader sees or hears of a page, without what is written for machines."""

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
        if not any(silent for _, silent in self.open):
            self.found.append(data)


def bare_texts(source: str) -> list[str]:
    """Texts of a template that stand in it as they are."""
    html, translated = "", False
    previous = ""
    for _line, kind, value in Environment(autoescape=True).lex(source):
        if kind == "name" and previous == "block_begin":
            translated = value == "trans" or (translated and value != "endtrans")
        if kind != "whitespace":
            previous = kind
        if kind == "data" and not translated:
            html += value
        elif kind == "variable_begin":
            html += "0"  # something stands here
    texts = Texts()
    texts.feed(html)
    shown = [text for text in texts.found if text not in SAMPLES]
    plain = [SAME_EVERYWHERE.sub("", ATTRIBUTES.sub("", text)) for text in shown]
    return [" ".join(text.split()) for text in plain if re.search(r"[^\W\d_]{2,}", text)]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_no_text_outside_gettext(name: str) -> None:
    assert bare_texts((FOLDER / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello') }}</p>", []),
        ('<a title="More">{{ name }}</a>', ["More"]),
        ('<p class="more" id="x{{ n }}">{{ n }}: CSV</p>', []),
        ("{% if a %}客户{% endif %}", ["客户"]),
        ("{% trans %}Hello{% endtrans %}<b>you</b>", ["you"]),
        ("<script>let a = 1;</script>", []),
    ],
)
def test_bare_texts_are_seen(source: str, bare: list[str]) -> None:
    assert bare_texts(source) == bare
