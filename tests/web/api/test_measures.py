"""The shop's measures over the interface."""

from tests.web.api.conftest import Program
from tests.web.conftest import Browser


def test_measures_are_set_together_and_shown_by_the_page(program: Program, owner: Browser) -> None:
    body = {
        "honeymoon_days": 21,
        "dormant_from": "1.5",
        "lost_from": "3",
        "event_days": [
            {"first": "11-01", "last": "11-11"},
            {"first": "2026-06-18", "last": "2026-06-18"},
        ],
    }
    assert program.put("/measures", json=body)["data"] == body
    assert program.get("/measures")["data"] == body
    page = owner.get("/customers/measures").get_data(as_text=True)
    assert 'value="21"' in page
    assert "2026-06-18" in page


def test_nothing_is_kept_where_anything_is_wrong(program: Program) -> None:
    before = program.get("/measures")["data"]
    body = {**before, "honeymoon_days": 7, "dormant_from": "5", "lost_from": "3"}
    assert program.put("/measures", 422, json=body)["error"]["code"] == "practice"
    day = {**before, "honeymoon_days": 7, "event_days": [{"first": "02-30", "last": "02-30"}]}
    program.put("/measures", 422, json=day)
    assert program.get("/measures")["data"] == before
