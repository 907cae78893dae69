"""Who is due again: the list by day, corrections, and the job behind it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.cycle.best_for import Best, best_for
from regulars_platform.cycle.corrections import (
    About,
    CorrectionError,
    Maker,
    correct,
    corrections_of,
    withdraw,
)
from regulars_platform.cycle.due_list import (
    AHEAD,
    MOST_AHEAD,
    DueAsked,
    DueList,
    build_due_list,
    csv_rows,
    due_csv,
)
from regulars_platform.cycle.errors import NoOrdersError, NotDueError
from regulars_platform.cycle.jobs import KIND, ask_unless_waiting
from regulars_platform.cycle.service import (
    Asked,
    Cycle,
    find_cycle,
    first_day,
    gather_inputs,
    get_due_row,
)
from regulars_platform.datasets.titles import product_titles
from regulars_platform.errors import RegularsError
from regulars_platform.jobs.service import find_latest_job
from regulars_platform.memory.overview import CellOverview
from regulars_platform.memory.overview import overview as cells_of
from regulars_platform.memory.promises import promises_of_shop
from regulars_platform.memory.service import read_learnings
from regulars_platform.shops.channels import CHANNELS
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, now, reading, settings, today, unit_of_work
from regulars_web.formats import blank, date, date_time, money, money_interval, number, sentence
from regulars_web.pages.cycle.contacting import draft_contacts
from regulars_web.pages.cycle.shown import (
    MOST_ROWS,
    alike_rows,
    due_days,
    page_of,
    product_rows,
    tried_page,
)
from regulars_web.pages.cycle.words import MARKS, rests_text, weighed
from regulars_web.problems import problem_text
from regulars_web.product_labels import product_labels
from regulars_web.signing_in import current_account
from regulars_web.words.plans import CHANNEL_LABELS, channel_word

blueprint = Blueprint("cycle", __name__)
PERSONS = tuple(name for name, one in CHANNELS.items() if one.reaches == "persons")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What was worked out, what would be read now, and what of the list is asked for."""

    cycle: Cycle
    asked: Asked
    wanted: DueAsked


