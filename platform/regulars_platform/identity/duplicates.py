"""Customers who may be one person under several ids: found, explained, never merged.

Every way of recognising a person turns each customer into a value (a phone, an address, the id
without case and blanks); customers who share a value are a pair. Values are worked through in
buckets by their hash, so that memory does not grow with the shop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from regulars_platform.identity.values import (
    is_chinese_mobile,
    is_hidden,
    plain_email,
    plain_phone,
    plain_text,
)

Reason = Literal["same_phone", "same_email", "spelling", "country_code", "leading_zeros", "renamed"]
REASONS: tuple[Reason, ...] = (
    "spelling",
    "country_code",
    "leading_zeros",
    "same_email",
    "renamed",
    "same_phone",
)
"""Most telling first: of several reasons for a pair the first is given."""

MOST_OF_ONE_PERSON = 5
"""A value that more ids share is no person: a parcel shop, an office, a placeholder."""
_LIKE_PHONE = r"^\s*[+＋]?[\d\s\-().０-９（）－]{7,24}\s*$"
_BUCKET = 500_000  # values looked at together
PAIR_SCHEMA = {"first": pl.String(), "second": pl.String(), "reason": pl.String()}

PEOPLE_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "phone": pl.String(),  # as told in a file of customers, or the household of the orders
    "email": pl.String(),
    "first_at": pl.Datetime("us", "UTC"),  # first and last order; null: none
    "last_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Duplicates:
    """pairs: PAIR_SCHEMA, first < second, every pair once, at most the number asked for; counts:
    pairs per reason, all of them; crowded: values that too many ids share to be one person;
    hidden: masked phones and addresses, which are nobody's."""

    pairs: pl.DataFrame
    counts: dict[str, int]
    crowded: int
    hidden: int

    @property
    def total(self) -> int:
        """Pairs in all."""
        return sum(self.counts.values())


