"""The values of another file on its way into the shop: its form, its columns, what became of it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NewType

from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.intake.models import FileForm, ImportState
from regulars_platform.words import Sentence

DatasetImportId = NewType("DatasetImportId", int)

ATTRIBUTE = "attribute"
"""What a column of a customers' file is taken for that has no field of ours: an attribute under
its own heading."""

MOST_ATTRIBUTES = 200
"""So many columns of one file may become attributes."""

FIGURE, INDUSTRY = "figure:", "industry:"
"""Before the name of a figure: what a column of daily figures is taken for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ByHand:
    """What was typed in without a file. what: cells of records, or a tag that customers are given
    or that is taken away from them. undoes: the earlier typing that it takes back, if any."""

    what: Literal["cells", "tag", "untag"]
    tag: str | None = None
    undoes: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetOptions:
    """What a person decided about a file beyond its columns.

    as_of: the day on which ages held. keep_contacts: names, e-mail addresses and phone numbers are
    kept, to reach people by. scope: whose daily figures these are. event_kind, channel: of all
    rows, where no column says it. encoding: of a text that reads in several. by_hand: where there
    is no file.
    """

    date_order: Literal["day_first", "month_first"] | None = None
    decimal: Literal["point", "comma"] | None = None
    as_of: dt.date | None = None
    keep_contacts: bool = False
    scope: Literal["shop", "industry"] = "shop"
    event_kind: str | None = None
    channel: str | None = None
    encoding: str | None = None
    by_hand: ByHand | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which they are stored."""
        stored = {name: getattr(self, name) for name in self.__dataclass_fields__}
        stored["by_hand"] = None if self.by_hand is None else self.by_hand.as_json()
        return {**stored, "as_of": self.as_of.isoformat() if self.as_of else None}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> "DatasetOptions":
        """The inverse of `as_json`; nothing stored means no decision."""
        if not stored:
            return cls()
        day, typed = stored.get("as_of"), stored.get("by_hand")
        known = {
            "as_of": dt.date.fromisoformat(day) if day else None,
            "by_hand": ByHand(**typed) if typed else None,
        }
        return cls(**{**stored, **known})


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetLook:
    """What one sees of a file before anything is read into the shop.

    kind: recognised or said by a person; None: neither. first_rows: up to 20 records. proposals:
    heading -> what it is taken for (columns that are left out are missing). matches: heading of a
    column that may tell customers (or products) apart -> share of its first values that the shop's
    orders know. remembered: the shop confirmed the columns of such a file before.
    """

    form: FileForm
    kind: Kind | None
    first_rows: tuple[tuple[str, ...], ...]
    proposals: Mapping[str, str]
    matches: Mapping[str, float]
    remembered: bool
    options: DatasetOptions

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {
            "form": self.form.as_json(),
            "kind": self.kind,
            "first_rows": [list(row) for row in self.first_rows],
            "proposals": dict(self.proposals),
            "matches": dict(self.matches),
            "remembered": self.remembered,
            "options": self.options.as_json(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "DatasetLook":
        """The inverse of `as_json`."""
        return cls(
            form=FileForm.from_json(stored["form"]),
            kind=read_kind(stored["kind"]),
            first_rows=tuple(tuple(row) for row in stored["first_rows"]),
            proposals=stored["proposals"],
            matches=stored["matches"],
            remembered=stored["remembered"],
            options=DatasetOptions.from_json(stored["options"]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Cells of one column that were not taken over, while their rows were. example: one of them."""

    heading: str
    problem: str
    count: int
    example: str

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetTallies:
    """What becomes (or became) of the lines of a file.

    read = new + changed + repeated + rejected (`adds_up`). again: those of the repeated whose key
    comes again further down in the file, which then counts. records: what the lines come to in the
    table. opted_out: customers who want no contact, by this file; suppressed: those of them who
    were put on the list only now (after storing). known: records of customers (products) whom the
    shop's orders know. reasons: code -> rejected lines. first_day, last_day: of what has a day.
    not_kept: name, email, phone -> lines that have one, where nobody asked to keep them.
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    repeated: int = 0
    again: int = 0
    rejected: int = 0
    records: int = 0
    opted_out: int = 0
    suppressed: int = 0
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    reasons: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[Sentence, ...] = ()
    not_kept: Mapping[str, int] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """Lines that change what is stored."""
        return self.new + self.changed

    @property
    def adds_up(self) -> bool:
        """Whether every line read was accounted for."""
        return self.read == self.new + self.changed + self.repeated + self.rejected

    def with_suppressed(self, count: int) -> "DatasetTallies":
        """The same once the list of who wants no contact was written."""
        return replace(self, suppressed=count)

    def as_json(self) -> dict[str, Any]:
        """The form in which they are stored."""
        stored = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            **stored,
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "reasons": dict(self.reasons),
            "left_out": [item.as_json() for item in self.left_out],
            "notes": [note.as_json() for note in self.notes],
            "not_kept": dict(self.not_kept),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "DatasetTallies":
        """The inverse of `as_json`."""
        first, last = stored["first_day"], stored["last_day"]
        return cls(
            **{
                **stored,
                "first_day": dt.date.fromisoformat(first) if first else None,
                "last_day": dt.date.fromisoformat(last) if last else None,
                "left_out": tuple(LeftOut(**item) for item in stored["left_out"]),
                "notes": tuple(Sentence.from_json(note) for note in stored["notes"]),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetImport:
    """One uploaded file of another kind than orders, and how far it is."""

    id: DatasetImportId
    shop_id: int
    user_id: int | None
    filename: str
    size: int
    sha256: str
    state: ImportState
    kind: Kind | None
    received_at: dt.datetime
    stored_at: dt.datetime | None
    look: DatasetLook | None
    mapping: Mapping[str, str] | None
    options: DatasetOptions
    tallies: DatasetTallies | None
    table_version: int | None
    problem: Sentence | None
    hint: Sentence | None


def read_kind(word: object) -> Kind | None:
    """The kind of this name; None where there is none."""
    return next((kind for kind in KINDS if kind == word), None)
