"""The list of whom to contact next, by the house's writer of CSV."""

from collections.abc import Collection, Iterator
from decimal import Decimal

import polars as pl

from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.thresholds import arm_threshold, with_arm_thresholds
from regulars_platform.csv_files import csv_pieces
from regulars_platform.fields import money_text
from regulars_platform.offers.kinds import own_multiple
from regulars_platform.targeting.scores import score_name

KEEPER_COLUMNS = ("customer_id", "arm", "segment")


def keeper_list(
    scores: pl.DataFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    *,
    ranked: bool,
    suppressed: Collection[str],
) -> Iterator[bytes]:
    """CSV in pieces: KEEPER_COLUMNS and more, all members of a household drawn.

    threshold: where customers have thresholds of their own, each one's under its arm, by the orders
    before that campaign. score_<currency>_per_<unit>: for a list by a model (ranked), the net value
    expected from telling the unit by that arm; the highest come first. A rule has no scores.
    """
    own = any(own_multiple(arm.offer) is not None for arm in plan.arms)
    columns = [*KEEPER_COLUMNS]
    if own:
        columns.append("threshold")
    if ranked:
        columns.append(f"score_{plan.currency}_per_{plan.unit}")
    kept = kept_customers(scores, ledger, plan, suppressed)
    if not ranked:
        kept = kept.sort("customer_id")
    return csv_pieces(tuple(columns), _rows(kept, plan.arm_names, own=own, ranked=ranked))


def kept_customers(
    scores: pl.DataFrame, ledger: pl.DataFrame, plan: Plan, suppressed: Collection[str]
) -> pl.DataFrame:
    """customer_id, action, segment, threshold (ten-thousandths), score of those to contact next.

    The highest score first.
    """
    silent = pl.Series(sorted(suppressed), dtype=pl.String).implode()
    places = range(1, len(plan.arm_names))
    told = {place: pl.col("action") == place for place in places}
    kept = scores.filter(pl.col("action") > 0).select(
        "unit_id",
        "action",
        pl.coalesce(pl.when(told[place]).then(pl.col(score_name(place))) for place in places).alias(
            "score"
        ),
    )
    return (
        with_arm_thresholds(ledger, plan.arms, unit=plan.unit)
        .join(kept, on="unit_id", how="inner")
        .filter(~pl.col("customer_id").is_in(silent))
        .select(
            "customer_id",
            "action",
            "segment",
            pl.coalesce(
                pl.when(told[place]).then(pl.col(arm_threshold(place - 1))) for place in places
            ).alias("threshold"),
            "score",
        )
        .sort(["score", "customer_id"], descending=[True, False])
    )


def _rows(
    kept: pl.DataFrame, arm_names: Collection[str], *, own: bool, ranked: bool
) -> Iterator[tuple[object, ...]]:
    names = list(arm_names)
    for customer, action, segment, threshold, score in kept.iter_rows():
        row: list[object] = [customer, names[action], segment]
        if own:
            row.append("" if threshold is None else money_text(threshold))
        if ranked:
            row.append(Decimal(f"{score:.4f}").normalize() + 0)
        yield tuple(row)
