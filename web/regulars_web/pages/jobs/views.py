"""Work in the background: what runs, how far it is, and a way to stop it."""

import json
import time
from collections.abc import Iterator

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.jobs.models import Job
from regulars_platform.jobs.service import get_job, list_jobs, request_cancel
from regulars_web.edge import current_shop, now, reading, unit_of_work
from regulars_web.job_watching import JobWatch, Watched
from regulars_web.signing_in import safe_next
from regulars_web.words.jobs import job_count, job_step, job_title, state_chip

LINE_LIFE = 25.0  # seconds; then the browser comes again
QUIET = 10.0  # seconds after which a line is shown to be alive

blueprint = Blueprint("jobs", __name__)
blueprint.add_app_template_global(job_title, "job_title")
blueprint.add_app_template_global(job_step, "job_step")
blueprint.add_app_template_global(state_chip, "state_chip")


def install_job_watch(app: Flask, watch: JobWatch) -> None:
    """What this application's pages see of jobs."""
    app.extensions["regulars_jobs"] = watch


def job_watch() -> JobWatch:
    """Of this application."""
    found: JobWatch = current_app.extensions["regulars_jobs"]
    return found


@blueprint.app_template_global("job_count")
def count_words(job: Job) -> str:
    """How far the job is within its step, and how long that still takes."""
    return job_count(job_watch().note(job))


@blueprint.get("/")
def overview() -> str:
    """The latest jobs of the shop."""
    with unit_of_work() as work:
        jobs = list_jobs(work, current_shop().id)
    return render_template("jobs/overview.html", jobs=jobs)


@blueprint.get("/<job_id>")
def one(job_id: str) -> str:
    """One job."""
    with reading() as work:
        job = get_job(work, current_shop().id, job_id)
    return render_template("jobs/one.html", job=job)


@blueprint.get("/<job_id>/progress")
def progress(job_id: str) -> Response:
    """The piece of a page that shows a job's progress, for pages that no line is left for.

    With ?then=reload the page around it is loaded anew once the job is over. ?back: that page.
    """
    job = _look(job_id).job
    then = "reload" if request.args.get("then") == "reload" else ""
    back = safe_next(request.args.get("back") or url_for("jobs.one", job_id=job_id))
    response = make_response(render_template("jobs/progress.html", job=job, then=then, back=back))
    if job.is_over and then:
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.get("/<job_id>/events")
def events(job_id: str) -> Response:
    """Progress as Server-Sent Events, for half a minute: `progress` whenever it changed, `over` at
    the end of the job. Status 204, which ends an EventSource, where too many lines are open."""
    _look(job_id)
    place = job_watch().enter()
    if place is None:
        return Response(status=204)
    lines = stream_with_context(_tell(job_id))
    response = Response(lines, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # a proxy in front must not hold it back
    response.call_on_close(place.leave)
    return response


def _tell(job_id: str) -> Iterator[str]:
    watch, began = job_watch(), time.monotonic()
    last, spoke = "", began
    yield "retry: 1000\n\n"
    while True:
        watched = _look(job_id)
        told = _event(watched)
        if told != last:
            last, spoke = told, time.monotonic()
            yield told
        elif time.monotonic() - spoke > QUIET:
            spoke = time.monotonic()
            yield ": still here\n\n"
        if watched.job.is_over or time.monotonic() - began > LINE_LIFE:
            return
        if watch.ending.wait(1.0):
            return


def _event(watched: Watched) -> str:
    job = watched.job
    told = {
        "state": job.state,
        "step": job_step(job),
        "count": job_count(watched),
        "percent": job.percent,
        "done": job.done,
        "total": job.total,
        "seconds_left": None if watched.seconds_left is None else round(watched.seconds_left),
    }
    name = "over" if job.is_over else "progress"
    return f"event: {name}\ndata: {json.dumps(told)}\n\n"


def _look(job_id: str) -> Watched:
    """Raises JobNotFoundError for a job of another shop, too."""
    shop_id = current_shop().id

    def read() -> Job:
        with reading() as work:
            return get_job(work, shop_id, job_id)

    watched = job_watch().look(job_id, read)
    if watched.job.shop_id != shop_id:
        read()  # which refuses it
    return watched


@blueprint.post("/<job_id>/cancel")
def cancel(job_id: str) -> BaseResponse:
    """Ask a job to stop."""
    with unit_of_work() as work:
        request_cancel(work, current_shop().id, job_id, now())
    return redirect(safe_next(request.form.get("next") or url_for("jobs.one", job_id=job_id)))
