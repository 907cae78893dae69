"""Posts to groups: whole groups are drawn, listed and counted, or the plan says what is missing."""

import csv
import io
import json
from collections import Counter
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars_platform.campaigns.errors import EmptyAudienceError, TooFewGroupsError
from regulars_platform.campaigns.few_groups import confidence_of_few
from regulars_platform.campaigns.plan import HOLDOUT, plan_json
from regulars_platform.campaigns.plan_form import read_draft, read_plan
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    create_draft,
    get_shop_of,
)
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.service import (
    campaign_contact_list,
    contact_counts,
    group_counts,
)
from regulars_platform.errors import InvalidInputError
from regulars_platform.launching.launch import launch
from regulars_platform.launching.preview import Preview, preview_draft
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.campaigns.build import arm, draft
from tests.platform.campaigns.conftest import NOW

HEADING = "WeChat group"
GROUPS = 20


def group_of(number: int) -> str | None:
    """Customers 0 to 279 are in 20 groups of 14, the last twenty in none."""
    return f"={number % GROUPS:02d} tea" if number < 280 else None


def bring_groups(settings: Settings, groups: int = GROUPS) -> None:
    named = [(f"c{n:03d}", group_of(n)) for n in range(300)]
    rows = [
        {
            "customer_id": name,
            "attributes": []
            if group is None or int(group[1:3]) >= groups
            else [{"name": HEADING, "value": group}],
        }
        for name, group in named
    ]
    kind = pl.List(pl.Struct({"name": pl.String, "value": pl.String}))
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame(rows, schema={"customer_id": pl.String, "attributes": kind})
    )


def posting(**other: Any) -> dict[str, Any]:
    """A plan that posts to half of the groups, for 3.00 a post."""
    half = {"share_percent": "50", "channel": "groups", "contact_cost": "3"}
    raw = draft(
        **{"unit": "group", "group_by": HEADING, "holdout_percent": "50", "arms": [arm(**half)]}
        | other
    )
    del raw["currency"], raw["timezone"]
    return raw


def launched(database: Database, settings: Settings, **other: Any) -> LaunchedCampaign:
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=posting(**other), now=NOW)
        return launch(
            session,
            settings,
            shop_id=1,
            campaign_id=made.id,
            now=NOW,
            user_id=None,
            salt="salt",
        )


def previewed(database: Database, settings: Settings, **other: Any) -> Preview:
    with database.unit_of_work() as session:
        return preview_draft(session, settings, get_shop_of(session, 1), posting(**other))


def problems_of(**other: Any) -> dict[str, str]:
    raw = posting(**other) | {"currency": "EUR", "timezone": "UTC"}
    with pytest.raises(InvalidInputError) as error:
        read_plan(raw)
    return {problem.field or "": str(problem) for problem in error.value.problems}


def test_whole_groups_are_drawn_and_whoever_is_in_none_takes_no_part(
    database: Database, settings: Settings
) -> None:
    bring_groups(settings)
    campaign = launched(database, settings)
    ledger = campaign_ledger(settings, campaign)

    assert ledger.height == 280
    units = dict(ledger.group_by("unit_id").agg(pl.col("arm").n_unique()).iter_rows())
    assert units == {f"group:={n:02d} tea": 1 for n in range(GROUPS)}
    arms = Counter(ledger.unique("unit_id")["arm"])
    assert arms[HOLDOUT] == arms["Free shipping"] == GROUPS // 2
    frozen = json.loads(campaign.plan_json)
    assert frozen["customers"]["in_no_group"] == 20
    assert frozen["plan"]["group_by"] == HEADING
    assert (frozen["units"], campaign.plan.group_by) == (GROUPS, HEADING)


def test_by_a_channel_that_reaches_persons_those_in_no_group_are_drawn_one_by_one(
    database: Database, settings: Settings
) -> None:
    bring_groups(settings)
    ledger = campaign_ledger(settings, launched(database, settings, arms=[arm(share_percent="50")]))
    alone = ledger.filter(pl.col("customer_id") >= "c280")
    assert alone["unit_id"].to_list() == [f"customer:{name}" for name in alone["customer_id"]]
    assert (ledger.height, ledger["unit_id"].n_unique()) == (300, GROUPS + 20)


