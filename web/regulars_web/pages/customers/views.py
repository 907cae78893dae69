"""Customers: figures, distributions, and a table that answers while one types."""

import datetime as dt
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext

from regulars_platform.errors import NotFoundError
from regulars_platform.words import N_, Sentence
from regulars_web import formats
from regulars_web.edge import current_shop
from regulars_web.looking_at_customers import Customers, find_customers, latest_day
from regulars_web.pages.customers.columns import COLUMN_SETS
from regulars_web.pages.customers.habits import habits
from regulars_web.pages.customers.one import one, tag
from regulars_web.pages.customers.spread import (
    FeatureChart,
    HeadFigures,
    Portrait,
    ScoreTable,
    build_feature_charts,
    build_head_figures,
    build_portraits,
    build_scores,
)
from regulars_web.pages.customers.table import CustomerTable, TableQuery, build_customer_table
from regulars_web.words.features import currency_text

blueprint = Blueprint("customers", __name__)
blueprint.add_app_template_filter(currency_text, "currency_text")
blueprint.add_url_rule("/measures", "habits", habits, methods=["GET", "POST"])
blueprint.add_url_rule("/one", "one", one, methods=["GET"])
blueprint.add_url_rule("/one", "tag", tag, methods=["POST"])


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomersPage:
    """The context of customers/overview.html. problem: with the day that was asked for."""

    found: Customers
    latest: dt.date
    problem: str
    figures: HeadFigures
    charts: tuple[FeatureChart, ...]
    portraits: tuple[Portrait, ...]
    scores: ScoreTable | None


@blueprint.get("/")
def overview() -> str:
    """All customers as of a day."""
    query = TableQuery.read(request.args)
    asked, problem = _read_day(query.as_of)
    found = find_customers(asked)
    if found is None:
        return render_template("customers/empty.html")
    if asked is not None and asked != found.as_of:
        problem = _out_of_range(found)
    currency = current_shop().currency
    page = CustomersPage(
        found=found,
        latest=latest_day(found.days),
        problem=problem,
        figures=build_head_figures(found.features),
        charts=build_feature_charts(found.features, currency),
        portraits=build_portraits(found.features),
        scores=build_scores(found.features),
    )
    table = build_customer_table(found, query, currency)
    return render_template(
        "customers/overview.html", page=page, table=table, column_sets=COLUMN_SETS
    )


@blueprint.get("/table")
def table() -> Response:
    """The table alone; the address of the page around it follows what is asked."""
    query = TableQuery.read(request.args)
    found = find_customers(_read_day(query.as_of)[0])
    if found is None:
        raise NotFoundError(Sentence(N_("There are no customers to search in yet.")))
    shown: CustomerTable = build_customer_table(found, query, current_shop().currency)
    response = make_response(render_template("customers/answer.html", table=shown))
    response.headers["HX-Replace-Url"] = shown.query.address("customers.overview")
    return response


def _read_day(text: str) -> tuple[dt.date | None, str]:
    """The day asked for, or what is wrong with it."""
    if not text.strip():
        return None, ""
    try:
        return dt.date.fromisoformat(text.strip()), ""
    except ValueError:
        return None, gettext("A day as in 2026-01-31 is expected, “%(text)s” came.", text=text[:40])


def _out_of_range(found: Customers) -> str:
    return str(
        gettext(
            "The orders allow days from %(first)s to %(last)s; %(used)s was taken.",
            first=formats.date(found.days.first),
            last=formats.date(latest_day(found.days)),
            used=formats.date(found.as_of),
        )
    )
