"""Lists in pages: a cursor says after which row to go on, whatever came or went in between."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from flask_babel import gettext
from pydantic import Field

from regulars_web.api.models import Model, Page, PageOf
from regulars_web.api.problems import Detail, input_problem

R = TypeVar("R")
S = TypeVar("S", bound=Model)


class PageQuery(Model):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
    """So many at most."""
    cursor: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """`page.next` of the part before."""


def write_cursor(key: tuple[Any, ...]) -> str:
    """The cursor after the row with this key (texts and whole numbers).

    >>> read_key_of(write_cursor((7, "b")), (int, str))
    (7, 'b')
    """
    text = json.dumps(key, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_key_of(cursor: str, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
    """The key that a cursor holds; None where it is no cursor of such a list."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        return None
    fits = isinstance(key, list) and len(key) == len(kinds)
    if not fits or any(type(part) is not kind for part, kind in zip(key, kinds, strict=True)):
        return None
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in key):
        return None
    return tuple(key)


def after(query: PageQuery, *kinds: type) -> tuple[Any, ...] | None:
    """The key after which the page begins; None at the start. Raises ApiError (422)."""
    if query.cursor is None:
        return None
    key = read_key_of(query.cursor, kinds)
    if key is None:
        message = gettext("This cursor belongs to no page of this list.")
        raise input_problem([Detail(code="bad_cursor", message=message, field="cursor")])
    return key


def paged(
    rows: Iterable[R],
    query: PageQuery,
    show: Callable[[R], S],
    key: Callable[[R], tuple[Any, ...]],
    *,
    kinds: tuple[type, ...] = (int,),
    descending: bool = False,
) -> Page[S]:
    """A page of a list that is in memory as a whole. key: of a row, unique, to sort by."""
    start = after(query, *kinds)
    found = sorted(rows, key=key, reverse=descending)
    if start is not None:
        found = [row for row in found if (key(row) < start if descending else key(row) > start)]
    return page_of(found, query, show, key)


def page_of(
    rows: list[R],
    query: PageQuery,
    show: Callable[[R], S],
    key: Callable[[R], tuple[Any, ...]],
) -> Page[S]:
    """A page of rows that begin where it begins; one more than its limit shows that it goes on."""
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    return Page(
        data=[show(row) for row in shown],
        page=PageOf(next=write_cursor(key(shown[-1])) if more else None),
    )
