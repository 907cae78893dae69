"""A campaign that was launched, sold and evaluated: made once, and copied for each test."""

import shutil
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from regulars_platform.accounts.service import create_owner
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import enqueue
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.web.conftest import EMAIL, NOW, PASSWORD, Browser
from tests.web.reports.test_report_page import launch_and_sell


@pytest.fixture(scope="session")
def evaluated_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which campaign 1 has report 1."""
    settings = build_settings(tmp_path_factory.mktemp("evaluated") / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch, database.unit_of_work() as session:
        patch.setattr("regulars_platform.accounts.passwords._HASHER", quick)
        open_shop(session, name="Green Hill", currency="GBP", timezone="Asia/Shanghai", now=NOW)
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)
    launch_and_sell(settings, database, unit="customer")
    with database.unit_of_work() as session:
        job_id = enqueue(session, "evaluate_campaign", 1, 1, NOW)
    assert run_inline(settings, database, job_id).state == JobState.DONE
    database.dispose()
    return settings.data_dir


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
