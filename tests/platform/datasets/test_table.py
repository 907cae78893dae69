"""What a shop brings beside its orders: one record per key, and nothing is lost by silence."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.datasets.kinds import KINDS
from regulars_platform.datasets.table import DatasetTable, dataset_versions


def test_nothing_stored_reads_as_an_empty_table_of_the_right_columns(tmp_path: Path) -> None:
    table = DatasetTable(tmp_path, "customers")

    assert not table.exists()
    assert table.version() is None
    assert table.scan().collect().schema == pl.Schema(KINDS["customers"].schema)


def test_a_later_file_changes_what_it_says_and_leaves_what_it_does_not_say(tmp_path: Path) -> None:
    table = DatasetTable(tmp_path, "customers")
    table.merge(
        pl.DataFrame({"customer_id": ["a", "b"], "gender": ["female", "male"], "tags": [["x"], []]})
    )
    table.merge(pl.DataFrame({"customer_id": ["b", "c"], "gender": [None, "other"], "city": "Lu"}))

    found = table.scan().sort("customer_id").collect()
    assert found.select("customer_id", "gender", "city", "tags").rows() == [
        ("a", "female", None, ["x"]),
        ("b", "male", "Lu", []),
        ("c", "other", "Lu", None),
    ]


def test_of_records_with_one_key_the_last_word_counts_value_by_value(tmp_path: Path) -> None:
    table = DatasetTable(tmp_path, "products")
    table.merge(
        pl.DataFrame({"product": ["tea", "tea"], "cost": [30_000, None], "price": [80_000, 90_000]})
    )

    assert table.scan().select("product", "cost", "price").collect().rows() == [
        ("tea", 30_000, 90_000)
    ]


def test_keys_of_several_columns_tell_records_apart(tmp_path: Path) -> None:
    table = DatasetTable(tmp_path, "shop_days")
    day = dt.date(2026, 11, 1)
    rows = pl.DataFrame(
        {"day": [day] * 2, "scope": ["shop", "industry"], "figure": "visitors", "value": [1, 2]}
    )
    table.merge(rows)
    table.merge(rows.with_columns(pl.col("value") * 10))

    assert sorted(table.scan().select("scope", "value").collect().rows()) == [
        ("industry", 20),
        ("shop", 10),
    ]


def test_versions_before_a_file_can_still_be_read(tmp_path: Path) -> None:
    table = DatasetTable(tmp_path, "products")
    first = table.merge(pl.DataFrame({"product": ["tea"], "price": [1]}))
    table.merge(pl.DataFrame({"product": ["tea"], "price": [2]}))

    assert table.scan(first).collect()["price"].to_list() == [1]
    assert dataset_versions(tmp_path)["products"] == table.version()
    assert dataset_versions(tmp_path)["points"] is None


@pytest.mark.parametrize(
    "records",
    [
        pl.DataFrame({"product": [None], "price": [1]}, schema_overrides={"product": pl.String}),
        pl.DataFrame({"price": [1]}),
        pl.DataFrame({"product": ["tea"], "colour": ["green"]}),
    ],
)
def test_records_without_a_key_or_with_columns_nobody_knows_are_refused(
    tmp_path: Path, records: pl.DataFrame
) -> None:
    with pytest.raises(ValueError, match="products"):
        DatasetTable(tmp_path, "products").merge(records)
