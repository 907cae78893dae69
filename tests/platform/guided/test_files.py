"""The sample's order files: as the sample shop's own, in three languages, on days of one's own."""

import datetime as dt
import gzip
import io
import runpy
import sys
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.guided.files import BEFORE, export, history_lines, last_day_before
from regulars_platform.guided.words import file_words
from regulars_platform.intake.headings import PREFERENCES, normalise

SAMPLE = Path(__file__).resolve().parents[3] / "sample_data"
TODAY = dt.date(2026, 11, 22)
LANGUAGES = ("en", "zh_Hans", "zh_Hant")


def read(language: str) -> pl.DataFrame:
    content = export(history_lines(last_day_before(TODAY)), file_words(language))
    return pl.read_csv(io.BytesIO(gzip.decompress(content)), infer_schema=False)


def test_what_the_product_carries_is_what_the_script_makes_of_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "before.csv.gz"
    monkeypatch.setattr(sys, "argv", ["make_guided.py", "--out", str(made)])
    monkeypatch.syspath_prepend(str(SAMPLE))
    runpy.run_path(str(SAMPLE / "make_guided.py"), run_name="__main__")

    carried = files("regulars_platform.guided").joinpath("before.csv.gz").read_bytes()
    assert gzip.decompress(carried) == gzip.decompress(made.read_bytes())


def test_the_english_file_is_two_fifths_of_the_sample_shop_moved_in_time() -> None:
    whole = pl.read_csv(SAMPLE / "orders_history.csv.gz", infer_schema=False)
    moved = last_day_before(TODAY) - dt.date(2026, 6, 30)
    number = pl.col("Customer").str.tail(-1).cast(pl.Int64)
    expected = whole.filter(number % 5 < 2).with_columns(
        (pl.col("Ordered at").str.to_datetime("%Y-%m-%d %H:%M") + moved).dt.strftime(
            "%Y-%m-%d %H:%M"
        )
    )

    assert read("en").drop_nulls("Customer").equals(expected)


def test_the_history_ends_whole_weeks_from_where_it_did_and_early_enough() -> None:
    for days in range(60):
        opened = TODAY + dt.timedelta(days=days)
        last = last_day_before(opened)
        assert (last - dt.date(2026, 6, 30)).days % 7 == 0
        assert BEFORE <= (opened - last).days < BEFORE + 7


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_heading_is_known_and_every_language_tells_the_same_orders(language: str) -> None:
    known = {word for words in PREFERENCES.values() for word in words}
    there = read(language)

    assert [heading for heading in there.columns if normalise(heading) not in known] == []
    numbers = [0, 1, 2, *range(6, 12)]
    english = read("en")
    assert [there.to_series(i).to_list() for i in numbers] == [
        english.to_series(i).to_list() for i in numbers
    ]


def test_no_two_goods_have_one_name() -> None:
    for language in LANGUAGES:
        words = file_words(language)
        assert len(set(words.goods)) == len(file_words("en").goods) == 38
        assert (len(words.statuses), len(words.channels)) == (3, 4)
