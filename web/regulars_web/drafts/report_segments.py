"""The report segments that a plan begins with, and those that are there to add."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext

from regulars_platform.segments.presets import (
    dormant,
    frequent_buyers,
    one_time_buyers,
    recent_buyers,
)
from regulars_platform.segments.rules import Rule, rule_json

PRESETS: dict[str, tuple[Callable[[], str], Callable[[], Rule]]] = {
    "frequent": (lambda: str(gettext("Frequent buyers")), frequent_buyers),
    "recent": (lambda: str(gettext("Recent buyers")), recent_buyers),
    # by days, so not called dormant: that word is for each customer's own rhythm
    "dormant": (lambda: str(gettext("Away for long")), dormant),
    "one_time": (lambda: str(gettext("One-time buyers")), one_time_buyers),
}
"""Ready-made report segments: name in the reader's language, and rule."""

USUAL = ("frequent", "dormant", "one_time")


def usual_segments() -> list[dict[str, Any]]:
    """The report segments that a new plan starts with."""
    return [preset_segment(name) for name in USUAL]


def preset_segment(name: str) -> dict[str, Any]:
    """One ready-made segment as a plan keeps it."""
    title, rule = PRESETS[name]
    return {"name": title(), "rule": rule_json(rule())}
