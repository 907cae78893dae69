"""Handing out the lists of a launched campaign."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import EVERYONE_ELSE, HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, get_launched
from regulars_platform.customers.attributes import attribute_columns
from regulars_platform.customers.catalogue import ATTRIBUTE
from regulars_platform.delivery.held_beside import beside_held_out
from regulars_platform.delivery.lists import (
    assignment_list,
    contact_list,
    group_list,
    groups_of,
    launched_arm,
    treated_arm,
)
from regulars_platform.offers.titles import Titled
from regulars_platform.reach.gate import SAME_ADDRESS, open_gate
from regulars_platform.settings import Settings


def campaign_contact_list(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    campaign_id: int,
    arm: str,
    now: dt.datetime,
    titled: Titled | None = None,
    rest: str = EVERYONE_ELSE,
) -> Iterator[bytes]:
    """The contact list of one treated arm as CSV, in pieces, without whoever is barred now; of an
    arm that posts to groups, the groups. titled, rest: see `launched_arm` and `contact_list`.

    Raises HoldoutContactError, ArmNotFoundError, NotLaunchedError, LedgerDamagedError: all before
    the first piece.
    """
    campaign = get_launched(session, shop_id, campaign_id)
    treated = launched_arm(campaign, arm, titled)
    ledger = campaign_ledger(settings, campaign)
    if _posts(campaign, arm):
        present = group_sizes(settings.shop_dir(shop_id), campaign.plan.group_by)
        return group_list(treated, ledger, present=present)
    barred = barred_of_arm(session, settings, campaign, arm, ledger, now=now)
    return contact_list(treated, ledger, suppressed=barred, rest=rest)


def barred_of_arm(
    session: Session,
    settings: Settings,
    campaign: LaunchedCampaign,
    arm: str,
    ledger: pl.DataFrame,
    *,
    now: dt.datetime,
) -> list[str]:
    """Customers of a treated arm whom the gate bars for the arm's channel, on the day of sending: a
    list that is fetched ahead leaves out whom a holdout of that day holds back. Whoever has the
    address of somebody in the campaign's own holdout is barred as well."""
    barred = reasons_of_arm(session, settings, campaign, arm, ledger, now=now)
    return barred["customer_id"].to_list()


def reasons_of_arm(
    session: Session,
    settings: Settings,
    campaign: LaunchedCampaign,
    arm: str,
    ledger: pl.DataFrame,
    *,
    now: dt.datetime,
) -> pl.DataFrame:
    """The same with the gate's reason: customer_id, barred (see `reach.gate.REASONS`)."""
    channel = next(one.channel for one in campaign.plan.arms if one.name == arm)
    today = now.astimezone(ZoneInfo(campaign.plan.timezone)).date()
    day = max(today, campaign.plan.send_date)
    gate = open_gate(session, settings, campaign.shop_id, channels=(channel,), day=day)
    theirs = ledger.filter(pl.col("arm") == arm).select("customer_id")
    near = beside_held_out(
        settings,
        campaign.shop_id,
        channel,
        lambda: frozenset(ledger.filter(pl.col("arm") == HOLDOUT)["customer_id"]),
    )
    by_address = pl.col("customer_id").is_in(pl.Series(sorted(near), dtype=pl.String).implode())
    barred = pl.coalesce(
        gate.barred(theirs["customer_id"]), pl.when(by_address).then(pl.lit(SAME_ADDRESS))
    )
    return theirs.with_columns(barred.alias("barred")).drop_nulls("barred")


def campaign_assignment_list(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int
) -> Iterator[bytes]:
    """The full assignment as CSV, in pieces, for the analyst."""
    return assignment_list(campaign_ledger(settings, get_launched(session, shop_id, campaign_id)))


def contact_counts(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int, now: dt.datetime
) -> dict[str, tuple[int, int]]:
    """Treated arm -> (customers on its list now, customers barred since the draw).

    A post reaches whole groups, whoever of them is barred since.
    """
    campaign = get_launched(session, shop_id, campaign_id)
    drawn = dict(campaign.arms)
    left_off = {
        arm: sum(reasons.values())
        for arm, reasons in left_off_lists(session, settings, campaign, now=now).items()
    }
    return {arm: (drawn[arm] - count, count) for arm, count in left_off.items()}


def left_off_lists(
    session: Session, settings: Settings, campaign: LaunchedCampaign, *, now: dt.datetime
) -> dict[str, dict[str, int]]:
    """Treated arm -> reason (see `reach.gate.REASONS`) -> customers left off its list now."""
    ledger = campaign_ledger(settings, campaign)
    found: dict[str, dict[str, int]] = {}
    for arm in campaign.plan.arms:
        found[arm.name] = {}
        if not arm.reaches_audience:
            why = reasons_of_arm(session, settings, campaign, arm.name, ledger, now=now)
            found[arm.name] = dict(why["barred"].value_counts(sort=True).iter_rows())
    return found


def group_counts(settings: Settings, campaign: LaunchedCampaign) -> dict[str, int]:
    """Arm that posts to groups -> how many groups it has."""
    ledger = campaign_ledger(settings, campaign)
    return {
        arm.name: groups_of(treated_arm(campaign.plan, arm.name), ledger).height
        for arm in campaign.plan.arms
        if arm.reaches_audience
    }


def group_sizes(shop_dir: Path, heading: str) -> dict[str, int]:
    """Group -> customers in it, as the customers' file says now."""
    found = attribute_columns(shop_dir)
    name = ATTRIBUTE + heading
    if found is None or name not in found.columns:
        return {}
    return dict(found[name].drop_nulls().value_counts().iter_rows())


def _posts(campaign: LaunchedCampaign, arm: str) -> bool:
    return next(one for one in campaign.plan.arms if one.name == arm).reaches_audience
