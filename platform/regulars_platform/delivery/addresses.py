"""Addresses of people who are silent under another id: a mailbox or telephone belongs to a person.

Somebody who opted out may have a second id with the same address, and would be reached by it.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import CHANNELS
from regulars_platform.suppressions.service import suppressed_among

_HOME = "86"
_HOME_DIGITS = 11


def plain_address(column: str, address: str) -> str:
    """An address as it is compared: e-mail in lower case, telephones by their digits, those of
    China without its code.

    >>> plain_address("email", " A@X.org "), plain_address("phone", "+86 138-0000-0001")
    ('a@x.org', '13800000001')
    """
    if column == "email":
        return address.strip().lower()
    digits = re.sub(r"\D", "", address).removeprefix("00")
    if len(digits) == len(_HOME) + _HOME_DIGITS:
        return digits.removeprefix(_HOME)
    return digits


def silent_addresses(
    session: Session, settings: Settings, shop_id: int, channel: str, addresses: Iterable[str]
) -> frozenset[str]:
    """Of these addresses of a channel those that an opted-out customer of the shop has as well."""
    column = CHANNELS[channel].address
    if not column:
        return frozenset()
    plain = {address: plain_address(column, address) for address in addresses}
    wanted = {own for own in plain.values() if own}
    owners = {own: [own] for own in wanted}  # an id may be the address itself
    table = DatasetTable(settings.shop_dir(shop_id), "customers")
    if table.exists():
        shared = _shared(table.path, table.version(), column)
        found = shared.filter(pl.col("plain").is_in(pl.Series(sorted(wanted)).implode()))
        for own, customer in found.iter_rows():
            owners[own].append(customer)
    silent = suppressed_among(session, shop_id, sorted({i for ids in owners.values() for i in ids}))
    barred = {own for own, ids in owners.items() if not silent.isdisjoint(ids)}
    return frozenset(address for address, own in plain.items() if own in barred)


@lru_cache(maxsize=8)
def _shared(path: Path, version: int | None, column: str) -> pl.DataFrame:
    """plain, customer_id: every address that several customers have, with all of them."""
    # a version of a table never changes; an address of one customer alone is barred by the id
    table = DatasetTable(path.parent.parent, "customers")
    return (
        table.scan(version)
        .filter(pl.col(column).is_not_null())
        .select(_plain(column).alias("plain"), "customer_id")
        .filter((pl.col("plain") != "") & (pl.len().over("plain") > 1))
        .collect(engine="streaming")
    )


def _plain(column: str) -> pl.Expr:
    """`plain_address` of a column, many at once."""
    text = pl.col(column)
    if column == "email":
        return text.str.strip_chars().str.to_lowercase()
    digits = text.str.replace_all(r"\D", "").str.strip_prefix("00")
    at_home = digits.str.len_chars() == len(_HOME) + _HOME_DIGITS
    return pl.when(at_home).then(digits.str.strip_prefix(_HOME)).otherwise(digits)
