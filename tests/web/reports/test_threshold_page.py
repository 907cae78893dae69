"""The report of a ladder of thresholds, as a marketer reads it."""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.campaigns.tables import ReportRow
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.launching.launch import launch
from regulars_platform.reports.document import canonical_report
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import arm, draft
from tests.platform.customers.build import line, lines
from tests.web.conftest import Browser

Capture = pytest.CaptureFixture[str]
DOCUMENT = Path(__file__).parents[3] / "docs" / "report-json.md"
LAUNCH = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
REPORT = "/campaigns/1/report"
BUYING = {"holdout": 0.2, "k = 0.9": 0.22, "k = 1.2": 0.45, "k = 1.6": 0.25}


@pytest.fixture
def ladder(
    settings: Settings, database: Database, owner: Browser, finish_jobs: Callable[[], list[Job]]
) -> Browser:
    """6,000 customers who spent 100 before; 1.2 times that is the step that brings most."""
    path = settings.shop_dir(1) / "orders"
    lines(
        *(line(f"h{i}", f"c{i}", "2026-01-10", 90 + i % 20) for i in range(6000))
    ).collect().write_delta(path)
    free = {
        "kind": "free_shipping",
        "threshold": "20",
        "shipping_cost": "5",
        "reach": "personal",
        "price_points": "round",
    }
    raw = draft(
        holdout_percent="25",
        arms=[
            arm(name=f"k = {k}", share_percent="25", contact_cost="0", offer=free | {"multiple": k})
            for k in ("0.9", "1.2", "1.6")
        ],
    )
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=LAUNCH)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=LAUNCH, user_id=None, salt="s"
        )
        people = campaign_ledger(settings, get_launched(session, 1, made.id))
    rng = np.random.default_rng(3)
    lines(
        *(
            line(f"w{who}", who, "2026-02-10", round(100 * rng.lognormal(0, 0.2), 2))
            for who, name in people.select("customer_id", "arm").iter_rows()
            if rng.random() < BUYING[name]
        )
    ).collect().write_delta(path, mode="append")
    owner.post(REPORT)
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    return owner


def section(page: str, start: str) -> str:
    return page.partition(start)[2].partition("</section>")[0]


def test_the_report_of_a_ladder_begins_with_the_step_that_earns_most(ladder: Browser) -> None:
    page = ladder.get(REPORT).get_data(as_text=True)

    statement = section(page, 'class="statement"')
    assert "Expected to earn most: 1.2×" in statement
    assert "from £120" in statement
    assert "likely to be the best" not in statement
    assert "Another step may be better; on average that loses" in statement
    assert "(all arms together) earned £" in statement
    arms = section(page, "Every step against the same holdout</h2>")
    assert arms.count("change the threshold") == 2
    assert arms.count("1.2× (from £120) is expected to earn £") == 2
    curve = section(page, 'id="threshold-curves"')
    # the bands of the steps: what is recommended in blue
    assert curve.count('<rect class="tone-holdout-soft"') == 2
    assert curve.count('<rect class="tone-treated-soft"') == 1
    assert "Proved better than 0.9×" in curve
    around = section(page, 'id="around-the-threshold"')
    assert "Orders that reach it anyway" in around
    # arms are columns
    assert around.count("Orders from the threshold to 10% above it") == 1
    assert around.count('data-label="k = 1.2"') == 2
    ledger = section(page, 'id="contamination"')
    assert ledger.count("Held-out customers who used the offer") == 1
    assert ledger.count('data-label="k = 1.2"') == 2


def test_the_belief_that_decides_is_the_one_shown(ladder: Browser) -> None:
    page = ladder.get(REPORT).get_data(as_text=True)
    written = ladder.get("/campaigns/1/report/1.json").get_json()

    steps = written["thresholds"]["ladders"][0]["groups"][0]["steps"]
    for group, step in zip(written["overall"], steps, strict=True):
        assert group["believed"]["basis"] == "steps"
        assert group["believed"]["mean"] == pytest.approx(step["believed"]["mean"])
    arms = section(page, "Every step against the same holdout</h2>")
    shown = [f"{step['believed']['mean']:.2f}" for step in steps]
    assert all(figure.lstrip("-") in arms for figure in shown)
    best = max(written["overall"], key=lambda group: group["believed"]["mean"])
    assert best["decision"]["advice"] == "keep"


def test_a_decision_can_be_to_change_the_threshold(ladder: Browser) -> None:
    ladder.post(
        REPORT + "/1/decide",
        {"group": json.dumps(["k = 0.9", None]), "choice": "change", "reason": "1.2 earns more"},
    )

    decided = section(ladder.get(REPORT).get_data(as_text=True), 'id="decisions"')
    assert "1.2 earns more" in decided
    assert "change the threshold" in decided


def test_a_report_from_before_there_were_curves_shows_without_them(
    ladder: Browser, database: Database
) -> None:
    with database.unit_of_work() as session:
        row = session.scalars(select(ReportRow)).one()
        document = json.loads(row.document)
        for key in ("thresholds", "padding", "leak", "contamination", "total"):
            del document[key]
        for group in [*document["overall"], *document["segments"]]:
            del group["believed"], group["decision"]["value_of_change"]
            group["decision"]["advice"] = "keep"
        row.document = canonical_report(document)

    answer = ladder.get(REPORT)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Telling these" in section(page, 'class="statement"')
    assert 'id="threshold-curves"' not in page
    assert 'id="around-the-threshold"' not in page


def names(value: object) -> set[str]:
    """Every field name in a document; those under a plan or what is pinned are described there."""
    if isinstance(value, dict):
        inner = (part for key, part in value.items() if key not in ELSEWHERE)
        return {str(key) for key in value}.union(*map(names, inner))
    return set[str]().union(*map(names, value)) if isinstance(value, list) else set()


ELSEWHERE = ("plan", "memory", "forecast", "metrics", "differences", "failed_sends")


def test_every_field_of_the_document_is_described_and_the_example_runs(
    ladder: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    written = ladder.get("/campaigns/1/report/1.json").get_data(as_text=True)
    (tmp_path / "report.json").write_text(written, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    described = set(re.findall(r"`([a-z_0-9]+)`", text))
    assert names(json.loads(written)) - described == set()

    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    exec(compile(example[1], str(DOCUMENT), "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out.splitlines()
    assert [row.rsplit(" ", 2)[0] for row in printed[:3]] == ["k = 0.9", "k = 1.2", "k = 1.6"]
    assert printed[1].endswith("proved_better")
    assert printed[3] == "best step: 1.2"


def test_the_next_round_can_be_planned_from_a_campaign_with_a_report(ladder: Browser) -> None:
    assert "Plan the next round" in ladder.get("/campaigns/1").get_data(as_text=True)
