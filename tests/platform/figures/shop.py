"""An invented shop of two years, and its figures by plain loops."""

import datetime as dt
import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from regulars_platform.customers.store import FeatureStore
from regulars_platform.figures.visits import Source
from tests.platform.customers.build import line
from tests.platform.customers.shop import Folder

TIMEZONE = "America/New_York"
"""Its clocks are put forward and back."""

FIRST = dt.date(2024, 1, 10)
CHANNELS = ("fair", "search", None)


def invented_orders(seed: int = 7, customers: int = 90) -> list[dict[str, Any]]:
    """Paid and other orders at any hour; some late in the evening, some without a customer."""
    rng, rows = random.Random(seed), []  # noqa: S311
    for place in range(customers):
        day = FIRST + dt.timedelta(days=rng.randrange(600))
        pause = rng.choice([9, 20, 45, 120, 900])
        number = 0
        while day < dt.date(2026, 1, 20):
            at = dt.datetime.combine(day, dt.time(rng.randrange(24), 30), ZoneInfo("UTC"))
            status = rng.choice(["paid"] * 8 + ["unpaid", "cancelled"])
            amount = rng.choice([12.5, 30, 80.01, 0, -10]) if number else 40.0
            told = {"at": at.isoformat(), "status": status, "channel": rng.choice(CHANNELS)}
            who = None if rng.random() < 0.05 else f"c{place:03d}"
            refund = rng.choice([0, 0, 0, 5]) if amount > 5 else 0
            rows.append(
                line(f"o{place}-{number}", who, day.isoformat(), amount, refund=refund, **told)
            )
            number += 1
            day += dt.timedelta(days=rng.choice([0, 1, pause, pause + 3]))
    return rows


class Plain:
    """The same orders in lists: (customer, day, order row), and credit notes of known customers."""

    def __init__(self, rows: list[dict[str, Any]], timezone: str = TIMEZONE) -> None:
        zone = ZoneInfo(timezone)
        self.bought = [
            (row["customer_id"], row["ordered_at"].astimezone(zone).date(), row)
            for row in rows
            if row["status"] == "paid" and row["amount"] > 0
        ]
        self.credits = [
            (row["ordered_at"].astimezone(zone).date(), row["refund"] - row["amount"])
            for row in rows
            if row["status"] == "paid" and row["amount"] <= 0 and row["customer_id"] is not None
        ]
        self.first: dict[str, dt.date] = {}
        for who, day, _ in self.bought:
            if who is not None:
                self.first[who] = min(day, self.first.get(who, day))

    def between(self, first: dt.date, last: dt.date) -> list[tuple[str, dt.date, dict[str, Any]]]:
        """Of known customers."""
        return [one for one in self.bought if one[0] is not None and first <= one[1] <= last]

    def days_of(self, who: str, until: dt.date) -> list[dt.date]:
        """Their different days with a purchase."""
        return sorted({day for one, day, _ in self.bought if one == who and day <= until})


def source_of(folder: Folder, timezone: str = TIMEZONE, **practice: Any) -> Source:
    store = FeatureStore(folder.path, timezone, practice)
    version = store.table.version()
    assert version is not None
    return Source(store, version)


def invented_shop(path: Path) -> tuple[Source, Plain, Folder]:
    rows = invented_orders()
    folder = Folder(path, *rows)
    return source_of(folder), Plain(rows), folder
