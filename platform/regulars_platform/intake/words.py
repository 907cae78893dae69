"""Which status words a file uses, to be shown before it is read."""

import polars as pl

from regulars_platform.intake.cells import clean
from regulars_platform.intake.readers import column_name


def count_status_words(sample: pl.DataFrame, position: int) -> dict[str, int]:
    """Cleaned cells of the status column -> how often, most frequent first, at most 50."""
    words = sample.select(clean(pl.col(column_name(position))).alias("word")).drop_nulls()
    counts = words.group_by("word").len().sort("len", "word", descending=[True, False])
    return dict(counts.head(50).iter_rows())
