"""Every area of the interface, in the order of the document."""

from functools import cache
from importlib import import_module

from regulars_web.api.declaring import Area, Operation

AREAS = (
    "regulars_web.api.shop",
    "regulars_web.api.jobs",
    "regulars_web.api.imports",
    "regulars_web.api.files",
    "regulars_web.api.identity",
    "regulars_web.api.customers",
    "regulars_web.api.segments",
    "regulars_web.api.measures",
    "regulars_web.api.by_hand",
    "regulars_web.api.campaigns",
    "regulars_web.api.reports",
    "regulars_web.api.report_files",
    "regulars_web.api.targeting",
    "regulars_web.api.memory",
    "regulars_web.api.figures",
    "regulars_web.api.lifetime",
    "regulars_web.api.tier_rules",
    "regulars_web.api.tiers",
    "regulars_web.api.points",
    "regulars_web.api.due",
    "regulars_web.api.needs",
    "regulars_web.api.influence",
    "regulars_web.api.matching",
    "regulars_web.api.channels",
    "regulars_web.api.message_templates",
    "regulars_web.api.delivery",
    "regulars_web.api.batches",
    "regulars_web.api.calls",
    "regulars_web.api.programmes",
    "regulars_web.api.programme_days",
    "regulars_web.api.reach",
    "regulars_web.api.suppressions",
    "regulars_web.api.contacts",
    "regulars_web.api.calendar",
)
"""Modules; each has its `area`."""


@cache
def all_areas() -> tuple[Area, ...]:
    """The areas themselves. Raises ValueError where two operations share a name."""
    areas = tuple(import_module(module).area for module in AREAS)
    names = [operation.name for area in areas for operation in area.operations]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"operations of the same name: {sorted(doubled)}")
    return areas


def all_operations() -> list[Operation]:
    """Every declared operation."""
    return [operation for area in all_areas() for operation in area.operations]
