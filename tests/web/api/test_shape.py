"""One shape for answers, one for problems, whatever happens below /api."""

from typing import Any

import pytest

from regulars_web.api.paging import write_cursor
from tests.web.api.conftest import Program


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("DELETE", "/shop", 405, "method_not_allowed"),
        ("OPTIONS", "/shop", 405, "method_not_allowed"),
        ("GET", "/jobs/none", 404, "job_not_found"),
        ("GET", "/shop?x=1", 422, "invalid_input"),
        ("GET", "/jobs?limit=0", 422, "invalid_input"),
        ("GET", "/jobs?limit=5_0", 422, "invalid_input"),
        ("GET", "/jobs?limit=1&limit=2", 422, "invalid_input"),
        ("GET", "/jobs?state=asleep", 422, "invalid_input"),
        ("GET", "/jobs?cursor=x", 422, "invalid_input"),
    ],
)
def test_what_goes_wrong_has_one_shape(
    program: Program, method: str, path: str, status: int, code: str
) -> None:
    answer = program.send(method, path)
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert set(answer.get_json()) == {"error"}
    assert answer.get_json()["error"]["code"] == code
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"data": "{", "content_type": "application/json"}, 400, "malformed_json"),
        ({"data": "name=x", "content_type": "text/plain"}, 415, "unsupported_media_type"),
        ({"json": {"name": 5}}, 422, "invalid_input"),
        ({"json": {"name": "x", "colour": "red"}}, 422, "invalid_input"),
        ({"json": {}}, 422, "invalid_input"),
        ({"json": {"name": "a\x00b"}}, 422, "invalid_input"),
        ({"json": {"name": "x" * 5_000_000}}, 413, "too_large"),
        ({"json": {"name": "   "}}, 422, "shop_name"),
    ],
)
def test_bodies_are_read_strictly(
    program: Program, options: dict[str, Any], status: int, code: str
) -> None:
    answer = program.send("PATCH", "/shop", **options)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)


def test_several_problems_are_told_each_with_its_field(program: Program) -> None:
    error = program.get("/jobs?limit=0&x=1&cursor=", 422)["error"]
    assert error["field"] == "x"
    found = program.get("/jobs?limit=0&cursor=", 422)["error"]
    assert [detail["field"] for detail in found["details"]] == ["limit", "cursor"]


def test_people_are_told_in_their_language(program: Program) -> None:
    said = [
        program.send("GET", "/jobs/none", headers={"Accept-Language": tag}).get_json()["error"]
        for tag in ("en", "zh-CN")
    ]
    assert said[0]["code"] == said[1]["code"]
    assert said[0]["message"] != said[1]["message"]


def test_a_cursor_of_another_list_is_refused(program: Program) -> None:
    cursor = write_cursor((1,))
    error = program.get(f"/jobs?cursor={cursor}", 422)["error"]
    assert (error["code"], error["field"]) == ("invalid_input", "cursor")
