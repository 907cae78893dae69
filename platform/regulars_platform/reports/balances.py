"""Whether the arms were alike before the start."""

import numpy as np
import polars as pl

from regulars_experiments.aggregation import aggregate
from regulars_experiments.checks import Balance, balance
from regulars_experiments.moments import plan_moments
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.orders.table import MONEY_SCALE

_COVARIATES = ("orders", "average_order_value", "spend", "pre_spend")


def balances(ledger: pl.DataFrame, plan: Plan) -> tuple[tuple[str, Balance], ...]:
    """Each arm against the holdout on what was known before; money in the ledger's integers."""
    frame = ledger.lazy().with_columns(
        pl.col("orders", "pre_spend").fill_null(0),
        # currency units with up to four decimals, as the ledger keeps them
        (pl.col("average_order_value", "spend").fill_null(0) * MONEY_SCALE).round().cast(pl.Int64),
    )
    pairs = [(a, b) for i, a in enumerate(_COVARIATES) for b in _COVARIATES[i + 1 :]]
    moments = aggregate(
        frame,
        plan_moments(by=("arm",), columns=dict.fromkeys(_COVARIATES, 1), pairs=pairs),
    )
    found = []
    for arm in plan.arms:
        keys = [[(HOLDOUT,)], [(arm.name,)]]
        sides = [[moments.summary(key, {name: 1}) for name in _COVARIATES] for key in keys]
        n = [float(side[0].n[0]) for side in sides]
        parts = [
            np.array(
                [
                    [float(moments.covariance(key, {a: 1}, {b: 1})[0]) for b in _COVARIATES]
                    for a in _COVARIATES
                ]
            )
            for key in keys
        ]
        pooled = ((n[0] - 1) * parts[0] + (n[1] - 1) * parts[1]) / (n[0] + n[1] - 2)
        found.append((arm.name, balance(_COVARIATES, sides[0], sides[1], pooled)))
    return tuple(found)
