"""Lists to hand out: whom to contact in one arm, and the full assignment for the analyst.

A contact list is made from a `TreatedArm`, and there is no way to build one of the holdout; rows
of any other arm never get in.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, partial

import polars as pl

from regulars_platform.campaigns.plan import EVERYONE_ELSE, HOLDOUT, Plan
from regulars_platform.campaigns.service import LaunchedCampaign
from regulars_platform.csv_files import csv_pieces
from regulars_platform.delivery.errors import ArmNotFoundError, HoldoutContactError
from regulars_platform.fields import money_text
from regulars_platform.offers.kinds import MessageOnly, Offer, at_threshold, offer_threshold
from regulars_platform.offers.thresholds import OWN
from regulars_platform.offers.titles import Titled, offer_title

CONTACT_COLUMNS = ("customer_id", "arm", "segment", "offer", "code", "threshold")
GROUP_COLUMNS = ("group", "arm", "offer", "code", "threshold", "customers", "others")
GROUP = "group:"
"""How the unit of a whole group begins."""

ASSIGNMENT_COLUMNS = (
    "customer_id",
    "unit_id",
    "segment",
    "arm",
    "orders",
    "average_order_value",
    "spend",
    "pre_spend",
    "code",
    "threshold",
)
THRESHOLD_MARK = "{threshold}"
"""Where an offer's words have the threshold that the customer is told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TreatedArm:
    """An arm that may be contacted. Cannot be made for the holdout.

    title: the offer in the words that stand where the shop wrote none, in the language of whoever
    launched it; {threshold} in it becomes each one's own; "": in plain English, with the currency's
    code beside amounts.
    """

    name: str
    offer: Offer
    currency: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        if self.name.strip().casefold() == HOLDOUT:
            raise HoldoutContactError.build()


def treated_arm(plan: Plan, name: str, title: str = "") -> TreatedArm:
    """The treated arm of that name; HoldoutContactError, ArmNotFoundError."""
    if name == HOLDOUT:
        raise HoldoutContactError.build()
    for arm in plan.arms:
        if arm.name == name:
            return TreatedArm(name=arm.name, offer=arm.offer, currency=plan.currency, title=title)
    raise ArmNotFoundError.named(name, [arm.name for arm in plan.arms])


def launched_arm(campaign: LaunchedCampaign, name: str, titled: Titled | None = None) -> TreatedArm:
    """The same with the title that the launch froze; titled: for launches that froze none."""
    arm = treated_arm(campaign.plan, name, campaign.titles.get(name, ""))
    if arm.title or titled is None:
        return arm
    return replace(arm, title=titled(arm.offer, arm.currency))


def contact_list(
    arm: TreatedArm,
    ledger: pl.DataFrame,
    *,
    suppressed: Collection[str],
    rest: str = EVERYONE_ELSE,
) -> Iterator[bytes]:
    """The CSV of one treated arm in pieces: CONTACT_COLUMNS, one row per customer to contact.

    ledger: as `campaign_ledger` gives it; suppressed: everybody on the list now. Whoever was
    suppressed after the draw is left off here and stays in the arm all the same. threshold: the
    customer's own, or the offer's, in currency units; empty where any order can use it. rest: what
    those are called whom no named segment takes.
    """
    theirs = contacted(arm, ledger, suppressed=suppressed)
    told = cache(partial(told_of, arm))
    rows = (
        (
            customer,
            arm.name,
            rest if segment == EVERYONE_ELSE else segment,
            told(own)[0],
            code or "",
            told(own)[1],
        )
        for customer, segment, code, own in theirs.iter_rows()
    )
    return csv_pieces(CONTACT_COLUMNS, rows)


