"""Who asks for silence, and what became of a message when several lines tell of it.

A provider tells of one message again and again, in any order: a state that says more is never
replaced by one that says less. Who asked for silence once gets it, whatever else a file says of
them and whether or not the rest of the line can be read.
"""

import polars as pl

from regulars_platform.datasets.kinds import Kind

SILENCE = ("unsubscribed", "complained")
_WEIGHT = {"sent": 0, "delivered": 1, "failed": 2, "clicked": 3, "unsubscribed": 4, "complained": 5}
"""What says more of a message; one that was clicked on did not fail."""

NOBODY = pl.DataFrame(schema={"customer_id": pl.String, "reason": pl.String})


def weight_of(outcome: pl.Expr) -> pl.Expr:
    """How much an outcome of a message says; null stays null.

    >>> outcomes = pl.DataFrame({"outcome": ["unsubscribed", "sent", None]})
    >>> outcomes.select(weight_of(pl.col("outcome")))["outcome"].to_list()
    [4, 0, None]
    """
    return outcome.replace_strict(_WEIGHT, return_dtype=pl.Int8)


def asking_for_silence(lines: pl.LazyFrame, kind: Kind) -> pl.LazyFrame:
    """Lines or records of a kind -> customer_id and reason of who wants no contact, each once."""
    if kind == "customers":
        named = lines.filter(pl.col("opted_out").fill_null(value=False))
        found = named.select("customer_id", pl.lit("opted_out").alias("reason"))
    elif kind == "contacts":
        named = lines.filter(pl.col("outcome").is_in(SILENCE))
        found = named.select("customer_id", pl.col("outcome").alias("reason"))
    else:
        return NOBODY.lazy()
    return (
        found.filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id")
        .agg(pl.col("reason").min())  # a complaint before an unsubscription
        .sort("customer_id")
    )
