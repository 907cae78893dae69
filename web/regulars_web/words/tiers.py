"""Tiers in words: measures, rights, rules that were kept, the tiers that are proposed."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext

from regulars_platform.customers.tiers import IN_MONEY, Tier, read_tiers
from regulars_platform.shops.models import ShopId, ShopProfile
from regulars_web.formats import number
from regulars_web.words.features import currency_text
from regulars_web.words.reports import clauses

MEASURES = {
    "spend_365": lazy_gettext("Spend net of refunds in the last 365 days"),
    "orders_365": lazy_gettext("Orders in the last 365 days"),
    "spend": lazy_gettext("Spend net of refunds in all"),
    "orders": lazy_gettext("Orders in all"),
    "points_balance": lazy_gettext("Points left"),
}
PROPOSED = (
    lazy_gettext("Ordinary member"),
    lazy_gettext("Senior member"),
    lazy_gettext("VIP member"),
    lazy_gettext("Supreme VIP member"),
)
PERS = {
    "year": lazy_gettext("for each customer, once a year"),
    "order": lazy_gettext("for each order"),
    "use": lazy_gettext("each time somebody uses it"),
}
CARES = {
    "": lazy_gettext("nothing by itself"),
    "birthday": lazy_gettext("a programme for birthdays"),
    "tier_changed": lazy_gettext("a programme for reaching a tier"),
    "tier_near": lazy_gettext("a programme for being close to a tier"),
    "joined": lazy_gettext("a programme for joining and following"),
}
MEMBER_BY = {
    "tier": lazy_gettext("whose tier is above the lowest"),
    "follows": lazy_gettext("who follow the shop"),
    "consent": lazy_gettext("who agreed to be written to"),
}


def tier_name(name: str | None) -> str:
    """A tier as the shop calls it; who is in none."""
    return str(gettext("in no tier")) if name is None else name


def measure_text(by: str, value: float, currency: str) -> str:
    """A figure of a measure, with its unit where it is money."""
    if by in IN_MONEY:
        return currency_text(value, currency, whole=value == int(value))
    return number(value)


def ladder_text(tiers: Sequence[Tier], currency: str) -> str:
    """Rules in a line: "Senior from £100, VIP from £500 (Orders in all)"."""
    if not tiers:
        return str(gettext("no tiers"))
    parts = [
        str(
            gettext(
                "%(tier)s from %(least)s",
                tier=one.name,
                least=measure_text(one.by, one.least, currency),
            )
        )
        for one in tiers
    ]
    measures = list(dict.fromkeys(str(MEASURES[one.by]) for one in tiers))
    return str(gettext("%(tiers)s (%(measure)s)", tiers=clauses(parts), measure=clauses(measures)))


def kept_ladder_text(kept: Any, currency: str) -> str:
    """The same of rules as they were stored."""
    shop = ShopProfile(
        id=ShopId(0), name="", currency=currency, timezone="UTC", practice={"tiers": kept}
    )
    return ladder_text(read_tiers(shop), currency)
