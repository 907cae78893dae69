"""Posts to groups in the browser: chosen, said to be unmeasurable or drawn whole, and listed."""

import csv
import io
import json
import statistics
from collections.abc import Callable

import polars as pl
import pytest
from scipy import stats

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from regulars_web.pages.campaigns import launching
from tests.platform.customers.build import line, lines
from tests.web.campaigns.build import filled, keep, launch, said_beside, text_of
from tests.web.conftest import Browser

HEADING = "Chat <b>group</b>"
POST = {"arms.0.channel": "groups", "arms.0.contact_cost": "2", "holdout_percent": "50"}
WHOLE = POST | {"unit": "group", "group_by": HEADING, "audience.choice": "everybody"}


@pytest.fixture
def grouped(planner: Browser, settings: Settings) -> Browser:
    """The customers' file says who is in which of thirty groups."""
    bring(settings, 30)
    return planner


def bring(settings: Settings, groups: int) -> None:
    rows = [
        {
            "customer_id": f"c{n:03d}",
            "attributes": [{"name": HEADING, "value": f"tea {n % groups}"}],
        }
        for n in range(300)
    ]
    kind = pl.List(pl.Struct({"name": pl.String, "value": pl.String}))
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame(rows, schema={"customer_id": pl.String, "attributes": kind})
    )


def test_without_a_column_for_the_group_a_post_is_said_to_be_unmeasurable(
    planner: Browser,
) -> None:
    side = planner.post("/campaigns/preview", filled(**POST)).get_data(as_text=True)
    assert "Not measurable per person: reported as such." in text_of(side)
    assert "What could be proved" not in text_of(side)

    answer = planner.post("/campaigns/new", filled(do="review", **POST))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Not measurable per person" in said_beside(page, "unit")
    assert "column that names each one's group" in said_beside(page, "unit")
    assert "there is none yet" in text_of(page)

    # kept as a draft it is refused at the launch as well
    campaign = keep(planner, **POST)
    refused = planner.post(f"/campaigns/{campaign}/launch", {"revision": "1"})
    assert "Not measurable per person" in refused.get_data(as_text=True)


def test_whole_groups_are_planned_launched_and_listed(grouped: Browser) -> None:
    page = grouped.get("/campaigns/new").get_data(as_text=True)
    assert "Chat &lt;b&gt;group&lt;/b&gt;" in page
    assert HEADING not in page
    side = text_of(grouped.post("/campaigns/preview", filled(**WHOLE)).get_data(as_text=True))
    assert "In 30 groups: whole groups are told or held back." in side

    campaign = keep(grouped, **WHOLE)
    launch(grouped, campaign)
    shown = text_of(grouped.get(f"/campaigns/{campaign}").get_data(as_text=True))
    assert "15 groups to post to" in shown
    assert "a group" in shown

    listed = grouped.get(f"/campaigns/{campaign}/contacts/1.csv")
    assert "arm-1-groups.csv" in listed.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(listed.data.decode("utf-8-sig"))))
    assert len({row["group"] for row in rows}) == 15
    assert {row["customers"] for row in rows} == {"10"}
    assigned = grouped.get(f"/campaigns/{campaign}/assignment.csv").data.decode("utf-8-sig")
    held = {
        row["unit_id"].removeprefix("group:")
        for row in csv.DictReader(io.StringIO(assigned))
        if row["arm"] == "holdout"
    }
    assert held.isdisjoint(row["group"] for row in rows)
    assert len(held) == 15


def test_too_few_groups_are_said_before_the_launch_and_refused_at_it(
    planner: Browser, settings: Settings
) -> None:
    bring(settings, 5)
    side = text_of(planner.post("/campaigns/preview", filled(**WHOLE)).get_data(as_text=True))
    assert "Too few groups" in side
    campaign = keep(planner, **WHOLE)
    refused = planner.post(f"/campaigns/{campaign}/launch", {"revision": "1"})
    page = refused.get_data(as_text=True)
    assert "5 groups are too few for 2 arms" in said_beside(page, "group_by")


def test_the_report_of_groups_speaks_of_groups_with_students_ranges(
    grouped: Browser,
    settings: Settings,
    finish_jobs: Callable[[], list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launching, "new_salt", lambda: "salt")
    campaign = keep(grouped, **WHOLE)
    launch(grouped, campaign)
    assigned = grouped.get(f"/campaigns/{campaign}/assignment.csv").data.decode("utf-8-sig")
    arms = {
        row["customer_id"]: (row["unit_id"], row["arm"])
        for row in csv.DictReader(io.StringIO(assigned))
    }
    # everybody buys once in the window: whoever is told 10 more, groups a little apart
    spent = {
        name: 50 + int(unit.rpartition(" ")[2]) + (10 if arm != "holdout" else 0)
        for name, (unit, arm) in arms.items()
    }
    bought = [line(f"w{name}", name, "2026-11-10", spent[name]) for name in arms]
    lines(*bought).collect().write_delta(settings.shop_dir(1) / "orders", mode="append")
    answer = grouped.post(f"/campaigns/{campaign}/report")
    assert answer.status_code == 302
    assert [job.state for job in finish_jobs()] == ["done"]

    page = text_of(grouped.get(f"/campaigns/{campaign}/report").get_data(as_text=True))
    assert "these 15 groups" in page
    assert "every figure of this report is per group" in page
    assert "Whole groups were drawn: that does not say which customers are worth telling." in page
    raw = json.loads(grouped.get(f"/campaigns/{campaign}/report/1.json").data)
    net = raw["overall"][0]["net"]
    told, held = net_of_groups(arms, spent)
    error = (statistics.variance(told) / 15 + statistics.variance(held) / 15) ** 0.5
    assert net["estimate"] == pytest.approx(statistics.mean(told) - statistics.mean(held))
    # one degree of freedom less than the fifteen groups of an arm
    wide = stats.t.ppf(0.975, 14) * error
    # the parts of the profit are joined by their own limits, which makes it a little wider
    assert 0.99 * wide < net["high"] - net["estimate"] < 1.15 * wide
    proved = raw["overall"][0]["evidence"] == "proved_better"
    assert proved == (net["low"] > 0)


def net_of_groups(
    arms: dict[str, tuple[str, str]], spent: dict[str, int]
) -> tuple[list[float], list[float]]:
    """35% of what a group spent; where told less 5.00 shipping from 80.00 on, and 2.00 a post."""
    sums: dict[str, dict[str, float]] = {}
    for name, (unit, arm) in arms.items():
        told = arm != "holdout"
        of_arm = sums.setdefault("told" if told else "held", {})
        shipping = 5 if told and spent[name] >= 80 else 0
        start = -2.0 if told else 0.0
        of_arm[unit] = of_arm.get(unit, start) + 0.35 * spent[name] - shipping
    return list(sums["told"].values()), list(sums["held"].values())
