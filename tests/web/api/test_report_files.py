"""Tables, drawings, changes and links of a report: the same as the pages hand out."""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable

import pytest

from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.web.api.conftest import Program
from tests.web.conftest import Browser
from tests.web.reports.test_report_page import launch_and_sell

ONE = "/campaigns/1/reports/1"
PAGE = "/campaigns/1/report/1"


@pytest.fixture
def evaluated(
    program: Program,
    settings: Settings,
    database: Database,
    finish_jobs: Callable[[], list[Job]],
) -> Program:
    launch_and_sell(settings, database, unit="customer")
    program.post("/campaigns/1/reports", 202)
    finish_jobs()
    return program


def test_files_have_the_bytes_that_the_page_hands_out(evaluated: Program, owner: Browser) -> None:
    names = evaluated.get(f"{ONE}/files")["data"]
    assert {"arms", "waterfall"} <= set(names["tables"])
    for table in names["tables"]:
        for kind in ("csv", "json"):
            here = evaluated.send("GET", f"{ONE}/tables/{table}.{kind}")
            assert here.get_data() == owner.get(f"{PAGE}/tables/{table}.{kind}").get_data()
    for chart in names["charts"]:
        for kind in ("svg", "json"):
            here = evaluated.send("GET", f"{ONE}/charts/{chart}.{kind}")
            assert here.get_data() == owner.get(f"{PAGE}/charts/{chart}.{kind}").get_data()
    packed = zipfile.ZipFile(io.BytesIO(evaluated.send("GET", f"{ONE}/archive").get_data()))
    assert packed.read("report.json") == evaluated.send("GET", ONE).get_data()
    evaluated.get(f"{ONE}/tables/nothing.csv", 404)
    evaluated.get(f"{ONE}/charts/nothing.svg", 404)


def test_a_version_without_changes_says_so(evaluated: Program) -> None:
    found = evaluated.get(f"{ONE}/changes")["data"]
    assert (found["since"], found["until"], found["numbers_changed"]) == (1, 1, False)
    evaluated.get(f"{ONE}/changes?since=7", 404)


def test_the_address_of_a_link_is_told_once(
    evaluated: Program, stranger: Browser, database: Database
) -> None:
    body = {"days": 7, "meant_for": "Finance"}
    made = evaluated.post("/campaigns/1/links", 201, json=body, key="link")["data"]
    again = evaluated.post("/campaigns/1/links", 201, json=body, key="link")["data"]
    assert again == {**made, "address": None}
    assert len(evaluated.get("/campaigns/1/links")["data"]) == 1
    with database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT body FROM api_answers").scalars().all()
    token = made["address"].rpartition("/")[2]
    assert all(token not in (body or "") for body in kept)
    path = made["address"].partition("localhost")[2]
    assert stranger.get(path).status_code == 200
    evaluated.delete(f"/campaigns/1/links/{made['link']['id']}")
    assert stranger.get(path).status_code != 200
    until = dt.datetime.fromisoformat(made["link"]["expires_at"])
    made_at = dt.datetime.fromisoformat(made["link"]["made_at"])
    assert until - made_at == dt.timedelta(days=7)
    assert json.dumps(evaluated.get("/campaigns/1/links")).count(token) == 0
