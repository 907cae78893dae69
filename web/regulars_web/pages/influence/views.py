"""Influence: who brought whom, and what those have spent since."""

from dataclasses import dataclass
from typing import Any

import polars as pl
from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response as BaseResponse

from regulars_experiments.results import Estimate
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.needs.influence import (
    Influence,
    KindRow,
    Share,
    bringers_csv,
    influence_of,
    read_brought,
)
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.rules import parse_rule, rule_json
from regulars_platform.segments.service import list_segments, save_segment
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.formats import date, money, money_interval, number, percent
from regulars_web.looking_at_customers import Customers, find_customers
from regulars_web.words.reports import reason_words

blueprint = Blueprint("influence", __name__)
MOST_SHOWN = 20
KINDS = {
    "all": lazy_gettext("All"),
    "friend": lazy_gettext("Friends"),
    "expert": lazy_gettext("Experts"),
}
BROUGHT = {"feature": "brought", "op": ">=", "value": "1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One kind of bringing, formatted. each: a brought customer's value and its range or reason."""

    kind: str
    brought: str
    bought: str
    bringers: str
    value: str
    each: tuple[str, str]
    cost: str


@blueprint.get("/")
def overview() -> str:
    """The figures, the bringers, or which file opens the page."""
    found = find_customers()
    if found is None or not DatasetTable(found.store.shop_dir, "referrals").exists():
        return render_template("influence/empty.html", has_orders=found is not None)
    influence = influence_of(found.store, found.version, found.as_of, most=MOST_SHOWN)
    return render_template(
        "influence/overview.html",
        rows=[_shown(row) for row in influence.rows],
        top=[_bringer(row) for row in influence.top.iter_rows(named=True)],
        shares=_shares(influence),
        until=date(influence.until),
        said=_statement(influence),
    )


@blueprint.get("/bringers.csv")
def download() -> Response:
    """Everybody who brought somebody, for analysis."""
    found = find_customers()
    brought = pl.LazyFrame() if found is None else _brought(found)
    pieces = [] if found is None else bringers_csv(brought)
    return csv_file(pieces, "bringers-for-analysis.csv")


@blueprint.post("/segment")
def segment() -> BaseResponse:
    """Make the segment of who has brought somebody, or go to it where it is there."""
    rule, shop = parse_rule(BROUGHT), current_shop()
    with unit_of_work() as work:
        segments = list_segments(work, shop.id)
        same = next((one for one in segments if one.rule == rule_json(rule)), None)
        if same is None:
            name, taken = gettext("Has brought somebody"), {one.name for one in segments}
            free = next(
                one
                for one in (name, *(f"{name} ({n})" for n in range(2, len(taken) + 3)))
                if one not in taken
            )
            same = save_segment(work, shop_id=shop.id, name=free, rule=rule, now=now())
            flash(gettext("The segment “%(name)s” is saved.", name=free), "good")
        segment_id = same.id
    return redirect(url_for("segments.edit", segment_id=segment_id))


def influence_summary() -> str:
    """One sentence for other pages; "" where nobody says who brought whom."""
    shop = current_shop()
    if not DatasetTable(settings().shop_dir(shop.id), "referrals").exists():
        return ""
    found = find_customers()
    if found is None:
        return ""
    return _statement(influence_of(found.store, found.version, found.as_of, most=1))


blueprint.add_app_template_global(influence_summary, "influence_summary")


def _brought(found: Customers) -> pl.LazyFrame:
    return read_brought(found.store, found.version, found.as_of)


def _statement(influence: Influence) -> str:
    row, currency = influence.rows[0], current_shop().currency
    if not row.brought:
        return str(gettext("Nobody is known to have been brought by another customer yet."))
    return str(
        ngettext(
            "%(brought)s customer was brought by another and has spent %(value)s since: %(each)s "
            "each (%(limits)s).",
            "%(brought)s customers were brought by others and have spent %(value)s since: "
            "%(each)s each (%(limits)s).",
            row.brought,
            brought=number(row.brought),
            value=money(row.value, currency, whole=True),
            each=_each(row)[0],
            limits=_each(row)[1],
        )
    )


def _shown(row: KindRow) -> Shown:
    currency = current_shop().currency
    cost = "–" if row.cost is None else money(row.cost, currency)
    if row.cost is not None and row.costed < row.brought:
        cost = str(gettext("%(cost)s (known of %(count)s)", cost=cost, count=number(row.costed)))
    return Shown(
        kind=str(KINDS[row.kind]),
        brought=number(row.brought),
        bought=number(row.bought),
        bringers=number(row.bringers),
        value=money(row.value, currency, whole=True),
        each=_each(row),
        cost=cost,
    )


def _each(row: KindRow) -> tuple[str, str]:
    currency, each = current_shop().currency, row.each
    if isinstance(each, Estimate):
        return (
            money(each.estimate * MONEY_SCALE, currency),
            money_interval(each.low * MONEY_SCALE, each.high * MONEY_SCALE, currency, whole=False),
        )
    mean = "–" if not row.brought else money(row.value / row.brought, currency)
    if row.bringers < 2:
        return mean, str(gettext("no range: fewer than two bringers"))
    return mean, reason_words(each.reason)


def _bringer(row: dict[str, Any]) -> dict[str, str]:
    currency = current_shop().currency
    return {
        "customer_id": row["customer_id"],
        "brought": number(row["brought"]),
        "friends": number(row["friends"]),
        "experts": number(row["experts"]),
        "bought": number(row["bought"]),
        "value": money(row["value"], currency, whole=True),
        "cost": "–" if row["cost"] is None else money(row["cost"], currency),
    }


def _shares(influence: Influence) -> list[dict[str, str]]:
    named = (
        (gettext("Of new customers in the last 365 days, brought"), influence.last_year),
        (gettext("Of all customers ever, brought"), influence.ever),
    )
    return [_share(str(label), share) for label, share in named if share is not None]


def _share(label: str, share: Share) -> dict[str, str]:
    return {
        "label": label,
        "value": percent(share.brought / share.new),
        "detail": str(
            gettext(
                "%(brought)s of %(new)s, %(low)s to %(high)s",
                brought=number(share.brought),
                new=number(share.new),
                low=percent(share.low),
                high=percent(share.high),
            )
        ),
    }
