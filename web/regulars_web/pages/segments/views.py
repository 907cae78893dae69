"""Segments: the list, and a builder that counts while one types.

The builder is one form. Its buttons say what to do (`do`): with scripts they answer with the
builder alone, without them with the whole page; nothing is kept before `save`.
"""

from dataclasses import dataclass

import polars as pl
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.jobs.models import Job
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.segments.counting import SegmentCount
from regulars_platform.segments.download import customers_csv
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.jobs import KIND
from regulars_platform.segments.rules import Rule, parse_rule, rule_expression
from regulars_platform.segments.service import (
    SegmentNameError,
    change_rule,
    delete_segment,
    get_segment,
    list_segments,
    rename_segment,
    save_segment,
)
from regulars_platform.segments.sizes import SEEN, Size, keep_sizes
from regulars_platform.segments.suggestions import known_values
from regulars_platform.segments.tables import Segment
from regulars_web.charts import BarChart
from regulars_web.downloads import csv_file
from regulars_web.drafts.groups import usual_rules
from regulars_web.edge import current_shop, now, reading, unit_of_work
from regulars_web.looking_at_customers import Customers, find_customers
from regulars_web.pages.datasets.by_hand import tag_customers
from regulars_web.pages.segments.about import About, find_sizes, look_closer, size_chart
from regulars_web.pages.segments.builder import Builder, build_builder, do_to_draft
from regulars_web.pages.segments.checking import Checked, check_draft
from regulars_web.pages.segments.choices import choice_heading
from regulars_web.pages.segments.draft import draft_of, empty_draft, read_draft
from regulars_web.pages.segments.ready_made import (
    Start,
    choose_start,
    count_all,
    offer_themes,
)
from regulars_web.problems import problem_text
from regulars_web.words.features import feature_heading
from regulars_web.words.rules import operator_text, rule_text, unit_text

blueprint = Blueprint("segments", __name__)
for shown in (operator_text, unit_text, feature_heading, choice_heading):
    blueprint.add_app_template_global(shown, shown.__name__)

