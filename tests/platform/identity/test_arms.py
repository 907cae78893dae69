"""Before a launch customers of all arms have to be found alike in the orders."""

from pathlib import Path

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, get_launched
from regulars_platform.identity.service import examine, last_examination
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.targeting.build import AFTER, LAUNCH, launch_it, message_draft, write_history

CUSTOMERS = 400


def test_arms_are_compared_on_orders_from_before_the_launch(tmp_path: Path) -> None:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    write_history(settings.shop_dir(1), CUSTOMERS)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        session.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=LAUNCH))
    campaign = launch_it(database, settings, message_draft())

    (alike,) = examine(database, settings, 1, now=AFTER).arms
    assert (alike.campaign_id, alike.name) == (campaign, "February message")
    # everybody had ordered in January, in both arms
    assert [there for _, _, there in alike.before] == [size for _, size, _ in alike.before]
    assert sum(size for _, size, _ in alike.before) == CUSTOMERS
    assert not alike.flagged

    # the same orders again, but with another key for everybody who was held out
    with database.reading() as session:
        ledger = campaign_ledger(settings, get_launched(session, 1, campaign))
    held_out = ledger.filter(pl.col("arm") == HOLDOUT)["customer_id"].to_list()
    key = pl.col("customer_id")
    orders = pl.read_delta(str(settings.shop_dir(1) / "orders"))
    other = orders.with_columns(pl.when(key.is_in(held_out)).then(key + "x").otherwise(key))
    other.write_delta(settings.shop_dir(1) / "orders", mode="overwrite")
    (unlike,) = examine(database, settings, 1, now=AFTER).arms
    assert {arm: there for arm, _, there in unlike.before}[HOLDOUT] == 0
    assert unlike.flagged
    assert last_examination(settings, 1)[0] is not None
    database.dispose()
