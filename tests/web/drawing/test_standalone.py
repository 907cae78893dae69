"""A drawing as a file of its own: the same marks at the same values, and nothing from elsewhere."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import regulars_web
from regulars_web.drawing.specification import (
    Box,
    Cell,
    Column,
    Dot,
    Label,
    Numbers,
    Plot,
    Row,
    Rows,
    Scale,
    Span,
    Tick,
)
from regulars_web.drawing.standalone import colour, standalone_svg

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = Numbers(
    columns=(Column(key="a", label="A"),), rows=((Cell(text="1", value=1.0, low=0.0, high=2.0),),)
)


def plot(title: str = "Profit", said: str = "") -> Plot:
    return Plot(
        name="p",
        title=title,
        said=said,
        numbers=NUMBERS,
        x=Scale(low=0, high=10, ticks=(Tick(value=5, text="five"),)),
        y=Scale(low=-10, high=30, ticks=(Tick(value=0, text="0"), Tick(value=20, text="20"))),
        marks=(
            Box(left=2, right=4, low=0, high=20, tone="treated"),
            Dot(x=3, y=20, tone="ink"),
            Label(x=3, y=20, text="<best>"),
        ),
    )


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 (our own text)


def test_a_mark_stands_at_its_value_between_the_labels_of_the_scale() -> None:
    svg = parsed(standalone_svg(plot()))
    bar = next(one for one in svg.iter(f"{SVG}rect") if one.get("fill") == colour("treated"))
    dot = next(svg.iter(f"{SVG}circle"))
    words = {one.text: one for one in svg.iter(f"{SVG}text")}
    top, height = float(bar.get("y", "")), float(bar.get("height", ""))

    # labels are set 4 px below the height of their value, so that they stand in its middle
    assert float(words["20"].get("y", "")) - 4 == pytest.approx(top, abs=0.05)
    assert float(words["0"].get("y", "")) - 4 == pytest.approx(top + height, abs=0.05)
    middle = float(bar.get("x", "")) + float(bar.get("width", "")) / 2
    assert float(dot.get("cx", "")) == pytest.approx(middle, abs=0.05)
    assert float(dot.get("cy", "")) == pytest.approx(top, abs=0.05)


def test_the_file_needs_no_style_sheet_no_script_and_no_network() -> None:
    text = standalone_svg(plot(), footer="Regulars")

    assert not re.search(r"class=|style=|var\(|<script|<style|href|url\(|%", text)
    fonts = parsed(text).get("font-family", "")
    assert "Noto Sans CJK SC" in fonts
    assert fonts.endswith("sans-serif")


def test_words_are_escaped_and_titles_can_be_left_to_the_page() -> None:
    assert "&lt;best&gt;" in standalone_svg(plot())
    alone = {one.text for one in parsed(standalone_svg(plot())).iter(f"{SVG}text")}
    inside = {one.text for one in parsed(standalone_svg(plot(), heading=False)).iter(f"{SVG}text")}
    assert alone - inside == {"Profit"}


def test_its_colours_are_the_light_ones_of_the_product() -> None:
    tokens = (Path(regulars_web.__file__).parent / "static" / "tokens.css").read_text("utf-8")
    light, _, dark = tokens.partition("prefers-color-scheme: dark")

    assert f"--treated: {colour('treated')};" in light
    assert f"--treated: {colour('treated')};" not in dark.partition("@media print")[0]


def test_long_words_are_broken_into_lines_inside_the_drawing() -> None:
    svg = parsed(standalone_svg(plot(said="多少" * 60)))
    lines = [one for one in svg.iter(f"{SVG}text") if one.text and "多少" in one.text]

    assert len(lines) > 1
    assert "".join(one.text or "" for one in lines) == "多少" * 60
    # a letter of Chinese is as wide as it is high
    assert all(14 * len(one.text or "") <= 880 - 24 for one in lines)


def test_rows_have_their_names_numbers_and_bars_in_one_line() -> None:
    drawing = Rows(
        name="r",
        title="Rows",
        said="",
        numbers=NUMBERS,
        scale=Scale(low=-1, high=1),
        rows=(
            Row(label="one", text="+1", range="0 to 2", spans=(Span(low=0, high=1, tone="good"),)),
            Row(label="two", text="-1", spans=(Span(low=-1, high=0, tone="bad"),)),
        ),
    )
    svg = parsed(standalone_svg(drawing))
    good, bad = (
        next(one for one in svg.iter(f"{SVG}rect") if one.get("fill") == colour(tone))
        for tone in ("good", "bad")
    )
    assert float(bad.get("x", "")) + float(bad.get("width", "")) == pytest.approx(
        float(good.get("x", "")), abs=0.05
    )
    assert float(bad.get("y", "")) > float(good.get("y", ""))
    assert {"one", "two", "+1", "0 to 2", "-1"} <= {one.text for one in svg.iter(f"{SVG}text")}
