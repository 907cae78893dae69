"""Segments: rules under a name, whom a rule holds for, and how many they were."""

import datetime as dt
from typing import Literal

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.errors import NotFoundError
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.segments.download import customers_csv
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.jobs import KIND
from regulars_platform.segments.looking import look_through
from regulars_platform.segments.overlap import measure_overlaps
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.portrait import Aspect, draw_portrait
from regulars_platform.segments.ready_made import PRESETS
from regulars_platform.segments.rules import Rule, rule_json
from regulars_platform.segments.service import (
    change_rule,
    delete_segment,
    get_segment,
    list_segments,
    rename_segment,
    save_segment,
)
from regulars_platform.segments.sizes import Size, sizes_of
from regulars_platform.segments.tables import Segment
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import Answer, Count, Document, Id, Json, Line, Model, Moment, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.drafts.groups import usual_rules
from regulars_web.looking_at_customers import Customers, find_customers
from regulars_web.words.rules import rule_text

area = Area("segments", "Segments: rules over what is known of customers (docs/segments.md).")

RULE = {"feature": "recency_days", "op": ">", "value": 90}


class SegmentAsked(Model):
    """A segment to keep."""

    name: Line
    rule: Json
    """docs/segments.md says how rules are written."""


class RuleAsked(Model):
    """A rule to look at; nothing is kept."""

    rule: Json


class SegmentShown(Model):
    """A saved segment."""

    id: Id
    name: str
    rule: Document
    said: str
    """The rule in words."""
    created_at: Moment
    changed_at: Moment


class SegmentCounted(Model):
    """Whom a rule holds for now."""

    as_of: dt.date
    customers: Count
    of: Count
    """All customers."""
    orders: Count
    """Theirs so far."""
    spend: float
    """Theirs so far, net of refunds, in the shop's currency."""
    average_order_value: float | None
    """The mean over those who have one; null where nobody has."""


class ShareShown(Model):
    """Customers of one kind."""

    level: str | None
    """null: several small or rare kinds together."""
    inside: Count
    everybody: Count


class AspectShown(Model):
    """One feature of a portrait; so few that somebody could be recognised are not told."""

    feature: str
    known_inside: Count | None
    known_everybody: Count
    unknown_inside: Count | None
    hidden: bool
    shares: list[ShareShown]


class OverlapShown(Model):
    """How far another saved segment holds the same customers."""

    segment_id: Id
    name: str
    customers: Count
    both: Count


class PortraitShown(Model):
    """Who the customers of a rule are."""

    as_of: dt.date
    aspects: list[AspectShown]
    overlaps: list[OverlapShown]


class SizeShown(Model):
    """How many a segment held as of a day."""

    as_of: dt.date
    way: Literal["seen", "recomputed"]
    """Counted when that day was the present, or later from the orders."""
    customers: Count
    of: Count


class ReadyMade(Model):
    """A ready-made group."""

    key: str
    theme: str
    title: str
    who: str
    rule: Document | None
    """As this shop would begin with it; null where something has to be asked or brought first."""


class NoCustomersError(NotFoundError):
    """There is nobody to look at yet."""

    @classmethod
    def of(cls) -> "NoCustomersError":
        """What to do about it."""
        return cls(
            Sentence(N_("There are no customers yet.")),
            Sentence(N_("They come with the first order file.")),
        )


@area.get("/segments", scope=Scope.READ_SEGMENTS)
def list_saved_segments(call: Call, work: Session, query: PageQuery) -> Page[SegmentShown]:
    """The saved segments."""
    found = list_segments(work, call.shop_id)
    return paged(found, query, lambda one: segment_shown(call, one), lambda one: (one.id,))


@area.get("/segments/ready-made", scope=Scope.READ_SEGMENTS)
def list_ready_made_segments(call: Call, query: PageQuery) -> Page[ReadyMade]:
    """The ready-made groups, each with its rule for this shop where nothing has to be asked."""
    del call
    rules = usual_rules(find_customers())
    return paged(
        PRESETS.values(),
        query,
        lambda one: ReadyMade(
            key=one.key,
            theme=one.theme,
            title=gettext(one.title),
            who=gettext(one.who),
            rule=rule_json(rules[one.key]) if one.key in rules else None,
        ),
        lambda one: (one.key,),
        kinds=(str,),
    )


@area.post(
    "/segments",
    scope=Scope.WRITE_SEGMENTS,
    status=201,
    example={"name": "Away for three months", "rule": RULE},
)
def create_segment(call: Call, work: Session, body: SegmentAsked) -> Answer[SegmentShown]:
    """Keep a rule under a name."""
    rule = parse_rule(body.rule)
    kept = save_segment(work, shop_id=call.shop_id, name=body.name, rule=rule, now=call.now)
    return Answer[SegmentShown](data=segment_shown(call, kept))


@area.post("/segments/count", scope=Scope.READ_SEGMENTS, reads=True, example={"rule": RULE})
def count_rule(call: Call, body: RuleAsked) -> Answer[SegmentCounted]:
    """Whom a rule holds for now; nothing is kept."""
    del call
    return Answer[SegmentCounted](data=_count(customers_now(), parse_rule(body.rule)))


