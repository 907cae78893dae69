"""From the due list to contacts that prove what they bring: a campaign or a programme, drafted."""

import datetime as dt
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import create_draft, list_campaigns
from regulars_platform.campaigns.tables import DRAFT as CAMPAIGN_DRAFT
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.cycle.due_list import LATE, DueAsked
from regulars_platform.cycle.service import Asked
from regulars_platform.programmes.service import create_programme, list_programmes
from regulars_platform.programmes.tables import DRAFT as PROGRAMME_DRAFT
from regulars_platform.segments.preset_parts import condition
from regulars_platform.segments.rules import Rule, rule_json
from regulars_platform.shops.channels import contact_price
from regulars_web.drafts.plans import ShopFacts, new_draft
from regulars_web.drafts.programmes import usual_plan
from regulars_web.edge import current_shop, now, today
from regulars_web.formats import date
from regulars_web.keeping_segments import segment_of
from regulars_web.words.plans import channel_word

KIND = "product_due"


def due_campaign(work: Session, asked: Asked, wanted: DueAsked, facts: ShopFacts) -> int:
    """A campaign to whom the list holds, whatever it is that they are due for; the draft that was
    made before, where it is there."""
    shop = current_shop()
    days = find_order_days(asked.store, asked.orders_version)
    as_of = wanted.day if days is None else days.day_after
    name = gettext(
        "Due again from %(day)s: %(channel)s",
        day=date(wanted.day),
        channel=channel_word(wanted.channel),
    )
    rule = due_rule(wanted, as_of)
    for one in list_campaigns(work, shop.id):
        same = one.name == name and one.draft.get("audience") == rule_json(rule)
        if one.state == CAMPAIGN_DRAFT and same:
            return one.id
    # a campaign knows no product of each: that is for the programme
    words = gettext("Yours should soon be used up. Order in time.")
    title = gettext("Due again within %(days)s days", days=wanted.ahead)
    segment_of(work, shop.id, title, rule)
    draft: dict[str, Any] = new_draft(facts, today=today(), last_plan=_last_plan(work), shop=shop)
    arm = draft["arms"][0] | {
        "name": gettext("Contacted"),
        "offer": {"kind": "message", "reach": "open", "words": words},
        "channel": wanted.channel,
        "contact_cost": contact_price(shop, wanted.channel),
    }
    raw = draft | {"name": name, "audience": rule_json(rule), "arms": [arm]}
    return create_draft(work, shop_id=shop.id, raw=raw, now=now()).id


def due_rule(wanted: DueAsked, as_of: dt.date) -> Rule:
    """Whom the list holds, as customers are looked at from the day `as_of`."""
    shift = (wanted.day - as_of).days
    return condition("product_due_days", "between", shift - LATE, shift + wanted.ahead)


def due_programme_plan(wanted: DueAsked) -> dict[str, Any]:
    """The programme that reaches everybody so many days before they are due."""
    shop = current_shop()
    return usual_plan(shop, KIND) | {
        "name": gettext("Due again: %(channel)s", channel=channel_word(wanted.channel)),
        "channel": wanted.channel,
        "contact_cost": contact_price(shop, wanted.channel),
        "before_days": wanted.ahead,
    }


def due_programme(work: Session, plan: dict[str, Any]) -> int:
    """A draft of that plan, or the one that was made before."""
    shop_id = current_shop().id
    for one in list_programmes(work, shop_id):
        if (one.state, one.kind, one.name) == (PROGRAMME_DRAFT, KIND, plan["name"]):
            return one.id
    return create_programme(work, shop_id=shop_id, draft=plan, now=now()).id


def _last_plan(work: Session) -> Any:
    latest = next(iter(list_campaigns(work, current_shop().id)), None)
    return None if latest is None else latest.draft
