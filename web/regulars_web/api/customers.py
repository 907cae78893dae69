"""Customers and what is known of each."""

import datetime as dt
from typing import Annotated, Any

import polars as pl
from flask_babel import gettext
from pydantic import Field

from regulars_platform.api_access.scopes import Scope
from regulars_platform.customers.browse import distribution
from regulars_platform.customers.catalogue import (
    ATTRIBUTE,
    NUMBER,
    ORDER_FEATURES,
    Kind,
    Source,
    Theme,
    find_feature,
)
from regulars_platform.errors import NotFoundError
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, Key
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Day, Line, Model, Page
from regulars_web.api.paging import PageQuery, after, page_of, paged
from regulars_web.api.problems import Detail, input_problem
from regulars_web.looking_at_customers import Customers, find_customers
from regulars_web.words.features import feature_heading

area = Area(
    "customers", "Customers and their features as of a day; docs/customer-features.md tells each."
)

MOST_FEATURES = 200


class FeatureShown(Model):
    """A feature of customers."""

    name: str
    label: str
    kind: Kind
    """What its values are; money is a number in the shop's currency, a share is 0 to 1."""
    unit: str
    theme: Theme
    source: Source


class DayQuery(PageQuery):
    """As of which day."""

    as_of: Day | None = None
    """At the start of this day; left out: the day after the last order."""


class CustomersQuery(DayQuery):
    """Which customers, and what of them."""

    id: Line | None = None
    """Only this customer; the way to one whose id has a slash in it."""
    text: Line | None = None
    """Part of the id, in capitals or not."""
    features: Annotated[str, Field(min_length=1, max_length=5000, pattern=NO_CONTROLS)] | None = (
        None
    )
    """Names of features, separated by commas; left out: those of orders alone."""


class FeatureBin(Model):
    """Customers with low <= value < high."""

    low: float
    high: float
    customers: Count


class FeatureValue(Model):
    """A value of a text or a flag, and who has it."""

    value: str
    customers: Count


class FeatureSpread(Model):
    """How a feature is spread: bins of numbers, or values of texts, most frequent first."""

    feature: str
    as_of: dt.date
    customers: Count
    """With a value."""
    empty: Count
    median: float | None
    below: Count
    """Outside the bins."""
    above: Count
    bins: list[FeatureBin]
    values: list[FeatureValue]


class OneQuery(Model):
    """As of which day."""

    as_of: Day | None = None
    """At the start of this day; left out: the day after the last order."""


Value = str | int | float | bool | list[str] | None


class Customer(Model):
    """A customer."""

    id: str
    as_of: dt.date
    features: dict[str, Value]
    """Feature -> value; null: not known, which is never the same as 0."""


class NoCustomerError(NotFoundError):
    """There is no such customer."""

    @classmethod
    def of(cls) -> "NoCustomerError":
        """The id itself says enough."""
        return cls(Sentence(N_("There is no such customer in this shop.")))


class NoFeatureError(NotFoundError):
    """There is no such feature, or nobody who has it."""

    @classmethod
    def of(cls, name: str) -> "NoFeatureError":
        """Names what was asked for."""
        return cls(
            Sentence(
                N_("There is no customer feature called %(name)s."),
                {"name": name[:100]},
            )
        )


@area.get("/features", scope=Scope.READ_CUSTOMERS)
def list_features(call: Call, query: PageQuery) -> Page[FeatureShown]:
    """The features that customers have, the shop's own attributes included."""
    del call
    found = find_customers()
    names = [] if found is None else _names(found)
    return paged(names, query, _feature, lambda name: (name,), kinds=(str,))


