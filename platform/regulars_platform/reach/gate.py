"""The one gate: who may be contacted on a day, by whatever path.

Every draw and every way out of the house (lists, mails, messages, calls, programmes, retries) asks
it, again at the moment of sending. Held-out arms are kept apart where arms are known (see
`delivery.lists.TreatedArm`); the gate keeps whom nothing may reach.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.errors import NotFoundError
from regulars_platform.reach.addresses import addressed_as, beside, shared_addresses
from regulars_platform.reach.holdout import GlobalHoldout, holdout_on, in_holdout
from regulars_platform.settings import Settings
from regulars_platform.shops.practice import keep_section, read_section
from regulars_platform.shops.tables import Shop
from regulars_platform.suppressions.service import suppressed_among, suppressed_customers
from regulars_platform.words import N_, Sentence

OPTED_OUT, NO_CONSENT, GLOBAL_HOLDOUT = "opted_out", "no_consent", "global_holdout"
SAME_ADDRESS = "same_address"
REASONS = (OPTED_OUT, NO_CONSENT, GLOBAL_HOLDOUT, SAME_ADDRESS)
"""Why somebody is barred; where several hold, the first in this order is given. same_address: it is
that of somebody who opted out or is held back (known where addresses are kept)."""

CONSENTS = {
    "email": "consent_email",
    "sms": "consent_sms",
    "phone": "consent_phone",
    "chat": "consent_chat",
}
"""Channel -> the column of the customers' file that says whether they agreed to it."""

SECTION = "require_consent"
"""The shop's own settings: channels by which only those are contacted who said yes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """Who must not be contacted by some channels on one day.

    silent: opted out altogether; refusing: did not agree to one of the channels; holdout: the
    global holdout that lasts on the day, if any; agreed: the only ones who may be contacted where
    the shop asks for a yes, None where it does not; beside: who has the address of somebody silent
    or in the holdout.
    """

    silent: frozenset[str]
    refusing: frozenset[str]
    holdout: GlobalHoldout | None
    agreed: frozenset[str] | None = None
    beside: frozenset[str] = frozenset()

    def barred(self, customers: pl.Series) -> pl.Series:
        """Per customer id the reason why not, out of REASONS; null: may be contacted."""
        held = (
            pl.repeat(False, len(customers), eager=True)
            if self.holdout is None
            else in_holdout(customers, salt=self.holdout.salt, share=self.holdout.share)
        )
        frame = pl.DataFrame({"id": customers.cast(pl.String), "held": held})
        refusing = _among(self.refusing)
        if self.agreed is not None:
            refusing = refusing | ~_among(self.agreed)
        return frame.select(
            pl.when(_among(self.silent))
            .then(pl.lit(OPTED_OUT))
            .when(refusing)
            .then(pl.lit(NO_CONSENT))
            .when("held")
            .then(pl.lit(GLOBAL_HOLDOUT))
            .when(_among(self.beside))
            .then(pl.lit(SAME_ADDRESS))
            .alias("barred")
        )["barred"]


def open_gate(
    session: Session,
    settings: Settings,
    shop_id: int,
    *,
    channels: Collection[str],
    day: dt.date,
    among: Collection[str] | None = None,
) -> Gate:
    """The gate for a contact by any of the channels (see CONSENTS; others ask no consent).

    Who said nothing about a channel has not refused it, unless the shop asks for a yes
    (`consent_required`). among: open it for these customers only (quicker, at the moment of
    sending); None: for everybody.
    """
    asked = frozenset(name for name in channels if name in CONSENTS)
    needed = asked & consent_required(session, shop_id)
    shop_dir = settings.shop_dir(shop_id)
    known = _consents(DatasetTable(shop_dir, "customers"), asked)
    shared = shared_addresses(shop_dir, channels, among)
    if among is None:
        silent = suppressed_customers(session, shop_id)
        named = addressed_as(shop_dir, channels, silent)
    else:
        # whoever opted out by the address itself is found where the message has one
        silent = suppressed_among(session, shop_id, sorted({*among, *shared["customer_id"]}))
        named = frozenset()
    holdout = holdout_on(session, shop_id, day)
    return Gate(
        silent=silent,
        refusing=known.refusing,
        holdout=holdout,
        agreed=known.agreeing(needed) if needed else None,
        beside=named | beside(shared, silent) | beside(shared, _held(shared, holdout)),
    )


def _held(shared: pl.DataFrame, holdout: GlobalHoldout | None) -> frozenset[str]:
    if holdout is None or shared.is_empty():
        return frozenset()
    names = shared["customer_id"].unique()
    held = in_holdout(names, salt=holdout.salt, share=holdout.share)
    return frozenset(names.filter(held))


def consent_required(session: Session, shop_id: int) -> frozenset[str]:
    """The channels by which the shop contacts only customers who said yes."""
    shop = session.get(Shop, shop_id)
    if shop is None:
        raise NotFoundError(Sentence(N_("There is no such shop.")))
    kept = read_section(shop, SECTION)
    return frozenset(name for name in kept or () if name in CONSENTS)


def keep_consent_required(session: Session, shop_id: int, channels: Collection[str]) -> None:
    """Ask for a yes on these channels from now on; others in CONSENTS are not asked."""
    keep_section(session, shop_id, SECTION, sorted(set(channels) & set(CONSENTS)))


@dataclass(frozen=True, slots=True)
class _Consents:
    refusing: frozenset[str]
    yes: dict[str, frozenset[str]]

    def agreeing(self, channels: Collection[str]) -> frozenset[str]:
        return frozenset.intersection(*(self.yes.get(name, frozenset()) for name in channels))


def _consents(customers: DatasetTable, channels: frozenset[str]) -> _Consents:
    if not channels or not customers.exists():
        return _Consents(frozenset(), {})
    return _read_consents(customers.path, customers.version(), channels)


@lru_cache(maxsize=8)
def _read_consents(path: Path, version: int | None, channels: frozenset[str]) -> _Consents:
    # a version of a table never changes, so what it says is kept between two batches
    table = DatasetTable(path.parent.parent, "customers")
    columns = {name: CONSENTS[name] for name in sorted(channels)}
    said = (
        table.scan(version)
        .select("customer_id", *columns.values())
        .filter(pl.any_horizontal(pl.col(column).is_not_null() for column in columns.values()))
        .collect(engine="streaming")
    )
    refused = pl.any_horizontal(~pl.col(column) for column in columns.values()).fill_null(False)
    return _Consents(
        frozenset(said.filter(refused)["customer_id"]),
        {
            name: frozenset(said.filter(pl.col(column).fill_null(False))["customer_id"])
            for name, column in columns.items()
        },
    )


def _among(names: frozenset[str]) -> pl.Expr:
    if not names:
        return pl.lit(False)
    return pl.col("id").is_in(pl.Series(sorted(names), dtype=pl.String).implode())
