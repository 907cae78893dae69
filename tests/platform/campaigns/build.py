"""Builders of plans for tests: say what matters, the rest is ordinary."""

from typing import Any


def arm(**other: Any) -> dict[str, Any]:
    """A treated arm of a draft."""
    return {
        "name": "Free shipping",
        "share_percent": "80",
        "offer": {"kind": "free_shipping", "threshold": "80", "shipping_cost": "5"},
        "channel": "email",
        "contact_cost": "0.02",
    } | other


def draft(**other: Any) -> dict[str, Any]:
    """A draft that holds: free shipping from 80 for everybody, 20% held out, February 2026."""
    return {
        "name": "Free shipping from 80",
        "currency": "EUR",
        "timezone": "UTC",
        "as_of": "2026-02-01",
        "send_date": "2026-02-01",
        "outcome_end": "2026-02-28",
        "settle_until": "2026-03-31",
        "audience": {"all": []},
        "segments": [],
        "holdout_percent": "20",
        "arms": [arm()],
        "margin_low_percent": "35",
        "margin_high_percent": "45",
    } | other
