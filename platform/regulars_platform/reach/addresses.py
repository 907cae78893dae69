"""Addresses that several customers have: a mailbox or a telephone belongs to a person.

Whoever opted out, or is held back, may have a second id with the same address, and would be
reached by it.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import polars as pl

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.shops.channels import CHANNELS

ADDRESSES = {channel.name: channel.address for channel in CHANNELS.values() if channel.address}
"""Channel -> the column of the customers' file that it goes to; others go by the customer's id."""

_HOME = "86"
_HOME_DIGITS = 11
_FEWEST_DIGITS = 7
_NOBODY = pl.DataFrame(schema={"plain": pl.String, "customer_id": pl.String})


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


def shared_addresses(
    shop_dir: Path, channels: Collection[str], among: Collection[str] | None = None
) -> pl.DataFrame:
    """plain, customer_id: every address of these channels that several customers have, with all
    of them. among: only addresses that one of these customers has."""
    table = DatasetTable(shop_dir, "customers")
    columns = sorted({ADDRESSES[name] for name in channels if name in ADDRESSES})
    if not columns or not table.exists():
        return _NOBODY
    version = table.version()
    found = pl.concat([_shared(table.path, version, column) for column in columns])
    if among is None or found.is_empty():
        return found
    return found.filter(pl.col("plain").is_in(_theirs(found, among).implode()))


def beside(shared: pl.DataFrame, names: Collection[str]) -> frozenset[str]:
    """Of `shared_addresses` the customers who have an address of one of `names` other than
    themselves."""
    if shared.is_empty() or not names:
        return frozenset()
    wanted = pl.DataFrame({"customer_id": sorted(names)}, schema={"customer_id": pl.String})
    theirs = shared.join(wanted, on="customer_id", how="semi").rename({"customer_id": "other"})
    pairs = shared.join(theirs, on="plain").filter(pl.col("customer_id") != pl.col("other"))
    return frozenset(pairs["customer_id"])


def addressed_as(
    shop_dir: Path, channels: Collection[str], names: Collection[str]
) -> frozenset[str]:
    """Customers whose address on one of the channels is one of `names` itself: a list of who
    opted out may name them by the address."""
    table = DatasetTable(shop_dir, "customers")
    columns = sorted({ADDRESSES[name] for name in channels if name in ADDRESSES})
    if not columns or not table.exists():
        return frozenset()
    version = table.version()
    found: frozenset[str] = frozenset()
    for column in columns:
        like = frozenset(plain_address(column, name) for name in names if _is_like(column, name))
        if like:
            found |= _addressed(table.path, version, column, like)
    return found


def _is_like(column: str, name: str) -> bool:
    if column == "email":
        return "@" in name
    return bool(re.fullmatch(r"[+0-9 ().-]+", name)) and len(name) >= _FEWEST_DIGITS


def _theirs(shared: pl.DataFrame, names: Collection[str]) -> pl.Series:
    wanted = pl.Series(sorted(names), dtype=pl.String).implode()
    return shared.filter(pl.col("customer_id").is_in(wanted))["plain"].unique()


@lru_cache(maxsize=8)
def _shared(path: Path, version: int | None, column: str) -> pl.DataFrame:
    # a version of a table never changes; an address of one customer alone is barred by the id
    return (
        DatasetTable(path.parent.parent, "customers")
        .scan(version)
        .filter(pl.col(column).is_not_null())
        .select(_plain(column).alias("plain"), "customer_id")
        .filter((pl.col("plain") != "") & (pl.len().over("plain") > 1))
        .collect(engine="streaming")
    )


@lru_cache(maxsize=4)
def _addressed(
    path: Path, version: int | None, column: str, plain: frozenset[str]
) -> frozenset[str]:
    wanted = pl.Series(sorted(plain), dtype=pl.String).implode()
    found = (
        DatasetTable(path.parent.parent, "customers")
        .scan(version)
        .filter(pl.col(column).is_not_null() & _plain(column).is_in(wanted))
        .select("customer_id")
        .collect(engine="streaming")
    )
    return frozenset(found["customer_id"])


def _plain(column: str) -> pl.Expr:
    """`plain_address` of a column, many at once."""
    text = pl.col(column)
    if column == "email":
        return text.str.strip_chars().str.to_lowercase()
    digits = text.str.replace_all(r"\D", "").str.strip_prefix("00")
    at_home = digits.str.len_chars() == len(_HOME) + _HOME_DIGITS
    return pl.when(at_home).then(digits.str.strip_prefix(_HOME)).otherwise(digits)
