"""The searchable table of customers: what was asked for, and the rows that answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from flask import url_for

from regulars_platform.customers.browse import CustomerRows, get_feature, search_customers
from regulars_platform.customers.catalogue import find_feature
from regulars_web.looking_at_customers import Customers
from regulars_web.pages.customers.columns import COLUMN_SETS, USUAL, column_names
from regulars_web.words.features import feature_heading, feature_text

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
    columns: str

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "TableQuery":
        """From the arguments of the address."""
        sort, page, columns = (asked.get(name, "") for name in ("sort", "page", "columns"))
        feature = find_feature(sort)
        sortable = sort == "customer_id" or (feature is not None and feature.kind != "list")
        return cls(
            as_of=asked.get("as_of", ""),
            text=asked.get("q", "").strip()[:200],
            sort=sort if sortable else SORTED_BY,
            descending=asked.get("order", "") != "asc",
            page=max(1, int(page)) if page.isdecimal() and len(page) < 10 else 1,
            columns=columns if columns in COLUMN_SETS else USUAL,
        )

    def address(self, endpoint: str, **other: str | int) -> str:
        """The address that asks for this again, with some of it changed."""
        asked: dict[str, str | int] = {
            "as_of": self.as_of,
            "q": self.text,
            "sort": self.sort,
            "order": "desc" if self.descending else "asc",
            "page": self.page,
            "columns": self.columns,
        }
        usual: dict[str, str | int] = {"as_of": "", "q": "", "page": 1, "columns": USUAL}
        usual |= {"sort": SORTED_BY, "order": "desc"}
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
    sortable: bool
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
    there = found.features.collect_schema().names()
    if query.sort not in there:
        query = replace(query, sort=SORTED_BY)
    names = column_names(query.columns, there)
    if query.sort not in (*names, "customer_id"):
        names = (*names, query.sort)
    rows = _search(found, query, query.page, names)
    last_page = max(1, -(-rows.total // PAGE_SIZE))
    if query.page > last_page:
        query = replace(query, page=last_page)
        rows = _search(found, query, last_page, names)
    return CustomerTable(
        query=query,
        headings=build_headings(query, names),
        rows=tuple(
            (
                str(row["customer_id"]),
                tuple(feature_text(name, row[name], currency) for name in names),
            )
            for row in rows.rows
        ),
        total=rows.total,
        all_customers=int(found.features.select(pl.len()).collect().item()),
    )


def build_headings(query: TableQuery, names: Sequence[str]) -> tuple[Heading, ...]:
    """One per feature, in their order."""
    return tuple(
        Heading(
            name=name,
            label=feature_heading(name),
            numeric=feature.kind not in ("text", "flag", "list"),
            sortable=feature.kind != "list",
            order="none"
            if name != query.sort
            else "descending"
            if query.descending
            else "ascending",
            next_order="asc" if name == query.sort and query.descending else "desc",
        )
        for name, feature in ((name, get_feature(name)) for name in names)
    )


def _search(found: Customers, query: TableQuery, page: int, names: Sequence[str]) -> CustomerRows:
    return search_customers(
        found.features,
        text=query.text,
        sort=query.sort,
        descending=query.descending,
        page=page,
        page_size=PAGE_SIZE,
        columns=names,
    )
