"""Answers of a report as formatted text: an estimate and its interval, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_web.formats import number, percent, signed
from regulars_web.words.reports import amount, interval, reason_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A number and its interval, formatted; where it is not known, `interval` says why.

    note: what an unusual value means.
    """

    text: str
    interval: str
    known: bool = True
    note: str = ""


def unknown(answer: Mapping[str, Any]) -> Shown:
    """What cannot be told, and why."""
    why = reason_words(answer["code"])
    return Shown(text=str(gettext("cannot tell")), interval=why, known=False)


def dash() -> Shown:
    """What cannot be told either, for a reason that stands elsewhere."""
    return Shown(text="–", interval="", known=False)


def shown(
    answer: Mapping[str, Any], currency: str, *, times: float = 1, whole: bool = False
) -> Shown:
    """An answer in money, in all or per customer."""
    if "not_estimable" in answer:
        return unknown(answer)
    if answer["low"] == answer["high"]:
        exact = amount(answer["estimate"] * times, currency, whole=whole, signed=True)
        return Shown(text=exact, interval=str(gettext("known exactly")))
    return Shown(
        text=amount(answer["estimate"] * times, currency, whole=whole, signed=True),
        interval=interval(answer["low"] * times, answer["high"] * times, currency, whole=whole),
    )


def share(answer: Mapping[str, Any], digits: int) -> Shown:
    """A ratio in percent with its interval."""
    if "not_estimable" in answer:
        return unknown(answer)
    return Shown(
        text=percent(answer["estimate"], digits),
        interval=_range(percent(answer["low"], digits), percent(answer["high"], digits)),
    )


def change(answer: Mapping[str, Any], digits: int) -> Shown:
    """A relative difference in percent, with its sign."""
    if "not_estimable" in answer:
        return unknown(answer)
    told = share(answer, digits)
    return Shown(text=signed(told.text), interval=told.interval)


def points(answer: Mapping[str, Any], digits: int) -> Shown:
    """A difference of two shares: percentage points, which are not percent of anything."""
    if "not_estimable" in answer:
        return unknown(answer)
    estimate, low, high = (
        number(100 * answer[name], digits) for name in ("estimate", "low", "high")
    )
    return Shown(
        text=str(gettext("%(points)s points", points=signed(estimate))),
        interval=str(gettext("%(points)s points", points=_range(low, high))),
    )


def count(answer: Mapping[str, Any], digits: int) -> Shown:
    """A difference of counts, with its sign."""
    if "not_estimable" in answer:
        return unknown(answer)
    return Shown(
        text=signed(number(answer["estimate"], digits)),
        interval=_range(number(answer["low"], digits), number(answer["high"], digits)),
    )


def _range(low: str, high: str) -> str:
    return str(gettext("%(low)s to %(high)s", low=low, high=high))
