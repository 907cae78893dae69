"""A shop as the rest of the product sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType
from zoneinfo import ZoneInfo

ShopId = NewType("ShopId", int)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopProfile:
    """Name, currency (ISO 4217) and time zone (IANA) of one shop, and how it works.

    practice: see `shops.practice`.
    """

    id: ShopId
    name: str
    currency: str
    timezone: str
    practice: Mapping[str, Any] | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the shop's days begin and end."""
        return ZoneInfo(self.timezone)
