"""What a contact costs: filled in from the shop's channels, unless somebody typed a price."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regulars_platform.shops.channels import contact_price
from regulars_platform.shops.practice import HasPractice
from regulars_web.pages.campaigns.form import PlanForm


def priced_for(shop: HasPractice, channel: str, cost: str) -> str:
    """What a form says beside a price that was filled in: for which channel, and which; "" beside
    one that somebody typed."""
    price = contact_price(shop, channel)
    return f"{channel} {price}" if cost.strip() in ("", price) else ""


def price_now(shop: HasPractice, channel: str, cost: str, filled: str) -> str:
    """The price to show for a channel. cost: what stands in the field; filled: `priced_for` of the
    form that was sent. Another channel takes its own price, unless somebody typed one."""
    before, _, price = filled.partition(" ")
    if not before or before == channel or cost.strip() not in ("", price):
        return cost
    return contact_price(shop, channel)


def with_prices(form: PlanForm, sent: Mapping[str, str], shop: HasPractice) -> PlanForm:
    """The plan's form with the price of each arm's channel. sent: the fields of the form."""
    arms = [
        arm | {"contact_cost": _price_of(arm, sent.get(f"arms.{place}.priced", ""), shop)}
        for place, arm in enumerate(form.arms)
    ]
    return replace(form, draft=form.draft | {"arms": arms}) if arms else form


def _price_of(arm: Mapping[str, Any], filled: str, shop: HasPractice) -> str:
    return price_now(
        shop, str(arm.get("channel") or ""), str(arm.get("contact_cost") or ""), filled
    )
