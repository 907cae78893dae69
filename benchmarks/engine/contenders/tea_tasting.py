"""tea-tasting, with its own aggregation by Polars and its own analysis.

It has no segments of its own. Two ways around: the documented one analyses the rows of each segment
apart; the quicker one aggregates once by arm and segment in one key and hands the aggregates of
each pair of cells to the same metrics.
"""

from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import polars as pl
import tea_tasting as tt  # type: ignore[import-not-found]
from benchmarks.engine.contenders.bare_polars import categories
from benchmarks.engine.measuring import Contender, Figures
from benchmarks.engine.task import CONFIDENCE, CONTROL, METRICS, MONEY_UNITS, TREATED
from tea_tasting.aggr import Aggregates, read_aggregates  # type: ignore[import-not-found]

CONVERSION, REVENUE, ORDER_VALUE, ADJUSTED = METRICS


def _metrics() -> dict[str, Any]:
    with tt.config_context(confidence_level=CONFIDENCE, equal_var=False, use_t=True):
        return {
            CONVERSION: tt.Mean("converted"),
            REVENUE: tt.Mean("revenue"),
            ORDER_VALUE: tt.RatioOfMeans("revenue", "orders"),
            ADJUSTED: tt.Mean("revenue", "revenue_before"),
        }


def _read(file: Path) -> tuple[pl.DataFrame, int]:
    frame = pl.read_parquet(file)
    return frame, int(frame.estimated_size())


def _one_aggregation(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    metrics = _metrics()
    segments = categories(frame, "segment")
    # whole numbers are the cheapest key that holds arm and segment
    key = pl.col("segment").to_physical().cast(pl.Int32) * 2 + (pl.col("arm") == TREATED)
    wanted = reduce(or_, (metric.aggr_cols for metric in metrics.values()))
    cells: dict[Any, Aggregates] = read_aggregates(
        frame.with_columns(key.alias("key")), group_col="key", **wanted._asdict()
    )
    return {
        segment: {
            name: metric.analyze_aggregates(cells[2 * i], cells[2 * i + 1])
            for name, metric in metrics.items()
        }
        for i, segment in enumerate(segments)
    }


def _partition(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    experiment = tt.Experiment(_metrics(), variant="arm")
    parts = frame.partition_by("segment", as_dict=True)
    return {str(key): dict(experiment.analyze(part, CONTROL)) for (key,), part in parts.items()}


def _figures(answers: dict[str, dict[str, Any]]) -> Figures:
    """In units of money: it was handed whole ten-thousandths."""
    found: dict[str, dict[str, list[float | None]]] = {name: {} for name in METRICS}
    for segment, results in answers.items():
        for name, result in results.items():
            unit = 1 if name == CONVERSION else MONEY_UNITS
            found[name][segment] = [
                result.effect_size / unit,
                result.effect_size_ci_lower / unit,
                result.effect_size_ci_upper / unit,
                result.pvalue,
            ]
    return found


CONTENDERS = {
    "tea-tasting, one aggregation": Contender(load=_read, run=_one_aggregation, figures=_figures),
    "tea-tasting, segment by segment": Contender(load=_read, run=_partition, figures=_figures),
}
