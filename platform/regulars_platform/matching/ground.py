"""What every match is judged on: the shop's customers and orders of one day, and its memory."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.blended import at_average_margin
from regulars_platform.campaigns.plan import Exclusions
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.population import Population, build_population
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.errors import InvalidInputError
from regulars_platform.launching.outlook import forecast_plan
from regulars_platform.memory.forecast import ArmForecast
from regulars_platform.memory.likeness import ShopMemory
from regulars_platform.memory.service import shop_memory
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programmes.caps import without_room
from regulars_platform.reach.gate import Gate, open_gate
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import Rule, rule_expression, rule_json
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop

WINDOW_DAYS = 28
SETTLE_DAYS = 30
HOLDOUT, TOLD = "20", "80"
"""Of the campaign that a match stands for, in percent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the shop says once for all matches. margins: percent as typed; source as in a plan.

    contact_cost: currency units as typed, per customer.
    """

    channel: str
    contact_cost: str
    margin_low: str
    margin_high: str
    margin_source: str = "flat"
    channel_label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """One offer to one group: what telling them is expected to earn, per customer told.

    customers: who may be contacted; capped: who has no room for one more contact; net, low, high:
    currency units, the interval at 95%; loss: chance of losing money; total: net x the customers
    told; campaigns: past ones it leans on (0: a guess from history alone); leak_share: of their
    orders that would get the offer anyway (None: history cannot say), leak_cost: that per customer.
    draft: the campaign it stands for.
    """

    customers: int
    capped: int
    net: float
    low: float
    high: float
    loss: float
    total: float
    campaigns: int
    leak_share: float | None
    leak_cost: float | None
    draft: dict[str, Any]


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

    def usual_order(self, rule: Rule) -> Decimal | None:
        """The median of what the group's customers usually spend; None where nobody bought."""
        found = (
            self.features([rule])
            .filter(rule_expression(rule))
            .select(pl.col("average_order_value").median())
            .collect()
            .item()
        )
        return None if found is None else Decimal(str(round(found, 2)))

    def share_of(self, rule: Rule, part: Rule | None) -> float | None:
        """The share of a group that is in `part` as well; None without a part or customers."""
        if part is None:
            return None
        inside = rule_expression(part).fill_null(False)
        found = self.features([rule, part]).filter(rule_expression(rule)).select(inside.mean())
        share: float | None = found.collect().item()
        return share

    def usual_shipping(self) -> Decimal:
        """What customers mostly pay for a parcel; 0 where no order says."""
        paid = self.store.orders(self.version).filter(pl.col("shipping") > 0)
        found = paid.select(pl.col("shipping").median()).collect().item()
        return Decimal(round(found or 0)) / MONEY_SCALE

    def judge(self, rule: Rule, offer: dict[str, Any], name: str) -> Match | None:
        """One match; None where nobody is left to be told, or orders cannot say anything.

        Raises InvalidInputError where the offer or the terms do not hold.
        """
        draft = self._draft(rule, offer, name)
        read = read_draft(draft | {"currency": self.currency, "timezone": self.timezone})
        if read.problems:
            raise InvalidInputError(list(read.problems))
        found = self._forecast(read, rule)
        return None if found is None else _match(*found, draft)

    def _forecast(self, draft: Draft, rule: Rule) -> tuple[ArmForecast, Population] | None:
        features = self.features([rule, *self.memory.rules])
        population = build_population(
            features,
            audience=rule,
            segments=(),
            exclusions=draft.exclusions or Exclusions(),
            gate=self.gate,
            crowded=lambda names: names.is_in(self.full.implode()),
        )
        if population.drawn.is_empty():
            return None
        orders = self.store.window_orders(self.day, WINDOW_DAYS, self.version)
        priced = at_average_margin(draft, self.store, self.version)
        arms = forecast_plan(priced, population.drawn, features, orders, self.memory)
        return None if not arms else (arms[0], population)

    def _draft(self, rule: Rule, offer: dict[str, Any], name: str) -> dict[str, Any]:
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
            "margin_low_percent": self.terms.margin_low,
            "margin_high_percent": self.terms.margin_high,
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


def _match(arm: ArmForecast, population: Population, draft: dict[str, Any]) -> Match:
    told = max(arm.units, 1)
    return Match(
        customers=population.drawn.height,
        capped=population.capped,
        net=arm.expected / told,
        low=arm.low / told,
        high=arm.high / told,
        loss=arm.chance_of_loss,
        total=arm.expected,
        campaigns=arm.campaigns,
        leak_share=None if arm.leak is None else arm.leak.share,
        leak_cost=None if arm.leak is None else arm.leak.cost_per_customer,
        draft=draft,
    )
