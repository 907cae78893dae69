"""What the shop's own daily files say of a period: visitors and favourites, and sales once more."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import polars as pl

from regulars_platform.datasets.figures import FIGURES
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.figures.periods import Period
from regulars_platform.orders.table import MONEY_SCALE

Scope = Literal["shop", "industry"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A figure of a period. value: money in ten-thousandths, people, or a share; days: of how many
    of its days it is made up."""

    value: Fraction
    days: int


class Traffic:
    """The days of one scope: "shop", or "industry" for what platforms tell of the others."""

    def __init__(self, shop_dir: Path, scope: Scope = "shop") -> None:
        table = DatasetTable(shop_dir, "shop_days")
        found = table.scan().filter(pl.col("scope") == scope, pl.col("value").is_not_null())
        self._days = found.select("day", "figure", "value").collect()

    @property
    def last(self) -> dt.date | None:
        """The last day that any file tells of."""
        found = self._days["day"].max()
        return found if isinstance(found, dt.date) else None

    @property
    def is_empty(self) -> bool:
        """Whether there is none."""
        return self._days.is_empty()

    def figures(self, period: Period) -> dict[str, Told]:
        """Figure -> its value over the period.

        Money, people and counts are added up over the days; shares and averages that are told by
        day are made anew from what they are shares and averages of, else they are the mean of days.
        """
        inside = self._days.filter(pl.col("day").is_between(period.first, period.last))
        found = {name: _over(name, values) for name, values in _by_figure(inside).items() if values}
        return found | _derived(found, _by_figure(inside))


def _by_figure(days: pl.DataFrame) -> dict[str, dict[dt.date, int]]:
    found: dict[str, dict[dt.date, int]] = {}
    for day, figure, value in days.iter_rows():
        found.setdefault(figure, {})[day] = value
    return found


def _over(name: str, values: Mapping[dt.date, int]) -> Told:
    figure = FIGURES.get(name)
    unit = figure.unit if figure else "count"
    total = Fraction(sum(values.values()))
    if unit == "share" or name == "average_order_value":
        total /= len(values)
    return Told(value=total if unit == "money" else total / MONEY_SCALE, days=len(values))


def _derived(
    found: Mapping[str, Told], daily: Mapping[str, Mapping[dt.date, int]]
) -> dict[str, Told]:
    """Figures that follow from others of the same days."""
    made: dict[str, Told] = {}

    def ratio(name: str, part: str, whole: str) -> None:
        both = daily.get(part, {}).keys() & daily.get(whole, {}).keys()
        over = sum(daily[whole][day] for day in both)
        if both and over > 0 and len(both) >= (found[name].days if name in found else 0):
            share = Fraction(sum(daily[part][day] for day in both), over)
            made[name] = Told(value=share * _unit(name), days=len(both))

    for group in ("visitors", "buyers"):
        whole = "visitors" if group == "visitors" else "paid_buyers"
        new, old = f"new_{group}", f"returning_{group}"
        share = "returning_visitor_share" if group == "visitors" else "returning_buyer_share"
        counted = _counted(daily, whole, new, old, share)
        for name in (new, old):
            if len(counted[name]) > (found[name].days if name in found else 0):
                made[name] = Told(
                    value=sum(counted[name].values(), Fraction(0)) / MONEY_SCALE,
                    days=len(counted[name]),
                )
        both = counted[old].keys() & daily.get(whole, {}).keys()
        over = sum(daily[whole][day] for day in both)
        if over > 0:
            part = sum((counted[old][day] for day in both), Fraction(0))
            made[share] = Told(value=part / over, days=len(both))
    ratio("average_order_value", "paid_amount", "paid_buyers")
    return made


def _counted(
    daily: Mapping[str, Mapping[dt.date, int]], whole: str, new: str, old: str, share: str
) -> dict[str, dict[dt.date, Fraction]]:
    """New and old people of each day, as told, else from the whole and the other or the share."""
    found: dict[str, dict[dt.date, Fraction]] = {new: {}, old: {}}
    for day, total in daily.get(whole, {}).items():
        if day in daily.get(old, {}):
            came_back = Fraction(daily[old][day])
        elif day in daily.get(new, {}):
            came_back = Fraction(total - daily[new][day])
        elif day in daily.get(share, {}):
            came_back = Fraction(total * daily[share][day], MONEY_SCALE)
        else:
            continue
        found[old][day] = came_back
        found[new][day] = Fraction(daily.get(new, {}).get(day, total - came_back))
    return found


def _unit(name: str) -> int:
    """Both parts are ten-thousandths; money stays that, shares are plain."""
    return MONEY_SCALE if FIGURES[name].unit == "money" else 1
