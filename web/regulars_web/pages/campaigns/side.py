"""The live side of the plan form: the preview's numbers as they are drawn and written."""

from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.campaigns.plan_form import read_draft
from regulars_platform.campaigns.preview import ArmPreview, Preview
from regulars_platform.customers.browse import Distribution
from regulars_platform.errors import RegularsError
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.rules import parse_rule
from regulars_platform.shops.models import ShopProfile
from regulars_web.formats import number
from regulars_web.pages.campaigns.form import PlanForm, thresholds_of
from regulars_web.pages.campaigns.problems import full_draft
from regulars_web.pages.campaigns.words import segment_label, short_money
from regulars_web.pages.segments.words import rule_text

PLOT_HEIGHT = 84.0  # percent; the rest is for the labels of the axis
_LEFT_HALF = 50.0


@dataclass(frozen=True, kw_only=True, slots=True)
class BasketBar:
    """Customers with an average order value in one bin; places in percent of the drawing."""

    label: str
    customers: int
    inside: int
    x: float
    width: float
    y: float
    height: float
    inside_y: float
    inside_height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisMark:
    """A text on the axis, or a threshold; anchor keeps it inside the drawing."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Baskets:
    """The histogram of past order value: everybody, the audience before them, thresholds."""

    bars: list[BasketBar]
    ticks: list[AxisMark]
    thresholds: list[AxisMark]
    above: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SideArm:
    """One treated arm; its money in ten-thousandths. None: cannot be said yet.

    leak_cost: what orders that came anyway would have been given, by everybody in the plan.
    """

    name: str
    customers: int
    contact_cost: int
    orders: int | None
    qualifying: int | None
    leak_share: float | None
    leak_cost: int | None
    detectable: int | None
    detectable_in_all: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """The context of campaigns/side.html. withheld: what customers like those held back spent in
    a past window as long as the outcome window, ten-thousandths."""

    preview: Preview
    audience: str
    currency: str
    window_days: int | None
    segments: list[tuple[str, int]]
    arms: list[SideArm]
    withheld: int | None
    baskets: Baskets | None
    open_problems: int


def build_side(preview: Preview, form: PlanForm, shop: ShopProfile) -> Side:
    """Everything that the side says about a form as it stands."""
    arms = [_arm(arm) for arm in preview.arms or ()]
    held = preview.holdout
    spend = None if held is None or held.window_spend is None else held.window_spend
    count = preview.head_count
    window_days = read_draft(full_draft(form.draft, shop)).window_days
    return Side(
        preview=preview,
        audience=_audience_text(form, shop),
        currency=shop.currency,
        window_days=window_days,
        segments=[] if count is None else [(segment_label(n), c) for n, c in count.segments],
        arms=arms,
        withheld=None if spend is None else _scaled(spend),
        baskets=_baskets(preview, form, shop),
        open_problems=len(preview.problems),
    )


def _audience_text(form: PlanForm, shop: ShopProfile) -> str:
    try:
        return rule_text(parse_rule(form.draft.get("audience")), shop.currency)
    except RegularsError:
        return ""


def _arm(arm: ArmPreview) -> SideArm:
    leak, detectable = arm.leak, arm.detectable
    return SideArm(
        name=arm.name,
        customers=arm.customers,
        contact_cost=_scaled(arm.contact_cost),
        orders=None if leak is None else leak.orders,
        qualifying=None if leak is None else leak.qualifying_orders,
        leak_share=None if leak is None else leak.share,
        leak_cost=None if leak is None else leak.cost,
        detectable=None if detectable is None else _scaled(detectable),
        detectable_in_all=None if detectable is None else _scaled(detectable * arm.customers),
    )


def _scaled(units: float) -> int:
    return round(units * MONEY_SCALE)


def _baskets(preview: Preview, form: PlanForm, shop: ShopProfile) -> Baskets | None:
    found = preview.histogram
    if found is None or not found.bins:
        return None
    low, high = found.bins[0].low, found.bins[-1].high

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 3)

    thresholds = sorted({float(value) for value in thresholds_of(form.arms)})
    return Baskets(
        bars=_bars(found, shop.currency),
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
                text=short_money(_scaled(value), shop.currency),
                anchor="start" if place(value) < _LEFT_HALF else "end",
            )
            for value in thresholds
            if low <= value <= high
        ],
        above=found.above,
    )


def _bars(found: Distribution, currency: str) -> list[BasketBar]:
    low, high = found.bins[0].low, found.bins[-1].high
    top = max(1, *(part.customers for part in found.bins))
    scale = PLOT_HEIGHT * 0.9 / top
    bars = []
    for part in found.bins:
        start = 100 * (part.low - low) / (high - low)
        width = 100 * (part.high - part.low) / (high - low)
        tall, inside = part.customers * scale, part.marked * scale
        ends = (_axis_text(part.low, currency), _axis_text(part.high, currency))
        bars.append(
            BasketBar(
                label=gettext("%(low)s to %(high)s", low=ends[0], high=ends[1]),
                customers=part.customers,
                inside=part.marked,
                x=round(start, 3),
                width=round(width * 0.92, 3),
                y=round(PLOT_HEIGHT - tall, 3),
                height=round(tall, 3),
                inside_y=round(PLOT_HEIGHT - inside, 3),
                inside_height=round(inside, 3),
            )
        )
    return bars


def _axis_text(value: float, currency: str) -> str:
    if value == round(value):
        return short_money(_scaled(value), currency)
    return number(value, 2)
