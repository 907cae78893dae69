"""What a record can only know together with the others of its key: all of them are in one frame.

Of several values the last one counts, but nobody who asked for silence loses it to a later line.

Records without a number of their own are told apart by their content; like ones are counted (#1,
#2), so that two points of a game on one day are two, and the same file again brings the same keys.
"""

from dataclasses import dataclass

import polars as pl

from regulars_platform.datasets.kinds import KINDS
from regulars_platform.datasets.parse import BY_CONTENT, OWN_KEYS, attribute_name
from regulars_platform.datasets.recognise import figure_of
from regulars_platform.datasets.silence import weight_of
from regulars_platform.datasets.survey import Reading

_COUNTED = frozenset({"events", "points", "contacts"})


@dataclass(frozen=True, slots=True)
class Finished:
    """records: columns of the kind, `line` (of the file) and `lines` (how many of them make up the
    record), keys unique. again: lines whose key comes again further down."""

    records: pl.DataFrame
    again: int


def finish(typed: pl.DataFrame, reading: Reading) -> Finished:
    """Typed lines (see `parse`) without rejected ones -> records ready to be compared."""
    if reading.kind == "shop_days":
        return _days(typed.sort("line"), reading)
    schema = KINDS[reading.kind].schema
    frame = typed.sort("line")
    if reading.kind in OWN_KEYS:
        frame = _with_keys(frame, reading.kind)
    key = KINDS[reading.kind].key[0]
    columns = [name for name in frame.columns if name not in ("line", "base", "wrong", key)]
    records = (
        frame.group_by(key, maintain_order=True)
        .agg(pl.col("line").last(), *(_one_of(name, reading.kind) for name in columns))
        .with_columns(pl.lit(1, dtype=pl.Int64).alias("lines"))
    )
    if "attributes" in schema:
        records = records.with_columns(_attributes(reading))
    return Finished(records.select(*schema, "line", "lines"), frame.height - records.height)


def _with_keys(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    own = OWN_KEYS[kind]
    number = (pl.int_range(pl.len()).over("base") + 1).cast(pl.String)
    made = pl.col("base") + "#" + number if kind in _COUNTED else pl.col("base")
    is_made = pl.col("base").str.starts_with(BY_CONTENT) & pl.col(own).is_null()
    return frame.with_columns(pl.when(is_made).then(made).otherwise(own).alias(own))


def _one_of(name: str, kind: str) -> pl.Expr:
    """The value of a record out of those of its lines."""
    told = pl.col(name).drop_nulls()
    if kind == "customers" and name == "opted_out":
        return told.max()
    if kind == "contacts" and name == "outcome":
        return told.sort_by(weight_of(told), maintain_order=True).last()
    return told.last()


def _attributes(reading: Reading) -> pl.Expr:
    """One list of (name, value) by name; blank cells say nothing."""
    columns = sorted(
        (column.heading, attribute_name(number))
        for number, column in enumerate(reading.attributes())
    )
    kind = KINDS["customers"].schema["attributes"]
    if not columns:
        return pl.lit(None, dtype=kind).alias("attributes")
    pairs = pl.concat_list(
        pl.struct(pl.lit(heading).alias("name"), pl.col(name).alias("value"))
        for heading, name in columns
    )
    told = pairs.list.eval(pl.element().filter(pl.element().struct.field("value").is_not_null()))
    return pl.when(told.list.len() > 0).then(told).cast(kind).alias("attributes")


def _days(frame: pl.DataFrame, reading: Reading) -> Finished:
    """One record per day and figure; figures of single products are added up over the day."""
    targets = [name for name in frame.columns if figure_of(name)]
    if reading.per_item:
        told = [
            pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
            for name in targets
        ]
        lines = pl.len().cast(pl.Int64)
    else:
        told = [pl.col(name).drop_nulls().last() for name in targets]
        lines = pl.lit(1, dtype=pl.Int64)
    days = frame.group_by("day", maintain_order=True).agg(
        pl.col("line").last(), lines.alias("lines"), *told
    )
    again = 0 if reading.per_item else frame.height - days.height
    names = {name: figure_of(name) for name in targets}
    scopes = {n: "industry" if f and f[1] else reading.options.scope for n, f in names.items()}
    records = (
        days.unpivot(targets, index=["day", "line", "lines"], variable_name="target")
        .drop_nulls("value")
        .with_columns(
            pl.col("target").replace_strict(scopes, return_dtype=pl.String).alias("scope"),
            pl.col("target")
            .replace_strict({n: f[0] for n, f in names.items() if f}, return_dtype=pl.String)
            .alias("figure"),
        )
        .unique(["day", "scope", "figure"], keep="last", maintain_order=True)
    )
    return Finished(records.select(*KINDS["shop_days"].schema, "line", "lines"), again)
