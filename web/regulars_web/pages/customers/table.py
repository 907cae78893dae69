"""The searchable table of customers: what was asked for, and the rows that answer it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from flask import url_for

from regulars_platform.customers.browse import CustomerRows, search_customers
from regulars_platform.customers.features import FEATURES
from regulars_web.pages.customers.looking import Customers
from regulars_web.pages.customers.shown import feature_heading, feature_text

PAGE_SIZE = 50
SORTED_BY = "spend"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableQuery:
    """What the reader asked the table for; unknown words fall back to the usual."""

    as_of: str
    text: str
    sort: str
    descending: bool
    page: int

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "TableQuery":
        """From the arguments of the address."""
        sort, page = asked.get("sort", ""), asked.get("page", "")
        return cls(
            as_of=asked.get("as_of", ""),
            text=asked.get("q", "").strip()[:200],
            sort=sort if sort in FEATURES or sort == "customer_id" else SORTED_BY,
            descending=asked.get("order", "") != "asc",
            page=max(1, int(page)) if page.isdecimal() and len(page) < 10 else 1,
        )

    def address(self, endpoint: str, **other: str | int) -> str:
        """The address that asks for this again, with some of it changed."""
        asked: dict[str, str | int] = {
            "as_of": self.as_of,
            "q": self.text,
            "sort": self.sort,
            "order": "desc" if self.descending else "asc",
            "page": self.page,
        }
        usual = {"as_of": "", "q": "", "sort": SORTED_BY, "order": "desc", "page": 1}
        asked |= other
        told: dict[str, Any] = {name: v for name, v in asked.items() if v != usual[name]}
        return url_for(endpoint, **told)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """One column. order: ascending, descending, or none where another column sorts.

    next_order: what a click on it asks for.
    """

    name: str
    label: str
    numeric: bool
    order: str
    next_order: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerTable:
    """The context of customers/table.html. cells: texts by column, None where not known."""

    query: TableQuery
    headings: tuple[Heading, ...]
    rows: tuple[tuple[str, tuple[str | None, ...]], ...]
    total: int
    all_customers: int

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1."""
        return (self.query.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.first + len(self.rows) - 1

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def build_customer_table(found: Customers, query: TableQuery, currency: str) -> CustomerTable:
    """The page of rows that was asked for, or the last one where there are fewer."""
    rows = _search(found, query, query.page)
    last_page = max(1, -(-rows.total // PAGE_SIZE))
    if query.page > last_page:
        query = replace(query, page=last_page)
        rows = _search(found, query, last_page)
    return CustomerTable(
        query=query,
        headings=build_headings(query),
        rows=tuple(
            (
                str(row["customer_id"]),
                tuple(feature_text(name, row[name], currency) for name in FEATURES),
            )
            for row in rows.rows
        ),
        total=rows.total,
        all_customers=int(found.features.select(pl.len()).collect().item()),
    )


def build_headings(query: TableQuery) -> tuple[Heading, ...]:
    """One per feature, in their order."""
    return tuple(
        Heading(
            name=name,
            label=feature_heading(name),
            numeric=feature.kind != "text",
            order="none"
            if name != query.sort
            else "descending"
            if query.descending
            else "ascending",
            next_order="asc" if name == query.sort and query.descending else "desc",
        )
        for name, feature in FEATURES.items()
    )


def _search(found: Customers, query: TableQuery, page: int) -> CustomerRows:
    return search_customers(
        found.features,
        text=query.text,
        sort=query.sort,
        descending=query.descending,
        page=page,
        page_size=PAGE_SIZE,
    )
