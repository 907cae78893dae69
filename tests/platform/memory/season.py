"""A shop that runs one campaign a month, with a known effect: for what needs several campaigns."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.intake.service import import_file
from regulars_platform.launching.launch import launch
from regulars_platform.memory.models import Learning
from regulars_platform.memory.service import read_learnings
from regulars_platform.reports.service import Report, evaluate_campaign
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from regulars_platform.storage.migrations_run import import_all_tables
from tests.platform.campaigns.build import draft

CUSTOMERS = 1200
MONTHS = (2, 3, 4, 5, 6)
LAST_DAY = {2: 28, 3: 31, 4: 30, 5: 31, 6: 30}


def moment(month: int, day: int) -> dt.datetime:
    return dt.datetime(2026, month, day, 8, tzinfo=dt.UTC)


def plan_of(month: int) -> dict[str, Any]:
    """Free shipping from 80, told by e-mail, for those with two orders or more, and the rest."""
    raw = draft(
        name=f"Month {month}",
        as_of=f"2026-{month:02d}-01",
        send_date=f"2026-{month:02d}-01",
        outcome_end=f"2026-{month:02d}-{LAST_DAY[month]}",
        settle_until=f"2026-{month + 1:02d}-15",
        holdout_percent="40",
        segments=[
            {
                # another name each time: the rule is what counts
                "name": f"often {month}",
                "rule": {"feature": "orders", "op": ">=", "value": "2"},
            }
        ],
    )
    raw["arms"][0]["share_percent"] = "60"
    del raw["currency"], raw["timezone"]
    return raw


class Season:
    """A shop and what it does month after month."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: Settings = build_settings(folder / "data")
        prepare_data_dir(self.settings)
        import_all_tables()
        self.database = Database(self.settings)
        Base.metadata.create_all(self.database.engine)
        start = moment(1, 1)
        with self.database.unit_of_work() as session:
            session.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=start))
        rng = np.random.default_rng(1)
        self._import(
            "history",
            [
                (f"h{i}-{k}", f"c{i}", f"2026-01-{1 + (7 * k + i) % 28:02d}", 40 + rng.gamma(2, 15))
                for i in range(CUSTOMERS)
                for k in range(1 + i % 3)
            ],
            start,
        )

    def run(self, month: int, lift: float) -> Report:
        """Launch, let the customers order (those told more often by `lift`), evaluate."""
        with self.database.unit_of_work() as session:
            made = create_draft(session, shop_id=1, raw=plan_of(month), now=moment(month, 1))
            launch(
                session,
                self.settings,
                shop_id=1,
                campaign_id=made.id,
                now=moment(month, 1),
                user_id=None,
                salt=f"salt {month}",
            )
            ledger = campaign_ledger(self.settings, get_launched(session, 1, made.id))
        rng = np.random.default_rng(month)
        rows = [
            (
                f"{month}-{customer}",
                customer,
                f"2026-{month:02d}-{1 + int(rng.integers(28)):02d}",
                amount,
            )
            for customer, arm in ledger.select("customer_id", "arm").iter_rows()
            for amount in [40 + rng.gamma(2, 15)]
            if rng.random() < 0.4 + (0.0 if arm == "holdout" else lift)
        ]
        self._import(f"month-{month}", rows, moment(month + 1, 1))
        return self.evaluate(made.id, month)

    def evaluate(self, campaign: int, month: int) -> Report:
        with self.database.unit_of_work() as session:
            return evaluate_campaign(
                session,
                self.settings,
                shop_id=1,
                campaign_id=campaign,
                now=moment(month + 1, 20),
            )

    def learnings(self) -> tuple[Learning, ...]:
        with self.database.unit_of_work() as session:
            return read_learnings(session, self.settings, 1)

    def _import(self, name: str, rows: list[tuple[str, str, str, float]], now: dt.datetime) -> None:
        path = self.folder / f"{name}.csv"
        lines = "".join(f"{o},{c},{d} 10:00,{a:.2f}\n" for o, c, d, a in rows)
        path.write_text("Order number,Customer,Ordered at,Amount\n" + lines)
        import_file(self.settings, self.database, 1, path, now=now)
