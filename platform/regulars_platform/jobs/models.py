"""A piece of background work as the pages see it."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from regulars_platform.words import Sentence

JobId = NewType("JobId", str)


class JobState(StrEnum):
    """Where a job stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job.

    kind: names the handler; subject_id: the import, campaign, ... it works on.
    step: what is being done now (a message id; "" before it starts).
    done of total: progress within the step; total None: not known.
    problem, hint: why it failed and what to do about it, when it failed.
    """

    id: JobId
    shop_id: int
    kind: str
    subject_id: int
    state: JobState
    step: str
    done: int
    total: int | None
    problem: Sentence | None
    hint: Sentence | None
    cancel_requested: bool
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

    @property
    def percent(self) -> int | None:
        """Progress within the step, 0 to 100; None when the total is not known."""
        if not self.total:
            return None
        return min(100, max(0, 100 * self.done // self.total))
