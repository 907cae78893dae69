"""Read the columns of a randomised file that are needed, as text or numbers, with clear refusals.

CSV (comma, semicolon or tab; plain or gzip; UTF-8) and Parquet. Only the named columns are kept.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from regulars_platform.errors import RegularsError
from regulars_platform.words import N_, Sentence

_OPEN_END = "\x00open end"  # rows without a value in the last column: they may be too short
_READING_ERRORS = (
    pl.exceptions.PolarsError,
    UnicodeDecodeError,
    EOFError,
    OSError,
    zlib.error,
    csv.Error,
)
_MISSING = ("", "NA", "NaN", "nan", "null", "NULL", "None")


class UnreadableFileError(RegularsError):
    """The file is not one that can be evaluated."""

    @classmethod
    def because(
        cls, template: str, hint: str | None = None, /, **facts: object
    ) -> "UnreadableFileError":
        """The sentence with its facts, and what to do."""
        return cls(Sentence(template, dict(facts)), Sentence(hint, dict(facts)) if hint else None)


def scan_columns(
    path: Path, *, text: Sequence[str], numbers: Sequence[str], stored: Sequence[str] = ()
) -> pl.LazyFrame:
    """The named columns of a file: `text` as text or categories, `numbers` as numbers (nulls kept).

    stored: columns of a Parquet file that are left as they are, such as dates.
    What is wrong with the file is said here. Parquet stays on disk: what is done with the answer
    streams it. CSV is read once, a part at a time, and only what was asked for is kept.
    Raises UnreadableFileError with what was expected, what came and what to do.
    """
    _refuse_no_file(path)
    wanted = list(dict.fromkeys([*text, *numbers, *stored]))
    try:
        start = _start(path)
        frame = _scan(path, start)
        schema = frame.collect_schema()
        _refuse_unknown(schema.names(), wanted, path)
        kinds = {name: schema[name] for name in dict.fromkeys(numbers)}
        texts = [name for name in text if name not in kinds and name not in stored]
        if start == b"PAR1":
            return _from_parquet(frame.select(wanted), texts, kinds, path)
        last = schema.names()[-1]
        selected = frame.select(*wanted, pl.col(last).is_null().alias(_OPEN_END))
        typed = _from_csv(selected, texts, kinds, path)
        if typed.get_column(_OPEN_END).any():
            _refuse_short_rows(path, start, len(schema))
        return typed.drop(_OPEN_END).lazy()
    except _READING_ERRORS as error:
        raise _unreadable(path, error) from error


def _refuse_no_file(path: Path) -> None:
    if path.is_dir():
        raise UnreadableFileError.because(
            N_("%(path)s is a folder, not a file."), N_("Name the file in it."), path=str(path)
        )
    if not path.is_file():
        raise UnreadableFileError.because(
            N_("There is no file %(path)s."), N_("Check the path."), path=str(path)
        )
    if path.stat().st_size == 0:
        raise UnreadableFileError.because(
            N_("%(path)s is empty; expected a header line and one row per customer."),
            N_("Export the file again."),
            path=str(path),
        )


def _unreadable(path: Path, error: Exception) -> UnreadableFileError:
    return UnreadableFileError.because(
        N_("%(path)s cannot be read as CSV (UTF-8) or Parquet: %(error)s"),
        N_("Export it as CSV with a header line, or as Parquet."),
        path=str(path),
        error=(str(error).splitlines() or [type(error).__name__])[0],
    )


def column_types(path: Path) -> dict[str, pl.DataType]:
    """Every column of a file and its type; all are text in a CSV. Raises UnreadableFileError."""
    _refuse_no_file(path)
    try:
        return dict(_scan(path, _start(path)).collect_schema())
    except _READING_ERRORS as error:
        raise _unreadable(path, error) from error


def _from_csv(
    raw: pl.LazyFrame, texts: Sequence[str], numbers: Iterable[str], path: Path
) -> pl.DataFrame:
    """Typed while it is read, so that the text of the file is never held whole.

    Plain numbers are read fast; a file that spells some otherwise is read again, with care.
    """
    categories = [_as_text(name).cast(pl.Categorical) for name in texts]
    names = list(numbers)
    for parse in (_plain, _parsed):
        typed = raw.with_columns(
            *categories,
            # what is no number is marked as such; nothing else is NaN, which counts as missing
            *(_marked(*parse(name)).alias(name) for name in names),
        ).collect(engine="streaming")
        _refuse_no_rows(typed.height, path)
        wrong = [name for name in names if typed.get_column(name).is_nan().any()]
        if not wrong:
            break
    else:
        _refuse_number(raw, wrong[0])
    return typed


def _marked(value: pl.Expr, wrong: pl.Expr) -> pl.Expr:
    return pl.when(wrong).then(float("nan")).otherwise(value)


def _from_parquet(
    raw: pl.LazyFrame, texts: Sequence[str], numbers: Mapping[str, pl.DataType], path: Path
) -> pl.LazyFrame:
    """Looked through once, so that what cannot be decoded is said in words."""
    typed = raw.with_columns(
        *(_as_text(name) for name in texts),
        *(_as_number(name, kind, path) for name, kind in numbers.items()),
    )
    written = [name for name, kind in numbers.items() if kind == pl.String]
    facts = raw.select(
        pl.len().alias("rows"),
        *(_parsed(name)[1].any().alias(f"wrong:{name}") for name in written),
        *(pl.col(name).null_count().alias(f"nulls:{name}") for name in (*texts, *numbers)),
    )
    found = facts.collect(engine="streaming").row(0, named=True)
    _refuse_no_rows(found["rows"], path)
    for name in written:
        if found[f"wrong:{name}"]:
            _refuse_number(raw, name)
    return typed


def _refuse_no_rows(rows: int, path: Path) -> None:
    if not rows:
        raise UnreadableFileError.because(
            N_("%(path)s has a header but no rows."),
            N_("Expected one row per customer."),
            path=str(path),
        )


def _refuse_number(raw: pl.LazyFrame, name: str) -> None:
    """Name the first line whose value is no number."""
    present, _ = _trimmed(name)
    first = (
        raw.select(
            row=pl.int_range(pl.len(), dtype=pl.Int64), value=present, wrong=_parsed(name)[1]
        )
        .filter("wrong")
        .head(1)
        .collect()
    )
    raise UnreadableFileError.because(
        N_("Column %(name)r should hold numbers; line %(line)s holds %(value)r."),
        N_("Write numbers like 1234.50, without currency signs or thousands separators."),
        name=name,
        line=first.item(0, "row") + 2,
        value=first.item(0, "value"),
    )


def _refuse_short_rows(path: Path, start: bytes, fields: int) -> None:
    """Name the first line with fewer fields than the header. Polars fills such rows up with nulls.

    Separators are first counted line by line; only what looks short then is read with care, since
    a quoted field may hold line ends.
    """
    mark = _separator(path, start)
    lines = pl.scan_csv(
        path, separator="\x1f", quote_char=None, has_header=False, new_columns=["line"],
        infer_schema=False, encoding="utf8", truncate_ragged_lines=True,
    ).select(pl.col("line").str.strip_chars("\r"))  # fmt: skip
    bare = pl.col("line").str.replace_all('"[^"]*"', "")
    few = bare.str.count_matches(mark, literal=True) < fields - 1
    short = few | bare.str.contains('"', literal=True)  # such a field goes on in the next line
    if not lines.select((short & (pl.col("line") != "")).any()).collect(engine="streaming").item():
        return
    packed = start[:2] == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""), delimiter=mark)
        for row in rows:
            if row and len(row) < fields:
                raise UnreadableFileError.because(
                    N_(
                        "Line %(line)s has fewer fields than the header: %(count)s, not %(fields)s."
                    ),
                    N_("Complete the line; a field without a value still has its separator."),
                    line=rows.line_num,
                    count=len(row),
                    fields=fields,
                )


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _scan(path: Path, start: bytes) -> pl.LazyFrame:
    if start == b"PAR1":
        return pl.scan_parquet(path)
    return pl.scan_csv(path, separator=_separator(path, start), infer_schema=False, encoding="utf8")


def _separator(path: Path, start: bytes) -> str:
    with path.open("rb") as file:
        packed = start[:2] == b"\x1f\x8b"
        header = (gzip.GzipFile(fileobj=file) if packed else file).readline(1 << 20)
    if header[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableFileError.because(
            N_("%(path)s is saved as UTF-16; expected UTF-8."),
            N_("Save it again as CSV UTF-8."),
            path=str(path),
        )
    if b"\x00" in header:
        raise UnreadableFileError.because(
            N_("%(path)s is a binary file; expected CSV or Parquet."),
            N_("Export it as CSV with a header line, or as Parquet."),
            path=str(path),
        )
    counts = {mark: header.count(mark.encode()) for mark in (",", ";", "\t")}
    return max(counts, key=lambda mark: counts[mark])


def _refuse_unknown(names: Sequence[str], wanted: Sequence[str], path: Path) -> None:
    for name in wanted:
        if name not in names:
            raise UnreadableFileError.because(
                N_("%(path)s has no column %(name)r. It has: %(names)s."),
                N_("Name one of these columns."),
                path=str(path),
                name=name,
                names=", ".join(list(names)[:40]),
            )
        if f"{name}_duplicated_0" in names:  # so Polars calls the second column of a name
            raise UnreadableFileError.because(
                N_("%(path)s has two columns named %(name)r."),
                N_("Give each column its own name."),
                path=str(path),
                name=name,
            )


def _as_text(name: str) -> pl.Expr:
    column = pl.col(name).cast(pl.String)
    return pl.when(column != "").then(column).alias(name)


def _as_number(name: str, kind: pl.DataType, path: Path) -> pl.Expr:
    if kind.is_integer() or kind == pl.Boolean:
        return pl.col(name)
    if kind.is_numeric():
        return pl.col(name).cast(pl.Float64).fill_nan(None)
    if kind == pl.String:
        return _parsed(name)[0].alias(name)
    raise UnreadableFileError.because(
        N_("Column %(name)r of %(path)s holds %(kind)s, not numbers."),
        N_("Name a column of numbers."),
        name=name,
        path=str(path),
        kind=str(kind),
    )


def present_text(column: pl.Series) -> pl.Series:
    """A column of text or categories without blanks around it, null where it says nothing."""
    text, present = _trimmed(column.name)
    plain = column.cast(pl.String).to_frame()
    return plain.select(pl.when(present).then(text).alias(column.name)).to_series()


def parsed_text(column: pl.Series) -> pl.Series:
    """A column of text as numbers, by the rules of every column of numbers; else null."""
    value, wrong = _parsed(column.name)
    return column.to_frame().select(pl.when(~wrong).then(value).alias(column.name)).to_series()


def _trimmed(name: str) -> tuple[pl.Expr, pl.Expr]:
    """A text column without blanks around it, and where it says something."""
    trimmed = pl.col(name).str.strip_chars()
    return trimmed, trimmed.is_not_null() & ~trimmed.is_in(_MISSING)


def _plain(name: str) -> tuple[pl.Expr, pl.Expr]:
    """As `_parsed`, for numbers without blanks or words; whatever else there is counts as wrong."""
    column = pl.col(name)
    value = column.cast(pl.Float64, strict=False)
    odd = column.is_not_null() & ~value.is_finite().fill_null(value=False)
    return pl.when(value.is_finite()).then(value), odd & ~column.is_in(_MISSING)


def _parsed(name: str) -> tuple[pl.Expr, pl.Expr]:
    """A text column as numbers, and where it holds what is none."""
    trimmed, present = _trimmed(name)
    words = {"true": "1", "false": "0"}
    numbers = trimmed.str.to_lowercase().replace(words).cast(pl.Float64, strict=False)
    value = pl.when(present).then(numbers)
    return value, present & ~value.is_finite().fill_null(value=False)
