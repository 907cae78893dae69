"""Doors for machines and for customers without an account: signed calls, unsubscribing, links."""

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.delivery.links import follow_link
from regulars_platform.delivery.public import read_unsubscribe_token
from regulars_platform.delivery.secret_files import read_secret
from regulars_platform.dispatch.callbacks import take_events
from regulars_platform.dispatch.signing import MOMENT_HEADER, SIGNATURE_HEADER, is_signed
from regulars_platform.errors import RegularsError
from regulars_platform.suppressions.service import suppress
from regulars_web.edge import now, settings, unit_of_work

blueprint = Blueprint("hooks", __name__)
MAX_BODY = 1_000_000


@blueprint.post("/hooks/delivery/<int:shop_id>")
def delivery(shop_id: int) -> tuple[Response, int]:
    """What a provider tells us of our messages; only what is signed with the shop's key."""
    if (request.content_length or 0) > MAX_BODY:
        return jsonify(error="at most 1 MB"), 413
    body = request.get_data()
    key = read_secret(settings(), shop_id, "webhook-key") or ""
    signed = is_signed(
        key,
        request.headers.get(MOMENT_HEADER),
        request.headers.get(SIGNATURE_HEADER),
        body,
        now=now(),
    )
    if not signed:
        return jsonify(error="not signed with the key of this shop, or not now"), 401
    try:
        with unit_of_work() as work:
            told = take_events(work, shop_id, body, now=now())
    except RegularsError as error:
        return jsonify(error=str(error.problem)), 422
    return jsonify(
        given=told.given, applied=told.applied, known=told.known, strangers=told.strangers
    ), 200


@blueprint.route("/hooks/unsubscribe/<token>", methods=["GET", "POST"])
def unsubscribe(token: str) -> str | tuple[str, int]:
    """Off the list with one click. A look alone changes nothing: mail scanners open links."""
    found = read_unsubscribe_token(settings(), token)
    if found is None:
        return render_template("delivery/unsubscribe.html", state="unknown"), 404
    if request.method == "GET":
        return render_template("delivery/unsubscribe.html", state="asked")
    shop_id, customer_id = found
    with unit_of_work() as work:
        suppress(work, shop_id=shop_id, customers=[customer_id], reason="unsubscribed", now=now())
    return render_template("delivery/unsubscribe.html", state="done")


@blueprint.get("/l/<code>")
def link(code: str) -> BaseResponse:
    """A short link; the click is counted for its arm, and nothing is kept of who clicked."""
    with unit_of_work() as work:
        target = follow_link(work, code)
    if target is None:
        abort(404)
    return redirect(target)


@blueprint.record_once
def _without_tokens(state: BlueprintSetupState) -> None:
    # called by machines, which have no page of ours to take a token from; a signature stands for it
    protection = state.app.extensions["csrf"]
    protection.exempt(delivery)
    protection.exempt(unsubscribe)
