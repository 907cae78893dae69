"""Page, file and specification of a drawing come from the same numbers: those of the document."""

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask_babel import force_locale

from regulars_web.drawing.as_json import drawing_json, numbers_json
from regulars_web.drawing.placing import place_plot, place_rows, upwards
from regulars_web.drawing.specification import Box, Course, Drawing, Plot, Rows
from regulars_web.drawing.standalone import colour, standalone_svg
from regulars_web.pages.reports.drawings import report_drawings
from regulars_web.pages.reports.drawn.balance import chance_limit
from regulars_web.pages.reports.drawn.waterfall import rounded_to_sum
from tests.web.conftest import Browser

REPORT = "/campaigns/1/report"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def page(evaluated_shop: Browser) -> str:
    return str(evaluated_shop.get(REPORT).get_data(as_text=True))


@pytest.fixture
def document(evaluated_shop: Browser) -> dict[str, Any]:
    found: dict[str, Any] = evaluated_shop.get(REPORT + "/1.json").get_json()
    return found


@pytest.fixture
def drawings(app: Flask, document: dict[str, Any]) -> dict[str, Drawing]:
    with app.test_request_context(), force_locale("en"):
        return {drawing.name: drawing for drawing in report_drawings(document)}


def figure(page: str, name: str) -> str:
    return page.partition(f'id="drawing-{name}"')[2].partition("</figure>")[0]


def test_every_drawing_of_the_document_is_on_the_page_with_its_numbers_one_click_away(
    page: str, drawings: dict[str, Drawing]
) -> None:
    assert list(drawings) == [
        "waterfall", "segments", "thresholds", "past-values", "days", "kept", "balance",
    ]  # fmt: skip
    for name, drawing in drawings.items():
        if name != "segments":  # drawn in the rows of its table
            assert figure(page, name)
        assert drawing.numbers.rows
        for cells in drawing.numbers.rows:
            assert cells[0].text in page


def test_the_waterfall_adds_up_on_the_page_in_the_file_and_in_the_specification(
    page: str, document: dict[str, Any], drawings: dict[str, Drawing]
) -> None:
    group = document["overall"][0]
    amounts = [bar["estimate"] * group["n"] for bar in group["bars"]]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1])

    rows = numbers_json(drawings["waterfall"])
    assert [row["in_all"] for row in rows] == pytest.approx(amounts)
    assert rows[0]["in_all_low"] == pytest.approx(group["bars"][0]["low"] * group["n"])

    drawing = drawings["waterfall"]
    assert isinstance(drawing, Rows)
    scale = drawing.scale
    svg = ElementTree.fromstring(standalone_svg(drawing))  # noqa: S314 (our own text)
    tones = {colour("good"), colour("bad")}
    in_file = [
        float(one.get("width", "")) for one in svg.iter(f"{SVG}rect") if one.get("fill") in tones
    ]
    on_page = [
        float(width)
        for width in re.findall(
            r'<rect class="tone-(?:good|bad)" x="[\d.]+%" width="([\d.]+)%"',
            figure(page, "waterfall"),
        )
    ]
    span = scale.high - scale.low
    assert [width / 100 * span for width in on_page] == pytest.approx(
        [abs(amount) for amount in amounts],
        abs=span * 0.002,  # what is very little is drawn so that it can be seen
    )
    # the same widths, in pixels
    assert [width / in_file[0] for width in in_file] == pytest.approx(
        [width / on_page[0] for width in on_page], abs=1e-3
    )


def written(text: str) -> int:
    """A whole amount as the page writes it, as a number."""
    return int(re.sub(r"[^\d\u2212]", "", text).replace("\u2212", "-"))


def test_what_is_read_of_the_waterfall_adds_up_to_the_last_digit(
    drawings: dict[str, Drawing],
) -> None:
    *parts, net = (written(cells[1].text) for cells in drawings["waterfall"].numbers.rows)

    assert sum(parts) == net


@pytest.mark.parametrize(
    ("parts", "total", "shown"),
    [
        ([10.4, 20.4, 30.4], 61, [11, 20, 30]),
        ([10.5, -3.5, -2.0], 5, [11, -4, -2]),
        ([1.6, 1.6, 1.6], 5, [1, 2, 2]),
        ([1.0, 2.0], 3, [1, 2]),
    ],
)
def test_what_rounding_leaves_over_goes_to_what_it_moved_most(
    parts: list[float], total: int, shown: list[int]
) -> None:
    found = rounded_to_sum(parts, total)

    assert sum(found) == total
    assert sorted(found) == sorted(shown)
    assert all(abs(whole - part) < 1 for whole, part in zip(found, parts, strict=True))


