"""Pages for what goes wrong: calm, and with a way on."""

from dataclasses import dataclass

from flask import Flask, Response, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import Sentence
from regulars_web.api.problems import answer_http_error
from regulars_web.edge import is_api_request
from regulars_web.formats import sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorPage:
    """The context of errors/page.html."""

    status: int
    title: str
    text: str


_WORDS = {
    400: (
        lazy_gettext("That request was not understood"),
        lazy_gettext("Go back, check what you entered, and try again."),
    ),
    403: (
        lazy_gettext("You may not do this"),
        lazy_gettext("Ask the owner of this installation if you should be able to."),
    ),
    404: (
        lazy_gettext("There is nothing at this address"),
        lazy_gettext("It may have been removed, or the address has a typing error in it."),
    ),
    405: (
        lazy_gettext("That request was not understood"),
        lazy_gettext("Go back to the page you came from and use its buttons."),
    ),
    413: (
        lazy_gettext("That is more than fits here"),
        lazy_gettext("Order files belong on the Data page, where size does not matter."),
    ),
    429: (
        lazy_gettext("Too many attempts"),
        lazy_gettext("Wait a minute, then try again."),
    ),
    500: (
        lazy_gettext("Something went wrong on our side"),
        lazy_gettext("Nothing half-done was kept. Try again; the server's log says what happened."),
    ),
}


def install_errors(app: Flask) -> None:
    """One handler per family of errors."""
    app.register_error_handler(CSRFError, show_expired_form)
    app.register_error_handler(RegularsError, show_regulars_error)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(InternalServerError, show_internal_error)


def show_expired_form(_error: CSRFError) -> tuple[str, int]:
    """A form whose token does not fit its session: often signed out in between."""
    return _show(
        ErrorPage(
            status=400,
            title=gettext("This form has expired"),
            text=gettext("Open the page again and send it once more; nothing was changed."),
        )
    )


def show_regulars_error(error: RegularsError) -> tuple[str, int]:
    """A problem the platform found that no form was there to show."""
    return _show(
        ErrorPage(
            status=404 if isinstance(error, NotFoundError) else 400,
            title=sentence(error.problem),
            text=sentence(error.hint or Sentence("")),
        )
    )


def show_http_error(error: HTTPException) -> tuple[str, int] | Response:
    """404 and its kin; a program is told them in JSON."""
    if is_api_request():
        return answer_http_error(error)
    status = error.code or 500
    title, text = _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
    return _show(ErrorPage(status=status, title=str(title), text=str(text)))


def show_internal_error(error: InternalServerError) -> tuple[str, int] | Response:
    """A fault of ours; Flask has logged it already."""
    return show_http_error(error)


def _show(page: ErrorPage) -> tuple[str, int]:
    fragment = bool(request.headers.get("HX-Request"))
    template = "errors/fragment.html" if fragment else "errors/page.html"
    return render_template(template, page=page), page.status
