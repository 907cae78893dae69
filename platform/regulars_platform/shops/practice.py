"""How a shop works, in its own settings: sections of JSON on the shop, each read by its owner.

A section that was never kept has its default. What is kept is plain JSON (days as YYYY-MM-DD, money
as decimal text), so that a settings file can be read by people.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy.orm import Session

from regulars_platform.shops.errors import ShopNotFoundError
from regulars_platform.shops.tables import Shop


class HasPractice(Protocol):
    """A shop, or a value made from one."""

    @property
    def practice(self) -> Mapping[str, Any] | None:
        """Sections by name; None: none was ever kept."""


def read_section(shop: HasPractice, name: str) -> Any | None:
    """What the shop kept under this name; None where it kept nothing."""
    return (shop.practice or {}).get(name)


def keep_section(session: Session, shop_id: int, name: str, value: Any | None) -> None:
    """Keep a section, or go back to the default with None. Raises ShopNotFoundError."""
    row = session.get(Shop, shop_id)
    if row is None:
        raise ShopNotFoundError.of(shop_id)
    sections = dict(row.practice or {})
    if value is None:
        sections.pop(name, None)
    else:
        sections[name] = value
    # a new object, or the change of a JSON column goes unnoticed
    row.practice = sections
    session.flush()
