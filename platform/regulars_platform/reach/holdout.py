"""The global holdout: customers whom no campaign and no programme reaches while it lasts.

Who is in it is a matter of the salt and the customer's id alone, so a customer who arrives later is
in or out from the first day, and nobody has to be written down. Rotating it means a new salt from a
day on; the earlier ones stay, with their days.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.assignment import unit_hash
from regulars_platform.errors import RegularsError
from regulars_platform.reach.tables import GlobalHoldoutRow
from regulars_platform.words import N_, Sentence

MAX_SHARE = 5_000
"""Half of the customers, in basis points."""

_HEX = 13
_RANGE: int = 16**_HEX
_WHOLE = 10_000


class HoldoutError(RegularsError):
    """The global holdout cannot be as it was asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalHoldout:
    """One draw. share: basis points; ends_on: the first day it no longer holds, None: it lasts."""

    id: int
    salt: str
    share: int
    starts_on: dt.date
    ends_on: dt.date | None
    drawn_at: dt.datetime
    drawn_by: int | None

    def holds_on(self, day: dt.date) -> bool:
        """Whether it lasts on that day."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


def is_in(customer_id: str, *, salt: str, share: int) -> bool:
    """Whether a customer belongs to the draw with this salt and share (basis points).

    The first 13 hex digits of SHA-256("salt:id") as a fraction of 16^13 lie below the share.

    >>> is_in("anna", salt="s", share=0), is_in("anna", salt="s", share=10_000)
    (False, True)
    """
    place: int = int(unit_hash(salt, customer_id)[:_HEX], 16)
    return place * _WHOLE < share * _RANGE


def in_holdout(customers: pl.Series, *, salt: str, share: int) -> pl.Series:
    """The same for a column of ids: a boolean per row, never null (no id: not in it)."""
    return pl.Series(
        "in_holdout",
        [name is not None and is_in(name, salt=salt, share=share) for name in customers],
        dtype=pl.Boolean,
    )


def list_holdouts(session: Session, shop_id: int) -> list[GlobalHoldout]:
    """Every draw of the shop, the latest first."""
    rows = session.scalars(
        select(GlobalHoldoutRow)
        .where(GlobalHoldoutRow.shop_id == shop_id)
        .order_by(GlobalHoldoutRow.starts_on.desc())
    )
    return [_build(row) for row in rows]


def holdout_on(session: Session, shop_id: int, day: dt.date) -> GlobalHoldout | None:
    """The draw that lasts on that day; None where there is none."""
    return next((one for one in list_holdouts(session, shop_id) if one.holds_on(day)), None)


def draw_holdout(
    session: Session,
    *,
    shop_id: int,
    share: int,
    starts_on: dt.date,
    salt: str,
    user_id: int | None,
    now: dt.datetime,
) -> GlobalHoldout:
    """Begin a holdout on a day, and end the one before it there. Raises HoldoutError.

    share: basis points, from 1 to MAX_SHARE. salt: a random text made for this draw.
    """
    if not 0 < share <= MAX_SHARE:
        raise HoldoutError(
            Sentence(N_("The holdout takes more than 0 and at most 50 percent of the customers.")),
            Sentence(N_("Five percent is usual.")),
            field="share",
        )
    latest = next(iter(list_holdouts(session, shop_id)), None)
    if latest is not None and starts_on <= latest.starts_on:
        raise HoldoutError(
            Sentence(
                N_("The holdout before began on %(day)s: a new one begins on a later day."),
                {"day": latest.starts_on.isoformat()},
            ),
            field="starts_on",
        )
    end_holdout(session, shop_id=shop_id, ends_on=starts_on)
    row = GlobalHoldoutRow(
        shop_id=shop_id,
        salt=salt,
        share=share,
        starts_on=starts_on,
        ends_on=None,
        drawn_at=now,
        drawn_by=user_id,
    )
    session.add(row)
    session.flush()
    return _build(row)


def end_holdout(session: Session, *, shop_id: int, ends_on: dt.date) -> bool:
    """Let the lasting holdout end before `ends_on`; False where none lasts on that day."""
    rows = session.scalars(select(GlobalHoldoutRow).where(GlobalHoldoutRow.shop_id == shop_id))
    lasting = [row for row in rows if _build(row).holds_on(ends_on)]
    for row in lasting:
        row.ends_on = ends_on
    session.flush()
    return bool(lasting)


def _build(row: GlobalHoldoutRow) -> GlobalHoldout:
    return GlobalHoldout(
        id=row.id,
        salt=row.salt,
        share=row.share,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        drawn_at=row.drawn_at,
        drawn_by=row.drawn_by,
    )
