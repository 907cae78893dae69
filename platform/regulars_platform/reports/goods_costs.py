"""How much of a campaign's sales rests on costs per product, and how much on the flat margin."""

from typing import Any

import polars as pl

from regulars_platform.campaigns.plan import Plan
from regulars_platform.fields import money_text
from regulars_platform.offers.goods_costs import COST_COLUMNS, CostCoverage, cost_coverage


def window_coverage(
    lines: pl.LazyFrame, ledger: pl.DataFrame, plan: Plan, costs: pl.LazyFrame | None
) -> CostCoverage:
    """Goods that the campaign's customers, all arms together, bought in its window."""
    moment = pl.col("ordered_at")
    in_time = (moment >= plan.outcome_start) & (moment < plan.outcome_stop)
    theirs = lines.filter(in_time).join(
        ledger.lazy().select("customer_id"), on="customer_id", how="semi"
    )
    return cost_coverage(theirs, pl.LazyFrame(schema=COST_COLUMNS) if costs is None else costs)


def costs_json(coverage: CostCoverage) -> dict[str, Any]:
    """As documents have it: money as decimal text, the share from 0 to 1."""
    return {
        "goods": money_text(coverage.goods),
        "known": money_text(coverage.known),
        "share": coverage.share,
    }
