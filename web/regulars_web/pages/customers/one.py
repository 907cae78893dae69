"""One customer: all that is known, and tags given by hand."""

from dataclasses import dataclass

import polars as pl
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from regulars_platform.datasets.cells import MAX_KEY
from regulars_platform.errors import NotFoundError
from regulars_platform.segments.suggestions import known_values
from regulars_platform.words import N_, Sentence
from regulars_web.edge import current_shop
from regulars_web.looking_at_customers import Customers, find_customers
from regulars_web.pages.customers.columns import COLUMN_SETS, USUAL, column_names
from regulars_web.pages.datasets.by_hand import tag_customers
from regulars_web.words.features import feature_heading, feature_text


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownTheme:
    """What is known of one kind: (heading, value)."""

    label: str
    values: tuple[tuple[str, str], ...]


def one() -> str:
    """What is known of the customer of the address, as of the day after the last order."""
    found, row = _find()
    there = found.features.collect_schema().names()
    currency = current_shop().currency
    themes = []
    for key, label in COLUMN_SETS.items():
        names = () if key == USUAL else column_names(key, there)
        texts = [(name, feature_text(name, row[name], currency)) for name in names]
        known = tuple((feature_heading(name), text) for name, text in texts if text is not None)
        if known:
            themes.append(KnownTheme(label=str(label), values=known))
    return render_template(
        "customers/one.html",
        customer=row["customer_id"],
        as_of=found.as_of,
        themes=themes,
        tags=row["tags"] or [],
        known=[name for name, _ in known_values(found.features, "tags")],
    )


def tag() -> Response:
    """Give this customer a tag, or take one away."""
    _, row = _find()
    customer = str(row["customer_id"])
    tag_customers(pl.Series([customer]), request.form.get("tag", ""), request.form.get("do", ""))
    return redirect(url_for("customers.one", customer=customer) + "#tags")


def _find() -> tuple[Customers, dict[str, object]]:
    customer = request.args.get("customer", "")[:MAX_KEY]
    found = find_customers()
    rows = (
        pl.DataFrame()
        if found is None
        else found.features.filter(pl.col("customer_id") == customer).collect()
    )
    if found is None or rows.is_empty():
        raise NotFoundError(
            Sentence(N_("There is no such customer in this shop.")),
            Sentence(N_("Look them up by their number on the page of customers.")),
        )
    return found, rows.row(0, named=True)
