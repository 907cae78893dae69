"""What every view needs of the edge: settings, database, the clock, the current shop.

A view opens its own unit of work around the services it calls, so that a slow upload or a slow
rendering never holds the database.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app, g, request, session
from sqlalchemy.orm import Session

from regulars_platform.guided.service import find_sample_shop, sample_of
from regulars_platform.settings import Settings
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.service import find_first_shop
from regulars_platform.storage.database import Database

API_PREFIX = "/api/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """What the factory was given and opened; one per application."""

    settings: Settings
    database: Database
    setup_code: str | None


def edge() -> Edge:
    """The current application's edge."""
    found: Edge = current_app.extensions["regulars"]
    return found


def settings() -> Settings:
    """Where this installation keeps its data."""
    return edge().settings


def database() -> Database:
    """The SQL database."""
    return edge().database


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: committed at the end of the block, or not at all.

    One inside another would wait for its own request to let go of the database: refused at once.
    """
    if g.get("in_unit_of_work"):
        raise RuntimeError("a unit of work is open already in this request")
    g.in_unit_of_work = True
    try:
        with edge().database.unit_of_work() as session:
            yield session
    finally:
        g.in_unit_of_work = False


@contextmanager
def reading() -> Iterator[Session]:
    """A look at the database that blocks nobody; for long work that only reads.

    One inside another is the same look, at the same moment.
    """
    outer: Session | None = g.get("reading")
    if outer is not None:
        yield outer
        return
    with edge().database.reading() as session:
        g.reading = session
        try:
            yield session
        finally:
            g.reading = None


def now() -> dt.datetime:
    """The time, aware, UTC."""
    return dt.datetime.now(dt.UTC)


IN_SAMPLE = "in_sample_shop"
"""The mark of a browser session that stands in the sample shop."""


def find_current_shop() -> ShopProfile | None:
    """The shop this page is about; None before the first start is through."""
    if "shop" not in g:
        with reading() as work:
            sample = find_sample_shop(work) if _stands_in_sample() else None
            g.shop = sample or find_first_shop(work)
    shop: ShopProfile | None = g.shop
    return shop


def _stands_in_sample() -> bool:
    # programs are about the real shop, whatever a browser on the same machine looks at
    return bool(session.get(IN_SAMPLE)) and not is_api_request()


def is_api_request() -> bool:
    """Whether a program is asking, and wants JSON whatever happens."""
    return request.path.startswith(API_PREFIX)


def current_shop() -> ShopProfile:
    """The shop this page is about; pages behind sign-in always have one."""
    shop = find_current_shop()
    if shop is None:
        raise LookupError("signed in, but no shop was ever opened")
    return shop


def today() -> dt.date:
    """Today in the shop's time zone; in the sample shop the day after its last order."""
    sample = sample_of(current_shop())
    if sample is not None:
        return sample.today
    return now().astimezone(current_shop().zone).date()


def read_shop_again() -> None:
    """After the shop was opened or changed."""
    g.pop("shop", None)
    find_current_shop()
