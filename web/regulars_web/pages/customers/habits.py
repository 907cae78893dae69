"""The shop's own measures: when a customer is new, dormant or lost, and which days are events."""

import re
from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField

from regulars_platform.customers.event_days import (
    DEFAULT_EVENT_DAYS,
    EventSpan,
    keep_event_days,
    parse_event_days,
    read_event_days,
)
from regulars_platform.customers.rhythm import keep_rhythm, parse_rhythm, read_rhythm
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.shops.models import ShopProfile
from regulars_web.edge import current_shop, read_shop_again, unit_of_work
from regulars_web.forms import show_problems

_BETWEEN = re.compile(r"\s*(?:\bto\b|至|到|–|—|~|\s)\s*")
_LONGEST = 20_000


class HabitsForm(FlaskForm):  # type: ignore[misc]
    """Days and multiples as typed; one event a line."""

    honeymoon_days = StringField(lazy_gettext("New for so many days after the first order"))
    dormant_from = StringField(lazy_gettext("Dormant from so many times their usual interval"))
    lost_from = StringField(lazy_gettext("Lost from so many times their usual interval"))
    event_days = TextAreaField(lazy_gettext("Event days, one or one span a line"))


def habits() -> str | Response | tuple[str, int]:
    """The form, and what becomes of it."""
    shop = current_shop()
    form = HabitsForm(data=None if request.method == "POST" else _as_typed(shop))
    if form.validate_on_submit():
        try:
            _keep(shop, form)
        except RegularsError as error:
            show_problems(form, error)
        else:
            read_shop_again()
            flash(gettext("From now on customers are told apart by these measures."), "good")
            return redirect(url_for("customers.habits"))
    page = render_template("customers/habits.html", form=form)
    return (page, 422) if request.method == "POST" else page


def _keep(shop: ShopProfile, form: HabitsForm) -> None:
    """Everything, or nothing where anything is wrong."""
    problems: list[RegularsError] = []
    try:
        rhythm = parse_rhythm(
            form.honeymoon_days.data or "", form.dormant_from.data or "", form.lost_from.data or ""
        )
    except RegularsError as error:
        problems.append(error)
    try:
        spans = parse_event_days(_pairs((form.event_days.data or "")[:_LONGEST]))
    except RegularsError as error:
        problems.append(error)
    if problems:
        raise InvalidInputError(problems)
    with unit_of_work() as work:
        keep_rhythm(work, shop.id, rhythm)
        keep_event_days(work, shop.id, None if spans == DEFAULT_EVENT_DAYS else spans)


def _as_typed(shop: ShopProfile) -> dict[str, str]:
    rhythm = read_rhythm(shop)
    return {
        "honeymoon_days": str(rhythm.honeymoon_days),
        "dormant_from": f"{rhythm.dormant_from:g}",
        "lost_from": f"{rhythm.lost_from:g}",
        "event_days": "\n".join(_span_text(span) for span in read_event_days(shop)),
    }


def _span_text(span: EventSpan) -> str:
    return span.first if span.first == span.last else f"{span.first} – {span.last}"


def _pairs(text: str) -> list[Sequence[str]]:
    """A line is a day, or two with a word or sign between; what is neither stays as it is."""
    found: list[Sequence[str]] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        parts = _BETWEEN.split(line)
        found.append(parts if len(parts) == 2 else (line, line))
    return found
