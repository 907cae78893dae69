"""The whole file is looked at before one cell of it is believed: dates, numbers, keys by column."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from regulars_platform.datasets.birthdays import numeric_birthday
from regulars_platform.datasets.fields import Sort, field_of
from regulars_platform.datasets.figures import FIGURES
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import ATTRIBUTE, DatasetOptions
from regulars_platform.datasets.recognise import figure_of
from regulars_platform.intake.cells import (
    clean,
    clean_key,
    ends_in_zero_fraction,
    has_many_digits,
    rounded_by_spreadsheet,
)
from regulars_platform.intake.column_errors import AmbiguousColumnError, ColumnUnreadableError
from regulars_platform.intake.dates import DateEvidence, DateOrder, date_evidence
from regulars_platform.intake.models import FileForm
from regulars_platform.intake.money import Decimal, DecimalEvidence, decimal_evidence
from regulars_platform.intake.readers import column_name

_FEWEST_LONG_KEYS = 3
_NUMBERS: frozenset[str] = frozenset({"money", "whole", "number", "figure"})
_TELLING = _NUMBERS | {"day", "moment", "birthday", "key"}
"""Sorts of cells that can be read in more than one way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column that is read. sort: how; target: what it is taken for."""

    heading: str
    position: int
    target: str
    sort: Sort | str


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnEvidence:
    """Counts of one column, added up over the batches of a file.

    zero_fraction, long_keys, rounded: keys ending in .0, of 16 digits, and of 16 digits ending in
    zeros; large: figures that are shares, written without a percent sign, and above 1.
    """

    dates: DateEvidence = field(default_factory=DateEvidence)
    numbers: DecimalEvidence = field(default_factory=DecimalEvidence)
    filled: int = 0
    zero_fraction: int = 0
    long_keys: int = 0
    rounded: int = 0
    large: int = 0

    def __add__(self, other: "ColumnEvidence") -> "ColumnEvidence":
        return ColumnEvidence(
            **{
                name: getattr(self, name) + getattr(other, name)
                for name in self.__dataclass_fields__
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How the columns of one file are read.

    date_orders: heading -> day or month first; strip_floats, rounded: headings of keys that all end
    in .0 (which is dropped), or whose long numbers a spreadsheet rounded (such rows are rejected);
    percents: shares that are written as percent without the sign.
    """

    kind: Kind
    columns: tuple[Column, ...]
    options: DatasetOptions
    as_of: dt.date
    timezone: dt.tzinfo
    date_orders: Mapping[str, DateOrder | None]
    decimal: Decimal
    strip_floats: frozenset[str]
    rounded: frozenset[str]
    percents: frozenset[str]
    per_item: bool

    def attributes(self) -> list[Column]:
        """Columns that become attributes, in the order of the file."""
        return [column for column in self.columns if column.target == ATTRIBUTE]


def columns_of(
    kind: Kind, form: FileForm, mapping: Mapping[str, str], options: DatasetOptions
) -> tuple[Column, ...]:
    """The columns that are read, in the order of the file; contacts only where they are wanted."""
    columns = []
    for position, heading in enumerate(form.headings):
        target = mapping.get(heading)
        if target is None:
            continue
        known = field_of(kind, target)
        sort: str = known.sort if known else "figure" if figure_of(target) else "text"
        if sort == "person" and not options.keep_contacts:
            continue
        columns.append(Column(heading=heading, position=position, target=target, sort=sort))
    return tuple(columns)


def not_kept_columns(
    kind: Kind, form: FileForm, mapping: Mapping[str, str], options: DatasetOptions
) -> dict[str, list[int]]:
    """name, email, phone -> places of the columns that are taken for it and are not read."""
    found: dict[str, list[int]] = {}
    if options.keep_contacts:
        return found
    for position, heading in enumerate(form.headings):
        known = field_of(kind, mapping.get(heading, ""))
        if known is not None and known.sort == "person":
            found.setdefault(known.name, []).append(position)
    return found


def survey_batch(frame: pl.DataFrame, columns: tuple[Column, ...]) -> dict[str, ColumnEvidence]:
    """Evidence in one batch of records, by heading."""
    return {
        column.heading: _evidence(
            frame.select(clean(pl.col(column_name(column.position)))).to_series(), column
        )
        for column in columns
        if column.sort in _TELLING
    }


