"""First start, signing in and out, and the language switch."""

import secrets

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from regulars_platform.accounts.models import Account
from regulars_platform.accounts.service import (
    choose_language,
    create_owner,
    end_all_sessions,
    find_account_problems,
    has_owner,
)
from regulars_platform.accounts.service import sign_in as check_sign_in
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.shops.service import find_shop_problems, open_shop
from regulars_web.edge import edge, now, read_shop_again, unit_of_work
from regulars_web.forms import show_problems
from regulars_web.language import LANGUAGES, choose_locale
from regulars_web.pages.accounts.forms import SetupForm, SignInForm
from regulars_web.signing_in import begin_session, current_account, end_session, safe_next

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/setup", methods=["GET", "POST"])
def setup() -> str | Response | tuple[str, int]:
    """The first start; gone for ever once there is an owner."""
    with unit_of_work() as work:
        if has_owner(work):
            abort(404)
    form = SetupForm()
    form.offer_choices()
    if request.method == "POST" and _code_is_right(form) and form.validate():
        try:
            with unit_of_work() as work:
                account = _open_shop_with_owner(work, form)
        except RegularsError as error:
            show_problems(form, error)
        else:
            read_shop_again()
            begin_session(account)
            return redirect(url_for("home.shop"))
    needs_code = edge().setup_code is not None
    page = render_template("accounts/setup.html", form=form, needs_code=needs_code)
    return (page, 422) if request.method == "POST" else page


def _open_shop_with_owner(work: Session, form: SetupForm) -> Account:
    """Both or neither; what is wrong with either is said at once."""
    of_shop = {
        "name": form.shop_name.data or "",
        "currency": form.currency.data or "",
        "timezone": form.timezone.data or "",
    }
    of_owner = {
        "name": form.name.data or "",
        "email": form.email.data or "",
        "password": form.password.data or "",
    }
    problems = find_shop_problems(**of_shop) + find_account_problems(**of_owner)
    if problems:
        raise InvalidInputError(problems)
    open_shop(work, **of_shop, now=now())
    return create_owner(work, **of_owner, locale=choose_locale(), now=now())


def _code_is_right(form: SetupForm) -> bool:
    expected = edge().setup_code
    given = (form.code.data or "").strip()
    if expected is None or secrets.compare_digest(given.encode(), expected.encode()):
        return True
    form.code.errors = [gettext("This is not the code that `regulars serve` printed at its start.")]
    return False


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """E-mail and password to a session."""
    if current_user.is_authenticated:
        return redirect(url_for("home.shop"))
    with unit_of_work() as work:
        if not has_owner(work):
            return redirect(url_for("accounts.setup"))
    form = SignInForm()
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                account = check_sign_in(work, email=form.email.data, password=form.password.data)
        except RegularsError as error:
            show_problems(form, error)
        else:
            begin_session(account)
            return redirect(safe_next(request.args.get("next")))
    page = render_template("accounts/sign_in.html", form=form)
    return (page, 422) if request.method == "POST" else page


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    end_session()
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """End all sessions of this person, on every device."""
    with unit_of_work() as work:
        end_all_sessions(work, current_account().id)
    end_session()
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/language")
def language() -> Response:
    """Choose the language of the pages, for now and, if signed in, for good."""
    chosen = request.form.get("locale")
    if chosen in LANGUAGES:
        session["locale"] = chosen
        if current_user.is_authenticated:
            with unit_of_work() as work:
                choose_language(work, current_account().id, chosen)
    return redirect(safe_next(request.form.get("next")))
