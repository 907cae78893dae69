"""Orders left out by the seller's own remark, and parts that survive whatever happens."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.intake import joining, storing
from regulars_platform.intake.limits import LIMITS
from regulars_platform.intake.models import ImportState, ReadingOptions
from regulars_platform.orders.parts import OrderParts
from tests.platform.intake.builders import SHOP, ShopBench, open_shop
from tests.platform.intake.exports import (
    TAOBAO_ITEMS,
    TAOBAO_ORDERS,
    export,
    taobao_item,
    taobao_order,
)
from tests.platform.intake.test_exactly_once import Killed, kill_after, kill_before

HEADER = "order number,customer,date,total,seller note"
FAKE = ReadingOptions(leave_out=("刷单", "Test Order"))


def order_file(*orders: tuple[str, str, str]) -> bytes:
    rows = (f"{number},anna,2026-05-0{number},{money},{note}" for number, money, note in orders)
    return "\n".join([HEADER, *rows, ""]).encode()


def test_orders_that_the_sellers_remark_names_are_left_out_and_counted(shop: ShopBench) -> None:
    content = order_file(("1", "5.00", ""), ("2", "7.00", "vip 刷单"), ("3", "1.00", "test ORDER"))
    tallies = shop.bring_in(content, options=FAKE)
    assert (tallies.left_out.lines, tallies.left_out.money) == (2, 80_000)
    assert (tallies.stored.lines, tallies.adds_up) == (1, True)
    assert (tallies.orders, tallies.customers) == (1, 1)
    assert tallies.first_at == tallies.last_at
    assert shop.stored()["order_id"].to_list() == ["1"]


def test_other_words_on_a_later_file_take_orders_out_and_bring_them_back(shop: ShopBench) -> None:
    content = order_file(("1", "5.00", ""), ("2", "7.00", "刷单"), ("3", "1.00", "补单"))
    shop.bring_in(content)
    assert shop.stored().height == 3
    shop.bring_in(content, options=ReadingOptions(leave_out=("刷单", "补单")))
    assert shop.stored()["order_id"].to_list() == ["1"]
    tallies = shop.bring_in(content, options=ReadingOptions(leave_out=("补单",)))
    assert (tallies.left_out.lines, tallies.stored.lines, tallies.repeated.lines) == (1, 1, 1)
    assert shop.stored()["order_id"].to_list() == ["1", "2"]


def test_the_words_are_kept_with_the_import_and_offered_again(shop: ShopBench) -> None:
    shop.bring_in(order_file(("1", "5.00", "刷单")), options=FAKE)
    import_id = shop.upload(order_file(("2", "5.00", "刷单")))
    from regulars_platform.intake import service

    seen = service.look(shop.settings, shop.database, import_id)
    assert seen.options.leave_out == ("刷单", "Test Order")


def test_items_of_an_order_left_out_do_not_wait(shop: ShopBench) -> None:
    shop.bring_in(
        export(TAOBAO_ORDERS, taobao_order("71", "小王", "9.00", 订单备注="补单")),
        options=ReadingOptions(leave_out=("补单",)),
    )
    tallies = shop.bring_in(export(TAOBAO_ITEMS, taobao_item("711", "71", "TEA", "9.00")))
    assert tallies.waiting_lines == 0
    assert not shop.orders.exists()


ORDERS = export(TAOBAO_ORDERS, taobao_order("81", "小王", "9.00"), taobao_order("82", "丽", "5.00"))
ITEMS = export(
    TAOBAO_ITEMS,
    taobao_item("811", "81", "TEA", "6.00"),
    taobao_item("812", "81", "CUP", "3.00"),
)


@pytest.mark.parametrize("first", [ORDERS, ITEMS])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (storing, "commit_parts"),
        (storing, "join_parts"),
        (joining, "_changes"),
        (storing, "commit_joined"),
        (storing, "_write_down"),
    ],
)
def test_killed_while_joining(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch, place: object, name: str, first: bytes
) -> None:
    shop.bring_in(first)
    import_id = shop.confirmed(ITEMS if first is ORDERS else ORDERS)
    shop.check(import_id)
    for kill in (kill_before, kill_after):
        with monkeypatch.context() as patch:
            kill(patch, place, name)
            if shop.get(import_id).state is not ImportState.STORED:
                # a run that finds its commit done has nothing left to be killed in
                try:
                    shop.store(import_id)
                except Killed:
                    continue
    assert shop.store(import_id).stored.lines == 2
    lines = shop.stored().select("order_id", "line_key", "amount").rows()
    assert lines == [
        ("81", "811", 60_000),
        ("81", "812", 30_000),
        ("82", "order#1", 50_000),
    ]
    parts = OrderParts(shop.settings.shop_dir(SHOP)).scan().collect()
    assert parts.select("part", "order_id", "line_key").is_duplicated().sum() == 0


def test_orders_are_joined_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "LIMITS", replace(LIMITS, part=3))
    shop = open_shop(tmp_path, limits=replace(LIMITS, batch=4, part=5))
    numbers = [f"9{place:02d}" for place in range(12)]
    shop.bring_in(
        export(
            TAOBAO_ITEMS,
            *(taobao_item(f"{n}{k}", n, f"T{k}", "4.00") for n in numbers for k in (1, 2)),
        )
    )
    shop.bring_in(export(TAOBAO_ORDERS, *(taobao_order(n, f"c{n}", "8.00") for n in numbers)))
    stored = shop.stored()
    assert stored.height == 24
    assert stored["amount"].unique().to_list() == [40_000]
    assert stored["customer_id"].n_unique() == 12
    shop.database.dispose()


def test_a_shop_never_sees_the_parts_of_another(tmp_path: Path, shop: ShopBench) -> None:
    shop.bring_in(ITEMS)
    other = open_shop(tmp_path / "other")
    other.bring_in(ORDERS)
    assert other.stored()["product"].str.contains("绿茶").all()
    assert other.stored().filter(pl.col("order_id") == "81").height == 1
    other.database.dispose()
