"""Reminders of orders that were paid, or closed, while the message waited: they do not leave."""

from pathlib import Path

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.delivery.outbox import MAX_VALUE
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.orders.table import OrdersTable
from regulars_platform.orders.unpaid import still_unpaid
from regulars_platform.programmes.tables import ProgrammeRow
from regulars_platform.settings import Settings

_KEPT = 8
_SETTLED: dict[tuple[Path, int, int], frozenset[str]] = {}


def settled_keys(session: Session, settings: Settings, batch: BatchRow) -> frozenset[str]:
    """Keys of the batch's messages whose order no longer waits for its payment, as the orders are
    now; none of a batch that reminds of no orders.

    The orders are looked through once for each batch and version of the orders.
    """
    if batch.source != "programme" or not _reminds(session, batch):
        return frozenset()
    shop_dir = settings.shop_dir(batch.shop_id)
    version = OrdersTable(shop_dir).version()
    if version is None:
        return frozenset()
    at = (shop_dir, version, batch.id)
    if at not in _SETTLED:
        while len(_SETTLED) >= _KEPT:
            _SETTLED.pop(next(iter(_SETTLED)), None)
        _SETTLED[at] = _settled(session, shop_dir, version, batch.id)
    return _SETTLED[at]


def _reminds(session: Session, batch: BatchRow) -> bool:
    kind = select(ProgrammeRow.kind).where(
        ProgrammeRow.id == batch.source_id, ProgrammeRow.shop_id == batch.shop_id
    )
    return session.scalar(kind) == "unpaid"


def _settled(session: Session, shop_dir: Path, version: int, batch_id: int) -> frozenset[str]:
    rows = session.execute(
        select(MessageRow.key, MessageRow.customer_id, MessageRow.variables).where(
            MessageRow.batch_id == batch_id
        )
    ).all()
    names = pl.Series([customer for _, customer, _ in rows], dtype=pl.String)
    waiting = {order[:MAX_VALUE] for order in still_unpaid(shop_dir, version, names)}
    return frozenset(
        key
        for key, _, variables in rows
        if variables.get("order") and variables["order"] not in waiting
    )
