"""The program of the README, run as it stands there against a server."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import make_server

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.web.api.conftest import Program
from tests.web.reports.test_report_page import launch_and_sell

README = Path(__file__).resolve().parents[3] / "README.md"


@pytest.fixture
def code() -> str:
    found = re.search(r"## From a program.*?```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_readmes_program_finds_the_reports_number_again(
    app: Flask,
    code: str,
    program: Program,
    make_program: Callable[..., Program],
    settings: Settings,
    database: Database,
    finish_jobs: Callable[[], list[Job]],
) -> None:
    launch_and_sell(settings, database, unit="customer")
    program.post("/campaigns/1/reports", 202)
    finish_jobs()
    reader = make_program(Scope.READ_REPORTS, Scope.READ_OUTCOMES)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        known = {
            "REGULARS_URL": f"http://127.0.0.1:{server.port}",
            "REGULARS_TOKEN": reader.secret,
        }
        done = subprocess.run(
            [sys.executable, "-I", "-c", code],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        server.shutdown()
        thread.join()
    assert done.returncode == 0, done.stderr
    rows, report = (float(n) for n in re.findall(r": (-?[0-9.]+)", done.stdout))
    stored = program.get("/campaigns/1/report")["overall"][0]["net"]["estimate"]
    assert rows == report == round(stored, 6)
    assert rows > 0
