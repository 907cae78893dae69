"""The token of forms: written differently into every answer, and refused where it is not ours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_web.csrf import masked, unmasked
from tests.web.conftest import EMAIL, PASSWORD, Browser


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzABC0123456789._-", max_size=120))
def test_a_mask_comes_off_again(token: str) -> None:
    assert unmasked(masked(token)) == token


@pytest.mark.parametrize("wrong", ["", "m.", "m.x", "m.%%%", "m.AAAA", "m.\u00ff", "plain"])
def test_what_is_under_no_mask_of_ours_is_no_error(wrong: str) -> None:
    unmasked(wrong)


def tokens(page: str) -> set[str]:
    return set(re.findall(r'name="csrf_token" value="([^"]+)"', page)) | set(
        re.findall(r'name="csrf-token" content="([^"]+)"', page)
    )


def test_no_two_answers_have_a_token_in_common(owner: Browser) -> None:
    first, again = (owner.get("/settings/").get_data(as_text=True) for _ in range(2))

    assert len(tokens(first)) == 1  # a page has one
    assert not tokens(first) & tokens(again)


def test_the_token_of_an_earlier_answer_is_still_good(
    stranger: Browser, shop_with_owner: None
) -> None:
    page = stranger.get("/sign-in").get_data(as_text=True)
    (token,) = tokens(page)
    stranger.get("/sign-in")

    form = {"csrf_token": token, "email": EMAIL, "password": PASSWORD}
    assert stranger.client.post("/sign-in", data=form).status_code == 302


@pytest.mark.parametrize("token", [None, "", "m.AAAA", "x"])
def test_a_form_without_the_token_is_refused(owner: Browser, token: str | None) -> None:
    form = {} if token is None else {"csrf_token": token}

    assert owner.client.post("/sign-out", data=form).status_code == 400
    assert owner.get("/settings/").status_code == 200


def test_a_token_of_another_session_is_refused(owner: Browser, stranger: Browser) -> None:
    page = stranger.get("/sign-in").get_data(as_text=True)
    (token,) = tokens(page)

    assert owner.client.post("/sign-out", data={"csrf_token": token}).status_code == 400
