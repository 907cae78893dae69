"""Customers of a told arm who share an address with somebody held out by the same draw.

They stay in their arm, and are not contacted: the one who is held back would read it.
"""

from collections.abc import Collection

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.reach.addresses import beside, shared_addresses
from regulars_platform.settings import Settings


def beside_held_out(
    settings: Settings,
    shop_id: int,
    channel: str,
    ledger: pl.DataFrame,
    among: Collection[str] | None = None,
) -> frozenset[str]:
    """Customers who share an address of the channel with somebody in the holdout of a campaign's
    ledger. among: looks at the addresses of these alone."""
    shared = shared_addresses(settings.shop_dir(shop_id), (channel,), among)
    if shared.is_empty():
        return frozenset()
    held = ledger.lazy().filter(pl.col("arm") == HOLDOUT).select("customer_id")
    theirs = shared.lazy().join(held, on="customer_id", how="semi").collect()
    return beside(shared, frozenset(theirs["customer_id"]))
