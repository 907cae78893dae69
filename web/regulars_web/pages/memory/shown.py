"""The memory page and its details: what is shown of each cell, formatted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from regulars_platform.fields import FieldReader
from regulars_platform.memory.models import Learning
from regulars_platform.memory.overview import (
    CellOverview,
    Kept,
    Promises,
    everybody,
    kept,
    realised,
)
from regulars_platform.offers.reading import read_offer
from regulars_web.forest import Forest, ForestInput, build_forest
from regulars_web.formats import date, number, percent
from regulars_web.pages.memory.words import (
    campaigns_text,
    drift_text,
    family_terms,
    family_title,
    listed,
    people_text,
)
from regulars_web.words.answers import Shown
from regulars_web.words.plans import offer_text
from regulars_web.words.reports import amount, chance, interval, segment_name

_MOST_NAMES = 2
_MOST_ABSENT = 5
_MOST_SHARE = 5.0
_MOST_WIDTHS = 3.0  # a campaign that says so much less than is expected runs out of the drawing


@dataclass(frozen=True, kw_only=True, slots=True)
class CellRow:
    """One row of the memory table; haystack: everything that a search looks through.

    earned: by all its campaigns; compared: what was expected of those that had a forecast, beside
    what they earned; "" without any.
    """

    id: str
    people: str
    rule: str
    offer: str
    terms: str
    kind: str
    channel: str
    campaigns: str
    last: str
    provisional: bool
    average: Shown
    expected: Shown
    chance: str
    drift: str
    earned: Shown
    compared: str
    haystack: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Heads:
    """What all campaigns together promised and brought. promised and kept: "" without promises."""

    campaigns: str
    realised: Shown
    promised: str
    promised_detail: str
    kept: str
    kept_detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """How many campaigns are over without having taught anything, and the names of some."""

    count: int
    names: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignLine:
    """One campaign of a cell, with what it was promised and what it brought."""

    campaign_id: int
    report_id: int
    name: str
    arm: str
    segment: str
    offer: str
    days: str
    provisional: bool
    told: int
    held: int
    net: Shown
    total: Shown
    promised: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CellPage:
    """The context of memory/show.html. check: the average by another way; "" of few campaigns."""

    row: CellRow
    lines: tuple[CampaignLine, ...]
    forest: Forest
    check: str


def cell_row(cell: CellOverview, currency: str) -> CellRow:
    """A cell as a row of the table."""
    names = list(dict.fromkeys(segment_name(one.segment) for one in reversed(cell.learnings)))
    people, terms = _names(names), family_terms(cell.family)
    rule, offer = people_text(cell.people, currency), family_title(cell.family)
    told = [(one.campaign, one.arm, str(one.offer.get("words", ""))) for one in cell.learnings]
    offers = [_offer(one, currency) for one in cell.learnings]
    return CellRow(
        id=cell.id,
        people=people,
        rule="" if rule.casefold() == people.casefold() else rule,
        offer=offer,
        terms=terms,
        kind=cell.family.kind,
        channel=cell.family.channel,
        campaigns=campaigns_text(cell.campaigns),
        last=date(cell.latest.ends_on),
        provisional=cell.latest.state != "closed",
        average=_each(cell.average.mean, cell.average.low, cell.average.high, currency),
        expected=_each(cell.expected.mean, cell.expected.low, cell.expected.high, currency),
        chance=chance(cell.expected.chance_positive),
        drift=drift_text(cell.campaigns - 1) if cell.drifted else "",
        earned=_whole(cell.earned.net, cell.earned.low, cell.earned.high, currency),
        compared=_compared(cell, currency),
        haystack=" ".join(
            [*names, rule, offer, terms, *offers, *(word for words in told for word in words)]
        ).casefold(),
    )


def heads(learnings: Sequence[Learning], promises: Promises, currency: str) -> Heads:
    """The figures above the table."""
    whole = everybody(learnings)
    total = realised(whole)
    compared = kept(whole, promises)
    campaigns = len({one.campaign_id for one in whole})
    return Heads(
        campaigns=number(campaigns),
        realised=_whole(total.net, total.low, total.high, currency),
        promised="" if compared is None else amount(compared.promised, currency, whole=True),
        promised_detail=""
        if compared is None
        else str(gettext("of %(campaigns)s", campaigns=_part(compared.campaigns, campaigns))),
        kept="" if compared is None else _came_true(compared),
        kept_detail=""
        if compared is None
        else str(
            gettext(
                "earned %(net)s (%(range)s)",
                net=amount(compared.realised.net, currency, whole=True, signed=True),
                range=interval(compared.realised.low, compared.realised.high, currency, whole=True),
            )
        ),
    )


def left_out(names: Sequence[str]) -> LeftOut | None:
    """The campaigns that taught nothing; None where there are none."""
    if not names:
        return None
    shown = listed(names[:_MOST_ABSENT])
    return LeftOut(count=len(names), names=shown + "…" if len(names) > _MOST_ABSENT else shown)


def cell_page(cell: CellOverview, promises: Promises, currency: str) -> CellPage:
    """Everything that is known of one cell."""
    newest = tuple(reversed(cell.learnings))
    return CellPage(
        row=cell_row(cell, currency),
        lines=tuple(_line(one, promises, currency) for one in newest),
        forest=_forest(cell, currency),
        check=_check(cell, currency),
    )


def _forest(cell: CellOverview, currency: str) -> Forest:
    """Its campaigns, the oldest first; what they come to; and what to expect next."""
    average, expected = cell.average, cell.expected
    widest = _MOST_WIDTHS * (expected.high - expected.low)
    several = len({one.arm for one in cell.learnings}) > 1
    inputs = [
        ForestInput(
            label=one.campaign,
            detail=f"{date(one.ends_on)} · {one.arm}" if several else date(one.ends_on),
            text=amount(one.net, currency, signed=True),
            range=interval(one.low, one.high, currency),
            tone="treated-soft",
            value=one.net,
            low=one.low,
            high=one.high,
            address=_report(one),
            drawn_in_full=one.high - one.low <= widest,
        )
        for one in cell.learnings
    ]
    if cell.campaigns > 1:
        inputs.append(
            ForestInput(
                label=str(gettext("Such campaigns in general")),
                detail=campaigns_text(cell.campaigns),
                text=amount(average.mean, currency, signed=True),
                range=interval(average.low, average.high, currency),
                tone="treated",
                value=average.mean,
                low=average.low,
                high=average.high,
            )
        )
    inputs.append(
        ForestInput(
            label=str(gettext("Expected of the next")),
            detail=str(
                gettext("%(chance)s likely to pay", chance=chance(expected.chance_positive))
            ),
            text=amount(expected.mean, currency, signed=True),
            range=interval(expected.low, expected.high, currency),
            tone="holdout",
            value=expected.mean,
            low=expected.low,
            high=expected.high,
        )
    )
    return build_forest(inputs)


def _line(one: Learning, promises: Promises, currency: str) -> CampaignLine:
    compared = kept([one], promises)
    total = realised([one])
    return CampaignLine(
        campaign_id=one.campaign_id,
        report_id=one.report_id,
        name=one.campaign,
        arm=one.arm,
        segment=segment_name(one.segment),
        offer=_offer(one, currency),
        days=str(
            gettext("%(first)s to %(last)s", first=date(one.starts_on), last=date(one.ends_on))
        ),
        provisional=one.state != "closed",
        told=one.n,
        held=one.n_control,
        net=_each(one.net, one.low, one.high, currency),
        total=_whole(total.net, total.low, total.high, currency),
        promised=""
        if compared is None
        else amount(compared.promised, currency, whole=True, signed=True),
    )


def _offer(one: Learning, currency: str) -> str:
    found = read_offer(FieldReader(one.offer))
    return "" if found is None else offer_text(found, currency)


def _report(one: Learning) -> str:
    return url_for("reports.show", campaign_id=one.campaign_id, version=one.report_id)


def _check(cell: CellOverview, currency: str) -> str:
    """The average without the model that foretells; said for what it is."""
    if cell.check is None:
        return ""
    return str(
        gettext(
            "A check by another way: were all %(campaigns)s draws around one mean that never "
            "changes, that mean would be %(mean)s (%(range)s; random effects, interval of Hartung "
            "and Knapp).",
            campaigns=campaigns_text(cell.campaigns),
            mean=amount(cell.check.estimate, currency, signed=True),
            range=interval(cell.check.low, cell.check.high, currency),
        )
    )


def _compared(cell: CellOverview, currency: str) -> str:
    """Earned against expected, over the campaigns that had a forecast of these people alone."""
    compared = cell.kept
    if compared is None:
        return ""
    promised = amount(compared.promised, currency, whole=True, signed=True)
    share = _share(compared)
    if compared.campaigns == cell.campaigns:
        told = str(gettext("of %(promised)s expected", promised=promised))
    else:
        realised_there = compared.realised
        told = str(
            gettext(
                "forecast for %(part)s: %(net)s (%(range)s) of %(promised)s expected",
                part=_part(compared.campaigns, cell.campaigns),
                net=amount(realised_there.net, currency, whole=True, signed=True),
                range=interval(realised_there.low, realised_there.high, currency, whole=True),
                promised=promised,
            )
        )
    return f"{told} ({share})" if share else told


def _part(some: int, campaigns: int) -> str:
    """So many of these campaigns; all of them in fewer words."""
    if some == campaigns:
        return campaigns_text(campaigns)
    return str(
        gettext("%(some)s of %(campaigns)s", some=number(some), campaigns=campaigns_text(campaigns))
    )


def _names(names: Sequence[str]) -> str:
    """What a group was called, the latest first; a rule may have had many names."""
    shown = listed(names[:_MOST_NAMES])
    if len(names) <= _MOST_NAMES:
        return shown
    return str(gettext("%(names)s and other names", names=shown))


def _share(compared: Kept | None) -> str:
    """Of what was promised; nothing where a small promise would make it a figure without sense."""
    if compared is None or compared.share is None or compared.share > _MOST_SHARE:
        return ""
    if compared.share <= 0:
        return str(gettext("none of it"))
    return percent(compared.share, 0)


def _came_true(compared: Kept) -> str:
    """The same, where there is room for it alone."""
    if compared.share is not None and compared.share > _MOST_SHARE:
        return str(gettext("over %(share)s", share=percent(_MOST_SHARE, 0)))
    return _share(compared) or "–"


def _each(value: float, low: float, high: float, currency: str) -> Shown:
    return Shown(text=amount(value, currency, signed=True), interval=interval(low, high, currency))


def _whole(value: float, low: float, high: float, currency: str) -> Shown:
    return Shown(
        text=amount(value, currency, whole=True, signed=True),
        interval=interval(low, high, currency, whole=True),
    )


def matching(rows: Sequence[CellRow], asked: Mapping[str, str]) -> list[CellRow]:
    """The rows that hold every word asked for, of that kind and channel.

    asked: q (words), kind, channel, changed ("1": only where the latest campaign differs).
    """
    words = asked.get("q", "").casefold().split()
    return [
        row
        for row in rows
        if all(word in row.haystack for word in words)
        and asked.get("kind", "") in ("", row.kind)
        and asked.get("channel", "") in ("", row.channel)
        and (asked.get("changed") != "1" or row.drift)
    ]
