"""How large segments were over time.

Two ways, never mixed up. "seen": counted whenever somebody looked or the daily work ran, as of the
day after the last order, with everything as it was known then: exact for what was known. Then
"recomputed": as of the ends of past months, from the orders and dated records as they are known
now. That is exact for conditions on orders; what has no date in the shop's files (tags, region,
gender, attributes) is taken as it is today. A rule that is changed begins a history of its own.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.canonical import canonical_json, sha256_of
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore
from regulars_platform.segments.counting import count_each
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import Rule, parse_rule, rule_json
from regulars_platform.segments.service import list_segments
from regulars_platform.segments.tables import Segment, SegmentSize

MONTHS = 12
"""How many month ends are recomputed."""

Way = Literal["seen", "recomputed"]
SEEN: Way = "seen"
RECOMPUTED: Way = "recomputed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """customers of `total` as of the start of the day `as_of`."""

    as_of: dt.date
    way: str
    customers: int
    total: int


def rule_digest(rule: Rule) -> str:
    """Which rule a size was counted by."""
    return sha256_of(canonical_json(rule_json(rule)))


def keep_sizes(
    session: Session,
    segments: Sequence[Segment],
    counts: Sequence[tuple[int, int]],
    *,
    as_of: dt.date,
    way: Way,
    orders_version: int,
    now: dt.datetime,
) -> None:
    """Keep (customers, total) of each segment; a day that is counted again has the later count."""
    known = {
        (row.segment_id, row.rule_sha256): row
        for row in session.scalars(
            select(SegmentSize).where(
                SegmentSize.segment_id.in_([segment.id for segment in segments]),
                SegmentSize.as_of == as_of,
                SegmentSize.way == way,
            )
        )
    }
    for segment, (customers, total) in zip(segments, counts, strict=True):
        digest = rule_digest(parse_rule(segment.rule))
        row = known.get((segment.id, digest))
        if row is None:
            row = SegmentSize(
                shop_id=segment.shop_id,
                segment_id=segment.id,
                rule_sha256=digest,
                as_of=as_of,
                way=way,
            )
            session.add(row)
        same = (row.customers, row.total, row.orders_version) == (customers, total, orders_version)
        if not same:
            row.customers, row.total = customers, total
            row.orders_version, row.recorded_at = orders_version, now
    session.flush()


def sizes_of(session: Session, segment: Segment) -> list[Size]:
    """By day, of the rule that the segment has now; where a day was seen, that counts."""
    rows = session.scalars(
        select(SegmentSize)
        .where(
            SegmentSize.shop_id == segment.shop_id,
            SegmentSize.segment_id == segment.id,
            SegmentSize.rule_sha256 == rule_digest(parse_rule(segment.rule)),
        )
        .order_by(SegmentSize.as_of, SegmentSize.way)
    )
    found: dict[dt.date, Size] = {}
    for row in rows:
        if row.as_of not in found or row.way == SEEN:
            found[row.as_of] = Size(
                as_of=row.as_of, way=row.way, customers=row.customers, total=row.total
            )
    return list(found.values())


def count_sizes(
    store: FeatureStore, rules: Sequence[Rule], as_of: dt.date, version: int
) -> list[tuple[int, int]]:
    """(customers, total) of each rule as of a day."""
    features = for_rules(store, rules, as_of, version)
    total = int(features.select(pl.len()).collect().item())
    return [(count.customers, total) for count in count_each(features, rules)]


def warm_up(session: Session, store: FeatureStore, shop_id: int) -> None:
    """Count once without keeping anything, so that `see_sizes` afterwards holds the database only
    for a moment: what took long is kept on disk by then. For a session that only reads."""
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    rules = [parse_rule(segment.rule) for segment in list_segments(session, shop_id)]
    if rules and version is not None and days is not None:
        count_sizes(store, rules, days.day_after, version)


def see_sizes(session: Session, store: FeatureStore, shop_id: int, now: dt.datetime) -> int:
    """Count all segments of the shop as they are now and keep that; how many there were.

    For the daily work: once a day is enough, and again changes nothing.
    """
    segments = list_segments(session, shop_id)
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if not segments or version is None or days is None:
        return 0
    counts = count_sizes(
        store, [parse_rule(segment.rule) for segment in segments], days.day_after, version
    )
    keep_sizes(
        session,
        segments,
        counts,
        as_of=days.day_after,
        way=SEEN,
        orders_version=version,
        now=now,
    )
    return len(segments)


def month_ends(first: dt.date, last: dt.date, *, months: int = MONTHS) -> list[dt.date]:
    """The first days of up to `months` months, each of which looks back on a whole month before;
    after the day `first` and not after `last`, the earliest first.

    >>> [day.isoformat() for day in month_ends(dt.date(2026, 1, 20), dt.date(2026, 4, 3))]
    ['2026-02-01', '2026-03-01', '2026-04-01']
    """
    found: list[dt.date] = []
    day = last.replace(day=1)
    while day > first and len(found) < months:
        found.append(day)
        day = (day - dt.timedelta(days=1)).replace(day=1)
    return found[::-1]
