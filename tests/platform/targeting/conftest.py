"""The shop with its campaign evaluated, and whom to keep worked out with one quick model."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from regulars_platform.campaigns.tables import Campaign
from regulars_platform.reports.service import Report, evaluate_campaign
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.targeting.planning import Wish, keep_next_round, plan_next_round
from regulars_platform.targeting.service import Targeting, work_out
from regulars_platform.words import Sentence
from tests.platform.targeting.build import (
    AFTER,
    LAUNCH,
    QUICK,
    launch_it,
    message_draft,
    sell,
    write_history,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A shop with one finished campaign."""

    settings: Settings
    database: Database
    campaign_id: int
    report: Report
    targeting: Targeting


@pytest.fixture(scope="package")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """For tests that add to it, but never change what is there."""
    settings = build_settings(tmp_path_factory.mktemp("shop") / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        session.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=LAUNCH))
    write_history(settings.shop_dir(1))
    campaign_id = launch_it(database, settings, message_draft())
    sell(database, settings, campaign_id)
    with database.unit_of_work() as session:
        report = evaluate_campaign(session, settings, shop_id=1, campaign_id=campaign_id, now=AFTER)
        targeting = work_out(
            session, settings, shop_id=1, campaign_id=campaign_id, now=AFTER, learners=QUICK
        )
    yield Finished(
        settings=settings,
        database=database,
        campaign_id=campaign_id,
        report=report,
        targeting=targeting,
    )
    database.dispose()


def drafted_round(shop: Finished, wish: Wish) -> tuple[Campaign, tuple[Sentence, ...]]:
    """The next round of the shop's report as a draft that is kept; what was decided for it."""
    with shop.database.reading() as session:
        planned = plan_next_round(
            session, shop.settings, shop_id=1, report=shop.report, wish=wish, now=AFTER
        )
    with shop.database.unit_of_work() as session:
        return keep_next_round(session, planned, now=AFTER), planned.made.reasons
