"""Which status words a file uses, to be shown before it is read."""

from collections.abc import Mapping

import polars as pl

from regulars_platform.intake.cells import clean
from regulars_platform.intake.models import OrderField
from regulars_platform.intake.readers import column_name

_SHOWN = 50


def count_status_words(sample: pl.DataFrame, positions: Mapping[OrderField, int]) -> dict[str, int]:
    """Cleaned cells of the status columns (of orders and of refunds) -> how often, most frequent
    first, at most 50 of each."""
    words: dict[str, int] = {}
    for name in (OrderField.STATUS, OrderField.REFUND_STATUS):
        if name not in positions:
            continue
        cells = sample.select(clean(pl.col(column_name(positions[name]))).alias("word"))
        counts = cells.drop_nulls().group_by("word").len()
        ranked = counts.sort("len", "word", descending=[True, False]).head(_SHOWN)
        words.update(ranked.iter_rows())
    return words
