"""Whoever is barred, or held back, is never queued by a programme; everybody else once."""

import datetime as dt
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.programmes.caps import keep_caps
from regulars_platform.programmes.dry_run import dry_run_all
from regulars_platform.reach.holdout import draw_holdout, in_holdout
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.programmes.build import (
    DAY,
    NOW,
    entries,
    first_orders,
    keep_orders,
    open_shops,
    run,
    started,
)

NUMBER = 60
people = st.sets(st.integers(0, NUMBER - 1), max_size=20)


@given(
    silent=people,
    refusing=people,
    held_share=st.sampled_from([None, 500, 5_000]),
    consent=st.sampled_from(["not_refused", "agreed"]),
    contacts=st.integers(1, 3),
    salt=st.text("abc", min_size=1, max_size=4),
)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_nobody_barred_or_held_back_is_queued_and_everybody_else_is_once(
    silent: set[int],
    refusing: set[int],
    held_share: int | None,
    consent: str,
    contacts: int,
    salt: str,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        options = build_settings(Path(folder))
        prepare_data_dir(options)
        database = Database(options)
        create_all_tables(database)
        open_shops(database)
        keep_orders(options, *first_orders(NUMBER))
        asked = pl.DataFrame(
            {
                "customer_id": [name(n) for n in range(NUMBER)],
                "consent_sms": [n not in refusing for n in range(NUMBER)],
                "phone": [f"13{n:09d}" for n in range(NUMBER)],
            }
        )
        DatasetTable(options.shop_dir(1), "customers").merge(asked)
        with database.unit_of_work() as session:
            shop = session.get_one(Shop, 1)
            keep_channel_use(session, shop, 1, "sms", {"via": "webhook"})
            keep_caps(session, 1, {"contacts": contacts, "days": 7})
            add_suppressions(
                session, shop_id=1, lines=[name(n) for n in silent], reason="asked", now=NOW
            )
            if held_share is not None:
                draw_holdout(
                    session,
                    shop_id=1,
                    share=held_share,
                    starts_on=dt.date(2026, 1, 1),
                    salt=salt,
                    user_id=None,
                    now=NOW,
                )
        made = [
            started(database, "honeymoon", wait_hours=240, salt=f"{salt}{n}", consent=consent)
            for n in range(3)
        ]
        with database.reading() as session:
            foreseen = dry_run_all(session, options, 1, DAY, NOW)
        done = [run(database, options, programme) for programme in made]
        with database.reading() as session:
            told = session.execute(select(MessageRow.customer_id, MessageRow.source_id)).all()
        found = entries(database)
        database.dispose()
    barred = {name(n) for n in silent | refusing}
    if held_share is not None:
        ids = pl.Series([name(n) for n in range(NUMBER)])
        barred |= set(ids.filter(in_holdout(ids, salt=salt, share=held_share)))
    queued = [(customer, programme) for customer, programme in told]
    free = found.filter(~pl.col("held_back")) if found.height else found
    expected = set(free.select("customer_id", "programme_id").iter_rows()) if found.height else ()
    assert not barred & {customer for customer, _ in queued}
    assert len(queued) == len(set(queued))
    assert set(queued) == set(expected)
    # everybody who may be told enters as many programmes as the cap has room for
    assert found.height == (NUMBER - len(barred)) * min(contacts, 3)
    assert [(one.told, one.held_back) for one in foreseen] == [
        (one.counts["told"], one.counts["held_back"]) for one in done
    ]


def name(number: int) -> str:
    """A customer of the shop."""
    return f"c{number:04d}"
