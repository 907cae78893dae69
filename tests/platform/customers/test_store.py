"""The kept feature frames of a shop."""

import datetime as dt
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regulars_platform.customers.features import customer_features
from regulars_platform.customers.store import (
    KEPT,
    KEPT_HISTORIES,
    FeatureStore,
    window_spend,
)
from tests.platform.customers.build import line, lines
from tests.platform.customers.shop import Folder
from tests.platform.customers.test_from_orders import random_lines

DAY = dt.date(2026, 2, 1)


@pytest.fixture
def shop_dir(tmp_path: Path) -> Path:
    lines(
        line("1", "ann", "2026-01-01", 10),
        line("2", "ann", "2026-01-25", 20, refund=5),
        line("C2", "ann", "2026-01-26", -3),
        line("3", "ben", "2026-01-31", 30, at="2026-01-31T20:00:00+00:00"),
        line("4", None, "2026-01-31", 30),
    ).collect().write_delta(tmp_path / "orders")
    return tmp_path


def test_the_kept_frame_is_the_computed_one(shop_dir: Path) -> None:
    store = FeatureStore(shop_dir, "UTC")
    expected = customer_features(store.table.scan(), store.moment(DAY)).sort("customer_id")
    for _ in range(2):
        assert_frame_equal(store.order_features(DAY, 0).collect(), expected.collect())


def test_the_second_reading_computes_nothing(shop_dir: Path) -> None:
    store = FeatureStore(shop_dir, "UTC")
    store.features(DAY, 0).collect()
    files = {path.name: path.stat().st_ino for path in (shop_dir / "features").iterdir()}
    store.features(DAY, 0).collect()
    assert files == {path.name: path.stat().st_ino for path in (shop_dir / "features").iterdir()}


def test_another_version_is_another_frame(shop_dir: Path) -> None:
    store = FeatureStore(shop_dir, "UTC")
    assert store.features(DAY, 0).collect().height == 2
    new = lines(line("5", "cid", "2026-01-20", 10)).collect()
    new.write_delta(shop_dir / "orders", mode="append")
    assert store.features(DAY, 1).collect().height == 3
    assert store.features(DAY, 0).collect().height == 2


def test_the_day_starts_at_the_shops_midnight(shop_dir: Path) -> None:
    # 20:00 UTC on 31 January is already 1 February in Shanghai
    store = FeatureStore(shop_dir, "Asia/Shanghai")
    assert store.features(DAY, 0).collect()["customer_id"].to_list() == ["ann"]


def test_only_the_latest_frames_are_kept(shop_dir: Path) -> None:
    store = FeatureStore(shop_dir, "UTC")
    for back in range(KEPT + 3):
        store.features(DAY - dt.timedelta(days=back), 0)
    kept = list((shop_dir / "features").glob("features-*.parquet"))
    assert len(kept) == KEPT
    assert not list((shop_dir / "features").glob("*.tmp"))


def test_what_a_killed_process_left_half_written_is_removed(shop_dir: Path) -> None:
    store = FeatureStore(shop_dir, "UTC")
    store.features(DAY, 0)
    old, fresh = (shop_dir / "features" / name for name in ("old.tmp", "fresh.tmp"))
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    store.features(DAY - dt.timedelta(days=1), 0)
    assert not old.exists()
    assert fresh.exists()


def inodes(shop_dir: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in (shop_dir / "features").iterdir()}


