"""From columns of a frame to features that models take, the same way again for later customers.

Numbers stay numbers, yes and no become 1 and 0, dates and durations days; text becomes categories.
What is missing stays missing: the models have a place for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.checks import Code, Finding, UpliftError
from regulars_experiments.uplift.randomised import Features

MOST_LEVELS = 200
"""Levels kept of a column of text, the most frequent ones; boosting takes at most 255."""
OTHER = "(other)"
_SINGLES = 0.01
_DAY = 86_400_000_000  # microseconds
_DATES = (pl.Date, pl.Datetime)
_LARGEST = 1e100  # beyond it the squares that models take are no numbers any more


class UnusableFeatureError(UpliftError):
    """A column chosen as a feature is not there, or not of a kind that a model takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """How columns become features.

    levels: per column None for numbers, or its words in order. dates: columns that are counted in
    days since 1970-01-01.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...] | None, ...]
    dates: frozenset[str] = frozenset()

    def apply(self, frame: pl.DataFrame) -> Features:
        """Features of these customers. A word never seen before counts as other, or as missing.

        Raises UnusableFeatureError where a column is missing, holds infinite numbers, or is text
        where it was numbers before.
        """
        _require_columns(frame, self.names)
        columns = [
            _numbers(frame[name]) if words is None else _codes(frame[name], words)
            for name, words in zip(self.names, self.levels, strict=True)
        ]
        values = np.column_stack(columns) if columns else np.zeros((frame.height, 0))
        return Features(names=self.names, values=values, categories=self.levels, dates=self.dates)


def learn_encoding(
    frame: pl.DataFrame, columns: Sequence[str]
) -> tuple[Encoding, tuple[Finding, ...]]:
    """How these columns become features, and which have too many categories.

    Text keeps its 200 most frequent words (equally frequent ones in alphabetical order) and takes
    the rest together; text with a word of its own for almost everybody is left out. Both are
    found and said. Raises UnusableFeatureError for columns that are not there or of no usable kind.

    >>> shop = pl.DataFrame({"city": ["Ulm", "Bonn", "Ulm", None], "orders": [1, 2, 3, None]})
    >>> encoding, found = learn_encoding(shop, ["city", "orders"])
    >>> encoding.apply(shop).values.tolist()
    [[0.0, 1.0], [1.0, 2.0], [0.0, 3.0], [nan, nan]]
    >>> encoding.levels, found
    ((('Ulm', 'Bonn'), None), ())
    """
    _require_columns(frame, columns)
    names: list[str] = []
    levels: list[tuple[str, ...] | None] = []
    found: list[Finding] = []
    for name in dict.fromkeys(columns):
        if not _is_text(frame[name].dtype):
            _numbers(frame[name])
            names.append(name)
            levels.append(None)
            continue
        words, finding = _frequent_words(frame[name])
        found += [finding] if finding else []
        if finding is None or finding.code is not Code.NAMES_CUSTOMERS:
            names.append(name)
            levels.append(words)
    dates = frozenset(name for name in names if frame[name].dtype.base_type() in _DATES)
    return Encoding(names=tuple(names), levels=tuple(levels), dates=dates), tuple(found)


def _require_columns(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise UnusableFeatureError(
            f"there is no column {', '.join(repr(name) for name in missing)}; the columns are"
            f" {', '.join(frame.columns)}"
        )


def _is_text(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.String | pl.Categorical | pl.Enum)


def _numbers(column: pl.Series) -> FloatArray:
    """(rows,), NaN where missing; days for dates (since 1970) and durations."""
    dtype = column.dtype
    if dtype == pl.Date:
        numbers = column.cast(pl.Int32).cast(pl.Float64)
    elif isinstance(dtype, pl.Datetime | pl.Duration):
        exact = pl.Datetime("us") if isinstance(dtype, pl.Datetime) else pl.Duration("us")
        # a time zone moves all of a column alike
        plain = column.dt.replace_time_zone(None) if isinstance(dtype, pl.Datetime) else column
        numbers = plain.cast(exact).cast(pl.Int64) / _DAY
    elif dtype.is_numeric() or dtype in (pl.Boolean, pl.Null):
        numbers = column.cast(pl.Float64)
    else:
        raise UnusableFeatureError(
            f"{column.name!r} holds {dtype}, and a feature is a number, a date, yes or no, or text"
        )
    values = numbers.to_numpy().astype(np.float64)
    if (np.abs(values) > _LARGEST).any():
        raise UnusableFeatureError(
            f"{column.name!r} holds infinite numbers, or some beyond {_LARGEST:g}: leave those"
            f" cells empty, or leave it out"
        )
    return values


def _frequent_words(column: pl.Series) -> tuple[tuple[str, ...], Finding | None]:
    counts = (
        column.cast(pl.String)
        .drop_nulls()
        .alias("word")
        .to_frame()
        .group_by("word")
        .len("customers")
        .sort(["customers", "word"], descending=[True, False])
    )
    if counts.height <= MOST_LEVELS:
        return tuple(counts["word"]), None
    detail = f"{counts.height:,} different words"
    held = int(counts["customers"].head(MOST_LEVELS).sum())
    if held < max(_SINGLES * column.len(), 2 * MOST_LEVELS):
        return (), Finding(code=Code.NAMES_CUSTOMERS, subject=column.name, detail=detail)
    words = (*counts["word"].head(MOST_LEVELS), OTHER)
    return words, Finding(code=Code.TOO_MANY_CATEGORIES, subject=column.name, detail=detail)


def _codes(column: pl.Series, words: tuple[str, ...]) -> FloatArray:
    """(rows,): the index of each customer's word, NaN where missing or never seen before."""
    other = words.index(OTHER) if words and words[-1] == OTHER else None
    text = column.cast(pl.String)
    places = pl.Series(range(len(words)), dtype=pl.Float64)
    known = text.replace_strict(
        pl.Series(words, dtype=pl.String), places, default=other, return_dtype=pl.Float64
    )
    return known.set(text.is_null(), None).to_numpy().astype(np.float64)
