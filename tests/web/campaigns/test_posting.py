"""Posts to groups in the browser: chosen, said to be unmeasurable or drawn whole, and listed."""

import csv
import io

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.settings import Settings
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
