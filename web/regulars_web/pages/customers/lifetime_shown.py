"""What the page of lifetime value shows, formatted."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_platform.lifetime.service import Lifetime
from regulars_platform.shops.models import ShopProfile
from regulars_web.formats import date, date_time, money, number, percent
from regulars_web.pages.customers.lifetime_chart import CourseChart, build_course_chart
from regulars_web.pages.customers.lifetime_words import (
    BELIEF_KINDS,
    CHANGED,
    backtest_sentence,
    backtest_value_sentence,
    belief_title,
    count_text,
    doubts,
    how_it_was_tried,
    money_text,
    statement,
)
from regulars_web.words.reports import clauses, reason_words

Cell = tuple[str, str]
"""An estimate and its range, or a dash and the reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRow:
    """A tenth or a segment. alive, share, spent: "" where not shown. orders, value: in 365 days;
    those in 90 are None for tenths."""

    name: str
    customers: str
    alive: str
    share: str
    spent: str
    orders_90: Cell | None
    value_90: Cell | None
    orders: Cell
    value: Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedRow:
    """A tenth of the back-test."""

    name: str
    customers: str
    expected: Cell
    came: str
    inside: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRow:
    """One figure of the models: fitted to the first part, and to everything."""

    name: str
    first: str
    whole: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LifetimePage:
    """The context of customers/lifetime.html."""

    statement: str
    worked_out: str
    changed: str
    belief: tuple[str, str]
    doubts: tuple[str, ...]
    figures: tuple[dict[str, str], ...]
    as_of: str
    tried: str
    how_tried: str
    tried_value: str
    chart: CourseChart | None
    tried_tenths: tuple[TriedRow, ...]
    tenths: tuple[GroupRow, ...]
    segments: tuple[GroupRow, ...]
    models: tuple[ModelRow, ...]
    correlation: str
    one_off_only: int
    customers: int
    repeaters: int
    credits: str


def lifetime_page(found: Lifetime, changed: Sequence[str], shop: ShopProfile) -> LifetimePage:
    """The stored answer in the reader's language."""
    document, currency = found.document, shop.currency
    seen, backtest = document["seen"], document["backtest"]
    level = document["belief"]["level"]
    return LifetimePage(
        statement=statement(document, currency),
        worked_out=date_time(found.created_at),
        changed=clauses([str(CHANGED[one]) for one in changed]) if changed else "",
        belief=(BELIEF_KINDS.get(level, ""), belief_title(document)),
        doubts=doubts(document),
        figures=_figures(document, currency),
        as_of=_day_after(seen["last"]),
        tried=backtest_sentence(backtest) if backtest else "",
        how_tried=how_it_was_tried(backtest),
        tried_value=backtest_value_sentence(backtest, currency),
        chart=build_course_chart(backtest.get("weeks", ())),
        tried_tenths=tuple(
            _tried(place, one) for place, one in enumerate(backtest.get("tenths", ()), start=1)
        ),
        tenths=tuple(
            _tenth(place, one, currency) for place, one in enumerate(document["tenths"], start=1)
        ),
        segments=tuple(_segment(one, currency) for one in document["segments"]),
        models=_models(document),
        correlation=_correlation(document["correlation"]),
        one_off_only=seen["one_off_only"],
        customers=seen["customers"],
        repeaters=seen["repeaters"],
        credits=money(seen["credited"], currency, whole=True) if seen["credit_notes"] else "",
    )


def _day_after(last: str | None) -> str:
    """The day that other pages of customers look from."""
    return "" if last is None else date(dt.date.fromisoformat(last) + dt.timedelta(days=1))


def _figures(document: Mapping[str, Any], currency: str) -> tuple[dict[str, str], ...]:
    found = []
    for days in ("90", "365"):
        horizon = document["horizons"].get(days)
        if horizon is None:
            continue
        orders, limits = count_text(horizon["orders"])
        value, value_limits = money_text(horizon["value"], currency)
        found += [
            {
                "label": str(gettext("Orders in %(days)s days", days=days)),
                "value": orders,
                "detail": limits,
            },
            {
                "label": str(gettext("Spend in %(days)s days", days=days)),
                "value": value,
                "detail": value_limits,
            },
        ]
    return tuple(found)


def _tried(place: int, one: Mapping[str, Any]) -> TriedRow:
    answer = one["orders"]
    return TriedRow(
        name=_tenth_name(place),
        customers=number(one["customers"]),
        expected=count_text(answer),
        came=number(one["came"]),
        inside=answer["low"] <= one["came"] <= answer["high"],
    )


def _tenth(place: int, one: Mapping[str, Any], currency: str) -> GroupRow:
    return GroupRow(
        name=_tenth_name(place),
        customers=number(one["customers"]),
        alive=percent(one["alive"], 0),
        share=percent(one["share"], 0),
        spent=money(one["spent"], currency, whole=True),
        orders_90=None,
        value_90=None,
        orders=count_text(one["orders"]),
        value=money_text(one["value"], currency),
    )


def _tenth_name(place: int) -> str:
    return str(gettext("the first")) if place == 1 else str(gettext("no. %(place)s", place=place))


def _segment(one: Mapping[str, Any], currency: str) -> GroupRow:
    near, far = one["horizons"]["90"], one["horizons"]["365"]
    return GroupRow(
        name=one["name"],
        customers=number(one["customers"]),
        alive="",
        share="",
        spent="",
        orders_90=count_text(near["orders"]),
        value_90=money_text(near["value"], currency),
        orders=count_text(far["orders"]),
        value=money_text(far["value"], currency),
    )


_ORDER_FIGURES = (("r", 3), ("alpha", 3), ("a", 3), ("b", 3), ("log_likelihood", 1))
_VALUE_FIGURES = (("p", 2), ("q", 2), ("gamma", 2))


def _models(document: Mapping[str, Any]) -> tuple[ModelRow, ...]:
    """Parameters of both models; none where neither could be fitted."""
    rows = []
    for key, names in (("model", _ORDER_FIGURES), ("value_model", _VALUE_FIGURES)):
        whole, first = document[key], document["backtest"].get(key, {})
        for name, digits in names:
            if name in whole or name in first:
                label = gettext("log-likelihood") if name == "log_likelihood" else name
                rows.append(
                    ModelRow(
                        name=str(label),
                        first=number(first[name], digits) if name in first else "–",
                        whole=number(whole[name], digits) if name in whole else "–",
                    )
                )
    return tuple(rows)


def _correlation(answer: Mapping[str, Any]) -> str:
    if "estimate" not in answer:
        return str(
            gettext(
                "Whether frequency and value go together cannot be told: %(reason)s.",
                reason=reason_words(answer["code"]),
            )
        )
    return str(
        gettext(
            "Correlation of how often customers come and what an order of theirs is worth: "
            "%(value)s (%(low)s to %(high)s); the model takes it for zero.",
            value=number(answer["estimate"], 2),
            low=number(answer["low"], 2),
            high=number(answer["high"], 2),
        )
    )
