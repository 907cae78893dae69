"""Segments: the list, and a builder that counts while one types.

The builder is one form. Its buttons say what to do (`do`): with scripts they answer with the
builder alone, without them with the whole page; nothing is kept before `save`.
"""

from dataclasses import dataclass

import polars as pl
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.errors import RegularsError
from regulars_platform.segments.counting import SegmentCount, count_each
from regulars_platform.segments.rules import Rule, parse_rule
from regulars_platform.segments.service import (
    SegmentNameError,
    change_rule,
    delete_segment,
    get_segment,
    list_segments,
    rename_segment,
    save_segment,
)
from regulars_platform.segments.tables import Segment
from regulars_web.edge import current_shop, now, unit_of_work
from regulars_web.formats import sentence
from regulars_web.pages.customers.looking import Customers, find_customers
from regulars_web.pages.customers.shown import feature_heading
from regulars_web.pages.segments.builder import Builder, build_builder, do_to_draft
from regulars_web.pages.segments.checking import Checked, check_draft
from regulars_web.pages.segments.draft import draft_of, empty_draft, read_draft
from regulars_web.pages.segments.ready_made import READY_MADE, Start, choose_start
from regulars_web.pages.segments.words import operator_text, rule_text, unit_text

blueprint = Blueprint("segments", __name__)
for shown in (operator_text, unit_text, feature_heading):
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
    """The context of segments/edit.html. segment: None for a new one."""

    segment: Segment | None
    name: str
    name_problem: str
    builder: Builder
    start: Start


@blueprint.get("/")
def overview() -> str:
    """All segments with whom they hold for now."""
    shop = current_shop()
    with unit_of_work() as work:
        segments = list_segments(work, shop.id)
    found = find_customers()
    rules = [parse_rule(segment.rule) for segment in segments]
    rows = [
        SegmentRow(segment=segment, words=rule_text(rule, shop.currency), count=count)
        for segment, rule, count in zip(segments, rules, _counts(found, rules), strict=True)
    ]
    total = 0 if found is None else found.features.select(pl.len()).collect().item()
    return render_template("segments/overview.html", rows=rows, found=found, total=total)


@blueprint.get("/new")
def new() -> Page:
    """The builder, empty or filled in by a ready-made rule."""
    start = choose_start(request.args, current_shop().currency)
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
    draft = do_to_draft(read_draft(request.form), request.form.get("do", ""))
    shown = build_builder(check_draft(draft, missing_is_wrong=False))
    return render_template("segments/answer.html", builder=shown, whole=True)


@blueprint.post("/live")
def live() -> str:
    """Whom the rule holds for, while it is typed, and what is wrong beside each field."""
    checked = check_draft(read_draft(request.form), missing_is_wrong=False)
    shown = build_builder(checked)
    return render_template("segments/answer.html", builder=shown, whole=False)


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
        return _edit_page(segment, name, checked, name_problem=_said(error)), 422
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
    page = EditPage(
        segment=segment,
        name=name,
        name_problem=name_problem,
        builder=build_builder(checked),
        start=start or Start(),
    )
    return render_template(
        "segments/edit.html", page=page, builder=page.builder, ready_made=READY_MADE.values()
    )


def _get(segment_id: int) -> Segment:
    with unit_of_work() as work:
        return get_segment(work, current_shop().id, segment_id)


def _counts(found: Customers | None, rules: list[Rule]) -> tuple[SegmentCount | None, ...]:
    return (None,) * len(rules) if found is None else count_each(found.features, rules)


def _said(error: RegularsError) -> str:
    return " ".join(sentence(said) for said in (error.problem, error.hint) if said)
