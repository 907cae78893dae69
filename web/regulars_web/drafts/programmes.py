"""What the shop knows of its costs, and the usual draft of a programme that goes by it."""

from typing import Any

from regulars_platform.offers.goods_costs import CostCoverage
from regulars_platform.programmes import usual
from regulars_platform.shops.models import ShopProfile
from regulars_web.edge import settings
from regulars_web.words.programmes import MESSAGES, kind_title


def costs_known(shop: ShopProfile) -> CostCoverage | None:
    """How far costs per product reach over the last year's sales; None: there are none."""
    return usual.costs_known(settings(), shop)


def usual_plan(shop: ShopProfile, kind: str) -> dict[str, Any]:
    """The usual draft of a kind in the reader's words."""
    words = str(MESSAGES[kind])
    return usual.usual_plan(settings(), shop, kind, name=kind_title(kind), words=words)
