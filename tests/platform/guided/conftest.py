"""A sample shop with its orders stored, once for the tests of this folder."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from regulars_platform.campaigns.service import create_draft
from regulars_platform.guided.service import (
    SampleFile,
    after_file,
    before_file,
    open_sample_shop,
    sample_of,
)
from regulars_platform.intake.service import import_file
from regulars_platform.launching.launch import launch
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.service import get_shop, open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

NOW = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)
REAL_ID, SAMPLE_ID = 1, 2


@dataclass
class Sample:
    """The sample shop beside a real one."""

    settings: Settings
    database: Database
    shop_id: int

    @property
    def shop(self) -> ShopProfile:
        """As it is kept now."""
        with self.database.unit_of_work() as session:
            return get_shop(session, self.shop_id)

    @property
    def today(self) -> dt.date:
        """The day that it is in it."""
        sample = sample_of(self.shop)
        assert sample is not None
        return sample.today

    def bring(self, file: SampleFile) -> None:
        """Store an order file of it."""
        path = self.settings.data_dir / "brought.csv.gz"
        path.write_bytes(file.content)
        import_file(self.settings, self.database, self.shop_id, path, now=NOW)

    def launched(self, *, salt: str = "guided", **other: Any) -> int:
        """Launch a campaign that is sent on its today."""
        raw = {**plan_from(self.today), **other}
        with self.database.unit_of_work() as session:
            campaign = create_draft(session, shop_id=self.shop_id, raw=raw, now=NOW)
            campaign_id = campaign.id
            launch(
                session,
                self.settings,
                shop_id=self.shop_id,
                campaign_id=campaign_id,
                now=NOW,
                user_id=None,
                salt=salt,
            )
        return campaign_id

    def answers(self, campaign_id: int) -> SampleFile:
        """The orders after a campaign."""
        with self.database.unit_of_work() as session:
            return after_file(
                session, self.settings, shop_id=self.shop_id, campaign_id=campaign_id, now=NOW
            )


def offer(**other: Any) -> dict[str, Any]:
    """Free shipping from 80 for those told."""
    return {
        "kind": "free_shipping",
        "reach": "personal",
        "words": "",
        "threshold": "80",
        "shipping_cost": "6",
        **other,
    }


def arm(name: str = "Told", share: str = "80", **other: Any) -> dict[str, Any]:
    """An arm by text message."""
    return {
        "name": name,
        "share_percent": share,
        "offer": offer(),
        "channel": "sms",
        "channel_label": "",
        "contact_cost": "0.05",
        **other,
    }


def plan_from(day: dt.date) -> dict[str, Any]:
    """A plan for those who usually spend 48 to 96, sent on a day, with the usual windows."""
    return {
        "name": "Guided",
        "as_of": day.isoformat(),
        "send_date": day.isoformat(),
        "outcome_end": (day + dt.timedelta(days=27)).isoformat(),
        "settle_until": (day + dt.timedelta(days=41)).isoformat(),
        "audience": {"feature": "average_order_value", "op": "between", "value": ["48", "96"]},
        "segments": [
            {
                "name": "Frequent",
                "rule": {
                    "all": [
                        {"feature": "orders", "op": ">=", "value": "5"},
                        {"feature": "last_order_days", "op": "<=", "value": "90"},
                    ]
                },
            },
            {
                "name": "New",
                "rule": {"feature": "first_order_days", "op": "<=", "value": "120"},
            },
        ],
        "unit": "customer",
        "holdout_percent": "20",
        "arms": [arm()],
        "margin_low_percent": "35",
        "margin_high_percent": "35",
        "primary_metric": "net_profit",
        "secondary_metrics": ["revenue"],
        "guardrails": ["refunds"],
        "exclusions": {},
        "confidence_percent": "95",
        "horizon_rounds": 4,
    }


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sample shop with its first orders, to be copied."""
    folder: Path = tmp_path_factory.mktemp("guided") / "data"
    settings = build_settings(folder)
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_shop(session, name="Mine", currency="GBP", timezone="Europe/London", now=NOW)
        shop = open_sample_shop(session, language="en", now=NOW)
    sample = Sample(settings=settings, database=database, shop_id=shop.id)
    sample.bring(before_file(sample.shop))
    database.dispose()
    return folder


@pytest.fixture
def built(pattern: Path, tmp_path: Path) -> Iterator[Callable[[], Sample]]:
    """Makes sample shops with their first orders stored."""
    databases: list[Database] = []

    def build() -> Sample:
        folder = tmp_path / f"data-{len(databases)}"
        shutil.copytree(pattern, folder)
        settings = build_settings(folder)
        databases.append(Database(settings))
        return Sample(settings=settings, database=databases[-1], shop_id=SAMPLE_ID)

    yield build
    for database in databases:
        database.dispose()


@pytest.fixture
def sample(built: Callable[[], Sample]) -> Sample:
    """One of them."""
    return built()
