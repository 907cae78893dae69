"""Lifetime value in words: what is expected, how the past went, how far to believe it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from regulars_platform.lifetime.backtest import relative_error
from regulars_web.formats import date, money, money_interval, number, percent
from regulars_web.words.reports import reason_words

CHANGED = {
    "orders": lazy_gettext("orders"),
    "products": lazy_gettext("products"),
    "segments": lazy_gettext("segments"),
    "files": lazy_gettext("what is known of customers beside orders"),
    "practice": lazy_gettext("settings of the shop"),
    "method": lazy_gettext("the way it is worked out"),
}
DOUBTS = {
    "short_history": lazy_gettext(
        "The orders reach back less than a year: what a year brings was never seen, seasons least "
        "of all."
    ),
    "at_bound": lazy_gettext(
        "One of the model's figures ran as far as it may: the data do not say how customers stop, "
        "or that they differ."
    ),
    "value_goes_with_frequency": lazy_gettext(
        "Those who order more often spend clearly more or less per order. The model of values "
        "takes the two for unrelated, so expect its money to be off."
    ),
}
BELIEF_KINDS = {
    "holds": "good",
    "close": "good",
    "vague": "caution",
    "near": "caution",
    "wrong": "bad",
    "untested": "caution",
}


def day(text: str) -> str:
    """A day of the document."""
    return date(dt.date.fromisoformat(text))


def count_text(answer: Mapping[str, Any]) -> tuple[str, str]:
    """A count of orders and its range; the reason in the second place where there is none."""
    if "estimate" not in answer:
        return "–", reason_words(answer["code"])
    limits = gettext("%(low)s to %(high)s", low=number(answer["low"]), high=number(answer["high"]))
    return number(answer["estimate"], 0), str(limits)


def money_text(answer: Mapping[str, Any], currency: str) -> tuple[str, str]:
    """An amount and its range."""
    if "estimate" not in answer:
        return "–", reason_words(answer["code"])
    return (
        money(answer["estimate"], currency, whole=True),
        money_interval(answer["low"], answer["high"], currency),
    )


def statement(document: Mapping[str, Any], currency: str) -> str:
    """The one sentence of the page, in money where there is any."""
    level, seen = document["belief"]["level"], document["seen"]
    if level == "none":
        return _no_forecast(document, currency)
    if level == "wrong":
        backtest = document["backtest"]
        return str(
            gettext(
                "Do not believe this forecast: tried on the past, it expected %(expected)s orders "
                "where %(came)s came, %(miss)s.",
                expected=number(backtest["orders"]["estimate"], 0),
                came=number(backtest["came"]),
                miss=miss(backtest),
            )
        )
    year = document["horizons"]["365"]
    orders, order_limits = count_text(year["orders"])
    value, value_limits = money_text(year["value"], currency)
    customers = ngettext(
        "your %(count)s customer", "your %(count)s customers", seen["customers"],
        count=number(seen["customers"]),
    )  # fmt: skip
    if "estimate" not in year["value"]:
        return str(
            gettext(
                "In the next 365 days %(customers)s should place %(orders)s more orders "
                "(%(limits)s); what they will be worth cannot be told: %(reason)s.",
                customers=customers,
                orders=orders,
                limits=order_limits,
                reason=value_limits,
            )
        )
    return str(
        gettext(
            "In the next 365 days %(customers)s should spend %(value)s (%(value_limits)s), in "
            "%(orders)s orders (%(limits)s).",
            customers=customers,
            value=value,
            value_limits=value_limits,
            orders=orders,
            limits=order_limits,
        )
    )


def _no_forecast(document: Mapping[str, Any], currency: str) -> str:
    seen = document["seen"]
    if not seen["customers"]:
        return str(
            gettext(
                "All goods sold here are bought once in a life, so nobody is expected to buy the "
                "same again: need and influence are the way."
            )
        )
    spent = money(seen["spent"], currency, whole=True)
    return str(
        ngettext(
            "%(count)s customer has spent %(spent)s so far; what will follow cannot be foretold "
            "yet: %(reason)s.",
            "%(count)s customers have spent %(spent)s so far; what will follow cannot be foretold "
            "yet: %(reason)s.",
            seen["customers"],
            count=number(seen["customers"]),
            spent=spent,
            reason=reason_words(document["model"]["code"]),
        )
    )


def miss(backtest: Mapping[str, Any]) -> str:
    """By how much the past was missed: "12% too few"."""
    error = relative_error(backtest)
    if error is None:
        return str(gettext("and nothing came"))
    share = percent(abs(error), 0)
    if share == percent(0, 0):
        return str(gettext("as good as exact"))
    if error < 0:
        return str(gettext("%(share)s too few", share=share))
    return str(gettext("%(share)s too many", share=share))


def doubts(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What else to know before believing it."""
    return tuple(
        _value_missed(document["backtest"]) if code == "value_missed" else str(DOUBTS[code])
        for code in document["belief"]["doubts"]
    )


