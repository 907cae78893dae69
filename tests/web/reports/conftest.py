"""Campaigns that were launched, sold and evaluated."""

from collections.abc import Callable

import pytest

from regulars_platform.jobs.models import Job, JobState
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.web.conftest import Browser
from tests.web.reports.test_report_page import REPORT, launch_and_sell


@pytest.fixture
def evaluated_shop(
    settings: Settings,
    database: Database,
    owner: Browser,
    finish_jobs: Callable[[], list[Job]],
) -> Browser:
    """Signed in; campaign 1 has report 1."""
    launch_and_sell(settings, database, unit="customer")
    owner.post(REPORT)
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    return owner
