"""The channel that did best so far: for a customer, or for those who have bought as often.

A contact is followed by an order where one was placed within 7 days of it. That is no effect: who
was chosen for a channel may have bought anyway. Campaigns tell effects; the page says both.
The ranges of channels that are compared hold together, and count a customer contacted often once.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from regulars_experiments.clustered_shares import clustered_share
from regulars_experiments.results import Estimate
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.states import DELIVERED, SENT
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.orders.table import PAID

WITHIN = dt.timedelta(days=7)
LEAST_OWN = 5
"""Contacts of one customer by one channel from which on they speak for themselves."""
LEAST_ALIKE = 30
"""Contacts of customers alike from which on a channel is compared."""
LEAST_CUSTOMERS = 10
"""Of so many at least: a few who are contacted day by day are not customers alike."""
CONFIDENCE = 0.95
"""That the ranges of all channels compared hold at once."""
REACHED = ("sent", "delivered", "clicked")
BANDS = (1, 2, 5)
"""Customers alike have bought never, once, 2 to 4 times, or 5 times and more."""

CONTACT_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "channel": pl.String(),
    "band": pl.Int64(),  # of the orders before the contact
    "ordered": pl.Boolean(),
    "cost": pl.Int64(),  # ten-thousandths, where the log says
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelRecord:
    """How often an order followed. own: of the customer alone; cost: mean of a contact,
    ten-thousandths, None where nothing says it; low, high: of the share, at CONFIDENCE for all
    channels compared; tied: these reach into those of another channel."""

    channel: str
    contacts: int
    ordered: int
    share: float
    low: float
    high: float
    cost: float | None
    own: bool
    tied: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Channels:
    """contacts: CONTACT_SCHEMA, those whose 7 days are over; prices: channel -> ten-thousandths."""

    contacts: pl.LazyFrame
    prices: Mapping[str, int]

    def alike(self) -> dict[int, list[ChannelRecord]]:
        """Band -> its channels, the best (by the lower limit) first; few contacts are left out."""
        found: dict[int, list[pl.DataFrame]] = {}
        by_customer = _counted(self.contacts.group_by("band", "channel", "customer_id"))
        for one in by_customer.partition_by("band", "channel", maintain_order=True):
            if one["contacts"].sum() >= LEAST_ALIKE and one.height >= LEAST_CUSTOMERS:
                found.setdefault(one["band"][0], []).append(one)
        return {band: self._compared(parts) for band, parts in sorted(found.items())}

    def own(self, customers: list[str]) -> dict[str, ChannelRecord]:
        """Customer -> their best channel, where they were contacted often enough and ordered."""
        mine = self.contacts.filter(pl.col("customer_id").is_in(customers))
        counted = _counted(mine.group_by("customer_id", "channel"))
        often = counted.filter(pl.col("contacts") >= LEAST_OWN)
        found = {}
        for theirs in often.partition_by("customer_id", maintain_order=True):
            best = self._compared([theirs[row] for row in range(theirs.height)], own=True)[0]
            if best.ordered:
                found[theirs["customer_id"][0]] = best
        return found

    def _compared(self, parts: list[pl.DataFrame], *, own: bool = False) -> list[ChannelRecord]:
        """One channel each; several are each held to more, so that all ranges hold at once
        (Bonferroni), whichever turns out best."""
        confidence = 1 - (1 - CONFIDENCE) / len(parts)
        records = [self._record(part, confidence, own=own) for part in parts]
        return _best_first(
            [
                replace(one, tied=any(_meet(one, other) for other in records if other is not one))
                for one in records
            ]
        )

    def _record(self, part: pl.DataFrame, confidence: float, *, own: bool) -> ChannelRecord:
        """part: contacts, ordered, spent, priced of one channel by customer."""
        contacts, ordered = int(part["contacts"].sum()), int(part["ordered"].sum())
        counts = part.select(pl.col("ordered", "contacts").cast(pl.Float64))
        ones, sizes = counts["ordered"].to_numpy(), counts["contacts"].to_numpy()
        if own:  # of one customer each contact is by itself
            ones, sizes = (np.arange(contacts) < ordered).astype(float), np.ones(contacts)
        said = clustered_share(ones, sizes, confidence=confidence)
        assert isinstance(said, Estimate)  # noqa: S101 -- of several customers there is a share
        channel, priced = part["channel"][0], int(part["priced"].sum())
        return ChannelRecord(
            channel=channel,
            contacts=contacts,
            ordered=ordered,
            share=ordered / contacts,
            low=said.low,
            high=said.high,
            cost=int(part["spent"].sum()) / priced if priced else self.prices.get(channel),
            own=own,
        )


def read_channels(
    session: Session, store: FeatureStore, version: int, shop_id: int, prices: Mapping[str, int]
) -> Channels:
    """From the shop's contact log and what went out from here, with the orders at a version."""
    log = DatasetTable(store.shop_dir, "contacts")
    latest = session.scalar(select(func.max(MessageRow.changed_at)).where(_left(shop_id)))
    stamp = "none" if latest is None else f"{latest:%Y%m%d%H%M%S%f}"
    key = f"contacted-days-{store.version_key(version)}-{log.version()}-{stamp}"

    def build() -> pl.LazyFrame:
        sent = _from_log(log.scan())
        if latest is not None:
            sent = pl.concat([sent, _from_messages(session, shop_id).lazy()])
        return followed(sent, store.orders(version), store.timezone)

    return Channels(contacts=store.kept(key, build), prices=prices)


