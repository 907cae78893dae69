"""What is known of offers and groups, in the reader's words and numbers."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_platform.matching.break_even import BreakEven
from regulars_platform.matching.drafts import draft_called
from regulars_platform.matching.meeting import Match
from regulars_platform.matching.ranking import RankedGroup, RankedOffer
from regulars_platform.offers.kinds import MessageOnly
from regulars_web.formats import number, percent, sentence
from regulars_web.pages.memory.words import basis_text
from regulars_web.words.plans import offer_text
from regulars_web.words.reports import amount, chance, interval
from regulars_web.words.rules import rule_text


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One match. title: the group, or the offer; detail: its rule, or who may use it; capped: of
    the group, contacted often enough already; anyway, short: of their orders; hardly: its threshold
    fits hardly anybody; draft: the campaign as JSON."""

    title: str
    detail: str
    customers: str
    capped: str
    anyway: str
    short: str
    draft: str
    hardly: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LearntRow(Row):
    """One that past campaigns tell of: expected net profit per customer told, and in all."""

    net: str
    range: str
    loss: str
    total: str
    basis: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UntriedRow(Row):
    """One that nobody has tried. pays_from: goods per customer told; share: of what they spend in
    that time anyway; orders: more per 100 told; telling: goods, where an open offer is there
    already; at_stake: lost in all if it changes nothing; per_customer: of that."""

    pays_from: str
    share: str
    orders: str
    telling: str
    at_stake: str
    per_customer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """learnt: the best first; untried: in no order of worth."""

    learnt: list[LearntRow]
    untried: list[UntriedRow]

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody to tell."""
        return not self.learnt and not self.untried


def shown_groups(found: Sequence[RankedGroup], currency: str) -> Ranking:
    """Groups for an offer."""
    return _ranking(
        _row(
            one.match,
            sentence(one.group.title),
            rule_text(one.group.rule, currency),
            currency,
            hardly=one.hardly_fits,
        )
        for one in found
    )


def shown_offers(found: Sequence[RankedOffer], group: str, currency: str) -> Ranking:
    """Offers for a group of that name."""
    return _ranking(
        _row(one.match, offer_text(one.offer, currency), _reach(one), currency, group=group)
        for one in found
    )


def _ranking(rows: Iterable[LearntRow | UntriedRow]) -> Ranking:
    shown = list(rows)
    return Ranking(
        learnt=[row for row in shown if isinstance(row, LearntRow)],
        untried=[row for row in shown if isinstance(row, UntriedRow)],
    )


def _reach(one: RankedOffer) -> str:
    if isinstance(one.offer, MessageOnly):
        return ""
    if one.offer.reach == "personal":
        return str(gettext("only those told, by a code"))
    return str(gettext("the whole shop; only the telling is random"))


def _row(
    match: Match,
    title: str,
    detail: str,
    currency: str,
    *,
    group: str = "",
    hardly: bool = False,
) -> LearntRow | UntriedRow:
    name = str(gettext("%(group)s: %(offer)s", group=group, offer=title)) if group else title
    what: dict[str, Any] = {
        "title": title,
        "detail": detail,
        "customers": number(match.customers),
        "capped": number(match.capped) if match.capped else "",
        "anyway": _anyway(match, currency),
        "short": "" if match.short_share is None else percent(match.short_share, 0),
        "draft": json.dumps(draft_called(match, name, currency, offer_text), ensure_ascii=False),
        "hardly": hardly,
    }
    if match.learnt is None:
        return UntriedRow(**what, **_untried(match, currency))
    return LearntRow(
        **what,
        net=amount(match.learnt.net, currency, signed=True),
        range=interval(match.learnt.low, match.learnt.high, currency),
        loss=chance(match.learnt.loss),
        total=amount(match.learnt.total, currency, whole=True, signed=True),
        basis=str(basis_text(1, 1, match.learnt.campaigns)),
    )


def _untried(match: Match, currency: str) -> dict[str, Any]:
    even = match.break_even
    if even is None:
        unknown = str(gettext("cannot be said"))
        names = ("share", "orders", "telling", "per_customer")
        return {"pays_from": unknown, "at_stake": unknown} | dict.fromkeys(names, "")
    return {
        "pays_from": _from_goods(even.low, even.high, currency),
        "share": _share(even),
        "orders": _orders(even),
        "telling": ""
        if even.telling_low is None
        else _from_goods(even.telling_low, even.telling_high, currency),
        "at_stake": amount(-even.cost * match.told, currency, whole=True),
        "per_customer": amount(-even.cost, currency),
    }


def _from_goods(low: float | None, high: float | None, currency: str) -> str:
    if low is None:
        return str(gettext("never: an order that uses it earns nothing"))
    if high is None:
        least = amount(low, currency)
        return str(gettext("%(low)s at the best margin, never at the lowest", low=least))
    ends = amount(low, currency), amount(high, currency)
    return ends[0] if ends[0] == ends[1] else interval(low, high, currency)


def _share(even: BreakEven) -> str:
    if even.low is None or even.spend <= 0:
        return ""
    shares = [end / even.spend for end in (even.low, even.high) if end is not None]
    return _between([percent(share, 1 if share < 1 else 0) for share in shares])


def _orders(even: BreakEven) -> str:
    if even.orders_low is None:
        return ""
    ends = [100 * end for end in (even.orders_low, even.orders_high) if end is not None]
    return _between([number(end, 1 if end >= 0.1 or end == 0 else 2) for end in ends])


def _between(ends: list[str]) -> str:
    if ends[0] == ends[-1]:
        return ends[0]
    return str(gettext("%(low)s to %(high)s", low=ends[0], high=ends[-1]))


def _anyway(match: Match, currency: str) -> str:
    if match.draft["arms"][0]["offer"]["kind"] == "message":
        return "–"
    if match.leak_cost is None:
        return str(gettext("cannot be said"))
    if match.leak_share is None:
        return str(gettext("none of them ordered in the last four weeks"))
    return str(
        gettext(
            "%(share)s of orders, %(cost)s per customer",
            share=percent(match.leak_share, 0),
            cost=amount(match.leak_cost, currency),
        )
    )
