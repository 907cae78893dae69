"""Who was known when the days began: the people whom the whole and its parts are about.

Whoever is known by then is so whatever is done to them in the days, so among them membership in the
holdout is a random draw. A file that came later may name people because of what they did since.
"""

from collections.abc import Mapping

import polars as pl

from regulars_platform.customers.from_datasets import Brought, known_ids
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.programme_effect.quarters import Window


def known_before(
    store: FeatureStore, version: int, window: Window, told: Mapping[Kind, int]
) -> pl.Series:
    """Ids of everybody with an order before the first day, or whom a file named that was stored
    by then, ascending.

    version: of the orders; told: the version of each kind of file that was stored last before the
    days (see `repository.versions_stored_before`).
    """
    first = store.moment(window.first)
    bought = store.orders(version).filter(pl.col("ordered_at") < first).select("customer_id")
    brought = Brought(
        shop_dir=store.shop_dir,
        versions={kind: told.get(kind) for kind in KINDS},
        as_of=window.first,
        moment=first,
    )
    everybody = pl.concat([bought, known_ids(brought)]).drop_nulls().unique()
    return everybody.sort("customer_id").collect(engine="streaming")["customer_id"]
