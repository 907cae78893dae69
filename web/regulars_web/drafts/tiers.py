"""Tiers to begin with: the usual names or those that files tell, and thresholds that fit the
shop's own customers."""

import math
from collections.abc import Sequence
from itertools import accumulate

import polars as pl

from regulars_platform.customers.tiers import MEASURES, By
from regulars_platform.tiers.ladder import LONGEST_NAME, MOST_TIERS
from regulars_platform.tiers.told import ToldName, told_names
from regulars_web.looking_at_customers import Customers
from regulars_web.words.tiers import PROPOSED

_ABOVE = (0.6, 0.85, 0.97)
"""Parts of the buyers that stay below the second, third and fourth tier."""


def names_from_files(found: Customers | None) -> tuple[ToldName, ...]:
    """From low to high, as many as there are lines for."""
    if found is None:
        return ()
    return told_names(found.store.shop_dir, found.features, most=MOST_TIERS)


def told_fields(found: Customers, names: Sequence[ToldName], by: str | None) -> dict[str, str]:
    """Fields of the editor with the names that files tell; the rules give each about as many
    customers as the files do, where the shop's customers differ enough for that."""
    measure: By = next((one for one in MEASURES if one == by), MEASURES[0])
    fields: dict[str, str] = {"by": measure}
    total = sum(one.customers for one in names)
    below = accumulate(one.customers for one in names[:-1])
    starts = [0, *_starts(found, measure, [many / total for many in below])]
    rising = len(starts) == len(names) and sorted(set(starts)) == starts
    for place, one in enumerate(names):
        fields[f"name-{place}"] = one.name[:LONGEST_NAME]
        if rising:
            fields[f"from-{place}"] = f"{starts[place]:d}"
    return fields


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
    starts = [0, *_starts(found, by, _ABOVE)]
    return starts if len(starts) > 1 and sorted(set(starts)) == starts else []


def _starts(found: Customers, by: By, parts: Sequence[float]) -> list[int]:
    """Where a tier begins that leaves these parts of the buyers below it; [] where it cannot."""
    if not parts:
        return []
    values = (
        found.features.filter(pl.col("orders") > 0)
        .select(pl.col(by).quantile(part).alias(str(part)) for part in parts)
        .collect()
        .row(0)
    )
    if any(value is None or value < 1 for value in values):
        return []
    return [_round_number(value) for value in values]


def _round_number(value: float) -> int:
    """Two digits and noughts, not below the value."""
    unit = max(10 ** (math.floor(math.log10(value)) - 1), 1)
    return int(math.ceil(value / unit) * unit)