@blueprint.get("/")
def overview() -> str:
    """The list, or what it takes to get one."""
    shop = current_shop()
    with reading() as work:
        try:
            asked = gather_inputs(work, settings(), shop.id)
        except NoOrdersError:
            return render_template("cycle/empty.html")
        job = find_latest_job(work, (KIND,), shop.id)
    running = job is not None and not job.is_over
    found = _find(asked)
    if found is None:
        return render_template("cycle/overview.html", job=job, running=running, page=None)
    listed = _listed(found)
    pages = max(1, -(-listed.rows.height // MOST_ROWS))
    at = min(_page(), pages) - 1
    best = _best(found, page_of(listed.rows, at))
    late = pl.col("due_on") < found.wanted.day
    coming, overdue = listed.rows.filter(~late), listed.rows.filter(late)
    page = {
        "wanted": found.wanted,
        "stale": found.cycle.inputs != asked.inputs,
        "made": date_time(found.cycle.made_at),
        "old": found.wanted.day == found.cycle.last + dt.timedelta(days=1)
        and found.wanted.day < today(),
        "last": date(found.cycle.last),
        "days": due_days(listed.rows, at, best, found.wanted.day, shop.currency),
        "at": at + 1,
        "pages": pages,
        "first": at * MOST_ROWS + 1,
        "until_row": min((at + 1) * MOST_ROWS, listed.rows.height),
        "weighed": weighed(found.cycle, coming["customer_id"].n_unique()),
        "total": listed.rows.height,
        "customers": coming["customer_id"].n_unique(),
        "overdue": overdue["customer_id"].n_unique(),
        "until": date(found.wanted.day + dt.timedelta(days=found.wanted.ahead)),
        "from": date(found.wanted.day),
        "barred": listed.barred,
        "held_back": listed.held_back,
        "stopped": listed.stopped,
        "counts": found.cycle.document["counts"],
        "dated": sum(found.cycle.document["counts"].values()),
        "pairs": found.cycle.document["pairs"],
        "one_off": found.cycle.document["one_off"],
        "tried": tried_page(found.cycle),
        "products": product_rows(found.cycle),
        "alike": alike_rows(best, shop.currency),
        "memory": _remembered(),
        "channels": {name: str(CHANNEL_LABELS.get(name, name)) for name in PERSONS},
    }
    return render_template("cycle/overview.html", job=job, running=running, page=page)


@blueprint.post("/")
def work_out() -> BaseResponse:
    """Work it out in the background; one that waits already is enough."""
    try:
        with unit_of_work() as work:
            gather_inputs(work, settings(), current_shop().id)
        _enqueue()
    except RegularsError as error:
        flash(problem_text(error), "bad")
    return redirect(url_for("cycle.overview"))


@blueprint.get("/due.csv")
def download() -> Response:
    """The whole list for staff who call; opted out and held back are not on it."""
    found = _found()
    listed = _listed(found)
    best = _best(found, listed.rows)
    names = listed.rows["product"].unique().to_list()
    titles = product_titles(found.asked.store.shop_dir, names)
    name = f"due-{found.wanted.day.isoformat()}.csv"
    return csv_file(due_csv(csv_rows(listed.rows, best, titles)), name)


@blueprint.post("/contacts")
def contacts() -> BaseResponse:
    """Draft a campaign or a programme that contacts whom the list holds."""
    found = _found()
    return draft_contacts(found.asked, found.wanted)


@blueprint.get("/correct")
def correction() -> str:
    """One customer and product: the day, what it rests on, and what staff said of it."""
    return _correction()


@blueprint.post("/correct")
def keep() -> BaseResponse | tuple[str, int]:
    """Another day, "not any more", or back to the computed day."""
    row, shop = _row(), current_shop()
    about = About(
        shop_id=shop.id,
        customer_id=row["customer_id"],
        product=row["product"],
        bought_on=row["last_day"],
    )
    account = current_account()
    maker = Maker(id=account.id, name=account.name)
    what = request.form.get("what", "")
    try:
        with unit_of_work() as work:
            if what == "withdraw":
                withdraw(work, about, maker=maker, now=now())
            else:
                due_on = None if what == "never" else _day(request.form.get("due_on", ""))
                if due_on is None and what != "never":
                    raise CorrectionError.bad_day()
                reason = request.form.get("reason", "")
                correct(work, about, due_on=due_on, reason=reason, maker=maker, now=now())
    except CorrectionError as error:
        return _correction(error), 422
    _enqueue()
    flash(gettext("Kept. It holds until the next purchase of this product."), "good")
    return redirect(
        url_for("cycle.correction", customer=row["customer_id"], product=row["product"])
    )


def _correction(problem: RegularsError | None = None) -> str:
    row = _row()
    with reading() as work:
        history = corrections_of(work, current_shop().id, row["customer_id"], row["product"])
        lines = [
            {
                "moment": date_time(one.made_at),
                "by": one.made_by_name,
                "said": gettext("back to the computed day")
                if one.withdrawn
                else gettext("not any more")
                if one.due_on is None
                else date(one.due_on),
                "reason": one.reason,
                "about": date(one.bought_on),
            }
            for one in history
        ]
    said = ""
    if problem is not None:
        parts = (problem.problem, problem.hint)
        said = blank().join(sentence(part) for part in parts if part is not None)
    return render_template(
        "cycle/correct.html",
        row=row,
        label=product_labels([row["product"]])[row["product"]],
        rests=rests_text(row),
        mark=str(MARKS[row["mark"]]) if row["mark"] else "",
        history=lines,
        problem=said,
        field="" if problem is None else problem.field or "",
    )


def _row() -> dict[str, Any]:
    """The customer and product of the address; NotDueError where there is no such date."""
    customer, product = request.args.get("customer", ""), request.args.get("product", "")
    shop_id = current_shop().id
    with reading() as work:
        return get_due_row(work, shop_id, settings().shop_dir(shop_id), customer, product)


def _enqueue() -> None:
    with unit_of_work() as work:
        ask_unless_waiting(work, current_shop().id, now())


def _find(asked: Asked) -> Found | None:
    cycle = find_cycle(asked.store.shop_dir)
    if cycle is None:
        return None
    ahead, channel = request.args.get("ahead", ""), request.args.get("channel", "")
    whole = int(ahead) if ahead.isdecimal() and len(ahead) < 4 else AHEAD
    day = _day(request.args.get("day", "")) or first_day(cycle.last, today())
    wanted = DueAsked(
        day=min(max(day, dt.date(1900, 1, 1)), dt.date(2200, 1, 1)),
        ahead=min(whole, MOST_AHEAD),
        channel=channel if channel in PERSONS else "phone",
    )
    return Found(cycle=cycle, asked=asked, wanted=wanted)


def _found() -> Found:
    with reading() as work:
        asked = gather_inputs(work, settings(), current_shop().id)
    found = _find(asked)
    if found is None:
        raise NotDueError.build()
    return found


def _listed(found: Found) -> DueList:
    with reading() as work:
        return build_due_list(work, settings(), current_shop().id, found.cycle, found.wanted)


def _best(found: Found, rows: pl.DataFrame) -> Best:
    with reading() as work:
        return best_for(work, current_shop(), found.asked.store, found.asked.orders_version, rows)


def _remembered() -> list[dict[str, str]]:
    """What campaigns proved, by channel: of each the kind of campaign that surely earns most."""
    shop = current_shop()
    with unit_of_work() as work:
        learnings = read_learnings(work, settings(), shop.id)
        promises = promises_of_shop(work, shop.id)
    best: dict[str, CellOverview] = {}
    for cell in cells_of(learnings, promises, now().date()):
        known = best.get(cell.family.channel)
        if known is None or cell.average.low > known.average.low:
            best[cell.family.channel] = cell
    return [
        {
            "channel": channel_word(channel),
            "net": money(10_000 * cell.average.mean, shop.currency, signed=True),
            "limits": money_interval(
                10_000 * cell.average.low, 10_000 * cell.average.high, shop.currency, whole=False
            ),
            "campaigns": number(cell.campaigns),
            "cell": cell.id,
        }
        for channel, cell in sorted(best.items(), key=lambda one: -one[1].average.low)
    ]


def _page() -> int:
    """Of the list, from 1 on."""
    text = request.args.get("page", "")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
