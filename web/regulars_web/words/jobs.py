"""What jobs are called on the pages. A new kind of job needs a line in `TITLES`."""

from flask_babel import format_timedelta, gettext, lazy_gettext

from regulars_platform.jobs.models import Job, JobState
from regulars_web.formats import number
from regulars_web.job_watching import Watched

TITLES = {
    "look_import": lazy_gettext("Looking at an order file"),
    "check_import": lazy_gettext("Checking an order file"),
    "store_import": lazy_gettext("Storing an order file"),
    "lay_out_orders": lazy_gettext("Preparing a large shop's orders for the pages"),
    "look_dataset": lazy_gettext("Looking at a file"),
    "check_dataset": lazy_gettext("Checking a file"),
    "store_dataset": lazy_gettext("Storing a file"),
    "evaluate_campaign": lazy_gettext("Evaluating a campaign"),
    "see_segment_sizes": lazy_gettext("Counting segments"),
    "recompute_segment_sizes": lazy_gettext("Counting segments month by month"),
    "work_out_targeting": lazy_gettext("Working out whom to keep"),
    "run_programmes": lazy_gettext("Running the programmes"),
    "work_out_quarter": lazy_gettext("Working out what everything together brought"),
    "make_calendar_drafts": lazy_gettext("Making drafts for the calendar"),
    "evaluate_programme": lazy_gettext("Working out what a programme brought"),
    "examine_identity": lazy_gettext("Looking at customers' keys"),
    "work_out_cycle": lazy_gettext("Working out who is due again"),
    "work_out_needs": lazy_gettext("Finding out what goes with what"),
    "forget_uploads": lazy_gettext("Throwing unfinished uploads away"),
    "forget_answers": lazy_gettext("Forgetting what programs were answered"),
    "work_out_lifetime": lazy_gettext("Working out what customers will buy"),
}

STEPS = {
    "rates": lazy_gettext("Counting who is found again"),
    "pairs": lazy_gettext("Looking for likely duplicates"),
    "looking": lazy_gettext("Looking at the file (megabytes)"),
    "unpacking": lazy_gettext("Unpacking the file (megabytes)"),
    "recoding": lazy_gettext("Reading the file's characters (megabytes)"),
    "reading": lazy_gettext("Reading the lines"),
    "understanding": lazy_gettext("Understanding dates and amounts"),
    "checking": lazy_gettext("Checking every line"),
    "comparing": lazy_gettext("Comparing with what is stored"),
    "waiting": lazy_gettext("Waiting for another import of the shop"),
    "storing": lazy_gettext("Storing"),
    "stored": lazy_gettext("Stored"),
}
"""Steps that jobs report by a code; other steps are message ids."""


def job_step(job: Job) -> str:
    """What the job is doing now, in words."""
    if job.cancel_requested and not job.is_over:
        return str(gettext("Stopping at the next safe place"))
    if not job.step:
        return str(gettext("Waiting for its turn"))
    return str(STEPS.get(job.step) or gettext(job.step))


def job_count(watched: Watched) -> str:
    """How far the job is within its step and how long that still takes; "" where nobody knows."""
    job = watched.job
    if not job.total:
        return number(job.done) if job.done else ""
    told = {"done": number(job.done), "total": number(job.total)}
    if watched.seconds_left is None:
        return str(gettext("%(done)s of %(total)s", **told))
    left = format_timedelta(max(1, round(watched.seconds_left)), threshold=1.5)
    return str(gettext("%(done)s of %(total)s, about %(time)s left", time=left, **told))


def job_title(job: Job) -> str:
    """What the job does, in words."""
    return str(TITLES.get(job.kind) or gettext("Work in the background"))


def state_chip(job: Job) -> tuple[str, str]:
    """Kind and word of the chip (`ui.chip`) that shows where a job stands."""
    if job.cancel_requested and not job.is_over:
        return "busy", gettext("Stopping")
    return {
        JobState.QUEUED: ("quiet", gettext("Waiting")),
        JobState.RUNNING: ("busy", gettext("Running")),
        JobState.DONE: ("good", gettext("Done")),
        JobState.FAILED: ("bad", gettext("Did not work")),
        JobState.CANCELLED: ("quiet", gettext("Cancelled")),
    }[job.state]
