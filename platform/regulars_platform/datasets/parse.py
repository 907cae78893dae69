"""Text -> typed records of one kind, each with the reason for its rejection where there is one.

Out comes a frame with `line`, `base` (what tells records apart, see `finish`), the columns of the
kind, attributes as `attribute 0`, ..., figures under their target, and `wrong` (the reason).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from regulars_platform.datasets import cells as read
from regulars_platform.datasets.fields import FIELDS, field_of
from regulars_platform.datasets.figures import FIGURES
from regulars_platform.datasets.kinds import KINDS
from regulars_platform.datasets.models import ATTRIBUTE
from regulars_platform.datasets.recognise import figure_of
from regulars_platform.datasets.survey import Column, Reading
from regulars_platform.datasets.vocabulary import FALLBACK
from regulars_platform.intake.readers import column_name
from regulars_platform.intake.regions import plain_region

OWN_KEYS: Mapping[str, str] = {
    "events": "event_key",
    "referrals": "referral_key",
    "points": "movement_key",
    "contacts": "contact_key",
}
"""Kinds whose records may have a number of their own."""

CONTENT: Mapping[str, tuple[str, ...]] = {
    "events": ("customer_id", "kind", "happened_at", "product", "value"),
    "referrals": ("customer_id", "referrer_id"),
    "points": ("customer_id", "happened_at", "points", "reason", "order_id"),
    "contacts": ("customer_id", "happened_at", "channel", "outcome", "reference"),
}
"""What tells records apart that have no number of their own."""

BY_CONTENT = "~"
"""Before keys made from the content."""

_PHONE = r"^(\+?86)?[\s-]?1[3-9]\d{9}$"


@dataclass(frozen=True, slots=True)
class Parsed:
    """records: see above, rejected lines among them. left_out: (heading, problem) -> number of
    cells that were not taken over, and one of them."""

    records: pl.DataFrame
    left_out: Mapping[tuple[str, str], tuple[int, str]]


def attribute_name(number: int) -> str:
    """Name of the column of attribute `number` (0 = first)."""
    return f"attribute {number}"


def parse_batch(frame: pl.DataFrame, reading: Reading) -> Parsed:
    """One batch of records (columns line, c0, c1, ...) -> typed records, same order."""
    values: dict[str, pl.Series] = {}
    reasons: list[pl.Series] = []
    left_out: dict[tuple[str, str], tuple[int, str]] = {}
    attributes = 0
    for column in reading.columns:
        raw = frame[column_name(column.position)]
        found, problem = _read(column, raw, reading)
        if column.target == ATTRIBUTE:
            found = {attribute_name(attributes): found[ATTRIBUTE]}
            attributes += 1
        for name, series in found.items():
            values[name] = _joined(values[name], series, name) if name in values else series
        if _rejects(column, reading):
            reasons.append(problem)
        else:
            _count(left_out, column.heading, problem, raw)
    records = pl.DataFrame({"line": frame["line"], **values})
    records = _complete(records, reading)
    missing = [
        pl.when(pl.col(field.name).is_null()).then(pl.lit(f"no_{field.name}"))
        for field in FIELDS[reading.kind]
        if field.needed
    ]
    own = [pl.Series(f"reason {n}", series) for n, series in enumerate(reasons)]
    records = records.with_columns(own).with_columns(
        pl.coalesce(
            *(series.name for series in own), *missing, _wrong_as_a_whole(records, reading)
        ).alias("wrong")
    )
    records = records.drop(series.name for series in own)
    return Parsed(_with_base(records, reading), left_out)


def _joined(first: pl.Series, other: pl.Series, name: str) -> pl.Series:
    """Two columns for one field: names are put together, otherwise the first that is filled."""
    if name == "name":
        parts = pl.DataFrame({"a": first, "b": other})
        text = pl.concat_str("a", "b", separator=" ", ignore_nulls=True).str.strip_chars()
        return parts.select(pl.when(text != "").then(text)).to_series()
    return pl.select(pl.coalesce(first, other)).to_series()


def _rejects(column: Column, reading: Reading) -> bool:
    """Whether a cell that cannot be read spoils its whole line."""
    known = field_of(reading.kind, column.target)
    return known is not None and (known.needed or column.target == OWN_KEYS.get(reading.kind))


def _count(
    left_out: dict[tuple[str, str], tuple[int, str]],
    heading: str,
    problem: pl.Series,
    raw: pl.Series,
) -> None:
    if problem.null_count() == problem.len():
        return
    frame = pl.DataFrame({"problem": problem, "raw": raw}).filter(pl.col("problem").is_not_null())
    for code, count, example in (
        frame.group_by("problem")
        .agg(pl.len(), pl.col("raw").first().str.slice(0, 80).alias("example"))
        .iter_rows()
    ):
        left_out[heading, code] = (count, example)


def _read(
    column: Column, raw: pl.Series, reading: Reading
) -> tuple[dict[str, pl.Series], pl.Series]:
    """Values by the name they are stored under, and problems."""
    name, sort = column.target, column.sort
    order = reading.date_orders.get(column.heading)
    if sort == "birthday":
        parts, problem = read.read_birthdays(raw, order, reading.as_of)
        return dict(parts), problem
    if sort == "word":
        return _words(name, raw, reading)
    if sort in ("day", "moment"):
        moments, problem = read.read_times(raw, order, reading.timezone)
        value = read.days_of(moments, reading.timezone) if sort == "day" else moments
        return {name: value}, problem
    if name == "opted_out":
        silent, problem = read.read_opt_outs(raw)
        return {name: silent}, problem
    if sort == "yes":
        words, problem = read.read_words(raw, "yes")
        return {name: words == "yes"}, problem
    if sort == "filled":
        told = read.cleaned(raw)
        return {"follows": told.is_not_null()}, _none(raw)
    if sort == "figure":
        return _figures(column, raw, reading)
    stored_as = "birth_year" if sort in ("age", "birth_year") else name
    value, problem = _plain(sort, column, raw, reading)
    return {stored_as: value}, problem


def _plain(
    sort: str, column: Column, raw: pl.Series, reading: Reading
) -> tuple[pl.Series, pl.Series]:
    if sort == "key":
        return read.read_keys(
            raw,
            strip_floats=column.heading in reading.strip_floats,
            rounded=column.heading in reading.rounded,
        )
    if sort == "tags":
        return read.read_tags(raw)
    if sort == "birth_year":
        return read.read_birth_years(raw, reading.as_of)
    if sort == "age":
        return read.read_ages(raw, reading.as_of)
    if sort == "money":
        return read.read_money(raw, reading.decimal)
    if sort == "whole":
        return read.read_wholes(raw, reading.decimal)
    if sort == "number":
        return read.read_sizes(raw, reading.decimal)
    hidden = sort == "person" or column.target == ATTRIBUTE
    text, problem = read.read_texts(raw, masked_is_wrong=hidden)
    if sort == "region":
        text = text.to_frame("cell").select(plain_region(pl.col("cell"))).to_series()
    return text, problem


def _figures(
    column: Column, raw: pl.Series, reading: Reading
) -> tuple[dict[str, pl.Series], pl.Series]:
    figure = figure_of(column.target)
    assert figure is not None  # noqa: S101 -- the sort says so
    if FIGURES[figure[0]].unit == "share":
        value, problem = read.read_shares(
            raw, reading.decimal, as_percent=column.heading in reading.percents
        )
    else:
        value, problem = read.read_money(raw, reading.decimal)
    return {column.target: value}, problem


def _words(name: str, raw: pl.Series, reading: Reading) -> tuple[dict[str, pl.Series], pl.Series]:
    """A word of a list; an unknown one becomes "other" where there is such a word, and is kept in
    the column beside it (`told`)."""
    table = "gender" if name == "gender" else f"{reading.kind}.{name}"
    words, problem = read.read_words(raw, table)
    if table not in FALLBACK:
        return {name: words}, problem
    unknown = problem == "unknown_word"
    text, _ = read.read_texts(raw)
    frame = pl.DataFrame({"word": words, "unknown": unknown.fill_null(value=False), "text": text})
    kept = frame.select(
        pl.when("unknown").then(pl.lit(FALLBACK[table])).otherwise("word").alias("word"),
        pl.when("unknown").then("text").alias("told"),
    )
    found = {name: kept["word"]}
    if name != "channel":
        found[f"told {name}"] = kept["told"]
    return found, problem


def _none(raw: pl.Series) -> pl.Series:
    return pl.repeat(None, raw.len(), dtype=pl.String, eager=True)


def _complete(records: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """All columns of the kind, and what follows from several of them."""
    schema = KINDS[reading.kind].schema
    if reading.kind == "shop_days":
        return records
    records = records.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
        if name not in records.columns and name != "attributes"
    )
    options = reading.options
    if reading.kind == "events":
        records = _note(records, "told kind", "value")
        if options.event_kind is not None:
            records = records.with_columns(pl.col("kind").fill_null(options.event_kind))
    if reading.kind == "points":
        records = _note(records, "told reason", "note")
        if "direction" in records.columns:
            size = pl.col("points").abs()
            records = records.with_columns(
                pl.when(pl.col("direction") == "minus")
                .then(-size)
                .when(pl.col("direction") == "plus")
                .then(size)
                .otherwise("points")
                .alias("points")
            )
    if reading.kind == "contacts":
        has_outcome = any(column.target == "outcome" for column in reading.columns)
        records = records.with_columns(
            pl.col("channel").fill_null(options.channel)
            if options.channel is not None
            else pl.col("channel"),
            pl.col("outcome") if has_outcome else pl.lit("sent").alias("outcome"),
        )
    if reading.kind == "customers" and options.keep_contacts:
        key = pl.col("customer_id")
        records = records.with_columns(
            pl.coalesce(
                "email", pl.when(key.str.contains(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")).then(key)
            ).alias("email"),
            pl.coalesce("phone", pl.when(key.str.contains(_PHONE)).then(key)).alias("phone"),
        )
    extra = [name for name in records.columns if name.startswith("attribute ")]
    wanted = [name for name in schema if name != "attributes"]
    return records.select("line", *(pl.col(name).cast(schema[name]) for name in wanted), *extra)


def _note(records: pl.DataFrame, told: str, beside: str) -> pl.DataFrame:
    if told not in records.columns:
        return records
    return records.with_columns(pl.coalesce(beside, told).alias(beside))


def _wrong_as_a_whole(records: pl.DataFrame, reading: Reading) -> pl.Expr:
    if reading.kind == "events":
        return pl.when(pl.col("kind").is_null()).then(pl.lit("no_kind"))
    if reading.kind == "referrals":
        same = pl.col("customer_id") == pl.col("referrer_id")
        return pl.when(same).then(pl.lit("own_referral"))
    if reading.kind == "shop_days":
        figures = [name for name in records.columns if figure_of(name)]
        return pl.when(pl.all_horizontal(pl.col(figures).is_null())).then(pl.lit("no_figure"))
    return pl.lit(None, dtype=pl.String)


def _with_base(records: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Adds `base`: the record's own key, else a digest of its content (the same for like ones)."""
    kind = reading.kind
    if kind == "shop_days":
        return records.with_columns(pl.col("day").cast(pl.String).alias("base"))
    if kind in ("customers", "products"):
        return records.with_columns(pl.col(KINDS[kind].key[0]).alias("base"))
    own = OWN_KEYS[kind]
    if records[own].null_count() == 0:
        return records.with_columns(pl.col(own).alias("base"))
    content = records.select(
        pl.concat_str(
            [
                # moments as numbers: how a library writes them as text may change
                (pl.col(name).dt.epoch("us") if name == "happened_at" else pl.col(name))
                .cast(pl.String)
                .fill_null("\x1e")
                for name in CONTENT[kind]
            ],
            separator="\x1f",
        )
    ).to_series()
    digests = pl.Series(
        "digest",
        [
            BY_CONTENT + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
            for text in content
        ],
        dtype=pl.String,
    )
    return records.with_columns(pl.coalesce(pl.col(own), digests).alias("base"))
