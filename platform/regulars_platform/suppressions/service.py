"""Who must not be contacted: opted out, or never agreed. Taken out before every draw."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import polars as pl
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from regulars_platform.suppressions.id_lists import MAX_NOTE, read_ids
from regulars_platform.suppressions.tables import Suppression

CHUNK = 500
_Item = TypeVar("_Item")


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """What became of a list: given = added + known (were there already, or twice in the list)."""

    given: int
    added: int
    known: int


def add_suppressions(
    session: Session, *, shop_id: int, lines: Iterable[str], reason: str, now: dt.datetime
) -> Added:
    """Suppress the customers named in pasted text or a CSV file (read line by line).

    A column of reasons, where there is one, counts before `reason`. Ids need not be known yet:
    somebody may opt out before the first order arrives.
    """
    given = added = 0
    for chunk in chunks(read_ids(lines), CHUNK):
        given += len(chunk)
        wanted = {item.customer_id: item for item in reversed(chunk)}
        present = set(
            session.scalars(
                select(Suppression.customer_id).where(
                    Suppression.shop_id == shop_id, Suppression.customer_id.in_(wanted)
                )
            )
        )
        rows = [
            {
                "shop_id": shop_id,
                "customer_id": name,
                "reason": (item.note or reason)[:MAX_NOTE],
                "added_at": now,
            }
            for name, item in wanted.items()
            if name not in present
        ]
        if rows:
            session.execute(insert(Suppression), rows)
        added += len(rows)
    return Added(given=given, added=added, known=given - added)


def remove_suppressions(session: Session, *, shop_id: int, lines: Iterable[str]) -> int:
    """Take customers off the list again; returns how many were on it."""
    names = (item.customer_id for item in read_ids(lines))
    return unsuppress(session, shop_id=shop_id, customers=names)


def unsuppress(session: Session, *, shop_id: int, customers: Iterable[str]) -> int:
    """Take customers off the list by their exact ids; returns how many were on it."""
    removed = 0
    for chunk in chunks(customers, CHUNK):
        done = session.execute(
            delete(Suppression).where(
                Suppression.shop_id == shop_id, Suppression.customer_id.in_(set(chunk))
            )
        )
        removed += done.rowcount  # type: ignore[attr-defined]
    return removed


def count_suppressions(session: Session, shop_id: int) -> int:
    """How many customers of the shop are suppressed."""
    counted = select(func.count()).select_from(Suppression).where(Suppression.shop_id == shop_id)
    return session.scalar(counted) or 0


def list_suppressions(
    session: Session, shop_id: int, *, limit: int = 100, offset: int = 0
) -> list[Suppression]:
    """The latest first."""
    return list(
        session.scalars(
            select(Suppression)
            .where(Suppression.shop_id == shop_id)
            .order_by(Suppression.added_at.desc(), Suppression.id.desc())
            .limit(limit)
            .offset(offset)
        )
    )


def suppressions_before(
    session: Session, shop_id: int, before: int | None, *, limit: int
) -> list[Suppression]:
    """What was put on the list before the entry with this id (None: the latest), latest first."""
    asked = select(Suppression).where(Suppression.shop_id == shop_id)
    if before is not None:
        asked = asked.where(Suppression.id < before)
    return list(session.scalars(asked.order_by(Suppression.id.desc()).limit(limit)))


def suppressed_customers(session: Session, shop_id: int) -> frozenset[str]:
    """Ids of all suppressed customers of the shop."""
    return frozenset(
        session.scalars(select(Suppression.customer_id).where(Suppression.shop_id == shop_id))
    )


def suppressed_among(session: Session, shop_id: int, customers: Iterable[str]) -> frozenset[str]:
    """Of these customers the suppressed ones."""
    found: set[str] = set()
    for chunk in chunks(customers, CHUNK):
        found.update(
            session.scalars(
                select(Suppression.customer_id).where(
                    Suppression.shop_id == shop_id, Suppression.customer_id.in_(chunk)
                )
            )
        )
    return frozenset(found)


def suppress(
    session: Session, *, shop_id: int, customers: Iterable[str], reason: str, now: dt.datetime
) -> int:
    """Suppress customers by their exact ids; returns how many were not on the list before."""
    added = 0
    for chunk in chunks(dict.fromkeys(customers), CHUNK):
        present = suppressed_among(session, shop_id, chunk)
        rows = [
            {"shop_id": shop_id, "customer_id": name, "reason": reason[:MAX_NOTE], "added_at": now}
            for name in chunk
            if name not in present
        ]
        if rows:
            session.execute(insert(Suppression), rows)
        added += len(rows)
    return added


def suppressed_by_arm(
    session: Session, shop_id: int, ledger: pl.DataFrame, *, since: dt.datetime
) -> dict[str, int]:
    """Arm -> customers drawn into it who were suppressed after `since`; without any: left out."""
    silent = session.scalars(
        select(Suppression.customer_id).where(
            Suppression.shop_id == shop_id, Suppression.added_at > since
        )
    )
    names = pl.DataFrame({"customer_id": list(silent)}, schema={"customer_id": pl.String})
    found = ledger.join(names, on="customer_id", how="semi").group_by("arm").len()
    return dict(found.sort("arm").iter_rows())


def chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Lists of up to `size` items, in order."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
