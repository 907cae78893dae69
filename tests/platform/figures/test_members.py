"""Members beside others: whoever the shop says is a member, the same people on every page."""

import datetime as dt
from pathlib import Path
from typing import Any

from regulars_platform.customers.store import FeatureStore
from regulars_platform.customers.tiers import read_tiers
from regulars_platform.figures.members import Members, members_until
from regulars_platform.figures.visits import Source
from regulars_platform.tiers.members import compare_members
from regulars_platform.tiers.membership import membership_of
from regulars_platform.tiers.standing import Looked
from tests.platform.customers.build import line, money
from tests.platform.customers.shop import Folder

LAST = dt.date(2026, 1, 30)
TIERS = [
    {"name": "ordinary", "rule": {"by": "spend", "from": "0"}},
    {"name": "VIP", "rule": {"by": "spend", "from": "500"}},
]


def tea_shop(path: Path) -> Folder:
    """Before January ann and ben had spent 600, cid and dan 100; ann and cid come again."""
    return Folder(
        path,
        line("1", "ann", "2025-12-10", 600),
        line("2", "ben", "2025-12-11", 600),
        line("3", "cid", "2025-12-12", 100),
        line("4", "dan", "2025-12-13", 100),
        line("5", "ann", "2026-01-10", 30),
        line("6", "cid", "2026-01-25", 10),
    )


def found(folder: Folder, **practice: Any) -> Members | None:
    store = FeatureStore(folder.path, "UTC", practice)
    return members_until(Source(store, 0), LAST, membership_of(store))


def test_by_rules_of_tiers_a_member_is_above_the_lowest_as_on_the_page_of_tiers(
    tmp_path: Path,
) -> None:
    folder = tea_shop(tmp_path)
    members = found(folder, tiers=TIERS)
    assert members is not None
    assert (members.members.customers, members.members.again) == (2, 1)
    assert (members.others.customers, members.others.again) == (2, 1)
    last_ten = members.sales[-1]
    assert (last_ten.members, last_ten.everybody) == (0, money(10))
    assert [(one.tier, one.customers) for one in members.tiers] == [("VIP", 2), ("ordinary", 2)]

    store = FeatureStore(folder.path, "UTC", {"tiers": TIERS})
    looked = Looked(store=store, version=0, tiers=read_tiers(store))
    page = compare_members(looked, "tier", dt.date(2026, 3, 31))
    assert page is not None
    assert (page.members.customers, page.others.customers) == (2, 2)


def test_the_shop_may_call_others_its_members(tmp_path: Path) -> None:
    folder = tea_shop(tmp_path)
    folder.bring("customers", {"customer_id": "dan", "follows": True, "consent_sms": True})
    for chosen in ("follows", "consent"):
        members = found(folder, tiers=TIERS, membership=chosen)
        assert members is not None
        assert members.membership.way == chosen
        assert (members.members.customers, members.others.customers) == (1, 3)


def test_without_rules_tiers_told_by_a_file_count_and_without_those_who_follows(
    tmp_path: Path,
) -> None:
    folder = tea_shop(tmp_path)
    assert found(folder) is None
    folder.bring("customers", {"customer_id": "dan", "follows": True})
    followers = found(folder)
    assert followers is not None
    assert (followers.membership.way, followers.members.customers) == ("follows", 1)
    folder.bring("customers", {"customer_id": "ann", "tier_told": "gold"})
    told = found(folder)
    assert told is not None
    assert (told.membership.way, told.members.customers, told.members.again) == ("told", 1, 1)
