"""What was learnt, as frozen values."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars_platform.memory.families import Family


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """The part of a learning that is reckoned with.

    cell: of whom and of which offers it speaks, (segment_key, key of the family). net, error and
    level in currency units per unit. n: units told.
    """

    campaign_id: int
    report_id: int
    cell: tuple[str, str]
    ends_on: dt.date
    n: int
    net: float
    error: float
    level: float

    def pinned(self) -> dict[str, Any]:
        """As a report names what it remembered: JSON without floats. `unpinned` reads it."""
        return {
            "campaign": self.campaign_id,
            "report": self.report_id,
            "segment_key": self.cell[0],
            "family": self.cell[1],
            "ends_on": self.ends_on.isoformat(),
            "n": self.n,
            "net": repr(self.net),
            "error": repr(self.error),
            "level": repr(self.level),
        }


def unpinned(written: Mapping[str, Any]) -> Lesson:
    """The lesson that a report remembered."""
    return Lesson(
        campaign_id=written["campaign"],
        report_id=written["report"],
        cell=(written["segment_key"], written["family"]),
        ends_on=dt.date.fromisoformat(written["ends_on"]),
        n=written["n"],
        net=float(written["net"]),
        error=float(written["error"]),
        level=float(written["level"]),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """What one campaign taught of one arm in one segment, from its latest report.

    segment: its name in that plan, None for everybody; segment_key: of its rule (see `people`);
    people: that rule. offer: its canonical JSON. starts_on, ends_on: the outcome window. state: of
    the report, "provisional" until returns have settled, then "closed". Money in currency units per
    unit drawn: net, its standard error for weighing campaigns against each other, and its
    interval low to high; level: margin of the held-out. n, n_control: units told and held out.
    """

    campaign_id: int
    report_id: int
    campaign: str
    arm: str
    segment: str | None
    segment_key: str
    people: dict[str, Any]
    family: Family
    offer: dict[str, Any]
    starts_on: dt.date
    ends_on: dt.date
    state: str
    n: int
    n_control: int
    level: float
    net: float
    error: float
    low: float
    high: float

    @property
    def lesson(self) -> Lesson:
        """What of it is reckoned with."""
        return Lesson(
            campaign_id=self.campaign_id,
            report_id=self.report_id,
            cell=(self.segment_key, self.family.key),
            ends_on=self.ends_on,
            n=self.n,
            net=self.net,
            error=self.error,
            level=self.level,
        )
