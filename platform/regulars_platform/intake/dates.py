"""Moments in time as order files write them, read in the shop's time zone.

Year first (2010-12-01, 2016/5/23 22:02, 2010年12月1日, 20101201), day or month first (decided over
the whole column, never per cell), named months (1 Dec 2010), with offsets (Z, +08:00) or without.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from regulars_platform.intake.cells import by_unique

_TIME = (
    r"(?:[T,\s]\s*|\s*)(?P<before>上午|下午|AM|PM|am|pm)?\s*(?P<hour>\d{1,2})[:时点](?P<minute>\d{2})"
    r"(?:[:分](?P<second>\d{2})秒?)?(?:[.,](?P<fraction>\d{1,9}))?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
)
_REST = rf"(?:{_TIME})?$"
_YEAR = r"(?P<year>\d{4})"
_EITHER_YEAR = r"(?P<year>\d{4}|\d{2})"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_DAY = r"(?P<day>\d{1,2})"
_YEAR_FIRST = rf"^{_YEAR}\s?[-/.年]\s?(?P<month>\d{{1,2}})\s?[-/.月]\s?{_DAY}日?{_REST}"
_COMPACT = (
    rf"^{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})"
    r"(?:[T\s_]?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?(?P<zone>Z)?)?$"
)
_NUMERIC = rf"^(?P<first>\d{{1,2}})[-/.](?P<other>\d{{1,2}})[-/.]{_EITHER_YEAR}{_REST}"
_WEEKDAY = r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+"
_DAY_NAMED = rf"^{_DAY}(?:st|nd|rd|th)?[-\s./,]*{_NAME}[-\s./,]*{_EITHER_YEAR}{_REST}"
_NAMED_DAY = rf"^{_NAME}[-\s]+{_DAY}(?:st|nd|rd|th)?,?[-\s]+{_YEAR}{_REST}"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_WORD = re.compile(
    r"^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$"
)
_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction", "half", "before", "zone")

DateOrder = Literal["day_first", "month_first"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DateEvidence:
    """What the dates of a column say about their own form; added up over the batches of a file.

    numeric: values like 01/02/2010; day_first, month_first: an example of a value that can only
    be read so (None: there is none); example: any of the numeric values; unreadable: a value that
    is no date in any order.
    """

    readable: int = 0
    filled: int = 0
    numeric: int = 0
    day_first: str | None = None
    month_first: str | None = None
    example: str | None = None
    unreadable: str | None = None

    def __add__(self, other: "DateEvidence") -> "DateEvidence":
        return DateEvidence(
            readable=self.readable + other.readable,
            filled=self.filled + other.filled,
            numeric=self.numeric + other.numeric,
            day_first=self.day_first or other.day_first,
            month_first=self.month_first or other.month_first,
            example=self.example or other.example,
            unreadable=self.unreadable or other.unreadable,
        )


def date_evidence(cells: pl.Series) -> DateEvidence:
    """Evidence in cleaned cells (String; null: blank)."""
    texts = _normal(cells.drop_nulls().unique(maintain_order=True))
    parts = texts.str.extract_groups(_NUMERIC).struct.unnest().select("first", "other")
    frame = parts.cast(pl.Int32).with_columns(texts.alias("text"))
    numeric = frame.filter(pl.col("first").is_not_null())
    day = numeric.filter((pl.col("first") > 12) & (pl.col("other") <= 12))
    month = numeric.filter((pl.col("other") > 12) & (pl.col("first") <= 12))
    unread = frame.filter(pl.col("first").is_null())["text"]
    others = read_moments(unread, None, dt.UTC)
    lost = unread.filter(others.is_null())
    return DateEvidence(
        readable=int(numeric.height + others.count()),
        filled=texts.len(),
        numeric=numeric.height,
        day_first=day["text"][0] if day.height else None,
        month_first=month["text"][0] if month.height else None,
        example=(numeric["text"][0] if numeric.height else None)
        or (texts[0] if len(texts) else None),
        unreadable=lost[0] if len(lost) else None,
    )


def read_moments(cells: pl.Series, order: DateOrder | None, timezone: dt.tzinfo) -> pl.Series:
    """Cleaned cells -> Datetime("us", "UTC"); null where a cell is blank or no such moment exists.

    order: how 01/02/2010 is to be read; None leaves such cells null. A time that a change to
    summer time leaves out is read an hour later; one that comes twice is the earlier one.
    """
    return by_unique(
        cells, lambda unique: _read_unique(_normal(unique), order, timezone).to_frame("moment")
    )["moment"]


def looks_like_moment(cell: str) -> bool:
    """Whether one cell is a date, in whatever order.

    >>> looks_like_moment("2016/5/23 22:02"), looks_like_moment("31.12.10"), looks_like_moment("12")
    (True, True, False)
    """
    series = pl.Series([cell.strip()], dtype=pl.String)
    return any(
        read_moments(series, order, dt.UTC).count() == 1 for order in ("day_first", "month_first")
    )


def _normal(texts: pl.Series) -> pl.Series:
    return texts.str.normalize("NFKC").str.strip_chars().str.replace(_WEEKDAY, "")


def _read_unique(texts: pl.Series, order: DateOrder | None, timezone: dt.tzinfo) -> pl.Series:
    patterns = [_YEAR_FIRST, _COMPACT, _DAY_NAMED, _NAMED_DAY]
    if order is not None:
        first, other = ("day", "month") if order == "day_first" else ("month", "day")
        patterns.append(
            _NUMERIC.replace("?P<first>", f"?P<{first}>").replace("?P<other>", f"?P<{other}>")
        )
    found = [_parts(texts, pattern) for pattern in patterns]
    parts = pl.DataFrame(
        {
            name: pl.select(pl.coalesce([frame[name] for frame in found])).to_series()
            for name in _PARTS
        }
    )
    return _build(parts, timezone)


def _parts(texts: pl.Series, pattern: str) -> pl.DataFrame:
    groups = texts.str.extract_groups(pattern).struct.unnest()
    if "name" in groups.columns:
        groups = groups.with_columns(_month_number(groups["name"]).alias("month"))
    missing = [
        pl.lit(None, dtype=pl.String).alias(name) for name in _PARTS if name not in groups.columns
    ]
    whole = groups.with_columns(missing).select(_PARTS)
    # a pattern that fits fits as a whole: without year, month and day nothing of it counts
    fits = pl.all_horizontal(pl.col("year", "month", "day").is_not_null())
    return whole.select(pl.when(fits).then(pl.col(name)).alias(name) for name in _PARTS)


def _month_number(names: pl.Series) -> pl.Series:
    numbers = {
        name: f"{_MONTHS.index(name[:3].lower()) + 1:02d}"
        for name in names.drop_nulls().unique()
        if _MONTH_WORD.match(name.lower())
    }
    return names.replace_strict(numbers, default=None, return_dtype=pl.String)


def _build(parts: pl.DataFrame, timezone: dt.tzinfo) -> pl.Series:
    year = pl.col("year")
    short = year.str.len_chars() == 2
    century = pl.when(year.cast(pl.Int32) < 70).then(pl.lit("20")).otherwise(pl.lit("19"))
    half = pl.coalesce("half", "before").str.to_lowercase().str.replace_all(".", "", literal=True)
    hour = pl.col("hour").cast(pl.Int32)
    afternoon, morning = half.is_in(["pm", "下午"]), half.is_in(["am", "上午"])
    hour = (
        pl.when((afternoon | morning) & ((hour > 12) | (hour == 0)) & half.is_in(["am", "pm"]))
        .then(pl.lit(99))  # 13 pm is no time
        .when(afternoon & (hour < 12))
        .then(hour + 12)
        .when(morning & (hour == 12))
        .then(0)
        .otherwise(hour)
        .fill_null(0)
    )
    text = pl.concat_str(
        pl.when(short).then(century + year).otherwise(year),
        pl.lit("-"),
        pl.col("month").str.zfill(2),
        pl.lit("-"),
        pl.col("day").str.zfill(2),
        pl.lit(" "),
        hour.cast(pl.String).str.zfill(2),
        pl.lit(":"),
        pl.col("minute").fill_null("00"),
        pl.lit(":"),
        pl.col("second").fill_null("00"),
        pl.lit("."),
        pl.col("fraction").fill_null("0").str.slice(0, 6).str.pad_end(6, "0"),
    )
    local = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    local = pl.when(local.dt.year().is_between(1970, 2100)).then(local)
    frame = parts.select(local.alias("local"), _offset_minutes().alias("offset"))
    return frame.select(
        pl.when(pl.col("offset").is_not_null())
        .then((pl.col("local") - pl.duration(minutes=pl.col("offset"))).dt.replace_time_zone("UTC"))
        .otherwise(_in_zone(pl.col("local"), timezone))
        .cast(pl.Datetime("us", "UTC"))
        .alias("moment")
    )["moment"]


def _offset_minutes() -> pl.Expr:
    zone = pl.col("zone").str.to_uppercase()
    digits = zone.str.replace_all("[+:-]", "").str.pad_end(4, "0")
    minutes = digits.str.slice(0, 2).cast(pl.Int32, strict=False) * 60 + digits.str.slice(
        2, 2
    ).cast(pl.Int32, strict=False)
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    return pl.when(zone.is_in(["Z", "UTC", "GMT"])).then(0).otherwise(minutes * sign)


def _in_zone(local: pl.Expr, timezone: dt.tzinfo) -> pl.Expr:
    name = "UTC" if timezone is dt.UTC else str(timezone)
    exact = local.dt.replace_time_zone(name, ambiguous="earliest", non_existent="null")
    later = (local + pl.duration(hours=1)).dt.replace_time_zone(
        name, ambiguous="earliest", non_existent="null"
    )
    return pl.coalesce(exact, later).dt.convert_time_zone("UTC")
