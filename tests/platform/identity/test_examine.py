"""The whole shop is looked at: from order files and told customers to what is kept."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.identity.kinds import KeyKind
from regulars_platform.identity.service import (
    NothingToExamineError,
    diagnose_columns,
    examine,
    folder_of_shop,
    last_examination,
    pairs_of_shop,
)
from regulars_platform.intake import service as intake
from regulars_platform.intake.models import OrderField
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.intake.builders import NOW, SHOP, ShopBench, csv, open_shop
from tests.platform.intake.exports import (
    TAOBAO_ITEMS,
    TAOBAO_ORDERS,
    export,
    taobao_item,
    taobao_order,
)

HEADER = "订单编号,买家会员名,联系手机,订单创建时间,买家应付货款,订单状态"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ShopBench]:
    bench = open_shop(tmp_path / "data")
    create_all_tables(bench.database)
    yield bench
    bench.database.dispose()


def order(number: int, who: str, day: str) -> str:
    return f"{number},{who},186******05,{day} 10:00:00,5.50,交易成功"


def two_files(shop: ShopBench) -> None:
    shop.bring_in(csv(HEADER, order(1, "小王", "2026-01-05"), order(2, "Anna", "2026-01-05")))
    shop.bring_in(csv(HEADER, order(3, "小王", "2026-01-20"), order(4, "anna", "2026-01-21")))


def test_a_shop_without_orders_has_nobody_to_look_at(shop: ShopBench) -> None:
    with pytest.raises(NothingToExamineError):
        examine(shop.database, shop.settings, SHOP, now=NOW)
    assert last_examination(shop.settings, SHOP) == (None, False)


def test_what_is_found_is_kept_and_read_back_as_it_was(shop: ShopBench) -> None:
    two_files(shop)
    found = examine(shop.database, shop.settings, SHOP, now=NOW)
    assert (found.key.kind, found.key.heading) == (KeyKind.NICK, "买家会员名")
    assert (found.shop.customers, found.shop.again, found.shop.another_week) == (3, 1, 1)
    assert [(rate.orders, rate.known) for rate in found.files] == [(2, 0), (2, 1)]
    assert found.pairs == {"spelling": 1}
    assert last_examination(shop.settings, SHOP) == (found, False)
    assert pairs_of_shop(shop.settings, SHOP).collect().rows() == [("Anna", "anna", "spelling")]


@pytest.mark.parametrize("items_first", [True, False])
def test_of_orders_in_parts_the_order_file_is_listed_and_no_file_without_a_buyer(
    shop: ShopBench, items_first: bool
) -> None:
    orders = export(TAOBAO_ORDERS, taobao_order("1001", "小王", "100.00"))
    items = export(TAOBAO_ITEMS, taobao_item("100101", "1001", "TEA", "100.00"))
    for content in (items, orders) if items_first else (orders, items):
        shop.bring_in(content)
    found = examine(shop.database, shop.settings, SHOP, now=NOW)
    order_file = 2 if items_first else 1
    assert [(rate.import_id, rate.orders, rate.with_customer) for rate in found.files] == [
        (order_file, 1, 1)
    ]


def test_it_says_that_orders_came_in_since(shop: ShopBench) -> None:
    two_files(shop)
    examine(shop.database, shop.settings, SHOP, now=NOW)
    shop.bring_in(csv(HEADER, order(5, "老李", "2026-02-01")))
    assert last_examination(shop.settings, SHOP)[1]


def test_phones_and_addresses_of_told_customers_are_clues(shop: ShopBench) -> None:
    two_files(shop)
    told = pl.DataFrame({"customer_id": ["小王", "Anna", "new"], "phone": ["13800000001"] * 3})
    DatasetTable(shop.settings.shop_dir(SHOP), "customers").merge(told)
    found = examine(shop.database, shop.settings, SHOP, now=NOW)
    assert found.pairs == {"spelling": 1, "same_phone": 3}


def test_nobody_is_merged_and_no_working_file_is_left(shop: ShopBench) -> None:
    two_files(shop)
    before = shop.stored()
    examine(shop.database, shop.settings, SHOP, now=NOW)
    assert shop.stored().equals(before)
    assert {path.name for path in folder_of_shop(shop.settings, SHOP).iterdir()} == {
        "examination.json",
        "pairs.parquet",
    }
    assert not list(shop.settings.shop_dir(SHOP).glob("identity-*"))


def test_an_examination_that_is_stopped_leaves_the_last_one(shop: ShopBench) -> None:
    two_files(shop)
    first = examine(shop.database, shop.settings, SHOP, now=NOW)

    class StoppedError(Exception):
        pass

    def stop(step: str, done: int, total: int | None) -> None:
        if step == "pairs":
            raise StoppedError

    later = NOW + dt.timedelta(days=1)
    with pytest.raises(StoppedError):
        examine(shop.database, shop.settings, SHOP, now=later, report=stop)
    assert last_examination(shop.settings, SHOP)[0] == first
    assert not list(shop.settings.shop_dir(SHOP).glob("identity-*"))


def test_the_columns_of_a_file_that_name_people(shop: ShopBench) -> None:
    import_id = shop.upload(csv(HEADER, *[order(n, f"nick {n}", "2026-01-05") for n in range(9)]))
    intake.look(shop.settings, shop.database, import_id)
    found = diagnose_columns(shop.settings, shop.get(import_id), "买家会员名")
    assert [(key.heading, key.kind) for key in found] == [
        ("买家会员名", KeyKind.NICK),
        ("联系手机", KeyKind.MASKED),
    ]
    assert "9 masked values are not one person" in str(found[1].warnings[0])


def test_of_masked_phones_only_no_key_is_proposed(shop: ShopBench) -> None:
    header = "订单编号,联系手机,订单创建时间,买家应付货款"
    rows = [f"{n},186******05,2026-01-05 10:00:00,5.50" for n in range(9)]
    import_id = shop.upload(csv(header, *rows))
    seen = intake.look(shop.settings, shop.database, import_id)
    assert OrderField.CUSTOMER_ID not in seen.mapping()
    (phone,) = diagnose_columns(shop.settings, shop.get(import_id), None)
    assert not phone.can_be_key


def test_a_file_that_was_not_looked_at_says_nothing(shop: ShopBench) -> None:
    import_id = shop.upload(csv(HEADER, order(1, "a", "2026-01-05")))
    assert diagnose_columns(shop.settings, shop.get(import_id), None) == ()
