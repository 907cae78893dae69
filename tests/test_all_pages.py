"""No page is forgotten by what looks at all of them."""

from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound

from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_web.app import create_app
from tests.everything import NAMES
from tests.pages import LEFT_OUT, VISITS


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    settings = build_settings(tmp_path_factory.mktemp("pages") / "data")
    prepare_data_dir(settings)
    return create_app(settings, secure_cookies=False, setup_code=None)


def visited(app: Flask) -> set[str]:
    known = dict.fromkeys(NAMES, "1")
    addresses = app.url_map.bind("localhost")
    found = set()
    for visit in VISITS:
        path = urlsplit(visit.address(known)).path
        try:
            found.add(addresses.match(path, method="GET")[0])
        except (NotFound, MethodNotAllowed):
            pytest.fail(f"{visit.name}: there is no page at {path}")
    return found


def readable(app: Flask) -> set[str]:
    """Endpoints that a browser can open, but those for programs."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }


def test_every_page_is_looked_at_or_left_out_for_a_reason(app: Flask) -> None:
    assert readable(app) - visited(app) - set(LEFT_OUT) == set()


def test_what_is_left_out_exists_and_is_not_visited(app: Flask) -> None:
    assert set(LEFT_OUT) - readable(app) == set()
    assert set(LEFT_OUT) & visited(app) == set()
    assert all(LEFT_OUT.values())


def test_no_two_pictures_have_one_name() -> None:
    assert len({visit.name for visit in VISITS}) == len(VISITS)
