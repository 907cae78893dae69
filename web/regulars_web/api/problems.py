"""What goes wrong, in one shape: a stable code for programs, a sentence for people."""

import re

from flask import Response
from flask_babel import gettext
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from regulars_platform.api_access.errors import IdempotencyInProgressError
from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.errors import (
    AlreadyLaunchedError,
    DraftChangedError,
    NotLaunchedError,
)
from regulars_platform.datasets.errors import NothingToUndoError
from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.intake.errors import BusyError, WrongStateError
from regulars_platform.programmes.errors import ProgrammeStateError, RunUnderWayError
from regulars_platform.targeting.errors import NotReadyError
from regulars_platform.words import N_, Sentence
from regulars_web.api.models import Model
from regulars_web.formats import sentence
from regulars_web.problems import each_problem

CONFLICTS: tuple[type[RegularsError], ...] = (
    AlreadyLaunchedError,
    BusyError,
    DraftChangedError,
    IdempotencyInProgressError,
    NotLaunchedError,
    NotReadyError,
    NothingToUndoError,
    ProgrammeStateError,
    RunUnderWayError,
    WrongStateError,
)
"""What is wrong with the state of a thing, not with the request: 409."""


class Detail(Model):
    """One thing that is wrong."""

    code: str
    message: str
    hint: str | None = None
    field: str | None = None
    """The part of the body, or the parameter, that it is about."""


class Problem(Detail):
    """What is wrong; `details` where it is more than one thing."""

    scope: Scope | None = None
    """The permission that the token lacks."""
    details: list[Detail] | None = None


class ProblemAnswer(Model):
    """The one shape of everything that goes wrong."""

    error: Problem


class ApiError(Exception):
    """A problem of the request itself, found by the interface."""

    def __init__(self, status: int, problem: Problem, **headers: str) -> None:
        self.status = status
        self.problem = problem
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        super().__init__(problem.message)


def answer_problem(
    status: int, problem: Problem, headers: dict[str, str] | None = None
) -> Response:
    """The answer that tells a problem."""
    body = ProblemAnswer(error=problem).model_dump_json(exclude_none=True)
    return Response(body, status, headers, content_type="application/json")


def answer_api_error(error: ApiError) -> Response:
    """A problem of the request itself."""
    return answer_problem(error.status, error.problem, error.headers)


def code_of(error: RegularsError) -> str:
    """The stable code of a problem: the name of its class, in small letters."""
    name = type(error).__name__.removesuffix("Error") or "Invalid"
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def status_of(error: RegularsError, *, is_named: bool = True) -> int:
    """404, 409 or 422. is_named: the address itself names what may be missing."""
    if isinstance(error, CONFLICTS):
        return 409
    return 404 if isinstance(error, NotFoundError) and is_named else 422


def answer_regulars_error(error: RegularsError, *, is_named: bool = True) -> Response:
    """A problem that the platform found, with everything that it consists of."""
    details = [detail_of(part) for part in each_problem(error)]
    first = details[0].model_dump()
    if len(details) > 1:
        code = code_of(error)
        problem = Problem(**{**first, "code": code}, details=details)
    else:
        problem = Problem(**first)
    return answer_problem(status_of(error, is_named=is_named), problem)


def detail_of(error: RegularsError) -> Detail:
    """One problem of the platform as the interface tells it."""
    return Detail(
        code=code_of(error),
        message=sentence(error.problem),
        hint=sentence(error.hint) if error.hint else None,
        field=error.field,
    )


_HTTP: dict[int, tuple[str, str]] = {
    400: ("bad_request", N_("That request was not understood.")),
    404: ("not_found", N_("There is nothing at this address.")),
    405: ("method_not_allowed", N_("This address does not answer to that method.")),
    413: ("too_large", N_("That is more than fits here.")),
    415: ("unsupported_media_type", N_("A body of this kind is not read here.")),
    429: ("too_many_attempts", N_("Too many attempts: wait a minute, then try again.")),
    500: ("internal", N_("Something went wrong on our side; nothing half-done was kept.")),
}


def http_problem(status: int) -> Problem:
    """The problem behind a status."""
    code, words = _HTTP.get(status, _HTTP[500 if status >= 500 else 400])
    return Problem(code=code, message=str(gettext(words)))


def answer_http_error(error: HTTPException) -> Response:
    """404 and its kin, as the web framework raises them."""
    status = error.code or 500
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer_problem(status, http_problem(status), headers)


_INPUT: dict[str, str] = {
    "missing": N_("This is missing."),
    "extra_forbidden": N_("There is nothing of this name here."),
    "string_too_short": N_("This text is too short: %(min_length)s characters at least."),
    "string_too_long": N_("This text is too long: %(max_length)s characters fit."),
    "greater_than_equal": N_("This number is too small: %(ge)s is the least."),
    "less_than_equal": N_("This number is too large: %(le)s is the most."),
    "too_long": N_("There are too many of these: %(max_length)s fit."),
    "too_short": N_("There are too few of these: %(min_length)s at least."),
    "int_type": N_("A whole number is expected."),
    "int_parsing": N_("A whole number is expected."),
    "string_type": N_("A text is expected."),
    "bool_type": N_("true or false is expected."),
    "bool_parsing": N_("true or false is expected."),
    "enum": N_("One of these is expected: %(expected)s."),
    "literal_error": N_("One of these is expected: %(expected)s."),
    "date_type": N_("A day such as 2026-11-30 is expected."),
    "date_parsing": N_("A day such as 2026-11-30 is expected."),
    "date_from_datetime_parsing": N_("A day such as 2026-11-30 is expected."),
}
_OTHERWISE = N_("This does not have the form that the interface's document describes.")


def invalid_input(error: ValidationError) -> ApiError:
    """What a model found wrong with a body or a query: 422, or 400 where it is no JSON."""
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return ApiError(
            400, Problem(code="malformed_json", message=gettext("The body is not valid JSON."))
        )
    details = [_input_detail(part) for part in found[:50]]
    return input_problem(details)


def input_problem(details: list[Detail]) -> ApiError:
    """One or several things that are wrong with an input: 422."""
    first = details[0]
    return ApiError(
        422,
        Problem(
            code="invalid_input",
            message=first.message,
            field=first.field,
            details=details if len(details) > 1 else None,
        ),
    )


def _input_detail(part: ErrorDetails) -> Detail:
    context = {name: str(value) for name, value in part.get("ctx", {}).items()}
    said = Sentence(_INPUT.get(part["type"], _OTHERWISE), context)
    place = ".".join(str(step)[:100] for step in part["loc"])
    return Detail(code=part["type"], message=sentence(said), field=place or None)
