"""Customer ids that people bring: pasted text, one in each line, or a CSV file with headings."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regulars_platform.errors import RegularsError
from regulars_platform.intake.keys import clean_customer_id
from regulars_platform.words import N_, Sentence

ID_HEADINGS = frozenset(
    (
        *("customer_id", "customer id", "customerid", "customer", "id"),
        *("客户", "客户id", "客戶", "客戶id", "会员名", "會員名", "买家会员名", "買家會員名"),
    )
)
NOTE_HEADINGS = frozenset(("reason", "note", "error", "原因", "备注", "備註"))
MAX_ID = 500
MAX_NOTE = 200
MAX_LINE = 10_000

_WANTED = Sentence(
    N_("Give one customer id in each line, or a CSV file with a column customer_id.")
)


@dataclass(frozen=True, slots=True)
class GivenId:
    """A customer id and, where there is a column of reasons, what is said about it."""

    customer_id: str
    note: str


class IdListError(RegularsError):
    """The text or file is not a list of customer ids."""

    @classmethod
    def at(cls, template: str, line: int, **parameters: object) -> "IdListError":
        """For a line that cannot be read; the template may name %(line)s and the parameters."""
        return cls(Sentence(template, {"line": line, **parameters}), _WANTED)


def read_ids(lines: Iterable[str]) -> Iterator[GivenId]:
    """Ids out of lines of text, read one by one.

    Where the first line has a heading for ids, it says which columns hold ids and reasons, and how
    cells are parted (comma, semicolon or tab) in all lines. Without headings each line is one id: a
    line of several cells is refused, as nobody could tell ids from reasons. Blank lines are passed
    over; ids are spelt as order files store them (see `clean_customer_id`). Raises IdListError.
    """
    columns: tuple[int, int | None] | None = None
    separator: str | None = None
    width = 0
    first = True
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n").lstrip("\ufeff")
        if not text.strip():
            continue
        if "\x00" in text or len(text) > MAX_LINE:
            raise IdListError.at(N_("Line %(line)s is no text."), number)
        cells = _cells(text, separator or _separator(text))
        if first:
            first = False
            columns = _columns(cells)
            if columns is not None:
                separator, width = _separator(text), len(cells)
                continue
        if columns is not None and any(cell.strip() for cell in cells[width:]):
            raise IdListError.at(
                N_("Line %(line)s has %(found)s cells, the line of headings has %(width)s."),
                number,
                found=len(cells),
                width=width,
            )
        if columns is None and sum(bool(cell.strip()) for cell in cells) > 1:
            raise IdListError.at(
                N_("Line %(line)s has %(found)s cells, and no heading says which is the id."),
                number,
                found=len(cells),
            )
        given = _given(cells, columns or (0, None), number)
        if given is not None:
            yield given


def _given(cells: list[str], columns: tuple[int, int | None], number: int) -> GivenId | None:
    place, note_place = columns
    name = clean_customer_id(cells[place]) if place < len(cells) else ""
    if not name:
        return None
    if len(name) > MAX_ID:
        raise IdListError.at(
            N_("The id in line %(line)s has more than %(limit)s characters."), number, limit=MAX_ID
        )
    note = cells[note_place].strip() if note_place is not None and note_place < len(cells) else ""
    return GivenId(name, note[:MAX_NOTE])


def _columns(cells: list[str]) -> tuple[int, int | None] | None:
    """Places of the ids and of the reasons, if these cells are headings."""
    names = [cell.strip().casefold() for cell in cells]
    ids = [place for place, name in enumerate(names) if name in ID_HEADINGS]
    notes = [place for place, name in enumerate(names) if name in NOTE_HEADINGS]
    return (ids[0], notes[0] if notes else None) if ids else None


def _separator(text: str) -> str:
    return next((sign for sign in ("\t", ";", ",") if sign in text), ",")


def _cells(text: str, separator: str) -> list[str]:
    return next(csv.reader([text], delimiter=separator), [""])
