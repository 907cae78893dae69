"""One randomised file from its columns to effects and checks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.checks import SampleRatio, sample_ratio
from regulars_experiments.comparison import collect_moments
from regulars_experiments.evaluation import Effect, evaluate
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Moments
from regulars_experiments.multiplicity import benjamini_hochberg
from regulars_platform.randomised.reading import UnreadableFileError
from regulars_platform.words import N_

NO_VALUE = "(no value)"
_LEVEL = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentRatio:
    """Sample ratio inside one segment, its p-value corrected for looking at all of them."""

    segment: tuple[str, str]
    p_value: float
    flagged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FileEvaluation:
    """What `regulars evaluate` says. arms: customers per arm, the control first.

    missing: per metric or covariate column, how many rows had no value (counted as 0).
    shares_given: whether the sample ratio was tested against declared shares, else against equal.
    """

    design: Design
    rows: int
    rows_without_arm: int
    arms: tuple[tuple[str, int], ...]
    missing: Mapping[str, int]
    shares_given: bool
    ratio: SampleRatio
    segment_ratios: tuple[SegmentRatio, ...]
    effects: tuple[Effect, ...]


def evaluate_frame(
    frame: pl.DataFrame, design: Design, shares: Mapping[str, float] | None = None
) -> FileEvaluation:
    """Evaluate `frame` (one row per customer). Raises UnreadableFileError, a RegularsError."""
    without_arm = frame.get_column(design.arm).null_count()
    kept = frame.filter(pl.col(design.arm).is_not_null()).with_columns(
        pl.col(name).fill_null(NO_VALUE) for name in design.segments
    )
    counts = dict(kept.group_by(design.arm).len().sort(design.arm).iter_rows())
    _refuse_design(design, counts, shares)
    numbers = list(
        dict.fromkeys(
            [name for metric in design.metrics for name in metric.columns()]
            + list(design.covariates)
        )
    )
    missing = {name: kept.get_column(name).null_count() for name in numbers}
    for metric in design.metrics:
        _refuse_values(kept, metric)
    try:
        integers, scales = quantise(kept, numbers)
    except ValueError as error:
        raise UnreadableFileError.because(
            N_("The numbers cannot be added up: %(error)s."), None, error=str(error)
        ) from error
    collected = collect_moments(integers.lazy(), design, scales)
    arms = [design.control, *(name for name in counts if name != design.control)]
    weights = [shares[name] if shares else 1.0 for name in arms]
    return FileEvaluation(
        design=design,
        rows=frame.height,
        rows_without_arm=without_arm,
        arms=tuple((name, counts[name]) for name in arms),
        missing={name: count for name, count in missing.items() if count},
        shares_given=shares is not None,
        ratio=sample_ratio([counts[name] for name in arms], weights),
        segment_ratios=_segment_ratios(collected.moments, design, arms, counts),
        effects=evaluate(collected, design),
    )


def _refuse_design(
    design: Design, counts: Mapping[str, int], shares: Mapping[str, float] | None
) -> None:
    shown = ", ".join(f"{name} ({count})" for name, count in list(counts.items())[:20])
    if design.control not in counts:
        raise UnreadableFileError.because(
            N_("Column %(arm)r has no control value %(control)r. It has: %(shown)s."),
            N_("Name the value of the customers who were held out."),
            arm=design.arm,
            control=design.control,
            shown=shown,
        )
    if len(counts) < 2:
        raise UnreadableFileError.because(
            N_("Column %(arm)r holds only %(shown)s; a comparison needs a second arm."),
            None,
            arm=design.arm,
            shown=shown,
        )
    if len(counts) > 100:
        raise UnreadableFileError.because(
            N_("Column %(arm)r has %(count)s different values; that is no column of arms."),
            N_("Name the column that says to which arm a customer was assigned."),
            arm=design.arm,
            count=len(counts),
        )
    if shares is not None and set(shares) != set(counts):
        raise UnreadableFileError.because(
            N_("Shares are needed for exactly these arms: %(shown)s."), None, shown=shown
        )


def _refuse_values(frame: pl.DataFrame, metric: Metric) -> None:
    if metric.kind != "conversion":
        return
    column = next(iter(metric.value))
    values = frame.get_column(column).drop_nulls().cast(pl.Float64)
    odd = values.filter((values != 0) & (values != 1))
    if not odd.is_empty():
        raise ConversionValueError.because(
            N_("A conversion is 0 or 1; column %(name)r also holds %(value)s."),
            N_("Use --metric for counts and amounts."),
            name=column,
            value=odd[0],
        )


class ConversionValueError(UnreadableFileError):
    """A column declared as conversion holds other values than 0 and 1."""


def _segment_ratios(
    moments: Mapping[str | None, Moments],
    design: Design,
    arms: list[str],
    counts: Mapping[str, int],
) -> tuple[SegmentRatio, ...]:
    """Per segment, counts against the whole file's shares; Benjamini-Hochberg over all of them."""
    found: list[tuple[tuple[str, str], float]] = []
    weights = [float(counts[name]) for name in arms]
    for column in design.segments:
        of_column = moments[column]
        for value in sorted({str(key[1]) for key in of_column.keys}):
            observed = of_column.counts([(arm, value) for arm in arms])
            found.append(((column, value), sample_ratio(observed, weights).p_value))
    if not found:
        return ()
    adjusted = benjamini_hochberg(np.array([p_value for _, p_value in found]))
    return tuple(
        SegmentRatio(segment=segment, p_value=float(p), flagged=bool(p < _LEVEL))
        for (segment, _), p in zip(found, adjusted, strict=True)
    )
