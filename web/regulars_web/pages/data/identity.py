"""The identity doctor: which kind of key a shop has, who is found again, who may be one person."""

import csv
import io
from collections.abc import Iterator

import polars as pl
from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.identity.duplicates import REASONS
from regulars_platform.identity.jobs import ask_to_examine, find_examination_job
from regulars_platform.identity.kinds import FACTS
from regulars_platform.identity.service import diagnose_columns, last_examination, pairs_of_shop
from regulars_platform.intake.models import OrderField
from regulars_platform.intake.rejects import safe_cell
from regulars_platform.intake.service import list_imports
from regulars_platform.orders.table import OrdersTable
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, now, reading, settings, unit_of_work
from regulars_web.pages.data.identity_shown import KeyShown, identity_page, keys_shown, trust_chip
from regulars_web.pages.data.identity_words import PAIR_REASONS
from regulars_web.pages.data.mapping import MappingPage

blueprint = Blueprint("identity", __name__)
MOST_SHOWN = 50


def keys_of_file(page: MappingPage) -> tuple[KeyShown, ...]:
    """Which kind of key the columns that name people hold, the customer's own first."""
    customer = str(OrderField.CUSTOMER_ID)
    chosen = next((c.heading for c in page.columns if c.chosen == customer), None)
    return keys_shown(diagnose_columns(settings(), page.import_, chosen), chosen)


blueprint.add_app_template_global(keys_of_file, "keys_of_file")


@blueprint.get("/")
def overview() -> str:
    """What was found the last time, or what it takes to look."""
    shop = current_shop()
    if not OrdersTable(settings().shop_dir(shop.id)).exists():
        return render_template("data/identity_empty.html")
    found, is_old = last_examination(settings(), shop.id)
    with reading() as work:
        job = find_examination_job(work, shop.id)
        names = {int(import_.id): import_.filename for import_ in list_imports(work, shop.id)}
    page = None
    if found is not None:
        pairs = pairs_of_shop(settings(), shop.id).head(MOST_SHOWN).collect()
        page = identity_page(found, pairs, names)
    return render_template(
        "data/identity.html",
        page=page,
        is_old=is_old,
        job=job,
        running=job is not None and not job.is_over,
        kinds=[(kind, facts, trust_chip(facts.trust)) for kind, facts in FACTS.items()],
    )


@blueprint.post("/")
def examine() -> BaseResponse:
    """Look at all customers in the background; work that is under way is enough."""
    shop = current_shop()
    if OrdersTable(settings().shop_dir(shop.id)).exists():
        with unit_of_work() as work:
            ask_to_examine(work, shop.id, now())
    return redirect(url_for("identity.overview"))


@blueprint.get("/pairs.csv")
def pairs() -> Response:
    """The likely duplicates as a table, with the reason of each pair."""
    found = pairs_of_shop(settings(), current_shop().id).collect()
    return csv_file(list(_pairs_csv(found)), "likely-duplicates.csv")


def _pairs_csv(found: pl.DataFrame) -> Iterator[bytes]:
    words = {reason: str(PAIR_REASONS[reason]) for reason in REASONS}
    heading = [gettext("customer"), gettext("perhaps the same as"), gettext("because")]
    yield "\ufeff".encode() + _csv_row(heading)
    for first, second, reason in found.iter_rows():
        yield _csv_row([safe_cell(first), safe_cell(second), words[reason]])


def _csv_row(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
