"""The page on which the columns of another file are confirmed: its values and its form."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.datasets.consents import unplaced_consents
from regulars_platform.datasets.errors import ColumnError
from regulars_platform.datasets.figures import is_per_item
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import DatasetImport, DatasetLook, DatasetOptions
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.intake.models import FileForm
from regulars_web.formats import percent, sentence
from regulars_web.pages.data.mapping import ENCODINGS
from regulars_web.pages.datasets.words import CHANNELS, EVENT_KINDS, KINDS, option_groups

SAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChoice:
    """One column of the file: what it holds, and what it is taken for ("": not used)."""

    index: int
    heading: str
    samples: tuple[str, ...]
    chosen: str
    remark: str
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnsPage:
    """The context of datasets/columns.html. given: the options as they stand; unplaced: headings
    that speak of consent and are not taken for one."""

    import_: DatasetImport
    look: DatasetLook
    kind: Kind
    title: str
    columns: tuple[ColumnChoice, ...]
    groups: list[tuple[str, list[tuple[str, str]]]]
    given: DatasetOptions
    as_of: str
    per_item: bool
    unplaced: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnsInput:
    """What a person sent: meaning of each column (by index), and the options."""

    targets: Mapping[int, str]
    options: DatasetOptions
    as_of: str

    def mapping(self, headings: tuple[str, ...]) -> dict[str, str]:
        """Heading -> meaning. Raises InvalidInputError where the day of the ages is none."""
        if self.as_of and self.options.as_of is None:
            raise InvalidInputError([ColumnError.bad_as_of()])
        return {
            headings[index]: target
            for index, target in sorted(self.targets.items())
            if target and index < len(headings)
        }


def parse_columns_input(form: Mapping[str, str], encoding: str | None) -> ColumnsInput:
    """Read the form of datasets/columns.html."""
    numbered = (
        (name.removeprefix("column-"), value)
        for name, value in form.items()
        if name.startswith("column-")
    )
    targets = {
        int(number): value
        for number, value in numbered
        if number.isascii() and number.isdecimal() and len(number) < 6
    }
    date_order, decimal = form.get("date_order"), form.get("decimal")
    as_of = form.get("as_of", "").strip()
    event_kind, channel = form.get("event_kind"), form.get("channel")
    return ColumnsInput(
        targets=targets,
        options=DatasetOptions(
            date_order="day_first"
            if date_order == "day_first"
            else "month_first"
            if date_order == "month_first"
            else None,
            decimal="point" if decimal == "point" else "comma" if decimal == "comma" else None,
            as_of=_day(as_of),
            keep_contacts=form.get("keep_contacts") == "yes",
            scope="industry" if form.get("scope") == "industry" else "shop",
            event_kind=event_kind if event_kind in EVENT_KINDS else None,
            channel=channel if channel in CHANNELS else None,
            encoding=encoding,
        ),
        as_of=as_of,
    )


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= 1970 else None


def build_columns_page(
    import_: DatasetImport,
    look: DatasetLook,
    kind: Kind,
    given: ColumnsInput | None,
    error: RegularsError | None,
) -> ColumnsPage:
    """The page as proposed (given None), as confirmed before, or as sent with what was wrong."""
    headings = look.form.headings
    if given is not None:
        chosen = dict(given.targets)
        options, as_of = given.options, given.as_of
    else:
        mapping = import_.mapping or look.proposals
        chosen = {i: mapping.get(heading, "") for i, heading in enumerate(headings)}
        options = import_.options if import_.mapping else look.options
        as_of = options.as_of.isoformat() if options.as_of else ""
    problems = _problems(error)
    return ColumnsPage(
        import_=import_,
        look=look,
        kind=kind,
        title=str(KINDS[kind]),
        columns=tuple(
            ColumnChoice(
                index=index,
                heading=heading,
                samples=_samples(look, index),
                chosen=chosen.get(index, ""),
                remark=_remark(look, heading),
                error=_error_of(chosen.get(index, ""), problems),
            )
            for index, heading in enumerate(headings)
        ),
        groups=option_groups(kind),
        given=options,
        as_of=as_of,
        per_item=kind == "shop_days" and is_per_item(headings),
        unplaced=unplaced_consents(
            kind,
            headings,
            {headings[i]: name for i, name in chosen.items() if name and i < len(headings)},
        ),
        problems=tuple(
            " ".join(filter(None, (sentence(p.problem), sentence(p.hint)))) for p in problems
        ),
    )


def _remark(look: DatasetLook, heading: str) -> str:
    """How well the shop's orders know the values of a column that may tell customers apart."""
    share = look.matches.get(heading)
    if not share:
        return ""
    return str(gettext("%(share)s of its first values are in your orders", share=percent(share, 0)))


def _problems(error: RegularsError | None) -> list[RegularsError]:
    if error is None:
        return []
    return list(error.problems) if isinstance(error, InvalidInputError) else [error]


def _error_of(target: str, problems: list[RegularsError]) -> str:
    said = [sentence(p.problem) for p in problems if target and p.field == target]
    return " ".join(said)


def _samples(look: DatasetLook, index: int) -> tuple[str, ...]:
    """The first different values that are not blank."""
    cells = (row[index].strip()[:60] for row in look.first_rows if index < len(row))
    return tuple(list(dict.fromkeys(cell for cell in cells if cell))[:SAMPLES])


def describe_form(form: FileForm) -> str:
    """How the file is written, in a line: "CSV, UTF-8, comma"."""
    if form.kind == "parquet":
        return "Parquet"
    if form.kind in ("xlsx", "xls"):
        return str(gettext("Excel workbook (.%(kind)s), sheet “%(sheet)s”", **_workbook(form)))
    marks = {",": gettext("comma"), ";": gettext("semicolon"), "\t": gettext("tab")}
    parts = ["CSV", form.encoding.upper(), marks.get(form.delimiter, form.delimiter)]
    return ", ".join([*parts, "gzip"] if form.compressed else parts)


def _workbook(form: FileForm) -> dict[str, str]:
    return {"kind": form.kind, "sheet": form.sheet}


def encoding_choices(import_: DatasetImport) -> tuple[tuple[str, str, str], ...]:
    """Encoding, its name and how the file begins in it, where a person has to say which it is."""
    said = {} if import_.problem is None else import_.problem.parameters
    return tuple(
        (encoding, str(name), str(said[f"reading_{encoding}"]))
        for encoding, name in ENCODINGS.items()
        if f"reading_{encoding}" in said
    )
