"""What a handler gets: where things are, which job it is, and a way to report progress."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from regulars_platform.jobs.errors import JobCancelled
from regulars_platform.jobs.models import Job, JobId
from regulars_platform.jobs.tables import JobRow
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

WRITE_EVERY = 0.25  # seconds between two writes of progress


class Progress:
    """The latest step and count of a running job, written behind the handler's back.

    A thread of its own writes them, so a handler may report in the middle of a transaction
    without waiting for the lock that it holds itself.
    """

    def __init__(self, database: Database, job_id: JobId) -> None:
        self._database = database
        self._job_id = job_id
        self._latest: tuple[str, int, int | None] = ("", 0, None)
        self._written: tuple[str, int, int | None] | None = None
        self._cancelled = threading.Event()
        self._over = threading.Event()

    def report(self, step: str, done: int, total: int | None) -> None:
        """Say how far the job is. Raises JobCancelled when somebody asked for it to stop."""
        self._latest = (step, done, total)
        if self._cancelled.is_set():
            raise JobCancelled

    def exchange(self) -> None:
        """Write the latest progress if it changed, and look whether to stop."""
        latest = self._latest
        with self._database.unit_of_work() as session:
            if latest != self._written and latest[0]:
                step, done, total = latest
                session.execute(
                    update(JobRow)
                    .where(JobRow.id == self._job_id)
                    .values(step=step, done=done, total=total)
                )
            query = select(JobRow.cancel_requested).where(JobRow.id == self._job_id)
            cancelled = session.scalars(query).one()
        self._written = latest
        if cancelled:
            self._cancelled.set()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Exchange four times a second until the block ends, and once more then."""
        self._try_exchange()
        thread = threading.Thread(target=self._keep_writing, name="job-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self._try_exchange()

    def _keep_writing(self) -> None:
        while not self._over.wait(WRITE_EVERY):
            self._try_exchange()

    def _try_exchange(self) -> None:
        # a long transaction holds the lock, or the disk is full: the next round will do
        with contextlib.suppress(OperationalError):
            self.exchange()


@dataclass(frozen=True, kw_only=True, slots=True)
class JobContext:
    """The one argument of every handler."""

    settings: Settings
    database: Database
    job: Job
    progress: Progress

    def report(self, step: str, done: int, total: int | None) -> None:
        """Progress within a step: `done` of `total` (None: not known).

        `step` is a message id (`N_("Reading the file")`). Cheap; call it as often as you like.
        Raises JobCancelled when a person asked for the job to stop: let it pass.
        """
        self.progress.report(step, done, total)
