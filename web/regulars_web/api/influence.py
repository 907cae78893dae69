"""Influence: who brought whom, and what those have spent since."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import polars as pl
from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.errors import NotFoundError
from regulars_platform.needs.influence import (
    KindRow,
    Share,
    bringers,
    bringers_csv,
    influence_of,
    read_brought,
)
from regulars_platform.segments.keeping import segment_of
from regulars_platform.segments.rules import parse_rule
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile
from regulars_web.api.estimates import EstimateShown, estimate_shown
from regulars_web.api.models import Answer, Count, Model, Money, Page, money
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.segments import SegmentShown, customers_now, segment_shown
from regulars_web.looking_at_customers import Customers

area = Area("influence", "Customers whom customers brought (docs/needs.md).")

BROUGHT = {"feature": "brought", "op": ">=", "value": "1"}


class BroughtShown(Model):
    """Customers who were brought: all, or in one way."""

    kind: Literal["all", "friend", "expert"]
    brought: Count
    bought: Count
    """Of them, who have bought since."""
    bringers: Count
    value: Money
    """What they spent since, net of refunds."""
    each: EstimateShown
    """The same for each brought customer, in the shop's currency; bringers count as one each."""
    cost: Money | None
    """null: no record says one."""
    costed: Count
    """Records that do."""


class NewShare(Model):
    """Of new customers, those who were brought; the 95% interval is of the share."""

    new: Count
    brought: Count
    low: float
    high: float


class InfluenceShown(Model):
    """Who brought whom, and what that is worth."""

    until: dt.date
    kinds: list[BroughtShown]
    last_year: NewShare | None
    """Of new customers of the last 365 days; null where there are none."""
    ever: NewShare | None


class Bringer(Model):
    """Somebody who brought others."""

    customer_id: str
    brought: Count
    friends: Count
    experts: Count
    bought: Count
    """Of the brought, who have bought since."""
    value: Money
    cost: Money | None


class NoReferralsError(NotFoundError):
    """No file says who brought whom."""

    @classmethod
    def of(cls) -> "NoReferralsError":
        """What to do about it."""
        return cls(
            Sentence(N_("No file says yet who brought whom.")),
            Sentence(N_("Bring a file of referrals first.")),
        )


@area.get("/influence", scope=Scope.READ_FIGURES, also=(404,))
def get_influence(call: Call) -> Answer[InfluenceShown]:
    """Whom customers brought, and what those have spent since"""
    found = _found(call)
    influence = influence_of(found.store, found.version, found.as_of, most=1)
    shown = InfluenceShown(
        until=influence.until,
        kinds=[_kind(row) for row in influence.rows],
        last_year=_share(influence.last_year),
        ever=_share(influence.ever),
    )
    return Answer[InfluenceShown](data=shown)


@area.get("/influence/bringers", scope=Scope.READ_CUSTOMERS, also=(404,))
def list_bringers(call: Call, query: PageQuery) -> Page[Bringer]:
    """Everybody who brought somebody, those of most value first

    This is no list to contact people by: it leaves out nobody who is held back or opted out.
    """
    return paged(
        bringers(_brought(_found(call))).iter_rows(named=True),
        query,
        _bringer,
        lambda row: (-row["value"], -row["brought"], row["customer_id"]),
        kinds=(int, int, str),
    )


@area.get("/influence/bringers/csv", scope=Scope.READ_CUSTOMERS, also=(404,))
def download_bringers(call: Call) -> CsvFile:
    """The same as a file, for analysis"""
    return CsvFile(bringers_csv(_brought(_found(call))), "bringers-for-analysis.csv")


@area.post("/influence/segment", scope=Scope.WRITE_SEGMENTS, status=201)
def make_bringers_segment(call: Call, work: Session) -> Answer[SegmentShown]:
    """Keep who has brought somebody as a segment; the same again is the one there is"""
    kept = segment_of(
        work,
        shop_id=call.shop_id,
        name=gettext("Has brought somebody"),
        rule=parse_rule(BROUGHT),
        now=call.now,
    )
    return Answer[SegmentShown](data=segment_shown(call, kept))


def _found(call: Call) -> Customers:
    if not DatasetTable(call.settings.shop_dir(call.shop_id), "referrals").exists():
        raise NoReferralsError.of()
    return customers_now()


def _brought(found: Customers) -> pl.LazyFrame:
    return read_brought(found.store, found.version, found.as_of)


def _kind(row: KindRow) -> BroughtShown:
    return BroughtShown.model_validate(
        {
            "kind": row.kind,
            "brought": row.brought,
            "bought": row.bought,
            "bringers": row.bringers,
            "value": money(row.value),
            "each": estimate_shown(row.each),
            "cost": None if row.cost is None else money(row.cost),
            "costed": row.costed,
        }
    )


def _share(share: Share | None) -> NewShare | None:
    if share is None:
        return None
    return NewShare(new=share.new, brought=share.brought, low=share.low, high=share.high)


def _bringer(row: Mapping[str, Any]) -> Bringer:
    return Bringer(
        customer_id=row["customer_id"],
        brought=row["brought"],
        friends=row["friends"],
        experts=row["experts"],
        bought=row["bought"],
        value=money(row["value"]),
        cost=None if row["cost"] is None else money(row["cost"]),
    )
