"""One randomised file from its columns to effects and checks, streamed from where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from regulars_experiments.checks import (
    SAMPLE_RATIO_LEVEL,
    SampleRatio,
    same_shares,
    sample_ratio,
)
from regulars_experiments.comparison import Collected, collect_moments
from regulars_experiments.evaluation import Effect, SegmentTest, evaluate, segment_tests
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Moments
from regulars_experiments.multiplicity import benjamini_hochberg
from regulars_platform.randomised.compliers import ComplierEffect, find_compliers, uptake_metrics
from regulars_platform.randomised.profits import (
    FileProfit,
    ProfitTerms,
    find_profit,
    profit_products,
)
from regulars_platform.randomised.reading import UnreadableFileError
from regulars_platform.words import N_

NO_VALUE = "(no value)"


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentRatio:
    """Sample ratio inside one segment, its p-value corrected for looking at all of them.

    Against the planned shares, or where these are not told, against the customers outside it.
    """

    segment: tuple[str, str]
    p_value: float
    flagged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is asked of a file.

    shares: planned share of each arm. profit: what an effect is worth and costs. uptake: column of
    0 and 1, whether the customer used the offer.
    """

    design: Design
    shares: Mapping[str, float] | None = None
    profit: ProfitTerms | None = None
    uptake: str | None = None

    def numbers(self) -> tuple[str, ...]:
        """Every column of numbers that is read, once."""
        metrics = [name for metric in self.design.metrics for name in metric.columns()]
        offer = self.profit.offer_cost if self.profit is not None else None
        extra = [name for name in (offer, self.uptake) if name is not None]
        return tuple(dict.fromkeys([*metrics, *self.design.covariates, *extra]))

    def texts(self) -> tuple[str, ...]:
        """Every column of text that is read, once."""
        stratum = () if self.design.stratum is None else (self.design.stratum,)
        return tuple(dict.fromkeys([self.design.arm, *self.design.segments, *stratum]))


@dataclass(frozen=True, kw_only=True, slots=True)
class FileEvaluation:
    """What `regulars evaluate` says. arms: customers per arm, the control first.

    missing: per column of numbers, how many rows had no value (counted as 0). segment_tests: of
    each metric and arm over each segment column. winsorised_at: by metric, in its unit;
    winsorised_rows: by metric asked for, the rows above its limit; None where it has none.
    """

    asked: Asked
    rows: int
    rows_without_arm: int
    arms: tuple[tuple[str, int], ...]
    missing: Mapping[str, int]
    ratio: SampleRatio
    segment_ratios: tuple[SegmentRatio, ...]
    effects: tuple[Effect, ...]
    segment_tests: tuple[SegmentTest, ...]
    winsorised_at: Mapping[str, float]
    winsorised_rows: Mapping[str, int | None]
    profit: FileProfit | None
    compliers: tuple[ComplierEffect, ...]