Page = str | Response | tuple[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentRow:
    """One line of the list; count is None as long as there are no customers."""

    segment: Segment
    words: str
    count: SegmentCount | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EditPage:
    """The context of segments/edit.html. segment: None for a new one; about: None where nobody can
    be looked at; sizes, chart: how large it was; job: the counting month by month, where asked;
    tags: those that customers have."""

    segment: Segment | None
    name: str
    name_problem: str
    builder: Builder
    start: Start
    about: About | None
    sizes: list[Size]
    chart: BarChart
    job: Job | None
    tags: list[str]


@blueprint.get("/")
def overview() -> str:
    """All segments with whom they hold for now, and the ready-made groups."""
    shop = current_shop()
    with unit_of_work() as work:
        segments = list_segments(work, shop.id)
    found = find_customers()
    rules = [parse_rule(segment.rule) for segment in segments]
    ready = usual_rules(found)
    counts, ready_counts, total = count_all(found, rules, ready)
    rows = [
        SegmentRow(segment=segment, words=rule_text(rule, shop.currency), count=count)
        for segment, rule, count in zip(segments, rules, counts, strict=True)
    ]
    _keep_seen(found, rows, total)
    return render_template(
        "segments/overview.html",
        rows=rows,
        found=found,
        total=total,
        themes=offer_themes(found, ready, ready_counts),
    )


@blueprint.get("/new")
def new() -> Page:
    """The builder, empty or filled in by a ready-made rule."""
    start = choose_start(request.args, current_shop().currency, find_customers())
    draft = empty_draft() if start.rule is None else draft_of(start.rule)
    page = _edit_page(None, start.name, check_draft(draft, missing_is_wrong=False), start=start)
    return (page, 422) if start.problems else page


@blueprint.post("/new")
def create() -> Page:
    """A button of the builder of a new segment."""
    return _press(None)


@blueprint.get("/<int:segment_id>")
def edit(segment_id: int) -> str:
    """The builder of a saved segment."""
    segment = _get(segment_id)
    draft = draft_of(parse_rule(segment.rule))
    return _edit_page(segment, segment.name, check_draft(draft, missing_is_wrong=True))


@blueprint.post("/<int:segment_id>")
def change(segment_id: int) -> Page:
    """A button of the builder of a saved segment."""
    return _press(_get(segment_id))


@blueprint.post("/builder")
def builder() -> str:
    """The builder after one of its buttons or lists, and whom the rule holds for now."""
    button = request.form.get("do", "")
    draft = do_to_draft(read_draft(request.form), button)
    shown = build_builder(check_draft(draft, missing_is_wrong=False), asked=_searched(button))
    return render_template("segments/answer.html", builder=shown, whole=True)


@blueprint.post("/live")
def live() -> str:
    """Whom the rule holds for, while it is typed, and what is wrong beside each field."""
    checked = check_draft(read_draft(request.form), missing_is_wrong=False)
    shown = build_builder(checked, whole=False)
    return render_template("segments/answer.html", builder=shown, whole=False)


@blueprint.post("/portrait")
def portrait() -> str:
    """Who they are and in which other segments, once somebody stops typing."""
    checked = check_draft(read_draft(request.form), missing_is_wrong=False)
    own = request.form.get("segment", "")
    own_id = int(own) if own.isdecimal() and len(own) < 16 else None
    return render_template("segments/about.html", about=_look_closer(checked, own_id))


@blueprint.get("/<int:segment_id>/customers.csv")
def customers(segment_id: int) -> Response:
    """Whom the segment holds, for the analyst; no list to contact people by."""
    rule = parse_rule(_get(segment_id).rule)
    found = find_customers()
    if found is None:
        flash(gettext("There are no orders yet, so there are no customers to download."), "caution")
        return redirect(url_for("segments.edit", segment_id=segment_id))
    features = for_rules(found.store, [rule], found.as_of, found.version)
    return csv_file(customers_csv(features, rule), f"segment-{segment_id}-for-analysis.csv")


@blueprint.post("/<int:segment_id>/tag")
def tag(segment_id: int) -> Response:
    """Give everybody whom the segment holds now a tag, or take it away from them."""
    rule = parse_rule(_get(segment_id).rule)
    found = find_customers()
    customers = pl.Series(dtype=pl.String)
    if found is not None:
        features = for_rules(found.store, [rule], found.as_of, found.version)
        inside = features.filter(rule_expression(rule)).select("customer_id")
        customers = inside.collect()["customer_id"]
    tag_customers(customers, request.form.get("tag", ""), request.form.get("do", ""))
    return redirect(url_for("segments.edit", segment_id=segment_id) + "#tags")


@blueprint.post("/<int:segment_id>/sizes")
def recompute(segment_id: int) -> Response:
    """Count all segments as of past month ends in the background; once at a time is enough."""
    shop = current_shop()
    with unit_of_work() as work:
        get_segment(work, shop.id, segment_id)
        running = find_latest_job(work, (KIND,), shop.id)
        if running is None or running.is_over:
            enqueue(work, KIND, shop.id, shop.id, now())
    return redirect(url_for("segments.edit", segment_id=segment_id) + "#sizes")


@blueprint.route("/<int:segment_id>/delete", methods=["GET", "POST"])
def delete(segment_id: int) -> str | Response:
    """Ask, then delete."""
    segment = _get(segment_id)
    if request.method == "GET":
        words = rule_text(parse_rule(segment.rule), current_shop().currency)
        return render_template("segments/delete.html", segment=segment, words=words)
    with unit_of_work() as work:
        delete_segment(work, shop_id=current_shop().id, segment_id=segment_id)
    flash(gettext("The segment “%(name)s” is deleted.", name=segment.name), "good")
    return redirect(url_for("segments.overview"))


def _press(segment: Segment | None) -> Page:
    """What a button of the whole page does: save, show, or change the draft."""
    button, name = request.form.get("do", ""), request.form.get("name", "")
    draft = do_to_draft(read_draft(request.form), button)
    checked = check_draft(draft, missing_is_wrong=button in ("save", "show"))
    if button != "save":
        return _edit_page(segment, name, checked)
    if checked.rule is None:
        return _edit_page(segment, name, checked), 422
    try:
        _save(segment, name, checked.rule)
    except SegmentNameError as error:
        return _edit_page(segment, name, checked, name_problem=problem_text(error)), 422
    flash(gettext("The segment “%(name)s” is saved.", name=" ".join(name.split())), "good")
    return redirect(url_for("segments.overview"))


def _save(segment: Segment | None, name: str, rule: Rule) -> None:
    shop_id, moment = current_shop().id, now()
    with unit_of_work() as work:
        if segment is None:
            save_segment(work, shop_id=shop_id, name=name, rule=rule, now=moment)
            return
        rename_segment(work, shop_id=shop_id, segment_id=segment.id, name=name, now=moment)
        change_rule(work, shop_id=shop_id, segment_id=segment.id, rule=rule, now=moment)


def _edit_page(
    segment: Segment | None,
    name: str,
    checked: Checked,
    *,
    name_problem: str = "",
    start: Start | None = None,
) -> str:
    job = None
    if segment is not None:
        with reading() as work:
            job = find_latest_job(work, (KIND,), current_shop().id)
    sizes = [] if segment is None else find_sizes(segment)
    page = EditPage(
        segment=segment,
        name=name,
        name_problem=name_problem,
        builder=build_builder(checked, asked=_searched(request.form.get("do", ""))),
        start=start or Start(),
        about=_look_closer(checked, None if segment is None else segment.id),
        sizes=sizes,
        chart=size_chart(sizes),
        job=job,
        tags=[] if segment is None else _known_tags(),
    )
    return render_template("segments/edit.html", page=page, builder=page.builder)


def _known_tags() -> list[str]:
    found = find_customers()
    return [] if found is None else [tag for tag, _ in known_values(found.features, "tags")]


def _searched(button: str) -> str:
    """What is searched for among the features; the Enter key presses "show"."""
    return request.form.get("find", "")[:200].strip() if button in ("find", "show") else ""


def _look_closer(checked: Checked, own_id: int | None) -> About | None:
    found = find_customers()
    if found is None or checked.rule is None:
        return None
    return look_closer(found, checked.rule, own_id)


def _keep_seen(found: Customers | None, rows: list[SegmentRow], total: int) -> None:
    """What was counted just now is part of each segment's history."""
    counted = [(row.segment, row.count.customers) for row in rows if row.count is not None]
    if found is None or not found.is_day_after or not counted:
        return
    with unit_of_work() as work:
        keep_sizes(
            work,
            [segment for segment, _ in counted],
            [(customers, total) for _, customers in counted],
            as_of=found.as_of,
            way=SEEN,
            orders_version=found.version,
            now=now(),
        )


def _get(segment_id: int) -> Segment:
    with unit_of_work() as work:
        return get_segment(work, current_shop().id, segment_id)