def test_the_list_of_an_arm_is_its_groups_and_never_one_of_the_holdout(
    database: Database, settings: Settings
) -> None:
    bring_groups(settings)
    with database.unit_of_work() as session:
        # in group 00 from the start; a post reaches them, but they are in no arm
        add_suppressions(session, shop_id=1, lines=["c000", "c020"], reason="", now=NOW)
    campaign = launched(database, settings)
    ledger = campaign_ledger(settings, campaign)
    with database.unit_of_work() as session:
        content = b"".join(
            campaign_contact_list(
                session, settings, shop_id=1, campaign_id=campaign.id, arm="Free shipping", now=NOW
            )
        ).decode("utf-8-sig")
        counts = contact_counts(session, settings, shop_id=1, campaign_id=campaign.id, now=NOW)
    rows = list(csv.DictReader(io.StringIO(content)))

    told = ledger.filter(pl.col("arm") != HOLDOUT)
    sizes = Counter(unit.removeprefix("group:") for unit in told["unit_id"])
    # disarmed for spreadsheets, which would run a name that begins with =
    assert {row["group"]: int(row["customers"]) for row in rows} == {
        f"'{name}": size for name, size in sizes.items()
    }
    assert all(row["group"].startswith("'=") for row in rows)
    others = {row["group"]: int(row["others"]) for row in rows}
    assert set(others.values()) <= {0, 2}
    assert others.get("'=00 tea", 2) == 2
    assert sum(sizes.values()) == counts["Free shipping"][0]
    assert group_counts(settings, campaign) == {"Free shipping": GROUPS // 2}


def test_a_post_without_groups_is_not_measurable_per_person_and_says_what_to_do() -> None:
    for channel in ("groups", "moments", "posts"):
        arms = [arm(share_percent="50", channel=channel)]
        said = problems_of(unit="customer", group_by="", arms=arms)
        assert set(said) == {"unit"}
        assert "Not measurable per person" in said["unit"]
    draft_read = read_draft(posting(unit="household") | {"currency": "EUR", "timezone": "UTC"})
    (problem,) = draft_read.problems
    assert "column that names each one's group" in str(problem.hint)
    # what is wrong with the unit leaves the arms to be looked at
    assert draft_read.arms is not None


def test_groups_need_a_column_and_have_neither_segments_nor_own_thresholds() -> None:
    assert set(problems_of(group_by=" ")) == {"group_by"}
    once = {"name": "once", "rule": {"feature": "orders", "op": "=", "value": 1}}
    assert set(problems_of(segments=[once])) == {"segments"}
    own = {"kind": "free_shipping", "threshold": "30", "shipping_cost": "5", "multiple": "1.2"}
    arms = [arm(share_percent="50", channel="groups", offer=own | {"reach": "personal"})]
    assert set(problems_of(arms=arms)) == {"arms.0.offer.multiple"}


def test_a_plan_without_groups_is_written_as_it_always_was() -> None:
    plan = read_plan(draft(group_by="left over"))
    assert "group_by" not in plan_json(plan)
    assert plan == read_plan(draft())


def test_too_few_groups_are_refused(database: Database, settings: Settings) -> None:
    bring_groups(settings, groups=3)
    with pytest.raises(TooFewGroupsError, match="3 groups are too few for 2 arms"):
        launched(database, settings)


def test_without_the_column_nobody_is_in_a_group(database: Database, settings: Settings) -> None:
    with pytest.raises(EmptyAudienceError, match="300 are in no group"):
        launched(database, settings)
    count = previewed(database, settings).head_count
    assert count is not None
    assert (count.drawn, count.ungrouped, count.groups) == (0, 300, 0)


def test_the_form_counts_groups_and_a_post_costs_once_for_each(
    database: Database, settings: Settings
) -> None:
    bring_groups(settings)
    found = previewed(database, settings)
    count, arms = found.head_count, found.arms
    assert count is not None
    assert arms is not None
    assert (count.drawn, count.ungrouped, count.groups) == (280, 20, GROUPS)
    assert (arms[0].customers, arms[0].contact_cost) == (140, 3.0 * GROUPS / 2)
    assert (found.sizes, found.forecast) == (None, None)


def test_what_groups_would_prove_is_reckoned_with_groups_as_units(
    database: Database, settings: Settings
) -> None:
    # a hundred groups of three: enough of them to say something
    rows = [
        {"customer_id": f"c{n:03d}", "attributes": [{"name": HEADING, "value": f"g{n % 100}"}]}
        for n in range(300)
    ]
    kind = pl.List(pl.Struct({"name": pl.String, "value": pl.String}))
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame(rows, schema={"customer_id": pl.String, "attributes": kind})
    )
    by_group = previewed(database, settings).arms
    one_by_one = previewed(database, settings, unit="customer", arms=[arm(share_percent="50")]).arms
    assert by_group is not None
    assert one_by_one is not None
    groups, persons = by_group[0].foreseen, one_by_one[0].foreseen
    assert groups is not None
    assert persons is not None
    assert groups.detectable is not None
    assert persons.detectable is not None
    # customers n, n + 100, n + 200 of a group spend alike (40 + n % 60 moves by 40 or 20 in 60),
    # and buy 1 + n % 3 times, once each of 1, 2, 3 in a group: the group's sum varies less
    spend = [(1 + n % 3) * (40 + n % 60) for n in range(300)]
    sums = [sum(spend[n::100]) for n in range(100)]

    def variance(values: list[int]) -> float:
        mean = sum(values) / len(values)
        return sum((v - mean) ** 2 for v in values) / (len(values) - 1)

    # the detectable gain per customer goes by the error of a mean: sd / sqrt(units), over members
    expected = (variance(sums) / 100 / 9) ** 0.5 / (variance(spend) / 300) ** 0.5
    assert groups.detectable / persons.detectable == pytest.approx(expected, rel=0.1)


def test_few_groups_are_asked_at_the_confidence_of_students_t() -> None:
    for fewest in (4, 7, 30, 400):
        quantile = stats.t.ppf(0.975, fewest - 1)
        exact = 2 * stats.norm.cdf(quantile) - 1
        assert exact <= confidence_of_few(9_500, fewest) / 10_000 <= exact + 1e-4


def test_ranges_of_few_groups_hold_what_they_promise() -> None:
    # the net of each group as in a campaign without any effect; 6 told, 4 held back
    rng = np.random.default_rng(7)
    rounds, covered, plain = 4_000, 0, 0
    z = stats.norm.ppf(0.5 + confidence_of_few(9_500, 4) / 20_000)
    for _ in range(rounds):
        told, held = rng.lognormal(3, 0.6, 6), rng.lognormal(3, 0.6, 4)
        error = np.sqrt(told.var(ddof=1) / 6 + held.var(ddof=1) / 4)
        away = abs(told.mean() - held.mean())
        covered += away <= z * error
        plain += away <= 1.96 * error
    # why it is there: the normal quantile promises more than it keeps
    assert covered / rounds >= 0.95
    assert plain / rounds < 0.93
