"""The interface becomes part of the application."""

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from regulars_web.api.access import Guesses
from regulars_web.api.answering import build_view, choose_language
from regulars_web.api.areas import all_operations
from regulars_web.api.document import document_text
from regulars_web.api.problems import answer_http_error
from regulars_web.edge import is_api_request

PREFIX = "/api/v1"


def begin_api(app: Flask) -> None:
    """Before anything looks at a session: requests of programs have none."""

    @app.before_request
    def begin() -> None:
        if is_api_request():
            choose_language()


def install_api(app: Flask) -> None:
    """Every declared operation at its address, and the document that describes them."""
    blueprint = Blueprint("api", __name__)
    guesses = Guesses()
    for operation in all_operations():
        blueprint.add_url_rule(
            operation.rule,
            operation.name,
            build_view(operation, guesses),
            methods=[operation.method],
            provide_automatic_options=False,
        )
    blueprint.add_url_rule(
        "/openapi.json", "openapi", show_document, provide_automatic_options=False
    )
    blueprint.register_error_handler(HTTPException, answer_http_error)
    app.register_blueprint(blueprint, url_prefix=PREFIX)
    # a token is sent on purpose, never by a browser on its own: nothing to forge
    app.extensions["csrf"].exempt(blueprint)


def show_document() -> Response:
    """The OpenAPI document."""
    return Response(document_text(), content_type="application/json")
