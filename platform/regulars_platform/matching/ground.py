"""What every match is judged on: the shop's customers and orders of one day, and its memory."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.blended import average_margin, year_coverage
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.fields import WHOLE, percent_text
from regulars_platform.memory.likeness import ShopMemory
from regulars_platform.memory.service import shop_memory
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programmes.caps import without_room
from regulars_platform.reach.gate import Gate, open_gate
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import Rule, rule_json
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop

WINDOW_DAYS = 28
SETTLE_DAYS = 30
HOLDOUT, TOLD = "20", "80"
"""Of the campaign that a match stands for, in percent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the shop says once for all matches. margins: percent as typed; source as in a plan: by
    costs per product, a margin is that of the rest, and may be left out where some are known.

    contact_cost: currency units as typed, per customer.
    """

    channel: str
    contact_cost: str
    margin_low: str
    margin_high: str
    margin_source: str = "flat"
    channel_label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """A shop on the day after its last order. The draft's days count from `day`.

    full: customers for whom a contact on the day of sending would be one too many.
    """

    shop_id: int
    currency: str
    timezone: str
    store: FeatureStore
    version: int
    day: dt.date
    send: dt.date
    gate: Gate
    full: pl.Series
    memory: ShopMemory
    terms: Terms

    def features(self, rules: Sequence[Rule]) -> pl.LazyFrame:
        """The customers, with everything that these rules ask for."""
        return for_rules(self.store, rules, self.day, self.version)

    def usual_shipping(self) -> Decimal:
        """What customers mostly pay for a parcel; 0 where no order says."""

        def build() -> pl.LazyFrame:
            paid = self.store.orders(self.version).filter(pl.col("shipping") > 0)
            return paid.select(pl.col("shipping").median())

        kept = self.store.kept(f"parcel-{self.store.version_key(self.version)}", build)
        return Decimal(round(kept.collect().item() or 0)) / MONEY_SCALE

    def _margin(self, typed: str) -> str:
        """As typed; where nothing was, by costs per product, what goods of known cost earn."""
        if typed or self.terms.margin_source != "products":
            return typed
        costs = year_coverage(self.store.shop_dir, self.store.moment(self.day))
        if costs is None or costs.known <= 0:
            return typed
        # of all goods, as if the others earned nothing
        of_all = average_margin(self.store, self.version, self.day, 0)
        return percent_text(min(WHOLE, of_all * costs.goods // costs.known))

    def draft(self, rule: Rule, offer: dict[str, Any], name: str) -> dict[str, Any]:
        """The campaign that a match stands for, in its JSON form."""
        end = self.send + dt.timedelta(days=WINDOW_DAYS - 1)
        return {
            "name": name[:200],
            "as_of": self.day.isoformat(),
            "send_date": self.send.isoformat(),
            "outcome_end": end.isoformat(),
            "settle_until": (end + dt.timedelta(days=SETTLE_DAYS)).isoformat(),
            "audience": rule_json(rule),
            "segments": [],
            "unit": "customer",
            "holdout_percent": HOLDOUT,
            "arms": [
                {
                    "name": name[:200],
                    "share_percent": TOLD,
                    "offer": offer,
                    "channel": self.terms.channel,
                    "channel_label": self.terms.channel_label,
                    "contact_cost": self.terms.contact_cost,
                }
            ],
            "margin_low_percent": self._margin(self.terms.margin_low),
            "margin_high_percent": self._margin(self.terms.margin_high),
            "margin_source": self.terms.margin_source,
        }


def open_ground(
    session: Session, settings: Settings, shop: Shop, terms: Terms, *, today: dt.date
) -> Ground | None:
    """The ground of a shop; None before its first orders with a known customer."""
    store = build_feature_store(settings, shop)
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        return None
    send = max(days.day_after, today)
    return Ground(
        shop_id=shop.id,
        currency=shop.currency,
        timezone=shop.timezone,
        store=store,
        version=version,
        day=days.day_after,
        send=send,
        gate=open_gate(session, settings, shop.id, channels={terms.channel}, day=send),
        full=without_room(session, settings, shop, send),
        memory=shop_memory(session, settings, shop.id),
        terms=terms,
    )
