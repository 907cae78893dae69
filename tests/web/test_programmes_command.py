"""Programmes on the command line: a day foreseen, and run once."""

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars_platform.settings import build_settings
from regulars_platform.storage.database import Database
from regulars_web.cli import group
from tests.platform.programmes.build import first_orders, keep_orders, started


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(group, ["programmes", "run", *words, "--data", str(data)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    opened = CliRunner().invoke(
        group,
        [
            *("init", "Tea", "--currency", "EUR", "--timezone", "UTC", "--owner-name", "Wen"),
            *("--owner-email", "wen@example.org", "--owner-password", "a long password"),
            *("--data", str(folder)),
        ],
    )
    assert opened.exit_code == 0, opened.output
    return folder


def test_a_day_is_foreseen_then_run_once(data: Path) -> None:
    assert "No programme runs." in run(data).output
    settings = build_settings(data)
    database = Database(settings)
    today = dt.datetime.now(dt.UTC).date()
    keep_orders(settings, *first_orders(30, today - dt.timedelta(days=10)))
    started(database, "honeymoon", wait_hours=240)
    database.dispose()
    assert "would be told" in run(data, "--dry").output
    first = run(data).output
    assert f"honeymoon: ran for {today.isoformat()};" in first
    assert run(data).output == first.replace(": ran for", ": had been run for")


def test_a_day_to_come_is_refused(data: Path) -> None:
    settings = build_settings(data)
    database = Database(settings)
    keep_orders(settings, *first_orders(3))
    started(database, "honeymoon")
    database.dispose()
    refused = run(data, "--day", "2999-01-01")
    assert "has not begun in the shop's time zone" in str(refused.exception)
