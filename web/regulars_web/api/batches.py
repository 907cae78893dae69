"""Messages that were queued together: where they stand, and what a person decides about them."""

from typing import Literal

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.service import get_launched
from regulars_platform.dispatch.control import (
    BatchStanding,
    get_batch,
    leave_unsure,
    list_batches,
    problems_of,
    resume_batch,
    send_unsure_again,
    stop_batch,
)
from regulars_platform.dispatch.jobs import enqueue_sending
from regulars_platform.programmes.service import get_programme
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import Answer, Count, Id, Model, Moment, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.formats import sentence

area = Area(
    "batches", "Messages that were queued together (docs/delivery.md), and decisions about them."
)


class BatchShown(Model):
    """Messages that were queued together."""

    id: Id
    source: Literal["campaign", "programme"]
    source_id: Id
    arm: str
    channel: str
    via: str
    state: str
    """running or stopped."""
    subject: str
    body: str
    counts: dict[str, int]
    """State -> messages, all states."""
    problem: str | None
    """Why it waits."""
    send_at: Moment
    next_at: Moment
    """Nothing leaves before."""
    created_at: Moment


class TroubleShown(Model):
    """A message that went wrong."""

    customer_id: str
    state: str
    problem: str


class Decided(Model):
    """How many messages a decision was about."""

    messages: Count


@area.get("/campaigns/{campaign_id}/batches", scope=Scope.READ_CAMPAIGNS, also=(409,))
def list_campaign_batches(
    call: Call, work: Session, campaign_id: Id, query: PageQuery
) -> Page[BatchShown]:
    """The messages of a campaign that were queued together, the latest first."""
    get_launched(work, call.shop_id, campaign_id)
    return _batches(call, work, "campaign", campaign_id, query)


@area.get("/programmes/{programme_id}/batches", scope=Scope.READ_PROGRAMMES)
def list_programme_batches(
    call: Call, work: Session, programme_id: Id, query: PageQuery
) -> Page[BatchShown]:
    """The messages of a programme that were queued together, the latest first."""
    get_programme(work, call.shop_id, programme_id)
    return _batches(call, work, "programme", programme_id, query)


@area.get("/batches/{batch_id}", scope=Scope.READ_CAMPAIGNS)
def get_one_batch(call: Call, work: Session, batch_id: Id) -> Answer[BatchShown]:
    """Where a batch stands."""
    return _batch(call, work, batch_id)


@area.get("/batches/{batch_id}/problems", scope=Scope.READ_CONTACTS)
def list_batch_problems(call: Call, work: Session, batch_id: Id) -> Answer[list[TroubleShown]]:
    """The latest messages of a batch that went wrong, 500 at most."""
    get_batch(work, call.shop_id, batch_id)
    found = problems_of(work, call.shop_id, batch_id, limit=500)
    return Answer[list[TroubleShown]](
        data=[
            TroubleShown(customer_id=customer, state=state, problem=sentence(problem))
            for customer, state, problem in found
        ]
    )


@area.post("/batches/{batch_id}/stop", scope=Scope.SEND)
def stop_one_batch(call: Call, work: Session, batch_id: Id) -> Answer[BatchShown]:
    """Let nothing more of it leave."""
    stop_batch(work, call.shop_id, batch_id)
    return _batch(call, work, batch_id)


@area.post("/batches/{batch_id}/resume", scope=Scope.SEND)
def resume_one_batch(call: Call, work: Session, batch_id: Id) -> Answer[BatchShown]:
    """Let it go on at once, whatever it waited for."""
    resume_batch(work, call.shop_id, batch_id, now=call.now)
    enqueue_sending(work, call.shop_id, now=call.now)
    return _batch(call, work, batch_id)


@area.post("/batches/{batch_id}/send-unsure-again", scope=Scope.SEND)
def send_unsure_messages_again(call: Call, work: Session, batch_id: Id) -> Answer[Decided]:
    """Queue those again of which nobody knows; some may get the message twice."""
    done = send_unsure_again(work, call.shop_id, batch_id, now=call.now)
    enqueue_sending(work, call.shop_id, now=call.now)
    return Answer[Decided](data=Decided(messages=done))


@area.post("/batches/{batch_id}/leave-unsure", scope=Scope.SEND)
def leave_unsure_messages(call: Call, work: Session, batch_id: Id) -> Answer[Decided]:
    """Leave those of which nobody knows as they are; they count as not arrived."""
    done = leave_unsure(work, call.shop_id, batch_id, now=call.now)
    return Answer[Decided](data=Decided(messages=done))


def _batches(
    call: Call, work: Session, source: str, source_id: int, query: PageQuery
) -> Page[BatchShown]:
    found = list_batches(work, call.shop_id, source=source, source_id=source_id)
    return paged(found, query, _batch_shown, lambda one: (one.id,), descending=True)


def _batch(call: Call, work: Session, batch_id: int) -> Answer[BatchShown]:
    return Answer[BatchShown](data=_batch_shown(get_batch(work, call.shop_id, batch_id)))


def _batch_shown(batch: BatchStanding) -> BatchShown:
    return BatchShown.model_validate(
        {
            **{name: getattr(batch, name) for name in BatchShown.model_fields},
            "counts": dict(batch.counts),
            "problem": None if batch.problem is None else sentence(batch.problem),
        }
    )
