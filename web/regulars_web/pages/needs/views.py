"""Needs: named by the shop, found in the data, and the segments of who lacks what."""

import polars as pl
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.cycle.errors import NoOrdersError
from regulars_platform.datasets.by_hand import SET
from regulars_platform.datasets.models import ByHand
from regulars_platform.errors import RegularsError
from regulars_platform.jobs.models import Job
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.needs.affinities import LATER, LEAST, TOGETHER
from regulars_platform.needs.counting import (
    count_needs,
    one_off_products,
)
from regulars_platform.needs.jobs import KIND
from regulars_platform.needs.service import Affinities, Asked, find_affinities, gather_inputs
from regulars_platform.needs.tree import (
    NeedsError,
    keep_needs,
    needs_text,
    parse_needs,
    read_needs,
)
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.goods import Goods, list_goods
from regulars_platform.segments.rules import (
    Rule,
    rule_expression,
)
from regulars_web.drafts.needs import asked_rule
from regulars_web.edge import (
    current_shop,
    now,
    read_shop_again,
    reading,
    settings,
    unit_of_work,
)
from regulars_web.formats import date_time, number
from regulars_web.keeping_segments import segment_of
from regulars_web.looking_at_customers import find_customers
from regulars_web.pages.datasets.by_hand import keep as keep_typed
from regulars_web.pages.needs.shown import (
    NeedsSummary,
    one_off_rows,
    pair_rows,
    product_words,
    summary,
)
from regulars_web.problems import problem_text
from regulars_web.product_labels import product_labels

blueprint = Blueprint("needs", __name__)
MOST_SHOWN = 100
MOST_ASSIGNED = 500
LONGEST = 1000


@blueprint.get("/")
def overview() -> str:
    """Needs with who is served and who lacks what; pairs; goods bought once."""
    shop = current_shop()
    asked, job = _asked()
    if asked is None:
        return render_template("needs/empty.html")
    store, version = asked.store, asked.orders_version
    found = find_affinities(store.shop_dir)
    later = () if found is None else pair_rows(found, LATER)
    together = () if found is None else pair_rows(found, TOGETHER)
    one_off = one_off_rows(one_off_products(store, version), found)
    return render_template(
        "needs/overview.html",
        label=product_labels(product_words(later, together, one_off)),
        needs=count_needs(store, version, read_needs(shop)),
        job=job,
        running=job is not None and not job.is_over,
        found=found is not None,
        stale=found is not None and found.inputs != asked.inputs,
        made="" if found is None else date_time(found.made_at),
        counts=None if found is None else found.counts,
        least=LEAST,
        later=later,
        together=together,
        one_off=one_off,
    )


@blueprint.post("/")
def work_out() -> Response:
    """Find out what goes with what, in the background; one at a time is enough."""
    shop = current_shop()
    try:
        with unit_of_work() as work:
            gather_inputs(work, settings(), shop.id)
            running = find_latest_job(work, (KIND,), shop.id)
            if running is None or running.is_over:
                enqueue(work, KIND, shop.id, shop.id, now())
    except RegularsError as error:
        flash(problem_text(error), "bad")
    return redirect(url_for("needs.overview") + "#pairs")


@blueprint.get("/edit")
def edit() -> str:
    """The shop's needs, and which products serve which."""
    return _edit(needs_text(read_needs(current_shop())))


@blueprint.post("/edit")
def keep() -> Response | tuple[str, int]:
    """Keep the needs as they are written."""
    text = request.form.get("needs", "")
    try:
        with unit_of_work() as work:
            keep_needs(work, current_shop().id, parse_needs(text))
    except NeedsError as error:
        said = problem_text(error)
        return _edit(text, said), 422
    read_shop_again()
    flash(gettext("Kept. Now say which products serve each."), "good")
    return redirect(url_for("needs.edit") + "#products")


@blueprint.post("/products")
def assign() -> Response:
    """Say what the chosen products serve."""
    products = [one for one in request.form.getlist("product") if one and len(one) <= LONGEST]
    need = request.form.get("need", "")
    known = {leaf for one in read_needs(current_shop()) for leaf in one.served_by}
    if not products:
        flash(gettext("No product was chosen."), "caution")
    elif need and need not in known:
        flash(gettext("There is no such need any more."), "caution")
    else:
        chosen = pl.DataFrame({"product": products[:MOST_ASSIGNED]}).with_columns(
            pl.lit(need or None, dtype=pl.String).alias("need"),
            pl.lit(value=True).alias("need" + SET),
        )
        keep_typed("products", chosen, ByHand(what="cells"))
        flash(gettext("Kept for %(count)s products.", count=number(chosen.height)), "good")
    search, of = (request.form.get(name) or None for name in ("q", "of"))
    return redirect(url_for("needs.edit", q=search, need=of) + "#products")


@blueprint.post("/segment")
def segment() -> Response:
    """Make the segment of who lacks something, or go to it where it is there."""
    rule, name = asked_rule(
        *(request.form.get(key, "")[:LONGEST] for key in ("what", "first", "second"))
    )
    shop = current_shop()
    with unit_of_work() as work:
        segment_id = segment_of(work, shop.id, name, rule)
    heads = _heads(rule)
    if heads is not None:
        flash(gettext("%(count)s customers are in this segment now.", count=number(heads)), "good")
    return redirect(url_for("segments.edit", segment_id=segment_id))


def _heads(rule: Rule) -> int | None:
    found = find_customers()
    if found is None:
        return None
    frame = for_rules(found.store, [rule], found.as_of, found.version)
    return int(frame.select(rule_expression(rule).sum()).collect().item())


def _asked() -> tuple[Asked | None, Job | None]:
    shop = current_shop()
    with reading() as work:
        try:
            asked = gather_inputs(work, settings(), shop.id)
        except NoOrdersError:
            return None, None
        return asked, find_latest_job(work, (KIND,), shop.id)


def _edit(text: str, problem: str = "") -> str:
    shop = current_shop()
    asked, _ = _asked()
    search = request.args.get("q", "").strip()[:200]
    of = request.args.get("need", "").strip()[:200]
    goods, first = Goods(rows=(), total=0), Goods(rows=(), total=0)
    if asked is not None:
        store, version = asked.store, asked.orders_version
        goods = list_goods(store, version, search=search, need=of or None, size=MOST_SHOWN)
        first = list_goods(store, version, size=MOST_SHOWN) if search or of else goods
    return render_template(
        "needs/edit.html",
        text=text,
        problem=problem,
        goods=goods,
        label=product_labels([row["product"] for row in (*goods.rows, *first.rows)]),
        proposed=[row["product"] for row in first.rows],
        search=search,
        of=of,
        leaves=[leaf for one in read_needs(shop) for leaf in one.served_by],
        has_orders=asked is not None,
    )


def needs_summary() -> NeedsSummary | None:
    """For other pages; None without orders."""
    asked, _ = _asked()
    if asked is None:
        return None
    found: Affinities | None = find_affinities(asked.store.shop_dir)
    counts = count_needs(asked.store, asked.orders_version, read_needs(current_shop()))
    return summary(counts, found)


blueprint.add_app_template_global(needs_summary, "needs_summary")
