"""A campaign that was launched, sold and evaluated: made once, and copied for each test."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from regulars_platform.storage.database import Database
from tests.web.conftest import EMAIL, PASSWORD, Browser
from tests.web.reports.evaluated import build_evaluated


@pytest.fixture(scope="session")
def evaluated_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which campaign 1 has report 1."""
    return build_evaluated(tmp_path_factory.mktemp("evaluated") / "data")


@pytest.fixture
def evaluated_shop(app: Flask, database: Database, evaluated_data: Path) -> Browser:
    """Signed in; campaign 1 has report 1."""
    edge = app.extensions["regulars"]
    edge.database.dispose()
    database.dispose()  # both open the copy anew
    target = edge.settings.data_dir
    for file in target.glob("regulars.sqlite*"):
        file.unlink()
    shutil.copytree(
        evaluated_data, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("secret.key")
    )
    browser = Browser(app.test_client())
    browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    return browser
