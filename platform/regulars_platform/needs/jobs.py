"""Finding out what goes with what, in the background."""

import datetime as dt

from regulars_platform.jobs.context import JobContext
from regulars_platform.needs.service import gather_inputs, work_out
from regulars_platform.words import N_

KIND = "work_out_needs"


def work_out_needs(context: JobContext) -> None:
    """For the job's shop, on its orders as they are now. Safe to repeat."""
    with context.database.reading() as session:
        asked = gather_inputs(session, context.settings, context.job.shop_id)

    def tell(done: int, total: int) -> None:
        context.report(N_("Counting what was bought with what"), done, total)

    work_out(asked, now=dt.datetime.now(dt.UTC), tell=tell)
