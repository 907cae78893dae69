"""How a file is read, as its column page asks and shows it: cells, dates, amounts, encoding."""

from collections.abc import Mapping
from typing import Literal

from flask_babel import gettext, lazy_gettext

from regulars_platform.errors import RegularsError
from regulars_platform.intake.models import FileForm
from regulars_platform.words import Sentence
from regulars_web.formats import blank, sentence

SAMPLES, LONGEST_SAMPLE = 3, 60

ENCODINGS = {
    "gb18030": lazy_gettext("Simplified Chinese (GBK, GB18030)"),
    "big5hkscs": lazy_gettext("Traditional Chinese (Big5)"),
    "cp1252": lazy_gettext("Western European (Windows-1252)"),
}


def parse_columns(form: Mapping[str, str]) -> dict[int, str]:
    """Meaning of each column, by its index (`column-N`)."""
    numbered = (
        (name.removeprefix("column-"), value)
        for name, value in form.items()
        if name.startswith("column-")
    )
    return {
        int(number): value
        for number, value in numbered
        if number.isascii() and number.isdecimal() and len(number) < 6
    }


def parse_date_order(form: Mapping[str, str]) -> Literal["day_first", "month_first"] | None:
    """What was said of dates that read both ways; None: the file decides."""
    match form.get("date_order"):
        case "day_first":
            return "day_first"
        case "month_first":
            return "month_first"
    return None


def parse_decimal(form: Mapping[str, str]) -> Literal["point", "comma"] | None:
    """What was said of the mark of decimals; None: the file decides."""
    match form.get("decimal"):
        case "point":
            return "point"
        case "comma":
            return "comma"
    return None


def first_values(rows: tuple[tuple[str, ...], ...], index: int) -> tuple[str, ...]:
    """The first different values of a column that are not blank."""
    cells = (row[index].strip()[:LONGEST_SAMPLE] for row in rows if index < len(row))
    return tuple(list(dict.fromkeys(cell for cell in cells if cell))[:SAMPLES])


def said_of(field: str, problems: list[RegularsError]) -> str:
    """What is wrong with one meaning; "" for a column that is not used."""
    return blank().join(sentence(p.problem) for p in problems if field and p.field == field)


def encoding_choices(problem: Sentence | None) -> tuple[tuple[str, str, str], ...]:
    """Encoding, its name and how the file begins in it, where a person has to say which it is."""
    said = {} if problem is None else problem.parameters
    return tuple(
        (encoding, str(name), str(said[f"reading_{encoding}"]))
        for encoding, name in ENCODINGS.items()
        if f"reading_{encoding}" in said
    )


def describe_form(form: FileForm) -> str:
    """How the file is written, in a line: "CSV, UTF-8, comma"."""
    if form.kind == "parquet":
        return "Parquet"
    if form.kind in ("xlsx", "xls"):
        written = {"kind": form.kind, "sheet": form.sheet}
        return str(gettext("Excel workbook (.%(kind)s), sheet “%(sheet)s”", **written))
    marks = {",": gettext("comma"), ";": gettext("semicolon"), "\t": gettext("tab")}
    parts = ["CSV", form.encoding.upper(), marks.get(form.delimiter, form.delimiter)]
    return ", ".join([*parts, "gzip"] if form.compressed else parts)
