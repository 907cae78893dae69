"""Buyers of each campaign: those told who bought, and how many of them it won by its experiment."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.effects import as_summary, newcombe
from regulars_experiments.results import Estimate, NotEstimable
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger
from regulars_platform.figures.periods import Period
from regulars_platform.figures.visits import Source
from regulars_platform.settings import Settings

_COUNTS = ("told", "told_buyers", "held", "held_buyers")


@dataclass(frozen=True, kw_only=True, slots=True)
class Won:
    """One campaign in its outcome window, as far as orders go. Units are what was drawn.

    told_buyers: units told with an order in the window (attributed); incremental: how many of them
    the telling won: told x (share of buyers among the told less that among the held back), limits
    at the plan's confidence; None before any day of the window.
    """

    campaign: LaunchedCampaign
    told: int
    told_buyers: int
    held: int
    held_buyers: int
    incremental: Estimate | NotEstimable | None
    is_over: bool


def buyers_won(
    source: Source, settings: Settings, campaigns: Sequence[LaunchedCampaign], last: dt.date
) -> tuple[Won, ...]:
    """Every campaign on orders until the end of `last`."""
    names = " ".join(f"{one.id} {one.ledger_sha256}" for one in campaigns)
    key = f"{last}-{hashlib.sha256(names.encode()).hexdigest()[:16]}"

    def build() -> pl.DataFrame:
        found = [_count(source, settings, one, last) for one in campaigns]
        return pl.DataFrame(found, schema=dict.fromkeys(_COUNTS, pl.Int64), orient="row")

    rows = source.kept("won", key, build).iter_rows(named=True)
    return tuple(_won(campaign, row, last) for campaign, row in zip(campaigns, rows, strict=True))


def _won(campaign: LaunchedCampaign, row: dict[str, int], last: dt.date) -> Won:
    plan = campaign.plan
    return Won(
        campaign=campaign,
        incremental=_incremental(row, plan.confidence / 10_000) if plan.send_date <= last else None,
        is_over=plan.outcome_end <= last,
        **row,
    )


def _incremental(row: dict[str, int], confidence: float) -> Estimate | NotEstimable:
    told, held = row["told"], row["held"]

    def share(buyers: int, units: int) -> tuple[float, float]:
        mean = buyers / units if units else np.nan
        return mean, mean * (1 - mean) * units / (units - 1) if units > 1 else np.nan

    arm = as_summary([told], *share(row["told_buyers"], told))
    control = as_summary([held], *share(row["held_buyers"], held))
    found = newcombe(control, arm, confidence).answer(0)
    # times the told: the difference of shares and its limits alike
    return found.scaled(float(told)) if isinstance(found, Estimate) else found


def _count(
    source: Source, settings: Settings, campaign: LaunchedCampaign, last: dt.date
) -> tuple[int, ...]:
    plan = campaign.plan
    window = Period(first=plan.send_date, last=min(plan.outcome_end, last))
    # before the first day of the window nobody has bought in it
    codes = np.unique(source.visits.within(window).code)
    bought = source.customers.gather(pl.Series(codes, dtype=pl.UInt32))
    units = (
        campaign_ledger(settings, campaign)
        .with_columns(pl.col("customer_id").is_in(bought.implode()).alias("bought"))
        .group_by("unit_id")
        .agg((pl.col("arm") == HOLDOUT).any().alias("held"), pl.col("bought").any())
    )
    told, held = units.filter(~pl.col("held")), units.filter("held")
    return told.height, int(told["bought"].sum()), held.height, int(held["bought"].sum())
