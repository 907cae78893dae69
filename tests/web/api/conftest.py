"""Programs with tokens, on the application of tests/web."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regulars_platform.accounts.service import find_first_owner
from regulars_platform.api_access.scopes import Scope
from regulars_platform.api_access.tokens import create_token
from regulars_platform.jobs.models import Job
from regulars_platform.shops.service import find_first_shop
from regulars_platform.storage.database import Database
from tests.web.api.brought import COLUMNS, bring
from tests.web.conftest import NOW


class Program:
    """A client that sends its token, and no cookies."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client = client
        self.secret = secret

    def send(
        self, method: str, path: str, *, key: str | None = None, **options: Any
    ) -> TestResponse:
        """Send a request to a path below /api/v1."""
        headers = {"Authorization": f"Bearer {self.secret}", **options.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        """What is read there; fails at another status."""
        return self._sent("GET", path, status, options)

    def post(self, path: str, status: int = 200, **options: Any) -> Any:
        """What making it answers."""
        return self._sent("POST", path, status, options)

    def put(self, path: str, status: int = 200, **options: Any) -> Any:
        """What replacing it answers."""
        return self._sent("PUT", path, status, options)

    def patch(self, path: str, status: int = 200, **options: Any) -> Any:
        """What changing it answers."""
        return self._sent("PATCH", path, status, options)

    def delete(self, path: str, status: int = 204, **options: Any) -> Any:
        """What removing it answers."""
        return self._sent("DELETE", path, status, options)

    def _sent(self, method: str, path: str, status: int, options: dict[str, Any]) -> Any:
        answer = self.send(method, path, **options)
        assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True))
        return answer.get_json() if answer.mimetype == "application/json" else answer.get_data()


@pytest.fixture
def make_program(app: Flask, database: Database, shop_with_owner: None) -> Callable[..., Program]:
    """A program whose token has these scopes; none given: all there are."""

    def make(*scopes: Scope, days: int | None = None) -> Program:
        with database.unit_of_work() as session:
            shop, owner = find_first_shop(session), find_first_owner(session)
            assert shop is not None
            assert owner is not None
            _token, secret = create_token(
                session,
                shop_id=shop.id,
                user_id=owner.id,
                name="a test",
                scopes=scopes or tuple(Scope),
                days=days,
                now=NOW,
            )
        return Program(app.test_client(use_cookies=False), secret)

    return make


@pytest.fixture
def program(make_program: Callable[..., Program]) -> Program:
    """A program that may do everything."""
    return make_program()


@pytest.fixture
def with_orders(program: Program, finish_jobs: Callable[[], list[Job]]) -> Program:
    """A program of a shop whose orders it brought itself."""
    number = bring(program)
    finish_jobs()
    program.put(f"/imports/{number}/mapping", 202, json={"columns": COLUMNS})
    finish_jobs()
    program.post(f"/imports/{number}/store", 202, json={})
    finish_jobs()
    return program
