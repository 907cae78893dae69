"""The kinds of programmes: what sets each off, and a plan to start it with in one step."""

from dataclasses import dataclass, field
from typing import Any, Literal

from regulars_platform.words import N_

Trigger = Literal["moment", "day", "standing"]
"""What an occasion is: a moment (an order), a day worked out from the features, or that something
holds which did not hold when the programme last ran."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeKind:
    """One kind. says: whom it writes to and when, in a sentence; needs: what has to be there.

    settings: the fields of a plan that it reads beside the common ones; plan: where its usual plan
    differs from COMMON.
    """

    name: str
    title: str
    says: str
    needs: str
    trigger: Trigger
    settings: tuple[str, ...] = ()
    plan: dict[str, Any] = field(default_factory=dict)


WORK_OUT_DUE = N_("who is due again to be worked out")
"""What a kind needs where its data are there, and only the answer is not."""

COMMON: dict[str, Any] = {
    "audience": {"all": []},
    "offer": {"kind": "message", "reach": "open"},
    "channel": "sms",
    "channel_label": "",
    "contact_cost": "0.05",
    "holdout_percent": "20",
    "consent": "not_refused",
    "send_time": "10:00",
    "grace_days": 7,
    "window_days": 30,
    "reentry_days": 90,
    "margin_low_percent": "30",
    "margin_high_percent": "50",
    "confidence_percent": "95",
}
"""The usual plan, in its JSON form; the words are added in the shop's language at the edge."""

BY_PRODUCT: dict[str, Any] = {
    "margin_source": "products",
    "margin_low_percent": "40",
    "margin_high_percent": "40",
}
"""Where the shop knows what its goods cost; the margin is that of the others."""

KINDS: dict[str, ProgrammeKind] = {
    kind.name: kind
    for kind in (
        ProgrammeKind(
            name="unpaid",
            title=N_("Unpaid-order reminder"),
            says=N_("Reminds whoever ordered and has not paid yet."),
            needs=N_("orders that say they are not paid yet"),
            trigger="moment",
            settings=("wait_hours",),
            plan={"wait_hours": 12, "grace_days": 2, "window_days": 7, "reentry_days": 7},
        ),
        ProgrammeKind(
            name="shipped",
            title=N_("Shipping note"),
            says=N_("Tells that the parcel is on its way."),
            needs=N_("orders with the time at which they were shipped"),
            trigger="moment",
            settings=("wait_hours",),
            plan={"wait_hours": 0, "grace_days": 2, "window_days": 30, "reentry_days": 30},
        ),
        ProgrammeKind(
            name="received",
            title=N_("Received note"),
            says=N_("Asks after the parcel once it has arrived."),
            needs=N_("orders with the time at which they were received"),
            trigger="moment",
            settings=("wait_hours",),
            plan={"wait_hours": 24, "grace_days": 3, "window_days": 30, "reentry_days": 30},
        ),
        ProgrammeKind(
            name="honeymoon",
            title=N_("Honeymoon (after the first order)"),
            says=N_("Comes back to new customers some days after their first order."),
            needs=N_("paid orders"),
            trigger="day",
            settings=("wait_hours",),
            plan={"wait_hours": 240, "reentry_days": 365},
        ),
        ProgrammeKind(
            name="dormant",
            title=N_("Dormant customers"),
            says=N_("Wakes customers who have not bought for twice as long as usual."),
            needs=N_("paid orders"),
            trigger="day",
            settings=("after_days",),
            plan={"after_days": None},
        ),
        ProgrammeKind(
            name="lost",
            title=N_("Lost customers"),
            says=N_("Tries to win back who has not bought for four times as long as usual."),
            needs=N_("paid orders"),
            trigger="day",
            settings=("after_days",),
            plan={"after_days": None, "reentry_days": 180},
        ),
        ProgrammeKind(
            name="tier_changed",
            title=N_("Tier notice"),
            says=N_("Tells customers that they have reached another tier."),
            needs=N_("tiers of the shop, or customers' files that name a tier"),
            trigger="standing",
        ),
        ProgrammeKind(
            name="tier_near",
            title=N_("Close to the next tier"),
            says=N_("Tells customers how little is missing to the next tier."),
            needs=N_("tiers of the shop"),
            trigger="standing",
            settings=("within",),
            plan={"within": "100"},
        ),
        ProgrammeKind(
            name="joined",
            title=N_("Joining and following"),
            says=N_("Greets whoever has joined the membership or begun to follow the shop."),
            needs=N_("customers' files that say who follows, or events of following"),
            trigger="standing",
        ),
        ProgrammeKind(
            name="holiday",
            title=N_("Holiday"),
            says=N_("Writes some days before a holiday."),
            needs=N_("paid orders"),
            trigger="day",
            settings=("dates", "before_days"),
            plan={"dates": [], "before_days": 3, "grace_days": 2},
        ),
        ProgrammeKind(
            name="birthday",
            title=N_("Birthday"),
            says=N_("Writes some days before the birthday."),
            needs=N_("customers' files with birthdays"),
            trigger="day",
            settings=("before_days",),
            plan={"before_days": 7, "reentry_days": 180},
        ),
        ProgrammeKind(
            name="product_due",
            title=N_("Due again"),
            says=N_("Calls a week before what was bought is used up."),
            needs=N_("products that say how long they last, or repeated orders of them"),
            trigger="day",
            settings=("before_days",),
            plan={
                "before_days": 7,
                "reentry_days": 30,
                "channel": "phone",
                "contact_cost": "1",
            },
        ),
        ProgrammeKind(
            name="segment",
            title=N_("A segment of yours"),
            says=N_("Writes to customers as soon as they come into one of your segments."),
            needs=N_("a saved segment"),
            trigger="standing",
            settings=("segment",),
        ),
    )
}
"""Every kind by its name, in the order in which pages show them."""
