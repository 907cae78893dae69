"""The whole file is looked at before one cell of it is believed.

Day or month first, point or comma, numbers that a spreadsheet has spoilt: all of these are
properties of a column, and are decided from all of its cells.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from regulars_platform.intake.cells import (
    clean,
    clean_key,
    ends_in_zero_fraction,
    has_many_digits,
    rounded_by_spreadsheet,
)
from regulars_platform.intake.column_errors import AmbiguousColumnError, ColumnUnreadableError
from regulars_platform.intake.dates import DateEvidence, DateOrder, date_evidence
from regulars_platform.intake.models import (
    LATER_MOMENTS,
    MONEY_FIELDS,
    FileForm,
    FilePart,
    OrderField,
    OrderForm,
    ReadingOptions,
)
from regulars_platform.intake.money import Decimal, DecimalEvidence, decimal_evidence
from regulars_platform.intake.presets import form_of, part_of
from regulars_platform.intake.readers import column_name
from regulars_platform.intake.status import refund_meanings, status_meanings

KEY_FIELDS = (
    OrderField.ORDER_ID,
    OrderField.LINE_ID,
    OrderField.CUSTOMER_ID,
    OrderField.CUSTOMER_FALLBACK,
    OrderField.HOUSEHOLD,
)
_FEWEST_LONG_KEYS = 3
"""From so many 16-digit numbers on, zeros at the end of all of them are no accident."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyEvidence:
    """Counts of cells: filled, whole numbers ending in .0, numbers of 16 digits and more, and
    those of them whose digits after the 15th are all zero; rounded_keys: these, each counted once
    (a batch), by_chance: how many of them honest numbers of such lengths would have."""

    filled: int = 0
    zero_fraction: int = 0
    many_digits: int = 0
    rounded: int = 0
    rounded_keys: int = 0
    by_chance: float = 0.0

    @property
    def is_doubtful(self) -> bool:
        """Whether more numbers end in zeros than honest ones would."""
        return self.rounded_keys >= 2 * self.by_chance + 0.5

    def __add__(self, other: "KeyEvidence") -> "KeyEvidence":
        return KeyEvidence(
            filled=self.filled + other.filled,
            zero_fraction=self.zero_fraction + other.zero_fraction,
            many_digits=self.many_digits + other.many_digits,
            rounded=self.rounded + other.rounded,
            rounded_keys=self.rounded_keys + other.rounded_keys,
            by_chance=self.by_chance + other.by_chance,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """Evidence from all cells of the mapped columns."""

    dates: DateEvidence = field(default_factory=DateEvidence)
    moments: Mapping[OrderField, DateEvidence] = field(default_factory=dict)  # LATER_MOMENTS
    numbers: Mapping[OrderField, DecimalEvidence] = field(default_factory=dict)
    keys: Mapping[OrderField, KeyEvidence] = field(default_factory=dict)

    def __add__(self, other: "Survey") -> "Survey":
        return Survey(
            dates=self.dates + other.dates,
            moments={
                name: self.moments.get(name, DateEvidence())
                + other.moments.get(name, DateEvidence())
                for name in {**self.moments, **other.moments}
            },
            numbers={
                name: self.numbers.get(name, DecimalEvidence())
                + other.numbers.get(name, DecimalEvidence())
                for name in {**self.numbers, **other.numbers}
            },
            keys={
                name: self.keys.get(name, KeyEvidence()) + other.keys.get(name, KeyEvidence())
                for name in {**self.keys, **other.keys}
            },
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How each mapped column of one file is read.

    positions: field -> column number; bare_floats: key columns whose values all end in .0 (which
    is dropped); rounded: key columns whose long numbers a spreadsheet has rounded (such lines are
    rejected); meanings: compared status word -> status, refund_meanings: the same of a refund's;
    part: what the rows are; form: how much of an order they tell at once; leave_out: words in a
    remark or tag that keep an order out; doubtful: key columns that are believed although more long
    numbers end in zeros than chance explains; undated: LATER_MOMENTS with cells that are no dates
    (`paid` needs none), and an example.
    """

    positions: Mapping[OrderField, int]
    timezone: dt.tzinfo
    date_order: DateOrder | None
    decimal: Decimal
    bare_floats: frozenset[OrderField]
    rounded: frozenset[OrderField]
    meanings: Mapping[str, str]
    refund_meanings: Mapping[str, str] = field(default_factory=dict)
    part: FilePart = FilePart.ORDER
    form: OrderForm = OrderForm.LINES
    leave_out: tuple[str, ...] = ()
    doubtful: Mapping[OrderField, int] = field(default_factory=dict)
    undated: Mapping[OrderField, str] = field(default_factory=dict)

    def has(self, name: OrderField) -> bool:
        """Whether the file carries this field."""
        return name in self.positions


def positions_of(form: FileForm, mapping: Mapping[OrderField, str]) -> dict[OrderField, int]:
    """Field -> number of its column."""
    return {name: form.headings.index(heading) for name, heading in mapping.items()}


def survey_batch(frame: pl.DataFrame, positions: Mapping[OrderField, int]) -> Survey:
    """Evidence in one batch of records."""

    def cells(name: OrderField) -> pl.Series:
        return frame.select(clean(pl.col(column_name(positions[name])))).to_series()

    return Survey(
        dates=(
            date_evidence(cells(OrderField.ORDERED_AT))
            if OrderField.ORDERED_AT in positions
            else DateEvidence()
        ),
        moments={
            name: date_evidence(
                frame.select(clean_key(pl.col(column_name(positions[name])))).to_series()
            )
            for name in LATER_MOMENTS
            if name in positions
        },
        numbers={name: decimal_evidence(cells(name)) for name in MONEY_FIELDS if name in positions},
        keys={
            name: _key_evidence(frame, positions[name]) for name in KEY_FIELDS if name in positions
        },
    )


def _key_evidence(frame: pl.DataFrame, position: int) -> KeyEvidence:
    # once per different cell: keys repeat themselves
    name = column_name(position)
    cells = frame.group_by(name).len("times").select(clean_key(pl.col(name)).alias("key"), "times")
    key, times = pl.col("key"), pl.col("times")
    counts = cells.select(
        times.filter(key.is_not_null()).sum().alias("filled"),
        times.filter(ends_in_zero_fraction(key)).sum().alias("zero_fraction"),
        times.filter(has_many_digits(key)).sum().alias("many_digits"),
        times.filter(rounded_by_spreadsheet(key)).sum().alias("rounded"),
        rounded_by_spreadsheet(key).sum().alias("rounded_keys"),
        (pl.lit(0.1) ** (key.str.len_bytes().cast(pl.Float64) - 15))
        .filter(has_many_digits(key))
        .sum()
        .alias("by_chance"),
    )
    return KeyEvidence(**counts.row(0, named=True))


def decide(
    survey: Survey,
    form: FileForm,
    mapping: Mapping[OrderField, str],
    options: ReadingOptions,
    timezone: dt.tzinfo,
) -> Reading:
    """How to read the file. Raises where a column cannot be read at all, or in two ways."""
    date_order = _date_order(
        survey.dates,
        mapping.get(OrderField.ORDERED_AT, ""),
        options.date_order or _order_of_others(survey),
    )
    _refuse_text_for_money(survey, mapping)
    rounded = frozenset(
        name
        for name, keys in survey.keys.items()
        if keys.rounded >= _FEWEST_LONG_KEYS and keys.rounded == keys.many_digits
    )
    return Reading(
        positions=positions_of(form, mapping),
        timezone=timezone,
        date_order=date_order,
        decimal=_decimal(survey, mapping, options.decimal),
        bare_floats=frozenset(
            name
            for name, keys in survey.keys.items()
            if keys.filled and keys.zero_fraction == keys.filled
        ),
        rounded=rounded,
        meanings=status_meanings(
            dict(options.status_words), refunds_are_known=OrderField.REFUND in mapping
        ),
        refund_meanings=refund_meanings(dict(options.status_words)),
        part=part_of(options.part, form.headings),
        form=form_of(form.headings, mapping),
        leave_out=options.leave_out,
        doubtful={
            name: keys.rounded_keys
            for name, keys in survey.keys.items()
            if keys.is_doubtful and name not in rounded
        },
        undated={
            name: dates.unreadable
            for name, dates in survey.moments.items()
            if dates.unreadable is not None
        },
    )


def _order_of_others(survey: Survey) -> DateOrder | None:
    """Day or month first, where the dates of the orders leave it open and other moments of theirs
    can only be read one way."""
    own = survey.dates
    if own.day_first or own.month_first or (own.filled and not own.numeric):
        return None
    others = sum(survey.moments.values(), DateEvidence())
    if bool(others.day_first) == bool(others.month_first):
        return None
    return "day_first" if others.day_first else "month_first"


def _date_order(
    dates: DateEvidence, heading: str, chosen: Literal["day_first", "month_first"] | None
) -> DateOrder | None:
    if dates.filled and not dates.readable:
        raise ColumnUnreadableError.no_dates(heading, dates.example or "")
    if chosen is not None or not dates.numeric:
        return chosen
    if dates.day_first and dates.month_first:
        raise AmbiguousColumnError.mixed_dates(heading, dates.day_first, dates.month_first)
    if dates.day_first:
        return "day_first"
    if dates.month_first:
        return "month_first"
    raise AmbiguousColumnError.dates(heading, dates.example or "")


def _refuse_text_for_money(survey: Survey, mapping: Mapping[OrderField, str]) -> None:
    for name in MONEY_FIELDS:
        numbers = survey.numbers.get(name)
        if numbers is not None and numbers.filled and not numbers.readable:
            raise ColumnUnreadableError.no_numbers(name, mapping[name], numbers.example or "")


def _decimal(survey: Survey, mapping: Mapping[OrderField, str], chosen: Decimal | None) -> Decimal:
    if chosen is not None:
        return chosen
    point = sum(numbers.point for numbers in survey.numbers.values())
    comma = sum(numbers.comma for numbers in survey.numbers.values())
    if point != comma:
        return "point" if point > comma else "comma"
    for name, numbers in survey.numbers.items():
        if numbers.doubtful is not None:
            raise AmbiguousColumnError.amounts(mapping[name], numbers.doubtful)
    return "point"
