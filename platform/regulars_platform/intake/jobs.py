"""The slow steps of an import as background work."""

import datetime as dt

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.intake import repository, service
from regulars_platform.intake.models import ImportId, OverlapChoice
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.models import Job, JobId, JobState
from regulars_platform.jobs.run import utc_now
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.orders.table import OrdersTable

LAY_OUT = "lay_out_orders"
LARGE = 200_000
"""Order lines from which on a page waits for seconds until they are laid out."""

KINDS = ("look_import", "check_import", "store_import")


def ask_for(session: Session, kind: str, import_id: ImportId, now: dt.datetime) -> JobId:
    """Have one of KINDS done; work on this import that is under way already is enough."""
    latest = find_import_job(session, import_id)
    if latest is not None and not latest.is_over:
        return latest.id
    shop_id = repository.get_row(session, import_id).shop_id
    return enqueue(session, kind, shop_id, import_id, now)


def ask_to_store(
    session: Session, import_id: ImportId, choice: OverlapChoice | None, now: dt.datetime
) -> JobId:
    """Have the checked lines stored, with what was chosen about overlapping ones."""
    repository.get_row(session, import_id).overlap_choice = None if choice is None else str(choice)
    return ask_for(session, "store_import", import_id, now)


def find_import_job(session: Session, import_id: ImportId) -> Job | None:
    """The latest work on this import, or None."""
    return find_latest_job(session, KINDS, import_id)


def look_import(context: JobContext) -> None:
    """Read the form of a file and propose its columns."""
    context.report("looking", 0, None)
    import_id = ImportId(context.job.subject_id)
    service.look(context.settings, context.database, import_id, context.report)


def check_import(context: JobContext) -> None:
    """Read every line and count what would become of it."""
    import_id = ImportId(context.job.subject_id)
    service.check(context.settings, context.database, import_id, context.report)


def store_import(context: JobContext) -> None:
    """Store the checked lines, exactly once."""
    import_id = ImportId(context.job.subject_id)
    with context.database.unit_of_work() as session:
        choice = service.get_import(session, import_id).overlap_choice
    service.store(
        context.settings, context.database, import_id, choice, context.report, now=utc_now()
    )
    _have_laid_out(context)


def _have_laid_out(context: JobContext) -> None:
    """Have a large shop's orders prepared for the pages, which would wait for it otherwise.

    A job of its own: the import is over, and nothing that happens from here on can undo it.
    """
    shop_id = context.job.shop_id
    table = OrdersTable(context.settings.shop_dir(shop_id))
    if table.scan().select(pl.len()).collect(engine="streaming").item() < LARGE:
        return
    with context.database.unit_of_work() as session:
        latest = find_latest_job(session, (LAY_OUT,), shop_id, shop_id=shop_id)
        # one that has not begun yet will find these lines, too
        if latest is None or latest.state is not JobState.QUEUED:
            enqueue(session, LAY_OUT, shop_id, shop_id, utc_now())
