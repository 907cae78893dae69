"""A shop in which it is known for whom telling pays: those who spend much, and nobody else."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.launching.launch import launch
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import arm, draft
from tests.platform.customers.build import line, lines

LAUNCH = dt.datetime(2026, 2, 1, 8, tzinfo=dt.UTC)
AFTER = dt.datetime(2026, 4, 2, 8, tzinfo=dt.UTC)
QUICK = (("T", "linear"),)
CUSTOMERS = 2400
BIG, SMALL = 100.0, 30.0
MARGIN, CONTACT_COST = 0.4, 1.0
BOUGHT_HELD, BOUGHT_TOLD = 0.3, 0.6
GAIN_OF_BIG = (BOUGHT_TOLD - BOUGHT_HELD) * BIG * MARGIN - CONTACT_COST
"""Telling one big spender earns 11 on average; a small one buys no more often and costs 1."""

MESSAGE = {"kind": "message", "reach": "open"}
BIG_SPENDERS = {
    "name": "Big spenders",
    "rule": {"feature": "average_order_value", "op": ">=", "value": "60"},
}


def is_big(customer: str) -> bool:
    """Every other customer."""
    return int(customer.removeprefix("c")) % 2 == 0


def write_history(shop_dir: Path, customers: int = CUSTOMERS) -> None:
    """Two orders each in January 2026: of 100 or of 30."""
    rows = [
        line(
            f"h{number}-{order}",
            f"c{number}",
            f"2026-01-{3 + 10 * order + number % 7:02d}",
            BIG if number % 2 == 0 else SMALL,
            household=f"home {number // 2}",
            channel=("web", "app", "store")[number % 3],
        )
        for number in range(customers)
        for order in range(2)
    ]
    lines(*rows).collect().write_delta(shop_dir / "orders")


def message_draft(**other: Any) -> dict[str, Any]:
    """A message to everybody at 1 each, half held out, margin 40%; report segment: big spenders."""
    told = {"name": "Message", "share_percent": "50", "offer": MESSAGE, "contact_cost": "1"}
    raw = draft(
        name="February message",
        holdout_percent="50",
        arms=[arm(**told)],
        segments=[BIG_SPENDERS],
        margin_low_percent="40",
        margin_high_percent="40",
    )
    del raw["currency"], raw["timezone"]
    return raw | other


def launch_it(
    database: Database, settings: Settings, raw: dict[str, Any], now: dt.datetime = LAUNCH
) -> int:
    """A launched campaign; its id."""
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=now)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=now, user_id=None, salt="s")
        return made.id


def sell(
    database: Database,
    settings: Settings,
    campaign_id: int,
    *,
    seed: int = 5,
    odds: float = 1.0,
    month: str = "2026-02",
) -> None:
    """The orders of the window, as the truth above has them; odds: times every chance to buy."""
    with database.reading() as session:
        campaign = get_launched(session, 1, campaign_id)
    ledger = campaign_ledger(settings, campaign)
    rng = np.random.default_rng(seed)
    rows = []
    for place, (customer, told_by) in enumerate(ledger.select("customer_id", "arm").iter_rows()):
        big = is_big(customer)
        chance = BOUGHT_TOLD if big and told_by != "holdout" else BOUGHT_HELD
        if rng.random() < chance * odds:
            day = f"{month}-{1 + place % 28:02d}"
            amount = BIG if big else SMALL
            rows.append(line(f"w{campaign_id}-{customer}", customer, day, amount))
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders", mode="append")
