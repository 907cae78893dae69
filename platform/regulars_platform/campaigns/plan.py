"""A campaign's plan: everything that is decided before anybody is drawn.

A Plan is complete and consistent (see `plan_form` for how one is read). Its canonical JSON has
sorted keys and no floats, so that the SHA-256 of it means the same on any machine.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from regulars_platform.fields import money_text, percent_text
from regulars_platform.offers.kinds import Offer, offer_json
from regulars_platform.orders.table import start_of_day
from regulars_platform.segments.rules import Rule, rule_json
from regulars_platform.shops.channels import CHANNELS as EVERY_CHANNEL
from regulars_platform.words import N_

HOLDOUT = "holdout"
"""The name of the arm that is not contacted; no treated arm can have it."""

EVERYONE_ELSE = N_("everyone else")
"""The segment of those whom no named segment takes."""

METRICS = ("net_profit", "revenue", "orders", "buyers")
SECONDARY_METRICS = (*METRICS, "followed", "favourited", "carted")
"""What may be measured beside the first: by orders, and by what people did besides."""
GUARDRAILS = ("refunds", "complained", "unsubscribed")
CHANNELS = (
    *("sms", "email", "phone", "chat"),
    *("message_box", "poster", "parcel_insert", "start_page"),
    *("groups", "moments", "posts"),
    "other",
)
AUDIENCE_CHANNELS = frozenset(
    name for name in CHANNELS if EVERY_CHANNEL[name].reaches == "audience"
)
"""A post reaches whoever is in the audience: nobody in it can be told or held back alone."""

UNITS = ("customer", "household", "group")
MAX_ARMS = 6

Unit = Literal["customer", "household", "group"]
MarginSource = Literal["flat", "products"]
MARGIN_SOURCES = ("flat", "products")


@dataclass(frozen=True, kw_only=True, slots=True)
class TreatmentArm:
    """An arm that is contacted. share: basis points; contact_cost: ten-thousandths per customer,
    per group where the channel reaches an audience (a post costs once, however many read it).

    channel_label: the shop's own word for the channel "other", else empty.
    """

    name: str
    share: int
    offer: Offer
    channel: str
    channel_label: str
    contact_cost: int

    @property
    def reaches_audience(self) -> bool:
        """Whether it is a post to whole groups, and not a message to persons."""
        return self.channel in AUDIENCE_CHANNELS


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedRule:
    """A segment of the plan: its name and the rule at the time of planning."""

    name: str
    rule: Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusions:
    """Who stays out, declared beforehand, and how far one customer may weigh.

    customers: ids taken out before the draw (test orders, staff), sorted;
    max_average_order_value: those above it are taken out (wholesalers), ten-thousandths;
    customer_revenue_cap: one customer's revenue in the evaluation counts at most this much
    (winsorised; the report shows both), ten-thousandths;
    running_campaigns: customers of campaigns whose outcome window shares a day with this one's are
    taken out, in whichever arm they are there.
    """

    customers: tuple[str, ...] = ()
    max_average_order_value: int | None = None
    customer_revenue_cap: int | None = None
    running_campaigns: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One complete plan. Shares, margins and confidence in basis points; days are the shop's own.

    as_of: features and segments as of the start of this day; send_date: first day of the outcome
    window; outcome_end: its last day, included; settle_until: refunds are waited for until the end
    of this day, and the result is provisional before; segments: in this order, the first that fits
    takes the customer; horizon_rounds: for how many further rounds a decision is made.
    margin_source: "flat": all goods earn the margin; "products": goods whose cost the shop brought
    earn what is left of their price, and the margin (one number) is that of the others.
    group_by: where groups are drawn, the heading of the customers' file that names the group;
    else empty.
    """

    name: str
    currency: str
    timezone: str
    as_of: dt.date
    send_date: dt.date
    outcome_end: dt.date
    settle_until: dt.date
    audience: Rule
    segments: tuple[NamedRule, ...]
    unit: Unit
    holdout: int
    arms: tuple[TreatmentArm, ...]
    margin_low: int
    margin_high: int
    primary_metric: str
    secondary_metrics: tuple[str, ...]
    guardrails: tuple[str, ...]
    exclusions: Exclusions
    confidence: int
    horizon_rounds: int
    margin_source: MarginSource = "flat"
    group_by: str = ""

    @property
    def window_days(self) -> int:
        """Length of the outcome window in days, both ends included."""
        return (self.outcome_end - self.send_date).days + 1

    @property
    def outcome_start(self) -> dt.datetime:
        """First moment of the outcome window (UTC)."""
        return self._start_of(self.send_date)

    @property
    def outcome_stop(self) -> dt.datetime:
        """The outcome window ends just before this moment (UTC)."""
        return self._start_of(self.outcome_end + dt.timedelta(days=1))

    @property
    def settled_at(self) -> dt.datetime:
        """From this moment on (UTC) the result is no longer provisional."""
        return self._start_of(self.settle_until + dt.timedelta(days=1))

    @property
    def arm_names(self) -> tuple[str, ...]:
        """All arms in the order of the draw, the holdout first."""
        return (HOLDOUT, *(arm.name for arm in self.arms))

    @property
    def shares(self) -> tuple[int, ...]:
        """Their shares in basis points; they add up to 10,000."""
        return (self.holdout, *(arm.share for arm in self.arms))

    @property
    def segment_names(self) -> tuple[str, ...]:
        """All segments, the rest last."""
        return (*(segment.name for segment in self.segments), EVERYONE_ELSE)

    def _start_of(self, day: dt.date) -> dt.datetime:
        return start_of_day(day, ZoneInfo(self.timezone))


