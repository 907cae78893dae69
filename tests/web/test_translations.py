"""The Chinese pages: every sentence is there and keeps its numbers."""

import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import regulars_web
from tests.web.conftest import Browser

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(str(regulars_web.__file__)).parent / "translations/zh_Hans/LC_MESSAGES"


def catalogue() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def forms(string: Iterable[str] | None) -> list[str]:
    """A translation, as the list of its plural forms (Chinese has one)."""
    return [string] if isinstance(string, str) else list(string or [""])


def pairs() -> list[tuple[str, str]]:
    found = []
    for message in catalogue():
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[-1]
            found.append((source, forms(message.string)[0]))
    return found


def test_a_translated_sentence_has_the_same_numbers_in_it() -> None:
    for source, target in pairs():
        if target:
            wanted = sorted(set(re.findall(r"%\(\w+\)[a-z]", source)))
            assert sorted(set(re.findall(r"%\(\w+\)[a-z]", target))) == wanted, source


def test_no_translation_has_a_lone_percent_sign() -> None:
    for source, target in pairs():
        assert "%" not in re.sub(r"%\(\w+\)[a-z]|%%", "", target), source


def test_no_sentence_is_missing() -> None:
    assert [source for source, target in pairs() if not target] == []


def test_every_sentence_of_the_code_is_in_the_catalogue() -> None:
    known = set()
    for message in catalogue():
        known.add(message.id if isinstance(message.id, str) else message.id[0])
    with (FOLDER.parents[1] / "babel.cfg").open() as rules:
        methods, options = parse_mapping_cfg(rules)  # type: ignore[no-untyped-call]  # Babel has no types here
    found = set()
    for _file, _line, words, _comments, _context in extract_from_dir(
        ROOT, methods, options, keywords={**DEFAULT_KEYWORDS, "lazy_gettext": None, "N_": None}
    ):
        found.add(words if isinstance(words, str) else words[0])

    assert found - known == set(), "run `make translations` and translate what is new"


def test_what_is_served_is_what_was_written() -> None:
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    for message in catalogue():
        if message.id and message.string and all(message.string):
            key = message.id if isinstance(message.id, str) else message.id[0]
            context = message.context and message.context.encode()  # as read_mo keeps it
            held = compiled.get(key, context)  # type: ignore[arg-type]
            assert held is not None, key
            assert forms(held.string) == forms(message.string), key


def test_the_pages_are_chinese_for_who_reads_chinese(owner: Browser) -> None:
    owner.post("/language", {"locale": "zh_Hans"})
    for path, words in (
        ("/", "上传订单"),
        ("/data/", "订单文件"),
        ("/settings/", "店铺名称"),
        ("/jobs/", "后台工作"),
    ):
        text = owner.get(path).get_data(as_text=True)
        assert words in text, path
        assert '<html lang="zh-Hans">' in text
