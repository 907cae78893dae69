"""Who may not be reached by a queued message after all, and why: asked again before it leaves."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, get_launched
from regulars_platform.delivery.addresses import barred_addresses
from regulars_platform.delivery.held_beside import beside_held_out
from regulars_platform.delivery.outbox import CHUNK, message_key
from regulars_platform.delivery.tables import BatchRow
from regulars_platform.dispatch.settled import settled_keys
from regulars_platform.programmes.held_beside import beside_held_entries
from regulars_platform.programmes.tables import ProgrammeEntryRow
from regulars_platform.reach.gate import (
    GLOBAL_HOLDOUT,
    NO_CONSENT,
    OPTED_OUT,
    SAME_ADDRESS,
    open_gate,
)
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.suppressions.service import chunks
from regulars_platform.words import N_

NOT_THEIR_ARM = "not_in_arm"
SETTLED = "settled"
WHY_BARRED = {
    OPTED_OUT: N_("Opted out."),
    NO_CONSENT: N_("Did not agree to this channel."),
    GLOBAL_HOLDOUT: N_("Held back from everything."),
    SAME_ADDRESS: N_("Has the address of somebody who opted out or is held back."),
    NOT_THEIR_ARM: N_("Not in this arm."),
    SETTLED: N_("The order no longer waits for its payment."),
}


class Reached(NamedTuple):
    """Whom a message reaches, and where."""

    customer_id: str
    address: str | None


def why_barred(
    session: Session,
    settings: Settings,
    batch: BatchRow,
    chosen: Mapping[str, Reached],
    *,
    now: dt.datetime,
) -> dict[str, str]:
    """Key -> why not (see WHY_BARRED), of the messages (by key) that may not leave at this moment,
    by whatever way."""
    if not chosen:
        return {}
    shop = session.get_one(Shop, batch.shop_id)
    day = now.astimezone(ZoneInfo(shop.timezone)).date()
    customers = list(dict.fromkeys(one.customer_id for one in chosen.values()))
    gate = open_gate(
        session, settings, shop.id, channels=(batch.channel,), day=day, among=customers
    )
    names = pl.Series([one.customer_id for one in chosen.values()], dtype=pl.String)
    barred = {key: reason for key, reason in zip(chosen, gate.barred(names), strict=True) if reason}
    addresses = {one.address for one in chosen.values() if one.address}
    silent = barred_addresses(session, settings, shop.id, batch.channel, addresses, day=day)
    if batch.source == "campaign":
        treated = arm_members(session, settings, shop.id, batch.source_id, batch.arm)
        strangers = {key for key, one in chosen.items() if one.customer_id not in treated}
        near = beside_held_out(
            settings,
            shop.id,
            batch.channel,
            lambda: arm_members(session, settings, shop.id, batch.source_id, HOLDOUT),
            customers,
        )
    else:
        strangers = set(chosen) - told_keys(session, shop.id, batch.source_id, customers)
        near = beside_held_entries(
            session, settings, shop.id, batch.source_id, (batch.channel,), customers, day=day
        )
    barred = {
        key: SAME_ADDRESS
        for key, one in chosen.items()
        if one.address in silent or one.customer_id in near
    } | barred
    settled = settled_keys(session, settings, batch) & chosen.keys()
    return barred | dict.fromkeys(settled, SETTLED) | dict.fromkeys(strangers, NOT_THEIR_ARM)


def told_keys(
    session: Session, shop_id: int, programme_id: int, customers: Collection[str]
) -> set[str]:
    """Keys of the messages of a programme that its entries let out: those drawn to be told.

    One customer may be told on one occasion and held back on another.
    """
    entry = ProgrammeEntryRow
    found: set[str] = set()
    for part in chunks(customers, CHUNK):
        rows = session.execute(
            select(entry.customer_id, entry.occasion).where(
                entry.shop_id == shop_id,
                entry.programme_id == programme_id,
                entry.customer_id.in_(part),
                entry.held_back.is_(False),
            )
        )
        found |= {
            message_key(
                shop_id=shop_id,
                source="programme",
                source_id=programme_id,
                customer_id=customer,
                occasion=occasion,
            )
            for customer, occasion in rows
        }
    return found


_MEMBERS: dict[tuple[str, str], frozenset[str]] = {}


def arm_members(
    session: Session, settings: Settings, shop_id: int, campaign_id: int, arm: str
) -> frozenset[str]:
    """Who was drawn into an arm; a ledger never changes, so the last ones are kept at hand."""
    campaign = get_launched(session, shop_id, campaign_id)
    at = (campaign.ledger_sha256, arm)
    if at not in _MEMBERS:
        if len(_MEMBERS) >= 8:
            _MEMBERS.clear()
        ledger = campaign_ledger(settings, campaign)
        _MEMBERS[at] = frozenset(ledger.filter(pl.col("arm") == arm)["customer_id"])
    return _MEMBERS[at]
