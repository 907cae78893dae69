"""Read the columns of a randomised file that are needed, as text or numbers, with clear refusals.

CSV (comma, semicolon or tab; plain or gzip; UTF-8) and Parquet. Only the named columns are kept.
"""

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from regulars_platform.errors import RegularsError
from regulars_platform.words import N_, Sentence

_MISSING = ("", "NA", "NaN", "nan", "null", "NULL", "None")


class UnreadableFileError(RegularsError):
    """The file is not one that can be evaluated."""

    @classmethod
    def because(
        cls, template: str, hint: str | None = None, /, **facts: object
    ) -> "UnreadableFileError":
        """The sentence with its facts, and what to do."""
        return cls(Sentence(template, dict(facts)), Sentence(hint, dict(facts)) if hint else None)


def read_columns(path: Path, *, text: Sequence[str], numbers: Sequence[str]) -> pl.DataFrame:
    """The named columns of a file: `text` as String, `numbers` as numbers (nulls kept).

    Raises UnreadableFileError with what was expected, what came and what to do.
    """
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
    wanted = list(dict.fromkeys([*text, *numbers]))
    try:
        frame = _scan(path)
        _refuse_unknown(frame.collect_schema().names(), wanted, path)
        raw = frame.select(wanted).collect()
    except (pl.exceptions.PolarsError, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise UnreadableFileError.because(
            N_("%(path)s cannot be read as CSV (UTF-8) or Parquet: %(error)s"),
            N_("Export it as CSV with a header line, or as Parquet."),
            path=str(path),
            error=(str(error).splitlines() or [type(error).__name__])[0],
        ) from error
    if raw.is_empty():
        raise UnreadableFileError.because(
            N_("%(path)s has a header but no rows."),
            N_("Expected one row per customer."),
            path=str(path),
        )
    return raw.with_columns(
        *(_as_text(raw, name) for name in text if name not in numbers),
        *(_as_number(raw, name, path) for name in dict.fromkeys(numbers)),
    )


def _scan(path: Path) -> pl.LazyFrame:
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return pl.scan_parquet(path)
    return pl.scan_csv(path, separator=_separator(path, start), infer_schema=False, encoding="utf8")


def _separator(path: Path, start: bytes) -> str:
    with path.open("rb") as file:
        packed = start[:2] == b"\x1f\x8b"
        header = (gzip.GzipFile(fileobj=file) if packed else file).readline(1 << 20)
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


def _as_text(raw: pl.DataFrame, name: str) -> pl.Series:
    column = raw.get_column(name).cast(pl.String)
    return column.set(column == "", None)


def _as_number(raw: pl.DataFrame, name: str, path: Path) -> pl.Series:
    column = raw.get_column(name)
    if column.dtype.is_integer() or column.dtype == pl.Boolean:
        return column
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_nan(None)
    if column.dtype != pl.String:
        raise UnreadableFileError.because(
            N_("Column %(name)r of %(path)s holds %(kind)s, not numbers."),
            N_("Name a column of numbers."),
            name=name,
            path=str(path),
            kind=str(column.dtype),
        )
    trimmed = column.str.strip_chars()
    present = trimmed.set(trimmed.is_in(_MISSING), None)
    words = {"true": "1", "false": "0"}
    numbers = present.str.to_lowercase().replace(words).cast(pl.Float64, strict=False)
    wrong = present.is_not_null() & (numbers.is_null() | ~numbers.is_finite())
    if wrong.any():
        row = int(wrong.arg_true()[0])
        raise UnreadableFileError.because(
            N_("Column %(name)r should hold numbers; line %(line)s holds %(value)r."),
            N_("Write numbers like 1234.50, without currency signs or thousands separators."),
            name=name,
            line=row + 2,
            value=present[row],
        )
    return numbers
