"""Evaluating in the background."""

import datetime as dt

from regulars_platform.campaigns.service import get_launched
from regulars_platform.jobs.context import JobContext
from regulars_platform.reports.service import compute_report, gather_inputs, store_report
from regulars_platform.words import N_


def evaluate(context: JobContext) -> None:
    """Evaluate campaign `subject_id` on the orders as they are now. Safe to repeat: the same
    inputs give the same report, which is kept once."""
    now = dt.datetime.now(dt.UTC)
    context.report(N_("Reading plan, ledger and orders"), 0, 3)
    with context.database.unit_of_work() as session:
        campaign = get_launched(session, context.job.shop_id, context.job.subject_id)
        inputs = gather_inputs(session, context.settings, campaign, now=now)
    context.report(N_("Comparing the arms"), 1, 3)
    text = compute_report(context.settings, campaign, inputs)
    context.report(N_("Keeping the report"), 2, 3)
    with context.database.unit_of_work() as session:
        store_report(session, inputs, text, now=now)
    context.report(N_("Keeping the report"), 3, 3)
