"""From when on the page of a launched campaign offers to evaluate it."""

import datetime as dt

import pytest

from regulars_web.pages.campaigns import show as showing
from tests.web.campaigns.build import keep, launch, text_of
from tests.web.conftest import Browser


@pytest.mark.parametrize(
    ("minute", "offered"),
    [
        # the shop is in Shanghai, eight hours ahead: its 2 November begins at 16:00 UTC
        (dt.datetime(2026, 11, 1, 15, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 11, 1, 16, 0, tzinfo=dt.UTC), True),
    ],
)
def test_evaluating_is_offered_from_the_send_date_on(
    planner: Browser, monkeypatch: pytest.MonkeyPatch, minute: dt.datetime, offered: bool
) -> None:
    kept = keep(planner, send_date="2026-11-02")
    launch(planner, kept)
    monkeypatch.setattr(showing, "now", lambda: minute)
    page = text_of(planner.get(f"/campaigns/{kept}").get_data(as_text=True))

    assert ("Evaluate on the orders so far" in page) is offered
    assert ("can be evaluated from Nov 2, 2026 on" in page) is not offered


def test_the_next_round_is_offered_once_there_is_a_report(planner: Browser) -> None:
    kept = keep(planner)
    launch(planner, kept)

    page = planner.get(f"/campaigns/{kept}").get_data(as_text=True)

    assert "Plan the next round" not in page
