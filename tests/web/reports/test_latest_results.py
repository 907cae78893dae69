"""Lists of campaigns say what each earned: the number of its newest report, with its range."""

from collections.abc import Callable

import pytest

from regulars_platform.jobs.models import Job
from regulars_platform.reports.newest import documents_of, newest_reports
from regulars_platform.reports.service import find_latest_report
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web import latest_results as module
from regulars_web.words.reports import amount, interval
from tests.web.conftest import Browser
from tests.web.reports.test_report_page import launch_and_sell


@pytest.fixture
def evaluated(
    settings: Settings,
    database: Database,
    owner: Browser,
    finish_jobs: Callable[[], list[Job]],
) -> Browser:
    launch_and_sell(settings, database, unit="customer")
    owner.post("/campaigns/1/report")
    finish_jobs()
    return owner


def test_home_and_the_list_say_net_profit_with_its_range(
    evaluated: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.unit_of_work() as work:
        report = find_latest_report(work, 1, 1)
    assert report is not None
    group = report.document["overall"][0]
    currency, n, net = report.document["plan"]["currency"], group["n"], group["net"]
    with evaluated.client.application.test_request_context():
        said = amount(net["estimate"] * n, currency, whole=True, signed=True)
        ends = interval(net["low"] * n, net["high"] * n, currency, whole=True)

    for path in ("/", "/campaigns/"):
        page = evaluated.get(path).get_data(as_text=True)
        assert said in page
        assert ends in page
    assert "Telling these" in evaluated.get("/").get_data(as_text=True)

    # a report that was read once is not read again
    monkeypatch.setattr(module, "documents_of", lambda _work, ids: iter([]) if not ids else None)
    assert said in evaluated.get("/campaigns/").get_data(as_text=True)


def test_reports_of_another_shop_and_campaigns_without_any_are_left_out(
    evaluated: Browser, database: Database
) -> None:
    with database.unit_of_work() as work:
        assert set(newest_reports(work, 1, [1, 99])) == {1}
        assert newest_reports(work, 2, [1]) == {}
        assert newest_reports(work, 1, []) == {}
        (one,) = newest_reports(work, 1, [1]).values()
        (read,) = documents_of(work, [one.report_id])
    assert read.digest == one.digest
    assert read.document["schema"] == "regulars.report/1"