def _evidence(cells: pl.Series, column: Column) -> ColumnEvidence:
    if column.sort in ("day", "moment"):
        return ColumnEvidence(dates=date_evidence(_told(cells)))
    if column.sort == "birthday":
        return ColumnEvidence(dates=_birthday_evidence(cells))
    if column.sort in _NUMBERS:
        return ColumnEvidence(
            numbers=decimal_evidence(cells.str.replace("[%％]$", "")),
            large=_large_shares(cells, column.target),
        )
    if column.sort == "key":
        key = pl.col("key")
        counts = (
            cells.rename("key")
            .to_frame()
            .select(clean_key(key))
            .select(
                key.count().alias("filled"),
                ends_in_zero_fraction(key).sum().alias("zero_fraction"),
                has_many_digits(key).sum().alias("long_keys"),
                rounded_by_spreadsheet(key).sum().alias("rounded"),
            )
        )
        return ColumnEvidence(**counts.row(0, named=True))
    return ColumnEvidence()


def _told(cells: pl.Series) -> pl.Series:
    return cells.rename("key").to_frame().select(clean_key(pl.col("key"))).to_series()


def _birthday_evidence(cells: pl.Series) -> DateEvidence:
    numeric = 0
    day = month = example = None
    for text in cells.drop_nulls().unique(maintain_order=True):
        pair = numeric_birthday(text)
        if pair is None:
            continue
        numeric += 1
        example = example or text
        if pair[0] > 12 >= pair[1]:
            day = day or text
        if pair[1] > 12 >= pair[0]:
            month = month or text
    return DateEvidence(numeric=numeric, day_first=day, month_first=month, example=example)


def _large_shares(cells: pl.Series, target: str) -> int:
    figure = figure_of(target)
    if figure is None or FIGURES[figure[0]].unit != "share":
        return 0
    bare = cells.filter(~cells.str.contains("[%％]").fill_null(value=True))
    numbers = bare.str.replace_all(r"[,\s]", "").cast(pl.Float64, strict=False)
    return int((numbers > 1).sum())


def decide(
    kind: Kind,
    columns: tuple[Column, ...],
    evidence: Mapping[str, ColumnEvidence],
    options: DatasetOptions,
    *,
    as_of: dt.date,
    timezone: dt.tzinfo,
    per_item: bool,
) -> Reading:
    """How to read the file. Raises where a column cannot be read at all, or in two ways."""
    orders: dict[str, DateOrder | None] = {}
    for column in columns:
        found = evidence.get(column.heading, ColumnEvidence())
        if column.sort in ("day", "moment", "birthday"):
            orders[column.heading] = _date_order(column, found.dates, options.date_order)
        numbers = found.numbers
        if column.sort in _NUMBERS and numbers.filled and not numbers.readable:
            raise ColumnUnreadableError.no_numbers(
                column.target, column.heading, numbers.example or ""
            )
    return Reading(
        kind=kind,
        columns=columns,
        options=options,
        as_of=as_of,
        timezone=timezone,
        date_orders=orders,
        decimal=_decimal(evidence, options.decimal),
        strip_floats=frozenset(
            heading
            for heading, found in evidence.items()
            if found.filled and found.zero_fraction == found.filled
        ),
        rounded=frozenset(
            heading
            for heading, found in evidence.items()
            if found.rounded >= _FEWEST_LONG_KEYS and found.rounded == found.long_keys
        ),
        percents=frozenset(heading for heading, found in evidence.items() if found.large),
        per_item=per_item,
    )


def _date_order(column: Column, dates: DateEvidence, chosen: DateOrder | None) -> DateOrder | None:
    if column.sort != "birthday" and dates.filled and not dates.readable:
        raise ColumnUnreadableError.no_dates(column.heading, dates.example or "")
    if chosen is not None or not dates.numeric:
        return chosen
    if dates.day_first and dates.month_first:
        raise AmbiguousColumnError.mixed_dates(column.heading, dates.day_first, dates.month_first)
    if dates.day_first:
        return "day_first"
    if dates.month_first:
        return "month_first"
    raise AmbiguousColumnError.dates(column.heading, dates.example or "")


def _decimal(evidence: Mapping[str, ColumnEvidence], chosen: Decimal | None) -> Decimal:
    if chosen is not None:
        return chosen
    point = sum(found.numbers.point for found in evidence.values())
    comma = sum(found.numbers.comma for found in evidence.values())
    if point != comma:
        return "point" if point > comma else "comma"
    for heading, found in evidence.items():
        if found.numbers.doubtful is not None:
            raise AmbiguousColumnError.amounts(heading, found.numbers.doubtful)
    return "point"
