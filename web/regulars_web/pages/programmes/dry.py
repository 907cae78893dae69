"""What today's run would do: a page and a file, without any arm."""

from collections.abc import Callable

from flask import Response, render_template
from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.programmes.beginning import begins_on
from regulars_platform.programmes.dry_run import DryRun, dry_run, dry_run_all, dry_run_csv
from regulars_platform.programmes.service import Programme, get_programme
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, now, reading, settings, today, unit_of_work
from regulars_web.formats import sentence
from regulars_web.pages.programmes.area import blueprint
from regulars_web.pages.programmes.shown import dry_page
from regulars_web.words.programmes import kind_title, told_example


@blueprint.get("/dry-run")
def dry_all() -> str:
    """What today's run of all running programmes would do."""
    return _page(_all, None)


@blueprint.get("/<int:programme_id>/dry-run")
def dry_one(programme_id: int) -> str:
    """What today's run of one programme would do; a draft's as if it were running."""
    with unit_of_work() as work:
        programme = get_programme(work, current_shop().id, programme_id)
    return _page(lambda session: [_one(session, programme_id)], programme)


@blueprint.get("/dry-run.csv")
def dry_all_csv() -> Response:
    """The same as a file: everybody whom a trigger names, without any arm."""
    with reading() as session:
        runs = _all(session)
    return csv_file(dry_run_csv(runs), "programmes-dry-run.csv")


@blueprint.get("/<int:programme_id>/dry-run.csv")
def dry_one_csv(programme_id: int) -> Response:
    """One programme's dry run as a file."""
    with reading() as session:
        runs = [_one(session, programme_id)]
    return csv_file(dry_run_csv(runs), f"programme-{programme_id}-dry-run.csv")


def _all(session: Session) -> list[DryRun]:
    return dry_run_all(session, settings(), current_shop().id, today(), now())


def _one(session: Session, programme_id: int) -> DryRun:
    return dry_run(session, settings(), current_shop().id, programme_id, today(), now())


def _page(look: Callable[[Session], list[DryRun]], programme: Programme | None) -> str:
    problem = ""
    runs: list[DryRun] = []
    try:
        with reading() as session:
            runs = look(session)
    except InvalidInputError:
        problem = gettext("The plan is not complete yet, so nobody knows whom it would name.")
    except RegularsError as error:
        problem = sentence(error.problem)
    begins, told = None, ""
    if programme is not None and programme.version is not None:
        with reading() as session:
            begins = begins_on(session, programme)
            told = told_example(session, programme.shop_id, programme.version.plan)
    return render_template(
        "programmes/dry_run.html",
        begins=begins,
        told=told,
        pages=[dry_page(run) for run in runs],
        problem=problem,
        programme=programme,
        today=today(),
        titles=kind_title,
    )
