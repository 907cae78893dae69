"""What holds for every answer: headers, cookies, tokens, hosts, files."""

import stat

import pytest
from flask import Flask

from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.app import create_app
from regulars_web.security import CONTENT_SECURITY_POLICY
from tests.web.conftest import EMAIL, PASSWORD, Browser


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing-here", "/static/app.js"])
def test_every_answer_carries_the_security_headers(owner: Browser, path: str) -> None:
    headers = owner.get(path).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Permissions-Policy" in headers
    assert "Strict-Transport-Security" not in headers


def test_the_policy_allows_no_inline_script_or_style() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")


def test_pages_are_not_kept_by_browsers_but_fingerprinted_files_are(owner: Browser) -> None:
    assert owner.get("/").headers["Cache-Control"] == "no-store"
    assert "immutable" in owner.get("/static/app.js?v=1").headers["Cache-Control"]


def test_cookies_are_for_this_site_and_for_http_only(stranger: Browser) -> None:
    cookie = stranger.get("/setup").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_beyond_loopback_cookies_need_https(settings: Settings, database: Database) -> None:
    app = create_app(settings, secure_cookies=True, setup_code=None)
    answer = app.test_client().get("/setup", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_no_form_works_without_its_token(app: Flask, owner: Browser) -> None:
    # doors for machines and mail programs: what comes there is signed instead
    signed = {"hooks.delivery": 401, "hooks.unsubscribe": 404}
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(posts) > 5
    for rule in posts:
        with app.test_request_context():
            path = rule.build(dict.fromkeys(rule.arguments, "1"), append_unknown=False)
        assert path is not None
        answer = owner.client.post(path[1], data={})
        if rule.endpoint.startswith("api."):
            assert answer.status_code == 401, rule  # a session opens nothing there, only a token
            continue
        if rule.endpoint.startswith("incoming."):
            assert answer.status_code == 403, rule  # told to a script
            continue
        if rule.endpoint in signed:
            assert answer.status_code == signed[rule.endpoint]
            continue
        assert answer.status_code == 400, rule
        assert "This form has expired" in answer.get_data(as_text=True)


def test_htmx_may_send_the_token_in_a_header(owner: Browser) -> None:
    token = owner.token()
    answer = owner.client.post("/sign-out", headers={"X-CSRFToken": token})
    assert answer.location == "/sign-in"


@pytest.mark.usefixtures("shop_with_owner")
def test_a_fragment_asked_for_by_a_stranger_sends_the_whole_page_to_sign_in(
    stranger: Browser,
) -> None:
    answer = stranger.get("/jobs/1/progress", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/sign-in"
    assert answer.get_data() == b""


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 302),
        ("127.0.0.1:8000", 302),
        ("[::1]:8000", 302),
        ("192.168.1.7", 302),
        ("evil.example", 400),
        ("localhost.evil.example:8000", 400),
    ],
)
def test_a_foreign_host_name_is_refused(stranger: Browser, host: str, status: int) -> None:
    assert stranger.get("/", headers={"Host": host}).status_code == status


def test_the_secret_key_is_made_once_and_for_its_owner_alone(
    settings: Settings, app: Flask
) -> None:
    path = settings.data_dir / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700
    again = create_app(settings, secure_cookies=False, setup_code=None)
    assert again.secret_key == app.secret_key == path.read_bytes()


def test_a_form_that_is_far_too_large_is_refused(owner: Browser) -> None:
    answer = owner.client.post("/settings/", data={"shop_name": "x" * 5_000_000})
    assert answer.status_code == 413


def test_a_missing_page_is_calm_and_shows_the_way_back(owner: Browser) -> None:
    answer = owner.get("/nothing-here")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.get_data(as_text=True)


def test_a_fault_of_ours_shows_no_inside(app: Flask, owner: Browser) -> None:
    def stumble() -> str:
        raise ZeroDivisionError("secret detail")

    app.testing = False
    app.view_functions["home.shop"] = stumble
    answer = owner.get("/")
    assert answer.status_code == 500
    text = answer.get_data(as_text=True)
    assert "Something went wrong on our side" in text
    assert "secret detail" not in text


def test_no_template_carries_inline_style_or_script(app: Flask) -> None:
    names = [name for name in app.jinja_env.list_templates() if name.endswith(".html")]
    assert len(names) > 10
    for name in names:
        assert app.jinja_env.loader is not None
        source = app.jinja_env.loader.get_source(app.jinja_env, name)[0]
        assert " style=" not in source, name
        assert "<style" not in source or name == "evaluation.html", name
        assert "<script>" not in source, name
        assert "hx-on" not in source, name
        assert " onclick=" not in source, name


def test_signed_in_means_the_right_password(owner: Browser) -> None:
    # guards the fixture: everything above would pass on a page that shows nothing
    assert EMAIL in owner.get("/settings/").get_data(as_text=True)
    assert PASSWORD not in owner.get("/settings/").get_data(as_text=True)
