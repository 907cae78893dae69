"""Whom the shop calls its members: one answer for every page that sets them beside others."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.customers.store import FeatureStore
from regulars_platform.customers.tiers import read_tiers
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.shops.practice import HasPractice, keep_section, read_section

MemberBy = Literal["tier", "follows", "consent"]
MEMBER_BY: tuple[MemberBy, ...] = ("tier", "follows", "consent")
"""A tier above the lowest, follows the shop, or agreed to be written to."""

MEMBERSHIP = "membership"
"""The section of the shop's practice that says which of them counts."""

Way = Literal["tier", "told", "follows", "consent"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """What makes a member. way: as the shop chose; "told": in any tier that the customers file
    names, where no rules say which is the lowest. tiers: for "tier", those above the lowest.
    """

    way: Way
    tiers: tuple[str, ...] = ()


def read_membership(shop: HasPractice) -> MemberBy:
    """Whom the shop calls members; by default whose tier is above the lowest."""
    kept = read_section(shop, MEMBERSHIP)
    return next((by for by in MEMBER_BY if by == kept), MEMBER_BY[0])


def keep_membership(session: Session, shop_id: int, by: str) -> None:
    """by: one of MEMBER_BY; anything else goes back to the default. Raises ShopNotFoundError."""
    keep_section(session, shop_id, MEMBERSHIP, by if by in MEMBER_BY else None)


def membership_of(shop: HasPractice) -> tuple[Membership, ...]:
    """The ways to try, the shop's own first: where nobody is a member by one, the next counts.

    Without rules of tiers the customers file's count, and without those who follows the shop.
    """
    by = read_membership(shop)
    if by != "tier":
        return (Membership(way=by),)
    ladder = read_tiers(shop)
    if len(ladder) > 1:
        return (Membership(way="tier", tiers=tuple(one.name for one in ladder[1:])),)
    return (Membership(way="told"), Membership(way="follows"))


def members_on(
    membership: Membership, store: FeatureStore, version: int, day: dt.date
) -> pl.LazyFrame:
    """customer_id of the members on the morning of the day. Who agreed is known as of now only."""
    if membership.way == "consent":
        people = DatasetTable(store.shop_dir, "customers").scan()
        return people.filter(AGREED).select("customer_id")
    held = {
        "tier": pl.col("tier").is_in(membership.tiers),
        "told": pl.col("tier").is_not_null(),
        "follows": pl.col("follows"),
    }[membership.way]
    return store.features(day, version).filter(held.fill_null(False)).select("customer_id")


AGREED = pl.any_horizontal(
    pl.col(f"consent_{channel}").fill_null(False) for channel in ("email", "sms", "phone", "chat")
) & ~pl.col("opted_out").fill_null(False)
"""Of the customers file: agreed to one channel at least, and did not opt out."""
