"""What happens around the threshold: the leak beside the foreseen one, and padded baskets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_web.formats import number, percent
from regulars_web.words.answers import Shown, dash, points, share, unknown
from regulars_web.words.reports import (
    amount,
    clauses,
    confidence,
    flowing,
    interval,
    reason_words,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaddingCell:
    """A share in the holdout and among those told of one arm, and the difference."""

    arm: str
    control: str
    told: str
    difference: Shown


@dataclass(frozen=True, kw_only=True, slots=True)
class PaddingRow:
    """One question, answered for each arm."""

    what: str
    cells: tuple[PaddingCell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeakRow:
    """The leak of one arm of several, as a row."""

    arm: str
    qualifying: str
    cost: Shown
    given: Shown | None
    foreseen: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AroundThreshold:
    """leak: of the only arm with an offer, in sentences; with several arms `leaks`, a row each.

    padding: two questions, each answered for every arm. finding: the first of them, with one arm.
    """

    leak: tuple[str, ...]
    leaks: tuple[LeakRow, ...]
    padding: tuple[PaddingRow, ...]
    finding: str


def around_threshold(document: Mapping[str, Any]) -> AroundThreshold | None:
    """None in reports from before it was asked for, or where there is no offer."""
    leaks, padding = document.get("leak") or [], document.get("padding") or []
    if not leaks and not padding:
        return None
    one = bool(leaks) and len(document["overall"]) == 1
    return AroundThreshold(
        leak=(_measured(document, leaks[0]), _foreseen(document, leaks[0])) if one else (),
        leaks=() if one else tuple(_leak_row(document, leak) for leak in leaks),
        padding=(rows := _padding(padding)),
        finding=_finding(rows) if len(document["overall"]) == 1 else "",
    )


def _finding(rows: Sequence[PaddingRow]) -> str:
    if not rows:
        return ""
    difference = rows[0].cells[0].difference
    if not difference.known:
        return str(gettext("cannot tell"))
    return str(
        gettext(
            "%(name)s: %(value)s (%(range)s)",
            name=rows[0].what,
            value=difference.text,
            range=difference.interval,
        )
    )


def _leak_row(document: Mapping[str, Any], leak: Mapping[str, Any]) -> LeakRow:
    foreseen, currency = leak["foreseen"], document["plan"]["currency"]
    words = str(gettext("not forecast"))
    if foreseen is not None and "given_away" in leak:
        words = amount(foreseen["cost"], currency, whole=True)
        if foreseen["share"] is not None:
            words = clauses((f"{percent(foreseen['share'], 0)}", words))
    return LeakRow(
        arm=leak["arm"],
        qualifying=percent(leak["qualifying"] / leak["orders"], 0) if leak["orders"] else "–",
        cost=_money(leak["given_away"], currency) if "given_away" in leak else dash(),
        given=None if leak["share"] is None else share(leak["share"], 0),
        foreseen=words,
    )


def _money(answer: Mapping[str, Any], currency: str) -> Shown:
    if "estimate" not in answer:
        return unknown(answer)
    return Shown(
        text=amount(answer["estimate"], currency, whole=True),
        interval=interval(answer["low"], answer["high"], currency, whole=True),
    )


def _measured(document: Mapping[str, Any], leak: Mapping[str, Any]) -> str:
    currency, given = document["plan"]["currency"], leak["share"]
    cost = leak.get("given_away", {})
    if not leak["orders"]:
        return str(gettext("Nobody held out ordered, so no leak can be told."))
    facts: dict[str, Any] = {
        "share": percent(leak["qualifying"] / leak["orders"], 0),
        "orders": number(leak["orders"]),
        "confidence": confidence(document),
    }
    said = [
        gettext(
            "Measured: %(share)s of the %(orders)s orders of the held out reach the offer without "
            "having been told.",
            **facts,
        )
    ]
    if "estimate" in cost:
        said.append(
            gettext(
                "With the %(told)s told, at the rate at which they used it, such orders were "
                "given %(cost)s (%(confidence)s: %(range)s).",
                told=number(leak["told"]),
                cost=amount(cost["estimate"], currency, whole=True),
                range=interval(cost["low"], cost["high"], currency, whole=True),
                **facts,
            )
        )
    if given is not None and "estimate" in given:
        low, high = (percent(given[end], 0) for end in ("low", "high"))
        said.append(
            gettext(
                "That is %(given)s of what the offer gives to those told (%(confidence)s: "
                "%(range)s).",
                given=percent(given["estimate"], 0),
                range=gettext("%(low)s to %(high)s", low=low, high=high),
                confidence=facts["confidence"],
            )
        )
    elif given is not None:
        said.append(
            gettext(
                "Which share that is of what the offer gives cannot be told: %(reason)s.",
                reason=reason_words(given["code"]),
            )
        )
    return flowing(str(words) for words in said)


def _foreseen(document: Mapping[str, Any], leak: Mapping[str, Any]) -> str:
    foreseen, currency = leak["foreseen"], document["plan"]["currency"]
    if foreseen is None or "given_away" not in leak:
        return str(gettext("It was not forecast when the campaign was launched."))
    cost = amount(foreseen["cost"], currency, whole=True)
    if foreseen["share"] is None:
        return str(gettext("Foreseen at launch: %(cost)s.", cost=cost))
    return str(
        gettext(
            "Foreseen at launch, by a count of past orders, and so without an interval: %(share)s "
            "of orders, %(cost)s for as many customers if all of them use it.",
            share=percent(foreseen["share"], 0),
            cost=cost,
        )
    )


def _padding(found: Sequence[Mapping[str, Any]]) -> tuple[PaddingRow, ...]:
    if not found:
        return ()
    width = number(found[0]["width_percent"]) + "%"
    names = {
        "share": gettext(
            "Orders from the threshold to %(width)s above it, of all orders", width=width
        ),
        "returned": gettext("Returned of the goods in such orders"),
    }
    return tuple(
        PaddingRow(
            what=str(what),
            cells=tuple(
                PaddingCell(
                    arm=each["arm"],
                    control=_percent(each[f"{key}_control"]),
                    told=_percent(each[f"{key}_arm"]),
                    difference=points(each[key], 1),
                )
                for each in found
            ),
        )
        for key, what in names.items()
    )


def _percent(value: float | None) -> str:
    return "–" if value is None else percent(value, 1)
