"""The style sheets hold together: colours from the tokens alone, no rule for nothing."""

import re
from pathlib import Path
from typing import get_args

import pytest

import regulars_web
from regulars_web.charts import Tone
from regulars_web.drawing.specification import Tone as DrawingTone
from regulars_web.pages.figures.columns_chart import Tone as ColumnTone

WEB = Path(regulars_web.__file__).parent
SHEETS = {
    path.name: re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path in sorted((WEB / "static").glob("*.css"))
}
# an evaluation is a document of its own, to be kept and sent
PAGES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(WEB.rglob("*.html"))
    if path.name != "evaluation.html"
)
SCRIPT = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((WEB / "static").glob("*.js"))
)
COMPOSED = re.compile(
    r"(type|tone|tier-tone|shade|line|thin)-[\w-]+|good|caution|bad|busy|quiet|ok|warn|wait|late|a4|letter"
)
"""Classes that are a value or end in one: of a tone, a state, a score, a size of paper."""


def classes_of(sheet: str) -> set[str]:
    selectors = re.findall(r"([^{}]+)\{", sheet)
    return {name for one in selectors for name in re.findall(r"\.([A-Za-z][\w-]*)", one)}


def test_only_the_tokens_name_a_colour() -> None:
    literal = re.compile(r":[^;{]*(#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(|\b(black|white)\b)", re.I)
    found = [
        (name, line.strip())
        for name, sheet in SHEETS.items()
        if name != "tokens.css"
        for line in sheet.splitlines()
        if literal.search(line)
    ]
    assert found == []


def test_every_token_is_known_and_used() -> None:
    known = set(re.findall(r"(--[\w-]+):", SHEETS["tokens.css"]))
    used = set(re.findall(r"var\((--[\w-]+)", "".join(SHEETS.values())))
    assert used == known


@pytest.mark.parametrize("name", SHEETS)
def test_every_sheet_is_on_a_page_and_every_class_in_a_template(name: str) -> None:
    assert f"asset('{name}')" in PAGES
    attributes = " ".join(re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', PAGES))
    there = set(re.findall(r"[\w-]+", attributes + " ".join(re.findall(r"classList.*", SCRIPT))))
    dead = {one for one in classes_of(SHEETS[name]) - there if not COMPOSED.fullmatch(one)}
    assert dead == set()


def test_every_sheet_that_a_page_asks_for_is_there() -> None:
    assert set(re.findall(r"asset\('([\w-]+\.css)'\)", PAGES)) == set(SHEETS)


def test_every_tone_of_a_drawing_has_its_colour() -> None:
    drawn = classes_of(SHEETS["charts.css"])
    assert {
        f"tone-{tone}" for tone in (*get_args(Tone), *get_args(ColumnTone), *get_args(DrawingTone))
    } <= drawn


def test_no_page_needs_a_weaker_content_policy() -> None:
    assert not re.findall(r"<(?!svg|rect|line|circle|text|path|poly)[^>]*\s(style|on\w+)=", PAGES)
    assert "<style" not in PAGES
    assert not re.findall(r"<script(?![^>]*\bsrc=)", PAGES)
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML", SCRIPT)


def test_every_column_of_a_table_has_a_heading() -> None:
    assert not re.findall(r'"label": ""|<th[^>]*></th>', PAGES)


ALTERNATIVES = re.compile(r"'([\w -]*)'(?= if |\s*}}|\s*$)|else\s+'([\w -]*)'")
SPOKEN_TO = {"typed"}
"""Classes that only scripts and htmx look for."""

DRAWN_BY_HAND = {
    "calendar/overview.html",  # a month: weeks by days
    "campaigns/side_holdout.html",  # the form's narrow side
    "campaigns/side_proof.html",
    "campaigns/side_segments.html",
    "campaigns/side.html",
    "customers/portraits.html",  # scores by scores
    "customers/table.html",  # headings that sort
    "data/files.html",  # the first rows of a file, headings chosen in them
    "data/parts.html",  # sums of sums
    "datasets/parts.html",
    "delivery/account.html",
    "drawing.html",  # bars in the rows of a table
    "evaluation.html",  # a document of its own
    "figures/overview.html",  # cohorts by months
    "memory/show.html",  # bars in the rows of a table
    "style/components.html",  # the first rows of a file once more
    "tiers/overview.html",  # tiers by tiers
    "ui.html",
}
"""Tables that `ui.table` cannot draw, and why."""


def classes_written(template: str) -> set[str]:
    """Every class that a template may give, those of alternatives in it too."""
    found: set[str] = set()
    for written in re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', template):
        plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\0", written)
        found |= {name for name in plain.split() if "\0" not in name}
        for expression in re.findall(r"(?:^|(?<=[\s}]))\{\{(.*?)\}\}", written):
            chosen = " ".join("".join(pair) for pair in ALTERNATIVES.findall(f"{expression}}}}}"))
            found |= {name for name in chosen.split() if not name.endswith("-")}
    return found


def test_no_template_gives_a_class_that_no_sheet_knows() -> None:
    known = set().union(*(classes_of(sheet) for sheet in SHEETS.values())) | SPOKEN_TO
    unknown = {
        (path.relative_to(WEB / "templates").as_posix(), name)
        for path in sorted((WEB / "templates").rglob("*.html"))
        if path.name != "evaluation.html"
        for name in classes_written(path.read_text(encoding="utf-8")) - known
    }
    assert unknown == set()


def test_tables_are_drawn_by_the_one_macro() -> None:
    by_hand = {
        path.relative_to(WEB / "templates").as_posix()
        for path in (WEB / "templates").rglob("*.html")
        if "<table" in path.read_text(encoding="utf-8")
    }
    assert by_hand - DRAWN_BY_HAND == set()


def test_what_a_macro_gives_is_not_drawn_by_hand() -> None:
    parts = re.compile(r'class="(chip|notice|empty|stepper|trust|page-head|figures)[ "]')
    by_hand = [
        path.relative_to(WEB / "templates").as_posix()
        for path in sorted((WEB / "templates").rglob("*.html"))
        if path.name not in ("ui.html", "evaluation.html") and parts.search(path.read_text())
    ]
    assert by_hand == []
