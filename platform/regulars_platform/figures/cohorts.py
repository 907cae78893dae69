"""Retention: of who first bought in a month, how many buy again in the next twelve."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from regulars_experiments.effects import normal_quantile, wilson
from regulars_platform.customers.runs import Array, Ints, Runs
from regulars_platform.figures.coming_back import coming_back
from regulars_platform.figures.periods import Period, period_until
from regulars_platform.figures.visits import Cut, Source

MONTHS = 12
SHOWN = 13
Z = float(normal_quantile(0.95))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cohort:
    """New buyers of one calendar month, goods that one buys once aside.

    month: its first day; again: for each of the twelve months after it how many of them bought in
    it, None where the month is not over; ever: who bought on a later day at all; middle_days: of
    those, the median of the days from their first to their last purchase so far.
    """

    month: dt.date
    new: int
    again: tuple[int | None, ...]
    ever: int
    middle_days: float | None

    @property
    def ever_range(self) -> tuple[float, float]:
        """95% limits of the share who came back (Wilson 1927)."""
        return share_range(self.ever, self.new)


def share_range(part: int, whole: int) -> tuple[float, float]:
    """95% score limits of a share; whole > 0."""
    low, high = wilson(np.array([float(part)]), np.array([float(whole)]), Z)
    return float(low[0]), float(high[0])


def cohorts_until(
    source: Source, day: dt.date, cut: Cut | None = None, as_of: dt.date | None = None
) -> tuple[Cohort, ...]:
    """The latest cohorts whose month is over at the end of `day`, the oldest first.

    cut: who counts is in the segment on the morning of `as_of`. A cohort without anybody is left
    out.
    """
    last = period_until("month", day)
    asked = "all" if cut is None else f"{cut.key}-{as_of}"
    key = f"{last.last}-{asked}-{source.files_key}"

    def build() -> pl.DataFrame:
        members = None if cut is None else source.members(cut, as_of or last.first)
        return _work_out(source, last, members)

    rows = source.kept("cohorts", key, build).iter_rows(named=True)
    return tuple(_cohort(row, last.last) for row in rows)


def _cohort(row: Mapping[str, Any], until: dt.date) -> Cohort:
    month = row["month"]
    over = (until.year - month.year) * 12 + until.month - month.month
    return Cohort(
        month=month,
        new=row["new"],
        again=tuple(number if at < over else None for at, number in enumerate(row["again"])),
        ever=row["ever"],
        middle_days=row["middle_days"],
    )


def _work_out(source: Source, last: Period, members: Array | None) -> pl.DataFrame:
    visits = coming_back(source)
    low = _months(np.array([last.numbers[0]]))[0] - SHOWN + 1
    kept = visits.day <= last.numbers[1]
    if members is not None:
        kept &= members[visits.code]
    first_month = _months(visits.first)
    rows = visits.where(kept & (first_month >= low))
    cohort, month = _months(rows.first) - low, _months(rows.day) - low
    after = month - cohort
    # a month of a customer is a run: rows go by customer and day
    customers = Runs.of(rows.code, visits.size)
    begins = customers.split(month)[0].starts
    counted = begins[after[begins] <= MONTHS]
    table = np.bincount(
        cohort[counted] * (MONTHS + 1) + after[counted], minlength=SHOWN * (MONTHS + 1)
    ).reshape(SHOWN, MONTHS + 1)
    ends = customers.starts + customers.lengths - 1
    span = (rows.day[ends].astype(np.int64) - rows.first[ends]).astype(np.int64)
    of_customer = cohort[customers.starts] if len(rows.code) else cohort
    found = [_row(low + place, table[place], span[of_customer == place]) for place in range(SHOWN)]
    schema: dict[str, Any] = {
        "month": pl.Date,
        "new": pl.Int64,
        "again": pl.List(pl.Int64),
        "ever": pl.Int64,
        "middle_days": pl.Float64,
    }
    return pl.DataFrame([row for row in found if row["new"]], schema=schema)


def _row(month: int, counts: Ints, span: Ints) -> dict[str, object]:
    came_back = span[span > 0]
    return {
        "month": dt.date(1970 + month // 12, month % 12 + 1, 1),
        "new": int(counts[0]),
        "again": [int(number) for number in counts[1:]],
        "ever": len(came_back),
        "middle_days": float(np.median(came_back)) if len(came_back) else None,
    }


def _months(days: Array) -> Ints:
    """Months since January 1970 of days since 1970."""
    found: Ints = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return found
