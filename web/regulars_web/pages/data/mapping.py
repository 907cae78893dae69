"""The page on which the meaning of a file's columns is confirmed: its values and its form."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from flask_babel import gettext

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import Look, OrderField, ReadingOptions
from regulars_platform.intake.presets import is_personal
from regulars_platform.intake.status import KNOWN, KNOWN_OF_REFUNDS, plain_word
from regulars_platform.words import N_, Sentence
from regulars_web.pages.data.file_kind import (
    FileKind,
    build_file_kind,
    parse_leave_out,
    parse_part,
)
from regulars_web.pages.data.reading import (
    first_values,
    parse_columns,
    parse_date_order,
    parse_decimal,
    said_of,
)
from regulars_web.problems import each_problem, problem_text
from regulars_web.words.imports import FIELDS, GROUPS, REASONS, statuses_for


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChoice:
    """One column of a file: what it holds, what it is taken for ("": not used), and a remark."""

    index: int
    heading: str
    samples: tuple[str, ...]
    chosen: str
    remark: str
    error: str


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
    groups: list[tuple[str, list[tuple[str, str]]]]
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
    return MappingInput(
        fields=parse_columns(form),
        options=ReadingOptions(
            date_order=parse_date_order(form),
            decimal=parse_decimal(form),
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
    problems = [] if error is None else each_problem(error)
    proposed = look.proposals if given is None and import_.mapping is None else ()
    reasons = {proposal.heading: str(REASONS[proposal.reason]) for proposal in proposed}
    columns = tuple(
        ColumnChoice(
            index=index,
            heading=heading,
            samples=first_values(look.first_rows, index),
            chosen=chosen.get(index, ""),
            remark=_remark(heading, chosen.get(index, ""), reasons),
            error=said_of(chosen.get(index, ""), problems),
        )
        for index, heading in enumerate(look.form.headings)
    )
    return MappingPage(
        import_=import_,
        look=look,
        columns=columns,
        groups=[
            (str(group), [(str(field), str(FIELDS[field])) for field in members])
            for group, members in GROUPS
        ],
        words=_word_choices(look, options),
        date_order=options.date_order or "",
        decimal=options.decimal or "",
        problems=tuple(map(problem_text, problems)),
        kind=build_file_kind(look, options),
        statuses=statuses_for(chosen.values()),
    )


def _remark(heading: str, chosen: str, reasons: Mapping[str, str]) -> str:
    """How a column was recognised, or that it is about the person, not the purchase."""
    if chosen and heading in reasons:
        return str(gettext("recognised %(how)s", how=reasons[heading]))
    if not chosen and is_personal(heading):
        return str(gettext("personal: left out of the analysis"))
    return ""


def _chosen_fields(
    import_: OrderImport, look: Look, given: MappingInput | None
) -> Mapping[int, str]:
    if given is not None:
        return given.fields
    mapping = import_.mapping or look.mapping()
    places = {heading: index for index, heading in enumerate(look.form.headings)}
    return {places[h]: str(field) for field, h in mapping.items() if h in places}


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
