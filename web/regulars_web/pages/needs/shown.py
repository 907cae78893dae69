"""Needs, pairs and goods bought once, formatted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from flask_babel import gettext

from regulars_platform.needs.affinities import LATER, TOGETHER
from regulars_platform.needs.counting import NeedCount
from regulars_platform.needs.service import Affinities
from regulars_web.formats import number, percent

MOST_PAIRS = 60
MOST_ONE_OFF = 50
MOST_WITH_ONE = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class PairRow:
    """first, second: products; share: of those of first who bought second; usual: of all; lacking:
    who bought first and never second."""

    first: str
    second: str
    support: str
    share: str
    usual: str
    lift: str
    limits: str
    lacking: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOffRow:
    """Goods bought once: what goes with them, and whom their buyers can bring."""

    product: str
    customers: int
    pairs: tuple[PairRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedsSummary:
    """For pages that say a little of it: needs named, customers who lack a leaf, sure pairs."""

    needs: int
    one_way: int
    served: int
    pairs: int | None
    first: PairRow | None


def pair_rows(found: Affinities, kind: str, *, most: int = MOST_PAIRS) -> tuple[PairRow, ...]:
    """The pairs that stay after the correction, the surest first."""
    chosen = found.pairs.filter(
        (pl.col("kind") == kind) & pl.col("selected") & (pl.col("lift") > 1)
    )
    return tuple(
        _pair_row(row, found.counts["customers"]) for row in chosen.head(most).iter_rows(named=True)
    )


def _pair_row(row: Mapping[str, Any], customers: int) -> PairRow:
    return PairRow(
        first=row["first"],
        second=row["second"],
        support=number(row["support"]),
        share=percent(row["support"] / row["first_customers"]),
        usual=percent(row["second_customers"] / customers),
        lift=f"{number(row['lift'], 2)}×",
        limits=str(
            gettext("%(low)s to %(high)s", low=number(row["low"], 2), high=number(row["high"], 2))
        ),
        lacking=row["first_customers"] - row["both"],
    )


def one_off_rows(
    products: Sequence[Mapping[str, Any]], found: Affinities | None
) -> tuple[OneOffRow, ...]:
    """Goods bought once, with what most surely goes with each."""
    rows = []
    for one in products[:MOST_ONE_OFF]:
        pairs: tuple[PairRow, ...] = ()
        if found is not None:
            theirs = found.pairs.filter(
                (pl.col("first") == one["product"])
                & pl.col("selected")
                & (pl.col("lift") > 1)
                & (pl.col("kind") == LATER)
            ).head(MOST_WITH_ONE)
            pairs = tuple(
                _pair_row(row, found.counts["customers"]) for row in theirs.iter_rows(named=True)
            )
        rows.append(OneOffRow(product=one["product"], customers=one["customers"], pairs=pairs))
    return tuple(rows)


def product_words(
    later: Sequence[PairRow], together: Sequence[PairRow], one_off: Sequence[OneOffRow]
) -> set[str]:
    """All products that the rows name."""
    pairs = (*later, *together, *(pair for row in one_off for pair in row.pairs))
    found = {name for pair in pairs for name in (pair.first, pair.second)}
    return found | {row.product for row in one_off}


def summary(counts: Sequence[NeedCount], found: Affinities | None) -> NeedsSummary:
    """The few figures of it."""
    pairs = () if found is None else pair_rows(found, LATER)
    return NeedsSummary(
        needs=len(counts),
        one_way=sum(one.one_way for one in counts),
        served=max((one.served for one in counts), default=0),
        pairs=None if found is None else len(pairs) + len(pair_rows(found, TOGETHER)),
        first=pairs[0] if pairs else None,
    )
