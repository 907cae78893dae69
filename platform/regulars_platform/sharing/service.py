"""Links under which a report may be read: made, opened, withdrawn.

Whoever has a link may read; so its token is 256 random bits, known to nobody but its bearer: the
database keeps its SHA-256 (no salt is needed for what cannot be guessed), and the page that makes a
link shows it once.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import get_launched
from regulars_platform.canonical import sha256_of
from regulars_platform.reports.service import Report
from regulars_platform.sharing.errors import ClosedShareError, NoShareError, ShareError
from regulars_platform.sharing.tables import ReportShareRow

DAYS = (7, 30, 90, 365)
"""How long a link may last."""

DEFAULT_DAYS = 30
MOST_OPEN = 100
_TOKEN_BYTES = 32
_LONGEST_TOKEN = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A link without its token. report_id: the version it shows; None: always the newest.

    opened_at: when it was last opened; None: never.
    """

    id: int
    shop_id: int
    campaign_id: int
    report_id: int | None
    meant_for: str
    made_by: int
    made_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    opened_at: dt.datetime | None
    times_opened: int

    def is_open(self, now: dt.datetime) -> bool:
        """Whether it still leads to the report."""
        return self.revoked_at is None and now < self.expires_at


def make_share(
    session: Session,
    report: Report,
    *,
    shop_id: int,
    newest: bool,
    days: int,
    meant_for: str,
    user_id: int,
    now: dt.datetime,
) -> str:
    """Make a link and return its token, which nobody can be told again.

    newest: always the newest version of the campaign's report, else this one for good. Raises
    ShareError, NotFoundError for a campaign of another shop.
    """
    get_launched(session, shop_id, report.campaign_id)
    if days not in DAYS:
        raise ShareError.days(DAYS)
    words = " ".join(meant_for.split())
    if len(words) > 200:
        raise ShareError.meant_for()
    if _count_open(session, report.campaign_id, now) >= MOST_OPEN:
        raise ShareError.too_many(MOST_OPEN)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        ReportShareRow(
            shop_id=shop_id,
            campaign_id=report.campaign_id,
            report_id=None if newest else report.id,
            token_sha256=sha256_of(token),
            meant_for=words,
            made_by=user_id,
            made_at=now,
            expires_at=now + dt.timedelta(days=days),
            times_opened=0,
        )
    )
    session.flush()
    return token


def list_shares(session: Session, shop_id: int, campaign_id: int) -> list[Share]:
    """The campaign's links, the latest first, closed ones too."""
    rows = session.scalars(
        select(ReportShareRow)
        .where(ReportShareRow.shop_id == shop_id, ReportShareRow.campaign_id == campaign_id)
        .order_by(ReportShareRow.id.desc())
    )
    return [_share(row) for row in rows]


def revoke_share(
    session: Session,
    *,
    shop_id: int,
    campaign_id: int,
    share_id: int,
    user_id: int,
    now: dt.datetime,
) -> None:
    """Withdraw a link at once; twice is once. Raises NoShareError."""
    row = session.get(ReportShareRow, share_id)
    if row is None or row.shop_id != shop_id or row.campaign_id != campaign_id:
        raise NoShareError.unknown()
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, user_id


def find_share(session: Session, token: str, now: dt.datetime) -> Share:
    """The open link of this token. Raises NoShareError, ClosedShareError."""
    if len(token) > _LONGEST_TOKEN:
        raise NoShareError.unknown()
    row = session.scalar(
        select(ReportShareRow).where(ReportShareRow.token_sha256 == sha256_of(token))
    )
    if row is None:
        raise NoShareError.unknown()
    if row.revoked_at is not None:
        raise ClosedShareError.revoked()
    if now >= row.expires_at:
        raise ClosedShareError.expired()
    return _share(row)


def note_opening(session: Session, share: Share, now: dt.datetime) -> None:
    """Remember that somebody opened the link; nothing is kept of who."""
    session.execute(
        update(ReportShareRow)
        .where(ReportShareRow.id == share.id)
        .values(opened_at=now, times_opened=ReportShareRow.times_opened + 1)
    )


def _count_open(session: Session, campaign_id: int, now: dt.datetime) -> int:
    found = session.scalar(
        select(func.count())
        .select_from(ReportShareRow)
        .where(
            ReportShareRow.campaign_id == campaign_id,
            ReportShareRow.revoked_at.is_(None),
            ReportShareRow.expires_at > now,
        )
    )
    return found or 0


def _share(row: ReportShareRow) -> Share:
    return Share(
        id=row.id,
        shop_id=row.shop_id,
        campaign_id=row.campaign_id,
        report_id=row.report_id,
        meant_for=row.meant_for,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        opened_at=row.opened_at,
        times_opened=row.times_opened,
    )
