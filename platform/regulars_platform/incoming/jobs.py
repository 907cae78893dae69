"""Once a day: unfinished uploads that nobody went on with are thrown away."""

import os

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.incoming.models import read_allowance
from regulars_platform.incoming.service import forget_expired, forget_strays
from regulars_platform.incoming.tables import IncomingUploadRow
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.run import utc_now
from regulars_platform.words import N_


def wants_a_day(session: Session, shop_id: int) -> bool:
    """Whether any upload of the shop is old enough to be looked at (see `jobs.daily`)."""
    before = utc_now() - read_allowance(os.environ).patience
    old = select(IncomingUploadRow.id).where(
        IncomingUploadRow.shop_id == shop_id, IncomingUploadRow.created_at < before
    )
    return session.scalars(old.limit(1)).first() is not None


def forget_uploads(context: JobContext) -> None:
    """Throw away what expired. Safe to repeat."""
    context.report(N_("Clearing away"), 0, None)
    allowance = read_allowance(os.environ)
    with context.database.unit_of_work() as session:
        forget_expired(session, context.settings, allowance, context.job.shop_id, utc_now())
        forget_strays(session, context.settings, allowance, utc_now())
