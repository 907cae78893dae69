"""A file in parts of whole orders is the file as a whole, however small the parts."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars_platform.intake import spreading
from regulars_platform.intake.limits import LIMITS
from regulars_platform.intake.models import ImportId
from regulars_platform.intake.staging import folder_of
from tests.platform.intake.builders import ShopBench, open_shop

KEYS = st.lists(st.one_of(st.none(), st.sampled_from("abcdefghijkl")), min_size=1, max_size=60)
HEADER = "order_id,line_id,customer_id,ordered_at,product,amount,status"
CELLS = (
    st.sampled_from(["1", "2", "3", "4", ""]),
    st.sampled_from(["", "", "x", "y"]),
    st.sampled_from(["anna", "ben", ""]),
    st.sampled_from(["2020-01-02", "2020-01-03 10:00", ""]),
    st.sampled_from(["tea", "cup"]),
    st.sampled_from(["", "7.25", "5"]),
    st.sampled_from(["paid", "odd", "strange"]),
)
ROWS = st.lists(st.tuples(*CELLS), min_size=1, max_size=30)
ANCHOR = ("0", "", "anna", "2020-05-05", "tea", "5.55", "paid")
"""One good line, so that no column is unreadable as a whole."""


def cut(frame: pl.DataFrame, rows: int) -> Iterator[pl.DataFrame]:
    return (frame.slice(first, rows) for first in range(0, frame.height, rows))


@settings(max_examples=60, deadline=None)
@given(KEYS, st.integers(1, 20), st.integers(1, 9), st.integers(1, 30), st.integers(2, 4))
def test_every_row_lies_in_the_one_part_of_its_key_and_in_its_place(
    keys: list[str | None], parts: int, batch: int, at_once: int, most: int
) -> None:
    rows = pl.DataFrame({"key": keys}, schema={"key": pl.String}).with_row_index("line")
    # few files at a time, so that the rows are spread several times over
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(spreading, "_MOST", most):
        found = spreading.spread(
            cut(rows, batch), Path(folder), pl.col("key"), parts=parts, at_once=at_once
        )
        read = [pl.read_parquet(paths, glob=False) for paths in found if paths]
    assert sorted(row for part in read for row in part.rows()) == rows.rows()
    assert all(part["line"].is_sorted() for part in read)
    places = [(key, number) for number, part in enumerate(read) for key in part["key"].unique()]
    assert len(places) == len(set(keys))
    assert all(part.columns == ["line", "key"] for part in read)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS, st.integers(1, 9), st.integers(1, 9))
def test_orders_over_several_batches_repeats_and_rejects_come_out_as_from_the_whole_file(
    rows: list[tuple[str, ...]], batch: int, part: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(Path(folder))
        lines = [HEADER, *(",".join(row) for row in (ANCHOR, *rows, rows[0])), ""]
        import_id = shop.confirmed("\n".join(lines).encode())
        whole = checked(shop, import_id)
        with mock.patch.object(spreading, "_MOST", 2):
            small = replace(shop, limits=replace(LIMITS, batch=batch, part=part))
            assert checked(small, import_id) == whole
        shop.database.dispose()


def checked(shop: ShopBench, import_id: ImportId) -> tuple[object, ...]:
    """All that a check leaves behind."""
    tallies = shop.check(import_id)
    folder = folder_of(shop.settings, import_id)
    assert not list(folder.prepared.glob("work*"))
    assert sum(1 for path in folder.classified.iterdir() if path.is_dir()) == 0
    lines = folder.lines().sort("order_id", "line_key").collect().to_dicts()
    repeats = pl.read_parquet(folder.prepared / "own_repeats.parquet", glob=False)
    words = list(tallies.unknown_status_words.items())
    return tallies, words, lines, repeats.sort("source_line").to_dicts(), shop.rejects(import_id)
