"""Programmes in words: kinds, states, occasions, reasons, and the plan a reader sees."""

import datetime as dt

from flask_babel import gettext, lazy_gettext, ngettext
from sqlalchemy.orm import Session

from regulars_platform.delivery.templates import get_template
from regulars_platform.errors import NotFoundError
from regulars_platform.fields import percent_text
from regulars_platform.programmes.kinds import BY_PRODUCT, COMMON, KINDS
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.shops.channels import CHANNELS
from regulars_web.formats import date, number
from regulars_web.words.plans import margin_text, offer_text, points_text, short_money
from regulars_web.words.rules import rule_text

STATES = {
    "draft": ("quiet", lazy_gettext("Draft")),
    "running": ("good", lazy_gettext("Running")),
    "paused": ("caution", lazy_gettext("Paused")),
    "ended": ("quiet", lazy_gettext("Ended")),
}
STATE_WORDS = {
    "queued": lazy_gettext("waiting"),
    "claimed": lazy_gettext("being sent"),
    "sent": lazy_gettext("sent"),
    "delivered": lazy_gettext("delivered"),
    "failed": lazy_gettext("failed"),
    "unsubscribed": lazy_gettext("unsubscribed"),
    "complained": lazy_gettext("complained"),
    "barred": lazy_gettext("not let through"),
    "unsure": lazy_gettext("not known whether sent"),
}
"""Where messages stand."""

WHY_NOT = {
    "already_in": lazy_gettext("in it already"),
    "opted_out": lazy_gettext("opted out"),
    "no_consent": lazy_gettext("no consent for this channel"),
    "global_holdout": lazy_gettext("held back from everything"),
    "same_address": lazy_gettext("have the address of somebody who opted out or is held back"),
    "capped": lazy_gettext("contacted often enough"),
}
ADVICE = {
    "keep": ("keep", lazy_gettext("keep")),
    "stop": ("stop", lazy_gettext("stop")),
    "go_on": ("open", lazy_gettext("go on measuring")),
    "too_early": ("open", lazy_gettext("too early to tell")),
}
CONSENTS = {
    "not_refused": lazy_gettext("Whoever has not refused it"),
    "agreed": lazy_gettext("Only those who said yes to it"),
}
MESSAGES = {
    "unpaid": lazy_gettext("Your order is waiting for its payment. We keep it for you until then."),
    "shipped": lazy_gettext("Your parcel is on its way to you."),
    "received": lazy_gettext("Your parcel should have arrived. Is everything as you wished?"),
    "honeymoon": lazy_gettext("Thank you for your first order. We would be glad to see you again."),
    "dormant": lazy_gettext("It has been a while. Come and see what is new."),
    "lost": lazy_gettext("We miss you. Come back and see what has changed."),
    "tier_changed": lazy_gettext("Your tier has changed. Here is what it brings you."),
    "tier_near": lazy_gettext("You are very close to the next tier."),
    "joined": lazy_gettext("Welcome, and thank you for following us."),
    "holiday": lazy_gettext("A happy holiday from all of us."),
    "birthday": lazy_gettext("Your birthday is near. We wish you a happy one."),
    "product_due": lazy_gettext("Your {product} should soon be used up. Order in time."),
    "segment": lazy_gettext("There is something for you in our shop."),
}
"""What is said to customers where nobody wrote anything else yet."""

_OCCASIONS = {
    "last": lazy_gettext("last order on %(day)s"),
    "due": lazy_gettext("due on %(day)s"),
    "holiday": lazy_gettext("holiday on %(day)s"),
}


def kind_title(kind: str) -> str:
    """A kind of programme as the reader knows it."""
    return str(gettext(KINDS[kind].title))


def kind_says(kind: str) -> str:
    """Whom it writes to, and when."""
    return str(gettext(KINDS[kind].says))


def channel_label(plan: ProgrammePlan) -> str:
    """The channel as the shop calls it."""
    return plan.channel_label or str(gettext(CHANNELS[plan.channel].label))


def channel_labels() -> dict[str, str]:
    """Channels that reach persons, to choose from."""
    return {
        channel.name: str(gettext(channel.label))
        for channel in CHANNELS.values()
        if channel.reaches == "persons"
    }


def why_not(reason: str) -> str:
    """Why somebody does not enter."""
    return str(WHY_NOT[reason])


def occasion_text(occasion: str) -> str:
    """What an entry is about."""
    word, _, rest = occasion.partition(" ")
    if word in _OCCASIONS:
        day = date(dt.date.fromisoformat(rest))
        return str(_OCCASIONS[word]) % {"day": day}
    if word == "first":
        return str(gettext("first order"))
    if word == "order":
        return str(gettext("order %(id)s", id=rest))
    if word == "birthday":
        return str(gettext("birthday in %(year)s", year=rest))
    name = rest.rpartition(" ")[0]
    if word == "tier":
        return str(gettext("now in tier %(name)s", name=name))
    if word == "near":
        return str(gettext("close to tier %(name)s", name=name))
    if word == "joined":
        return str(gettext("joined or began to follow"))
    return str(gettext("came into the segment"))