def evaluate_file(frame: pl.LazyFrame, asked: Asked) -> FileEvaluation:
    """Evaluate `frame` (one row per customer). Raises UnreadableFileError, a RegularsError."""
    design, numbers = asked.design, asked.numbers()
    kept = frame.filter(pl.col(design.arm).is_not_null()).with_columns(
        pl.col(name).fill_null(NO_VALUE) for name in asked.texts() if name != design.arm
    )
    facts = _facts(frame, asked)
    counts = {name: count for name, count in facts.counts.items() if name is not None}
    _refuse_design(design, counts, asked.shares)
    if asked.profit is not None:
        asked.profit.refuse_unknown_arms(counts)
    _refuse_values(kept, asked, facts)
    collected = _collect(kept, asked, numbers)
    arms = [design.control, *(name for name in counts if name != design.control)]
    weights = [asked.shares[name] if asked.shares else 1.0 for name in arms]
    effects = evaluate(collected, design)
    return FileEvaluation(
        asked=asked,
        rows=sum(facts.counts.values()),
        rows_without_arm=facts.counts.get(None, 0),
        arms=tuple((name, counts[name]) for name in arms),
        missing={name: count for name, count in facts.missing.items() if count},
        ratio=sample_ratio([counts[name] for name in arms], weights),
        segment_ratios=_segment_ratios(collected.moments, asked, arms, counts),
        effects=effects,
        segment_tests=segment_tests(effects),
        winsorised_at={name: float(limit) for name, limit in collected.limits.items()},
        winsorised_rows=_winsorised_rows(kept, design, collected),
        profit=None if asked.profit is None else find_profit(collected, design, asked.profit),
        compliers=()
        if asked.uptake is None
        else find_compliers(collected, design, asked.uptake, effects),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """Counts by arm (None: rows without one), missing values and columns that are not 0 or 1."""

    counts: dict[str | None, int]
    missing: dict[str, int]
    odd: tuple[str, ...]


def _facts(frame: pl.LazyFrame, asked: Asked) -> _Facts:
    """One streamed pass."""
    arm, numbers, switches = asked.design.arm, asked.numbers(), _switches(asked)
    found = (
        frame.group_by(arm)
        .agg(
            pl.len(),
            *(pl.col(name).null_count().alias(f"missing:{name}") for name in numbers),
            *(_is_odd(name).any().alias(f"odd:{name}") for name in switches),
        )
        .sort(arm)
        .collect(engine="streaming")
    )
    kept = found.filter(pl.col(arm).is_not_null())
    return _Facts(
        dict(zip(found.get_column(arm), found.get_column("len"), strict=True)),
        {name: int(kept.get_column(f"missing:{name}").sum()) for name in numbers},
        tuple(name for name in switches if kept.get_column(f"odd:{name}").any()),
    )


def _switches(asked: Asked) -> tuple[str, ...]:
    """The columns that hold 0 or 1."""
    conversions = [m for m in asked.design.metrics if m.kind == "conversion"]
    columns = [next(iter(metric.value)) for metric in conversions]
    return tuple(dict.fromkeys([*columns, *([] if asked.uptake is None else [asked.uptake])]))


def _is_odd(name: str) -> pl.Expr:
    value = pl.col(name).cast(pl.Float64)
    return (value != 0) & (value != 1)


def _collect(kept: pl.LazyFrame, asked: Asked, numbers: Sequence[str]) -> Collected:
    """All moments in one pass, those of profit and uptake among them."""
    try:
        integers, scales = quantise(kept, numbers)
    except ValueError as error:
        raise UnreadableFileError.because(
            N_("The numbers cannot be added up: %(error)s."), None, error=str(error)
        ) from error
    design, terms = asked.design, asked.profit
    extra: list[Metric] = []
    if terms is not None:
        extra += profit_products(design, terms)
    if asked.uptake is not None:
        extra += uptake_metrics(design, asked.uptake)
    whole = replace(design, metrics=(*design.metrics, *extra))
    try:
        return collect_moments(integers, whole, scales)
    except pl.exceptions.PolarsError as error:
        raise UnreadableFileError.because(
            N_("The numbers cannot be added up: %(error)s."), None, error=str(error)
        ) from error


def _winsorised_rows(
    kept: pl.LazyFrame, design: Design, collected: Collected
) -> dict[str, int | None]:
    """Per metric that was to be capped, the rows above its limit."""
    if design.winsorising is None:
        return {}
    columns = {m.name: next(iter(m.value)) for m in design.metrics if m.kind == "mean"}
    limits = {name: float(limit) for name, limit in collected.limits.items()}
    above = [
        (pl.col(columns[name]).cast(pl.Float64) > limit).sum().alias(name)
        for name, limit in limits.items()
    ]
    counts = kept.select(above).collect(engine="streaming").row(0, named=True) if above else {}
    return {name: counts.get(name) for name in columns}


def _refuse_design(
    design: Design, counts: Mapping[str, int], shares: Mapping[str, float] | None
) -> None:
    if not counts:
        raise UnreadableFileError.because(
            N_("Column %(arm)r is empty in every row."),
            N_("Name the column that says to which arm a customer was assigned."),
            arm=design.arm,
        )
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


def _refuse_values(kept: pl.LazyFrame, asked: Asked, facts: _Facts) -> None:
    for name in facts.odd:
        first = kept.filter(_is_odd(name)).select(name).head(1).collect(engine="streaming")
        if name == asked.uptake:
            raise ConversionValueError.because(
                N_("Who used the offer is 0 or 1; column %(name)r also holds %(value)s."),
                N_("Write 1 for a customer who used it at least once."),
                name=name,
                value=first.item(),
            )
        raise ConversionValueError.because(
            N_("A conversion is 0 or 1; column %(name)r also holds %(value)s."),
            N_("Use --metric for counts and amounts."),
            name=name,
            value=first.item(),
        )


class ConversionValueError(UnreadableFileError):
    """A column declared as conversion holds other values than 0 and 1."""


def _segment_ratios(
    moments: Mapping[str | None, Moments],
    asked: Asked,
    arms: list[str],
    counts: Mapping[str, int],
) -> tuple[SegmentRatio, ...]:
    """Benjamini-Hochberg over all segments.

    The file's own shares are no measure: a large segment that lost customers bends them, and the
    healthy ones would be flagged in its place.
    """
    found: list[tuple[tuple[str, str], float]] = []
    for column in asked.design.segments:
        of_column = moments[column]
        for value in sorted({str(key[1]) for key in of_column.keys}):
            observed = of_column.counts([(arm, value) for arm in arms])
            if asked.shares is not None:
                p_value = sample_ratio(observed, [asked.shares[arm] for arm in arms]).p_value
            else:
                rest = [counts[arm] - own for arm, own in zip(arms, observed, strict=True)]
                p_value = same_shares(observed, rest)
            found.append(((column, value), p_value))
    if not found:
        return ()
    adjusted = benjamini_hochberg(np.array([p_value for _, p_value in found]))
    return tuple(
        SegmentRatio(segment=segment, p_value=float(p), flagged=bool(p < SAMPLE_RATIO_LEVEL))
        for (segment, _), p in zip(found, adjusted, strict=True)
    )
