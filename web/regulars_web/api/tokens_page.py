"""Tokens for programs: made here, shown once, revoked here; and what the interface offers."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.api_access.errors import TokenExpiryError
from regulars_platform.api_access.models import Token, TokenState
from regulars_platform.api_access.scopes import SAID, Scope
from regulars_platform.api_access.tokens import (
    MOST_DAYS,
    create_token,
    list_tokens,
    revoke_token,
)
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_web.api.areas import all_areas
from regulars_web.api.document import build_document
from regulars_web.api.reference_page import AreaShown, build_reference
from regulars_web.edge import current_shop, now, unit_of_work
from regulars_web.problems import by_field, each_problem
from regulars_web.signing_in import current_account

blueprint = Blueprint("tokens", __name__)

USUAL_DAYS = 365


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenShown:
    """One row of the table: the token, and kind and word of its state."""

    token: Token
    chip: tuple[str, str]
    is_valid: bool
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TokensPage:
    """The context of settings/tokens.html. secret: of the token that was made just now."""

    tokens: tuple[TokenShown, ...]
    scopes: tuple[tuple[str, str, bool], ...]
    name: str
    days: str
    problems: dict[str, str]
    secret: str


@blueprint.get("/")
def overview() -> str:
    """All tokens, and the form for another."""
    return _page({})


@blueprint.post("/")
def create() -> tuple[str, int]:
    """Make a token; its secret is on the page that answers, and nowhere else."""
    chosen = request.form.getlist("scope")
    try:
        with unit_of_work() as work:
            _token, secret = create_token(
                work,
                shop_id=current_shop().id,
                user_id=current_account().id,
                name=request.form.get("name", ""),
                scopes=chosen,
                days=_read_days(request.form.get("days", "")),
                now=now(),
            )
    except RegularsError as error:
        return _page(by_field(each_problem(error))), 422
    return _page({}, secret=secret), 201


@blueprint.post("/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """End a token at once."""
    with unit_of_work() as work:
        ended = revoke_token(work, current_shop().id, token_id, now())
    flash(gettext("%(name)s opens nothing any more.", name=ended.name), "good")
    return redirect(url_for("tokens.overview"))


@blueprint.get("/reference")
def reference() -> str:
    """What the interface offers, from its document."""
    document = build_document()
    areas: tuple[AreaShown, ...] = build_reference(document, all_areas())
    return render_template("settings/reference.html", operation_areas=areas)


def _read_days(text: str) -> int | None:
    """How long the token holds; empty: until it is revoked."""
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 6:
        raise InvalidInputError([TokenExpiryError.of(MOST_DAYS)])
    return int(text)


def _page(problems: dict[str, str], secret: str = "") -> str:
    with unit_of_work() as work:
        tokens = list_tokens(work, current_shop().id)
    again = bool(problems)
    chosen = set(request.form.getlist("scope")) if again else set()
    page = TokensPage(
        tokens=tuple(_shown(token) for token in tokens),
        scopes=tuple((str(scope), gettext(SAID[scope]), str(scope) in chosen) for scope in Scope),
        name=request.form.get("name", "") if again else "",
        days=request.form.get("days", "") if again else str(USUAL_DAYS),
        problems=problems,
        secret=secret,
    )
    return render_template("settings/tokens.html", page=page)


def _shown(token: Token) -> TokenShown:
    state = token.state_at(now())
    chips = {
        TokenState.VALID: ("good", gettext("Holds")),
        TokenState.EXPIRED: ("quiet", gettext("Expired")),
        TokenState.REVOKED: ("bad", gettext("Revoked")),
    }
    return TokenShown(
        token=token,
        chip=chips[state],
        is_valid=state is TokenState.VALID,
        scopes=tuple(sorted(token.scopes)),
    )
