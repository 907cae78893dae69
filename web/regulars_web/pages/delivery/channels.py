"""Settings of the channels: ways and prices, mail server, receiver, hours, consent, templates."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from regulars_platform.delivery.public import public_address
from regulars_platform.delivery.quiet_hours import keep_quiet_hours, quiet_hours
from regulars_platform.delivery.secret_files import read_secret
from regulars_platform.delivery.templates import (
    VARIABLES,
    delete_template,
    get_template,
    keep_template,
    list_templates,
    variables_of,
)
from regulars_platform.delivery.text_length import text_length
from regulars_platform.dispatch.settling import (
    check_mail_server,
    keep_mail_server,
    keep_receiver,
)
from regulars_platform.dispatch.smtp import SECURITIES, smtp_settings
from regulars_platform.dispatch.transports import DownError
from regulars_platform.dispatch.webhook import webhook_settings
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.fields import money_text
from regulars_platform.reach.gate import CONSENTS, consent_required, keep_consent_required
from regulars_platform.shops.channels import CHANNELS, channel_use, keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_web.edge import current_shop, now, read_shop_again, settings, unit_of_work
from regulars_web.formats import sentence
from regulars_web.problems import by_field, each_problem
from regulars_web.words.delivery import SECURITIES as SECURITY_WORDS
from regulars_web.words.delivery import WAYS

blueprint = Blueprint("channels", __name__)
Problems = dict[str, str]


@blueprint.get("/")
def overview() -> str:
    """Everything about how this shop reaches its customers."""
    return _page("", {})


@blueprint.post("/<part>")
def keep(part: str) -> str | Response | tuple[str, int]:
    """Keep one part of the page; what was wrong is said beside its fields."""
    parts: dict[str, Callable[[Session, Shop], str]] = {
        "use": _keep_use,
        "mail": _keep_mail,
        "hook": _keep_hook,
        "hours": _keep_hours,
        "consent": _keep_consent,
    }
    if part not in parts:
        return redirect(url_for("channels.overview"))
    try:
        with unit_of_work() as work:
            said = parts[part](work, work.get_one(Shop, current_shop().id))
    except RegularsError as error:
        return _page(part, by_field(each_problem(error))), 422
    read_shop_again()
    flash(said, "good")
    return redirect(url_for("channels.overview", _anchor=part))


@blueprint.post("/mail/test")
def test_mail() -> Response:
    """Connect to the mail server and sign in; nothing is sent."""
    with unit_of_work() as work:
        row = work.get_one(Shop, current_shop().id)
    try:
        if check_mail_server(settings(), row):
            flash(gettext("The mail server answers and takes user and password."), "good")
        else:
            flash(gettext("Keep a mail server first."), "caution")
    except DownError as down:
        flash(sentence(down.problem), "bad")
    return redirect(url_for("channels.overview", _anchor="mail"))


@blueprint.get("/templates/new")
def new_template() -> str:
    """An empty template."""
    return _template_page(None, {"channel": request.args.get("channel", "sms")}, {})


@blueprint.get("/templates/<int:template_id>")
def template(template_id: int) -> str:
    """One template to change."""
    with unit_of_work() as work:
        found = get_template(work, current_shop().id, template_id)
    values = {
        "name": found.name,
        "channel": found.channel,
        "subject": found.subject,
        "body": found.body,
        "fallbacks": dict(found.fallbacks),
    }
    return _template_page(template_id, values, {})


@blueprint.post("/templates/new")
@blueprint.post("/templates/<int:template_id>")
def save_template(template_id: int | None = None) -> str | Response | tuple[str, int]:
    """Keep a template, new or changed; or forget it."""
    shop = current_shop()
    if request.form.get("do") == "delete" and template_id is not None:
        with unit_of_work() as work:
            delete_template(work, shop.id, template_id)
        flash(gettext("The template is gone; messages that are queued keep their words."), "good")
        return redirect(url_for("channels.overview", _anchor="templates"))
    raw: dict[str, Any] = {
        name: request.form.get(name, "") for name in ("name", "channel", "subject", "body")
    }
    raw["fallbacks"] = {name: request.form.get(f"fallback.{name}", "") for name in VARIABLES}
    try:
        with unit_of_work() as work:
            keep_template(work, shop_id=shop.id, raw=raw, now=now(), template_id=template_id)
    except RegularsError as error:
        return _template_page(template_id, raw, by_field(each_problem(error))), 422
    flash(gettext("The template is kept."), "good")
    return redirect(url_for("channels.overview", _anchor="templates"))


def _keep_use(work: Session, row: Shop) -> str:
    problems = []
    for name in CHANNELS:
        raw = {key: request.form.get(f"{name}.{key}", "") for key in ("via", "price", "per_minute")}
        try:
            keep_channel_use(work, row, row.id, name, raw)
        except InvalidInputError as error:
            for problem in error.problems:
                problem.field = f"{name}.{problem.field}"
                problems.append(problem)
    if problems:
        raise InvalidInputError(problems)
    return str(gettext("The channels are kept."))


def _keep_mail(work: Session, row: Shop) -> str:
    names = ("host", "port", "security", "user", "sender", "sender_name")
    raw = {name: request.form.get(name, "") for name in names}
    keep_mail_server(work, settings(), row.id, raw, request.form.get("password", ""))
    return str(gettext("The mail server is kept."))


def _keep_hook(work: Session, row: Shop) -> str:
    names = ("url", "allowed", "at_once", "public_address")
    keep_receiver(work, settings(), row.id, {name: request.form.get(name, "") for name in names})
    return str(gettext("The receiver is kept."))


def _keep_hours(work: Session, row: Shop) -> str:
    keep_quiet_hours(work, row.id, {name: request.form.get(name, "") for name in ("from", "to")})
    return str(gettext("The quiet hours are kept."))


def _keep_consent(work: Session, row: Shop) -> str:
    keep_consent_required(work, row.id, request.form.getlist("consent"))
    return str(gettext("It holds from the next draw, list and message on."))


def _page(part: str, problems: Problems) -> str:
    shop = current_shop()
    with unit_of_work() as work:
        row = work.get_one(Shop, shop.id)
        templates = list_templates(work, shop.id)
        required = consent_required(work, shop.id)
    uses = {name: channel_use(row, name) for name in CHANNELS}
    key = read_secret(settings(), shop.id, "webhook-key")
    return render_template(
        "delivery/channels.html",
        part=part,
        problems=problems,
        channels=CHANNELS,
        uses=uses,
        prices={name: money_text(use.price) for name, use in uses.items()},
        labels={name: gettext(channel.label) for name, channel in CHANNELS.items()},
        ways=WAYS,
        server=smtp_settings(row),
        has_password=read_secret(settings(), shop.id, "smtp-password") is not None,
        securities={name: SECURITY_WORDS[name] for name in SECURITIES},
        receiver=webhook_settings(row),
        public=public_address(row),
        key=key,
        hours=quiet_hours(row),
        consents={name: name in required for name in CONSENTS},
        templates=templates,
    )


def _template_page(template_id: int | None, values: dict[str, Any], problems: Problems) -> str:
    body = str(values.get("body", ""))
    known = {name: gettext(words) for name, words in VARIABLES.items()}
    return render_template(
        "delivery/template.html",
        template_id=template_id,
        values=values,
        problems=problems,
        channels={name: gettext(channel.label) for name, channel in CHANNELS.items()},
        variables=known,
        used=[
            name
            for name in variables_of(body + str(values.get("subject", "")))
            if name in VARIABLES
        ],
        length=text_length(body) if values.get("channel") == "sms" and body else None,
    )
