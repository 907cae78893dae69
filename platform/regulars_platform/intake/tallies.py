"""What became of every line of a file, in lines and in money, and that it adds up."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from regulars_platform.intake.models import OverlapChoice
from regulars_platform.words import Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Part of a file. lines: records; money: sum of readable amounts, ten-thousandths."""

    lines: int = 0
    money: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(lines=self.lines + other.lines, money=self.money + other.money)

    def __sub__(self, other: "Share") -> "Share":
        return Share(lines=self.lines - other.lines, money=self.money - other.money)

    def as_json(self) -> dict[str, int]:
        """The form in which it is stored."""
        return {"lines": self.lines, "money": self.money}


@dataclass(frozen=True, kw_only=True, slots=True)
class OverlapExample:
    """One line of this file that an earlier file holds under another order number."""

    order_id: str
    stored_order_id: str
    customer_id: str | None
    ordered_at: dt.datetime
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Lines that an earlier file seems to hold under other order numbers."""

    share: Share
    first_at: dt.datetime
    last_at: dt.datetime
    examples: tuple[OverlapExample, ...]

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {
            "share": self.share.as_json(),
            "first_at": self.first_at.isoformat(),
            "last_at": self.last_at.isoformat(),
            "examples": [
                {
                    "order_id": example.order_id,
                    "stored_order_id": example.stored_order_id,
                    "customer_id": example.customer_id,
                    "ordered_at": example.ordered_at.isoformat(),
                    "amount": example.amount,
                }
                for example in self.examples
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Overlap":
        """The inverse of `as_json`."""
        return cls(
            share=Share(**stored["share"]),
            first_at=dt.datetime.fromisoformat(stored["first_at"]),
            last_at=dt.datetime.fromisoformat(stored["last_at"]),
            examples=tuple(
                OverlapExample(
                    **{**example, "ordered_at": dt.datetime.fromisoformat(example["ordered_at"])}
                )
                for example in stored["examples"]
            ),
        )


_SHARES = ("read", "stored", "corrected", "repeated", "overlapping", "rejected", "left_out")
_PLAIN = (
    "unreadable_amounts",
    "unattributed",
    "masked",
    "orders",
    "customers",
    "part",
    "waiting_lines",
    "waiting_orders",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tallies:
    """What becomes (or became) of the lines of a file.

    read = stored + repeated + rejected + left_out, in lines and in money (`adds_up`).
    stored: new lines and corrected ones (`corrected` is the part of them that replaces a stored
    line). repeated: already there; `overlapping` is the part of them left out because an earlier
    file holds them under other order numbers. rejected: `unreadable_amounts` of them have no
    readable amount and bring no money into the sums. overlap: pointed out; while nobody has
    chosen, its lines are among the stored ones. unattributed: stored or repeated lines without a
    customer, `masked` of them because the value was masked. reasons: code -> rejected lines.
    unknown_status_words: word -> lines; nothing can be stored while there are any.
    orders, customers: distinct ones among the lines that are neither rejected nor left out, and
    first_at and last_at their times. left_out: of orders that the seller's own remark keeps out.
    part: what the rows are (models.FilePart); waiting_lines, waiting_orders: of them, those
    whose order no file of orders has brought yet.
    """

    read: Share
    stored: Share
    corrected: Share
    repeated: Share
    overlapping: Share
    rejected: Share
    unreadable_amounts: int
    unattributed: int
    masked: int
    orders: int
    customers: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    reasons: Mapping[str, int]
    unknown_status_words: Mapping[str, int]
    overlap: Overlap | None
    notes: tuple[Sentence, ...]
    left_out: Share = Share()
    part: str = "order"
    waiting_lines: int = 0
    waiting_orders: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every line read was accounted for, in count and in money."""
        return self.read == self.stored + self.repeated + self.rejected + self.left_out

    def after_choice(self, choice: OverlapChoice | None) -> "Tallies":
        """The tallies once the overlapping lines are left out (or stored all the same)."""
        if self.overlap is None or choice is not OverlapChoice.LEAVE_OUT:
            return self
        return replace(
            self,
            stored=self.stored - self.overlap.share,
            repeated=self.repeated + self.overlap.share,
            overlapping=self.overlap.share,
        )

    def as_json(self) -> dict[str, Any]:
        """The form in which they are stored."""
        return {
            **{name: getattr(self, name).as_json() for name in _SHARES},
            **{name: getattr(self, name) for name in _PLAIN},
            "first_at": None if self.first_at is None else self.first_at.isoformat(),
            "last_at": None if self.last_at is None else self.last_at.isoformat(),
            "reasons": dict(self.reasons),
            "unknown_status_words": dict(self.unknown_status_words),
            "overlap": None if self.overlap is None else self.overlap.as_json(),
            "notes": [note.as_json() for note in self.notes],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Tallies":
        """The inverse of `as_json`."""
        moments = ("first_at", "last_at")
        return cls(
            **{
                **stored,
                **{name: Share(**stored[name]) for name in _SHARES if name in stored},
                **{
                    name: dt.datetime.fromisoformat(stored[name]) if stored[name] else None
                    for name in moments
                },
                "overlap": Overlap.from_json(stored["overlap"]) if stored["overlap"] else None,
                "notes": tuple(Sentence.from_json(note) for note in stored["notes"]),
            }
        )