def _value_missed(backtest: Mapping[str, Any]) -> str:
    expected, came = backtest["value"]["estimate"], backtest["value_came"]
    if came <= 0:
        return str(gettext("Tried on the past, it expected money where none came."))
    share = percent(abs(expected / came - 1), 0)
    if expected < came:
        return str(
            gettext(
                "Tried on the past, it expected %(share)s too little money, and what came lay "
                "outside the range.",
                share=share,
            )
        )
    return str(
        gettext(
            "Tried on the past, it expected %(share)s too much money, and what came lay outside "
            "the range.",
            share=share,
        )
    )


def belief_title(document: Mapping[str, Any]) -> str:
    """Whether to believe it, in a sentence; "" where there is no forecast."""
    backtest = document["backtest"]
    match document["belief"]["level"]:
        case "holds":
            return str(gettext("Tried on the past, it held: what came lay in its range."))
        case "close":
            return str(
                gettext(
                    "Tried on the past, it was near enough to plan with: %(miss)s, if more than "
                    "its narrow range allows.",
                    miss=miss(backtest),
                )
            )
        case "vague":
            return str(
                gettext(
                    "Tried on the past, it was not wrong, but its range is so wide that it says "
                    "little."
                )
            )
        case "near":
            return str(
                gettext(
                    "Believe it with care: tried on the past, it expected %(miss)s, and what came "
                    "lay outside its range.",
                    miss=miss(backtest),
                )
            )
        case "wrong":
            return str(
                gettext(
                    "The model does not describe how customers buy here. The figures below are "
                    "shown so that you can see it; do not plan with them."
                )
            )
        case "untested":
            return str(gettext("It has not been tried on the past: believe it with care."))
    return ""


def backtest_sentence(backtest: Mapping[str, Any]) -> str:
    """What was expected and what came, as plainly as it can be said."""
    if "came" not in backtest:
        return str(
            gettext(
                "The orders span too few days to hold some of them out: it takes %(days)s.",
                days=number(2 * backtest["too_short"]),
            )
        )
    until = day(backtest["fitted_until"])
    if "estimate" not in backtest["orders"]:
        return str(
            gettext(
                "With the orders until %(until)s alone there was nothing to try: %(reason)s.",
                until=until,
                reason=reason_words(backtest["orders"]["code"]),
            )
        )
    expected, limits = count_text(backtest["orders"])
    said = {
        "expected": expected,
        "came": number(backtest["came"]),
        "miss": miss(backtest),
        "limits": limits,
    }
    if backtest["inside"]:
        return str(
            gettext(
                "%(expected)s predicted where %(came)s came: %(miss)s; what came lies in the range "
                "of %(limits)s.",
                **said,
            )
        )
    return str(
        gettext(
            "%(expected)s predicted where %(came)s came: %(miss)s; what came lies outside the "
            "range of %(limits)s.",
            **said,
        )
    )


def backtest_value_sentence(backtest: Mapping[str, Any], currency: str) -> str:
    """The same in money; "" where there is none."""
    if "estimate" not in backtest.get("value", {}):
        return ""
    value, limits = money_text(backtest["value"], currency)
    came = money(backtest["value_came"], currency, whole=True)
    if backtest["value_inside"]:
        return str(
            gettext(
                "In money: %(value)s predicted (%(limits)s), %(came)s came.",
                value=value,
                limits=limits,
                came=came,
            )
        )
    return str(
        gettext(
            "In money: %(value)s predicted (%(limits)s), %(came)s came, outside the range.",
            value=value,
            limits=limits,
            came=came,
        )
    )


def how_it_was_tried(backtest: Mapping[str, Any]) -> str:
    """What the back-test did; "" where it could not."""
    if "came" not in backtest:
        return ""
    return str(
        ngettext(
            "The models saw the orders until %(until)s alone and foretold the %(days)s days after, "
            "of the %(count)s customer who had bought by then.",
            "The models saw the orders until %(until)s alone and foretold the %(days)s days after, "
            "of the %(count)s customers who had bought by then.",
            backtest["customers"],
            until=day(backtest["fitted_until"]),
            days=number(backtest["days"]),
            count=number(backtest["customers"]),
        )
    )
