"""The live side of the plan form: the preview's numbers as they are drawn and written."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from regulars_experiments.holdouts import HoldoutSize
from regulars_experiments.results import NotEstimable, Reason
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.errors import RegularsError
from regulars_platform.fields import WHOLE
from regulars_platform.launching.arms import ArmPreview
from regulars_platform.launching.foresight import Foreseen
from regulars_platform.launching.preview import Preview
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programme_effect.beside import NOBODY, ProgrammesBeside
from regulars_platform.segments.rules import parse_rule
from regulars_platform.shops.models import ShopProfile
from regulars_web.pages.campaigns.baskets import Baskets, build_baskets
from regulars_web.pages.campaigns.form import PlanForm
from regulars_web.pages.campaigns.problems import full_draft, sorted_problems
from regulars_web.pages.campaigns.reach import Reach, Told, build_reach, build_told
from regulars_web.words.plans import points_text, segment_label
from regulars_web.words.reports import amount, interval, reason_words
from regulars_web.words.rules import rule_text


@dataclass(frozen=True, kw_only=True, slots=True)
class SideArm:
    """One treated arm; its money in ten-thousandths. None: cannot be said yet.

    leak_cost: what orders that came anyway would have been given, had they been those of the arm's
    customers and each used it; reach: these orders drawn, of everybody in the plan; told:
    thresholds of the customers' own; why: there is nothing detectable.
    """

    name: str
    customers: int
    contact_cost: int
    orders: int | None
    qualifying: int | None
    leak_share: float | None
    leak_cost: int | None
    reach: Reach | None
    told: Told | None
    detectable: int | None
    detectable_in_all: int | None
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SideSegment:
    """One report segment; detectable: gain in profit per customer, ten-thousandths."""

    name: str
    customers: int
    detectable: int | None
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """One size of the holdout to choose: `points` in basis points, as the button posts it.

    Money in ten-thousandths. none: why there is no such size, "" where there is one.
    """

    title: str
    points: int
    percent: str
    customers: int
    withheld: int
    detectable: int | None
    none: str
    chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """The context of campaigns/side.html. withheld: what customers like those held back spent in
    a past window as long as the outcome window, ten-thousandths. contact_loses: on the assumptions
    of the suggestions those who are told cost more than they bring. unmeasured: it posts to an
    audience without drawing groups. likely_to_lose: every arm is expected to cost more than it
    brings. beside: programmes in the same days, None while they are still looked for. whole:
    all of its figures are there; problems: field -> what does not hold yet."""

    preview: Preview
    audience: str
    currency: str
    confidence: str
    window_days: int | None
    segments: list[SideSegment]
    arms: list[SideArm]
    suggestions: list[Suggestion]
    contact_loses: bool
    horizon_rounds: int | None
    withheld: int | None
    baskets: Baskets | None
    open_problems: int
    unmeasured: bool
    likely_to_lose: bool
    beside: ProgrammesBeside | None
    whole: bool
    problems: Mapping[str, list[str]]

    @property
    def expected(self) -> tuple[str, str] | None:
        """Net profit of all arms together, and from where to where: arms lean on the same past, so
        their ranges are added up. None while it cannot be said."""
        arms = self.preview.forecast
        if not arms:
            return None
        low, high = sum(arm.low for arm in arms), sum(arm.high for arm in arms)
        return (
            amount(sum(arm.expected for arm in arms), self.currency, whole=True, signed=True),
            interval(low, high, self.currency, whole=True),
        )


def build_side(
    preview: Preview, form: PlanForm, shop: ShopProfile, beside: ProgrammesBeside | None = NOBODY
) -> Side:
    """Everything that the side says about a form as it stands."""
    arms = [_arm(arm, shop.currency) for arm in preview.arms or ()]
    held = preview.holdout
    spend = None if held is None or held.window_spend is None else held.window_spend
    draft = read_draft(full_draft(form.draft, shop))
    suggestions = _suggestions(preview, draft)
    return Side(
        preview=preview,
        audience=_audience_text(form, shop),
        currency=shop.currency,
        confidence="" if draft.confidence is None else points_text(draft.confidence),
        window_days=draft.window_days,
        segments=_segments(preview),
        arms=arms,
        suggestions=suggestions,
        contact_loses=any(size.withheld < 0 for size in suggestions),
        horizon_rounds=draft.horizon_rounds,
        withheld=None if spend is None else _scaled(spend),
        baskets=build_baskets(preview, form, shop),
        whole=_is_whole(preview),
        problems=sorted_problems(preview.problems, form.draft, form.audience),
        open_problems=len(preview.problems),
        unmeasured=draft.unit != "group" and any(arm.reaches_audience for arm in draft.arms or ()),
        likely_to_lose=bool(preview.forecast)
        and all(arm.expected < 0 for arm in preview.forecast or ()),
        beside=beside,
    )


def _is_whole(preview: Preview) -> bool:
    """Whether nothing is missing of what a draft that holds is told."""
    if preview.head_count is None or preview.arms is None:
        return False
    return preview.head_count.drawn == 0 or all(arm.foreseen for arm in preview.arms)


def _audience_text(form: PlanForm, shop: ShopProfile) -> str:
    try:
        return rule_text(parse_rule(form.draft.get("audience")), shop.currency)
    except RegularsError:
        return ""


def _arm(arm: ArmPreview, currency: str) -> SideArm:
    leak = arm.leak
    detectable = None if arm.foreseen is None else arm.foreseen.detectable
    return SideArm(
        name=arm.name,
        customers=arm.customers,
        contact_cost=_scaled(arm.contact_cost),
        orders=None if leak is None else leak.orders,
        qualifying=None if leak is None else leak.qualifying_orders,
        leak_share=None if leak is None else leak.share,
        leak_cost=None if leak is None else leak.cost_for(arm.customers),
        reach=build_reach(arm, currency),
        told=build_told(arm.own, currency),
        detectable=None if detectable is None else _scaled(detectable),
        detectable_in_all=None if detectable is None else _scaled(detectable * arm.customers),
        why=_why(arm.foreseen),
    )


def _why(foreseen: Foreseen | None) -> str:
    return "" if foreseen is None or foreseen.why is None else reason_words(foreseen.why.value)


def _segments(preview: Preview) -> list[SideSegment]:
    count = preview.head_count
    if count is None:
        return []
    foreseen: Sequence[Foreseen | None] = preview.segments or (None,) * len(count.segments)
    return [
        SideSegment(
            name=segment_label(name),
            customers=customers,
            detectable=None
            if told is None or told.detectable is None
            else _scaled(told.detectable),
            why=_why(told),
        )
        for (name, customers), told in zip(count.segments, foreseen, strict=True)
    ]


def _suggestions(preview: Preview, draft: Draft) -> list[Suggestion]:
    sizes = preview.sizes
    if sizes is None or preview.margin is None:
        return []
    titled = (
        (gettext("Learn most"), sizes.learn_most),
        (gettext("Earn most"), sizes.earn_most),
        (gettext("Convince finance"), sizes.convince_finance),
    )
    found = [_suggestion(title, size, preview.margin, draft.holdout) for title, size in titled]
    earn = sizes.earn_most
    learnt = any(arm.remembered for arm in preview.forecast or ())
    if learnt and preview.least and isinstance(earn, HoldoutSize) and earn.share < preview.least:
        found[1] = _no_suggestion(found[1].title, _least(preview.least))
    return found


def _suggestion(
    title: str, size: HoldoutSize | NotEstimable, margin: float, holdout: int | None
) -> Suggestion:
    if not isinstance(size, HoldoutSize) or size.customers == 0:
        return _no_suggestion(title, _none(size))
    points = _points(size.share)
    each = size.difference
    return Suggestion(
        title=title,
        points=points,
        percent=points_text(points),
        customers=size.customers,
        withheld=_scaled(size.withheld),
        detectable=None if each is None else _scaled(each * margin),
        none="",
        chosen=points == holdout,
    )


def _no_suggestion(title: str, why: str) -> Suggestion:
    return Suggestion(
        title=title,
        points=0,
        percent="",
        customers=0,
        withheld=0,
        detectable=None,
        none=why,
        chosen=False,
    )


def _points(share: float) -> int:
    # to a tenth of a percent, as the next round's draft has it; upwards, so that nothing is lost
    return min(10 * math.ceil(round(share * WHOLE, 6) / 10), WHOLE - 1)


def _least(share: float) -> str:
    return str(
        gettext(
            "%(share)s%%: by what past campaigns say, knowing more is worth less than it costs, "
            "but with fewer the report could not tell when it stops paying.",
            share=points_text(_points(share)),
        )
    )


def _none(size: HoldoutSize | NotEstimable) -> str:
    if isinstance(size, HoldoutSize):
        return str(
            gettext("No holdout: for so few customers knowing more would not pay for itself.")
        )
    if size.reason is Reason.NOT_DETECTABLE:
        return str(
            gettext("Not even the largest holdout would prove that they spend a tenth more.")
        )
    if size.reason is Reason.SENDING_DOES_NOT_PAY:
        return str(
            gettext(
                "Not to send at all: it is expected to cost more than it brings, "
                "whatever is held back."
            )
        )
    if size.reason is Reason.TOO_FEW_BUYERS:
        return str(gettext("Fewer than 30 buyers can be expected in one of the two groups."))
    return reason_words(size.reason.value)


def _scaled(units: float) -> int:
    return round(units * MONEY_SCALE)
