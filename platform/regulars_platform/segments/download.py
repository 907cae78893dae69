"""The customers of a segment as a table for the analyst. It is no contact list: campaigns hold
customers back and leave out who opted out, and this does neither."""

from collections.abc import Iterator

import polars as pl

from regulars_platform.csv_files import FOR_ANALYSIS, csv_pieces
from regulars_platform.customers.catalogue import FEATURES, find_feature
from regulars_platform.segments.rules import Rule, rule_expression

_SLICE = 20_000
_SEPARATOR = "; "


def customers_csv(features: pl.LazyFrame, rule: Rule) -> Iterator[bytes]:
    """customer_id, what is known of each customer by the names that rules use, and a note in every
    row; in the order of the customer ids, in pieces."""
    schema = features.collect_schema()
    own = [name for name in schema.names() if name not in FEATURES and find_feature(name)]
    names = [*FEATURES, *own]
    inside = features.filter(rule_expression(rule)).select(
        "customer_id",
        *(
            pl.col(name).list.join(_SEPARATOR) if isinstance(schema[name], pl.List) else name
            for name in names
        ),
    )
    rows = (
        (*row, FOR_ANALYSIS)
        for part in inside.collect().iter_slices(_SLICE)
        for row in part.iter_rows()
    )
    return csv_pieces(("customer_id", *names, "note"), rows)