def contacted(
    arm: TreatedArm, ledger: pl.DataFrame, *, suppressed: Collection[str]
) -> pl.DataFrame:
    """Whom the list of an arm names: customer_id, segment, code, threshold; by customer_id."""
    silent = pl.Series(sorted(suppressed), dtype=pl.String).implode()
    return (
        ledger.filter((pl.col("arm") == arm.name) & ~pl.col("customer_id").is_in(silent))
        .select("customer_id", "segment", "code", OWN)
        .sort("customer_id")
    )


def group_list(
    arm: TreatedArm, ledger: pl.DataFrame, *, present: Mapping[str, int]
) -> Iterator[bytes]:
    """The CSV of the groups to post to in one treated arm: GROUP_COLUMNS, one row per group.

    customers: that were drawn with it; present: group -> customers whom the customers' file has in
    it. Those beyond the drawn (`others`: opted out, held back from everything, outside of the
    audience) read a post as well, and no list can leave them off; they are in no arm.
    """
    told, amount = told_of(arm, None)
    rows = (
        (
            group,
            arm.name,
            told,
            code or "",
            amount,
            customers,
            max(0, present.get(group, 0) - customers),
        )
        for group, customers, code in groups_of(arm, ledger).iter_rows()
    )
    return csv_pieces(GROUP_COLUMNS, rows)


def groups_of(arm: TreatedArm, ledger: pl.DataFrame) -> pl.DataFrame:
    """The groups drawn into an arm: group, customers, code; by name."""
    return (
        ledger.filter((pl.col("arm") == arm.name) & pl.col("unit_id").str.starts_with(GROUP))
        .group_by(pl.col("unit_id").str.slice(len(GROUP)).alias("group"))
        .agg(pl.len().cast(pl.Int64).alias("customers"), pl.col("code").first())
        .sort("group")
    )


def assignment_list(ledger: pl.DataFrame) -> Iterator[bytes]:
    """The CSV of the whole ledger in pieces, holdout and all, for analysis: ASSIGNMENT_COLUMNS.

    Money in currency units.
    """
    rows = (
        (
            *texts,
            orders,
            _number(average),
            _number(spend),
            _amount(before),
            code or "",
            _amount(own),
        )
        for *texts, orders, average, spend, before, code, own in ledger.select(*ASSIGNMENT_COLUMNS)
        .sort("customer_id")
        .iter_rows()
    )
    return csv_pieces(ASSIGNMENT_COLUMNS, rows)


def contact_list_name(campaign: LaunchedCampaign, arm: TreatedArm) -> str:
    """A file name without anything that a file system or a header could trip over."""
    place = campaign.plan.arm_names.index(arm.name)
    posted = any(one.name == arm.name and one.reaches_audience for one in campaign.plan.arms)
    return f"campaign-{campaign.id}-arm-{place}-{'groups' if posted else 'contacts'}.csv"


def told_of(arm: TreatedArm, own: int | None) -> tuple[str, Decimal | None]:
    """What a customer is told, and from which threshold on; own: ten-thousandths, or null. "" where
    there is nothing but a message and nobody wrote a word."""
    theirs = arm.offer if own is None else at_threshold(arm.offer, own)
    threshold, words = offer_threshold(theirs), arm.offer.words
    shown = "" if threshold is None else money_text(threshold)
    title = arm.title.replace(THRESHOLD_MARK, shown)
    if not title and not isinstance(theirs, MessageOnly):
        title = str(offer_title(theirs, arm.currency))
    if threshold is not None and THRESHOLD_MARK in words:
        words = words.replace(THRESHOLD_MARK, shown)
    elif own is not None and words:
        # words for all alike do not say from where on it is theirs
        words = f"{title} · {words}"
    return words or title, _amount(threshold)


def _amount(ten_thousandths: int | None) -> Decimal | None:
    return None if ten_thousandths is None else Decimal(money_text(ten_thousandths))


def _number(value: float | None) -> Decimal | None:
    # a Decimal, not text: our own numbers are no formulas, even below zero
    return None if value is None else Decimal(f"{value:.4f}").normalize() + 0
