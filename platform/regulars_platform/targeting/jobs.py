"""Working out whom to keep in the background."""

import datetime as dt

from regulars_platform.campaigns.service import (
    campaign_costs,
    campaign_ledger,
    get_launched,
    get_shop_of,
)
from regulars_platform.customers.store import build_feature_store
from regulars_platform.jobs.context import JobContext
from regulars_platform.targeting.earlier import find_earlier
from regulars_platform.targeting.limits import wanted_limit
from regulars_platform.targeting.service import (
    compute,
    find_same,
    gather_inputs,
    load_comparisons,
    load_data,
    store_answer,
)
from regulars_platform.words import N_

KIND = "work_out_targeting"


def work_out_targeting(context: JobContext) -> None:
    """For campaign `subject_id` on the orders of its latest report, under the limit that is wanted.
    Safe to repeat: the same inputs give the answer that is kept."""
    shop_id = context.job.shop_id
    context.report(N_("Reading plan, ledger and orders"), 0, None)
    with context.database.unit_of_work() as session:
        campaign = get_launched(session, shop_id, context.job.subject_id)
        inputs = gather_inputs(session, campaign, limit=wanted_limit(session, campaign.id))
        earlier = find_earlier(session, campaign)
        known = find_same(session, inputs)
        store = build_feature_store(context.settings, get_shop_of(session, shop_id))
    if known is not None:
        return
    ledger = campaign_ledger(context.settings, campaign)
    costs = campaign_costs(context.settings, campaign)
    found = load_data(store, ledger, campaign, inputs["orders_version"], costs)
    comparisons = load_comparisons(store, campaign, found, earlier)

    def fitted(_: str, done: int, total: int) -> None:
        if done < total:
            context.report(N_("Fitting models"), done, total)
        else:
            context.report(N_("Choosing whom to keep, and valuing the choice"), 0, None)

    answer = compute(campaign, found, inputs, comparisons=comparisons, progress=fitted)
    with context.database.unit_of_work() as session:
        store_answer(
            session,
            context.settings,
            shop_id=shop_id,
            inputs=inputs,
            answer=answer,
            now=dt.datetime.now(dt.UTC),
        )
