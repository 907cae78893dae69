"""Who is due again, as the interface shows it."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from regulars_platform.cycle.best_channel import ChannelRecord
from regulars_platform.cycle.tables import DueCorrectionRow
from regulars_web.api.models import Count, Document, Model, Moment, Money

RestsOn = Literal["own", "product", "unit"]
Mark = Literal["not_listed", "not_sold"]


class ChannelShown(Model):
    """How often an order followed a contact within 7 days; no effect of the contact."""

    channel: str
    contacts: Count
    ordered: Count
    share: float
    low: float
    high: float
    """With `low` at 95% for all channels compared."""
    cost: Money | None
    """Of a contact; null: not known."""
    own: bool
    """Of this customer alone, not of customers alike."""
    tied: bool
    """Not told apart from other channels yet."""


class BandShown(ChannelShown):
    """Of customers who have bought as often."""

    bought_from: Count
    """Never (0), once, 2 to 4 times, or 5 times and more."""


class DueDate(Model):
    """A customer, a product, and when it should be used up."""

    customer_id: str
    product: str
    due_on: dt.date | None
    """null: not needed any more, as staff said."""
    computed_on: dt.date | None
    last_bought_on: dt.date
    pieces: float
    """Bought on that day."""
    rests_on: RestsOn
    """The customer's own intervals, customers of the product, or the days that a piece lasts."""
    based_on: Count | None
    """Intervals of their own, or customers of the product."""
    mark: Mark | None
    """No longer sold, or not in the file of products."""
    is_corrected: bool
    reason: str | None
    corrected_by: str | None
    corrected_at: Moment | None


class DueRow(DueDate):
    """Somebody who may be contacted."""

    address: str | None
    """By the channel that was asked for."""
    best: ChannelShown | None
    """The channel that did best so far; null: too few contacts to say."""


class CorrectionShown(Model):
    """What was said of a customer and a product."""

    made_at: Moment
    made_by: str
    withdrawn: bool
    """Back to the computed day."""
    due_on: dt.date | None
    """null: not any more."""
    reason: str
    bought_on: dt.date
    """The purchase that it is about; the next one ends it."""


class DueWhole(DueDate):
    """With everything that was ever said of it, the latest first."""

    said: list[CorrectionShown]


class DueSummary(Model):
    """What the list holds, and what the dates rest on."""

    made_at: Moment
    is_old: bool
    """Worked out from other orders or products than those of now."""
    day: dt.date
    ahead: Count
    channel: str
    rows: Count
    coming: Count
    """Customers due from the day on ..."""
    overdue: Count
    """... and up to 30 days before it."""
    barred: Count
    """Opted out or without consent: counted, never listed."""
    held_back: Count
    """In a holdout: counted, never listed."""
    stopped: Count
    """Dates that staff have taken off."""
    document: Document
    """docs/cycle.md tells its parts: what dates rest on, and how good they were on the past."""


class ProductCycle(Model):
    """How long a piece of a product lasts."""

    product: str
    buyers: Count
    waiting: Count
    """Of them, who have not bought it a second time."""
    customers: Count
    """Of them, who have; the median is theirs."""
    days: float | None
    """Median days a piece; null: too few came back."""
    low: float | None
    high: float | None


def channel_shown(record: ChannelRecord) -> ChannelShown:
    """A channel's record."""
    return ChannelShown(**_record(record))


def band_shown(band: int, record: ChannelRecord) -> BandShown:
    """The same of customers alike."""
    return BandShown(bought_from=band, **_record(record))


def due_row(row: Mapping[str, Any], record: ChannelRecord | None) -> DueRow:
    """A row of the list, whose day is a text."""
    best = None if record is None else channel_shown(record)
    day = dt.date.fromisoformat(row["due_on"])
    return DueRow(**{**_date(row), "due_on": day}, address=row["address"], best=best)


def due_whole(row: Mapping[str, Any], history: list[DueCorrectionRow]) -> DueWhole:
    """One date with its history."""
    said = [
        CorrectionShown(
            made_at=one.made_at,
            made_by=one.made_by_name,
            withdrawn=one.withdrawn,
            due_on=one.due_on,
            reason=one.reason,
            bought_on=one.bought_on,
        )
        for one in history
    ]
    return DueWhole(**_date(row), said=said)


def cycle_shown(row: Mapping[str, Any]) -> ProductCycle:
    """A product."""
    return ProductCycle(
        product=row["product"],
        buyers=row["buyers"],
        waiting=row["waiting"],
        customers=row["customers"],
        days=row["unit"],
        low=row["unit_low"],
        high=row["unit_high"],
    )


def _record(record: ChannelRecord) -> dict[str, Any]:
    cost = None
    if record.cost is not None:  # a mean: to a ten-thousandth
        cost = f"{round(Decimal(str(record.cost)) / 10_000, 4).normalize() + 0:f}"
    names = ("channel", "contacts", "ordered", "share", "low", "high", "own", "tied")
    return {**{name: getattr(record, name) for name in names}, "cost": cost}


def _date(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "customer_id": row["customer_id"],
        "product": row["product"],
        "due_on": row["due_on"],
        "computed_on": row["computed_on"],
        "last_bought_on": row["last_day"],
        "pieces": row["pieces"],
        "rests_on": row["rests_on"],
        "based_on": row["based_on"],
        "mark": row["mark"],
        "is_corrected": bool(row["is_corrected"]),
        "reason": row["reason"],
        "corrected_by": row["made_by_name"],
        "corrected_at": row["made_at"],
    }
