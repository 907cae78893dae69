"""The histogram of past order value: everybody, the audience before them, thresholds, the leak."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.customers.browse import Distribution
from regulars_platform.launching.preview import Preview
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.shops.models import ShopProfile
from regulars_web.formats import number
from regulars_web.pages.campaigns.form import PlanForm, has_own_threshold, thresholds_of
from regulars_web.words.plans import short_money

PLOT_HEIGHT = 84.0  # percent; the rest is for the labels of the axis
_LEFT_HALF = 50.0


@dataclass(frozen=True, kw_only=True, slots=True)
class BasketBar:
    """Customers with an average order value in one bin; places in percent of the drawing.

    leak_x, leak_width: of the audience's bar the part from the threshold on, None where there is
    none.
    """

    label: str
    customers: int
    inside: int
    x: float
    width: float
    y: float
    height: float
    inside_y: float
    inside_height: float
    leak_x: float | None
    leak_width: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisMark:
    """A text on the axis, or a threshold; anchor keeps it inside the drawing."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Baskets:
    """The histogram. leaks: a part of the audience usually spends as much as the threshold."""

    bars: list[BasketBar]
    ticks: list[AxisMark]
    thresholds: list[AxisMark]
    above: int

    @property
    def leaks(self) -> bool:
        """Whether anything of it is shaded."""
        return any(bar.leak_x is not None and bar.inside for bar in self.bars)


def build_baskets(preview: Preview, form: PlanForm, shop: ShopProfile) -> Baskets | None:
    """Of a preview; None while it has no histogram, or nobody has bought."""
    found = preview.histogram
    if found is None or not found.bins:
        return None
    low, high = found.bins[0].low, found.bins[-1].high

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 3)

    thresholds = sorted({float(value) for value in thresholds_of(form.arms)})
    own = any(has_own_threshold(arm) for arm in form.arms)
    return Baskets(
        bars=_bars(found, shop.currency, thresholds[0] if thresholds and not own else None),
        ticks=[
            AxisMark(x=place(value), text=_axis_text(value, shop.currency), anchor=anchor)
            for value, anchor in (
                (low, "start"),
                (found.bins[len(found.bins) // 2].low, "middle"),
                (high, "end"),
            )
        ],
        thresholds=[
            AxisMark(
                x=place(value),
                text=short_money(round(value * MONEY_SCALE), shop.currency),
                anchor="start" if place(value) < _LEFT_HALF else "end",
            )
            for value in thresholds
            if low <= value <= high
        ],
        above=found.above,
    )


def _bars(found: Distribution, currency: str, threshold: float | None) -> list[BasketBar]:
    low, high = found.bins[0].low, found.bins[-1].high
    top = max(1, *(part.customers for part in found.bins))
    scale = PLOT_HEIGHT * 0.9 / top
    texts = _edges(found, currency)
    bars = []
    for place, part in enumerate(found.bins):
        start = 100 * (part.low - low) / (high - low)
        width = 0.92 * 100 * (part.high - part.low) / (high - low)
        tall, inside = part.customers * scale, part.marked * scale
        begins = None if threshold is None else max(start, 100 * (threshold - low) / (high - low))
        leaks = begins is not None and begins < start + width
        bars.append(
            BasketBar(
                label=gettext("%(low)s to %(high)s", low=texts[place], high=texts[place + 1]),
                customers=part.customers,
                inside=part.marked,
                x=round(start, 3),
                width=round(width, 3),
                y=round(PLOT_HEIGHT - tall, 3),
                height=round(tall, 3),
                inside_y=round(PLOT_HEIGHT - inside, 3),
                inside_height=round(inside, 3),
                leak_x=round(begins, 3) if leaks and begins is not None else None,
                leak_width=round(start + width - (begins or 0.0), 3) if leaks else 0.0,
            )
        )
    return bars


def _edges(found: Distribution, currency: str) -> Sequence[str]:
    """Each edge as text, once."""
    edges = [*(part.low for part in found.bins), found.bins[-1].high]
    return [_axis_text(value, currency) for value in edges]


def _axis_text(value: float, currency: str) -> str:
    if value == round(value):
        return short_money(round(value * MONEY_SCALE), currency)
    return number(value, 2)
