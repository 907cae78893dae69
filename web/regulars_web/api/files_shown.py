"""What both kinds of imports show alike: how a file is written, columns, what was rejected."""

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy.orm import Session

from regulars_platform.intake.errors import BusyError
from regulars_platform.intake.models import FileForm
from regulars_platform.jobs.models import Job, JobId
from regulars_platform.jobs.service import get_job
from regulars_web.api.calling import Call
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import Count, Model

SAMPLES = 5


class FileWritten(Model):
    """How a file is written."""

    kind: Literal["csv", "parquet", "xlsx", "xls"]
    encoding: str
    delimiter: str
    compressed: bool
    sheet: str
    """Which one of a workbook was read; else empty."""
    lines: Count
    """After the headings: an upper bound of the records."""


class Rejected(Model):
    """Lines that were rejected for one reason."""

    code: str
    message: str
    lines: Count


def file_written(form: FileForm) -> FileWritten:
    """How a file is written."""
    return FileWritten(
        kind=form.kind,
        encoding=form.encoding,
        delimiter=form.delimiter,
        compressed=form.compressed,
        sheet=form.sheet,
        lines=form.lines,
    )


def samples(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    """The first different values of a column that are not blank."""
    cells = (row[index].strip()[:200] for row in rows if index < len(row))
    return list(dict.fromkeys(cell for cell in cells if cell))[:SAMPLES]


def running(job: Job | None) -> JobShown | None:
    """The job of an import, however it stands."""
    return None if job is None else job_shown(job)


def refuse_busy(job: Job | None) -> None:
    """Raise BusyError (409) while a step is under way."""
    if job is not None and not job.is_over:
        raise BusyError.of()


def asked(call: Call, work: Session, job_id: JobId) -> JobShown:
    """The job that was just asked for."""
    return job_shown(get_job(work, call.shop_id, job_id))


def rejected(reasons: Mapping[str, int], words: Mapping[str, str]) -> list[Rejected]:
    """Counts of rejected lines; words: of each reason."""
    return [
        Rejected(code=code, message=words[code], lines=lines) for code, lines in reasons.items()
    ]
