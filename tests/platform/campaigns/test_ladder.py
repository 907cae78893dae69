"""A ladder of personal thresholds, from the plan to what its orders cost."""

import csv
import hashlib
import io
from typing import Any

import polars as pl

from regulars_experiments.price_points import at_or_above
from regulars_platform.campaigns.ledger import read_ledger
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, create_draft
from regulars_platform.delivery.service import campaign_contact_list
from regulars_platform.launching.launch import launch
from regulars_platform.reports.outcomes import unit_outcomes
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import arm, draft
from tests.platform.campaigns.conftest import NOW
from tests.platform.customers.build import line, lines

STEPS = {"k = 0.9": 9_000, "k = 1.15": 11_500, "k = 1.5": 15_000}
FREE = {"kind": "free_shipping", "threshold": "45", "shipping_cost": "5", "reach": "personal"}


def ladder(database: Database, settings: Settings) -> LaunchedCampaign:
    """The shop's 300 customers, whose orders were of 40 to 99, in three arms and a holdout."""
    arms = [
        arm(name=name, share_percent="25", offer=FREE | {"multiple": str(k / 10_000)})
        for name, k in STEPS.items()
    ]
    raw = draft(holdout_percent="25", arms=arms)
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=NOW)
        return launch(
            session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="salt"
        )


def told(number: int, multiple: int) -> int:
    """What customer c<number> is told: orders of 40 + number modulo 60, all alike."""
    wanted = (40 + number % 60) * multiple
    return max(450_000, int(at_or_above([wanted], "nines")[0]))


def test_the_ledger_keeps_the_threshold_that_everybody_was_told(
    database: Database, settings: Settings
) -> None:
    ledger = campaign_ledger(settings, ladder(database, settings))
    for customer, name, threshold in ledger.select("customer_id", "arm", "threshold").iter_rows():
        number = int(customer[1:])
        expected = None if name == HOLDOUT else told(number, STEPS[name])
        assert threshold == expected, (customer, name)
    assert dict(ledger.group_by("arm").len().iter_rows()) == dict.fromkeys([*STEPS, HOLDOUT], 75)


def test_lists_tell_everybody_the_threshold_of_the_ledger(
    database: Database, settings: Settings
) -> None:
    campaign = ladder(database, settings)
    ledger = campaign_ledger(settings, campaign)
    listed: list[dict[str, str]] = []
    with database.unit_of_work() as session:
        for name in STEPS:
            pieces = campaign_contact_list(
                session, settings, shop_id=1, campaign_id=campaign.id, arm=name, now=NOW
            )
            listed += csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline=""))
    assert len(listed) == 225
    own = dict(ledger.select("customer_id", "threshold").iter_rows())
    for row in listed:
        assert float(row["threshold"]) * 10_000 == own[row["customer_id"]]
        assert row["offer"] == f"Free shipping from {row['threshold']} EUR"
        assert len(row["code"]) == 10


def test_orders_cost_where_they_reach_the_threshold_of_their_own(
    database: Database, settings: Settings
) -> None:
    campaign = ladder(database, settings)
    ledger = campaign_ledger(settings, campaign)
    # everybody buys once, for a fifth more than before
    spent = {number: 1.2 * (40 + number % 60) for number in range(300)}
    bought = lines(
        *(line(f"f{n}", f"c{n:03d}", "2026-02-10", round(spent[n], 2)) for n in range(300))
    )

    outcomes = unit_outcomes(bought, ledger, campaign.plan)

    for unit, name, cost, *anyway in outcomes.select(
        "unit_id", "arm", "offer_cost", "anyway_0", "anyway_1", "anyway_2"
    ).iter_rows():
        number = int(unit[1:])
        reached = {
            step: 50_000 * (round(spent[number] * 10_000) >= told(number, multiple))
            for step, multiple in STEPS.items()
        }
        assert anyway == list(reached.values()), unit
        assert cost == reached.get(name, 0), unit
    # the higher the step, the fewer reach it
    used = [outcomes[f"anyway_{place}"].sum() for place in range(3)]
    assert used[0] > used[1] > used[2] == 0


def test_a_ledger_from_before_there_were_own_thresholds_still_reads(settings: Settings) -> None:
    folder = settings.shop_dir(1) / "ledgers"
    folder.mkdir(parents=True)
    old: dict[str, list[Any]] = {
        "customer_id": ["a"],
        "unit_id": ["a"],
        "segment": ["everyone else"],
        "arm": ["Free shipping"],
        "orders": [2],
        "average_order_value": [70.0],
        "spend": [140.0],
        "pre_spend": [0],
        "code": [None],
    }
    path = folder / "old.parquet"
    pl.DataFrame(old, schema_overrides={"code": pl.String}).write_parquet(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    ledger = read_ledger(settings.shop_dir(1), "old.parquet", digest)

    assert ledger["threshold"].to_list() == [None]
    assert ledger.schema["threshold"] == pl.Int64