def bands_of(store: FeatureStore, version: int, customers: list[str]) -> dict[str, int]:
    """Customer -> band of the orders so far."""
    counted = (
        _paid(store.orders(version))
        .filter(pl.col("customer_id").is_in(customers))
        .group_by("customer_id")
        .agg(pl.len().cast(pl.Int64).alias("orders"))
        .select("customer_id", _band(pl.col("orders")).alias("band"))
    )
    return dict(counted.collect().iter_rows())


def followed(sent: pl.LazyFrame, orders: pl.LazyFrame, timezone: str) -> pl.LazyFrame:
    """customer_id, channel, happened_at, cost of contacts -> CONTACT_SCHEMA.

    Contacts of one customer by one channel on one day of the shop's (timezone) are one; those
    within 7 days of the last order there is are left out, since what follows is not known yet.
    """
    paid = _paid(orders).select("customer_id", "ordered_at")
    end = paid.select(pl.col("ordered_at").max()).collect(engine="streaming").item()
    day = pl.col("happened_at").dt.convert_time_zone(timezone).dt.date()
    once = (
        sent.filter(pl.col("happened_at") <= (end - WITHIN if end is not None else None))
        .group_by("customer_id", "channel", day.alias("day"))
        .agg(pl.col("happened_at").min(), pl.col("cost").sum().alias("sum"), pl.col("cost").count())
        .with_columns(pl.when(pl.col("cost") > 0).then(pl.col("sum")).alias("cost"))
        .sort("happened_at")
    )
    theirs = paid.join(once.select("customer_id"), on="customer_id", how="semi").sort("ordered_at")
    counted = theirs.with_columns(pl.int_range(1, pl.len() + 1).over("customer_id").alias("orders"))
    return (
        once.join_asof(
            counted.rename({"ordered_at": "next_at"}).drop("orders"),
            left_on="happened_at",
            right_on="next_at",
            by="customer_id",
            strategy="forward",
            tolerance=WITHIN,
            check_sortedness=False,
            coalesce=False,
        )
        .join_asof(
            counted.rename({"ordered_at": "last_at"}),
            left_on="happened_at",
            right_on="last_at",
            by="customer_id",
            strategy="backward",
            check_sortedness=False,
            coalesce=False,
        )
        .select(
            "customer_id",
            "channel",
            _band(pl.col("orders").fill_null(0)).alias("band"),
            pl.col("next_at").is_not_null().alias("ordered"),
            pl.col("cost").cast(pl.Int64),
        )
    )


def _paid(orders: pl.LazyFrame) -> pl.LazyFrame:
    return orders.filter((pl.col("status") == PAID) & (pl.col("amount") > 0))


def _band(orders: pl.Expr) -> pl.Expr:
    """0, 1, 2 or 5: the least of the band."""
    band = pl.lit(0)
    for least in BANDS:
        band = pl.when(orders >= least).then(pl.lit(least)).otherwise(band)
    return band.cast(pl.Int64)


def _left(shop_id: int) -> ColumnElement[bool]:
    return (MessageRow.shop_id == shop_id) & MessageRow.state.in_((SENT, DELIVERED))


def _from_log(contacts: pl.LazyFrame) -> pl.LazyFrame:
    return contacts.filter(
        pl.col("outcome").is_in(REACHED)
        & pl.col("channel").is_not_null()
        & pl.col("customer_id").is_not_null()
        & pl.col("happened_at").is_not_null()
    ).select("customer_id", "channel", "happened_at", "cost")


def _from_messages(session: Session, shop_id: int) -> pl.DataFrame:
    rows = session.execute(
        select(MessageRow.customer_id, MessageRow.channel, MessageRow.sent_at).where(
            _left(shop_id), MessageRow.sent_at.is_not(None)
        )
    )
    return pl.DataFrame(
        [(*row, None) for row in rows],
        schema={
            "customer_id": pl.String(),
            "channel": pl.String(),
            "happened_at": pl.Datetime("us", "UTC"),
            "cost": pl.Int64(),
        },
        orient="row",
    )


def _counted(grouped: "pl.lazyframe.group_by.LazyGroupBy") -> pl.DataFrame:
    """With what they cost in all, and how many contacts say so."""
    return grouped.agg(
        pl.len().alias("contacts"),
        pl.col("ordered").sum(),
        pl.col("cost").sum().alias("spent"),
        pl.col("cost").count().alias("priced"),
    ).collect(engine="streaming")


def _meet(one: ChannelRecord, other: ChannelRecord) -> bool:
    return one.low <= other.high and other.low <= one.high


def _best_first(records: list[ChannelRecord]) -> list[ChannelRecord]:
    return sorted(records, key=lambda one: (-one.low, one.channel))
