"""The list of whom to contact next, by the house's writer of CSV."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

import polars as pl

from regulars_platform.delivery.lists import csv_pieces
from regulars_platform.targeting.scores import score_name

KEEPER_COLUMNS = ("customer_id", "arm", "score")
"""score: net value expected from telling them by that arm, currency units per drawn unit."""


def keeper_list(
    scores: pl.DataFrame,
    ledger: pl.DataFrame,
    arm_names: Sequence[str],
    *,
    suppressed: Collection[str],
) -> Iterator[bytes]:
    """CSV in pieces: KEEPER_COLUMNS, the highest score first; all members of a household drawn."""
    return csv_pieces(KEEPER_COLUMNS, _rows(kept_customers(scores, ledger, suppressed), arm_names))


def kept_customers(
    scores: pl.DataFrame, ledger: pl.DataFrame, suppressed: Collection[str]
) -> pl.DataFrame:
    """customer_id, action, score of those to contact next; the highest score first."""
    silent = pl.Series(sorted(suppressed), dtype=pl.String).implode()
    places = range(1, sum(name.startswith("score_") for name in scores.columns) + 1)
    own = pl.coalesce(
        pl.when(pl.col("action") == place).then(pl.col(score_name(place))) for place in places
    )
    kept = scores.filter(pl.col("action") > 0).select("unit_id", "action", own.alias("score"))
    return (
        ledger.select("customer_id", "unit_id")
        .join(kept, on="unit_id", how="inner")
        .filter(~pl.col("customer_id").is_in(silent))
        .select("customer_id", "action", "score")
        .sort(["score", "customer_id"], descending=[True, False])
    )


def _rows(kept: pl.DataFrame, arm_names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for customer, action, score in kept.iter_rows():
        yield customer, arm_names[action], Decimal(f"{score:.4f}").normalize() + 0
