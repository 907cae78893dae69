"""Customers of a told arm who share an address with somebody held back by the same draw.

They stay in their arm, and are not contacted: the one who is held back would read it.
"""

from collections.abc import Callable, Collection

from regulars_platform.reach.addresses import beside, shared_addresses
from regulars_platform.settings import Settings


def beside_held_out(
    settings: Settings,
    shop_id: int,
    channel: str,
    held: Callable[[], Collection[str]],
    among: Collection[str] | None = None,
) -> frozenset[str]:
    """Customers who share an address of the channel with somebody in a campaign's holdout. held:
    looks these up; among: looks at the addresses of these alone."""
    shared = shared_addresses(settings.shop_dir(shop_id), (channel,), among)
    return frozenset() if shared.is_empty() else beside(shared, held())
