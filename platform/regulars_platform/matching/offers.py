"""Offers to try on a group: each kind at prices that look like the shop's, near what they spend."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from regulars_experiments.price_points import at_or_above, nearest
from regulars_platform.fields import money_text
from regulars_platform.orders.table import MONEY_SCALE

THRESHOLDS = (Decimal("0.9"), Decimal("1.15"), Decimal("1.4"))
"""Times what the group usually spends: just below it, just above, and a stretch."""

MULTIPLES = ("1", "1.15", "1.3")
"""Of each customer's own order value."""

DEPTHS = (Decimal("0.05"), Decimal("0.1"), Decimal("0.15"))
"""What is taken off, as a share of the threshold or of the price."""


def offers_near(usual: Decimal, shipping: Decimal) -> Iterator[dict[str, Any]]:
    """Offers in their JSON form, for customers who usually spend `usual` (currency units).

    shipping: what a parcel costs; 0: unknown, and then no free shipping is proposed.
    """
    yield {"kind": "message", "reach": "open"}
    seen = set()
    for multiple in THRESHOLDS:
        threshold = price_point(usual * multiple)
        if threshold in seen:
            continue
        seen.add(threshold)
        yield from _at_threshold(threshold, shipping)
    for own in MULTIPLES if shipping else ():
        yield _free_shipping(price_point(usual * Decimal("0.5")), shipping) | {
            "multiple": own,
            "price_points": "nines",
        }
    for depth in DEPTHS:
        yield {"kind": "percent_off", "percent": _percent(depth), "reach": "personal"}
    packet = whole_amount(usual * DEPTHS[0])
    if packet < usual:
        yield {"kind": "red_packet", "amount": _text(packet), "reach": "personal"}


def price_point(amount: Decimal) -> Decimal:
    """The price at or above an amount (currency units) that ends in 9 or 5."""
    scaled = int(at_or_above([int(amount * MONEY_SCALE)], "nines")[0])
    return Decimal(money_text(scaled))


def whole_amount(amount: Decimal) -> Decimal:
    """What a shop would write on a banner as taken off, nearest to an amount (currency units).

    >>> [str(whole_amount(Decimal(one))) for one in ("0.4", "7.48", "13.9", "61", "138")]
    ['1', '7', '15', '60', '140']
    """
    if amount < 10:
        return max(amount.quantize(Decimal(1)), Decimal(1))
    if amount < 50:
        return (amount / 5).quantize(Decimal(1)) * 5
    return Decimal(int(nearest([int(amount * MONEY_SCALE)], "round")[0])) / MONEY_SCALE


def _at_threshold(threshold: Decimal, shipping: Decimal) -> Iterator[dict[str, Any]]:
    if shipping:
        yield _free_shipping(threshold, shipping)
        yield _free_shipping(threshold, shipping) | {"reach": "open"}
    for amount in sorted({whole_amount(threshold * depth) for depth in DEPTHS[:2]}):
        if amount < threshold:
            yield {
                "kind": "amount_off",
                "threshold": _text(threshold),
                "amount": _text(amount),
                "reach": "personal",
            }


def _free_shipping(threshold: Decimal, shipping: Decimal) -> dict[str, Any]:
    return {
        "kind": "free_shipping",
        "threshold": _text(threshold),
        "shipping_cost": _text(shipping),
        "reach": "personal",
    }


def _text(amount: Decimal) -> str:
    return money_text(int(amount * MONEY_SCALE))


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}"
