"""What became, or would become, of every line of a file: the values of review and result."""

from dataclasses import dataclass

from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import ImportState
from regulars_platform.intake.tallies import Overlap, Share, Tallies
from regulars_platform.jobs.models import Job, JobState


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """The context of data/review.html and data/stored.html.

    shown: the account as it stands (overlapping lines count as stored until somebody chose).
    overlap: lines to decide about; None when there are none. can_store: nothing is open but the
    choice about the overlap. job: the last work on this import, where it did not end well.
    """

    import_: OrderImport
    shown: Tallies
    new: Share
    overlap: Overlap | None
    error: str
    job: Job | None

    @property
    def can_store(self) -> bool:
        """Whether the only thing left is to press the button."""
        return not self.shown.unknown_status_words


def build_review(import_: OrderImport, job: Job | None, *, error: str = "") -> Review:
    """The review of a checked or stored import."""
    tallies = import_.tallies
    if tallies is None:
        raise ValueError("an import that was not checked has nothing to review")
    failed = job is not None and job.state in (JobState.FAILED, JobState.CANCELLED)
    return Review(
        import_=import_,
        shown=tallies,
        new=tallies.stored - tallies.corrected,
        overlap=None if import_.state is ImportState.STORED else tallies.overlap,
        error=error,
        job=job if failed else None,
    )
