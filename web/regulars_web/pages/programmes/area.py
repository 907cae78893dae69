"""The blueprint of the programmes' pages, and what all of them use."""

import datetime as dt
from collections.abc import Iterator

from flask import Blueprint, Response

from regulars_web.edge import current_shop, now

blueprint = Blueprint("programmes", __name__)


def today() -> dt.date:
    """Today in the shop's time zone."""
    return now().astimezone(current_shop().zone).date()


def attachment(pieces: Iterator[bytes], name: str) -> Response:
    """A CSV file to keep."""
    response = Response(pieces, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
