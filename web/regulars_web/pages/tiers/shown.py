"""The page of tiers: what is shown, formatted."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from regulars_experiments.results import Answer, Estimate
from regulars_platform.customers.tiers import IN_MONEY
from regulars_platform.memory.models import Learning
from regulars_platform.tiers.costs import Lowered, TierCost, Upgrade
from regulars_platform.tiers.members import Compared, Side
from regulars_platform.tiers.shares import MonthEnd, Share, TierResult
from regulars_platform.tiers.told import CrossTable, ToldTiers
from regulars_web.formats import date, money, number, percent, signed
from regulars_web.words.reports import amount, interval, reason_words
from regulars_web.words.tiers import measure_text, tier_name

Pair = tuple[str, str]
"""A figure and its interval; "–" and the reason where there is none."""

MOST_TESTED = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Part of a month's bar: from x, so wide, in percent; tone: which tier, 0 for in none."""

    x: float
    width: float
    tone: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthRow:
    """One month's end. cells: (tier, customers, share)."""

    day: str
    total: str
    pieces: tuple[Piece, ...]
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultRow:
    """One tier and what it did. now: customers today, share of all."""

    tier: str
    customers: str
    again: Pair
    sales: str
    share: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CostRow:
    """One tier and its rights of a year. place: of the tier, for the button."""

    place: int
    tier: str
    customers: str
    sales: str
    cost: str
    each: str
    left: str
    rights: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeRow:
    """Who is close to a tier. place: of the tier, for the button; short: how little is missing."""

    place: int
    tier: str
    short: str
    near: str
    any: bool
    rose: Pair
    expected: Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class LoweredRow:
    """A lower threshold and what it costs."""

    tier: str
    least: str
    moved: str
    cost: str
    needed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossRow:
    """What a file calls customers, and where the rules put them."""

    told: str
    cells: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TestedRow:
    """What a campaign proved of such customers."""

    campaign_id: int
    report_id: int
    name: str
    net: Pair


def month_rows(months: Sequence[MonthEnd], names: Sequence[str]) -> list[MonthRow]:
    """The latest month first."""
    some_in_none = any(one.counts.get(None) for one in months)
    return [_month_row(one, names, some_in_none) for one in reversed(months)]


def _month_row(one: MonthEnd, names: Sequence[str], some_in_none: bool) -> MonthRow:
    order: list[str | None] = [*names, None]
    total = max(one.total, 1)
    pieces, x = [], 0.0
    for name in order:
        width = 100 * one.counts.get(name, 0) / total
        tone = 0 if name is None else order.index(name) + 1
        pieces.append(Piece(x=round(x, 2), width=round(width, 2), tone=tone))
        x += width
    return MonthRow(
        day=date(one.day),
        total=number(one.total),
        pieces=tuple(pieces),
        cells=tuple(
            (
                tier_name(name),
                number(one.counts.get(name, 0)),
                percent(one.counts.get(name, 0) / total),
            )
            for name in order
            if name is not None or some_in_none
        ),
    )


def result_row(one: TierResult, currency: str) -> ResultRow:
    """A line of the table of what tiers did."""
    return ResultRow(
        tier=tier_name(one.tier),
        customers=number(one.customers),
        again=share_pair(one.again),
        sales=money(one.sales, currency, whole=True),
        share="–" if one.sales_share is None else percent(one.sales_share),
    )


def cost_row(place: int, one: TierCost, currency: str) -> CostRow:
    """A line of the table of costs."""
    low, high = one.left
    return CostRow(
        place=place,
        tier=one.tier,
        customers=number(one.customers),
        sales=money(one.sales, currency, whole=True),
        cost=money(one.cost, currency),
        each="–" if not one.customers else money(one.cost / one.customers, currency),
        left=str(
            gettext(
                "%(low)s to %(high)s",
                low=money(low, currency, whole=True),
                high=money(high, currency, whole=True),
            )
        ),
        rights=tuple((right.name, money(cost, currency)) for right, cost in one.by_right),
    )


