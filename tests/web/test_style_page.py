"""The style page: all tokens and components, and colours that stand out as far as they must."""

import re
from pathlib import Path

import pytest

import regulars_web
from regulars_web.pages.style.colours import (
    MARKS,
    SCHEMES,
    WORDS,
    Scheme,
    colours,
    contrast,
    pairs,
)
from tests.web.conftest import Browser

WEB = Path(regulars_web.__file__).parent
SCRIPTED = {"over"}
"""Classes that only a script gives."""


def sheet(name: str) -> str:
    text = (WEB / "static" / name).read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # the first two by definition, the others as published with WCAG's understanding documents
    [
        ("#000000", "#ffffff", 21.0),
        ("#808080", "#808080", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#949494", "#ffffff", 3.03),
        ("#ffffff", "#ff0000", 4.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_and_marks_stand_out_in_every_scheme(scheme: Scheme) -> None:
    assert [pair for pair in pairs(scheme) if not pair.is_enough] == []


def test_who_was_told_and_who_was_held_back_differ_in_lightness_too() -> None:
    for scheme in SCHEMES:
        known = colours(scheme)
        assert contrast(known["treated"], known["holdout"]) >= 1.9


def test_dark_and_paper_leave_no_colour_as_it_was_by_oversight() -> None:
    light = colours("light")
    for scheme in SCHEMES:
        assert colours(scheme).keys() == light.keys()
    dark = re.search(r"\(prefers-color-scheme: dark\) \{(.*?)\n\}", sheet("tokens.css"), re.DOTALL)
    paper = re.search(r"@media print \{(.*?)\n\}", sheet("tokens.css"), re.DOTALL)
    assert dark is not None
    assert paper is not None
    for block in (dark.group(1), paper.group(1)):
        assert set(re.findall(r"--([\w-]+): #[0-9a-f]{6};", block)) == light.keys()


def test_every_colour_that_words_are_set_in_is_held_against_its_ground() -> None:
    rules = "".join(sheet(path.name) for path in (WEB / "static").glob("*.css"))
    words = set(re.findall(r"(?<![\w-])color: var\(--([\w-]+)\)", rules))
    borders = set(re.findall(r"--(field-rule|treated|holdout|accent)\b", rules))
    assert words <= {front for front, _ in WORDS}
    assert borders <= {front for front, _ in MARKS}


def test_every_part_has_its_place_on_the_page(owner: Browser) -> None:
    page = owner.get("/style").get_data(as_text=True)
    there = set(re.findall(r"[\w-]+", " ".join(re.findall(r'class="([^"]*)"', page))))
    rules = re.findall(r"([^{}]+)\{", sheet("parts.css"))
    known = {name for rule in rules for name in re.findall(r"\.([A-Za-z][\w-]*)", rule)}
    assert known - there - SCRIPTED == set()


def test_every_macro_draws_something_on_the_page() -> None:
    macros = re.findall(r"{% macro (\w+)", (WEB / "templates" / "ui.html").read_text())
    inside = (WEB / "templates" / "ui.html").read_text()
    shown = "".join(path.read_text() for path in (WEB / "templates" / "style").glob("*.html"))
    for name in macros:
        called = f"ui.{name}(" in shown
        helps = re.search(rf"(?<!macro )(?<!\.)\b{name}\(", inside) is not None
        assert called or helps, name


def test_the_components_come_in_every_language(owner: Browser) -> None:
    for code, tag, words in (
        ("en", "en", "proved better"),
        ("zh_Hans", "zh-Hans", "证明更好"),
        ("zh_Hant", "zh-Hant", "證明更好"),
    ):
        page = owner.get(f"/style?in={code}").get_data(as_text=True)
        assert f'<div lang="{tag}">' in page
        assert words in page
        assert '<html lang="en">' in page


def test_settings_lead_to_it_and_strangers_do_not_see_it(owner: Browser) -> None:
    assert 'href="/style"' in owner.get("/settings/").get_data(as_text=True)
    owner.client.delete_cookie("regulars")
    assert owner.get("/style").status_code == 302
