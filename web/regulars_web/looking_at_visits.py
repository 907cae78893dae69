"""The visits that pages and programs look at: of the current shop, as they are now."""

from regulars_platform.customers.store import build_feature_store
from regulars_platform.figures.visits import Source
from regulars_web.edge import current_shop, settings


def open_source() -> Source | None:
    """The current shop's orders as they are now; None where it has none."""
    shop = current_shop()
    store = build_feature_store(settings(), shop)
    version = store.table.version()
    return None if version is None else Source(store, version)
