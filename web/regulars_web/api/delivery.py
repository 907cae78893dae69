"""Sending to the arms of a campaign."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.service import get_launched
from regulars_platform.delivery.address_gaps import check_own_address
from regulars_platform.delivery.campaigns import (
    ArmMailing,
    Foreseen,
    arm_at,
    foresee_arm,
    queue_arm,
)
from regulars_platform.delivery.links import keep_link, links_of
from regulars_platform.delivery.templates import get_template
from regulars_platform.dispatch.jobs import enqueue_sending
from regulars_platform.dispatch.trial import send_trial
from regulars_platform.programmes.service import templates_to_send
from regulars_platform.shops.channels import CALLS, SENDING, channel_use
from regulars_platform.shops.tables import Shop
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Id, Model, Moment
from regulars_web.edge import reading
from regulars_web.formats import sentence
from regulars_web.words.plans import offer_told

area = Area(
    "delivery",
    "Messages (docs/delivery.md): sending to the arms of a campaign, and what became of it.",
)


class LinkShown(Model):
    """The short link of an arm."""

    code: str
    target: str
    clicks: Count


class ArmShown(Model):
    """A treated arm, and how it is contacted."""

    place: Count
    """1, 2, ...: addresses go by it."""
    arm: str
    channel: str
    via: str
    sends: bool
    """Its messages leave, or its calls are listed, from here; else there is a list to download."""
    templates: list[Id]
    """That can be used."""
    link: LinkShown | None


class TemplateQuery(Model):
    """Which words."""

    template_id: Id


class ForeseenShown(Model):
    """What queueing would mean: drawn = messages + known + no_address + barred + no_value."""

    drawn: Count
    messages: Count
    known: Count
    """Queued before, whatever became of it."""
    barred: dict[str, int]
    """Reason -> customers."""
    no_address: Count
    no_value: dict[str, int]
    """Variable -> customers who have none."""
    segments: Count
    """Of text messages, all together."""


class ExampleShown(Model):
    """A message as a customer would read it."""

    customer_id: str
    subject: str
    text: str


class QueueBody(Model):
    """What to send, and when."""

    template_id: Id
    send_at: Moment | None = None
    """Left out: now. Quiet hours are kept in any case."""


class QueuedShown(Model):
    """What became of everybody: given = queued + known + incomplete + barred."""

    batch_id: Id | None
    """Null: nothing new was queued."""
    given: Count
    queued: Count
    known: Count
    incomplete: Count
    """Without an address or a value; kept as failed."""
    barred: dict[str, int]


class TrialBody(Model):
    """Where the test goes."""

    template_id: Id
    address: Annotated[str, Field(min_length=1, max_length=320, pattern=NO_CONTROLS)]
    """Of one's own, of the arm's channel."""


class TrialShown(Model):
    """What became of a test."""

    taken: bool
    problem: str | None


class LinkBody(Model):
    """Where the arm's short link leads."""

    target: Annotated[str, Field(min_length=1, max_length=2_000, pattern=NO_CONTROLS)]


@area.get("/campaigns/{campaign_id}/delivery", scope=Scope.READ_CAMPAIGNS, also=(409,))
def get_delivery(call: Call, work: Session, campaign_id: Id) -> Answer[list[ArmShown]]:
    """The treated arms, how each is contacted, and the templates that fit."""
    return Answer[list[ArmShown]](data=_arms(call, work, campaign_id))


@area.get(
    "/campaigns/{campaign_id}/delivery/{place}/foreseen",
    scope=Scope.READ_CAMPAIGNS,
    also=(409,),
)
def foresee_messages(
    call: Call, work: Session, campaign_id: Id, place: Id, query: TemplateQuery
) -> Answer[ForeseenShown]:
    """What queueing would mean; nobody is queued."""
    found = _foreseen(call, work, _mailing(call, work, campaign_id, place, query.template_id), 0)
    names = ForeseenShown.model_fields
    return Answer[ForeseenShown](
        data=ForeseenShown.model_validate({name: getattr(found, name) for name in names})
    )


@area.get(
    "/campaigns/{campaign_id}/delivery/{place}/examples",
    scope=Scope.READ_CONTACTS,
    also=(409,),
)
def show_example_messages(
    call: Call, work: Session, campaign_id: Id, place: Id, query: TemplateQuery
) -> Answer[list[ExampleShown]]:
    """The first messages in full."""
    found = _foreseen(call, work, _mailing(call, work, campaign_id, place, query.template_id), 3)
    shown = [
        ExampleShown(customer_id=customer, subject=subject, text=text)
        for customer, subject, text in found.examples
    ]
    return Answer[list[ExampleShown]](data=shown)


