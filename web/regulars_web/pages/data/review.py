"""What became, or would become, of every line of a file: the values of review and result."""

from collections.abc import Mapping
from dataclasses import dataclass

from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import ImportState
from regulars_platform.intake.tallies import Overlap, Share, Tallies
from regulars_platform.intake.waiting import Waiting
from regulars_platform.jobs.models import Job, JobState
from regulars_web.words.imports import statuses_for


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """The context of data/review.html and data/stored.html.

    shown: the account as it stands (overlapping lines count as stored until somebody chose).
    overlap: lines to decide about; None when there are none. can_store: nothing is open but the
    choice about the overlap. job: the last work on this import, where it did not end well.
    statuses: what a status word can be placed as. waiting: rows whose order file has not come, as
    of now where the import is stored, else as it would be.
    """

    import_: OrderImport
    shown: Tallies
    new: Share
    overlap: Overlap | None
    error: str
    job: Job | None
    statuses: Mapping[str, str]
    waiting: Waiting | None

    @property
    def can_store(self) -> bool:
        """Whether the only thing left is to press the button."""
        return not self.shown.unknown_status_words


def build_review(
    import_: OrderImport, job: Job | None, *, error: str = "", waiting: Waiting | None = None
) -> Review:
    """The review of a checked or stored import."""
    tallies = import_.tallies
    if tallies is None:
        raise ValueError("an import that was not checked has nothing to review")
    if import_.state is not ImportState.STORED and tallies.waiting_lines:
        waiting = Waiting(
            part=tallies.part, orders=tallies.waiting_orders, lines=tallies.waiting_lines
        )
    failed = job is not None and job.state in (JobState.FAILED, JobState.CANCELLED)
    return Review(
        import_=import_,
        shown=tallies,
        new=tallies.stored - tallies.corrected,
        overlap=None if import_.state is ImportState.STORED else tallies.overlap,
        error=error,
        job=job if failed else None,
        statuses=statuses_for(import_.mapping or ()),
        waiting=waiting,
    )
