"""Reports are kept with the versions they read, and come out the same to the byte."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_platform.accounts.service import create_owner
from regulars_platform.campaigns.failed_sends import record_failed_sends
from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.intake.service import import_file
from regulars_platform.launching.launch import launch
from regulars_platform.orders.table import TOLD_LATER, OrdersTable
from regulars_platform.reports.document import canonical_report, rounded
from regulars_platform.reports.errors import NoOutcomesError, NoReportError, UnknownDecisionError
from regulars_platform.reports.service import (
    Report,
    compute_report,
    evaluate_campaign,
    find_latest_report,
    gather_inputs,
    get_report,
    list_decisions,
    list_reports,
    recompute,
    record_decision,
    store_report,
)
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import draft
from tests.platform.reports.conftest import LAUNCH

AFTER = dt.datetime(2026, 4, 2, 8, tzinfo=dt.UTC)


def order_file(folder: Path, name: str, rows: list[tuple[str, str, str, float]]) -> Path:
    path = folder / f"{name}.csv"
    head = "Order number,Customer,Ordered at,Amount\n"
    path.write_text(head + "".join(f"{o},{c},{d},{a:.2f}\n" for o, c, d, a in rows))
    return path


def orders_of(month: str, seed: int, share: float) -> list[tuple[str, str, str, float]]:
    rng = np.random.default_rng(seed)
    return [
        (f"{month}-{i}", f"c{i}", f"2026-{month}-{1 + i % 28:02d} 10:00", 40 + rng.gamma(2, 20))
        for i in range(1500)
        if rng.random() < share
    ]


@pytest.fixture
def campaign(settings: Settings, database: Database, tmp_path: Path) -> int:
    """A launched campaign of a shop with 1,500 customers, and the orders of its window."""
    history = order_file(tmp_path, "history", orders_of("01", 1, 1.0))
    import_file(settings, database, 1, history, now=LAUNCH)
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=LAUNCH)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=LAUNCH, user_id=None, salt="s"
        )
    outcomes = order_file(tmp_path, "february", orders_of("02", 2, 0.4))
    import_file(settings, database, 1, outcomes, now=AFTER)
    return made.id


def evaluated(
    settings: Settings, database: Database, campaign: int, now: dt.datetime = AFTER
) -> Report:
    with database.unit_of_work() as session:
        return evaluate_campaign(session, settings, shop_id=1, campaign_id=campaign, now=now)


def test_a_report_computed_again_is_the_same_to_the_byte_whatever_came_in_between(
    settings: Settings, database: Database, campaign: int, tmp_path: Path
) -> None:
    first = evaluated(settings, database, campaign)
    more = [(f"x{i}", f"c{i}", "2026-02-20 11:00", 500.0) for i in range(200)]
    import_file(settings, database, 1, order_file(tmp_path, "more", more), now=AFTER)
    with database.unit_of_work() as session:
        ledger = campaign_ledger(settings, get_launched(session, 1, campaign))
        record_failed_sends(
            session, campaign_id=campaign, ledger=ledger, lines=["c1", "c2"], now=AFTER
        )
    second = evaluated(settings, database, campaign)

    with database.unit_of_work() as session:
        assert recompute(session, settings, shop_id=1, report_id=first.id)
        assert recompute(session, settings, shop_id=1, report_id=second.id)
        assert len(list_reports(session, 1, campaign)) == 2
    assert first.document_sha256 != second.document_sha256
    assert sum(second.document["checks"]["failed_sends"].values()) == 2
    assert first.document["overall"][0]["n"] == second.document["overall"][0]["n"]


def test_a_report_on_orders_from_before_a_column_came_stays_the_same_to_the_byte(
    settings: Settings, database: Database, campaign: int, tmp_path: Path
) -> None:
    orders = OrdersTable(settings.shop_dir(1))
    version = orders.version()
    assert version is not None
    # the same versions as they were written before anybody told when orders were shipped
    old = tmp_path / "old"
    for number in range(version + 1):
        rows = pl.read_delta(str(orders.path), version=number).drop(TOLD_LATER)
        rows.write_delta(old, mode="overwrite")
    orders.path.rename(tmp_path / "new")
    old.rename(orders.path)
    assert orders.version() == version
    first = evaluated(settings, database, campaign)
    late = tmp_path / "late.csv"
    late.write_text("Order number,Customer,Ordered at,Amount,Shipped at,State\n")
    with late.open("a") as file:
        file.write("l-1,c1,2026-02-10 10:00,55.00,2026-02-12 08:00,Ohio\n")
    import_file(settings, database, 1, late, now=AFTER)
    assert orders.scan().filter(pl.col("shipped_at").is_not_null()).collect().height == 1
    for kept in settings.shop_dir(1).joinpath("features").glob("*"):
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()  # nothing comes out of a cache
    with database.unit_of_work() as session:
        assert recompute(session, settings, shop_id=1, report_id=first.id)


def test_a_report_from_before_freight_was_told_apart_stays_the_same_to_the_byte(
    settings: Settings, database: Database, campaign: int, tmp_path: Path
) -> None:
    back = tmp_path / "back.csv"
    back.write_text(
        "Order number,Customer,Ordered at,Amount,Shipping fee,Refund\n"
        + "".join(f"b-{i},c{i},2026-02-12 10:00,50.00,6.00,56.00\n" for i in range(300))
    )
    import_file(settings, database, 1, back, now=AFTER)
    with database.unit_of_work() as session:
        launched = get_launched(session, 1, campaign)
        inputs = gather_inputs(session, settings, launched, now=AFTER)
        older = {name: value for name, value in inputs.items() if name != "freight"}
        text = compute_report(settings, launched, older)
        first = store_report(session, older, text, now=AFTER)
    second = evaluated(settings, database, campaign)

    with database.unit_of_work() as session:
        assert recompute(session, settings, shop_id=1, report_id=first.id)
        assert recompute(session, settings, shop_id=1, report_id=second.id)
    assert first.document["overall"] != second.document["overall"]


def test_the_same_inputs_make_one_report(
    settings: Settings, database: Database, campaign: int
) -> None:
    first = evaluated(settings, database, campaign)
    again = evaluated(settings, database, campaign, AFTER + dt.timedelta(hours=3))

    assert again == first


def test_a_report_says_how_far_the_window_is(
    settings: Settings, database: Database, campaign: int
) -> None:
    states = [
        evaluated(
            settings, database, campaign, dt.datetime(2026, *day, 12, tzinfo=dt.UTC)
        ).document["status"]["state"]
        for day in ((2, 28), (3, 1), (3, 31), (4, 1))
    ]

    assert states == ["open", "provisional", "provisional", "closed"]


def test_there_is_no_report_before_the_campaign_or_without_its_orders(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    import_file(
        settings, database, 1, order_file(tmp_path, "h", orders_of("01", 1, 1.0)), now=LAUNCH
    )
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=LAUNCH)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=LAUNCH, user_id=None, salt="s"
        )

    with pytest.raises(NoOutcomesError, match="starts on 2026-02-01"):
        evaluated(settings, database, made.id, dt.datetime(2026, 1, 31, tzinfo=dt.UTC))
    with pytest.raises(NoOutcomesError, match="No order from 2026-02-01 to 2026-02-28"):
        evaluated(settings, database, made.id)


def test_a_decision_is_kept_with_who_and_why(
    settings: Settings, database: Database, campaign: int
) -> None:
    report = evaluated(settings, database, campaign)
    with database.unit_of_work() as session:
        owner = create_owner(
            session,
            name="Wen",
            email="wen@example.org",
            password="a long password",
            locale=None,
            now=AFTER,
        )
        record_decision(
            session, report, arm="Free shipping", segment=None, choice="retest",
            reason=" too early ", user_id=owner.id, now=AFTER,
        )  # fmt: skip
        for wrong in (
            {"arm": "Letter"},
            {"segment": "nobody"},
            {"choice": "perhaps"},
            {"reason": "  "},
        ):
            values: dict[str, Any] = {"segment": None, "choice": "keep", "reason": "x"} | wrong
            values.setdefault("arm", "Free shipping")
            with pytest.raises(UnknownDecisionError):
                record_decision(session, report, **values, user_id=owner.id, now=AFTER)

    with database.unit_of_work() as session:
        kept = list_decisions(session, campaign)
        assert [(row.choice, row.reason, row.decided_by) for row in kept] == [
            ("retest", "too early", owner.id)
        ]
        latest = find_latest_report(session, 1, campaign)
        assert latest is not None
        assert latest.id == report.id
        with pytest.raises(NoReportError):
            get_report(session, 1, campaign, 999)


def test_the_document_is_json_without_nan_and_rounded_to_ten_digits(
    settings: Settings, database: Database, campaign: int
) -> None:
    document = evaluated(settings, database, campaign).document

    assert canonical_report(document) == canonical_report(json.loads(canonical_report(document)))
    assert rounded({"a": [1 / 3, -0.0, 5]}) == {"a": [0.3333333333, 0.0, 5]}
    with pytest.raises(ValueError, match="not finite"):
        rounded(float("nan"))
