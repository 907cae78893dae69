"""Counting segments in the background: every day, and as of the ends of past months."""

import datetime as dt

from sqlalchemy.orm import Session

from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import build_feature_store
from regulars_platform.jobs.context import JobContext
from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import list_segments
from regulars_platform.segments.sizes import (
    RECOMPUTED,
    count_sizes,
    keep_sizes,
    month_ends,
    see_sizes,
    warm_up,
)
from regulars_platform.shops.service import get_shop
from regulars_platform.words import N_

KIND = "recompute_segment_sizes"


def wants_a_day(session: Session, shop_id: int) -> bool:
    """Whether the shop has any segments to count (see `jobs.daily`)."""
    return bool(list_segments(session, shop_id))


def see_today(context: JobContext) -> None:
    """All segments of the shop as they are now. Safe to repeat: a day has one count."""
    shop_id = context.job.shop_id
    context.report(N_("Counting segments"), 0, None)
    with context.database.reading() as session:
        store = build_feature_store(context.settings, get_shop(session, shop_id))
        warm_up(session, store, shop_id)
    with context.database.unit_of_work() as session:
        see_sizes(session, store, shop_id, dt.datetime.now(dt.UTC))


def recompute_sizes(context: JobContext) -> None:
    """All segments of the shop, month by month. Safe to repeat: a day has one count."""
    shop_id = context.job.shop_id
    with context.database.reading() as session:
        store = build_feature_store(context.settings, get_shop(session, shop_id))
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        return
    asked = month_ends(days.first, days.day_after)
    for place, as_of in enumerate(asked):
        context.report(N_("Counting month by month"), place, len(asked))
        with context.database.reading() as session:
            asked_for = [(one.id, one.rule) for one in list_segments(session, shop_id)]
        rules = [parse_rule(rule) for _, rule in asked_for]
        counts = count_sizes(store, rules, as_of, version)
        # used files are forgotten last: the present is what somebody looks at meanwhile
        store.features(days.day_after, version)
        with context.database.unit_of_work() as session:
            still = {segment.id: segment for segment in list_segments(session, shop_id)}
            kept = [
                (still[number], count)
                for (number, rule), count in zip(asked_for, counts, strict=True)
                if number in still and still[number].rule == rule
            ]
            keep_sizes(
                session,
                [segment for segment, _ in kept],
                [count for _, count in kept],
                as_of=as_of,
                way=RECOMPUTED,
                orders_version=version,
                now=dt.datetime.now(dt.UTC),
            )
