"""The page on which the meaning of a file's columns is confirmed: its values and its form."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from flask_babel import gettext, lazy_gettext

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import Look, OrderField, ReadingOptions
from regulars_platform.intake.presets import is_personal
from regulars_platform.intake.status import KNOWN, KNOWN_OF_REFUNDS, plain_word
from regulars_platform.words import N_, Sentence
from regulars_web.formats import sentence
from regulars_web.pages.data.file_kind import (
    FileKind,
    build_file_kind,
    parse_leave_out,
    parse_part,
)
from regulars_web.pages.data.words import FIELDS, REASONS, statuses_for

SAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChoice:
    """One column of the file: what it holds, and what it is taken for ("" : not used).

    personal: about the person, not the purchase; not read unless somebody chooses it.
    """

    index: int
    heading: str
    samples: tuple[str, ...]
    chosen: str
    reason: str
    error: str
    personal: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WordChoice:
    """One word of the status column that is not known, and what it was placed as ("": not yet)."""

    index: int
    word: str
    count: int
    placed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MappingPage:
    """The context of data/columns.html."""

    import_: OrderImport
    look: Look
    columns: tuple[ColumnChoice, ...]
    words: tuple[WordChoice, ...]
    date_order: str
    decimal: str
    problems: tuple[str, ...]
    kind: FileKind
    statuses: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class MappingInput:
    """What a person sent: field of each column (by index), and the options."""

    fields: Mapping[int, str]
    options: ReadingOptions

    def build_mapping(self, headings: tuple[str, ...]) -> dict[OrderField, str]:
        """Field -> heading. Raises InvalidInputError when two columns mean the same."""
        mapping: dict[OrderField, str] = {}
        for index, name in sorted(self.fields.items()):
            if name not in list(OrderField) or not 0 <= index < len(headings):
                continue
            field = OrderField(name)
            if field in mapping:
                raise InvalidInputError([_taken_twice(field, mapping[field], headings[index])])
            mapping[field] = headings[index]
        return mapping


def _taken_twice(field: OrderField, first: str, second: str) -> RegularsError:
    return RegularsError(
        Sentence(
            N_("Both “%(first)s” and “%(second)s” are taken for: %(field)s. Choose one."),
            {"first": first, "second": second, "field": str(FIELDS[field])},
        ),
        field=str(field),
    )


def parse_mapping_input(form: Mapping[str, str]) -> MappingInput:
    """Read the form of data/columns.html."""
    fields = {
        int(name.removeprefix("column-")): value
        for name, value in form.items()
        if name.startswith("column-") and name.removeprefix("column-").isdigit()
    }
    date_order, decimal = form.get("date_order"), form.get("decimal")
    return MappingInput(
        fields=fields,
        options=ReadingOptions(
            date_order="day_first"
            if date_order == "day_first"
            else "month_first"
            if date_order == "month_first"
            else None,
            decimal="point" if decimal == "point" else "comma" if decimal == "comma" else None,
            status_words=parse_placed_words(form),
            part=parse_part(form),
            leave_out=parse_leave_out(form),
        ),
    )


def parse_placed_words(form: Mapping[str, str]) -> dict[str, str]:
    """Status words (`word-N`) and what they were placed as (`place-N`); unplaced ones left out."""
    placed = {}
    for name, word in form.items():
        status = form.get("place-" + name.removeprefix("word-"), "")
        if name.startswith("word-") and status:
            placed[word] = status
    return placed


def build_mapping_page(
    import_: OrderImport,
    look: Look,
    given: MappingInput | None,
    error: RegularsError | None,
) -> MappingPage:
    """The page as proposed (given None), as confirmed before, or as sent with what was wrong."""
    chosen = _chosen_fields(import_, look, given)
    options = given.options if given else import_.options if import_.mapping else look.options
    problems = _problems(error)
    reasons = {proposal.heading: proposal.reason for proposal in look.proposals}
    shown_reason = given is None and import_.mapping is None
    columns = tuple(
        ColumnChoice(
            index=index,
            heading=heading,
            samples=_samples(look, index),
            chosen=chosen.get(index, ""),
            reason=str(REASONS[reasons[heading]]) if shown_reason and heading in reasons else "",
            error=_error_of(chosen.get(index, ""), problems),
            personal=not chosen.get(index) and is_personal(heading),
        )
        for index, heading in enumerate(look.form.headings)
    )
    return MappingPage(
        import_=import_,
        look=look,
        columns=columns,
        words=_word_choices(look, options),
        date_order=options.date_order or "",
        decimal=options.decimal or "",
        problems=tuple(
            " ".join(filter(None, (sentence(p.problem), sentence(p.hint)))) for p in problems
        ),
        kind=build_file_kind(look, options),
        statuses=statuses_for(chosen.values()),
    )


def _chosen_fields(
    import_: OrderImport, look: Look, given: MappingInput | None
) -> Mapping[int, str]:
    if given is not None:
        return given.fields
    mapping = import_.mapping or look.mapping()
    places = {heading: index for index, heading in enumerate(look.form.headings)}
    return {places[h]: str(field) for field, h in mapping.items() if h in places}


def _problems(error: RegularsError | None) -> list[RegularsError]:
    if error is None:
        return []
    return error.problems if isinstance(error, InvalidInputError) else [error]


def _error_of(field: str, problems: list[RegularsError]) -> str:
    said = [sentence(problem.problem) for problem in problems if field and problem.field == field]
    return " ".join(said)


def _samples(look: Look, index: int) -> tuple[str, ...]:
    """The first different values that are not blank."""
    cells = (row[index].strip() for row in look.first_rows if index < len(row))
    return tuple(list(dict.fromkeys(cell for cell in cells if cell))[:SAMPLES])


def _word_choices(look: Look, options: ReadingOptions) -> tuple[WordChoice, ...]:
    """Words of the status column that neither we nor the shop know yet, and placed ones."""
    known = {**KNOWN, **KNOWN_OF_REFUNDS}
    words = list(look.status_words)
    plain = pl.Series("word", words, dtype=pl.String).to_frame().select(plain_word(pl.col("word")))
    unknown = [word for word, key in zip(words, plain["word"], strict=True) if key not in known]
    return tuple(
        WordChoice(
            index=index,
            word=word,
            count=look.status_words[word],
            placed=options.status_words.get(word, ""),
        )
        for index, word in enumerate(unknown)
    )


ENCODINGS = {
    "gb18030": lazy_gettext("Simplified Chinese (GBK, GB18030)"),
    "big5hkscs": lazy_gettext("Traditional Chinese (Big5)"),
    "cp1252": lazy_gettext("Western European (Windows-1252)"),
}


def encoding_choices(import_: OrderImport) -> tuple[tuple[str, str, str], ...]:
    """Encoding, its name and how the file begins in it, where a person has to say which it is."""
    said = {} if import_.problem is None else import_.problem.parameters
    return tuple(
        (encoding, str(name), str(said[f"reading_{encoding}"]))
        for encoding, name in ENCODINGS.items()
        if f"reading_{encoding}" in said
    )


def _sheet(look: Look) -> dict[str, str]:
    return {"kind": look.form.kind, "sheet": look.form.sheet}


def describe_form(look: Look) -> str:
    """How the file is written, in a line: "CSV, UTF-8, comma, about 525,461 lines"."""
    form = look.form
    if form.kind == "parquet":
        return "Parquet"
    if form.kind in ("xlsx", "xls"):
        return str(gettext("Excel workbook (.%(kind)s), sheet “%(sheet)s”", **_sheet(look)))
    marks = {",": gettext("comma"), ";": gettext("semicolon"), "\t": gettext("tab")}
    parts = ["CSV", form.encoding.upper(), marks.get(form.delimiter, form.delimiter)]
    return ", ".join([*parts, "gzip"] if form.compressed else parts)
