"""Saving segments, and counting whom a rule holds for."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.segments.counting import mean_value
from regulars_platform.segments.rules import Rule, rule_expression, rule_json
from regulars_platform.segments.tables import Segment
from regulars_platform.words import N_, Sentence

MAX_NAME = 200
SHOWN = ("customer_id", "orders", "average_order_value", "spend")
"""What a preview shows of a customer."""


class SegmentNameError(RegularsError):
    """A segment's name is missing, too long, or taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentPreview:
    """Whom a rule holds for.

    count: of `total` customers; orders: theirs so far; spend: theirs so far, net, in currency
    units; average_order_value: the mean over those who have one; rows: the biggest spenders first,
    with customer_id, orders, average_order_value and spend.
    """

    count: int
    total: int
    orders: int
    spend: float
    average_order_value: float | None
    rows: tuple[dict[str, object], ...]


def count_and_preview(features: pl.LazyFrame, rule: Rule, *, rows: int = 10) -> SegmentPreview:
    """Count the customers of the feature frame for whom the rule holds, and show the first."""
    return preview_of(apply_rule(features, rule), rows=rows)


def apply_rule(features: pl.LazyFrame, rule: Rule) -> pl.DataFrame:
    """Every customer with what a preview shows, and in `held` whether the rule holds: worked out
    once for all that is shown of it."""
    # a rule that holds for everybody is a single True: stretch it over the rows
    held = rule_expression(rule) & pl.col("customer_id").is_not_null()
    return features.select(*SHOWN, held.alias("held")).collect()


def preview_of(applied: pl.DataFrame, *, rows: int = 10) -> SegmentPreview:
    """What `apply_rule` found, counted; the first `rows` shown."""
    inside = applied.filter("held")
    first = inside.top_k(
        rows, by=[pl.col("spend"), pl.col("customer_id")], reverse=[False, True]
    ).sort(["spend", "customer_id"], descending=[True, False])
    return SegmentPreview(
        count=inside.height,
        total=applied.height,
        orders=int(inside["orders"].sum()),
        # a sum of floats differs in its last digits from run to run
        spend=round(float(inside["spend"].sum()), 2),
        average_order_value=mean_value(inside["average_order_value"]),
        rows=tuple(first.drop("held").iter_rows(named=True)),
    )


def save_segment(
    session: Session, *, shop_id: int, name: str, rule: Rule, now: dt.datetime
) -> Segment:
    """Keep a rule under a name that no other segment of the shop has."""
    segment = Segment(
        shop_id=shop_id,
        name=_free_name(session, shop_id, name, None),
        rule=rule_json(rule),
        created_at=now,
        changed_at=now,
    )
    session.add(segment)
    session.flush()
    return segment


def list_segments(session: Session, shop_id: int) -> list[Segment]:
    """The shop's segments by name."""
    return list(
        session.scalars(select(Segment).where(Segment.shop_id == shop_id).order_by(Segment.name))
    )


def get_segment(session: Session, shop_id: int, segment_id: int) -> Segment:
    """One segment of the shop; NotFoundError where there is none."""
    segment = session.get(Segment, segment_id)
    if segment is None or segment.shop_id != shop_id:
        raise NotFoundError(
            Sentence(N_("There is no such segment in this shop.")),
            Sentence(N_("It may have been deleted: go back to the list of segments.")),
        )
    return segment


def rename_segment(
    session: Session, *, shop_id: int, segment_id: int, name: str, now: dt.datetime
) -> Segment:
    """Give a segment another name."""
    segment = get_segment(session, shop_id, segment_id)
    segment.name = _free_name(session, shop_id, name, segment_id)
    segment.changed_at = now
    session.flush()
    return segment


def change_rule(
    session: Session, *, shop_id: int, segment_id: int, rule: Rule, now: dt.datetime
) -> Segment:
    """Give a segment another rule. Launched campaigns keep the rule that they froze."""
    segment = get_segment(session, shop_id, segment_id)
    segment.rule = rule_json(rule)
    segment.changed_at = now
    session.flush()
    return segment


def delete_segment(session: Session, *, shop_id: int, segment_id: int) -> None:
    """Delete a segment. Campaigns hold copies of their rules, so none of them changes."""
    session.delete(get_segment(session, shop_id, segment_id))
    session.flush()


def _free_name(session: Session, shop_id: int, name: str, own_id: int | None) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise SegmentNameError(
            Sentence(N_("A segment needs a name.")),
            Sentence(N_("Name it so that you recognise it in a plan.")),
            field="name",
        )
    if len(clean) > MAX_NAME:
        raise SegmentNameError(
            Sentence(
                N_("A name has at most %(limit)s characters, this one has %(found)s."),
                {"limit": MAX_NAME, "found": len(clean)},
            ),
            field="name",
        )
    taken = session.scalar(
        select(Segment.id).where(Segment.shop_id == shop_id, Segment.name == clean)
    )
    if taken is not None and taken != own_id:
        raise SegmentNameError(
            Sentence(N_("There is already a segment called %(name)s."), {"name": clean}),
            Sentence(N_("Choose another name, or change that segment.")),
            field="name",
        )
    return clean
