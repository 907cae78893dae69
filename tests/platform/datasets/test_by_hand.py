"""What is typed in without a file: one version more of the same table, and a way back."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from regulars_platform.datasets import by_hand, commit, service
from regulars_platform.datasets.by_hand import SET
from regulars_platform.datasets.errors import NothingToUndoError
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import ByHand, DatasetImportId
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.intake.models import ImportState
from tests.platform.datasets.builders import SHOP, ShopBench

NOW = dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC)
CELLS = ByHand(what="cells")


@pytest.fixture
def type_in(shop: ShopBench) -> Callable[..., DatasetImportId]:
    """Typed and stored by account 7."""

    def one(
        kind: Kind, edits: pl.DataFrame, what: ByHand = CELLS, part: int = 2
    ) -> DatasetImportId:
        with shop.database.unit_of_work() as session:
            made = by_hand.type_in(
                session, shop.settings, SHOP, kind, edits, what, user_id=7, now=NOW
            )
        service.store(shop.settings, shop.database, made, now=NOW, part=part)
        return made

    return one


def undo(shop: ShopBench, import_id: DatasetImportId) -> DatasetImportId:
    with shop.database.unit_of_work() as session:
        done = service.get_import(session, import_id)
        made = by_hand.undo(session, shop.settings, done, user_id=8, now=NOW)
    service.store(shop.settings, shop.database, made, now=NOW)
    return made


def products(shop: ShopBench) -> DatasetTable:
    return shop.table("products")


def people(shop: ShopBench) -> DatasetTable:
    return shop.table("customers")


def rows(table: DatasetTable, *columns: str) -> list[tuple[Any, ...]]:
    return table.scan().select(columns).sort(columns[0]).collect().rows()


def tags(shop: ShopBench) -> dict[str, list[str] | None]:
    return dict(rows(people(shop), "customer_id", "tags"))


def costs(**typed: int | None) -> pl.DataFrame:
    """Costs alone, of these products."""
    return pl.DataFrame(
        {"product": list(typed), "cost": list(typed.values()), "cost" + SET: True},
        schema_overrides={"cost": pl.Int64},
    )


def test_typed_cells_change_what_they_say_clear_what_is_emptied_and_are_accounted_for(
    shop: ShopBench, type_in: Callable[..., DatasetImportId]
) -> None:
    products(shop).merge(
        pl.DataFrame(
            {
                "product": ["tea", "cup", "pot"],
                "also": [None, "C-1", None],
                "cost": [30_000, 20_000, 10_000],
                "price": [80_000, 50_000, None],
            }
        )
    )
    made = type_in("products", costs(**{"tea": None, "C-1": 25_000, "pot": 10_000, "new": 5_000}))
    assert rows(products(shop), "product", "cost", "price") == [
        ("cup", 25_000, 50_000),  # typed under its other name
        ("new", 5_000, None),
        ("pot", 10_000, None),
        ("tea", None, 80_000),
    ]
    with shop.database.unit_of_work() as session:
        told = service.get_import(session, made)
    assert told.tallies is not None
    assert told.tallies.adds_up
    tallies = (told.tallies.read, told.tallies.new, told.tallies.changed, told.tallies.repeated)
    assert tallies == (4, 1, 2, 1)
    assert (told.state, told.user_id, told.stored_at) == (ImportState.STORED, 7, NOW)
    assert told.table_version == products(shop).version()
    service.store(shop.settings, shop.database, made, now=NOW)
    assert told.table_version == products(shop).version()  # stored once, however often


def test_what_was_typed_is_taken_back_and_what_came_since_stays(
    shop: ShopBench, type_in: Callable[..., DatasetImportId]
) -> None:
    products(shop).merge(pl.DataFrame({"product": ["tea", "cup"], "cost": [30_000, 20_000]}))
    first = type_in("products", costs(tea=None, cup=25_000, new=1_000))
    type_in("products", costs(cup=26_000))
    undo(shop, first)
    assert rows(products(shop), "product", "cost") == [
        ("cup", 26_000),
        ("new", None),
        ("tea", 30_000),
    ]
    with pytest.raises(NothingToUndoError, match="nothing to take back"):
        undo(shop, first)


def test_taking_back_can_be_taken_back(
    shop: ShopBench, type_in: Callable[..., DatasetImportId]
) -> None:
    products(shop).merge(pl.DataFrame({"product": ["tea"], "cost": [30_000]}))
    back = undo(shop, type_in("products", costs(tea=40_000)))
    assert rows(products(shop), "product", "cost") == [("tea", 30_000)]
    undo(shop, back)
    assert rows(products(shop), "product", "cost") == [("tea", 40_000)]


def test_a_tag_is_given_and_taken_away_beside_others(
    shop: ShopBench, type_in: Callable[..., DatasetImportId]
) -> None:
    people(shop).merge(
        pl.DataFrame(
            {"customer_id": ["ann", "ben", "cid"], "tags": [["gift"], ["vip", "gift"], None]}
        )
    )
    everybody = pl.DataFrame({"customer_id": ["ann", "ben", "cid", "dan"]})
    given = type_in("customers", everybody, ByHand(what="tag", tag="vip"))
    assert tags(shop) == {
        "ann": ["gift", "vip"],
        "ben": ["vip", "gift"],
        "cid": ["vip"],
        "dan": ["vip"],
    }
    since = [day for _, day in rows(people(shop), "customer_id", "acquired_on")]
    assert since == [None, None, None, dt.date(2026, 11, 21)]
    taken = type_in("customers", everybody, ByHand(what="untag", tag="gift"))
    with shop.database.unit_of_work() as session:
        tallies = service.get_import(session, taken).tallies
    assert tallies is not None
    assert (tallies.changed, tallies.repeated) == (2, 2)
    assert tags(shop)["ann"] == ["vip"]
    undo(shop, given)  # of those who had it before it is not taken away
    assert tags(shop) == {"ann": None, "ben": ["vip"], "cid": None, "dan": None}
    undo(shop, taken)
    assert tags(shop)["ann"] == ["gift"]


def test_a_run_that_died_after_the_commit_does_not_commit_again(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.database.unit_of_work() as session:
        made = by_hand.type_in(
            session,
            shop.settings,
            SHOP,
            "products",
            costs(tea=5_000),
            CELLS,
            user_id=7,
            now=NOW,
        )

    def die(*given: object, **named: object) -> int:
        commit.commit(*given, **named)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("regulars_platform.datasets.by_hand.commit", die)
        with pytest.raises(KeyboardInterrupt):
            service.store(shop.settings, shop.database, made, now=NOW)
    version = products(shop).version()
    tallies = service.store(shop.settings, shop.database, made, now=NOW)
    assert products(shop).version() == version
    assert (tallies.new, tallies.read) == (1, 1)


def test_a_file_is_not_taken_back_this_way(shop: ShopBench) -> None:
    stored = shop.checked(b"Product,Cost\ntea,3\n", kind="products")
    shop.store(stored)
    with pytest.raises(NothingToUndoError):
        undo(shop, stored)
