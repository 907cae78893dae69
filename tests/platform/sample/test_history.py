"""What the sample shop's order history promises to everything that is shown on it."""

import gzip
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

FOLDER = Path(__file__).parents[3] / "sample_data"
HISTORY = FOLDER / "orders_history.csv.gz"


@pytest.fixture(scope="module")
def history() -> pl.DataFrame:
    return pl.read_csv(HISTORY, infer_schema=False).with_columns(
        pl.col("Quantity", "Unit price", "Discount", "Amount", "Refunded").str.to_decimal(scale=2)
    )


def test_it_is_a_shop_of_twenty_thousand_customers_and_sixty_thousand_orders(
    history: pl.DataFrame,
) -> None:
    assert 19_000 <= history["Customer"].drop_nulls().n_unique() <= 21_000
    assert 57_000 <= history["Order number"].n_unique() <= 63_000


def test_all_files_together_stay_under_three_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.*")) < 3_000_000


def test_amounts_are_price_times_quantity_less_discount_to_the_cent(history: pl.DataFrame) -> None:
    computed = history.select(
        (pl.col("Unit price") * pl.col("Quantity") - pl.col("Discount")).cast(pl.Decimal(38, 2))
    ).to_series()
    assert computed.to_list() == history["Amount"].to_list()
    assert (history["Refunded"] <= history["Amount"]).all()


def test_it_has_refunds_discounts_unpaid_and_cancelled_orders_channels_and_passers_by(
    history: pl.DataFrame,
) -> None:
    orders = history.unique("Order number")
    status = dict(orders["Status"].value_counts().iter_rows())
    assert set(status) == {"Paid", "Unpaid", "Cancelled"}
    assert min(status["Unpaid"], status["Cancelled"]) > 1_000
    assert orders["Channel"].n_unique() == 4
    assert history["Product"].n_unique() == 38
    assert 1_000 < orders["Customer"].null_count() < 3_000
    assert history.filter(pl.col("Refunded") > 0).height > 3_000
    assert history.filter(pl.col("Discount") > 0).height > 10_000


def test_only_paid_lines_were_refunded(history: pl.DataFrame) -> None:
    assert history.filter(pl.col("Refunded") > 0)["Status"].unique().to_list() == ["Paid"]


def test_a_few_wholesalers_stand_far_above_everyone_else(history: pl.DataFrame) -> None:
    baskets = (
        history.drop_nulls("Customer")
        .group_by("Customer", "Order number")
        .agg(pl.col("Amount").sum().cast(pl.Float64))
        .group_by("Customer")
        .agg(pl.col("Amount").mean())
    )
    assert 10 <= baskets.filter(pl.col("Amount") > 1_000).height <= 24
    assert baskets.filter(pl.col("Amount").is_between(400, 1_000)).height < 10


def test_the_script_makes_the_same_file_again(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(FOLDER / "make_sample.py"), "--out", str(tmp_path)], check=True
    )
    for made in tmp_path.iterdir():
        assert _text(made) == _text(FOLDER / made.name), made.name


def _text(path: Path) -> bytes:
    # what is inside: another zlib may pack the same text differently
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