def upgrade_row(place: int, one: Upgrade, near: float, currency: str) -> UpgradeRow:
    """A line of the forecast."""
    expected = one.expected
    return UpgradeRow(
        place=place,
        tier=one.tier.name,
        short=measure_text(one.tier.by, _rounded(one.tier.by, near * one.tier.least), currency),
        near=number(one.near),
        any=one.near > 0,
        rose=share_pair(one.rose),
        expected=("–", "")
        if expected is None
        else (
            number(expected[1]),
            str(gettext("%(low)s to %(high)s", low=number(expected[0]), high=number(expected[2]))),
        ),
    )


def lowered_row(one: Lowered, by: str, currency: str) -> LoweredRow:
    """A line of what a lower threshold costs."""
    needed = "–"
    if one.sales_needed is not None and one.cost:
        low, high = (money(end, currency) for end in one.sales_needed)
        needed = low if low == high else str(gettext("%(low)s to %(high)s", low=low, high=high))
    return LoweredRow(
        tier=one.tier,
        least=measure_text(by, _rounded(by, one.least), currency),
        moved=number(one.moved),
        cost="–" if one.cost is None else money(one.cost, currency),
        needed=needed,
    )


def cross_rows(table: CrossTable, names: Sequence[str]) -> list[CrossRow]:
    """One line for each name in files; the last of a cell: whether both say the same."""
    order: list[str | None] = [*names, None]
    return [
        CrossRow(
            told=told,
            cells=tuple(
                (tier_name(name), number(table.counts.get((told, name), 0)), told == name)
                for name in order
            ),
        )
        for told in table.told
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldRow:
    """A tier that files name. of_told, of_all: shares of who is in any, and of everybody."""

    tier: str
    customers: str
    of_told: str
    of_all: str
    strangers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldPage:
    """What files say of tiers. without: customers of whom none does."""

    rows: tuple[ToldRow, ...]
    told: str
    customers: str
    without: str


def told_rows(found: ToldTiers | None) -> ToldPage | None:
    """The tiers of files, with the base of each share."""
    if found is None:
        return None
    rest = str(gettext("rarer names"))
    counts = [*found.counts, *([(rest, found.further, 0)] if found.further else [])]
    return ToldPage(
        rows=tuple(
            ToldRow(
                tier=tier,
                customers=number(many),
                of_told=percent(many / found.told),
                of_all=percent(many / found.customers),
                strangers=strangers,
            )
            for tier, many, strangers in counts
        ),
        told=number(found.told),
        customers=number(found.customers),
        without=number(found.customers - found.told),
    )


def side_row(side: Side, currency: str) -> tuple[str, Pair, str, str]:
    """customers, who bought again, sales, share of sales."""
    return (
        number(side.customers),
        share_pair(side.again),
        money(side.sales, currency, whole=True),
        "–" if side.sales_share is None else percent(side.sales_share),
    )


def difference_pair(compared: Compared) -> Pair:
    """Members less others, in points of percent."""
    answer: Answer = compared.difference
    if not isinstance(answer, Estimate):
        return "–", reason_words(answer.reason)
    low, high = (signed(number(100 * end, 1)) for end in (answer.low, answer.high))
    points = signed(number(100 * answer.estimate, 1))
    return (
        str(gettext("%(points)s percentage points", points=points)),
        str(gettext("%(low)s to %(high)s", low=low, high=high)),
    )


def tested_rows(learnings: Sequence[Learning], currency: str) -> list[TestedRow]:
    """The latest first."""
    latest = sorted(learnings, key=lambda one: one.ends_on, reverse=True)[:MOST_TESTED]
    return [
        TestedRow(
            campaign_id=one.campaign_id,
            report_id=one.report_id,
            name=f"{one.campaign} · {one.arm}" + (f" · {one.segment}" if one.segment else ""),
            net=(
                amount(one.net, currency, signed=True),
                interval(one.low, one.high, currency),
            ),
        )
        for one in latest
    ]


def share_pair(share: Share | None) -> Pair:
    """A share and its interval."""
    if share is None:
        return "–", str(gettext("nobody was in it"))
    return percent(share.estimate), str(
        gettext("%(low)s to %(high)s", low=percent(share.low), high=percent(share.high))
    )


def _rounded(by: str, value: float) -> float:
    return round(value, 2) if by in IN_MONEY else float(-(-value // 1))
