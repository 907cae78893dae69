"""The one gate: who may be contacted on a day, by whatever path.

Every draw and every way out of the house (lists, mails, messages, calls, programmes, retries) asks
it, again at the moment of sending. Held-out arms are kept apart where arms are known (see
`delivery.lists.TreatedArm`); the gate keeps whom nothing may reach.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.reach.holdout import GlobalHoldout, holdout_on, in_holdout
from regulars_platform.reach.suppressions import suppressed_customers
from regulars_platform.settings import Settings

OPTED_OUT, NO_CONSENT, GLOBAL_HOLDOUT = "opted_out", "no_consent", "global_holdout"
REASONS = (OPTED_OUT, NO_CONSENT, GLOBAL_HOLDOUT)
"""Why somebody is barred; where several hold, the first in this order is given."""

CONSENTS = {
    "email": "consent_email",
    "sms": "consent_sms",
    "phone": "consent_phone",
    "chat": "consent_chat",
}
"""Channel -> the column of the customers' file that says whether they agreed to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """Who must not be contacted by some channels on one day.

    silent: opted out altogether; refusing: did not agree to one of the channels; holdout: the
    global holdout that lasts on the day, if any.
    """

    silent: frozenset[str]
    refusing: frozenset[str]
    holdout: GlobalHoldout | None

    def barred(self, customers: pl.Series) -> pl.Series:
        """Per customer id the reason why not, out of REASONS; null: may be contacted."""
        held = (
            pl.repeat(False, len(customers), eager=True)
            if self.holdout is None
            else in_holdout(customers, salt=self.holdout.salt, share=self.holdout.share)
        )
        frame = pl.DataFrame({"id": customers.cast(pl.String), "held": held})
        return frame.select(
            pl.when(_among(self.silent))
            .then(pl.lit(OPTED_OUT))
            .when(_among(self.refusing))
            .then(pl.lit(NO_CONSENT))
            .when("held")
            .then(pl.lit(GLOBAL_HOLDOUT))
            .alias("barred")
        )["barred"]

    def admits(self, customer_id: str) -> bool:
        """Whether this one customer may be contacted."""
        return self.barred(pl.Series([customer_id], dtype=pl.String))[0] is None


def open_gate(
    session: Session,
    settings: Settings,
    shop_id: int,
    *,
    channels: Collection[str],
    day: dt.date,
) -> Gate:
    """The gate for a contact by any of the channels (see CONSENTS; others ask no consent).

    Who said nothing about a channel has not refused it.
    """
    return Gate(
        silent=suppressed_customers(session, shop_id),
        refusing=_refusing(settings, shop_id, channels),
        holdout=holdout_on(session, shop_id, day),
    )


def _refusing(settings: Settings, shop_id: int, channels: Collection[str]) -> frozenset[str]:
    asked = sorted({CONSENTS[name] for name in channels if name in CONSENTS})
    customers = DatasetTable(settings.shop_dir(shop_id), "customers")
    if not asked or not customers.exists():
        return frozenset()
    refused = pl.any_horizontal(*(~pl.col(name) for name in asked)).fill_null(False)
    found = customers.scan().filter(refused).select("customer_id").collect(engine="streaming")
    return frozenset(found["customer_id"])


def _among(names: frozenset[str]) -> pl.Expr:
    if not names:
        return pl.lit(False)
    return pl.col("id").is_in(pl.Series(sorted(names), dtype=pl.String).implode())
