"""An automatic discount from a threshold on an event's days, as a draft of a campaign."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from regulars_platform.calendar.drafts import DAYS
from regulars_platform.calendar.events import Occurrence, next_occurrence
from regulars_platform.calendar.service import get_event, set_template
from regulars_platform.campaigns.service import create_draft, list_campaigns
from regulars_platform.campaigns.tables import Campaign
from regulars_platform.fields import FieldReader, money_text
from regulars_platform.shops.models import ShopProfile
from regulars_platform.words import N_
from regulars_web.drafts.plans import ShopFacts, new_draft

RETURNS = dt.timedelta(days=14)


@dataclass(frozen=True, kw_only=True, slots=True)
class Discount:
    """`amount` off orders from `threshold`; ten-thousandths."""

    threshold: int
    amount: int


def check_discount(reader: FieldReader, threshold: int | None, amount: int | None) -> None:
    """Note on `amount` where it would take off a whole order."""
    if threshold is not None and amount is not None and amount >= threshold:
        reader.refuse("amount", N_("It takes off as much as the order is worth."))


def draft_discount(
    work: Session,
    shop: ShopProfile,
    facts: ShopFacts,
    *,
    event_id: int,
    discount: Discount,
    today: dt.date,
    now: dt.datetime,
) -> Campaign:
    """A draft for the event's next time, open to the whole shop: only its telling is drawn.

    It becomes the event's template where there is none yet. Raises EventNotFoundError.
    """
    event = get_event(work, shop.id, event_id)
    ahead = next_occurrence(event, today)
    send = today if ahead is None else ahead.first
    latest = next(iter(list_campaigns(work, shop.id)), None)
    last_plan = None if latest is None else latest.draft
    raw = new_draft(facts, today=send, last_plan=last_plan, shop=shop)
    raw |= {"name": f"{event.name} {send.isoformat()}"[:200], "audience": {"all": []}}
    if ahead is not None:
        raw |= _days(ahead, facts.last_day)
    raw["arms"][0]["offer"] = {
        "kind": "amount_off",
        "reach": "open",
        "words": "",
        "threshold": money_text(discount.threshold),
        "amount": money_text(discount.amount),
    }
    made = create_draft(work, shop_id=shop.id, raw=raw, now=now)
    if event.template_id is None:
        set_template(work, shop_id=shop.id, event_id=event_id, campaign_id=made.id)
    return made


def _days(ahead: Occurrence, last_day: dt.date | None) -> dict[str, str]:
    """Told on the first day; what is bought up to the last one counts; two weeks for returns."""
    known = ahead.first if last_day is None else min(ahead.first, last_day + dt.timedelta(days=1))
    days = (known, ahead.first, ahead.last, ahead.last + RETURNS)
    return {name: day.isoformat() for name, day in zip(DAYS, days, strict=True)}
