"""The shop report by day, 7 days and month, its tables as files, and the shop's goal."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.figures.csv_tables import TABLES, report_csv
from regulars_platform.figures.goals import keep_goal, parse_goal, read_goal
from regulars_platform.segments.service import list_segments
from regulars_platform.words import N_, Sentence
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, read_shop_again, reading, unit_of_work
from regulars_web.looking_at_visits import open_source
from regulars_web.pages.figures.asked import read_asked, report_on
from regulars_web.pages.figures.shown import report_page
from regulars_web.pages.figures.words import COURSES, KINDS, stage_words
from regulars_web.problems import problem_text

blueprint = Blueprint("figures", __name__)


@blueprint.get("/")
def overview() -> str:
    """The report that the address asks for, or what it will show."""
    shop, source = current_shop(), open_source()
    with reading() as work:
        asked = None if source is None else read_asked(work, source, request.args)
        segments = [(one.id, one.name) for one in list_segments(work, shop.id)]
    if source is None or asked is None:
        return render_template("figures/empty.html")
    report, goal = report_on(asked, source), read_goal(shop)
    return render_template(
        "figures/overview.html",
        asked=asked,
        report=report,
        goal=goal,
        page=report_page(report, goal, shop.currency),
        stage=stage_words(report.stage),
        segments=segments,
        kinds=KINDS,
        course_title=COURSES[report.by],
    )


@blueprint.get("/<table>.csv")
def download(table: str) -> Response:
    """One table of the report."""
    source = open_source()
    with reading() as work:
        asked = None if source is None else read_asked(work, source, request.args)
    if source is None or asked is None or table not in TABLES:
        raise NotFoundError(
            Sentence(N_("There is no such table.")),
            Sentence(N_("Go back to the shop report, and download one of its tables.")),
        )
    report = report_on(asked, source)
    name = f"{table}-{report.now.period.last.isoformat()}.csv"
    return csv_file(report_csv(report, table), name)


@blueprint.post("/goal")
def set_goal() -> BaseResponse:
    """Keep the goal of the repurchase rate."""
    shop = current_shop()
    try:
        goal = parse_goal(request.form.get("low", ""), request.form.get("high", ""))
        with unit_of_work() as work:
            keep_goal(work, shop, shop.id, goal)
        read_shop_again()
    except RegularsError as error:
        flash(problem_text(error), "bad")
    return redirect(url_for("figures.overview", _anchor="goal"))
