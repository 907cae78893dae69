"""Work that comes up by itself, once for each shop and day of the shop."""

import datetime as dt
from collections.abc import Callable
from importlib import import_module
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.jobs.models import JobId
from regulars_platform.jobs.service import enqueue
from regulars_platform.jobs.tables import JobRow
from regulars_platform.shops.tables import Shop

DAILY: dict[str, str] = {
    "see_segment_sizes": "regulars_platform.segments.jobs:wants_a_day",
    "work_out_cycle": "regulars_platform.cycle.jobs:wants_a_day",
    "run_programmes": "regulars_platform.programmes.jobs:wants_a_day",
    "make_calendar_drafts": "regulars_platform.calendar.jobs:wants_a_day",
    "forget_uploads": "regulars_platform.incoming.jobs:wants_a_day",
    "forget_answers": "regulars_platform.api_access.jobs:wants_a_day",
}
"""kind of job -> "module:function", which says of a session and a shop's id whether the shop wants
it. Its `subject_id` is the day, as a number (`date.toordinal`)."""


def enqueue_daily(session: Session, now: dt.datetime) -> list[JobId]:
    """Ask for whatever today (of each shop) has not been asked for. Safe to call at any time.

    A job of that kind and day that is there, in whatever state, is not asked for again: what
    failed says so on its page, where a person can start it anew.
    """
    asked = []
    for shop in session.scalars(select(Shop).order_by(Shop.id)):
        day = now.astimezone(ZoneInfo(shop.timezone)).date().toordinal()
        for kind in DAILY:
            known = select(JobRow.id).where(
                JobRow.shop_id == shop.id, JobRow.kind == kind, JobRow.subject_id == day
            )
            if session.scalars(known.limit(1)).first() is None and _wants(kind)(session, shop.id):
                asked.append(enqueue(session, kind, shop.id, day, now))
    return asked


def _wants(kind: str) -> Callable[[Session, int], bool]:
    module, _, name = DAILY[kind].partition(":")
    found: Callable[[Session, int], bool] = getattr(import_module(module), name)
    return found
