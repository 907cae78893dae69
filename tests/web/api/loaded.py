"""A shop with something of everything, for tests that ask whatever there is.

Usually a small one, made in seconds; with REGULARS_API_SHOP=everything the sample shop of
`tests.everything`, which takes a minute or two.
"""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.orm import Session

from regulars_platform.accounts.service import create_owner, find_first_owner
from regulars_platform.api_access.scopes import Scope
from regulars_platform.api_access.tokens import create_token
from regulars_platform.campaigns.service import create_draft
from regulars_platform.customers.tiers import TIERS
from regulars_platform.datasets import service as datasets
from regulars_platform.datasets.examples import example_file
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.intake import service as intake
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import enqueue
from regulars_platform.lifetime.service import work_out as work_out_lifetime
from regulars_platform.needs.tree import BigNeed, keep_needs
from regulars_platform.orders.table import OrdersTable
from regulars_platform.points.rules import POINTS
from regulars_platform.programmes.results import evaluate_version
from regulars_platform.programmes.running import run_programme
from regulars_platform.programmes.service import create_programme, start_programme, usual_draft
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.practice import keep_section
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.tiers.ladder import parse_tiers, tiers_json
from regulars_platform.tiers.service import Changer, change_rules
from regulars_web.app import create_app
from tests.everything import build_everything
from tests.platform.campaigns.build import draft
from tests.web.conftest import EMAIL, NOW, PASSWORD
from tests.web.reports.test_report_page import launch_and_sell

ORDERS = (
    b"Order ID,Customer ID,Ordered at,Amount\n"
    b"1,c1,2026-02-03 10:00,20.00\n"
    b"2,c2,2026-02-04 11:00,x\n"
)


@contextmanager
def load_shop(folder: Path) -> Iterator[tuple[Flask, str]]:
    """An application on a loaded shop, and the secret of a token that may do everything."""
    settings = build_settings(folder / "data")
    if os.environ.get("REGULARS_API_SHOP") == "everything":
        build_everything(settings.data_dir, models=False)
    else:
        prepare_data_dir(settings)
        _build_small(settings)
    database = Database(settings)
    with database.unit_of_work() as session:
        owner = find_first_owner(session)
        assert owner is not None
        _token, secret = create_token(
            session,
            shop_id=1,
            user_id=owner.id,
            name="everything",
            scopes=tuple(Scope),
            days=None,
            now=dt.datetime.now(dt.UTC),
        )
    database.dispose()
    app = create_app(settings, secure_cookies=False, setup_code=None)
    app.testing = True
    yield app, secret
    app.extensions["regulars"].database.dispose()


def _build_small(settings: Settings) -> None:
    """Campaign 1 launched and evaluated, campaign 2 a draft; files at several steps."""
    database = Database(settings)
    create_all_tables(database)
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch, database.unit_of_work() as session:
        patch.setattr("regulars_platform.accounts.passwords._HASHER", quick)
        open_shop(session, name="Green Hill", currency="GBP", timezone="Asia/Shanghai", now=NOW)
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)
    launch_and_sell(settings, database, unit="customer")
    with database.unit_of_work() as session:
        job_id = enqueue(session, "evaluate_campaign", 1, 1, NOW)
    run_inline(settings, database, job_id)
    _bring_files(settings, database)
    with database.unit_of_work() as session:
        _keep_drafts(session)
        work_out_lifetime(session, settings, shop_id=1, now=NOW)
    _work_out(settings, database)
    database.dispose()


def _work_out(settings: Settings, database: Database) -> None:
    """Who is due, what goes with what, needs that products serve, who brought whom, points."""
    folder = settings.shop_dir(1)
    buyers = OrdersTable(folder).scan().select("customer_id").unique().sort("customer_id")
    one, other = buyers.head(2).collect()["customer_id"]
    brought = {"referral_key": "r", "customer_id": one, "referrer_id": other}
    DatasetTable(folder, "referrals").merge(pl.DataFrame([brought]))
    told = {"customer_id": one, "points_told": 9, "tier_told": "High"}
    DatasetTable(folder, "customers").merge(pl.DataFrame([told]))
    with database.unit_of_work() as session:
        keep_needs(session, 1, [BigNeed(name="Sleep", leaves=("light", "quiet"))])
        keep_section(session, 1, POINTS, {"per_unit": "1", "value": "0.01"})
        jobs = [enqueue(session, kind, 1, 1, NOW) for kind in ("work_out_cycle", "work_out_needs")]
    for job_id in jobs:
        run_inline(settings, database, job_id)


def _bring_files(settings: Settings, database: Database) -> None:
    for step in range(3):
        with database.unit_of_work() as session:
            number = intake.receive_upload(
                session, settings, 1, f"orders-{step}.csv", BytesIO(ORDERS), NOW
            )
        if step:
            seen = intake.look(settings, database, number)
        if step == 2:
            with database.unit_of_work() as session:
                intake.confirm_mapping(session, number, seen.mapping(), seen.options)
            intake.check(settings, database, number)
    with database.unit_of_work() as session:
        people = datasets.receive_upload(
            session, settings, 1, "people.csv", BytesIO(example_file("customers", "en")), NOW
        )
    datasets.look(settings, database, people)


def _run_programme(settings: Settings, database: Database) -> None:
    """Programme 1 started, run for the day, and worked out; programme 2 a draft not complete."""
    with database.unit_of_work() as session:
        begun = start_programme(
            session, shop_id=1, programme_id=1, now=NOW, user_id=1, salt="salt", planned=400
        )
    run_programme(database, settings, 1, begun.id, NOW.date(), NOW)
    if begun.version is not None:
        evaluate_version(database, settings, shop_id=1, version_id=begun.version.id, now=NOW)


def _keep_drafts(session: Session) -> None:
    raw = draft(name="The next one")
    del raw["currency"], raw["timezone"]
    create_draft(session, shop_id=1, raw=raw, now=NOW)
    for kind in ("lost", "segment"):
        usual = usual_draft(kind, name=kind, words="Dear customer")
        create_programme(session, shop_id=1, draft=usual, now=NOW)
    rule = parse_rule({"feature": "spend", "op": ">=", "value": "60"})
    save_segment(session, shop_id=1, name="Above 60", rule=rule, now=NOW)
    tiers = parse_tiers(
        {"by": "spend", "name-0": "Low", "from-0": "0", "name-1": "High", "from-1": "80"}
    )
    change_rules(session, 1, TIERS, tiers_json(tiers), by=Changer(id=None, name="Mei"), now=NOW)
