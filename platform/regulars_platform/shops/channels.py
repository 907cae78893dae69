"""Every channel a shop has, whom it reaches, how it can be used, and what a contact costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import Session

from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader, money_text
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_

Reaches = Literal["persons", "audience"]
SECTION = "channels"
LIST, SMTP, WEBHOOK, CALLS = "list", "smtp", "webhook", "calls"
SENDING = (SMTP, WEBHOOK)
"""Ways by which messages leave by themselves."""

MOST_PER_MINUTE = 60_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """One channel. reaches: persons one by one, or whoever is in an audience (a group, a feed).

    ways: how it can be used, the usual one first; address: the column of the customers' file that
    it goes to, "" for the customer's id itself.
    """

    name: str
    label: str
    reaches: Reaches
    ways: tuple[str, ...]
    address: str = ""


CHANNELS: dict[str, Channel] = {
    channel.name: channel
    for channel in (
        Channel(
            name="sms",
            label=N_("Text message"),
            reaches="persons",
            ways=(LIST, WEBHOOK),
            address="phone",
        ),
        Channel(
            name="email",
            label=N_("E-mail"),
            reaches="persons",
            ways=(LIST, SMTP, WEBHOOK),
            address="email",
        ),
        Channel(
            name="phone",
            label=N_("Phone"),
            reaches="persons",
            ways=(CALLS, LIST),
            address="phone",
        ),
        Channel(name="chat", label=N_("Chat"), reaches="persons", ways=(LIST, WEBHOOK)),
        Channel(
            name="message_box", label=N_("Message box"), reaches="persons", ways=(LIST, WEBHOOK)
        ),
        Channel(name="poster", label=N_("Poster"), reaches="persons", ways=(LIST,)),
        Channel(name="parcel_insert", label=N_("Parcel insert"), reaches="persons", ways=(LIST,)),
        Channel(name="start_page", label=N_("Start page"), reaches="persons", ways=(LIST,)),
        Channel(name="groups", label=N_("Groups"), reaches="audience", ways=(LIST,)),
        Channel(name="moments", label=N_("Moments"), reaches="audience", ways=(LIST,)),
        Channel(name="posts", label=N_("Posts"), reaches="audience", ways=(LIST,)),
        Channel(name="other", label=N_("Other"), reaches="persons", ways=(LIST, WEBHOOK)),
    )
}
"""By name, in the order in which they are offered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelUse:
    """How the shop uses a channel. price: of one contact (of one text segment for sms),
    ten-thousandths; per_minute: at most so many messages in a minute."""

    via: str
    price: int = 0
    per_minute: int = 60


def channel_use(shop: HasPractice, name: str) -> ChannelUse:
    """As the shop keeps it; where it never said: the usual way, free, 60 a minute."""
    usual = ChannelUse(via=CHANNELS[name].ways[0])
    kept = (read_section(shop, SECTION) or {}).get(name)
    if not isinstance(kept, Mapping):
        return usual
    found = _read(kept, name)[0]
    return found or usual


def contact_price(shop: HasPractice, name: str) -> str:
    """What the shop says that one contact by a channel costs, as a plan has it ("0.06"); "" where
    it never said, or where there is no such channel."""
    price = channel_use(shop, name).price if name in CHANNELS else 0
    return money_text(price) if price else ""


def keep_channel_use(
    session: Session, shop: HasPractice, shop_id: int, name: str, raw: Mapping[str, Any]
) -> ChannelUse:
    """Keep what a form says of one channel. Raises InvalidInputError."""
    found, reader = _read(raw, name)
    if found is None:
        raise InvalidInputError(reader.problems)
    sections = dict(read_section(shop, SECTION) or {})
    sections[name] = {
        "via": found.via,
        "price": money_text(found.price),
        "per_minute": found.per_minute,
    }
    keep_section(session, shop_id, SECTION, sections)
    return found


def _read(raw: Mapping[str, Any], name: str) -> tuple[ChannelUse | None, FieldReader]:
    reader = FieldReader(raw)
    via = reader.choice("via", CHANNELS[name].ways, default=CHANNELS[name].ways[0])
    price = reader.money("price", default=0)
    per_minute = reader.whole("per_minute", low=1, high=MOST_PER_MINUTE, default=60)
    if reader.problems or via is None or price is None or per_minute is None:
        return None, reader
    return ChannelUse(via=via, price=price, per_minute=per_minute), reader
