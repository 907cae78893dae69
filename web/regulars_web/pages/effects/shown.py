"""What the effect page shows, formatted."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask import url_for
from flask_babel import gettext

from regulars_experiments.results import Estimate, NotEstimable
from regulars_platform.figures.effects import Boards, Tried, net_of_report
from regulars_platform.figures.industry import Beside
from regulars_platform.figures.members import Again, Members
from regulars_platform.figures.won import Won
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.tiers.membership import Membership
from regulars_web.formats import money, number, percent, signed, spanned
from regulars_web.pages.effects.drawn import months_chart, sales_chart, weeks_chart
from regulars_web.pages.figures.columns_chart import ColumnChart
from regulars_web.pages.figures.values import NOTHING, Cell, against_before, shown
from regulars_web.pages.figures.words import FIGURES, days_words
from regulars_web.words.data_files import FIGURE_NAMES
from regulars_web.words.plans import offer_text
from regulars_web.words.reports import listed, reason_words


@dataclass(frozen=True, kw_only=True, slots=True)
class WonRow:
    """A campaign: attributed and won buyers, and its net result."""

    name: str
    offer: str
    address: str
    told: str
    buyers: Cell
    won: Cell
    net: Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedRow:
    """A programme: whom it has told so far, how many of them count in its result, and its net."""

    name: str
    address: str
    told: str
    counted: str
    net: Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectsPage:
    """The context of effects/overview.html."""

    week: str
    attributed: tuple[dict[str, str], ...]
    weeks: ColumnChart | None
    won: tuple[WonRow, ...]
    programmes: tuple[TriedRow, ...]
    member_words: str
    tiers: tuple[tuple[str, str, str, str, str], ...]
    again: tuple[tuple[str, str, Cell], ...]
    difference: str
    sales: ColumnChart | None
    trend: str
    months: ColumnChart | None
    industry: tuple[tuple[str, str, Cell, Cell], ...]


def effects_page(boards: Boards, tried: Tried, currency: str) -> EffectsPage:
    """The boards in the reader's language."""
    documents = {campaign.id: document for campaign, document in tried.campaigns}
    members = boards.members
    return EffectsPage(
        week=days_words(boards.weeks[-1][0]) if boards.weeks else "",
        attributed=_attributed(boards, currency),
        weeks=weeks_chart(boards, currency),
        won=tuple(_won(one, documents[one.campaign.id], currency) for one in boards.won),
        programmes=tuple(
            TriedRow(
                name=programme.name,
                address=url_for("programmes.show", programme_id=programme.id),
                told=number(told),
                counted=NOTHING if document is None else number(document["told"]),
                net=_programme_net(document, currency),
            )
            for programme, told, document in tried.programmes
        ),
        member_words="" if members is None else _member_words(members.membership),
        tiers=() if members is None else _tiers(members, currency),
        again=() if members is None else _again(members),
        difference="" if members is None else _difference(members),
        sales=None if members is None else sales_chart(members, currency),
        trend="" if members is None else _trend(members),
        months=months_chart(boards, currency),
        industry=tuple(_industry(one, currency) for one in boards.industry),
    )


def _attributed(boards: Boards, currency: str) -> tuple[dict[str, str], ...]:
    if not boards.weeks:
        return ()
    now = boards.weeks[-1][1]
    before = boards.weeks[-2][1] if len(boards.weeks) > 1 else None

    def item(
        label: str, share: Fraction | None, then: Fraction | None, detail: str
    ) -> dict[str, str]:
        moved = against_before(share, then, "share", "week")
        return {
            "label": label,
            "value": NOTHING if share is None else percent(float(share)),
            "detail": f"{detail} · {moved}" if moved else detail,
        }

    buyers = gettext(
        "%(told)s of %(all)s buyers", told=number(now.told_buyers), all=number(now.buyers)
    )
    amounts = gettext(
        "%(told)s of %(all)s",
        told=money(now.told_amount, currency),
        all=money(now.amount, currency),
    )
    return (
        item(
            str(gettext("Share of buyers (attributed)")),
            now.buyers_share,
            None if before is None else before.buyers_share,
            str(buyers),
        ),
        item(
            str(gettext("Share of the paid amount (attributed)")),
            now.amount_share,
            None if before is None else before.amount_share,
            str(amounts),
        ),
    )


def _won(one: Won, document: Mapping[str, Any] | None, currency: str) -> WonRow:
    plan = one.campaign.plan
    share = percent(one.told_buyers / one.told) if one.told else NOTHING
    titles = dict.fromkeys(offer_text(arm.offer, plan.currency) for arm in plan.arms)
    return WonRow(
        name=plan.name,
        offer=", ".join(titles),
        address=url_for("reports.show", campaign_id=one.campaign.id),
        told=number(one.told),
        buyers=(
            number(one.told_buyers),
            str(gettext("%(share)s of those told", share=share)),
        ),
        won=_won_cell(one),
        net=(NOTHING, str(gettext("no report yet")))
        if document is None
        else _report_net(document, currency),
    )


