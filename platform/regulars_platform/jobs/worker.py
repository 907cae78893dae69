"""The worker process: takes committed jobs from the outbox and does each under DBOS.

One worker per data folder (a file lock sees to it). It ends when its standard input closes, which
happens whenever the process that started it is gone, even by kill -9. What was running then is
resumed by DBOS at the next start; `python -m regulars_platform.jobs.worker DATA_DIR` is its entry.
"""

import fcntl
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sqlalchemy import select, update

from regulars_platform.jobs.daily import enqueue_daily
from regulars_platform.jobs.errors import GAVE_UP, GAVE_UP_HINT
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.registry import SENDING, SERIAL_PER_SHOP, load_function
from regulars_platform.jobs.run import run_inline, utc_now
from regulars_platform.jobs.service import ACTIVE
from regulars_platform.jobs.tables import JobRow
from regulars_platform.settings import Settings, build_settings
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import import_all_tables
from regulars_platform.words import Sentence

if TYPE_CHECKING:
    from dbos import DBOSConfig

POLL_SECONDS = 0.3
RECONCILE_EVERY = 10  # polls
SENDING_EVERY = 30  # polls
DAILY_EVERY = 100  # polls
ATTEMPTS = 5  # a job that took the worker down this often is not tried again
# jobs begun under another version would wait for it for ever: raise only with a plan for them
SCHEMA = "jobs-1"
QUEUE = "jobs"

log = logging.getLogger("regulars.jobs")


def main(data_dir: str, *, stdin: TextIO = sys.stdin) -> None:
    """Work until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    threading.Thread(target=_end_with_parent, args=(stdin,), daemon=True).start()
    settings = build_settings(Path(data_dir))
    lock = wait_for_lock(settings.data_dir / "worker.lock")
    import_all_tables()
    database = Database(settings)
    Worker(settings, database).run()
    lock.close()


def _end_with_parent(stdin: TextIO) -> None:
    stdin.read()
    # not sys.exit: running handlers must stop now, and are written to be killed anywhere
    os._exit(0)


def wait_for_lock(path: Path) -> TextIO:
    """Hold the one worker's place of this data folder; the system frees it when we die."""
    handle = path.open("w")
    path.chmod(0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def choose_startable(active: list[JobRow]) -> list[str]:
    """Which of the queued and running jobs (oldest first) may run now.

    All, except that a shop's serial jobs wait for the oldest of them: the order of the queue
    itself is only good to the second.
    """
    chosen, busy_shops = [], set()
    for row in active:
        if row.kind in SERIAL_PER_SHOP:
            if row.shop_id in busy_shops:
                continue
            busy_shops.add(row.shop_id)
        chosen.append(row.id)
    return chosen


class Worker:
    """Moves jobs from the outbox into DBOS queues, and looks after those that DBOS gave up."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._handed_over: set[str] = set()
        self._start_workflow: Callable[[str], None]

    def run(self) -> None:
        """Poll for ever."""
        self._launch()
        rounds = 0
        while True:
            try:
                self._hand_over()
                if rounds % RECONCILE_EVERY == 0:
                    self._reconcile()
                if rounds % SENDING_EVERY == 0:
                    self._ask_for_sending()
                if rounds % DAILY_EVERY == 0:
                    self._ask_for_the_day()
            except Exception:
                log.exception("the worker could not look for work; it will try again")
            rounds += 1
            time.sleep(POLL_SECONDS)

    def _launch(self) -> None:
        from dbos import DBOS, SetWorkflowID

        DBOS(config=self._dbos_config())

        @DBOS.workflow(name="run_job", max_recovery_attempts=ATTEMPTS)
        def run_job(job_id: str) -> str:
            return run_inline(self._settings, self._database, job_id).state

        def start(job_id: str) -> None:
            # the workflow's id is the job's: handing the same job over twice starts it once
            with SetWorkflowID(job_id):
                DBOS.enqueue_workflow(QUEUE, run_job, job_id)

        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=2, polling_interval_sec=POLL_SECONDS)
        self._start_workflow = start

    def _dbos_config(self) -> "DBOSConfig":
        path = self._settings.data_dir / "workflows.sqlite"
        return {
            "name": "regulars",
            "system_database_url": f"sqlite:///{path}",
            "application_version": SCHEMA,
            "executor_id": "worker",  # the same at every start: it resumes what it left
            "enable_otlp": False,
            "log_level": "WARNING",
        }

    def _hand_over(self) -> None:
        with self._database.unit_of_work() as session:
            query = select(JobRow).where(JobRow.state.in_(ACTIVE))
            active = list(session.scalars(query.order_by(JobRow.created_at, JobRow.id)))
        for job_id in choose_startable(active):
            if job_id not in self._handed_over:
                self._start_workflow(job_id)
                self._handed_over.add(job_id)

    def _ask_for_the_day(self) -> None:
        with self._database.unit_of_work() as session:
            enqueue_daily(session, utc_now())

    def _ask_for_sending(self) -> None:
        tick = load_function(SENDING)
        with self._database.unit_of_work() as session:
            tick(session, now=utc_now())

    def _reconcile(self) -> None:
        """Jobs that DBOS will not run again must not look as if they were running."""
        from dbos import DBOS

        over = ("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR", "CANCELLED")
        given_up = DBOS.list_workflows(status=list(over), load_input=False, load_output=False)
        if not given_up:
            return
        values = {
            "state": JobState.FAILED,
            "problem": Sentence(GAVE_UP.template, {"times": ATTEMPTS}).as_json(),
            "hint": GAVE_UP_HINT.as_json(),
            "finished_at": utc_now(),
        }
        ids = [workflow.workflow_id for workflow in given_up]
        with self._database.unit_of_work() as session:
            mark = update(JobRow).where(JobRow.id.in_(ids), JobRow.state.in_(ACTIVE))
            session.execute(mark.values(**values))


if __name__ == "__main__":
    main(sys.argv[1])