def trigger_text(plan: ProgrammePlan) -> str:
    """When it writes."""
    if plan.kind in _AFTER:
        return str(_AFTER[plan.kind]) % {"wait": wait_text(plan)}
    if plan.kind in ("dormant", "lost"):
        return _silence_text(plan)
    if plan.kind in _BEFORE:
        days = str(gettext(", ")).join(date(day) for day in plan.dates)
        return str(_BEFORE[plan.kind]) % {"before": days_text(plan.before_days), "days": days}
    missing = short_money(plan.within, plan.currency)
    name = plan.segment.name if plan.segment else ""
    return str(_AS_SOON_AS[plan.kind]) % {"missing": missing, "name": name}


_AFTER = {
    "unpaid": lazy_gettext("%(wait)s after an order that is not paid"),
    "shipped": lazy_gettext("%(wait)s after the parcel was shipped"),
    "received": lazy_gettext("%(wait)s after the parcel was received"),
    "honeymoon": lazy_gettext("%(wait)s after the first order"),
}
_BEFORE = {
    "birthday": lazy_gettext("%(before)s before the birthday"),
    "product_due": lazy_gettext("%(before)s before it is due"),
    "holiday": lazy_gettext("%(before)s before %(days)s"),
}
_AS_SOON_AS = {
    "tier_changed": lazy_gettext("as soon as the tier changes"),
    "tier_near": lazy_gettext("as soon as %(missing)s or less is missing"),
    "joined": lazy_gettext("as soon as somebody joins or follows"),
    "segment": lazy_gettext("as soon as somebody comes into “%(name)s”"),
}


def plan_words(plan: ProgrammePlan) -> list[tuple[str, list[str]]]:
    """The plan in words: (part, lines)."""
    told = plan.offer.words.strip()
    again = days_text(plan.reentry_days)
    holdout = points_text(plan.holdout)
    return [
        (str(gettext("When")), [trigger_text(plan)]),
        (str(gettext("Who")), [rule_text(plan.audience, plan.currency)]),
        (str(gettext("Offer")), [offer_text(plan.offer, plan.currency), *([told] if told else [])]),
        (
            str(gettext("Channel")),
            [
                str(
                    gettext(
                        "%(channel)s, at %(time)s, %(cost)s each",
                        channel=channel_label(plan),
                        time=plan.send_time.strftime("%H:%M"),
                        cost=short_money(plan.contact_cost, plan.currency),
                    )
                ),
                str(CONSENTS[plan.consent]),
            ],
        ),
        (
            str(gettext("Held back at random (holdout)")),
            [str(gettext("%(share)s%% of those who enter", share=holdout))],
        ),
        (str(gettext("Margin")), [margin_text(plan)]),
        (
            str(gettext("Counts")),
            [
                str(
                    gettext(
                        "Orders of the %(days)s from the message on; nobody enters again within "
                        "%(again)s.",
                        days=days_text(plan.window_days),
                        again=again,
                    )
                )
            ],
        ),
    ]


def told_example(work: Session, shop_id: int, plan: ProgrammePlan) -> str:
    """What goes out, with the places of what is each customer's own still in braces."""
    if plan.template_id is None:
        return plan.offer.words.strip() or plan.title
    try:
        return get_template(work, shop_id, plan.template_id).body
    except NotFoundError:
        return plan.offer.words.strip()


def is_usual_margin(plan: ProgrammePlan) -> bool:
    """Whether the margin is the one that every plan begins with, and nobody's own."""
    usual = COMMON | (BY_PRODUCT if plan.margin_source == "products" else {})
    given = (percent_text(plan.margin_low), percent_text(plan.margin_high))
    return given == (usual["margin_low_percent"], usual["margin_high_percent"])


def wait_text(plan: ProgrammePlan) -> str:
    """Hours, or whole days where it is that."""
    if plan.wait_hours and plan.wait_hours % 24 == 0:
        return days_text(plan.wait_hours // 24)
    hours = plan.wait_hours
    return str(ngettext("%(shown)s hour", "%(shown)s hours", hours, shown=number(hours)))


def days_text(days: int) -> str:
    """A number of days."""
    return str(ngettext("%(shown)s day", "%(shown)s days", days, shown=number(days)))


def _silence_text(plan: ProgrammePlan) -> str:
    if plan.after_days is not None:
        return str(gettext("%(days)s after the last order", days=days_text(plan.after_days)))
    if plan.kind == "dormant":
        return str(gettext("as soon as they are dormant by their own rhythm"))
    return str(gettext("as soon as they are lost by their own rhythm"))
