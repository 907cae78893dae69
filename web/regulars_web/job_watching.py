"""Watching jobs for the pages that wait for them: each job is read at most once a second, however
many pages ask, and few of those pages hold a line open while others ask again and again."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from regulars_platform.jobs.models import Job

FRESH = 1.0  # seconds that a reading is good for
LEAST = 3.0  # seconds that a step must be seen going before its end is foretold
_REMEMBERED = 200  # jobs


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A job, and about how many seconds its step still takes; None: nobody can say."""

    job: Job
    seconds_left: float | None


@dataclass(slots=True)
class _Seen:
    """step, since, first: the step under way, when (monotonic seconds) and at which count it was
    first seen."""

    job: Job
    read_at: float
    step: str
    since: float
    first: int


class Place:
    """One of the few lines that may be held open. Leaving twice does no harm."""

    def __init__(self, watch: "JobWatch") -> None:
        self._watch = watch
        self._taken = True

    def leave(self) -> None:
        """Let somebody else have it."""
        if self._taken:
            self._taken = False
            self._watch._free(1)  # noqa: SLF001 -- two halves of one thing


class JobWatch:
    """What was last seen of each job. lines: how many may be held open at once; clock: seconds."""

    def __init__(self, lines: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = lines
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._lock = threading.Lock()
        self.ending = threading.Event()

    def enter(self) -> Place | None:
        """Hold a line open; None where too many are."""
        with self._lock:
            if self._lines < 1 or self.ending.is_set():
                return None
            self._lines -= 1
        return Place(self)

    def look(self, job_id: str, read: Callable[[], Job]) -> Watched:
        """The job as it was within the last second. read: looks into the database."""
        with self._lock:
            seen = self._seen.get(job_id)
            if seen is None or self._clock() - seen.read_at >= FRESH:
                seen = self._note(read())
            return Watched(job=seen.job, seconds_left=self._left(seen))

    def note(self, job: Job) -> Watched:
        """A job that was read anyway."""
        with self._lock:
            return Watched(job=job, seconds_left=self._left(self._note(job)))

    def _note(self, job: Job) -> _Seen:
        now = self._clock()
        before = self._seen.pop(job.id, None)
        if before is None or before.step != job.step or job.done < before.first:
            seen = _Seen(job=job, read_at=now, step=job.step, since=now, first=job.done)
        else:
            seen = _Seen(
                job=job, read_at=now, step=job.step, since=before.since, first=before.first
            )
        self._seen[job.id] = seen  # the latest last
        while len(self._seen) > _REMEMBERED:
            self._seen.pop(next(iter(self._seen)))
        return seen

    def _left(self, seen: _Seen) -> float | None:
        """At the pace of the step so far."""
        job, gone = seen.job, seen.read_at - seen.since
        if job.is_over or not job.total or gone < LEAST or job.done <= seen.first:
            return None
        return max(0, job.total - job.done) * gone / (job.done - seen.first)

    def _free(self, lines: int) -> None:
        with self._lock:
            self._lines += lines
