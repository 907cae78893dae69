"""Lifetime value: what customers are expected to buy, and how far that is to be believed."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.lifetime.document import HORIZONS
from regulars_platform.lifetime.jobs import KIND
from regulars_platform.lifetime.service import (
    Lifetime,
    customers_by_value,
    customers_csv,
    gather_inputs,
    get_lifetime,
    what_changed,
)
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile, JsonFile
from regulars_web.api.jobs import JobShown, start_once
from regulars_web.api.models import Answer, Count, Document, Model, Moment, Money, Page, money
from regulars_web.api.paging import PageQuery, after, page_of
from regulars_web.api.problems import Detail, input_problem

area = Area(
    "lifetime", "Lifetime value: what customers are expected to buy (docs/lifetime.md tells how)."
)

FILE = "lifetime-value"


class LifetimeShown(Model):
    """The latest answer."""

    made_at: Moment
    changed: list[Literal["orders", "products", "segments", "files", "practice", "method"]]
    """What it was worked out from and is another by now; empty: it is up to date."""
    document: Document
    """docs/lifetime.md tells its parts: all customers, segments, tenths and the back-test."""


class Foretold(Model):
    """What is expected of a customer within some days; null where it cannot be said."""

    days: Count
    orders: float | None
    orders_low: Count | None
    """Of 20 such customers 19 place at least so many orders ..."""
    orders_high: Count | None
    """... and at most so many."""
    chance_of_order: float | None
    value: float | None
    """In the shop's currency, net of refunds."""
    value_low: float | None
    value_high: float | None


class CustomerForetold(Model):
    """A customer and what is expected of them."""

    customer_id: str
    orders: Count
    """Days with a purchase so far."""
    last_order: dt.date
    spent: Money
    """So far, net of refunds."""
    alive_probability: float | None
    foretold: list[Foretold]


@area.get("/lifetime", scope=Scope.READ_FIGURES, also=(404,))
def get_lifetime_value(call: Call, work: Session) -> Answer[LifetimeShown]:
    """The latest answer, and what has changed since"""
    found = get_lifetime(work, call.shop_id)
    asked = gather_inputs(work, call.settings, shop_id=call.shop_id)
    shown = LifetimeShown.model_validate(
        {
            "made_at": found.created_at,
            "changed": list(what_changed(found, asked)),
            "document": dict(found.document),
        }
    )
    return Answer[LifetimeShown](data=shown)


@area.post("/lifetime", scope=Scope.WRITE_DATA, status=202)
def work_out_lifetime_value(call: Call, work: Session) -> Answer[JobShown]:
    """Work it out on the orders as they are, in the background; one such job at a time"""
    gather_inputs(work, call.settings, shop_id=call.shop_id)
    return start_once(call, work, KIND)


@area.get("/lifetime/document", scope=Scope.READ_FIGURES, also=(404,))
def get_lifetime_document(call: Call, work: Session) -> JsonFile:
    """The stored answer, byte for byte"""
    return JsonFile(get_lifetime(work, call.shop_id).text, f"{FILE}.json")


@area.get("/lifetime/customers", scope=Scope.READ_CUSTOMERS, also=(404,))
def list_foretold_customers(call: Call, work: Session, query: PageQuery) -> Page[CustomerForetold]:
    """What is expected of each customer, the highest value of a year first

    A cursor holds as long as the answer is the latest. This is no list to contact people by: it
    leaves out nobody who is held back or opted out.
    """
    found = get_lifetime(work, call.shop_id)
    start = _place(query, found)
    rows = customers_by_value(call.settings, call.shop_id, found).with_row_index("place", offset=1)
    return page_of(
        list(rows.slice(start, query.limit + 1).iter_rows(named=True)),
        query,
        _customer,
        lambda row: (found.customers_sha256, row["place"]),
    )


@area.get("/lifetime/customers/csv", scope=Scope.READ_CUSTOMERS, also=(404,))
def download_foretold_customers(call: Call, work: Session) -> CsvFile:
    """The same as a file, for analysis"""
    found = get_lifetime(work, call.shop_id)
    return CsvFile(customers_csv(call.settings, call.shop_id, found), f"{FILE}.csv")


def _place(query: PageQuery, found: Lifetime) -> int:
    """After how many customers the page begins. Raises ApiError (422) for another answer's."""
    key = after(query, str, int)
    if key is None:
        return 0
    sha256, place = key
    if sha256 != found.customers_sha256 or place < 0:
        message = gettext("Lifetime value was worked out again in between: begin at the start.")
        raise input_problem([Detail(code="bad_cursor", message=message, field="cursor")])
    return int(place)


def _customer(row: Mapping[str, Any]) -> CustomerForetold:
    return CustomerForetold(
        customer_id=row["customer_id"],
        orders=row["repeats"] + 1,
        last_order=row["last_day"],
        spent=money(row["spent"]),
        alive_probability=row["alive_probability"],
        foretold=[_foretold(row, days) for days in HORIZONS],
    )


def _foretold(row: Mapping[str, Any], days: int) -> Foretold:
    return Foretold(
        days=days,
        orders=row[f"expected_orders_{days}"],
        orders_low=row[f"orders_low_{days}"],
        orders_high=row[f"orders_high_{days}"],
        chance_of_order=row[f"any_order_{days}"],
        value=row[f"expected_value_{days}"],
        value_low=row[f"value_low_{days}"],
        value_high=row[f"value_high_{days}"],
    )
