"""Where a message goes: whether a mail can go there at all, and whether somebody who is not to be
reached would read it there."""

import datetime as dt
from collections.abc import Iterable
from email.errors import MessageError
from email.headerregistry import Address

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.reach.addresses import ADDRESSES, plain_address, shared_addresses
from regulars_platform.reach.holdout import holdout_on, in_holdout
from regulars_platform.settings import Settings
from regulars_platform.suppressions.service import suppressed_among


def barred_addresses(
    session: Session,
    settings: Settings,
    shop_id: int,
    channel: str,
    addresses: Iterable[str],
    *,
    day: dt.date,
) -> frozenset[str]:
    """Of these addresses of a channel those that several customers have of whom one opted out or
    is held back from everything on the day, or that are on the list of who opted out themselves."""
    column = ADDRESSES.get(channel)
    if column is None:
        return frozenset()
    plain = {address: plain_address(column, address) for address in addresses}
    wanted = {own for own in plain.values() if own}
    owners = {own: [own] for own in wanted}  # an id may be the address itself
    shared = shared_addresses(settings.shop_dir(shop_id), (channel,))
    found = shared.filter(
        pl.col("plain").is_in(pl.Series(sorted(wanted), dtype=pl.String).implode())
    )
    for own, customer in found.iter_rows():
        owners[own].append(customer)
    silent = suppressed_among(session, shop_id, sorted({i for ids in owners.values() for i in ids}))
    holdout = holdout_on(session, shop_id, day)
    if holdout is not None and not found.is_empty():
        names = found["customer_id"].unique()
        held = in_holdout(names, salt=holdout.salt, share=holdout.share)
        silent |= frozenset(names.filter(held))
    barred = {own for own, ids in owners.items() if not silent.isdisjoint(ids)}
    return frozenset(address for address, own in plain.items() if own in barred)


def is_address(text: str) -> bool:
    """Whether a mail can be addressed to this: one address, in plain letters.

    >>> is_address("ann@example.org"), is_address("ann@example.org, ben@example.org")
    (True, False)
    """
    name, _, domain = text.rpartition("@")
    if not name or not domain or not text.isascii() or not text.isprintable() or len(text) > 254:
        return False
    if any(sign in text for sign in ' ,;<>"()\\'):
        return False
    try:
        return Address(addr_spec=text).domain == domain
    except (ValueError, IndexError, MessageError):
        return False