def plan_json(plan: Plan) -> dict[str, Any]:
    """The JSON form of a plan: decimals as text, percentages in percent, days as YYYY-MM-DD.

    Reading it (`plan_form.read_plan`) gives the same plan again.
    """
    out = plan.exclusions
    # left out where it is as it was before there were costs, so that old digests stay
    source = {} if plan.margin_source == "flat" else {"margin_source": plan.margin_source}
    groups = {"group_by": plan.group_by} if plan.group_by else {}
    return (
        source
        | groups
        | {
            "name": plan.name,
            "currency": plan.currency,
            "timezone": plan.timezone,
            "as_of": plan.as_of.isoformat(),
            "send_date": plan.send_date.isoformat(),
            "outcome_end": plan.outcome_end.isoformat(),
            "settle_until": plan.settle_until.isoformat(),
            "audience": rule_json(plan.audience),
            "segments": [{"name": s.name, "rule": rule_json(s.rule)} for s in plan.segments],
            "unit": plan.unit,
            "holdout_percent": percent_text(plan.holdout),
            "arms": [
                {
                    "name": arm.name,
                    "share_percent": percent_text(arm.share),
                    "offer": offer_json(arm.offer),
                    "channel": arm.channel,
                    "channel_label": arm.channel_label,
                    "contact_cost": money_text(arm.contact_cost),
                }
                for arm in plan.arms
            ],
            "margin_low_percent": percent_text(plan.margin_low),
            "margin_high_percent": percent_text(plan.margin_high),
            "primary_metric": plan.primary_metric,
            "secondary_metrics": list(plan.secondary_metrics),
            "guardrails": list(plan.guardrails),
            "exclusions": {
                "customers": list(out.customers),
                "max_average_order_value": _optional(out.max_average_order_value),
                "customer_revenue_cap": _optional(out.customer_revenue_cap),
                **({"running_campaigns": "yes"} if out.running_campaigns else {}),
            },
            "confidence_percent": percent_text(plan.confidence),
            "horizon_rounds": plan.horizon_rounds,
        }
    )


def _optional(amount: int | None) -> str | None:
    return None if amount is None else money_text(amount)
