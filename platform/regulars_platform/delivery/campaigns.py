"""Sending to an arm of a launched campaign, instead of handing its list out."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import TreatmentArm
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, get_launched
from regulars_platform.delivery.addresses import barred_addresses
from regulars_platform.delivery.links import short_link
from regulars_platform.delivery.lists import TreatedArm, contacted, launched_arm, told_of
from regulars_platform.delivery.outbox import Mailing, Queued, addressed, queue_messages
from regulars_platform.delivery.service import reasons_of_arm
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.delivery.templates import MessageTemplate, MissingValueError, get_template
from regulars_platform.delivery.text_length import Length, text_length
from regulars_platform.errors import NotFoundError
from regulars_platform.offers.titles import Titled
from regulars_platform.reach.gate import SAME_ADDRESS
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.words import N_, Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """What queueing would mean, before anybody is queued.

    drawn = messages + known + no_address + the sums of barred and no_value. drawn: customers of the
    arm; messages: who would get one; known: who was queued before, whatever became of it; barred:
    reason of the gate -> customers; no_value: first variable without a value -> customers;
    segments: text segments of all messages together (of sms; else as many as messages); longest: of
    one; examples: the first messages in full (customer id, subject, text), also of the known.
    """

    drawn: int
    messages: int
    known: int
    barred: Mapping[str, int]
    no_address: int
    no_value: Mapping[str, int]
    segments: int
    longest: Length | None
    examples: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmMailing:
    """Which arm of which campaign is to be written to, and in which words."""

    shop_id: int
    campaign_id: int
    arm: str
    template_id: int


def arm_at(campaign: LaunchedCampaign, place: int) -> TreatmentArm:
    """The treated arm at a place, 1, 2, .. Raises NotFoundError."""
    if not 1 <= place <= len(campaign.plan.arms):
        raise NotFoundError(Sentence(N_("There is no such arm.")))
    return campaign.plan.arms[place - 1]


def queue_arm(
    session: Session,
    settings: Settings,
    asked: ArmMailing,
    *,
    send_at: dt.datetime,
    now: dt.datetime,
    titled: Titled | None = None,
) -> Queued:
    """Queue a message to everybody of a treated arm who may be contacted; once, however often.

    titled: the offer in words, for launches that froze none (see `TreatedArm`).

    Raises HoldoutContactError, ArmNotFoundError, NotLaunchedError, CannotQueueError, NotFoundError.
    """
    campaign, mailing = _mailing(session, asked, send_at, titled)
    ledger = campaign_ledger(settings, campaign)
    barred = reasons_of_arm(session, settings, campaign, asked.arm, ledger, now=now)
    rows = _rows(session, campaign, mailing, ledger, barred["customer_id"])
    return queue_messages(session, settings, mailing, rows, now=now)


def foresee_arm(
    session: Session,
    settings: Settings,
    asked: ArmMailing,
    *,
    now: dt.datetime,
    most_examples: int = 3,
    titled: Titled | None = None,
) -> Foreseen:
    """The same without queueing: how many, how long, and what the first would read."""
    campaign, mailing = _mailing(session, asked, now, titled)
    template = get_template(session, asked.shop_id, asked.template_id)
    shop = session.get_one(Shop, asked.shop_id)
    ledger = campaign_ledger(settings, campaign).filter(pl.col("arm") == asked.arm)
    barred = reasons_of_arm(session, settings, campaign, asked.arm, ledger, now=now)
    theirs = _rows(session, campaign, mailing, ledger, barred["customer_id"])
    rows = addressed(settings, mailing, theirs, shop_name=shop.name)
    before = _queued_before(session, asked)
    known = frozenset(before)
    names = pl.Series(before, dtype=pl.String).implode()
    told = rows["address"].drop_nulls().unique().to_list()
    day = now.astimezone(ZoneInfo(shop.timezone)).date()
    silent = barred_addresses(session, settings, asked.shop_id, mailing.channel, told, day=day)
    found = _Tally(template, silent)
    for row in rows.iter_rows(named=True):
        found.take(row, most_examples, known=row["customer_id"] in known)
    reasons = barred.filter(~pl.col("customer_id").is_in(names))["barred"]
    return Foreseen(
        drawn=ledger.height,
        messages=found.messages,
        known=ledger.filter(pl.col("customer_id").is_in(names)).height,
        barred=_with_silent(dict(reasons.value_counts().iter_rows()), found.silent),
        no_address=found.no_address,
        no_value=found.no_value,
        segments=found.segments,
        longest=found.longest,
        examples=tuple(found.examples),
    )


class _Tally:
    def __init__(self, template: MessageTemplate, silent: Collection[str]) -> None:
        self.template = template
        self.silent_addresses = silent
        self.messages = self.no_address = self.segments = self.silent = 0
        self.no_value: dict[str, int] = {}
        self.longest: Length | None = None
        self.examples: list[tuple[str, str, str]] = []

    def take(self, row: Mapping[str, str | None], most_examples: int, *, known: bool) -> None:
        if not (row["address"] or "").strip():
            self.no_address += not known
            return
        if row["address"] in self.silent_addresses:
            self.silent += not known
            return
        try:
            subject, text = self.template.render(row)
        except MissingValueError as error:
            if not known:
                name = str(error.problem.parameters["name"])
                self.no_value[name] = self.no_value.get(name, 0) + 1
            return
        if len(self.examples) < most_examples:
            self.examples.append((row["customer_id"] or "", subject, text))
        if known:
            return
        self.messages += 1
        length = text_length(text)
        self.segments += length.segments if self.template.channel == "sms" else 1
        if self.longest is None or length.characters > self.longest.characters:
            self.longest = length


def _mailing(
    session: Session, asked: ArmMailing, send_at: dt.datetime, titled: Titled | None
) -> tuple[LaunchedCampaign, Mailing]:
    campaign = get_launched(session, asked.shop_id, asked.campaign_id)
    arm = launched_arm(campaign, asked.arm, titled)
    channel = next(one.channel for one in campaign.plan.arms if one.name == arm.name)
    mailing = Mailing(
        shop_id=asked.shop_id,
        source="campaign",
        source_id=campaign.id,
        arm=arm,
        channel=channel,
        template_id=asked.template_id,
        send_at=send_at,
    )
    return campaign, mailing


def _rows(
    session: Session,
    campaign: LaunchedCampaign,
    mailing: Mailing,
    ledger: pl.DataFrame,
    barred: pl.Series,
) -> pl.DataFrame:
    """The arm's contact list as rows with variables."""
    arm = mailing.arm
    theirs = contacted(arm, ledger, suppressed=barred.to_list())
    link = short_link(
        session, mailing.shop_id, source="campaign", source_id=campaign.id, arm=arm.name
    )
    told = [_told(arm, own) for own in theirs["threshold"]]
    return theirs.select("customer_id", "code").with_columns(
        pl.Series("offer", [words for words, _ in told], dtype=pl.String),
        pl.Series("threshold", [amount for _, amount in told], dtype=pl.String),
        pl.lit(link, pl.String).alias("link"),
    )


def _with_silent(barred: dict[str, int], count: int) -> dict[str, int]:
    """The reasons with those who are reached at the address of somebody who is not to be."""
    return barred | ({SAME_ADDRESS: barred.get(SAME_ADDRESS, 0) + count} if count else {})


def _queued_before(session: Session, asked: ArmMailing) -> list[str]:
    """Customers of the arm who have a message of this campaign, whatever became of it."""
    return list(
        session.scalars(
            select(MessageRow.customer_id).where(
                MessageRow.shop_id == asked.shop_id,
                MessageRow.source == "campaign",
                MessageRow.source_id == asked.campaign_id,
                MessageRow.arm == asked.arm,
            )
        )
    )


def _told(arm: TreatedArm, own: int | None) -> tuple[str | None, str | None]:
    words, amount = told_of(arm, own)
    return words or None, None if amount is None else str(amount)
