"""`regulars campaign` on a data folder of its own."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars_platform.settings import build_settings
from regulars_web.cli import group
from tests.platform.campaigns.build import arm, draft
from tests.web.campaigns.conftest import write_orders


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder whose shop has orders."""
    folder = tmp_path / "data"
    made = run(
        folder,
        *("init", "Green Hill", "--currency", "GBP", "--timezone", "UTC"),
        *("--owner-name", "Mei", "--owner-email", "mei@example.com"),
        typed="ten letters\nten letters\n",
    )
    assert made.exit_code == 0, made.output
    write_orders(build_settings(folder).shop_dir(1))
    return folder


def run(data: Path, *words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(group, [*words, "--data", str(data)], input=typed)


def write_plan(folder: Path, **other: object) -> str:
    days = {"as_of": "2026-11-01", "send_date": "2026-11-02", "outcome_end": "2026-11-29"}
    plan = draft(**(days | {"settle_until": "2026-12-13", "currency": "GBP"} | other))
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return str(path)


def test_plan_launch_and_lists_in_three_commands(data: Path, tmp_path: Path) -> None:
    planned = run(data, "campaign", "plan", write_plan(tmp_path))
    assert planned.stdout == "1\tFree shipping from 80\n"
    launched = run(data, "campaign", "launch", "1", "--salt", "pepper")
    assert launched.exit_code == 0, launched.output
    assert "300 customers drawn of 300" in launched.stdout
    out = tmp_path / "lists"
    assert run(data, "campaign", "lists", "1", "--out", str(out)).exit_code == 0
    with (out / "campaign-1-assignment.csv").open(encoding="utf-8-sig", newline="") as file:
        arms = {row["customer_id"]: row["arm"] for row in csv.DictReader(file)}
    with (out / "campaign-1-arm-1-contacts.csv").open(encoding="utf-8-sig", newline="") as file:
        told = {row["customer_id"] for row in csv.DictReader(file)}
    assert len(arms) == 300
    assert told == {name for name, arm in arms.items() if arm == "Free shipping"}
    assert len(told) == 240
    assert run(data, "campaign", "list").stdout == "1\tlaunched\tFree shipping from 80\n"


def test_a_ladder_in_a_file_is_launched_and_listed(data: Path, tmp_path: Path) -> None:
    free = {"kind": "free_shipping", "threshold": "39", "shipping_cost": "5", "reach": "personal"}
    arms = [
        arm(name=f"k = {k}", share_percent="40", offer=free | {"multiple": k}) for k in ("1", "1.3")
    ]
    planned = run(data, "campaign", "plan", write_plan(tmp_path, arms=arms))
    assert planned.stderr == ""
    assert run(data, "campaign", "launch", "1", "--salt", "pepper").exit_code == 0
    out = tmp_path / "lists"
    assert run(data, "campaign", "lists", "1", "--out", str(out)).exit_code == 0
    with (out / "campaign-1-arm-2-contacts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120
    assert len({row["threshold"] for row in rows}) > 5
    assert all(row["offer"].startswith(f"Free shipping from {row['threshold']} ") for row in rows)


def test_what_is_wrong_with_an_own_threshold_is_said_by_its_field(
    data: Path, tmp_path: Path
) -> None:
    free = {"kind": "free_shipping", "threshold": "39", "shipping_cost": "5", "multiple": "11"}
    planned = run(data, "campaign", "plan", write_plan(tmp_path, arms=[arm(offer=free)]))
    assert "arms.0.offer.multiple: At most 10 times the own order value" in planned.stderr
    assert "arms.0.offer.reach: A threshold of each customer's own cannot be open" in planned.stderr


def test_what_is_wrong_with_a_plan_is_said_by_field_and_it_cannot_be_launched(
    data: Path, tmp_path: Path
) -> None:
    planned = run(data, "campaign", "plan", write_plan(tmp_path, holdout_percent="0"))
    assert planned.exit_code == 0
    assert "holdout_percent: Without a holdout" in planned.stderr
    launched = run(data, "campaign", "launch", "1")
    assert launched.exit_code != 0
    assert "Without a holdout" in str(launched.exception)


def test_a_plan_in_another_currency_is_refused(data: Path, tmp_path: Path) -> None:
    planned = run(data, "campaign", "plan", write_plan(tmp_path, currency="EUR"))
    assert planned.exit_code == 1
    assert "the shop has GBP" in planned.stderr


def test_a_file_that_is_no_plan_is_refused(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for content, said in (("[1]", "named fields"), ("{", "not JSON")):
        path.write_text(content, encoding="utf-8")
        assert said in run(data, "campaign", "plan", str(path)).stderr
