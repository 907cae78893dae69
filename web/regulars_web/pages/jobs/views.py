"""Work in the background: what runs, how far it is, and a way to stop it."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.jobs.service import get_job, list_jobs, request_cancel
from regulars_web.edge import current_shop, now, unit_of_work
from regulars_web.pages.jobs.words import job_step, job_title, state_chip
from regulars_web.signing_in import safe_next

blueprint = Blueprint("jobs", __name__)
blueprint.add_app_template_global(job_title, "job_title")
blueprint.add_app_template_global(job_step, "job_step")
blueprint.add_app_template_global(state_chip, "state_chip")


@blueprint.get("/")
def overview() -> str:
    """The latest jobs of the shop."""
    with unit_of_work() as work:
        jobs = list_jobs(work, current_shop().id)
    return render_template("jobs/overview.html", jobs=jobs)


@blueprint.get("/<job_id>")
def one(job_id: str) -> str:
    """One job."""
    with unit_of_work() as work:
        job = get_job(work, current_shop().id, job_id)
    return render_template("jobs/one.html", job=job)


@blueprint.get("/<job_id>/progress")
def progress(job_id: str) -> Response:
    """The piece of a page that shows a job's progress and asks for itself again.

    With ?then=reload the page around it is loaded anew once the job is over.
    """
    with unit_of_work() as work:
        job = get_job(work, current_shop().id, job_id)
    then = "reload" if request.args.get("then") == "reload" else ""
    response = make_response(render_template("jobs/progress.html", job=job, then=then))
    if job.is_over and then:
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.post("/<job_id>/cancel")
def cancel(job_id: str) -> BaseResponse:
    """Ask a job to stop."""
    with unit_of_work() as work:
        request_cancel(work, current_shop().id, job_id, now())
    return redirect(safe_next(request.form.get("next") or url_for("jobs.one", job_id=job_id)))
