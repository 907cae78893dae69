"""What a new plan starts with: as much as the shop's own orders and its last plan can say."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from flask_babel import format_date, gettext

from regulars_platform.campaigns.plan import GUARDRAILS
from regulars_platform.customers.store import FeatureStore
from regulars_platform.fields import money_text
from regulars_platform.orders.table import PAID
from regulars_platform.shops.channels import contact_price
from regulars_platform.shops.practice import HasPractice
from regulars_web.drafts.report_segments import usual_segments

WINDOW_DAYS = 28
SETTLE_DAYS = 14
HOLDOUT = "20"
CARRIED_OVER = ("margin_low_percent", "margin_high_percent", "horizon_rounds", "confidence_percent")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopFacts:
    """last_day: the day of the last order; median_basket: of customers' average order values,
    currency units; shipping: the usual fee where one was paid, ten-thousandths; None: not known.
    """

    last_day: dt.date | None
    median_basket: float | None
    shipping: int | None


def find_shop_facts(store: FeatureStore) -> ShopFacts:
    """What the orders say that a plan needs."""
    version = store.table.version()
    if version is None:
        return ShopFacts(last_day=None, median_basket=None, shipping=None)

    def build() -> pl.LazyFrame:
        bought = store.orders(version).filter((pl.col("status") == PAID) & (pl.col("amount") > 0))
        return bought.select(
            pl.col("ordered_at").max(),
            pl.col("shipping").filter(pl.col("shipping") > 0).median(),
        )

    # a plan asks for it several times, and two figures are read faster than all orders
    last_at, shipping = store.kept(f"facts-{store.version_key(version)}", build).collect().row(0)
    if last_at is None:
        return ShopFacts(last_day=None, median_basket=None, shipping=None)
    last_day = last_at.astimezone(ZoneInfo(store.timezone)).date()
    features = store.features(last_day + dt.timedelta(days=1), version)
    median = features.select(pl.col("average_order_value").median()).collect().item()
    return ShopFacts(
        last_day=last_day,
        median_basket=median,
        shipping=None if shipping is None else round(shipping),
    )


def new_draft(
    facts: ShopFacts,
    *,
    today: dt.date,
    last_plan: Mapping[str, Any] | None,
    shop: HasPractice | None = None,
) -> dict[str, Any]:
    """A plan to start from. last_plan: the draft of the campaign planned last, for what stays;
    shop: whose settings say what a contact costs, before the last plan does."""
    as_of = today if facts.last_day is None else facts.last_day + dt.timedelta(days=1)
    send = max(as_of, today)
    return {
        "name": gettext("Campaign of %(day)s", day=format_date(send, "medium")),
        "as_of": as_of.isoformat(),
        "unit": "customer",
        "holdout_percent": HOLDOUT,
        "segments": usual_segments(),
        "arms": [_first_arm(facts, last_plan, shop)],
        "primary_metric": "net_profit",
        "secondary_metrics": ["revenue", "buyers"],
        "guardrails": list(GUARDRAILS),
        "exclusions": {},
        **{name: (last_plan or {}).get(name, "") for name in CARRIED_OVER},
        **windows_from(send),
    }


def windows_from(send: dt.date) -> dict[str, str]:
    """The days of a campaign sent on that day, with the usual lengths."""
    end = send + dt.timedelta(days=WINDOW_DAYS - 1)
    settle = end + dt.timedelta(days=SETTLE_DAYS)
    return {
        "send_date": send.isoformat(),
        "outcome_end": end.isoformat(),
        "settle_until": settle.isoformat(),
    }


def next_round(
    draft: Mapping[str, Any], facts: ShopFacts, *, today: dt.date, name: str
) -> dict[str, Any]:
    """A plan like another, for today's customers and with windows as long as that one's."""
    as_of = today if facts.last_day is None else facts.last_day + dt.timedelta(days=1)
    send = max(as_of, today)
    new = {**draft, "name": name, "as_of": as_of.isoformat(), **windows_from(send)}
    try:
        old_send, end, settle = (
            dt.date.fromisoformat(str(draft[field]))
            for field in ("send_date", "outcome_end", "settle_until")
        )
    except (KeyError, ValueError):
        return new
    return new | {
        "outcome_end": (send + (end - old_send)).isoformat(),
        "settle_until": (send + (settle - old_send)).isoformat(),
    }


def near(value: float) -> int:
    """A round figure a little above a usual basket: within reach of those who spend that.

    >>> near(66.0), near(8.3), near(412.0)
    (80, 10, 500)
    """
    aim = max(1.0, 1.15 * value)
    power = 10.0 ** math.floor(math.log10(aim))
    step = max(1.0, power / 2 if aim < 5 * power else power)
    return round(math.ceil(aim / step) * step)


def _first_arm(
    facts: ShopFacts, last_plan: Mapping[str, Any] | None, shop: HasPractice | None
) -> dict[str, Any]:
    threshold = "" if not facts.median_basket else str(near(facts.median_basket))
    shipping = "" if facts.shipping is None else money_text(facts.shipping)
    channel, last_cost = _last_channel(last_plan)
    cost = ("" if shop is None else contact_price(shop, channel)) or last_cost
    return {
        "name": "",
        "share_percent": str(100 - int(HOLDOUT)),
        "offer": {
            "kind": "free_shipping",
            "reach": "open",
            "words": "",
            "threshold": threshold,
            "shipping_cost": shipping,
        },
        "channel": channel,
        "channel_label": "",
        "contact_cost": cost,
    }


def _last_channel(last_plan: Mapping[str, Any] | None) -> tuple[str, str]:
    arms = (last_plan or {}).get("arms")
    if isinstance(arms, Sequence) and arms and isinstance(arms[0], Mapping):
        return str(arms[0].get("channel", "sms")), str(arms[0].get("contact_cost", ""))
    return "sms", ""