def find_duplicates(
    people: pl.LazyFrame,
    work: Path,
    *,
    most: int,
    report: Callable[[int, int], None] = lambda _done, _total: None,
) -> Duplicates:
    """Pairs of customers of `people` (PEOPLE_SCHEMA, one row per customer_id) who may be one.

    work: an empty folder for intermediate files; most: pairs that are returned.
    """
    clues = work / "clues.parquet"
    _clues(people).sink_parquet(clues, compression="lz4", engine="streaming")
    rows = int(pl.scan_parquet(clues).select(pl.len()).collect().item())
    buckets = max(1, -(-rows // _BUCKET))
    found: list[pl.DataFrame] = []
    crowded = 0
    for number in range(buckets):
        report(number, buckets)
        pairs, many = _pairs_of_bucket(pl.scan_parquet(clues), number, buckets)
        found.append(pairs)
        crowded += many
    report(buckets, buckets)
    pairs = _renamed(_first_reason(found), people)
    counts = dict(pairs.group_by("reason").len().iter_rows())
    rank = {reason: place for place, reason in enumerate(REASONS)}
    pairs = pairs.sort(pl.col("reason").replace_strict(rank, return_dtype=pl.Int8), "first")
    return Duplicates(
        pairs=pairs.head(most),
        counts={reason: counts[reason] for reason in REASONS if reason in counts},
        crowded=crowded,
        hidden=_hidden(people),
    )


def _clues(people: pl.LazyFrame) -> pl.LazyFrame:
    """One row per customer and way of recognising them: way, value, customer_id.

    What cannot be a phone or an address is sorted out first, by a cheap look.
    """
    key = pl.col("customer_id")
    visible = people.filter(~is_hidden(key))
    as_phone = visible.filter(key.str.contains(_LIKE_PHONE)).with_columns(
        plain_phone(key).alias("value")
    )
    coded = is_chinese_mobile(pl.col("value")) | key.str.starts_with("+")
    told_phone = visible.filter(pl.col("phone").str.contains(_LIKE_PHONE)).with_columns(
        plain_phone(pl.col("phone")).alias("value")
    )
    told_email = visible.filter(pl.col("email").str.contains("@", literal=True)).with_columns(
        plain_email(pl.col("email")).alias("value")
    )
    as_email = visible.filter(key.str.contains("@", literal=True)).with_columns(
        plain_email(key).alias("value")
    )
    number = visible.filter(key.str.contains(r"^\d+$")).with_columns(
        key.str.strip_chars_start("0").alias("value")
    )
    ways: tuple[tuple[Reason, pl.LazyFrame], ...] = (
        ("spelling", visible.with_columns(plain_text(key).alias("value"))),
        ("country_code", as_phone.filter(coded)),
        ("leading_zeros", number),
        ("same_phone", as_phone),
        ("same_phone", told_phone),
        ("same_email", as_email),
        ("same_email", told_email),
    )
    return pl.concat(
        frame.select(pl.lit(way).alias("way"), "value", key).filter(
            pl.col("value").str.len_bytes() > 0
        )
        for way, frame in ways
    )


def _pairs_of_bucket(clues: pl.LazyFrame, number: int, buckets: int) -> tuple[pl.DataFrame, int]:
    """The pairs (first, second, reason) of the values in one bucket, and its crowded values."""
    shared = (
        clues.filter(pl.col("value").hash(seed=7) % buckets == number)
        .unique()
        .group_by("way", "value")
        .agg(pl.len().alias("ids"), pl.col("customer_id").sort().head(MOST_OF_ONE_PERSON))
        .filter(pl.col("ids") > 1)
        .collect(engine="streaming")
    )
    few = shared.filter(pl.col("ids") <= MOST_OF_ONE_PERSON).with_row_index("group")
    members = few.select("group", "way", pl.col("customer_id")).explode("customer_id")
    pairs = (
        members.join(members.select("group", second="customer_id"), on="group")
        .filter(pl.col("customer_id") < pl.col("second"))
        .select(pl.col("customer_id").alias("first"), "second", pl.col("way").alias("reason"))
    )
    crowded = shared.filter(pl.col("ids") > MOST_OF_ONE_PERSON)["value"].n_unique()
    return pairs, crowded


def _first_reason(found: list[pl.DataFrame]) -> pl.DataFrame:
    """Every pair once, with its most telling reason."""
    if not found:
        return pl.DataFrame(schema=PAIR_SCHEMA)
    rank = {reason: place for place, reason in enumerate(REASONS)}
    return (
        pl.concat(found)
        .with_columns(pl.col("reason").replace_strict(rank, return_dtype=pl.Int8).alias("rank"))
        .sort("first", "second", "rank")
        .unique(["first", "second"], keep="first", maintain_order=True)
        .select(list(PAIR_SCHEMA))
    )


def _renamed(pairs: pl.DataFrame, people: pl.LazyFrame) -> pl.DataFrame:
    """Of those with the same phone: who stopped under one id before the other began has perhaps
    changed a nickname. Both have to be names, not numbers or addresses."""
    same = pairs.filter(pl.col("reason") == "same_phone")
    if same.is_empty():
        return pairs
    ids = pl.concat([same["first"], same["second"]]).unique().rename("customer_id")
    spans = (
        people.join(ids.to_frame().lazy(), on="customer_id", how="semi")
        .select("customer_id", "first_at", "last_at")
        .collect(engine="streaming")
    )
    joined = same.join(spans, left_on="first", right_on="customer_id", how="left").join(
        spans, left_on="second", right_on="customer_id", how="left", suffix="_second"
    )
    after = (pl.col("last_at") < pl.col("first_at_second")) | (
        pl.col("last_at_second") < pl.col("first_at")
    )
    named = ~pl.any_horizontal(
        pl.col(name).str.contains(r"^[\d\s+()\-.]+$|@") for name in ("first", "second")
    )
    renamed = joined.select(
        "first",
        "second",
        pl.when((after & named).fill_null(value=False))
        .then(pl.lit("renamed"))
        .otherwise(pl.lit("same_phone"))
        .alias("reason"),
    )
    return pl.concat([pairs.filter(pl.col("reason") != "same_phone"), renamed])


def _hidden(people: pl.LazyFrame) -> int:
    masked = sum(
        (is_hidden(pl.col(name)).sum() for name in ("customer_id", "phone", "email")),
        start=pl.lit(0, dtype=pl.UInt32),
    )
    return int(people.select(masked).collect(engine="streaming").item())
