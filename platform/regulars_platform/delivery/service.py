"""Handing out the lists of a launched campaign."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import campaign_ledger, get_launched
from regulars_platform.delivery.lists import (
    assignment_list,
    contact_list,
    contacted,
    treated_arm,
)
from regulars_platform.reach.suppressions import suppressed_customers
from regulars_platform.settings import Settings


def campaign_contact_list(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int, arm: str
) -> Iterator[bytes]:
    """The contact list of one treated arm as CSV, in pieces, without whoever is suppressed now.

    Raises HoldoutContactError, ArmNotFoundError, NotLaunchedError, LedgerDamagedError: all before
    the first piece.
    """
    campaign = get_launched(session, shop_id, campaign_id)
    treated = treated_arm(campaign.plan, arm)
    return contact_list(
        treated,
        campaign_ledger(settings, campaign),
        suppressed=suppressed_customers(session, shop_id),
    )


def campaign_assignment_list(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int
) -> Iterator[bytes]:
    """The full assignment as CSV, in pieces, for the analyst."""
    return assignment_list(campaign_ledger(settings, get_launched(session, shop_id, campaign_id)))


def contact_counts(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int
) -> dict[str, tuple[int, int]]:
    """Treated arm -> (customers on its list now, customers suppressed since the draw)."""
    campaign = get_launched(session, shop_id, campaign_id)
    ledger = campaign_ledger(settings, campaign)
    suppressed = suppressed_customers(session, shop_id)
    drawn = dict(campaign.arms)
    counts = {}
    for arm in campaign.plan.arms:
        listed = contacted(treated_arm(campaign.plan, arm.name), ledger, suppressed=suppressed)
        counts[arm.name] = (listed.height, drawn[arm.name] - listed.height)
    return counts
