"""Working out what customers will buy, in the background."""

import datetime as dt

from regulars_platform.jobs.context import JobContext
from regulars_platform.lifetime.service import (
    compute,
    find_same,
    gather_inputs,
    show_again,
    store_answer,
)

KIND = "work_out_lifetime"


def work_out_lifetime(context: JobContext) -> None:
    """For the job's shop, on its orders as they are now.

    Safe to repeat: the same inputs give the answer that is kept.
    """
    shop_id = context.job.shop_id
    with context.database.unit_of_work() as session:
        asked = gather_inputs(session, context.settings, shop_id=shop_id)
        known = find_same(session, context.settings, asked)
        if known is not None:
            show_again(session, context.settings, shop_id, known, dt.datetime.now(dt.UTC))
            return

    def tell(step: str) -> None:
        context.report(step, 0, None)

    answer = compute(context.settings, asked, progress=tell)
    with context.database.unit_of_work() as session:
        store_answer(
            session,
            context.settings,
            asked=asked,
            answer=answer,
            now=dt.datetime.now(dt.UTC),
        )