@area.post(
    "/campaigns/{campaign_id}/delivery/{place}/queue",
    scope=Scope.SEND,
    example={"template_id": 1},
)
def queue_messages_of_arm(
    call: Call, work: Session, campaign_id: Id, place: Id, body: QueueBody
) -> Answer[QueuedShown]:
    """Send to everybody of an arm who may be contacted; once, however often it is asked."""
    asked = _mailing(call, work, campaign_id, place, body.template_id)
    made = queue_arm(
        work,
        call.settings,
        asked,
        send_at=body.send_at or call.now,
        now=call.now,
        titled=offer_told,
    )
    enqueue_sending(work, call.shop_id, now=call.now)
    return Answer[QueuedShown](
        data=QueuedShown.model_validate(
            {name: getattr(made, name) for name in QueuedShown.model_fields}
        )
    )


@area.post(
    "/campaigns/{campaign_id}/delivery/{place}/test",
    scope=Scope.SEND,
    example={"template_id": 1, "address": "me@example.org"},
)
def send_test_message(
    call: Call, campaign_id: Id, place: Id, body: TrialBody
) -> Answer[TrialShown]:
    """Send the first message to an address of one's own; nobody else is touched."""
    with reading() as work:
        asked = _mailing(call, work, campaign_id, place, body.template_id)
        channel = get_template(work, call.shop_id, body.template_id).channel
        foreseen = _foreseen(call, work, asked, 1)
        row = work.get_one(Shop, call.shop_id)
        work.expunge(row)
    check_own_address(channel, body.address)
    outcome = send_trial(
        call.settings, row, foreseen, channel=channel, address=body.address, now=call.now
    )
    taken = outcome.fate in ("accepted", "delivered")
    said = sentence(outcome.problem) if outcome.problem else None
    return Answer[TrialShown](data=TrialShown(taken=taken, problem=None if taken else said))


@area.put(
    "/campaigns/{campaign_id}/delivery/{place}/link",
    scope=Scope.SEND,
    example={"target": "https://shop.example.org/autumn"},
)
def set_arm_link(
    call: Call, work: Session, campaign_id: Id, place: Id, body: LinkBody
) -> Answer[LinkShown]:
    """Say where the short link of an arm leads; its code stays the same."""
    arm = arm_at(get_launched(work, call.shop_id, campaign_id), place)
    keep_link(
        work,
        call.shop_id,
        source="campaign",
        source_id=campaign_id,
        arm=arm.name,
        target=body.target,
        now=call.now,
    )
    links = links_of(work, call.shop_id, source="campaign", source_id=campaign_id)
    return Answer[LinkShown](data=_link(links[arm.name]))


def _arms(call: Call, work: Session, campaign_id: int) -> list[ArmShown]:
    campaign = get_launched(work, call.shop_id, campaign_id)
    row = work.get_one(Shop, call.shop_id)
    links = links_of(work, call.shop_id, source="campaign", source_id=campaign_id)
    shown = []
    for place, arm in enumerate(campaign.plan.arms, start=1):
        via, kept = channel_use(row, arm.channel).via, links.get(arm.name)
        sends = via in (*SENDING, CALLS)
        fitting = templates_to_send(work, call.shop_id, arm.channel) if sends else []
        shown.append(
            ArmShown(
                place=place,
                arm=arm.name,
                channel=arm.channel,
                via=via,
                sends=sends,
                templates=[one.id for one in fitting],
                link=None if kept is None else _link(kept),
            )
        )
    return shown


def _mailing(
    call: Call, work: Session, campaign_id: int, place: int, template_id: int
) -> ArmMailing:
    arm = arm_at(get_launched(work, call.shop_id, campaign_id), place)
    return ArmMailing(
        shop_id=call.shop_id, campaign_id=campaign_id, arm=arm.name, template_id=template_id
    )


def _foreseen(call: Call, work: Session, asked: ArmMailing, examples: int) -> Foreseen:
    return foresee_arm(
        work, call.settings, asked, now=call.now, most_examples=examples, titled=offer_told
    )


def _link(found: tuple[str, str, int]) -> LinkShown:
    code, target, clicks = found
    return LinkShown(code=code, target=target, clicks=clicks)
