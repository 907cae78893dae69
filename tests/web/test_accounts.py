"""First start, signing in and out, and who may see what."""

import pytest
from flask import Flask

from regulars_platform.accounts.service import end_all_sessions
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.app import create_app
from tests.web.conftest import EMAIL, PASSWORD, Browser

SETUP = {
    "shop_name": "Green Hill",
    "currency": "CNY",
    "timezone": "Asia/Shanghai",
    "name": "Mei",
    "email": EMAIL,
    "password": PASSWORD,
}


def test_a_fresh_installation_leads_to_the_first_start_and_on_to_the_shop(
    stranger: Browser,
) -> None:
    assert stranger.get("/").location == "/setup"
    done = stranger.post("/setup", {**SETUP})
    assert (done.status_code, done.location) == (302, "/")
    assert "Green Hill" in stranger.get("/").get_data(as_text=True)


def test_the_first_start_is_gone_once_there_is_an_owner(stranger: Browser) -> None:
    stranger.post("/setup", {**SETUP})
    assert stranger.get("/setup").status_code == 404
    assert stranger.post("/setup", {**SETUP, "email": "eve@example.com"}).status_code == 404


def test_everything_wrong_with_the_first_start_is_said_at_once_and_nothing_is_kept(
    stranger: Browser,
) -> None:
    page = stranger.post("/setup", {**SETUP, "shop_name": "", "currency": "", "password": "short"})
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert "The shop needs a name." in text
    assert "Choose the currency of the shop." in text
    assert "The password has 5 characters; it needs at least 10." in text
    assert text.count('aria-invalid="true"') == 3
    assert stranger.get("/").location == "/setup"


def test_where_strangers_can_come_first_the_first_start_asks_for_the_printed_code(
    settings: Settings, database: Database
) -> None:
    app = create_app(settings, secure_cookies=False, setup_code="right-code")
    browser = Browser(app.test_client())
    assert 'name="code"' in browser.get("/setup").get_data(as_text=True)
    assert browser.post("/setup", {**SETUP, "code": "wrong"}).status_code == 422
    assert browser.post("/setup", {**SETUP}).status_code == 422
    assert browser.post("/setup", {**SETUP, "code": "right-code"}).status_code == 302


@pytest.mark.usefixtures("shop_with_owner")
def test_a_stranger_is_sent_to_sign_in_and_back_to_the_page_they_wanted(stranger: Browser) -> None:
    asked = stranger.get("/settings/?tab=1")
    assert asked.location == "/sign-in?next=/settings/?tab%3D1"
    signed = stranger.post(asked.location, {"email": EMAIL, "password": PASSWORD})
    assert signed.location == "/settings/?tab=1"


@pytest.mark.usefixtures("shop_with_owner")
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(stranger: Browser, target: str) -> None:
    signed = stranger.post(f"/sign-in?next={target}", {"email": EMAIL, "password": PASSWORD})
    assert signed.location == "/"


@pytest.mark.usefixtures("shop_with_owner")
def test_every_page_but_the_public_ones_asks_for_sign_in(app: Flask, stranger: Browser) -> None:
    public = {"static", "accounts.sign_in", "accounts.setup", "accounts.language"}
    # signed links that customers follow, and short links of messages
    public |= {"hooks.unsubscribe", "hooks.link"}
    # reports, for whoever has a link to one: tests/web/reports/test_links.py
    public |= {"shared.show", "shared.table", "shared.pdf"}
    public |= {"help.terms"}  # the same for every shop
    for rule in app.url_map.iter_rules():
        if rule.endpoint in public or "GET" not in (rule.methods or ()):
            continue
        with app.test_request_context():
            path = rule.build(dict.fromkeys(rule.arguments, "1"), append_unknown=False)
        assert path is not None
        answer = stranger.get(path[1])
        if rule.endpoint.startswith("incoming."):
            assert answer.status_code == 401, rule  # asked by scripts, which open no page
            continue
        if rule.endpoint.startswith("api."):
            # programs are told what is missing; the document says nothing of anybody
            assert answer.status_code == (200 if rule.endpoint == "api.openapi" else 401), rule
            continue
        assert (answer.status_code, "/sign-in" in (answer.location or "")) == (302, True), rule


@pytest.mark.usefixtures("shop_with_owner")
def test_a_wrong_password_and_an_unknown_address_look_the_same(stranger: Browser) -> None:
    wrong = stranger.post("/sign-in", {"email": EMAIL, "password": "wrong password"})
    unknown = stranger.post("/sign-in", {"email": "who@example.com", "password": "wrong password"})
    assert wrong.status_code == unknown.status_code == 422
    for page in (wrong, unknown):
        assert "do not belong together" in page.get_data(as_text=True)


@pytest.mark.usefixtures("shop_with_owner")
def test_guessing_is_slowed_down(stranger: Browser) -> None:
    token = stranger.token()
    guess = {"csrf_token": token, "email": EMAIL, "password": ""}
    answers = [stranger.client.post("/sign-in", data=guess).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert stranger.get("/sign-in").status_code == 200


@pytest.mark.usefixtures("shop_with_owner")
def test_the_session_is_a_new_one_after_signing_in(app: Flask) -> None:
    client = app.test_client()
    browser = Browser(client)
    browser.get("/sign-in")
    with client.session_transaction() as session:
        session["planted"] = "by someone else"
        before = session["csrf_token"]
    browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before


def test_signing_out_ends_the_session(owner: Browser) -> None:
    assert owner.get("/").status_code == 200
    owner.post("/sign-out")
    assert owner.get("/").location == "/sign-in"


def test_ending_all_sessions_ends_those_elsewhere(owner: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        end_all_sessions(session, 1)
    assert owner.get("/").location == "/sign-in"


def test_the_language_is_kept_for_the_person(owner: Browser, app: Flask) -> None:
    owner.post("/language", {"locale": "zh_Hans", "next": "/settings/"})
    assert '<html lang="zh-Hans">' in owner.get("/").get_data(as_text=True)
    elsewhere = Browser(app.test_client())
    elsewhere.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    assert '<html lang="zh-Hans">' in elsewhere.get("/").get_data(as_text=True)


@pytest.mark.usefixtures("shop_with_owner")
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-Hans-SG", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-Hant-CN", "zh-Hant"),
        ("fr,zh-hant;q=0.8,en;q=0.5", "zh-Hant"),
        ("en-GB,en;q=0.9", "en"),
        ("fr,de;q=0.5", "en"),
        ("", "en"),
    ],
)
def test_the_browser_says_which_language_comes_first(
    stranger: Browser, asked: str, shown: str
) -> None:
    page = stranger.get("/sign-in", headers={"Accept-Language": asked})
    assert f'<html lang="{shown}">' in page.get_data(as_text=True)
