"""The way out: messages are queued here, once for each customer and occasion, and sent by a job.

`queue_messages` is the one way in. It takes a `TreatedArm`, which cannot be made for a holdout,
and asks the gate; the gate is asked again when a message is sent (`sending`). Run twice, or by two
at once, it queues nobody twice: the key is unique.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.addresses import barred_addresses
from regulars_platform.delivery.errors import CannotQueueError, HoldoutContactError
from regulars_platform.delivery.lists import TreatedArm
from regulars_platform.delivery.states import FAILED, QUEUED, RUNNING
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.delivery.templates import (
    VARIABLES,
    MessageTemplate,
    MissingValueError,
    get_template,
)
from regulars_platform.reach.gate import SAME_ADDRESS, open_gate
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import CALLS, CHANNELS, SENDING, channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.suppressions.service import chunks
from regulars_platform.words import N_, Sentence

Source = Literal["campaign", "programme"]
SOURCES = ("campaign", "programme")
CHUNK = 400
MAX_ADDRESS = 320
MAX_VALUE = 500

NO_ADDRESS = Sentence(N_("There is no address for this channel."))


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """What became of the rows: given = queued + known + incomplete + the sum of barred.

    known: queued before for the same occasion; incomplete: without an address or a value that the
    words need, kept as failed so that nobody is lost; barred: reason of the gate -> customers, not
    queued. batch_id: None where nothing new was queued.
    """

    batch_id: int | None
    given: int
    queued: int
    known: int
    incomplete: int
    barred: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailing:
    """What is to be queued: from where, for which arm, by which channel, in which words, when.

    send_at: nothing leaves before, nor in the shop's quiet hours. Cannot be made for a holdout.
    """

    shop_id: int
    source: Source
    source_id: int
    arm: TreatedArm
    channel: str
    template_id: int
    send_at: dt.datetime

    def __post_init__(self) -> None:
        if not isinstance(self.arm, TreatedArm):
            raise HoldoutContactError.build()
        if self.source not in SOURCES:
            raise ValueError(f"messages come from {SOURCES}, not from {self.source!r}")


def queue_messages(
    session: Session,
    settings: Settings,
    mailing: Mailing,
    rows: pl.DataFrame,
    *,
    now: dt.datetime,
) -> Queued:
    """Queue one message per row. Repeating a call changes nothing.

    rows: customer_id (String); optionally address (else the customers' file's e-mail or phone, or
    the customer's id where the channel goes by that), occasion (String: tells two messages of the
    same source to the same customer apart, such as an entry into a programme; default: one for
    all), and columns named as in `templates.VARIABLES` (text, null where there is no value).
    Raises CannotQueueError, NotFoundError.
    """
    shop = session.get(Shop, mailing.shop_id)
    template = get_template(session, mailing.shop_id, mailing.template_id)
    if shop is None or template.channel != mailing.channel:
        raise CannotQueueError.other_channel(template.name, mailing.channel)
    via = channel_use(shop, mailing.channel).via
    if via not in (*SENDING, CALLS):
        raise CannotQueueError.by_list(mailing.channel)
    wanted = addressed(settings, mailing, rows, shop_name=shop.name)
    day = max(mailing.send_at, now).astimezone(ZoneInfo(shop.timezone)).date()
    gate = open_gate(session, settings, shop.id, channels=(mailing.channel,), day=day)
    told = wanted["address"].drop_nulls().unique().to_list()
    silent = barred_addresses(session, settings, shop.id, mailing.channel, told, day=day)
    barred = _also_by_address(wanted["address"], silent, gate.barred(wanted["customer_id"]))
    admitted = wanted.filter(barred.is_null())
    prepared = (_message(row, mailing, template) for row in admitted.iter_rows(named=True))
    fresh = [row for part in chunks(_once(prepared), CHUNK) for row in _unknown(session, part)]
    batch_id = _store(session, mailing, template, via, fresh, now) if fresh else None
    incomplete = sum(row["state"] == FAILED for row in fresh)
    return Queued(
        batch_id=batch_id,
        given=wanted.height,
        queued=len(fresh) - incomplete,
        known=admitted.height - len(fresh),
        incomplete=incomplete,
        barred=dict(barred.drop_nulls().value_counts().iter_rows()),
    )


def _also_by_address(addresses: pl.Series, silent: frozenset[str], barred: pl.Series) -> pl.Series:
    """Reasons why not: also where somebody who is not to be reached is, by the address."""
    frame = pl.DataFrame({"barred": barred, "address": addresses})
    known = pl.Series(sorted(silent), dtype=pl.String).implode()
    by_address = pl.when(pl.col("address").is_in(known)).then(pl.lit(SAME_ADDRESS))
    return frame.select(pl.coalesce("barred", by_address).alias("barred"))["barred"]


def message_key(
    *, shop_id: int, source: str, source_id: int, customer_id: str, occasion: str
) -> str:
    """The idempotency key: SHA-256 over what makes two messages the same; no arm is part of it, so
    that nobody gets the words of two arms."""
    parts = json.dumps([shop_id, source, source_id, customer_id, occasion], ensure_ascii=False)
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def state_counts(
    session: Session, shop_id: int, *, source: str, source_id: int
) -> dict[int, dict[str, int]]:
    """Batch id -> state -> messages, of one campaign or programme."""
    counted = (
        select(MessageRow.batch_id, MessageRow.state, func.count())
        .where(
            MessageRow.shop_id == shop_id,
            MessageRow.source == source,
            MessageRow.source_id == source_id,
        )
        .group_by(MessageRow.batch_id, MessageRow.state)
    )
    found: dict[int, dict[str, int]] = {}
    for batch_id, state, count in session.execute(counted):
        found.setdefault(batch_id, {})[state] = count
    return found


def _store(
    session: Session,
    mailing: Mailing,
    template: MessageTemplate,
    via: str,
    fresh: list[dict[str, Any]],
    now: dt.datetime,
) -> int:
    shared: dict[str, Any] = {
        "shop_id": mailing.shop_id,
        "source": mailing.source,
        "source_id": mailing.source_id,
        "arm": mailing.arm.name,
        "channel": mailing.channel,
    }
    batch = BatchRow(
        **shared,
        via=via,
        template_id=template.id,
        subject=template.subject,
        body=template.body,
        fallbacks=dict(template.fallbacks),
        state=RUNNING,
        send_at=mailing.send_at,
        next_at=mailing.send_at,
        problem=None,
        failures=0,
        created_at=now,
    )
    session.add(batch)
    session.flush()
    shared |= {
        "batch_id": batch.id,
        "attempts": 0,
        "next_attempt_at": mailing.send_at,
        "queued_at": now,
        "changed_at": now,
    }
    for part in chunks(fresh, CHUNK):
        session.execute(insert(MessageRow), [shared | row for row in part])
    return batch.id


def addressed(
    settings: Settings, mailing: Mailing, rows: pl.DataFrame, *, shop_name: str
) -> pl.DataFrame:
    """The rows as `queue_messages` reads them: customer_id, address, occasion and every variable
    as text; without rows that name nobody."""
    columns = {
        name: pl.col(name).cast(pl.String) if name in rows.columns else pl.lit(None, pl.String)
        for name in ("address", "occasion", *VARIABLES)
    }
    wanted = rows.select(
        pl.col("customer_id").cast(pl.String), *(e.alias(n) for n, e in columns.items())
    ).filter(pl.col("customer_id").is_not_null())
    column = CHANNELS[mailing.channel].address
    customers = DatasetTable(settings.shop_dir(mailing.shop_id), "customers")
    known = (
        customers.scan()
        .select("customer_id", pl.col("name").alias("_name"), *([column] if column else []))
        .join(wanted.lazy().select("customer_id").unique(), on="customer_id", how="semi")
        .collect(engine="streaming")
    )
    found = wanted.join(known, on="customer_id", how="left", maintain_order="left")
    usual = pl.col(column) if column else pl.col("customer_id")
    return found.with_columns(
        pl.coalesce("address", usual).alias("address"),
        pl.coalesce("name", "_name").alias("name"),
        pl.col("shop").fill_null(shop_name),
        pl.col("occasion").fill_null(""),
    )


def _message(row: dict[str, Any], mailing: Mailing, template: MessageTemplate) -> dict[str, Any]:
    address = (row["address"] or "").strip()[:MAX_ADDRESS]
    values = {name: row[name][:MAX_VALUE] for name in VARIABLES if row[name]}
    problem: Sentence | None = None if address else NO_ADDRESS
    try:
        template.render(values)
    except MissingValueError as error:
        problem = problem or error.problem
    return {
        "customer_id": row["customer_id"],
        "address": address,
        "key": message_key(
            shop_id=mailing.shop_id,
            source=mailing.source,
            source_id=mailing.source_id,
            customer_id=row["customer_id"],
            occasion=row["occasion"],
        ),
        "variables": values,
        "state": QUEUED if problem is None else FAILED,
        "problem": None if problem is None else problem.as_json(),
    }


def _once(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The first of those with the same key."""
    seen: set[str] = set()
    for message in messages:
        if message["key"] not in seen:
            seen.add(message["key"])
            yield message


def _unknown(session: Session, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = [message["key"] for message in messages]
    known = set(session.scalars(select(MessageRow.key).where(MessageRow.key.in_(keys))))
    return [message for message in messages if message["key"] not in known]
