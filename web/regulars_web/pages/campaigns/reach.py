"""The leak as it is drawn: past orders by what they came to of the threshold, and who is told what.

An order at or above the threshold would have had the offer without hearing of it; for thresholds
of the customers' own every order is held against its customer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext

from regulars_platform.launching.arms import ArmPreview, OwnThresholds
from regulars_platform.offers.leak import STEPS
from regulars_platform.orders.table import MONEY_SCALE
from regulars_web.formats import number
from regulars_web.words.plans import short_money

PLOT_HEIGHT = 78.0  # percent; the rest is for the labels of the axis
_BARS = 2 * STEPS + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ReachBar:
    """Past orders in one tenth of the threshold; places in percent of the drawing."""

    x: float
    width: float
    y: float
    height: float
    reaches: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """The drawing of one arm's leak. ticks: (place, text, anchor); told: in words."""

    bars: list[ReachBar]
    threshold_x: float
    ticks: list[tuple[float, str, str]]
    told: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Thresholds of the customers' own in one arm, as text: the one in the middle, the range, and
    which price points most customers get: (price point, customers)."""

    median: str
    spread: str
    points: list[tuple[str, int]]
    others: int


def build_reach(arm: ArmPreview, currency: str) -> Reach | None:
    """The drawing; None where there are no past orders, or nothing to reach."""
    if not arm.reach or not sum(arm.reach):
        return None
    width = 100 / _BARS
    start, middle, end = _ends(arm, currency)
    return Reach(
        bars=_bars(arm.reach, width),
        threshold_x=round(STEPS * width, 3),
        ticks=[
            (0.0, start, "start"),
            (round(STEPS * width, 3), middle, "middle"),
            (round(2 * STEPS * width, 3), end, "end"),
        ],
        told=_told_words(arm.reach),
    )


def build_told(own: OwnThresholds | None, currency: str) -> Told | None:
    """What the customers of an arm would be told; None where it is one threshold for all."""
    if own is None:
        return None
    return Told(
        median=short_money(own.median, currency),
        spread=gettext(
            "%(low)s to %(high)s",
            low=short_money(own.lowest, currency),
            high=short_money(own.highest, currency),
        ),
        points=[(short_money(point, currency), customers) for point, customers in own.points],
        others=own.others,
    )


def _bars(counts: Sequence[int], width: float) -> list[ReachBar]:
    scale = PLOT_HEIGHT * 0.95 / max(counts)
    return [
        ReachBar(
            x=round(place * width, 3),
            width=round(width * 0.9, 3),
            y=round(PLOT_HEIGHT - count * scale, 3),
            height=round(count * scale, 3),
            reaches=place >= STEPS,
        )
        for place, count in enumerate(counts)
    ]


def _ends(arm: ArmPreview, currency: str) -> tuple[str, str, str]:
    if arm.threshold is None:
        return "0", str(gettext("own threshold")), str(gettext("twice that"))
    threshold = round(arm.threshold * MONEY_SCALE)
    return "0", short_money(threshold, currency), short_money(2 * threshold, currency)


def _told_words(counts: Sequence[int]) -> str:
    reach, every = sum(counts[STEPS:]), sum(counts)
    return str(
        ngettext(
            "%(every)s past order by what it came to of the threshold; %(reach)s reach it",
            "%(every)s past orders by what they came to of the threshold; %(reach)s reach it",
            every,
            every=number(every),
            reach=number(reach),
        )
    )
