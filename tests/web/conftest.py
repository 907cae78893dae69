"""A real application on a data folder of its own, and clients that are signed in or not."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from regulars_platform.accounts.service import create_owner
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.tables import JobRow
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_web.app import create_app

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
EMAIL, PASSWORD = "mei@example.com", "ten letters"


class Browser:
    """A client that fills in the CSRF token of the page it stands on, as a form would."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: object) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **options)

    def token(self) -> str:
        """The token of this session, as every page carries it."""
        page = self.client.get("/sign-in", follow_redirects=True).get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found is not None
        return found.group(1)

    def post(
        self, path: str, data: Mapping[str, object] | None = None, **options: object
    ) -> TestResponse:
        """Send a form."""
        sent = {"csrf_token": self.token(), **(data or {})}
        return self.client.post(path, data=sent, **options)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same argon2id, at a thousandth of its cost."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("regulars_platform.accounts.passwords._HASHER", quick)


class Compiled(BytecodeCache):
    """Templates, compiled once for all applications of a run."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Whatever was compiled from the same text."""
        if bucket.key in self._kept:
            bucket.load_bytecode(BytesIO(self._kept[bucket.key]))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        kept = BytesIO()
        bucket.write_bytecode(kept)
        self._kept[bucket.key] = kept.getvalue()


@pytest.fixture(scope="session", autouse=True)
def templates_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
        patch.setattr(Flask, "jinja_options", options)
        yield


@pytest.fixture(scope="session", autouse=True)
def builders_once() -> Iterator[None]:
    """Each test has an application of its own with the same 450 addresses. What writes one of them
    is compiled from Python's own syntax, two thirds of an application's time to start: done once.

    The function is given the rule that it belongs to, and knows nothing else of it.
    """
    compile_builder, made = Rule._compile_builder, {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compiled)
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    return settings


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings)
    create_all_tables(database)
    yield database
    database.dispose()


@pytest.fixture
def shop_with_owner(database: Database) -> None:
    with database.unit_of_work() as session:
        open_shop(session, name="Green Hill", currency="GBP", timezone="Asia/Shanghai", now=NOW)
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[Flask]:
    del database  # its tables have to be there
    app = create_app(settings, secure_cookies=False, setup_code=None)
    app.testing = True
    yield app
    app.extensions["regulars"].database.dispose()


@pytest.fixture
def finish_jobs(settings: Settings, database: Database) -> Callable[[], list[Job]]:
    """Do all queued work here and now, as the worker would."""

    def finish() -> list[Job]:
        with database.unit_of_work() as session:
            waiting = select(JobRow.id).where(JobRow.state == JobState.QUEUED)
            ids = list(session.scalars(waiting.order_by(JobRow.created_at)))
        return [run_inline(settings, database, job_id) for job_id in ids]

    return finish


@pytest.fixture
def stranger(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def owner(app: Flask, shop_with_owner: None) -> Browser:
    """Signed in."""
    browser = Browser(app.test_client())
    browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    return browser