def _won_cell(one: Won) -> Cell:
    match one.incremental:
        case None:
            return NOTHING, str(gettext("nobody can have bought yet"))
        case NotEstimable():
            return NOTHING, str(reason_words(one.incremental.reason.value))
        case Estimate():
            found = one.incremental
            limits = spanned(number(round(found.low), 0), number(round(found.high), 0))
            if not one.is_over:
                limits += " · " + str(gettext("so far"))
            return signed(number(round(found.estimate), 0)), limits


def _report_net(document: Mapping[str, Any], currency: str) -> Cell:
    return _net(*net_of_report(document), currency)


def _programme_net(document: Mapping[str, Any] | None, currency: str) -> Cell:
    if document is None:
        return NOTHING, str(gettext("no result yet"))
    if not document["told"]:
        return NOTHING, str(gettext("nobody's days for orders are over yet"))
    return _net(document["net"], document["told"], currency)


def _net(net: Mapping[str, Any], units: int, currency: str) -> Cell:
    """Net profit of everybody told. net: per unit, currency units."""
    if "not_estimable" in net:
        return NOTHING, str(reason_words(net["code"]))
    estimate, low, high = (
        money(net[name] * units * MONEY_SCALE, currency, whole=True, signed=name == "estimate")
        for name in ("estimate", "low", "high")
    )
    return estimate, spanned(low, high)


def _tiers(members: Members, currency: str) -> tuple[tuple[str, str, str, str, str], ...]:
    if all(one.tier is None for one in members.tiers):
        return ()
    everybody = sum(one.customers for one in members.tiers)
    amount = sum(one.amount for one in members.tiers)
    return tuple(
        (
            one.tier or str(gettext("in no tier")),
            number(one.customers),
            percent(one.customers / everybody),
            money(one.amount, currency, whole=True),
            percent(one.amount / amount) if amount else NOTHING,
        )
        for one in members.tiers
    )


def _member_words(membership: Membership) -> str:
    """Who is a member, in a sentence that the page of tiers agrees with."""
    words = {
        "tier": gettext(
            "A member was above the lowest tier before the last 30 days began: %(tiers)s.",
            tiers=listed(membership.tiers),
        ),
        "told": gettext(
            "A member is in a tier of your customers file, as there are no rules of tiers yet."
        ),
        "follows": gettext(
            "A member is who followed the shop on the first morning of the last 30 days."
        ),
        "consent": gettext("A member is who agreed to be written to, as known now."),
    }
    return str(words[membership.way])


def _again(members: Members) -> tuple[tuple[str, str, Cell], ...]:
    def row(name: str, found: Again) -> tuple[str, str, Cell]:
        if found.rate is None or found.limits is None:
            return name, number(found.customers), (NOTHING, "")
        low, high = found.limits
        return name, number(found.customers), (percent(found.rate), _range(low, high))

    return (
        row(str(gettext("Members")), members.members),
        row(str(gettext("Others")), members.others),
    )


def _range(low: float, high: float) -> str:
    return spanned(percent(low), percent(high))


def _difference(members: Members) -> str:
    found = members.difference
    if found is None:
        return ""
    points, low, high = (
        signed(number(100 * value, 1)) for value in (found.estimate, found.low, found.high)
    )
    return str(
        gettext(
            "Members less others: %(points)s points, and 19 times out of 20 between %(low)s and "
            "%(high)s if both were drawn by chance.",
            points=points,
            low=low,
            high=high,
        )
    )


def _trend(members: Members) -> str:
    known = [one for one in members.sales if one.share is not None]
    if not known or known[-1].share is None:
        return ""
    now = percent(float(known[-1].share))
    if len(known) < 2 or known[-2].share is None or known[0].share is None:
        return str(gettext("Members paid %(share)s in the last 10 days.", share=now))
    return str(
        gettext(
            "Members paid %(share)s in the last 10 days, %(before)s in the 10 before, and "
            "%(first)s in the first shown.",
            share=now,
            before=percent(float(known[-2].share)),
            first=percent(float(known[0].share)),
        )
    )


def _industry(one: Beside, currency: str) -> tuple[str, str, Cell, Cell]:
    own = shown(one.own, one.unit, currency)
    beside = [against_before(one.own, one.own_before, one.unit, "week")]
    if one.from_orders:
        by_day = shown(one.by_day, one.unit, currency)
        beside.insert(0, str(gettext("from the orders")))
        if by_day != own:
            said = (
                gettext("your daily file: %(value)s", value=by_day)
                if one.from_file
                else gettext("added up by day: %(value)s", value=by_day)
            )
            beside.append(str(said))
    return (
        str(FIGURES.get(one.name) or FIGURE_NAMES[one.name]),
        one.label,
        (own, " · ".join(part for part in beside if part)),
        (
            shown(one.industry, one.unit, currency),
            against_before(one.industry, one.industry_before, one.unit, "week"),
        ),
    )
