"""Columns of a shop's file become features, and later customers are read the same way."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regulars_experiments.uplift.checks import Code
from regulars_experiments.uplift.features import OTHER, UnusableFeatureError, learn_encoding


def test_numbers_yes_and_no_dates_and_durations_are_numbers() -> None:
    frame = pl.DataFrame(
        {
            "orders": [3, None],
            "member": [True, False],
            "joined": [date(1970, 1, 2), date(2020, 1, 1)],
            "seen": [datetime(1970, 1, 1, 12), None],  # noqa: DTZ001
            "gap": [timedelta(days=2), timedelta(hours=6)],
        }
    )
    encoding, found = learn_encoding(frame, frame.columns)
    features = encoding.apply(frame)
    assert features.values[0].tolist() == [3, 1, 1, 0.5, 2]
    assert features.values[1, [1, 2, 4]].tolist() == [0, 18262, 0.25]
    assert np.isnan(features.values[1, [0, 3]]).all()
    assert features.categories == (None,) * 5
    assert features.dates == {"joined", "seen"}
    assert features.without({"joined"}).values.shape == (2, 4)
    assert found == ()


def test_text_is_numbered_by_frequency_and_then_by_the_alphabet_whatever_the_order_of_rows() -> (
    None
):
    words = ["b", "a", "c", "c", None]
    one, _ = learn_encoding(pl.DataFrame({"w": words}), ["w"])
    other, _ = learn_encoding(pl.DataFrame({"w": words[::-1]}), ["w"])
    assert one.levels == other.levels == (("c", "a", "b"),)


def test_categories_and_enums_are_text() -> None:
    kinds = pl.Enum(["x", "y"])
    frame = pl.DataFrame({"e": pl.Series(["y", "y", "x"], dtype=kinds)})
    frame = frame.with_columns(c=pl.col("e").cast(pl.Categorical))
    encoding, _ = learn_encoding(frame, ["e", "c"])
    assert encoding.apply(frame).values.tolist() == [[0, 0], [0, 0], [1, 1]]


def test_of_many_categories_the_frequent_ones_stay_and_the_rest_is_one() -> None:
    words = [f"town {place}" for place in range(500) for _ in range(3)] + ["capital"] * 100
    frame = pl.DataFrame({"town": words})
    encoding, found = learn_encoding(frame, ["town"])
    assert encoding.levels[0] is not None
    assert encoding.levels[0][0] == "capital"
    assert encoding.levels[0][-1] == OTHER
    assert len(encoding.levels[0]) == 201
    assert [finding.code for finding in found] == [Code.TOO_MANY_CATEGORIES]
    assert "“town” has 501 different words" in found[0].words
    new = encoding.apply(pl.DataFrame({"town": ["capital", "never seen", None]}))
    assert new.values[:2, 0].tolist() == [0, 200]
    assert np.isnan(new.values[2, 0])


def test_a_hundred_thousand_categories_get_a_clear_answer() -> None:
    frame = pl.DataFrame({"email": [f"{place}@example.org" for place in range(100_000)]})
    encoding, found = learn_encoding(frame.with_columns(orders=1), ["email", "orders"])
    assert encoding.names == ("orders",)
    assert [finding.words for finding in found] == [
        "“email” has 100,000 different words, almost one for each customer, so nothing can be"
        " learnt from it; it is left out"
    ]


def test_a_word_never_seen_before_is_missing_where_all_words_were_kept() -> None:
    encoding, _ = learn_encoding(pl.DataFrame({"w": ["a", "b"]}), ["w"])
    assert np.isnan(encoding.apply(pl.DataFrame({"w": ["z"]})).values[0, 0])


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnusableFeatureError, match=r"no column 'agee'.*age, city"):
        learn_encoding(pl.DataFrame({"age": [1], "city": ["a"]}), ["agee"])


def test_lists_are_refused_by_name() -> None:
    with pytest.raises(UnusableFeatureError, match="'basket' holds List"):
        learn_encoding(pl.DataFrame({"basket": [[1, 2]]}), ["basket"])


def test_infinite_numbers_are_refused_by_name() -> None:
    with pytest.raises(UnusableFeatureError, match="'ratio' holds infinite numbers"):
        learn_encoding(pl.DataFrame({"ratio": [1.0, float("inf")]}), ["ratio"])
    with pytest.raises(UnusableFeatureError, match="'ratio' holds infinite numbers"):
        learn_encoding(pl.DataFrame({"ratio": [1.0, -1e300]}), ["ratio"])


def test_text_where_numbers_were_learnt_is_refused() -> None:
    encoding, _ = learn_encoding(pl.DataFrame({"age": [1, 2]}), ["age"])
    with pytest.raises(UnusableFeatureError, match="'age' holds String"):
        encoding.apply(pl.DataFrame({"age": ["old"]}))


def test_a_column_chosen_twice_counts_once() -> None:
    assert learn_encoding(pl.DataFrame({"a": [1, 2]}), ["a", "a"])[0].names == ("a",)
