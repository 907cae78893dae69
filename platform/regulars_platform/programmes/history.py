"""What programmes have done so far: their days, and how many entered."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regulars_platform.delivery.outbox import state_counts
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeRunRow

MOST_RUNS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class RunLine:
    """One day that was run, see `running.DayRun`."""

    day: dt.date
    counts: Mapping[str, int]
    ran_at: dt.datetime


def list_runs(session: Session, programme_id: int, *, limit: int = MOST_RUNS) -> list[RunLine]:
    """The latest days of a programme, the latest first."""
    rows = session.scalars(
        select(ProgrammeRunRow)
        .where(ProgrammeRunRow.programme_id == programme_id)
        .order_by(ProgrammeRunRow.day.desc())
        .limit(limit)
    )
    return [RunLine(day=row.day, counts=dict(row.counts), ran_at=row.ran_at) for row in rows]


def entry_counts(session: Session, shop_id: int) -> dict[int, tuple[int, int]]:
    """Programme id -> (told, held back), of all its versions."""
    entry = ProgrammeEntryRow
    found = session.execute(
        select(entry.programme_id, entry.held_back, func.count())
        .where(entry.shop_id == shop_id)
        .group_by(entry.programme_id, entry.held_back)
    )
    counts: dict[int, tuple[int, int]] = {}
    for programme_id, held_back, number in found:
        told, held = counts.get(programme_id, (0, 0))
        counts[programme_id] = (told, held + number) if held_back else (told + number, held)
    return counts


def version_counts(session: Session, shop_id: int, version_id: int) -> tuple[int, int]:
    """(told, held back) of one version."""
    entry = ProgrammeEntryRow
    found = session.execute(
        select(entry.held_back, func.count())
        .where(entry.shop_id == shop_id, entry.version_id == version_id)
        .group_by(entry.held_back)
    )
    counts = {row[0]: row[1] for row in found}
    return counts.get(False, 0), counts.get(True, 0)


def contact_days(
    session: Session, programme_id: int, *, limit: int = 7
) -> list[tuple[dt.date, int]]:
    """(day of contact, how many are told), the latest first."""
    entry = ProgrammeEntryRow
    found = session.execute(
        select(entry.contact_on, func.count())
        .where(entry.programme_id == programme_id, entry.held_back.is_(False))
        .group_by(entry.contact_on)
        .order_by(entry.contact_on.desc())
        .limit(limit)
    )
    return [(day, number) for day, number in found]


def message_counts(session: Session, shop_id: int, programme_id: int) -> dict[str, int]:
    """State -> messages of the programme, as delivery keeps them; none: nothing was queued."""
    batches = state_counts(session, shop_id, source="programme", source_id=programme_id)
    total: Counter[str] = Counter()
    for counts in batches.values():
        total.update(counts)
    return dict(total)
