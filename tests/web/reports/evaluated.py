"""A data folder with a campaign that was launched, sold and evaluated."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from regulars_platform.accounts.service import create_owner
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import enqueue
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import upgrade
from tests.web.conftest import EMAIL, NOW, PASSWORD
from tests.web.reports.test_report_page import launch_and_sell


def build_evaluated(folder: Path) -> Path:
    """Campaign 1 has report 1; EMAIL and PASSWORD sign in."""
    settings = build_settings(folder)
    prepare_data_dir(settings)
    upgrade(settings)
    database = Database(settings)
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
