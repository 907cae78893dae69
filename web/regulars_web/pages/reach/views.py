"""Customers held back from everything, what everything brings, and how often customers are told."""

import datetime as dt
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from regulars_platform.campaigns.blended import average_margin, year_coverage
from regulars_platform.customers.order_days import OrderDays, find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.errors import InvalidInputError, NotFoundError, RegularsError
from regulars_platform.fields import FieldReader
from regulars_platform.jobs.models import Job
from regulars_platform.jobs.service import find_latest_job
from regulars_platform.programme_effect.holdout_sizes import (
    SHARES,
    draw_counts,
    plan_sizes,
    quarter_spend,
)
from regulars_platform.programme_effect.jobs import WORK_OUT, enqueue_quarter
from regulars_platform.programme_effect.quarters import (
    Quarter,
    measured_window,
    quarters_to_show,
)
from regulars_platform.programme_effect.service import (
    find_quarter,
    keep_programme_margin,
    programme_margin,
)
from regulars_platform.programme_effect.told_lately import told_and_waiting
from regulars_platform.programmes.caps import contact_caps, keep_caps
from regulars_platform.reach.holdout import (
    GlobalHoldout,
    HoldoutError,
    draw_holdout,
    end_holdout,
    holdout_on,
    list_holdouts,
)
from regulars_platform.words import N_, Sentence
from regulars_web.edge import (
    current_shop,
    now,
    read_shop_again,
    reading,
    settings,
    today,
    unit_of_work,
)
from regulars_web.looking_at_contacts import find_crowded
from regulars_web.pages.reach.quarter_shown import quarter_page
from regulars_web.pages.reach.shown import (
    Period,
    holdout_line,
    period_name,
    quarter_line,
    size_line,
)
from regulars_web.problems import by_field, each_problem
from regulars_web.salts import new_salt
from regulars_web.signing_in import current_account

blueprint = Blueprint("reach", __name__)
MOST_DRAWS = 6
MOST_AHEAD = dt.timedelta(days=366)


@blueprint.get("/")
def overview() -> str:
    """The holdout as it is, what another would cost and tell, and the quarters so far."""
    return _overview()


