"""The shop's own measures: kept as typed, refused with a word, felt by the figures."""

import pytest

from regulars_platform.settings import Settings
from tests.platform.customers.build import line, lines
from tests.web.conftest import Browser
from tests.web.customers.build import words

USUAL: dict[str, object] = {
    "honeymoon_days": "30",
    "dormant_from": "2",
    "lost_from": "4",
    "event_days": "03-08\r\n06-18\r\n11-11\r\n12-12",
}
PAGE = "/customers/measures"


def test_the_usual_measures_stand_there_at_first(owner: Browser) -> None:
    text = owner.get(PAGE).get_data(as_text=True)
    assert 'value="30"' in text
    assert "03-08\n06-18\n11-11\n12-12" in text.replace("\r\n", "\n")


def test_measures_are_kept_and_felt(settings: Settings, owner: Browser) -> None:
    shop_dir = settings.shop_dir(1)
    lines(
        line("1", "ann", "2026-08-01", 10),
        line("2", "ann", "2026-08-11", 10),
        line("3", "ann", "2026-08-21", 10),
        line("4", "ben", "2026-09-05", 10),
    ).collect().write_delta(shop_dir / "orders")
    # the day after the last order is 6 September: 16 days at a usual interval of 10
    assert "active 1 (50%)" in words(owner.get("/customers/"))
    own = USUAL | {"dormant_from": "1.2", "lost_from": "1.5", "event_days": "08-01 to 08-11"}
    assert owner.post(PAGE, own).status_code == 302
    text = owner.get(PAGE).get_data(as_text=True)
    assert 'value="1.2"' in text
    assert "08-01 – 08-11" in text
    assert "lost 1 (50%)" in words(owner.get("/customers/"))
    shown = words(owner.get("/customers/?columns=buying&sort=event_share"))
    assert "67%" in shown


@pytest.mark.parametrize(
    ("field", "came", "told"),
    [
        ("honeymoon_days", "soon", "whole number of days from 1 to 3,650"),
        ("honeymoon_days", "9" * 4000, "whole number of days"),
        ("dormant_from", "5", "the first below the second"),
        ("lost_from", "<b>x</b>", "“<b>x</b>” came"),
        ("event_days", "06-18\n<script>", "“<script>” to “<script>” came"),
        ("event_days", "2026-02-30", "Event days are written as"),
        ("event_days", "\n".join(f"{year}-06-18" for year in range(1000, 1500)), "at most 400"),
    ],
)
def test_nonsense_is_refused_beside_its_field_and_nothing_is_kept(
    owner: Browser, field: str, came: str, told: str
) -> None:
    answer = owner.post(PAGE, USUAL | {field: came})
    assert answer.status_code == 422
    assert told in words(answer)
    assert "<script>\n" not in answer.get_data(as_text=True)
    text = owner.get(PAGE).get_data(as_text=True).replace("\r\n", "\n")
    assert "03-08\n06-18\n11-11\n12-12" in text


def test_strangers_are_sent_to_sign_in(stranger: Browser) -> None:
    assert stranger.get(PAGE).status_code == 302
