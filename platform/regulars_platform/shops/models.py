"""A shop as the rest of the product sees it."""

from dataclasses import dataclass
from typing import NewType
from zoneinfo import ZoneInfo

ShopId = NewType("ShopId", int)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopProfile:
    """Name, currency (ISO 4217) and time zone (IANA) of one shop."""

    id: ShopId
    name: str
    currency: str
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the shop's days begin and end."""
        return ZoneInfo(self.timezone)
