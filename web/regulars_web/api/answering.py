"""From a request to its answer: the same steps for every declared operation."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, g, request
from pydantic import ValidationError

from regulars_platform.api_access.answers import claim, give_up
from regulars_platform.api_access.models import KeptAnswer
from regulars_platform.errors import RegularsError
from regulars_web.api.access import Guesses, identify, require_scope
from regulars_web.api.calling import Call, render
from regulars_web.api.declaring import FILES, Operation
from regulars_web.api.problems import (
    ApiError,
    answer_api_error,
    answer_regulars_error,
    http_problem,
)
from regulars_web.api.reading import read_body, read_key, read_query
from regulars_web.edge import database, now, reading, settings, unit_of_work
from regulars_web.language import match_accept_language

REPLAYED = "Idempotency-Replayed"


def build_view(operation: Operation, guesses: Guesses) -> Callable[..., Response]:
    """The view of a declared operation."""

    def view(**path: Any) -> Response:
        try:
            return _answer(operation, guesses, path)
        except ApiError as error:
            return answer_api_error(error)
        except RegularsError as error:
            return answer_regulars_error(error, is_named=operation.is_named)

    view.__name__ = operation.name
    view.__doc__ = operation.summary
    return view


def choose_language() -> None:
    """A program has no session: its language is what its request asks for."""
    g.locale = match_accept_language(request.accept_languages.values())


def _answer(operation: Operation, guesses: Guesses, path: Mapping[str, Any]) -> Response:
    token, shop = identify(guesses)
    require_scope(token, operation.scope)
    call = Call(
        token=token,
        shop=shop,
        settings=settings(),
        database=database(),
        now=now(),
        status=operation.status,
    )
    try:
        given = operation.parse_path(dict(path))
    except ValidationError as error:
        raise ApiError(404, http_problem(404)) from error
    query = read_query(operation.query)
    if operation.query is not None:
        given["query"] = query
    if not operation.is_write:
        if not operation.has_body:
            return _read(operation, call, given)
        with read_body(operation) as (body, _digest):
            return _read(operation, call, {**given, **body})
    key = read_key()
    with read_body(operation) as (body, digest):
        return _write(operation, call, {**given, **body}, key, digest)


def _read(operation: Operation, call: Call, given: dict[str, Any]) -> Response:
    if operation.takes_work:
        with reading() as work:
            answer = operation.handler(call, work=work, **given)
    else:
        answer = operation.handler(call, **given)
    if isinstance(answer, FILES):
        return answer.response()
    return _response(render(answer), operation.status)


def _write(
    operation: Operation, call: Call, given: dict[str, Any], key: str | None, digest: str
) -> Response:
    if key is not None:
        whole = "\n".join((request.method, request.full_path, digest))
        with unit_of_work() as work:
            found = claim(
                work, call.token.id, key, hashlib.sha256(whole.encode()).hexdigest(), call.now
            )
        if isinstance(found, KeptAnswer):
            return _response(found.body, found.status, {REPLAYED: "true"})
        call.claim = found
    try:
        return _response(_carry_out(operation, call, given), operation.status)
    except BaseException:
        _free_key(call)
        raise


def _carry_out(operation: Operation, call: Call, given: dict[str, Any]) -> str:
    """Do the write, with its answer in its transaction; returns the answer."""
    if operation.takes_work:
        with call.writing() as write:
            write.answer(operation.handler(call, work=write.session, **given))
    else:
        answer = operation.handler(call, **given)
        if call.written is None:  # what it did was done in steps that are safe to repeat
            with call.writing() as write:
                write.answer(answer)
    return call.written or ""


def _free_key(call: Call) -> None:
    if call.claim is not None and call.written is None:
        with unit_of_work() as work:
            give_up(work, call.token.id, call.claim)


def _response(body: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    kind = None if status == 204 else "application/json"
    return Response(body, status, headers, content_type=kind)
