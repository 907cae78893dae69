"""Values to propose where a rule asks for one: words that customers have, and own headings."""

import polars as pl

from regulars_platform.customers.catalogue import ATTRIBUTE, NUMBER

MOST = 50


def known_values(features: pl.LazyFrame, name: str, *, most: int = MOST) -> list[tuple[str, int]]:
    """(value, customers) of a feature that is a text or a list of texts, most frequent first;
    empty where the shop has no such feature."""
    schema = features.collect_schema()
    if name not in schema:
        return []
    column = features.select(pl.col(name).alias("value"))
    if isinstance(schema[name], pl.List):
        # a tag that somebody has twice counts once
        column = column.select(pl.col("value").list.unique()).explode("value")
    elif schema[name] != pl.String():
        return []
    counted = column.drop_nulls("value").group_by("value").len("customers")
    first = counted.sort(["customers", "value"], descending=[True, False]).head(most).collect()
    return list(first.iter_rows())


def own_headings(features: pl.LazyFrame) -> list[str]:
    """The headings of the shop's own attributes, in the order of the frame."""
    names = features.collect_schema().names()
    return [name.removeprefix(ATTRIBUTE) for name in names if name.startswith(ATTRIBUTE)]


def own_features(features: pl.LazyFrame) -> list[str]:
    """The names of the shop's own attributes as features, as numbers and as texts."""
    return [
        name for name in features.collect_schema().names() if name.startswith((ATTRIBUTE, NUMBER))
    ]