def _overview(problems: dict[str, str] | None = None) -> str:
    shop = current_shop()
    store, version, days = _orders()
    with reading() as work:
        holdouts = list_holdouts(work, shop.id)
        lasting = holdout_on(work, shop.id, today())
        quarters = quarters_to_show(holdouts, days.last) if days else []
        kept = {one.code: find_quarter(work, shop.id, one) for one in quarters}
        begins = max(today() + dt.timedelta(days=1), _after_the_latest(holdouts))
        lately = told_and_waiting(work, settings(), shop.id, begins)
    low, high = programme_margin(shop)
    history, sizes, costs = [], [], None
    if version is not None and days is not None:
        spend = quarter_spend(store, version, days.day_after)
        earned = average_margin(store, version, days.day_after, (low + high) // 2)
        costs = year_coverage(store.shop_dir, store.moment(days.day_after))
        sizes = [
            size_line(size, shop.currency)
            for size in plan_sizes(spend, SHARES, margin=earned / 10_000)
        ]
        for place, one in enumerate(holdouts[:MOST_DRAWS]):
            before = holdouts[place + 1] if place + 1 < len(holdouts) else None
            if before is not None and before.ends_on != one.starts_on:
                before = None
            inside, moves = draw_counts(store, version, days.day_after, before, one)
            history.append(holdout_line(one, inside, moves))
    return render_template(
        "reach/overview.html",
        has_orders=version is not None and days is not None,
        lasting=lasting,
        ahead=[one for one in holdouts if one.starts_on > today()],
        held=next((one.customers for one in history if lasting and one.id == lasting.id), 0),
        history=history,
        sizes=sizes,
        quarters=[quarter_line(one, kept[one.code]) for one in quarters],
        margin=(low / 100, high / 100),
        costs=costs,
        until=None if days is None else days.last,
        begins=begins,
        told_lately=lately,
        problems=problems or {},
    )


def _after_the_latest(holdouts: Sequence[GlobalHoldout]) -> dt.date:
    """The first day on which a further draw can begin."""
    return holdouts[0].starts_on + dt.timedelta(days=1) if holdouts else dt.date.min


@blueprint.post("/draw")
def draw() -> Response | tuple[str, int]:
    """Draw the first holdout, or another one from a day on."""
    reader = FieldReader(request.form)
    share, day = reader.percent("share"), reader.date("starts_on")
    try:
        if reader.problems or share is None or day is None:
            raise InvalidInputError(reader.problems)
        if not today() <= day <= today() + MOST_AHEAD:
            raise HoldoutError(
                Sentence(N_("A holdout begins today or within a year.")),
                Sentence(N_("Who was told something in the past cannot be held back from it.")),
                field="starts_on",
            )
        with unit_of_work() as work:
            draw_holdout(
                work,
                shop_id=current_shop().id,
                share=share,
                starts_on=day,
                salt=new_salt(),
                user_id=current_account().id,
                now=now(),
            )
    except RegularsError as error:
        return _overview(by_field(each_problem(error))), 422
    flash(gettext("Drawn. Nothing reaches these customers from that day on."), "good")
    return redirect(url_for("reach.overview"))


@blueprint.post("/end")
def end() -> Response:
    """Let the lasting holdout end today."""
    with unit_of_work() as work:
        ended = end_holdout(work, shop_id=current_shop().id, ends_on=today())
    said = gettext("Ended. Its customers can be told things from today on.")
    flash(said if ended else gettext("No holdout lasts today."), "good" if ended else "")
    return redirect(url_for("reach.overview"))


@blueprint.post("/margin")
def margin() -> Response | tuple[str, int]:
    """Keep the margin at which a quarter is reckoned."""
    try:
        with unit_of_work() as work:
            keep_programme_margin(work, current_shop().id, request.form)
    except InvalidInputError as error:
        return _overview(by_field(each_problem(error))), 422
    read_shop_again()
    flash(gettext("Kept. Work the quarters out again to see them at this margin."), "good")
    return redirect(url_for("reach.overview"))


@blueprint.get("/quarter/<int:code>")
def quarter(code: int) -> str:
    """What everything together brought in a quarter, beside its parts."""
    shop, asked = current_shop(), _quarter(code)
    _, version, days = _orders()
    with reading() as work:
        kept = find_quarter(work, shop.id, asked)
        job = _latest(work, asked)
        window = (
            None
            if days is None
            else measured_window(asked, list_holdouts(work, shop.id), days.last)
        )
    return render_template(
        "reach/quarter.html",
        name=period_name(asked),
        code=asked.code,
        window=None if window is None else Period(first=window.first, last=window.last),
        page=None if kept is None else quarter_page(kept.document),
        stale=kept is not None and kept.orders_version != version,
        job=job,
    )


@blueprint.post("/quarter/<int:code>")
def work_out(code: int) -> Response:
    """Work the quarter out on the orders as they are, in the background."""
    asked = _quarter(code)
    with unit_of_work() as work:
        latest = _latest(work, asked)
        if latest is None or latest.is_over:
            enqueue_quarter(work, shop_id=current_shop().id, quarter=asked, now=now())
    return redirect(url_for("reach.quarter", code=asked.code))


@blueprint.get("/contacts")
def contacts() -> str:
    """How often customers are told something, the limit on that, and what runs together."""
    return _contacts()


@blueprint.post("/contacts")
def limit() -> Response | tuple[str, int]:
    """Keep the limit on contacts over everything."""
    try:
        with unit_of_work() as work:
            keep_caps(work, current_shop().id, request.form)
    except InvalidInputError as error:
        return _contacts(by_field(each_problem(error))), 422
    read_shop_again()
    flash(gettext("Kept. It holds for the next draw and the next day's run."), "good")
    return redirect(url_for("reach.contacts"))


def _contacts(problems: dict[str, str] | None = None) -> str:
    shop = current_shop()
    store, version, days = _orders()
    page = None
    if version is not None and days is not None:
        with reading() as work:
            page = find_crowded(
                work,
                store,
                version,
                days,
                today=today(),
                until_today=request.args.get("until") == "today",
            )
    return render_template(
        "reach/contacts.html",
        page=page,
        caps=contact_caps(shop),
        limited=(shop.practice or {}).get("caps") is not None,
        problems=problems or {},
    )


def _orders() -> tuple[FeatureStore, int | None, OrderDays | None]:
    store = build_feature_store(settings(), current_shop())
    version = store.table.version()
    return store, version, None if version is None else find_order_days(store, version)


def _quarter(code: int) -> Quarter:
    try:
        return Quarter.coded(code)
    except ValueError:
        raise NotFoundError(Sentence(N_("There is no such quarter."))) from None


def _latest(work: Session, asked: Quarter) -> Job | None:
    return find_latest_job(work, (WORK_OUT,), asked.code, shop_id=current_shop().id)
