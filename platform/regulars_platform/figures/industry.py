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

    None where not known of every day. own: as the shop report has it, of the orders where they know
    it, else of the shop's files (from_orders says which); by_day: the same the way the industry's
    is told, each day added up, as the shop's file says (from_file) or else its orders.
    """

    name: str
    label: str
    unit: Unit
    own: Fraction | None
    industry: Fraction
    own_before: Fraction | None
    industry_before: Fraction | None
    from_orders: bool
    by_day: Fraction | None
    from_file: bool


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
        counted = _of_orders(name, now[1])
        told = _whole(ours.get(name), now[0])
        found.append(
            Beside(
                name=name,
                label=figure.label,
                unit="people" if figure.unit == "count" else figure.unit,
                own=told if counted is None else counted,
                industry=value,
                own_before=_before(name, ours_before, before, of_orders=counted is not None),
                industry_before=_whole(earlier.get(name), before[0]),
                from_orders=counted is not None,
                by_day=_of_orders(name, now[1], by_day=True) if told is None else told,
                from_file=told is not None,
            )
        )
    return tuple(found)


def _of_orders(name: str, counts: Counts | None, *, by_day: bool = False) -> Fraction | None:
    figure = _OF_ORDERS.get(name)
    if figure is None or counts is None:
        return None
    read = (figure.by_day if by_day else None) or figure.counted
    return None if read is None else read(counts)


def _before(
    name: str,
    told: Mapping[str, Told],
    period: tuple[Period, Counts | None],
    *,
    of_orders: bool,
) -> Fraction | None:
    """Of the same source as the period it is compared with."""
    return _of_orders(name, period[1]) if of_orders else _whole(told.get(name), period[0])


def _whole(told: Told | None, period: Period) -> Fraction | None:
    return told.value if told is not None and told.days == period.days else None
