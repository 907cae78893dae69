"""What goes out for the entries of a day: messages to delivery, or a list where there is no more.

Only entries that are told have a way here: the arm is a `TreatedArm`, and the held back are left
out before anything else.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.csv_files import csv_pieces
from regulars_platform.delivery.lists import TreatedArm, told_of
from regulars_platform.delivery.outbox import Mailing, queue_messages
from regulars_platform.orders.table import OrdersTable
from regulars_platform.orders.unpaid import still_unpaid
from regulars_platform.programmes.due_products import (
    NOTHING_KNOWN,
    DueProduct,
    named_products,
)
from regulars_platform.programmes.errors import ProgrammeStateError
from regulars_platform.programmes.held_beside import beside_held_entries
from regulars_platform.programmes.plan import TOLD, ProgrammePlan
from regulars_platform.programmes.service import (
    Programme,
    Version,
    get_version,
    sends_by_itself,
)
from regulars_platform.programmes.tables import ProgrammeEntryRow
from regulars_platform.programmes.triggers import OF_ORDER
from regulars_platform.reach.gate import open_gate
from regulars_platform.settings import Settings

LIST_COLUMNS = ("customer_id", "programme", "send_from", "offer", "code", "threshold", "about")

DUE_COLUMNS = ("product", "last_bought_on", "pieces")
"""Further columns of those who are due again."""

VARIABLE_COLUMNS = (
    *("customer_id", "occasion", "offer", "threshold", "code", "order", "tier"),
    *("product", "bought_on", "pieces"),
)


def told_arm(plan: ProgrammePlan) -> TreatedArm:
    """The arm that is contacted."""
    return TreatedArm(name=TOLD, offer=plan.offer, currency=plan.currency, title=plan.title)


def queue_entries(
    session: Session,
    settings: Settings,
    programme: Programme,
    version: Version,
    drawn: pl.DataFrame,
    *,
    now: dt.datetime,
) -> dict[str, int]:
    """Queue the messages of those who are told, where the channel sends by itself.

    Counts: queued, incomplete (no address, or no value that the words need). Nothing is queued
    where the channel hands out lists.
    """
    plan = version.plan
    if plan.template_id is None or not sends_by_itself(session, plan, programme.shop_id):
        return {}
    told = drawn.filter(~pl.col("held_back"))
    counts = {"queued": 0, "incomplete": 0}
    for (due_at,), part in told.group_by("due_at", maintain_order=True):
        assert isinstance(due_at, dt.datetime)  # noqa: S101 -- the column's type
        mailing = Mailing(
            shop_id=programme.shop_id,
            source="programme",
            source_id=programme.id,
            arm=told_arm(plan),
            channel=plan.channel,
            template_id=plan.template_id,
            send_at=due_at.astimezone(dt.UTC),
        )
        rows = _variables(settings.shop_dir(programme.shop_id), part, plan)
        done = queue_messages(session, settings, mailing, rows, now=now)
        counts["queued"] += done.queued
        counts["incomplete"] += done.incomplete
    return counts


def leaves_by_itself(session: Session, programme: Programme) -> bool:
    """Whether what runs sends its messages by the outbox, so that a list has no place."""
    if programme.version is None or programme.version.plan.template_id is None:
        return False
    return sends_by_itself(session, programme.version.plan, programme.shop_id)


def programme_list(
    session: Session,
    settings: Settings,
    *,
    programme: Programme,
    day: dt.date,
    today: dt.date,
    about: Callable[[str], str] = str,
) -> Iterator[bytes]:
    """The contact list of those told whose day of contact is `day`, as CSV in pieces.

    The gate is asked again: whoever opted out since, or is held back from everything, is left off,
    and so is whoever has paid the order that they would be reminded of. about: an occasion
    in words. Raises ProgrammeStateError where the channel sends by itself.
    """
    if leaves_by_itself(session, programme):
        raise ProgrammeStateError.sends(programme.name)
    entry = ProgrammeEntryRow
    rows = session.scalars(
        select(entry)
        .where(
            entry.shop_id == programme.shop_id,
            entry.programme_id == programme.id,
            entry.contact_on == day,
            entry.held_back.is_(False),
        )
        .order_by(entry.customer_id)
    ).all()
    versions = {
        found: get_version(session, programme.shop_id, found)
        for found in {row.version_id for row in rows}
    }
    channels = {version.plan.channel for version in versions.values()}
    gate = open_gate(session, settings, programme.shop_id, channels=channels, day=max(day, today))
    names = pl.Series([row.customer_id for row in rows], dtype=pl.String)
    barred = gate.barred(names)
    near = beside_held_entries(
        session,
        settings,
        programme.shop_id,
        programme.id,
        channels,
        names.to_list(),
        day=max(day, today),
    )
    waiting = _waiting(settings, programme, names)
    about_products = programme.kind == "product_due"
    due = named_products(
        settings.shop_dir(programme.shop_id),
        [(row.customer_id, row.occasion) for row in rows if about_products],
    )
    lines = []
    for row, reason in zip(rows, barred, strict=True):
        settled = waiting is not None and row.occasion.removeprefix(OF_ORDER) not in waiting
        if reason is None and not settled and row.customer_id not in near:
            plan = versions[row.version_id].plan
            words, threshold = _told(plan, row.threshold)
            at = row.due_at.astimezone(plan.zone).strftime("%Y-%m-%d %H:%M")
            product = due.get((row.customer_id, row.occasion), NOTHING_KNOWN).variables()
            words = words.replace("{product}", product["product"])
            said = (row.customer_id, programme.name, at, words, row.code or "", threshold)
            more = product.values() if about_products else ()
            lines.append((*said, about(row.occasion), *more))
    return csv_pieces((*LIST_COLUMNS, *(DUE_COLUMNS if about_products else ())), lines)


def _waiting(settings: Settings, programme: Programme, customers: pl.Series) -> set[str] | None:
    """Orders that still wait for payment, where the programme reminds of such; else None."""
    shop_dir = settings.shop_dir(programme.shop_id)
    version = OrdersTable(shop_dir).version()
    if programme.kind != "unpaid" or version is None:
        return None
    return still_unpaid(shop_dir, version, customers)


def _variables(shop_dir: Path, part: pl.DataFrame, plan: ProgrammePlan) -> pl.DataFrame:
    due: Mapping[tuple[str, str], DueProduct] = {}
    if plan.kind == "product_due":
        due = named_products(shop_dir, part.select("customer_id", "occasion").rows())
    rows = []
    for row in part.iter_rows(named=True):
        words, threshold = _told(plan, row["threshold"])
        word, _, rest = row["occasion"].partition(" ")
        rows.append(
            {
                "customer_id": row["customer_id"],
                "occasion": row["occasion"],
                "offer": words or None,
                "threshold": threshold or None,
                "code": row["code"],
                "order": rest if word == "order" else None,
                "tier": rest.rpartition(" ")[0] if word in ("tier", "near") else None,
                **due.get((row["customer_id"], row["occasion"]), NOTHING_KNOWN).variables(),
            }
        )
    schema = dict.fromkeys(VARIABLE_COLUMNS, pl.String)
    return pl.DataFrame(rows, schema=schema)


def _told(plan: ProgrammePlan, own: int | None) -> tuple[str, str]:
    """What a customer is told, and from which threshold on; own: ten-thousandths, or null."""
    words, threshold = told_of(told_arm(plan), own)
    return words, "" if threshold is None else str(threshold)
