"""Tokens as a person makes them: on the page, and on the command line."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from regulars_platform.api_access.tokens import list_tokens
from regulars_platform.settings import build_settings
from regulars_platform.storage.database import Database
from regulars_web.app import create_app
from regulars_web.cli import group
from tests.web.api.conftest import Program
from tests.web.conftest import Browser


def test_a_token_is_shown_once_and_works_until_it_is_revoked(owner: Browser) -> None:
    assert "no tokens yet" in owner.get("/settings/api/").get_data(as_text=True)
    form = {"name": "analyst's notebook", "days": "30", "scope": ["read:shop", "read:reports"]}
    made = owner.post("/settings/api/", form)
    found = re.search(r'value="(regs_[^"]+)"', made.get_data(as_text=True))
    assert made.status_code == 201
    assert found is not None
    secret = found.group(1)
    program = Program(owner.client, secret)
    assert program.get("/shop")["data"]["name"] == "Green Hill"
    page = owner.get("/settings/api/").get_data(as_text=True)
    assert secret not in page
    assert "analyst&#39;s notebook" in page
    owner.post("/settings/api/1/revoke")
    program.get("/shop", 401)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "", "scope": ["read:shop"]}, "Give the token a name"),
        ({"name": "x" * 101, "scope": ["read:shop"]}, "101 characters"),
        ({"name": "x"}, "at least one thing"),
        ({"name": "x", "scope": ["everything"]}, "nothing that a token can be for"),
        ({"name": "x", "scope": ["read:shop"], "days": "soon"}, "1 to 3,650 days"),
        ({"name": "x", "scope": ["read:shop"], "days": "0"}, "1 to 3,650 days"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    owner: Browser, database: Database, form: dict[str, object], said: str
) -> None:
    answer = owner.post("/settings/api/", form)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True).replace("&#39;", "'")
    with database.unit_of_work() as session:
        assert list_tokens(session, 1) == []


def test_the_reference_names_every_operation(owner: Browser) -> None:
    page = owner.get("/settings/api/reference").get_data(as_text=True)
    assert "PUT /api/v1/imports/{import_id}/mapping" in page
    assert "style=" not in page


def test_tokens_on_the_command_line(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(group, [*words, "--data", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.output.strip()

    run(
        "init", "Tea", "--currency", "EUR", "--timezone", "UTC", "--owner-name", "Wen",
        "--owner-email", "wen@example.org", "--owner-password", "a long password",
    )  # fmt: skip
    secret = run("token", "create", "nightly", "--scope", "read:shop", "--days", "7")
    app = create_app(build_settings(tmp_path), secure_cookies=False, setup_code=None)
    program = Program(app.test_client(), secret)
    assert program.get("/shop")["data"]["name"] == "Tea"
    listed = run("token", "list").split("\t")
    assert listed[1] == "valid"
    assert listed[2] == secret[:9] + "…"
    run("token", "revoke", listed[0])
    program.get("/shop", 401)
    assert "revoked" in run("token", "list")
    app.extensions["regulars"].database.dispose()
