"""Lists of a launched campaign, as the shop stands now."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.errors import NotLaunchedError
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, create_draft
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.errors import HoldoutContactError
from regulars_platform.delivery.service import (
    campaign_assignment_list,
    campaign_contact_list,
    contact_counts,
    reasons_of_arm,
)
from regulars_platform.launching.launch import launch
from regulars_platform.reach.holdout import draw_holdout, is_in
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from regulars_platform.suppressions.service import add_suppressions, suppress
from tests.platform.campaigns.build import draft
from tests.platform.campaigns.conftest import NOW, database, settings
from tests.platform.customers.build import line, lines

__all__ = ["database", "settings"]  # fixtures


def test_whoever_opts_out_after_the_draw_leaves_the_list_and_stays_in_the_arm(
    tmp_path: Path,
) -> None:
    settings = build_settings(tmp_path)
    prepare_data_dir(settings)
    lines(*(line(str(n), f"c{n:02d}", "2026-01-05", 50) for n in range(50))).collect().write_delta(
        settings.shop_dir(1) / "orders"
    )
    database = Database(settings)
    Base.metadata.create_all(database.engine)
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        session.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=NOW))
        session.flush()
        created = create_draft(session, shop_id=1, raw=raw, now=NOW)
        asked: dict[str, Any] = {"shop_id": 1, "campaign_id": created.id}
        with pytest.raises(NotLaunchedError):
            campaign_contact_list(session, settings, arm="Free shipping", now=NOW, **asked)
        campaign = launch(session, settings, now=NOW, user_id=1, salt="s", **asked)
        treated = campaign_ledger(settings, campaign).filter(arm="Free shipping")["customer_id"]
        add_suppressions(session, shop_id=1, lines=treated.head(3), reason="opted out", now=NOW)

        listed = b"".join(
            campaign_contact_list(session, settings, arm="Free shipping", now=NOW, **asked)
        ).decode("utf-8-sig")
        names = [row.split(",")[0] for row in listed.split("\r\n")[1:-1]]
        assert names == treated.to_list()[3:]
        assert contact_counts(session, settings, now=NOW, **asked) == {"Free shipping": (37, 3)}
        whole = b"".join(campaign_assignment_list(session, settings, **asked))
        assert whole.count(b"\r\n") == 51
        with pytest.raises(HoldoutContactError):
            campaign_contact_list(session, settings, arm=HOLDOUT, now=NOW, **asked)
    database.dispose()


def test_who_is_held_back_from_everything_or_did_not_agree_is_in_no_arm_and_counted_apart(
    database: Database, settings: Settings
) -> None:
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": ["c000", "c001"], "consent_email": [False, False]})
    )
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        draw_holdout(
            session,
            shop_id=1,
            share=1000,
            starts_on=NOW.date(),
            salt="everything",
            user_id=None,
            now=NOW,
        )
        suppress(session, shop_id=1, customers=["c002"], reason="asked", now=NOW)
        created = create_draft(session, shop_id=1, raw=raw, now=NOW)
        campaign = launch(
            session,
            settings,
            shop_id=1,
            campaign_id=created.id,
            now=NOW,
            user_id=1,
            salt="s",
        )
        drawn = set(campaign_ledger(settings, campaign)["customer_id"])
    barred = {"c000", "c001", "c002"}
    held = {
        name
        for name in (f"c{number:03d}" for number in range(300))
        if is_in(name, salt="everything", share=1000)
    }
    assert drawn == {f"c{number:03d}" for number in range(300)} - held - barred
    assert (campaign.no_consent, campaign.suppressed) == (2, 1)
    assert campaign.held_out == len(held - barred)
    parts = campaign.excluded + campaign.suppressed + campaign.no_consent + campaign.held_out
    assert campaign.audience == parts + campaign.drawn


def test_a_list_leaves_off_whoever_has_the_address_of_somebody_not_to_be_reached(
    database: Database, settings: Settings
) -> None:
    everybody = [f"c{number:03d}" for number in range(300)]
    # two ids to a mailbox, as different hands write it
    mailboxes = [f"m{number // 2}@x.org" for number in range(300)]
    written = [one.upper() if place % 2 else one for place, one in enumerate(mailboxes)]
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": everybody, "email": written})
    )
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=["c000", "M1@x.org"], reason="asked", now=NOW)
        created = create_draft(session, shop_id=1, raw=raw, now=NOW)
        asked: dict[str, Any] = {"shop_id": 1, "campaign_id": created.id}
        campaign = launch(session, settings, now=NOW, user_id=1, salt="s", **asked)
        arms = dict(campaign_ledger(settings, campaign).select("customer_id", "arm").iter_rows())
        # who opted out, whoever has that mailbox, and the two of the mailbox that opted out itself
        assert set(everybody) - set(arms) == {"c000", "c001", "c002", "c003"}
        assert campaign.suppressed == 4

        told = sorted(name for name, where in arms.items() if where != HOLDOUT)
        twin = {name: everybody[place ^ 1] for place, name in enumerate(everybody)}
        alone = [name for name in told if arms[twin[name]] == HOLDOUT]
        asks_out = next(name for name in told if twin[name] in told)
        suppress(session, shop_id=1, customers=[asks_out], reason="asked", now=NOW)
        arm = next(where for where in arms.values() if where != HOLDOUT)
        listed = _listed(campaign_contact_list(session, settings, arm=arm, now=NOW, **asked))
        counts = contact_counts(session, settings, now=NOW, **asked)[arm]
        ledger = campaign_ledger(settings, campaign)
        why = reasons_of_arm(session, settings, campaign, arm, ledger, now=NOW)
    assert alone
    assert set(listed) == set(told) - set(alone) - {asks_out, twin[asks_out]}
    assert counts == (len(listed), len(told) - len(listed))
    assert dict(why["barred"].value_counts().iter_rows()) == {
        "opted_out": 1,
        "same_address": len(alone) + 1,
    }


def _listed(pieces: Iterable[bytes]) -> list[str]:
    content = b"".join(pieces).decode("utf-8-sig")
    return [row.split(",")[0] for row in content.split("\r\n")[1:-1]]


def test_a_list_leaves_out_whom_a_later_holdout_holds_back(
    database: Database, settings: Settings
) -> None:
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        created = create_draft(session, shop_id=1, raw=raw, now=NOW)
        asked: dict[str, Any] = {"shop_id": 1, "campaign_id": created.id}
        launch(session, settings, now=NOW, user_id=1, salt="s", **asked)
        before = contact_counts(session, settings, now=NOW, **asked)["Free shipping"]
        draw_holdout(
            session,
            shop_id=1,
            share=5000,
            starts_on=NOW.date(),
            salt="later",
            user_id=None,
            now=NOW,
        )
        content = b"".join(
            campaign_contact_list(session, settings, arm="Free shipping", now=NOW, **asked)
        ).decode("utf-8-sig")
        after = contact_counts(session, settings, now=NOW, **asked)["Free shipping"]
    names = [row.split(",")[0] for row in content.split("\r\n")[1:-1]]
    assert before == (240, 0)
    assert after == (len(names), 240 - len(names))
    assert 0 < len(names) < 240
    assert not [name for name in names if is_in(name, salt="later", share=5000)]


def test_a_list_that_is_fetched_ahead_leaves_out_whom_the_day_of_sending_holds_back(
    database: Database, settings: Settings
) -> None:
    early = dt.datetime(2026, 1, 28, 12, tzinfo=dt.UTC)
    raw = draft(as_of="2026-01-28")
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        created = create_draft(session, shop_id=1, raw=raw, now=early)
        asked: dict[str, Any] = {"shop_id": 1, "campaign_id": created.id}
        launched = launch(session, settings, now=early, user_id=1, salt="s", **asked)
        draw_holdout(
            session,
            shop_id=1,
            share=5000,
            starts_on=launched.plan.send_date,
            salt="later",
            user_id=None,
            now=early,
        )
        content = b"".join(
            campaign_contact_list(session, settings, arm="Free shipping", now=early, **asked)
        ).decode("utf-8-sig")
        counts = contact_counts(session, settings, now=early, **asked)["Free shipping"]
    names = [row.split(",")[0] for row in content.split("\r\n")[1:-1]]
    assert 0 < len(names) == counts[0] < 240
    assert not [name for name in names if is_in(name, salt="later", share=5000)]
