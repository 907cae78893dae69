"""Every operation, asked in ways nobody thought of: no fault of ours, no answer that the document
does not know, every body as it says. `make api-fuzz` asks many more times."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from regulars_web.api.access import Guesses
from regulars_web.api.document import build_document
from tests.web.api.loaded import load_shop

EXAMPLES = int(os.environ.get("REGULARS_API_EXAMPLES", "3"))


class Later:
    """The application, which is there only once the tests run; operations are listed before."""

    app: Flask | None = None
    secret = ""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """As a WSGI application."""
        assert self.app is not None
        return self.app(environ, start_response)


LATER = Later()
OPERATIONS = schemathesis.openapi.from_dict(build_document())
OPERATIONS.app = LATER


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A shop that has something of everything, and a token for all of it."""
    with load_shop(Path(tmp_path_factory.mktemp("fuzz"))) as (LATER.app, LATER.secret):
        yield


def test_the_document_is_valid() -> None:
    OPENAPI_31_VALIDATOR.validate(build_document())


@OPERATIONS.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_in_the_document(
    case: schemathesis.Case[Any], loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Guesses, "refuse_guessing", lambda _self, _address: None)
    case.call_and_validate(
        headers={"Authorization": f"Bearer {LATER.secret}"},
        # a form can be right and say something that does not hold: no such segment, a day too late
        excluded_checks=[schemathesis.checks.positive_data_acceptance],
    )
