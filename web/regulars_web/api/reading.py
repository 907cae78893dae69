"""Reading what a request brings, strictly: its query, its body, its key."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar, cast, get_args

from flask import request
from flask_babel import gettext
from pydantic import ValidationError

from regulars_web.api.declaring import Operation, Upload
from regulars_web.api.models import Model
from regulars_web.api.problems import (
    ApiError,
    Detail,
    Problem,
    http_problem,
    input_problem,
    invalid_input,
)
from regulars_web.uploads import NO_LIMIT, prepare_incoming_dir

M = TypeVar("M", bound=Model)

_CHUNK = 1 << 20
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def read_query(model: type[M] | None) -> M | None:
    """The query by its model; without a model, none may come. Raises ApiError (422)."""
    given = request.args.to_dict(flat=False)
    fields = {} if model is None else model.model_fields
    details = [
        Detail(code="extra_forbidden", message=gettext("There is nothing of this name here."),
               field=name[:100])
        for name in given if name not in fields
    ]  # fmt: skip
    details += [
        Detail(code="repeated", message=gettext("This may be given only once."), field=name)
        for name, values in given.items()
        if name in fields and len(values) > 1
    ]
    details += [
        Detail(code="int_parsing", message=gettext("A whole number is expected."), field=name)
        for name, values in given.items()
        if name in fields and _is_whole(fields[name].annotation) and not _WHOLE.fullmatch(values[0])
    ]
    details += [
        Detail(code="bool_parsing", message=gettext("true or false is expected."), field=name)
        for name, values in given.items()
        if name in fields and _is(fields[name].annotation, bool)
        and values[0] not in ("true", "false")
    ]  # fmt: skip
    if details:
        raise input_problem(details)
    if model is None:
        return None
    try:
        return model.model_validate_strings({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise invalid_input(error) from error


def _is(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_is(part, kind) for part in get_args(annotation))


def _is_whole(annotation: Any) -> bool:
    return _is(annotation, int) and not _is(annotation, bool)


@contextmanager
def read_body(operation: Operation) -> Iterator[tuple[dict[str, Any], str]]:
    """The body as an argument of the handler, and its SHA-256. Raises ApiError."""
    if operation.takes_upload:
        with _upload() as upload:
            yield {"upload": upload}, upload.sha256
        return
    if operation.body is None:
        if request.get_data(cache=False):
            raise ApiError(
                422, Problem(code="invalid_input", message=gettext("No body is expected here."))
            )
        yield {}, hashlib.sha256(b"").hexdigest()
        return
    if request.mimetype != "application/json":
        raise ApiError(415, http_problem(415))
    raw = request.get_data(cache=False)
    try:
        body = operation.body.model_validate_json(raw)
    except ValidationError as error:
        raise invalid_input(error) from error
    yield {"body": body}, hashlib.sha256(raw).hexdigest()


@contextmanager
def _upload() -> Iterator[Upload]:
    """The body on disk: how large it is, only the disk decides."""
    if request.mimetype not in Upload.media_types:
        raise ApiError(415, http_problem(415))
    from regulars_web.edge import settings

    request.max_content_length = NO_LIMIT
    digest = hashlib.sha256()
    with tempfile.TemporaryFile("wb+", dir=prepare_incoming_dir(settings().data_dir)) as file:
        while chunk := request.stream.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.seek(0)
        yield Upload(cast(BinaryIO, file), digest.hexdigest())


def read_key() -> str | None:
    """The Idempotency-Key, if there is one. Raises ApiError (422) where it is not printable."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        message = gettext("An Idempotency-Key has 1 to 200 letters, digits and signs of ASCII.")
        raise ApiError(422, Problem(code="invalid_input", message=message, field="Idempotency-Key"))
    return key
