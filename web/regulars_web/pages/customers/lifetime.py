"""Lifetime value: what customers will still buy, how far that is to be believed, and downloads."""

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.errors import RegularsError
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.lifetime.errors import NoOrdersError
from regulars_platform.lifetime.jobs import KIND
from regulars_platform.lifetime.service import (
    customers_csv,
    find_lifetime,
    gather_inputs,
    get_lifetime,
    what_changed,
)
from regulars_web.downloads import csv_file, json_file
from regulars_web.edge import current_shop, now, reading, settings, unit_of_work
from regulars_web.pages.customers.lifetime_shown import lifetime_page
from regulars_web.problems import problem_text

blueprint = Blueprint("lifetime", __name__)


@blueprint.get("/")
def overview() -> str:
    """The latest answer, or what it takes to get one."""
    shop = current_shop()
    with reading() as work:
        try:
            asked = gather_inputs(work, settings(), shop_id=shop.id)
        except NoOrdersError:
            return render_template("customers/lifetime_empty.html")
        found = find_lifetime(work, shop.id)
        job = find_latest_job(work, (KIND,), shop.id)
    return render_template(
        "customers/lifetime.html",
        job=job,
        running=job is not None and not job.is_over,
        page=None if found is None else lifetime_page(found, what_changed(found, asked), shop),
    )


@blueprint.post("/")
def work_out() -> BaseResponse:
    """Work it out in the background; one that runs already is enough."""
    shop = current_shop()
    try:
        with unit_of_work() as work:
            gather_inputs(work, settings(), shop_id=shop.id)
            running = find_latest_job(work, (KIND,), shop.id)
            if running is None or running.is_over:
                enqueue(work, KIND, shop.id, shop.id, now())
    except RegularsError as error:
        flash(problem_text(error), "bad")
    return redirect(url_for("lifetime.overview"))


@blueprint.get("/customers.csv")
def customers() -> Response:
    """What is expected of each customer, the highest value first."""
    shop = current_shop()
    with reading() as work:
        found = get_lifetime(work, shop.id)
    pieces = customers_csv(settings(), shop.id, found)
    return csv_file(pieces, "lifetime-value.csv")


@blueprint.get("/lifetime.json")
def download() -> Response:
    """The stored answer, byte for byte."""
    with reading() as work:
        found = get_lifetime(work, current_shop().id)
    return json_file(found.text, "lifetime-value.json")
