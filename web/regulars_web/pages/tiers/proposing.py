"""Tiers to begin with: the usual names, and thresholds that fit the shop's own customers."""

import math

import polars as pl

from regulars_platform.customers.tiers import MEASURES, By
from regulars_web.pages.customers.looking import Customers
from regulars_web.pages.tiers.words import PROPOSED

_ABOVE = (0.6, 0.85, 0.97)
"""Parts of the buyers that stay below the second, third and fourth tier."""


def proposed_fields(found: Customers | None, by: str | None) -> dict[str, str]:
    """Fields of the editor. Thresholds are left empty where nobody can be looked at, or where so
    many are alike that they would not rise."""
    measure: By = next((one for one in MEASURES if one == by), MEASURES[0])
    fields: dict[str, str] = {"by": measure}
    starts = [] if found is None else _thresholds(found, measure)
    for place, name in enumerate(PROPOSED):
        fields[f"name-{place}"] = str(name)
        if starts:
            fields[f"from-{place}"] = f"{starts[place]:d}"
    return fields


def _thresholds(found: Customers, by: By) -> list[int]:
    values = (
        found.features.filter(pl.col("orders") > 0)
        .select(pl.col(by).quantile(part).alias(str(part)) for part in _ABOVE)
        .collect()
        .row(0)
    )
    if any(value is None or value < 1 for value in values):
        return []
    starts = [0, *(_round_number(value) for value in values)]
    return starts if sorted(set(starts)) == starts else []


def _round_number(value: float) -> int:
    """Two digits and noughts, not below the value."""
    unit = max(10 ** (math.floor(math.log10(value)) - 1), 1)
    return int(math.ceil(value / unit) * unit)
