"""Lists of a launched campaign, as the shop stands now."""

from pathlib import Path

import pytest

from regulars_platform.campaigns.errors import NotLaunchedError
from regulars_platform.campaigns.launch import launch
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, create_draft
from regulars_platform.delivery.errors import HoldoutContactError
from regulars_platform.delivery.service import (
    campaign_assignment_list,
    campaign_contact_list,
    contact_counts,
)
from regulars_platform.reach.suppressions import add_suppressions
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from tests.platform.campaigns.build import draft
from tests.platform.campaigns.conftest import NOW
from tests.platform.customers.build import line, lines


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
        asked = {"shop_id": 1, "campaign_id": created.id}
        with pytest.raises(NotLaunchedError):
            campaign_contact_list(session, settings, arm="Free shipping", **asked)
        campaign = launch(session, settings, now=NOW, user_id=1, salt="s", **asked)
        treated = campaign_ledger(settings, campaign).filter(arm="Free shipping")["customer_id"]
        add_suppressions(session, shop_id=1, lines=treated.head(3), reason="opted out", now=NOW)

        listed = b"".join(
            campaign_contact_list(session, settings, arm="Free shipping", **asked)
        ).decode("utf-8-sig")
        names = [row.split(",")[0] for row in listed.split("\r\n")[1:-1]]
        assert names == treated.to_list()[3:]
        assert contact_counts(session, settings, **asked) == {"Free shipping": (37, 3)}
        whole = b"".join(campaign_assignment_list(session, settings, **asked))
        assert whole.count(b"\r\n") == 51
        with pytest.raises(HoldoutContactError):
            campaign_contact_list(session, settings, arm=HOLDOUT, **asked)
    database.dispose()
