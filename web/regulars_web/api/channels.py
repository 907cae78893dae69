"""How the shop reaches its customers: channels, mail server, receiver, hours, consent.

Passwords and keys go in and never come out.
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.delivery.public import public_address
from regulars_platform.delivery.quiet_hours import keep_quiet_hours, quiet_hours
from regulars_platform.delivery.secret_files import read_secret
from regulars_platform.dispatch.settling import check_mail_server, keep_mail_server, keep_receiver
from regulars_platform.dispatch.smtp import smtp_settings
from regulars_platform.dispatch.transports import DownError
from regulars_platform.dispatch.webhook import webhook_settings
from regulars_platform.errors import NotFoundError
from regulars_platform.reach.gate import consent_required, keep_consent_required
from regulars_platform.shops.channels import (
    CHANNELS,
    MOST_PER_MINUTE,
    channel_use,
    keep_channel_use,
)
from regulars_platform.shops.practice import HasPractice
from regulars_platform.shops.tables import Shop
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, Key
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Line, Model, Money, money
from regulars_web.edge import reading
from regulars_web.formats import sentence

area = Area(
    "channels",
    "How the shop reaches its customers (docs/delivery.md): channels, mail server, receiver, quiet"
    " hours, consent. Passwords and keys are never told.",
)

Way = Literal["list", "smtp", "webhook", "calls"]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["21:00"])]
Asked = Literal["email", "sms", "phone", "chat"]
PerMinute = Annotated[int, Field(ge=1, le=MOST_PER_MINUTE)]
Address = Annotated[str, Field(max_length=2_000, pattern=NO_CONTROLS)]
ShortText = Annotated[str, Field(max_length=200, pattern=NO_CONTROLS)]


class ChannelAsked(Model):
    """How the shop uses a channel."""

    via: Way
    """By lists, the mail server, the receiver, or call lists; not every channel knows all."""
    price: Money
    """Of one contact; of text messages, of one segment."""
    per_minute: PerMinute = 60
    """At most so many messages in a minute."""


class ChannelShown(Model):
    """A channel."""

    channel: str
    label: str
    reaches: Literal["persons", "audience"]
    ways: list[Way]
    via: Way
    price: Money
    per_minute: Count


class MailServerAsked(Model):
    """A mail server."""

    host: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_CONTROLS)]
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """Left out: the usual one."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: ShortText = ""
    password: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    """Left out: the one that was kept before stays."""
    sender: ShortText
    sender_name: Annotated[str, Field(max_length=100, pattern=NO_CONTROLS)] = ""


class MailServerKept(Model):
    """The mail server; all empty where none is kept."""

    host: str | None
    port: Count | None
    security: str | None
    user: str | None
    sender: str | None
    sender_name: str | None
    has_password: bool


class MailServerChecked(Model):
    """Whether the mail server took user and password."""

    works: bool
    problem: str | None


class ReceiverAsked(Model):
    """A tool of the shop that takes messages by signed calls."""

    url: Address = ""
    """Empty: none."""
    allowed: Annotated[list[Line], Field(max_length=50, default_factory=list)]
    """Hosts that may be private or go without https."""
    at_once: Annotated[int, Field(ge=1, le=1_000)] = 50
    public_address: Address = ""
    """Under which the world reaches this installation: for links and for what tools report."""


class ReceiverKept(ReceiverAsked):
    """The receiver."""

    has_key: bool
    """A key signs the calls; people read it on the page."""


class QuietHoursShown(Model):
    """On the shop's clock, over midnight where the start is later; equal: there are none."""

    start: Clock
    end: Clock


class ConsentsShown(Model):
    """Channels by which only those are contacted who said yes."""

    required: Annotated[list[Asked], Field(max_length=4)]


@area.get("/channels", scope=Scope.READ_SETTINGS)
def list_channels(call: Call) -> Answer[list[ChannelShown]]:
    """Every channel, and how the shop uses it."""
    return Answer[list[ChannelShown]](data=[_channel(call.shop, name) for name in CHANNELS])


@area.put(
    "/channels/{channel}",
    scope=Scope.WRITE_SETTINGS,
    example={"via": "list", "price": "0.06", "per_minute": 60},
)
def set_channel(
    call: Call, work: Session, channel: Key, body: ChannelAsked
) -> Answer[ChannelShown]:
    """Say how the shop uses a channel, and what a contact costs."""
    if channel not in CHANNELS:
        raise NotFoundError(Sentence(N_("There is no such channel.")))
    row = work.get_one(Shop, call.shop_id)
    keep_channel_use(work, row, call.shop_id, channel, body.model_dump())
    return Answer[ChannelShown](data=_channel(row, channel))


@area.get("/mail-server", scope=Scope.READ_SETTINGS)
def get_mail_server(call: Call, work: Session) -> Answer[MailServerKept]:
    """The mail server, without its password."""
    return _mail_server(call, work)


