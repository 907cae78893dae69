"""Short links of an arm: /l/<code> leads to an address of the shop's; clicks are counted per arm.

A click is a diagnostic: whoever never had the message could not click, so clicks say nothing about
what the message brought. Nobody's own link is made, and nothing of who clicks is kept.
"""

import datetime as dt
import secrets
from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from regulars_platform.campaigns.codes import ALPHABET
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.delivery.errors import HoldoutContactError
from regulars_platform.delivery.public import check_link, public_address
from regulars_platform.delivery.tables import ShortLinkRow
from regulars_platform.shops.tables import Shop

LENGTH = 7


def keep_link(
    session: Session,
    shop_id: int,
    *,
    source: str,
    source_id: int,
    arm: str,
    target: str,
    now: dt.datetime,
) -> str:
    """Where an arm's link leads; returns its code, which stays the same. Raises NotALinkError."""
    if arm.strip().casefold() == HOLDOUT:
        raise HoldoutContactError.build()
    check_link(target.strip(), "target")
    row = _row(session, shop_id, source, source_id, arm)
    if row is None:
        row = ShortLinkRow(
            shop_id=shop_id,
            code="".join(secrets.choice(ALPHABET) for _ in range(LENGTH)),
            source=source,
            source_id=source_id,
            arm=arm,
            clicks=0,
            created_at=now,
        )
        session.add(row)
    row.target = target.strip()
    session.flush()
    return row.code


def short_link(
    session: Session, shop_id: int, *, source: str, source_id: int, arm: str
) -> str | None:
    """The address to put into a message; None where there is no link, or nobody reaches us."""
    row = _row(session, shop_id, source, source_id, arm)
    shop = session.get(Shop, shop_id)
    if row is None or shop is None or not public_address(shop):
        return None
    return f"{public_address(shop)}/l/{row.code}"


def links_of(
    session: Session, shop_id: int, *, source: str, source_id: int
) -> Mapping[str, tuple[str, str, int]]:
    """Arm -> (code, target, clicks)."""
    rows = session.scalars(
        select(ShortLinkRow).where(
            ShortLinkRow.shop_id == shop_id,
            ShortLinkRow.source == source,
            ShortLinkRow.source_id == source_id,
        )
    )
    return {row.arm: (row.code, row.target, row.clicks) for row in rows}


def follow_link(session: Session, code: str) -> str | None:
    """Where a link leads, one click counted; None where there is no such link."""
    target = session.scalar(select(ShortLinkRow.target).where(ShortLinkRow.code == code))
    if target is not None:
        session.execute(
            update(ShortLinkRow)
            .where(ShortLinkRow.code == code)
            .values(clicks=ShortLinkRow.clicks + 1)
        )
    return target


def _row(
    session: Session, shop_id: int, source: str, source_id: int, arm: str
) -> ShortLinkRow | None:
    return session.scalars(
        select(ShortLinkRow).where(
            ShortLinkRow.shop_id == shop_id,
            ShortLinkRow.source == source,
            ShortLinkRow.source_id == source_id,
            ShortLinkRow.arm == arm,
        )
    ).first()
