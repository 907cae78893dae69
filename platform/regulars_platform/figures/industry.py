"""The industry's figures beside the shop's own, over the same days."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from regulars_platform.datasets.figures import FIGURES
from regulars_platform.figures.counts import Counts
from regulars_platform.figures.periods import Period
from regulars_platform.figures.sheet import WEEKLY, Unit
from regulars_platform.figures.traffic import Told, Traffic

_OF_ORDERS = {one.name: one for one in WEEKLY if one.counted is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """One figure: the shop's own and the industry's, and both in the period before.

    None where not known of every day. from_orders: the shop's own is of its orders, each day's
    people added up as files do, since no file of the shop tells it.
    """

    name: str
    label: str
    unit: Unit
    own: Fraction | None
    industry: Fraction
    own_before: Fraction | None
    industry_before: Fraction | None
    from_orders: bool


def beside_industry(
    own: Traffic,
    industry: Traffic,
    now: tuple[Period, Counts | None],
    before: tuple[Period, Counts | None],
) -> tuple[Beside, ...]:
    """Every figure that the industry's files tell of all days of the period."""
    theirs, earlier = (industry.figures(one[0]) for one in (now, before))
    ours, ours_before = (own.figures(one[0]) for one in (now, before))
    found = []
    for name, figure in FIGURES.items():
        value = _whole(theirs.get(name), now[0])
        if value is None:
            continue
        mine, is_counted = _own(name, ours, now)
        found.append(
            Beside(
                name=name,
                label=figure.label,
                unit="people" if figure.unit == "count" else figure.unit,
                own=mine,
                industry=value,
                own_before=_own(name, ours_before, before)[0],
                industry_before=_whole(earlier.get(name), before[0]),
                from_orders=is_counted,
            )
        )
    return tuple(found)


def _own(
    name: str, told: Mapping[str, Told], period: tuple[Period, Counts | None]
) -> tuple[Fraction | None, bool]:
    value = _whole(told.get(name), period[0])
    if value is not None:
        return value, False
    figure, counts = _OF_ORDERS.get(name), period[1]
    if figure is None or counts is None:
        return None, False
    read = figure.by_day or figure.counted
    return (None if read is None else read(counts)), True


def _whole(told: Told | None, period: Period) -> Fraction | None:
    return told.value if told is not None and told.days == period.days else None
