"""Lines that an earlier file holds under other order numbers.

Two files of the same shop may overlap in time and yet number their orders differently. A line
that is new by its key, in an order that is not stored, is matched by customer (or none), time and
amount with stored lines of orders that are not in this file; as a multiset, so that two equal
lines here need two equal lines there.
"""

from pathlib import Path

import polars as pl

from regulars_platform.intake.tallies import Overlap, OverlapExample, Share

_MATCH = ("customer_id", "ordered_at", "amount")
_EXAMPLES = 5


def find_overlap(classified: Path, stored: pl.LazyFrame, *, parts: int) -> Overlap | None:
    """Mark overlapping lines of the parts in `classified`: their numbers go to overlap.parquet.

    stored: the orders table (ORDER_SCHEMA). parts: how many pieces to do it in, for memory.
    None where nothing overlaps.
    """
    lines = pl.scan_parquet(sorted(classified.glob("part-*.parquet")), glob=False)
    candidates = lines.filter((pl.col("fate") == "new") & ~pl.col("order_known"))
    span = (
        candidates.select(
            pl.col("ordered_at").min().alias("first"), pl.col("ordered_at").max().alias("last")
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    if span["first"] is None:
        return None
    others = stored.filter(pl.col("ordered_at").is_between(span["first"], span["last"])).join(
        lines.select("order_id").unique(), on="order_id", how="anti"
    )
    found = [
        _matches(candidates, others, bucket, parts).collect(engine="streaming")
        for bucket in range(parts)
    ]
    matched = pl.concat(found).sort("ordered_at", "order_id", "source_line")
    if matched.is_empty():
        return None
    matched.select(pl.col("source_line").sort()).write_parquet(classified / "overlap.parquet")
    return _describe(matched)


def _matches(
    candidates: pl.LazyFrame, others: pl.LazyFrame, bucket: int, parts: int
) -> pl.LazyFrame:
    """Candidates of one bucket that find a stored line, with that line's order number."""
    here = pl.struct(_MATCH).hash(seed=2) % parts == bucket
    place = pl.int_range(pl.len()).over(_MATCH).alias("place")
    columns = [*_MATCH, "order_id", "source_line"]
    mine = (
        candidates.select(columns).filter(here).sort("order_id", "source_line").with_columns(place)
    )
    theirs = (
        others.select(*_MATCH, pl.col("order_id").alias("stored_order_id"), "line_key")
        .filter(here)
        .sort("stored_order_id", "line_key")
        .with_columns(place)
        .drop("line_key")
    )
    # the k-th equal line here needs a k-th equal line there: the smaller count of both matches
    return mine.join(theirs, on=[*_MATCH, "place"], how="inner", nulls_equal=True).drop("place")


def _describe(matched: pl.DataFrame) -> Overlap:
    examples = matched.unique("order_id", keep="first", maintain_order=True).head(_EXAMPLES)
    first, last = matched["ordered_at"][0], matched["ordered_at"][-1]
    return Overlap(
        share=Share(lines=matched.height, money=int(matched["amount"].cast(pl.Int128).sum())),
        first_at=first,
        last_at=last,
        examples=tuple(
            OverlapExample(
                order_id=row["order_id"],
                stored_order_id=row["stored_order_id"],
                customer_id=row["customer_id"],
                ordered_at=row["ordered_at"],
                amount=row["amount"],
            )
            for row in examples.iter_rows(named=True)
        ),
    )
