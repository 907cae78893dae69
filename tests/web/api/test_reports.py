"""Reports over the interface: the same bytes as elsewhere, the same figures from their rows."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.cli import group
from tests.web.api.conftest import Program
from tests.web.conftest import Browser
from tests.web.reports.test_report_page import launch_and_sell


@pytest.fixture
def sold(program: Program, settings: Settings, database: Database) -> Program:
    """Campaign 1 was launched, and its window is over."""
    launch_and_sell(settings, database, unit="customer")
    return program


@pytest.fixture
def evaluated(sold: Program, finish_jobs: Callable[[], list[Job]]) -> Program:
    """Campaign 1 has report 1."""
    job = sold.post("/campaigns/1/reports", 202)["data"]
    assert job["state"] == "queued"
    assert [done.state for done in finish_jobs()] == [JobState.DONE]
    assert sold.get(f"/jobs/{job['id']}")["data"]["state"] == "done"
    return sold


def rows_of(program: Program) -> list[dict[str, str]]:
    text = program.get("/campaigns/1/reports/1/outcomes").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def net_of(row: dict[str, str], margin: float) -> float:
    return margin * float(row["kept"]) - float(row["offer_cost"]) - float(row["contact_cost"])


def test_the_document_has_the_same_bytes_wherever_it_comes_from(
    evaluated: Program, owner: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = evaluated.send("GET", "/campaigns/1/reports/1")
    listed = evaluated.get("/campaigns/1/reports")["data"]
    page = owner.get("/campaigns/1/report/1.json")
    # the tests' database was made without migrations, which the command would run
    monkeypatch.setattr("regulars_platform.storage.migrations_run.upgrade", lambda _settings: None)
    command = ["campaign", "report", "1", "--json", "-", "--data", str(settings.data_dir)]
    printed = CliRunner().invoke(group, command).output
    assert here.mimetype == "application/json"
    assert here.get_data() == page.get_data()
    assert here.get_data(as_text=True) + "\n" == printed
    assert [hashlib.sha256(here.get_data()).hexdigest()] == [one["sha256"] for one in listed]
    assert evaluated.send("GET", "/campaigns/1/report").get_data() == here.get_data()
    assert evaluated.post("/campaigns/1/reports/1/verify")["data"] == {"same": True}


def test_the_same_rows_say_the_same_through_regulars_evaluate(
    evaluated: Program, tmp_path: Path
) -> None:
    """The rows behind the report, given to `regulars evaluate`, give the report's own figures: the
    same estimates and the same intervals, where both look at the same thing."""
    report = evaluated.get("/campaigns/1/reports/1")
    file = tmp_path / "outcomes.csv"
    file.write_bytes(evaluated.get("/campaigns/1/reports/1/outcomes"))
    plan = report["plan"]
    low, high = (float(plan[name]) for name in ("margin_low_percent", "margin_high_percent"))
    arm = plan["arms"][0]
    done = CliRunner().invoke(
        group,
        [
            "evaluate", str(file), "--arm", "arm", "--control", "holdout",
            "--metric", "kept=kept", "--metric", "revenue=revenue",
            "--conversion", "buyers=buyer", "--segment", "segment",
            "--margin", f"{low}%-{high}%" if low != high else f"{low}%",
            "--offer-cost", "offer_cost", "--contact-cost", str(arm["contact_cost"]),
            "--confidence", str(float(plan["confidence_percent"]) / 100), "--json", "-",
        ],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    other = json.loads(done.output)
    said = {(one["metric"], segment_of(one)): one for one in other["effects"]}
    compared = 0
    for ours in report["metrics"]:
        theirs = said.get((ours["metric"], ours["segment"] and segment_of(ours)))
        if theirs is not None:
            compared += 1
            for part in ("n_arm", "n_control", "method"):
                assert ours[part] == theirs[part]
            for part in ("mean_arm", "mean_control"):
                assert ours[part] == pytest.approx(theirs[part], rel=1e-9)
            assert_same_answer(ours["difference"], theirs["difference"])
            assert_same_answer(ours["relative"], theirs["relative"])
    assert compared >= 2
    profit = next(one for one in other["profit"]["groups"] if one["segment"] is None)
    assert_same_answer(report["overall"][0]["net"], profit["net"])


def segment_of(record: dict[str, Any]) -> Any:
    found = record["segment"]
    return found["value"] if isinstance(found, dict) else found


def assert_same_answer(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours.get("not_estimable") == theirs.get("not_estimable")
    if "estimate" in theirs:
        assert ours["estimate"] == pytest.approx(theirs["estimate"], rel=1e-9)
        for end in ("low", "high"):  # found by bisection, to about eight digits
            assert ours[end] == pytest.approx(theirs[end], rel=1e-6)


def test_the_rows_add_up_to_the_net_profit_of_the_report(evaluated: Program) -> None:
    """Recomputed with plain Python and with statsmodels, from what the interface hands out."""
    report, rows = evaluated.get("/campaigns/1/reports/1"), rows_of(evaluated)
    plan, whole = report["plan"], report["overall"][0]
    margin = (float(plan["margin_low_percent"]) + float(plan["margin_high_percent"])) / 200
    told = np.array([net_of(row, margin) for row in rows if row["arm"] == whole["arm"]])
    held = np.array([net_of(row, margin) for row in rows if row["arm"] == "holdout"])
    assert (len(told), len(held)) == (whole["n"], whole["n_control"])
    found = CompareMeans(DescrStatsW(told), DescrStatsW(held))
    assert whole["net"]["estimate"] == pytest.approx(told.mean() - held.mean(), rel=1e-9)
    low, high = found.tconfint_diff(alpha=0.05, usevar="unequal")
    welch = next(one for one in whole["sensitivity"] if one["method"] == "Welch")
    assert welch["difference"]["low"] == pytest.approx(low, rel=1e-6)
    assert welch["difference"]["high"] == pytest.approx(high, rel=1e-6)


def test_rows_are_as_the_ledger_has_them_and_need_a_scope_of_their_own(
    evaluated: Program, make_program: Callable[..., Program]
) -> None:
    assigned = evaluated.get("/campaigns/1/assignment").decode("utf-8-sig")
    arms = {row["customer_id"]: row["arm"] for row in csv.DictReader(io.StringIO(assigned))}
    assert {row["unit_id"]: row["arm"] for row in rows_of(evaluated)} == arms
    reader = make_program(Scope.READ_REPORTS, Scope.READ_CAMPAIGNS)
    refused = reader.get("/campaigns/1/reports/1/outcomes", 403)["error"]
    assert refused["scope"] == "read:outcomes"


def test_rows_stay_those_of_the_report_whatever_comes_later(
    evaluated: Program, settings: Settings
) -> None:
    from tests.platform.customers.build import line, lines

    before = evaluated.get("/campaigns/1/reports/1/outcomes")
    later = lines(line("late", "c1", "2026-02-10", 5000)).collect()
    later.write_delta(settings.shop_dir(1) / "orders", mode="append")
    assert evaluated.get("/campaigns/1/reports/1/outcomes") == before


def test_decisions_are_recorded_once_and_in_the_name_of_who_made_the_token(
    evaluated: Program,
) -> None:
    arm = evaluated.get("/campaigns/1/report")["overall"][0]["arm"]
    said = {"arm": arm, "choice": "keep", "reason": "It pays."}
    path = "/campaigns/1/reports/1/decisions"
    first = evaluated.post(path, 201, json=said, key="d1")["data"]
    evaluated.post(path, 201, json=said, key="d1")
    assert (first["decided_by"], first["segment"]) == (1, None)
    assert [one["id"] for one in evaluated.get("/campaigns/1/decisions")["data"]] == [first["id"]]
    error = evaluated.post(path, 422, json={**said, "arm": "nobody"})["error"]
    assert error["code"] == "unknown_decision"


def test_memory_and_keepers_are_what_the_report_taught(evaluated: Program) -> None:
    net = evaluated.get("/campaigns/1/report")["overall"][0]["net"]
    cells = evaluated.get("/memory")["data"]
    learnt = [
        one for cell in cells for one in evaluated.get(f"/memory/{cell['id']}")["data"]["learnings"]
    ]
    everybody = next(one for one in learnt if one["segment"] is None)
    assert everybody["net"] == pytest.approx(net["estimate"], rel=1e-9)
    ways = evaluated.get("/campaigns/1/reports/1/keepers")["data"]
    made = evaluated.post(
        "/campaigns/1/reports/1/next-round", 201, json={"keepers": ways[0]["key"]}, key="n1"
    )["data"]
    again = evaluated.post(
        "/campaigns/1/reports/1/next-round", 201, json={"keepers": ways[0]["key"]}, key="n1"
    )["data"]
    assert made == again
    assert evaluated.get(f"/campaigns/{made['campaign_id']}")["data"]["problems"] == []
    wrong = evaluated.post("/campaigns/1/reports/1/next-round", 422, json={"keepers": "luck"})
    assert wrong["error"]["code"] == "no_keepers"
    stage = evaluated.get(f"/campaigns/{made['campaign_id']}/replay-stage")["data"]
    assert [other["key"] for other in stage["others"]] == ["keepers:1"]


def test_whom_to_keep_is_worked_out_once(evaluated: Program) -> None:
    first = evaluated.post("/campaigns/1/targeting", 202, json={})["data"]["job"]
    again = evaluated.post("/campaigns/1/targeting", 202, json={})["data"]["job"]
    assert first["id"] == again["id"]
    limited = {"limit": "percent", "amount": "many"}
    assert evaluated.post("/campaigns/1/targeting", 422, json=limited)["error"]["field"] == (
        "limit_amount"
    )
    assert evaluated.get("/campaigns/1/targeting", 404)["error"]["code"] == "no_targeting"
    evaluated.get("/campaigns/1/keepers", 404)


def test_before_a_report_there_is_none(sold: Program) -> None:
    assert sold.get("/campaigns/1/reports")["data"] == []
    assert sold.get("/campaigns/1/report", 404)["error"]["code"] == "no_report"
    assert sold.post("/campaigns/1/targeting", 409, json={})["error"]["code"] == "not_ready"
