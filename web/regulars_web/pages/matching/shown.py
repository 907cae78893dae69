"""The rows of both rankings, in the reader's words and numbers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext

from regulars_platform.fields import FieldReader
from regulars_platform.matching.ground import Match
from regulars_platform.matching.ranking import RankedGroup, RankedOffer
from regulars_platform.offers.reading import read_offer
from regulars_web.formats import number, percent, sentence
from regulars_web.pages.campaigns.words import offer_text
from regulars_web.pages.memory.words import basis_text
from regulars_web.pages.reports.words import amount, chance, interval
from regulars_web.pages.segments.words import rule_text


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One match. title: the group, or the offer; detail: its rule, or who may use it; capped: of
    the group, contacted often enough already; hardly: its threshold fits hardly anybody."""

    title: str
    detail: str
    customers: str
    capped: str
    net: str
    range: str
    loss: str
    total: str
    leak: str
    basis: str
    remembered: bool
    draft: str
    hardly: bool = False


def group_rows(found: Sequence[RankedGroup], currency: str) -> list[Row]:
    """Groups for an offer, in their order."""
    return [
        replace(
            _row(
                one.match, sentence(one.group.title), rule_text(one.group.rule, currency), currency
            ),
            hardly=one.hardly_fits,
        )
        for one in found
    ]


def offer_rows(found: Sequence[RankedOffer], currency: str) -> list[Row]:
    """Offers for a group, in their order."""
    return [
        _row(one.match, offer_text(one.offer, currency), _reach(one), currency) for one in found
    ]


def _reach(one: RankedOffer) -> str:
    if one.offer.reach == "personal":
        return str(gettext("only those told, by a code"))
    return str(gettext("the whole shop; only the telling is random"))


def _row(match: Match, title: str, detail: str, currency: str) -> Row:
    (arm,) = match.draft["arms"]
    offer = read_offer(FieldReader(arm["offer"]))
    # the arm is called after its offer, as the plan form calls one that nobody named
    called = arm | {"name": "" if offer is None else offer_text(offer, currency)}
    named = {**match.draft, "name": title[:200], "arms": [called]}
    return Row(
        title=title,
        detail=detail,
        customers=number(match.customers),
        capped=number(match.capped) if match.capped else "",
        net=amount(match.net, currency, signed=True),
        range=interval(match.low, match.high, currency),
        loss=chance(match.loss),
        total=amount(match.total, currency, whole=True, signed=True),
        leak=_leak(match, currency),
        basis=_basis(match),
        remembered=match.campaigns > 0,
        draft=json.dumps(named, ensure_ascii=False),
    )


def _leak(match: Match, currency: str) -> str:
    if match.leak_share is None or match.leak_cost is None:
        return str(gettext("cannot be said"))
    return str(
        gettext(
            "%(share)s of orders, %(cost)s per customer",
            share=percent(match.leak_share, 0),
            cost=amount(match.leak_cost, currency),
        )
    )


def _basis(match: Match) -> str:
    # that all others are guesses is said once, above the table
    return str(basis_text(1, 1, match.campaigns)) if match.campaigns else ""
