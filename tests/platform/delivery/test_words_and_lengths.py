"""Lengths as the networks count them (GSM 03.38), and words with variables."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_platform.delivery.quiet_hours import QuietHours
from regulars_platform.delivery.templates import MissingValueError, fill, variables_of
from regulars_platform.delivery.text_length import text_length


@pytest.mark.parametrize(
    ("text", "wide", "characters", "segments"),
    [
        ("", False, 0, 1),
        ("a" * 160, False, 160, 1),
        ("a" * 161, False, 161, 2),
        ("a" * 306, False, 306, 2),
        ("a" * 307, False, 307, 3),
        ("€" * 80, False, 160, 1),
        # an escaped letter is not parted: 76 of them fill a segment of 153
        ("€" * 153, False, 306, 3),
        ("满" * 70, True, 70, 1),
        ("满" * 71, True, 71, 2),
        ("满" * 134, True, 134, 2),
        ("满" * 135, True, 135, 3),
        ("满80包邮 free", True, 10, 1),
        ("🎁" * 35, True, 70, 1),
        ("🎁" * 36, True, 72, 2),
        ("é" * 160, False, 160, 1),
        ("ê" * 71, True, 71, 2),
    ],
)
def test_length_and_segments(text: str, wide: bool, characters: int, segments: int) -> None:
    found = text_length(text)
    assert (found.wide, found.characters, found.segments) == (wide, characters, segments)


@given(st.text(), st.text())
def test_what_is_filled_in_is_never_read_as_a_variable(name: str, code: str) -> None:
    assert fill("{name}|{code}", {"name": name, "code": code}, {"name": "-", "code": "-"}) == (
        f"{name or '-'}|{code or '-'}"
    )


def test_a_missing_value_without_a_word_for_it_is_refused() -> None:
    assert variables_of("{a} {b} {a}") == ["a", "b"]
    with pytest.raises(MissingValueError, match="code"):
        fill("{code}", {}, {})


@pytest.mark.parametrize(
    ("hour", "quiet", "over"),
    [(8, True, 9), (9, False, 9), (20, False, 20), (21, True, 33), (23, True, 33), (2, True, 9)],
)
def test_quiet_hours_go_over_midnight_on_the_shops_clock(hour: int, quiet: bool, over: int) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    midnight = dt.datetime(2026, 3, 2, tzinfo=zone)
    moment = midnight + dt.timedelta(hours=hour)
    hours = QuietHours()
    assert hours.holds_at(moment, zone) == quiet
    assert hours.over_at(moment, zone) == midnight + dt.timedelta(hours=over)