def test_a_frame_that_somebody_is_about_to_read_is_never_replaced(
    shop_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FeatureStore(shop_dir, "UTC")
    orders, features = store.orders(0), store.features(DAY, 0)
    there = inodes(shop_dir)
    # as for somebody who looked just before the files came, and works them out, too
    monkeypatch.setattr("regulars_platform.customers.store._touch", lambda _: False)
    again = store.orders(0), store.features(DAY, 0)

    assert inodes(shop_dir) == there
    assert_frame_equal(orders.collect(), again[0].collect())
    assert_frame_equal(features.collect(), again[1].collect())


def test_two_threads_that_start_at_once_both_read_whole_orders(
    shop_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(2, timeout=10)

    def missing(_: Path) -> bool:
        together.wait()
        return False

    monkeypatch.setattr("regulars_platform.customers.store._touch", missing)

    def read(_: int) -> pl.DataFrame:
        return FeatureStore(shop_dir, "UTC").orders(0).collect()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(read, range(2))

    assert first["order_id"].to_list() == ["1", "2", "C2", "3"]
    assert_frame_equal(first, second)
    assert [path.suffix for path in (shop_dir / "features").iterdir()] == [".parquet"]


def test_a_windows_spend_is_net_and_leaves_out_what_lies_before_it(shop_dir: Path) -> None:
    orders = FeatureStore(shop_dir, "UTC").window_orders(DAY, 10, 0)
    spend = dict(window_spend(orders).collect().iter_rows())
    assert spend == {"ann": 120_000, "ben": 300_000}


def test_a_new_file_another_setting_or_analysis_makes_another_frame(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2025-12-01", 10))
    store = FeatureStore(tmp_path, "UTC")
    before = store.features(DAY, 0).collect()
    assert before["gender"].to_list() == [None]
    pinned = store.order_features(DAY, 0).collect()

    folder.bring("customers", {"customer_id": "ann", "gender": "female"})
    assert store.features(DAY, 0).collect()["gender"].to_list() == ["female"]
    patient = FeatureStore(tmp_path, "UTC", {"honeymoon_days": 100})
    assert patient.features(DAY, 0).collect()["rhythm"].to_list() == ["new"]
    assert store.features(DAY, 0).collect()["rhythm"].to_list() == [None]
    (tmp_path / "cycle").mkdir()
    due = pl.DataFrame({"customer_id": ["ann"], "due_on": [DAY]})
    due.write_parquet(tmp_path / "cycle" / "due.parquet")
    assert store.features(DAY, 0).collect()["product_due_days"].to_list() == [0]

    assert_frame_equal(store.order_features(DAY, 0).collect(), pinned)


def test_only_the_latest_histories_are_kept_and_half_written_ones_go(shop_dir: Path) -> None:
    store = FeatureStore(shop_dir, "UTC")
    half = shop_dir / "features" / "old.tmp"
    store.features(DAY, 0)
    half.mkdir()
    (half / "amounts.parquet").write_bytes(b"half")
    os.utime(half, (0, 0))
    for _ in range(KEPT_HISTORIES):
        lines().collect().write_delta(shop_dir / "orders", mode="append")
    for version in range(KEPT_HISTORIES + 1):
        store.features(DAY, version)
    kept = sorted(path.name for path in (shop_dir / "features").glob("histories-*"))
    assert len(kept) == KEPT_HISTORIES
    assert kept[-1].endswith(f"-{KEPT_HISTORIES}")
    assert not half.exists()


def test_many_orders_are_put_together_in_parts_to_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = random_lines(5)
    # many orders at one and the same moment, too
    rows += [
        line(f"S{n:02}", f"c{n % 5}", "2026-01-01", 5, line_key=key)
        for n in range(40)
        for key in ("1", "2")
    ]
    at_once, in_parts = Folder(tmp_path / "a", *rows), Folder(tmp_path / "b", *rows)
    expected = FeatureStore(at_once.path, "UTC").orders(0).collect()
    monkeypatch.setattr("regulars_platform.customers.kept_orders.PART", 23)
    found = FeatureStore(in_parts.path, "UTC").orders(0).collect()
    assert_frame_equal(found, expected)
    assert not list((in_parts.path / "features").glob("*.tmp"))


def test_orders_of_nobody_are_kept_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars_platform.customers.kept_orders.PART", 2)
    folder = Folder(tmp_path, *(line(str(n), None, "2026-01-01", 5) for n in range(9)))
    assert FeatureStore(folder.path, "UTC").orders(0).collect().is_empty()
    assert folder.frame().is_empty()
