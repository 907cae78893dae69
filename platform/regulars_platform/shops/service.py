"""Opening a shop and changing its name. Currency and time zone stay as they were opened with:
orders are stored in them."""

import datetime as dt
from functools import cache
from zoneinfo import available_timezones

from babel.core import Locale
from babel.numbers import get_territory_currencies
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.shops.errors import (
    ShopNameError,
    ShopNotFoundError,
    UnknownCurrencyError,
    UnknownTimezoneError,
)
from regulars_platform.shops.models import ShopId, ShopProfile
from regulars_platform.shops.tables import Shop


@cache
def known_currencies() -> tuple[str, ...]:
    """ISO 4217 codes that are legal tender somewhere today, sorted."""
    countries = [str(code) for code in Locale("en").territories if len(str(code)) == 2]
    tender = (get_territory_currencies(country, tender=True) for country in countries)
    return tuple(sorted({str(code) for codes in tender for code in codes}))


@cache
def known_timezones() -> tuple[str, ...]:
    """IANA zones that name a place (or UTC), sorted."""
    places = {zone for zone in available_timezones() if _names_a_place(zone)}
    return ("UTC", *sorted(places))


def _names_a_place(zone: str) -> bool:
    region, _, place = zone.partition("/")
    return bool(place) and region in _REGIONS


_REGIONS = frozenset(
    (
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
)


def open_shop(
    session: Session, *, name: str, currency: str, timezone: str, now: dt.datetime
) -> ShopProfile:
    """Open a shop. Errors: InvalidInputError with everything that is wrong."""
    problems = find_shop_problems(name=name, currency=currency, timezone=timezone)
    if problems:
        raise InvalidInputError(problems)
    row = Shop(name=name.strip(), currency=currency, timezone=timezone, created_at=now)
    session.add(row)
    session.flush()
    return _profile(row)


def find_shop_problems(*, name: str, currency: str, timezone: str) -> list[RegularsError]:
    """What is wrong with a new shop's particulars, each with its field; empty when all is well."""
    problems: list[RegularsError] = []
    if not _name_fits(name):
        problems.append(ShopNameError.of(name))
    if currency not in known_currencies():
        problems.append(UnknownCurrencyError.of(currency))
    if timezone not in known_timezones():
        problems.append(UnknownTimezoneError.of(timezone))
    return problems


def rename_shop(session: Session, shop_id: int, name: str) -> ShopProfile:
    """Give the shop another name. Errors: ShopNameError, ShopNotFoundError."""
    row = session.get(Shop, shop_id)
    if row is None:
        raise ShopNotFoundError.of(shop_id)
    if not _name_fits(name):
        raise ShopNameError.of(name)
    row.name = name.strip()
    session.flush()
    return _profile(row)


def get_shop(session: Session, shop_id: int) -> ShopProfile:
    """The shop of this number. Errors: ShopNotFoundError."""
    row = session.get(Shop, shop_id)
    if row is None:
        raise ShopNotFoundError.of(shop_id)
    return _profile(row)


def find_first_shop(session: Session) -> ShopProfile | None:
    """The shop that was opened first; None before the first start is through."""
    row = session.scalars(select(Shop).order_by(Shop.id).limit(1)).first()
    return None if row is None else _profile(row)


def _name_fits(name: str) -> bool:
    return 0 < len(name.strip()) <= 200


def _profile(row: Shop) -> ShopProfile:
    return ShopProfile(
        id=ShopId(row.id),
        name=row.name,
        currency=row.currency,
        timezone=row.timezone,
        practice=row.practice,
    )
