"""Changing the rules of tiers, rights and points; every change is kept with its date."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.shops.practice import keep_section, read_section
from regulars_platform.shops.service import get_shop
from regulars_platform.tiers.tables import TierChangeRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Changer:
    """Who changes. id: of the account."""

    id: int | None
    name: str


def change_rules(
    session: Session, shop_id: int, section: str, after: Any, *, by: Changer, now: dt.datetime
) -> bool:
    """Keep a section's new value; False where it is what was there. Raises ShopNotFoundError."""
    before = read_section(get_shop(session, shop_id), section)
    if before == after:
        return False
    keep_section(session, shop_id, section, after)
    session.add(
        TierChangeRow(
            shop_id=shop_id,
            section=section,
            before=before,
            after=after,
            changed_by=by.id,
            changed_by_name=by.name[:200],
            changed_at=now,
        )
    )
    session.flush()
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of a section: who, when, and what was kept there before and after."""

    before: Any | None
    after: Any | None
    changed_by_name: str
    changed_at: dt.datetime


def list_changes(session: Session, shop_id: int, section: str) -> list[Change]:
    """The changes of a section, the latest first."""
    found = (
        select(TierChangeRow)
        .where(TierChangeRow.shop_id == shop_id, TierChangeRow.section == section)
        .order_by(TierChangeRow.changed_at.desc(), TierChangeRow.id.desc())
    )
    return [
        Change(
            before=row.before,
            after=row.after,
            changed_by_name=row.changed_by_name,
            changed_at=row.changed_at,
        )
        for row in session.scalars(found)
    ]
