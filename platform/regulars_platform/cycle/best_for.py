"""The best channel for each customer of a list: by their own record, else by those alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.customers.store import FeatureStore
from regulars_platform.cycle.best_channel import ChannelRecord, bands_of, read_channels
from regulars_platform.shops.channels import CHANNELS, channel_use
from regulars_platform.shops.models import ShopProfile


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """The best channel of each customer, and of customers alike by how often they bought."""

    own: Mapping[str, ChannelRecord]
    alike: Mapping[int, Sequence[ChannelRecord]]
    bands: Mapping[str, int]

    def of(self, customer_id: str) -> ChannelRecord | None:
        """None: too few contacts to say."""
        own = self.own.get(customer_id)
        if own is not None:
            return own
        alike = self.alike.get(self.bands.get(customer_id, 0), ())
        # where no order ever followed, no channel did best
        return next((record for record in alike if record.ordered), None)


def best_for(
    session: Session, shop: ShopProfile, store: FeatureStore, version: int, rows: pl.DataFrame
) -> Best:
    """For the customers of these rows (customer_id), at a version of the orders."""
    prices = {name: channel_use(shop, name).price for name in CHANNELS}
    known = {name: price for name, price in prices.items() if price}
    channels = read_channels(session, store, version, shop.id, known)
    customers = rows["customer_id"].unique().to_list()
    alike = channels.alike()
    return Best(
        own=channels.own(customers),
        alike=alike,
        bands=bands_of(store, version, customers) if alike else {},
    )