@area.get("/features/{name}/distribution", scope=Scope.READ_FIGURES)
def get_distribution(call: Call, name: Key, query: OneQuery) -> Answer[FeatureSpread]:
    """How a feature is spread over all customers."""
    found = _found(call, query.as_of)
    feature = find_feature(name)
    if found is None or feature is None or name not in _names(found) or feature.kind == "list":
        raise NoFeatureError.of(name)
    spread = distribution(found.features, name)
    shown = FeatureSpread(
        feature=name,
        as_of=found.as_of,
        customers=spread.customers,
        empty=spread.empty,
        median=spread.median,
        below=spread.below,
        above=spread.above,
        bins=[
            FeatureBin(low=one.low, high=one.high, customers=one.customers) for one in spread.bins
        ],
        values=[FeatureValue(value=value, customers=many) for value, many in spread.values],
    )
    return Answer[FeatureSpread](data=shown)


@area.get("/customers", scope=Scope.READ_CUSTOMERS)
def list_customers(call: Call, query: CustomersQuery) -> Page[Customer]:
    """Customers with their features, in the order of their ids."""
    found = _found(call, query.as_of)
    start = after(query, str)
    if found is None:
        return page_of([], query, lambda _row: _no_row(), lambda _row: ())
    names = _asked(found, query.features)
    frame = found.features
    if query.id is not None:
        frame = frame.filter(pl.col("customer_id") == query.id)
    if query.text is not None:
        lower = pl.col("customer_id").str.to_lowercase()
        frame = frame.filter(lower.str.contains(query.text.lower(), literal=True))
    if start is not None:
        frame = frame.filter(pl.col("customer_id") > start[0])
    rows = (
        frame.select("customer_id", *names)
        .bottom_k(query.limit + 1, by="customer_id")
        .sort("customer_id")
        .collect()
    )
    return page_of(
        list(rows.iter_rows(named=True)),
        query,
        lambda row: _customer(row, found.as_of),
        lambda row: (row["customer_id"],),
    )


@area.get("/customers/{customer_id}", scope=Scope.READ_CUSTOMERS)
def get_customer(call: Call, customer_id: Key, query: OneQuery) -> Answer[Customer]:
    """One customer with all features."""
    found = _found(call, query.as_of)
    if found is None:
        raise NoCustomerError.of()
    one = found.features.filter(pl.col("customer_id") == customer_id)
    rows = one.select("customer_id", *_names(found)).collect()
    if rows.is_empty():
        raise NoCustomerError.of()
    return Answer[Customer](data=_customer(rows.row(0, named=True), found.as_of))


def _found(call: Call, asked: dt.date | None) -> Customers | None:
    """The customers as of a day. Raises ApiError (422) where no order reaches it."""
    del call
    found = find_customers(asked)
    if found is not None and asked is not None and found.as_of != asked:
        message = gettext("There are no customers to look at as of this day.")
        raise input_problem([Detail(code="out_of_range", message=message, field="as_of")])
    return found


def _names(found: Customers) -> list[str]:
    there = found.features.collect_schema().names()
    return [name for name in there if find_feature(name) is not None]


def _asked(found: Customers, text: str | None) -> list[str]:
    """The features that were asked for. Raises ApiError (422) for those there are not."""
    if text is None:
        return list(ORDER_FEATURES)
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    there = set(_names(found))
    unknown = [name for name in names if name not in there]
    if unknown or len(names) > MOST_FEATURES:
        message = gettext("At most %(most)s features at a time.", most=MOST_FEATURES)
        if unknown:
            name = unknown[0][:100]
            message = gettext("There is no customer feature called %(name)s.", name=name)
        raise input_problem([Detail(code="unknown_feature", message=message, field="features")])
    return names


def _feature(name: str) -> FeatureShown:
    feature = find_feature(name)
    if feature is None:
        raise LookupError(name)
    return FeatureShown(
        name=name,
        label=feature_heading(name.removeprefix(ATTRIBUTE).removeprefix(NUMBER))
        if name.startswith((ATTRIBUTE, NUMBER))
        else feature_heading(name),
        kind=feature.kind,
        unit=feature.unit,
        theme=feature.theme,
        source=feature.source,
    )


def _customer(row: dict[str, Any], as_of: dt.date) -> Customer:
    return Customer(
        id=row["customer_id"],
        as_of=as_of,
        features={name: value for name, value in row.items() if name != "customer_id"},
    )


def _no_row() -> Customer:
    raise LookupError("an empty list has no rows")
