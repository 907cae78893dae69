"""Regulars: `collect_moments`, then `evaluate`, as its reports do.

Timed is everything that `evaluate` gives, the calibrated intervals among it. The figures are those
that the peers have as well: Welch's, CUPED's and the delta method's stand beside the default as
sensitivities.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl
from benchmarks.engine.contenders.bare_polars import read, read_text_keys, scan
from benchmarks.engine.measuring import Contender, Figures
from benchmarks.engine.task import COLUMNS, CONFIDENCE, CONTROL, METRICS, MONEY, MONEY_UNITS

from regulars_experiments import effects
from regulars_experiments.comparison import Cell, Collected, collect_moments, compare
from regulars_experiments.evaluation import Effect, evaluate
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Moments
from regulars_experiments.results import Answer, Estimate

CONVERSION, REVENUE, ORDER_VALUE, ADJUSTED = METRICS
SCALES = {name: MONEY_UNITS if name in MONEY else 1 for name in COLUMNS}
DESIGN = Design(
    arm="arm",
    control=CONTROL,
    metrics=(
        Metric(name=CONVERSION, kind="conversion", value={"converted": 1}),
        Metric(name=REVENUE, kind="mean", value={"revenue": 1}),
        Metric(name=ORDER_VALUE, kind="ratio", value={"revenue": 1}, denominator={"orders": 1}),
    ),
    covariates=("revenue_before",),
    segments=("segment",),
    confidence=CONFIDENCE,
)


@dataclass(frozen=True, slots=True)
class _Answers:
    collected: Collected
    effects: tuple[Effect, ...]


def _run(frame: pl.LazyFrame) -> _Answers:
    collected = collect_moments(frame, DESIGN, SCALES)
    return _Answers(collected, evaluate(collected, DESIGN))


def _run_floats(frame: pl.LazyFrame) -> _Answers:
    """Numbers as a user's file has them are put on a fixed-point grid first."""
    integers, scales = quantise(frame, list(COLUMNS))
    collected = collect_moments(integers, DESIGN, scales)
    return _Answers(collected, evaluate(collected, DESIGN))


def _figures(answers: _Answers) -> Figures:
    found: dict[str, dict[str, list[float | None]]] = {name: {} for name in METRICS}
    found[CONVERSION] = _welch_of_shares(answers.collected.moments["segment"])
    for effect in answers.effects:
        if effect.segment is None:
            continue
        segment = effect.segment[1]
        others = {other.method: other.difference for other in effect.sensitivity}
        if effect.metric == REVENUE:
            found[REVENUE][segment] = _numbers(others["Welch"])
            found[ADJUSTED][segment] = _numbers(others["CUPED"])
        elif effect.metric == ORDER_VALUE:
            found[ORDER_VALUE][segment] = _numbers(others["delta method"])
    return found


def _welch_of_shares(moments: Moments) -> dict[str, list[float | None]]:
    """Welch for all segments; the default changes to score limits where there are few buyers."""
    values = sorted({str(key[1]) for key in moments.keys})
    cells = [Cell(arm="treated", segment=("segment", value)) for value in values]
    control, arm = compare(moments, CONTROL, cells).summaries({"converted": 1})
    welch = effects.welch(control, arm, CONFIDENCE)
    return {value: _numbers(welch.answer(i)) for i, value in enumerate(values)}


def _numbers(answer: Answer) -> list[float | None]:
    if not isinstance(answer, Estimate):
        return [None] * 4
    return [answer.estimate, answer.low, answer.high, answer.p_value]


def _contender(load: Any, run: Any = _run) -> Contender:
    return Contender(load=load, run=run, figures=_figures)


CONTENDERS = {
    "Regulars": _contender(read),
    "Regulars, text keys": _contender(read_text_keys),
    "Regulars from Parquet": _contender(scan),
    "Regulars from Parquet of floats": _contender(scan, _run_floats),
}
