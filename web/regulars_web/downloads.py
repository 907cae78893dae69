"""Files to keep that pages answer with."""

from collections.abc import Iterable

from flask import Response


def csv_file(content: Iterable[bytes] | bytes | str, name: str) -> Response:
    """A table of this name, as a whole or piece by piece."""
    return _attachment(Response(content, content_type="text/csv; charset=utf-8"), name)


def json_file(content: bytes | str, name: str) -> Response:
    """A document of this name, byte for byte."""
    return _attachment(Response(content, content_type="application/json"), name)


def _attachment(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