@area.post("/segments/portrait", scope=Scope.READ_SEGMENTS, reads=True, example={"rule": RULE})
def draw_rule_portrait(call: Call, work: Session, body: RuleAsked) -> Answer[PortraitShown]:
    """Who the customers of a rule are, beside everybody; nothing is kept."""
    rule, found = parse_rule(body.rule), customers_now()
    others = list_segments(work, call.shop_id)
    rules = [parse_rule(other.rule) for other in others]
    features = for_rules(found.store, [rule, *rules], found.as_of, found.version)
    overlaps = measure_overlaps(features, rule, rules)
    return Answer[PortraitShown](
        data=PortraitShown(
            as_of=found.as_of,
            aspects=[_aspect(one) for one in draw_portrait(features, rule)],
            overlaps=[
                OverlapShown(
                    segment_id=other.id, name=other.name, customers=one.other, both=one.both
                )
                for other, one in zip(others, overlaps, strict=True)
            ],
        )
    )


@area.get("/segments/{segment_id}", scope=Scope.READ_SEGMENTS)
def get_saved_segment(call: Call, work: Session, segment_id: Id) -> Answer[SegmentShown]:
    """One saved segment."""
    return Answer[SegmentShown](
        data=segment_shown(call, get_segment(work, call.shop_id, segment_id))
    )


@area.put("/segments/{segment_id}", scope=Scope.WRITE_SEGMENTS)
def replace_segment(
    call: Call, work: Session, segment_id: Id, body: SegmentAsked
) -> Answer[SegmentShown]:
    """Change the name and the rule; launched campaigns keep theirs."""
    rule = parse_rule(body.rule)
    one = {"shop_id": call.shop_id, "segment_id": segment_id}
    rename_segment(work, **one, name=body.name, now=call.now)
    kept = change_rule(work, **one, rule=rule, now=call.now)
    return Answer[SegmentShown](data=segment_shown(call, kept))


@area.delete("/segments/{segment_id}", scope=Scope.WRITE_SEGMENTS)
def delete_saved_segment(call: Call, work: Session, segment_id: Id) -> None:
    """Forget a segment; launched campaigns keep its rule."""
    delete_segment(work, shop_id=call.shop_id, segment_id=segment_id)


@area.get("/segments/{segment_id}/count", scope=Scope.READ_SEGMENTS)
def count_segment(call: Call, work: Session, segment_id: Id) -> Answer[SegmentCounted]:
    """Whom a saved segment holds now."""
    rule = parse_rule(get_segment(work, call.shop_id, segment_id).rule)
    return Answer[SegmentCounted](data=_count(customers_now(), rule))


@area.get("/segments/{segment_id}/customers", scope=Scope.READ_CUSTOMERS)
def download_segment_customers(call: Call, work: Session, segment_id: Id) -> CsvFile:
    """Whom a segment holds now, for analysis

    It is no list to contact people by: it leaves out nobody who is held back or opted out.
    """
    rule = parse_rule(get_segment(work, call.shop_id, segment_id).rule)
    found = customers_now()
    features = for_rules(found.store, [rule], found.as_of, found.version)
    return CsvFile(customers_csv(features, rule), f"segment-{segment_id}-for-analysis.csv")


@area.get("/segments/{segment_id}/sizes", scope=Scope.READ_SEGMENTS)
def list_segment_sizes(
    call: Call, work: Session, segment_id: Id, query: PageQuery
) -> Page[SizeShown]:
    """How many it held over time, by its rule as it is now."""
    found = sizes_of(work, get_segment(work, call.shop_id, segment_id))
    return paged(found, query, _size, lambda one: (one.as_of.isoformat(),), kinds=(str,))


@area.post("/segments/sizes", scope=Scope.WRITE_SEGMENTS, status=202)
def recount_segments(call: Call, work: Session) -> Answer[JobShown]:
    """Count all segments as of past month ends, in the background; one such job at a time."""
    job = find_latest_job(work, (KIND,), call.shop_id)
    if job is None or job.is_over:
        enqueue(work, KIND, call.shop_id, call.shop_id, call.now)
        job = find_latest_job(work, (KIND,), call.shop_id)
    if job is None:
        raise LookupError("a job that was just asked for is not there")
    return Answer[JobShown](data=job_shown(job))


def customers_now() -> Customers:
    """The customers as of now. Raises NoCustomersError where there are none."""
    found = find_customers()
    if found is None:
        raise NoCustomersError.of()
    return found


def _count(found: Customers, rule: Rule) -> SegmentCounted:
    preview = look_through(found.store, found.file, rule, found.as_of, found.version).preview
    return SegmentCounted(
        as_of=found.as_of,
        customers=preview.count,
        of=preview.total,
        orders=preview.orders,
        spend=preview.spend,
        average_order_value=preview.average_order_value,
    )


def segment_shown(call: Call, segment: Segment) -> SegmentShown:
    """A segment as the interface shows it."""
    return SegmentShown(
        id=segment.id,
        name=segment.name,
        rule=dict(segment.rule),
        said=rule_text(parse_rule(segment.rule), call.shop.currency),
        created_at=segment.created_at,
        changed_at=segment.changed_at,
    )


def _aspect(one: Aspect) -> AspectShown:
    return AspectShown(
        feature=one.feature,
        # of a hidden one the counts would tell what the shares keep to themselves
        known_inside=None if one.hidden else one.inside,
        known_everybody=one.everybody,
        unknown_inside=None if one.hidden else one.unknown,
        hidden=one.hidden,
        shares=[
            ShareShown(level=share.level, inside=share.inside, everybody=share.everybody)
            for share in one.shares
        ],
    )


def _size(one: Size) -> SizeShown:
    way: Literal["seen", "recomputed"] = "seen" if one.way == "seen" else "recomputed"
    return SizeShown(as_of=one.as_of, way=way, customers=one.customers, of=one.total)