@area.put(
    "/mail-server",
    scope=Scope.WRITE_SETTINGS,
    example={"host": "smtp.example.org", "user": "shop", "sender": "shop@example.org"},
)
def set_mail_server(call: Call, work: Session, body: MailServerAsked) -> Answer[MailServerKept]:
    """Keep a mail server."""
    raw = {name: "" if value is None else value for name, value in body.model_dump().items()}
    keep_mail_server(work, call.settings, call.shop_id, raw, body.password or "")
    return _mail_server(call, work)


@area.delete("/mail-server", scope=Scope.WRITE_SETTINGS)
def forget_mail_server(call: Call, work: Session) -> None:
    """Forget the mail server and its password."""
    keep_mail_server(work, call.settings, call.shop_id, {"host": ""}, "")


@area.post("/mail-server/check", scope=Scope.WRITE_SETTINGS, reads=True)
def check_mail(call: Call) -> Answer[MailServerChecked]:
    """Connect to the mail server and sign in; nothing is sent."""
    with reading() as work:
        row = work.get_one(Shop, call.shop_id)
        work.expunge(row)
    problem = Sentence(N_("Keep a mail server first."))
    try:
        works = check_mail_server(call.settings, row)
    except DownError as down:
        works, problem = False, down.problem
    return Answer[MailServerChecked](
        data=MailServerChecked(works=works, problem=None if works else sentence(problem))
    )


@area.get("/receiver", scope=Scope.READ_SETTINGS)
def get_receiver(call: Call, work: Session) -> Answer[ReceiverKept]:
    """The tool that takes messages by signed calls, without the key that signs them."""
    return _receiver(call, work)


@area.put(
    "/receiver",
    scope=Scope.WRITE_SETTINGS,
    example={"url": "https://tool.example.org/messages", "public_address": "https://r.example.org"},
)
def set_receiver(call: Call, work: Session, body: ReceiverAsked) -> Answer[ReceiverKept]:
    """Keep where signed calls go; a key is made where there is none."""
    raw = {**body.model_dump(), "allowed": " ".join(body.allowed)}
    keep_receiver(work, call.settings, call.shop_id, raw)
    return _receiver(call, work)


@area.get("/quiet-hours", scope=Scope.READ_SETTINGS)
def get_quiet_hours(call: Call) -> Answer[QuietHoursShown]:
    """The hours in which nothing is sent."""
    found = quiet_hours(call.shop)
    return Answer[QuietHoursShown](data=_hours(found.start, found.end))


@area.put("/quiet-hours", scope=Scope.WRITE_SETTINGS, example={"start": "21:00", "end": "09:00"})
def set_quiet_hours(call: Call, work: Session, body: QuietHoursShown) -> Answer[QuietHoursShown]:
    """Keep the hours in which nothing is sent; messages wait until they are over."""
    kept = keep_quiet_hours(work, call.shop_id, {"from": body.start, "to": body.end})
    return Answer[QuietHoursShown](data=_hours(kept.start, kept.end))


@area.get("/consents", scope=Scope.READ_SETTINGS)
def get_consents(call: Call, work: Session) -> Answer[ConsentsShown]:
    """The channels by which only those are contacted who said yes."""
    return _consents(call, work)


@area.put("/consents", scope=Scope.WRITE_SETTINGS, example={"required": ["sms"]})
def set_consents(call: Call, work: Session, body: ConsentsShown) -> Answer[ConsentsShown]:
    """Ask for a yes on these channels, from the next draw, list and message on."""
    keep_consent_required(work, call.shop_id, body.required)
    return _consents(call, work)


def _channel(shop: HasPractice, name: str) -> ChannelShown:
    use, channel = channel_use(shop, name), CHANNELS[name]
    return ChannelShown.model_validate(
        {
            "channel": name,
            "label": sentence(Sentence(channel.label)),
            "reaches": channel.reaches,
            "ways": list(channel.ways),
            "via": use.via,
            "price": money(use.price),
            "per_minute": use.per_minute,
        }
    )


def _mail_server(call: Call, work: Session) -> Answer[MailServerKept]:
    found = smtp_settings(work.get_one(Shop, call.shop_id))
    return Answer[MailServerKept](
        data=MailServerKept(
            host=None if found is None else found.host,
            port=None if found is None else found.port,
            security=None if found is None else found.security,
            user=None if found is None else found.user,
            sender=None if found is None else found.sender,
            sender_name=None if found is None else found.sender_name,
            has_password=read_secret(call.settings, call.shop_id, "smtp-password") is not None,
        )
    )


def _receiver(call: Call, work: Session) -> Answer[ReceiverKept]:
    row = work.get_one(Shop, call.shop_id)
    found = webhook_settings(row)
    return Answer[ReceiverKept](
        data=ReceiverKept(
            url="" if found is None else found.url,
            allowed=[] if found is None else list(found.allowed),
            at_once=50 if found is None else found.at_once,
            public_address=public_address(row),
            has_key=read_secret(call.settings, call.shop_id, "webhook-key") is not None,
        )
    )


def _hours(start: dt.time, end: dt.time) -> QuietHoursShown:
    return QuietHoursShown(start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def _consents(call: Call, work: Session) -> Answer[ConsentsShown]:
    required = sorted(consent_required(work, call.shop_id))
    return Answer[ConsentsShown](data=ConsentsShown.model_validate({"required": required}))
