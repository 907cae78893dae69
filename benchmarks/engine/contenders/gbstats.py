"""GrowthBook's gbstats, which analyses sums that a database has made.

The sums come from pandas, its own kind of frame, or from the floor's Polars aggregation, which is
what a fast database would be. It is asked for absolute differences (its default is relative), for
all segments (its default keeps 20 and merges the rest), and conversion is declared a count: its
share of 0 and 1 divides by n where Welch divides by n - 1.
"""

from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import polars as pl
from benchmarks.engine.contenders.bare_polars import PRODUCTS, aggregate, categories, read
from benchmarks.engine.measuring import Contender, Figures
from benchmarks.engine.task import CONFIDENCE, CONTROL, METRICS, MONEY_UNITS, TREATED
from gbstats.gbstats import process_experiment_results  # type: ignore[import-not-found]

CONVERSION, REVENUE, ORDER_VALUE, ADJUSTED = METRICS
_KINDS: dict[str, dict[str, Any]] = {
    CONVERSION: {"statistic_type": "mean"},
    REVENUE: {"statistic_type": "mean"},
    ORDER_VALUE: {"statistic_type": "ratio", "denominator_metric_type": "count"},
    ADJUSTED: {"statistic_type": "mean_ra", "covariate_metric_type": "count"},
}


def _read_pandas(file: Path) -> tuple[pd.DataFrame, int]:
    frame = pl.read_parquet(file)
    keys = {
        name: pd.Categorical.from_codes(
            frame.get_column(name).to_physical().to_numpy(),
            categories(frame, name),
        )
        for name in ("arm", "segment")
    }
    numbers = {name: frame.get_column(name).to_numpy() for name in frame.columns[2:]}
    found = pd.DataFrame({**keys, **numbers})
    return found, int(found.memory_usage(deep=True).sum())


def _by_polars(frame: pl.LazyFrame) -> list[dict[str, Any]]:
    return _analyse(aggregate(frame).to_dicts())


def _by_pandas(frame: pd.DataFrame) -> list[dict[str, Any]]:
    products = {f"{a}*{b}": frame[a] * frame[b] for a, b in PRODUCTS}
    grouped = frame.assign(n=1, **products).groupby(["arm", "segment"], observed=True)
    return _analyse(grouped.sum().reset_index().to_dict("records"))


def _analyse(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    settings = {
        name: {"id": name, "name": name, "main_metric_type": "count", **kind}
        for name, kind in _KINDS.items()
    }
    analysis = {
        "var_names": [CONTROL, TREATED],
        "var_ids": [CONTROL, TREATED],
        "weights": [0.1, 0.9],
        "dimension": "segment",
        "stats_engine": "frequentist",
        "difference_type": "absolute",
        "alpha": 1 - CONFIDENCE,
        "max_dimensions": len(cells),
    }
    query = {"rows": [_row(cell) for cell in cells], "metrics": list(_KINDS)}
    found: list[dict[str, Any]] = process_experiment_results(
        {"metrics": settings, "analyses": [analysis], "query_results": [query]}
    )
    return found


def _row(cell: dict[str, Any]) -> dict[str, Any]:
    """One cell as GrowthBook's queries return it, the columns of metric i called m{i}_..."""
    row = {"variation": cell["arm"], "dimension": cell["segment"]}
    row |= {"users": cell["n"], "count": cell["n"]}
    # the square of 0 and 1 is itself
    row |= {"m0_main_sum": cell["converted"], "m0_main_sum_squares": cell["converted"]}
    for i in (1, 2, 3):
        row |= {f"m{i}_main_sum": cell["revenue"]}
        row |= {f"m{i}_main_sum_squares": cell["revenue*revenue"]}
    for i, part, column, product in (
        (2, "denominator", "orders", "orders*revenue"),
        (3, "covariate", "revenue_before", "revenue*revenue_before"),
    ):
        row[f"m{i}_{part}_sum"] = cell[column]
        row[f"m{i}_{part}_sum_squares"] = cell[f"{column}*{column}"]
        row[f"m{i}_main_{part}_sum_product"] = cell[product]
    return row


def _figures(answers: list[dict[str, Any]]) -> Figures:
    """In units of money: it was handed whole ten-thousandths. Where it refuses it says 0 and 1."""
    found: dict[str, dict[str, list[float | None]]] = {name: {} for name in METRICS}
    for answer in answers:
        name = answer["metric"]
        unit = 1 if name == CONVERSION else MONEY_UNITS
        for dimension in answer["analyses"][0]["dimensions"]:
            treated = dimension["variations"][1]
            figures = [treated["expected"] / unit, *(limit / unit for limit in treated["ci"])]
            refused = treated["errorMessage"] is not None
            found[name][dimension["dimension"]] = (
                [None] * 4 if refused else [*figures, float(treated["pValue"])]
            )
    return found


CONTENDERS = {
    "gbstats, sums by Polars": Contender(load=read, run=_by_polars, figures=_figures),
    "gbstats, sums by pandas": Contender(load=_read_pandas, run=_by_pandas, figures=_figures),
}
