"""Once a day what programs were answered is forgotten, wherever none of them asks any more."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from regulars_platform.api_access.answers import KEPT
from regulars_platform.api_access.tables import ApiTokenRow, KeptAnswerRow
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.run import utc_now
from regulars_platform.words import N_


def wants_a_day(session: Session, shop_id: int) -> bool:
    """Whether the shop has anything to forget (see `jobs.daily`)."""
    old = (
        select(KeptAnswerRow.id)
        .join(ApiTokenRow)
        .where(ApiTokenRow.shop_id == shop_id, KeptAnswerRow.created_at <= utc_now() - KEPT)
    )
    return session.scalars(old.limit(1)).first() is not None


def forget_answers(context: JobContext) -> None:
    """Forget answers that are out of date. Safe to repeat."""
    context.report(N_("Clearing away"), 0, None)
    with context.database.unit_of_work() as session:
        old = KeptAnswerRow.created_at <= utc_now() - KEPT
        session.execute(delete(KeptAnswerRow).where(old))
