"""Who is signed in: our own words around Flask-Login."""

import secrets
from dataclasses import dataclass

from flask import Flask, Response, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.accounts.models import Account
from regulars_platform.accounts.service import find_account, has_owner
from regulars_web.edge import find_current_shop, is_api_request, reading, unit_of_work

PUBLIC = frozenset(
    {
        *("static", "accounts.sign_in", "accounts.setup", "accounts.language", None),
        "help.terms",  # tells nothing of a shop
        # called by machines and by customers: signed, or without a word about anybody
        *("hooks.delivery", "hooks.unsubscribe", "hooks.link"),
        *("shared.show", "shared.table", "shared.pdf"),  # a report, for whoever has its link
    }
)
"""Endpoints that a stranger may see. Everything else asks for sign-in."""

SCRIPTED = frozenset({"incoming"})
"""Blueprints whose requests no person sees: a stranger is told so by the status alone."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of this request, in the shape that Flask-Login expects."""

    account: Account
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Number and epoch: ending all sessions changes the epoch and so invalidates this."""
        return f"{self.account.id}:{self.account.session_epoch}"


class Sessions(SecureCookieSessionInterface):
    """The cookie is renewed with every page, and never by a script's request: the answer to a piece
    of an upload that was on its way while somebody signed out would sign them in again."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Whether this answer carries the cookie."""
        if request.blueprint in SCRIPTED and not session.modified:
            return False
        return super().should_set_cookie(app, session)


def install_sign_in(app: Flask) -> None:
    """Load the person of each request and send strangers to sign in."""
    app.session_interface = Sessions()
    manager = LoginManager(app)
    manager.session_protection = None  # the epoch ends sessions; addresses change on the road
    manager.user_loader(load_signed_in)
    app.before_request(require_sign_in)


def load_signed_in(text: str) -> SignedIn | None:
    """The person whom a session belongs to, if it has not been ended."""
    number, _, epoch = text.partition(":")
    if not number.isdigit():
        return None
    with reading() as work:
        account = find_account(work, int(number))
    if account is None or str(account.session_epoch) != epoch:
        return None
    return SignedIn(account)


def require_sign_in() -> BaseResponse | None:
    """Before every request: strangers see only what is public.

    Person and shop are read here, before any view opens a unit of work of its own.
    """
    if request.endpoint == "static" or is_api_request():
        return None  # programs bring a token, which every operation asks for; a session opens none
    with reading():  # one look for both
        find_current_shop()
        is_known = current_user.is_authenticated
    if is_known or request.endpoint in PUBLIC:
        return None
    if request.blueprint in SCRIPTED:
        return Response(status=401)
    with unit_of_work() as work:
        target = "accounts.sign_in" if has_owner(work) else "accounts.setup"
    if request.headers.get("HX-Request"):
        # a fragment must not swallow a whole page: let htmx leave for it
        return Response(status=200, headers={"HX-Redirect": url_for(target)})
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for(target, next=wanted if wanted != "/" else None))


def begin_session(account: Account) -> None:
    """Sign a person in under a fresh session: nothing of the stranger's one survives."""
    session.clear()
    session["started"] = secrets.token_urlsafe(16)
    session.permanent = True
    login_user(SignedIn(account))


def end_session() -> None:
    """Sign out."""
    logout_user()
    session.clear()


def current_account() -> Account:
    """The signed-in person; only behind `require_sign_in`."""
    account: Account = current_user.account
    return account


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a path of ours, never another site.

    >>> safe_next("/data/3?page=2"), safe_next("//evil.example"), safe_next("https://evil.example")
    ('/data/3?page=2', '/', '/')
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    return target if target.isprintable() else "/"
