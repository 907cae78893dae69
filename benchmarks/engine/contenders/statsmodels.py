"""statsmodels: one ordinary least squares fit with HC3 errors per metric and segment.

The estimates are those of the others: average order value by its linearised form per customer,
CUPED by taking the covariate's slope off first. HC3 is no Welch: its squared error divides by n - 1
where Welch's divides by n, and its degrees of freedom are those of one sample; only the estimates
are compared.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import statsmodels.api as sm
from benchmarks.engine.measuring import Contender, Figures
from benchmarks.engine.task import COLUMNS, CONFIDENCE, METRICS, MONEY, MONEY_UNITS, TREATED

Floats = npt.NDArray[np.float64]
CONVERSION, REVENUE, ORDER_VALUE, ADJUSTED = METRICS


def _read(file: Path) -> tuple[pl.DataFrame, int]:
    """Numbers as floats, which it needs; made before the clock starts."""
    frame = pl.read_parquet(file).with_columns(
        pl.col(name).cast(pl.Float64) / (MONEY_UNITS if name in MONEY else 1) for name in COLUMNS
    )
    return frame, int(frame.estimated_size())


def _run(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    parts = frame.partition_by("segment", as_dict=True)
    return {str(key): _fit_segment(part) for (key,), part in parts.items()}


def _fit_segment(part: pl.DataFrame) -> dict[str, Any]:
    treated = (part.get_column("arm") == TREATED).to_numpy()
    converted, orders, revenue, before = (part.get_column(name).to_numpy() for name in COLUMNS)
    centred = before - before.mean()
    slope = centred @ revenue / (centred @ centred)
    outcomes = {
        CONVERSION: converted,
        REVENUE: revenue,
        ORDER_VALUE: _linearised(revenue, orders, treated),
        ADJUSTED: revenue - slope * centred,
    }
    design = sm.add_constant(treated.astype(np.float64))
    found = {}
    for name, outcome in outcomes.items():
        fit = sm.OLS(outcome, design).fit(cov_type="HC3", use_t=True)
        low, high = fit.conf_int(alpha=1 - CONFIDENCE)[1]
        found[name] = (fit.params[1], low, high, fit.pvalues[1])
    return found


def _linearised(revenue: Floats, orders: Floats, treated: npt.NDArray[np.bool_]) -> Floats:
    """Per customer R + (revenue - R orders) / mean orders of the arm (Deng et al. 2018)."""
    found = np.empty_like(revenue)
    for arm in (treated, ~treated):
        ratio = revenue[arm].sum() / orders[arm].sum()
        found[arm] = ratio + (revenue[arm] - ratio * orders[arm]) / orders[arm].mean()
    return found


def _figures(answers: dict[str, dict[str, Any]]) -> Figures:
    return {
        name: {key: [float(found[name][0]), None, None, None] for key, found in answers.items()}
        for name in METRICS
    }


CONTENDERS = {"statsmodels, HC3": Contender(load=_read, run=_run, figures=_figures)}
