"""What every page reads of a large shop's orders, laid out as soon as they are stored.

Otherwise the first page after an import would wait for it. Any page that comes earlier still works
it out itself, and whoever is second finds what is there.
"""

from collections.abc import Callable

from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.figures.visits import Source
from regulars_platform.jobs.context import JobContext
from regulars_platform.launching.everybody import everybody
from regulars_platform.launching.recent_orders import lay_out_recent
from regulars_platform.segments.looking import keep_for_looking
from regulars_platform.segments.purchases import purchases
from regulars_platform.shops.service import get_shop
from regulars_platform.words import N_


def lay_out_orders(context: JobContext) -> None:
    """For the job's shop, at the version of its orders that is the latest now. Safe to repeat."""
    with context.database.reading() as session:
        store = build_feature_store(context.settings, get_shop(session, context.job.shop_id))
    version = store.table.version()
    if version is None:
        return
    steps = _steps(store, version)
    for place, (step, work) in enumerate(steps):
        context.report(step, place, len(steps))
        work()
    context.report(steps[-1][0], len(steps), len(steps))


def _steps(store: FeatureStore, version: int) -> tuple[tuple[str, Callable[[], object]], ...]:
    return (
        (N_("Putting order lines together"), lambda: store.orders(version)),
        (N_("Laying orders out by customer"), lambda: store.histories(version)),
        (N_("Noting who bought what and when"), lambda: purchases(store, version)),
        (N_("Noting the days on which customers bought"), lambda: Source(store, version).days),
        (N_("Working out what is known of each customer"), lambda: _features(store, version)),
    )


def _features(store: FeatureStore, version: int) -> None:
    """As pages show them unless another day is asked for, and what a campaign's form looks at."""
    days = find_order_days(store, version)
    if days is not None:
        keep_for_looking(store, store.features_file(days.day_after, version))
        lay_out_recent(everybody(store, days.day_after, version))
