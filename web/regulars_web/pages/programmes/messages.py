"""The messages of one programme: where they stand, and what a person decides about them."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from regulars_platform.delivery.states import RUNNING
from regulars_platform.dispatch.control import BatchStanding, list_batches
from regulars_platform.programmes.service import get_programme
from regulars_web.edge import current_shop, unit_of_work
from regulars_web.pages.delivery.deciding import batch_context, decide_about, on_its_way
from regulars_web.pages.programmes.area import blueprint

MOST = 40
"""Batches on the page: a programme makes one every day that somebody enters."""


@blueprint.get("/<int:programme_id>/messages")
def messages(programme_id: int) -> str:
    """The batches that wait for somebody first, then the latest."""
    shop = current_shop()
    with unit_of_work() as work:
        programme = get_programme(work, shop.id, programme_id)
        every = list_batches(work, shop.id, source="programme", source_id=programme_id)
        batches = sorted(every, key=_rank)[:MOST]
        context = batch_context(
            work,
            batches,
            lambda batch, what: url_for(
                "programmes.decide", programme_id=programme_id, batch_id=batch, what=what
            ),
        )
    return render_template(
        "programmes/messages.html",
        programme=programme,
        batches=batches,
        others=len(every) - len(batches),
        **context,
    )


@blueprint.post("/<int:programme_id>/messages/<int:batch_id>/<what>")
def decide(programme_id: int, batch_id: int, what: str) -> Response:
    """Stop, go on, or decide about the unsure."""
    flash(decide_about("programme", programme_id, batch_id, what), "good")
    there = url_for("programmes.messages", programme_id=programme_id, _anchor=f"batch-{batch_id}")
    return redirect(there)


def _rank(batch: BatchStanding) -> tuple[int, int]:
    """Those to decide about, those on their way, the rest; the latest first in each."""
    open_ones = batch.counts["queued"] or batch.counts["claimed"]
    waits = batch.counts["unsure"] or batch.problem or (batch.state != RUNNING and open_ones)
    return (0 if waits else 1 if on_its_way(batch) else 2, -batch.id)