def test_days_are_drawn_at_the_documents_values(
    page: str, document: dict[str, Any], drawings: dict[str, Drawing]
) -> None:
    plot, told = drawings["days"], document["overall"][0]["n"]
    assert isinstance(plot, Plot)
    known = [day for day in document["days"][0]["days"] if "estimate" in day["cumulative"]]
    (course,) = (mark for mark in plot.marks if isinstance(mark, Course))
    assert [day for day, _ in course.points] == [day["day"] for day in known]
    assert [value for _, value in course.points] == pytest.approx(
        [day["cumulative"]["estimate"] * told for day in known]
    )
    heights = re.search(r'<polyline [^>]*points="([^"]+)"', figure(page, "days"))
    assert heights is not None
    assert [float(at.split(",")[1]) for at in heights[1].split()] == pytest.approx(
        [upwards(plot.y, value) for _, value in course.points], abs=1e-3
    )
    assert figure(page, "days").count("<title>") == len(known)
    assert drawing_json(plot)["marks"][0]["mark"] == "box"


def test_past_values_are_drawn_with_the_threshold_and_the_leak_in_another_tone(
    document: dict[str, Any], drawings: dict[str, Drawing], page: str
) -> None:
    plot, found = drawings["past-values"], document["past_values"]
    assert isinstance(plot, Plot)
    boxes = [mark for mark in plot.marks if isinstance(mark, Box)]

    threshold = found["thresholds"][0]["threshold"]
    assert [box.high for box in boxes if box.high >= 10] == [
        count for count in found["counts"] if count
    ]
    assert {box.tone for box in boxes if box.left > threshold} == {"holdout"}
    assert {box.tone for box in boxes if box.right < threshold} == {"treated-soft"}
    assert f"{found['thresholds'][0]['reaching']:,} customers" in figure(page, "past-values")


def test_hidden_segments_have_no_marks_and_the_others_share_one_scale(
    app: Flask, document: dict[str, Any]
) -> None:
    hidden = {"arm": "Free shipping", "segment": "few", "n": 9, "n_control": 3, "customers": 12}
    document["segments"].append({**hidden, "hidden": True})
    with app.test_request_context(), force_locale("en"):
        (forest,) = (one for one in report_drawings(document) if one.name == "segments")

    assert isinstance(forest, Rows)
    few = next(row for row in place_rows(forest).rows if row.row.label == "few")
    assert (few.spans, few.points) == ((), ())
    shown = [row for row in place_rows(forest).rows if row.points]
    assert len(shown) == len(document["segments"]) - 1


def test_the_band_of_chance_is_that_of_a_simulated_draw() -> None:
    # standardised differences of 200 told and 100 held out, drawn from the same customers:
    # 1.96 sqrt(1 / 200 + 1 / 100), the textbook's two-sample limit at known variance
    assert chance_limit(200, 100, 0.95) == pytest.approx(1.959964 * 0.1224745, rel=1e-6)


def lacking(document: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: part for key, part in json.loads(json.dumps(document)).items() if key not in keys}


def test_old_documents_have_the_drawings_that_they_can_have(
    app: Flask, document: dict[str, Any]
) -> None:
    old = lacking(document, "past_values", "days", "thresholds", "leak", "padding")
    with app.test_request_context(), force_locale("en"):
        names = [drawing.name for drawing in report_drawings(old)]

    assert names == ["waterfall", "segments", "balance"]


def test_what_cannot_be_told_is_not_drawn(app: Flask, document: dict[str, Any]) -> None:
    why = {"not_estimable": "few", "code": "too_few_buyers"}
    group = document["overall"][0]
    group["net"] = why
    group["bars"] = [{"name": bar["name"], **why} for bar in group["bars"]]
    for day in document["days"][0]["days"]:
        day["cumulative"] = day["daily"] = why
    document["days"][0]["kept"] = []
    with app.test_request_context(), force_locale("en"):
        names = [drawing.name for drawing in report_drawings(document)]

    assert "waterfall" not in names
    assert "days" not in names


def test_drawings_of_all_kinds_can_be_written_in_chinese(
    app: Flask, document: dict[str, Any]
) -> None:
    with app.test_request_context(), force_locale("zh_Hans"):
        for drawing in report_drawings(document):
            text = standalone_svg(drawing, footer="规律")
            ElementTree.fromstring(text)  # noqa: S314 (our own text)
            placed = place_plot(drawing) if isinstance(drawing, Plot) else None
            assert placed is None or len(placed.strips) == len(drawing.readings)  # type: ignore[attr-defined]
