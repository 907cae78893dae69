"""The slow steps of another file as background work."""

import datetime as dt

from sqlalchemy.orm import Session

from regulars_platform.datasets import repository, service
from regulars_platform.datasets.models import DatasetImportId
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.models import Job, JobId
from regulars_platform.jobs.run import utc_now
from regulars_platform.jobs.service import enqueue, find_latest_job

KINDS = ("look_dataset", "check_dataset", "store_dataset")


def ask_for(session: Session, kind: str, import_id: DatasetImportId, now: dt.datetime) -> JobId:
    """Have one of KINDS done; work on this import that is under way already is enough."""
    latest = find_import_job(session, import_id)
    if latest is not None and not latest.is_over:
        return latest.id
    return enqueue(session, kind, repository.get_row(session, import_id).shop_id, import_id, now)


def find_import_job(session: Session, import_id: DatasetImportId) -> Job | None:
    """The latest work on this import, or None."""
    return find_latest_job(session, KINDS, import_id)


def look_dataset(context: JobContext) -> None:
    """Read the form of a file and propose its kind and columns."""
    context.report("looking", 0, None)
    import_id = DatasetImportId(context.job.subject_id)
    service.look(context.settings, context.database, import_id, context.report)


def check_dataset(context: JobContext) -> None:
    """Read every line and count what would become of it."""
    import_id = DatasetImportId(context.job.subject_id)
    service.check(context.settings, context.database, import_id, context.report)


def store_dataset(context: JobContext) -> None:
    """Store the checked records, exactly once."""
    import_id = DatasetImportId(context.job.subject_id)
    service.store(context.settings, context.database, import_id, context.report, now=utc_now())
