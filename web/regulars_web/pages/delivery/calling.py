"""The call list that staff work through, and its way out as CSV and back in."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.dispatch.calls import (
    RESULTS,
    all_calls,
    calls_csv,
    open_calls,
    read_results,
    record_call,
)
from regulars_platform.errors import RegularsError
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.formats import number
from regulars_web.pages.delivery.views import blueprint
from regulars_web.pasted_ids import posted_lines
from regulars_web.problems import problem_text
from regulars_web.words.delivery import result_words


@blueprint.get("/calls/<int:batch_id>")
def calls(batch_id: int) -> str:
    """Whom to call next, with what to say."""
    return _page(batch_id, "")


@blueprint.post("/calls/<int:batch_id>/<int:message_id>")
def record(batch_id: int, message_id: int) -> BaseResponse | tuple[str, int]:
    """What came of one call."""
    result = request.form.get("result", "")
    if result not in RESULTS:
        return _page(batch_id, gettext("Choose what came of the call.")), 422
    with unit_of_work() as work:
        record_call(
            work,
            current_shop().id,
            message_id,
            result=result,
            note=request.form.get("note", "").strip(),
            now=now(),
        )
    return redirect(url_for("delivery.calls", batch_id=batch_id))


@blueprint.get("/calls/<int:batch_id>.csv")
def call_file(batch_id: int) -> Response:
    """The open calls, for staff who work elsewhere."""
    with unit_of_work() as work:
        pieces = list(
            calls_csv(
                work, settings(), current_shop().id, batch_id, now=now(), words=result_words()
            )
        )
    return csv_file(pieces, f"calls-{batch_id}.csv")


@blueprint.post("/calls/<int:batch_id>/results")
def results(batch_id: int) -> BaseResponse | tuple[str, int]:
    """The list brought back with its results."""
    try:
        with unit_of_work() as work:
            recorded, others = read_results(
                work,
                current_shop().id,
                batch_id,
                posted_lines(request),
                now=now(),
                words=result_words(),
            )
    except RegularsError as error:
        return _page(batch_id, problem_text(error)), 422
    flash(
        gettext(
            "%(n)s results recorded; %(others)s rows said nothing new.",
            n=number(recorded),
            others=number(others),
        ),
        "good" if recorded else "caution",
    )
    return redirect(url_for("delivery.calls", batch_id=batch_id))


def _page(batch_id: int, problem: str) -> str:
    shop = current_shop()
    with unit_of_work() as work:
        waiting = open_calls(work, settings(), shop.id, batch_id, now=now())
        everybody = all_calls(work, shop.id, batch_id)
    done = [call for call in everybody if call.result]
    return render_template(
        "delivery/calls.html",
        batch_id=batch_id,
        waiting=waiting,
        open=sum(call.open for call in everybody),
        total=len(everybody),
        done=done[:200],
        words=result_words(),
        problem=problem,
    )
