"""When the first customers enter: the day after the start, so that its words can be looked at."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.programmes.errors import ProgrammeStateError
from regulars_platform.programmes.service import Programme, get_programme
from regulars_platform.programmes.tables import RUNNING, ProgrammeRow, ProgrammeRunRow


def begins_on(session: Session, programme: Programme) -> dt.date | None:
    """The first day on which anybody enters, where a running programme still waits for it."""
    if programme.state != RUNNING or programme.ran_until is None:
        return None
    if programme.id in have_run(session, programme.shop_id):
        return None
    return programme.ran_until + dt.timedelta(days=1)


def begin_today(session: Session, *, shop_id: int, programme_id: int) -> None:
    """Let today's run be the first, where the first was to be tomorrow's. Nothing happens where a
    day was run already. Raises ProgrammeStateError."""
    programme = get_programme(session, shop_id, programme_id)
    if programme.state != RUNNING:
        raise ProgrammeStateError.not_running(programme.name)
    if programme_id not in have_run(session, shop_id):
        session.get_one(ProgrammeRow, programme_id).ran_until = None
        session.flush()


def have_run(session: Session, shop_id: int) -> frozenset[int]:
    """Programmes of the shop of which any day was run."""
    run = ProgrammeRunRow
    days = select(run.programme_id).where(run.shop_id == shop_id).distinct()
    return frozenset(session.scalars(days))
