"""Tiers: the page of figures, the editors of rules and rights, segments of who is close."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from regulars_platform.customers.tiers import TIERS, Tier, read_tiers
from regulars_platform.errors import InvalidInputError, NotFoundError
from regulars_platform.memory.service import read_learnings
from regulars_platform.programmes.service import Programme, list_programmes
from regulars_platform.segments.rules import Rule
from regulars_platform.segments.service import SegmentNameError, save_segment
from regulars_platform.tiers import costs, members, shares, told
from regulars_platform.tiers.ladder import MOST_TIERS, parse_tiers, tiers_json, tiers_typed
from regulars_platform.tiers.membership import MEMBER_BY, keep_membership, read_membership
from regulars_platform.tiers.rights import (
    CARES,
    MOST_RIGHTS,
    PERS,
    RIGHTS,
    Rights,
    parse_rights,
    read_rights,
    rights_json,
)
from regulars_platform.tiers.segments import in_rule, near_rule
from regulars_platform.tiers.service import Changer, change_rules, list_changes
from regulars_platform.tiers.standing import Looked, head_counts, standing
from regulars_platform.words import N_, Sentence
from regulars_web.drafts.tiers import (
    names_from_files,
    proposed_fields,
    told_fields,
)
from regulars_web.edge import current_shop, now, read_shop_again, reading, settings, unit_of_work
from regulars_web.formats import number, percent
from regulars_web.looking_at_customers import Customers, find_customers
from regulars_web.pages.tiers import shown
from regulars_web.problems import by_field
from regulars_web.words import tiers as words

blueprint = Blueprint("tiers", __name__)
Page = str | Response | tuple[str, int]
_ABOUT_TIERS = ("tier_changed", "tier_near", "joined", "birthday")
"""Kinds of programmes whose holdout shows what tiers and their rights do."""

_AGAIN = 50
"""How often a name for a segment is tried with another number."""


@blueprint.get("/")
def overview() -> str:
    """All figures, or where to begin."""
    shop = current_shop()
    tiers, found = read_tiers(shop), find_customers()
    with reading() as work:
        changes = [
            (
                one,
                words.kept_ladder_text(one.before, shop.currency),
                words.kept_ladder_text(one.after, shop.currency),
            )
            for one in list_changes(work, shop.id, TIERS)
        ]
        programmes = list_programmes(work, shop.id)
        started = [one for one in programmes if one.kind in _ABOUT_TIERS and one.state != "draft"]
    if found is None or not tiers:
        return render_template(
            "tiers/overview.html",
            page=None,
            told=None if found is None else shown.told_rows(told.told_tiers(found.features)),
            has_orders=found is not None,
            changes=changes,
        )
    page = _figures(Looked(store=found.store, version=found.version, tiers=tiers), found)
    return render_template(
        "tiers/overview.html",
        page=page,
        changes=changes,
        cares=_cares(page["rights"], programmes),
        started=started,
        has_orders=True,
    )


def _figures(looked: Looked, found: Customers) -> dict[str, Any]:
    shop, as_of = current_shop(), found.as_of
    rights = read_rights(shop)
    stand = standing(looked, as_of).collect(engine="streaming")
    cross = told.told_beside_rules(looked.store.shop_dir, found.features)
    by = read_membership(shop)
    compared = members.compare_members(looked, by, as_of)
    with unit_of_work() as work:
        tested = members.by_lot(read_learnings(work, settings(), shop.id))
    measures = {one.name: one.by for one in looked.tiers}
    currency = shop.currency
    lowered = costs.lowered(looked, rights, stand)
    return {
        "as_of": as_of,
        "rules": words.ladder_text(looked.tiers, currency),
        "names": looked.names,
        "counts": count_rows(found, looked.tiers),
        "months": shown.month_rows(shares.over_time(looked, found.days.first, as_of), looked.names),
        "results": [shown.result_row(one, currency) for one in shares.results(looked, as_of)],
        "window": shares.WINDOW,
        "cross": cross,
        "cross_rows": [] if cross is None else shown.cross_rows(cross, looked.names),
        "member_by": by,
        "member_choices": words.MEMBER_BY,
        "compared": compared,
        "sides": []
        if compared is None
        else [shown.side_row(side, currency) for side in (compared.members, compared.others)],
        "difference": None if compared is None else shown.difference_pair(compared),
        "tested": shown.tested_rows(tested, currency),
        "rights": rights,
        "lost_rights": [one.name for one in rights.rights if one.tier not in looked.names],
        "margin": tuple(percent(end / 10_000, 0) for end in rights.margin),
        "costs": [
            shown.cost_row(place, one, currency)
            for place, one in enumerate(costs.tier_costs(looked, rights, stand))
        ],
        "forecast_days": costs.FORECAST_DAYS,
        "near": percent(costs.NEAR, 0),
        "upgrades": [
            shown.upgrade_row(place, one, costs.NEAR, currency)
            for place, one in enumerate(costs.upgrades(looked, stand, as_of))
            if one.tier.least > 0
        ],
        "lowered": [shown.lowered_row(one, measures[one.tier], currency) for one in lowered],
        "lowered_costs": any(one.cost is not None for one in lowered),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class CountRow:
    """A tier's head-count now. strangers: of them without a purchase."""

    tier: str
    customers: str
    share: str
    strangers: int


def count_rows(found: Customers, tiers: tuple[Tier, ...]) -> list[CountRow]:
    """How many each tier would hold of everybody who is known."""
    counts = head_counts(found.features, tiers)
    total = max(sum(many for _, many, _ in counts), 1)
    return [
        CountRow(
            tier=words.tier_name(name),
            customers=number(many),
            share=percent(many / total),
            strangers=strangers,
        )
        for name, many, strangers in counts
        if name is not None or many
    ]


@blueprint.route("/rules", methods=["GET", "POST"])
def rules() -> Page:
    """The editor of tiers; without customers nothing to begin with but bringing them."""
    shop, found = current_shop(), find_customers()
    tiers = read_tiers(shop)
    if request.method == "GET":
        if found is None and not tiers:
            return render_template("tiers/rules_empty.html")
        return _rules_page(_first_fields(tiers, found), found)
    if request.form.get("do") == "show":
        return _rules_page(request.form, found)
    try:
        kept = tiers_json(parse_tiers(request.form))
    except InvalidInputError:
        return _rules_page(request.form, found), 422
    with unit_of_work() as work:
        change_rules(work, shop.id, TIERS, kept, by=changer(), now=now())
    read_shop_again()
    flash(gettext("Kept. Segments, programmes and figures follow these tiers from now on."), "good")
    return redirect(url_for("tiers.overview"))


def _first_fields(tiers: tuple[Tier, ...], found: Customers | None) -> dict[str, str]:
    """The rules that are kept, else proposed ones; ?names=told begins with the names of files."""
    by = request.args.get("by")
    names = names_from_files(found) if request.args.get("names") == "told" else ()
    if found is not None and names:
        return told_fields(found, names, by or (tiers[0].by if tiers else None))
    return tiers_typed(tiers) if tiers else proposed_fields(found, by)


@blueprint.post("/rules/count")
def count() -> str:
    """Head-counts of the rules as they are being typed, and what is wrong with them."""
    return render_template("tiers/counts.html", **_checked(request.form, find_customers()))


def _rules_page(typed: Mapping[str, str], found: Customers | None) -> str:
    return render_template(
        "tiers/rules.html",
        typed=typed,
        measures=words.MEASURES,
        places=range(MOST_TIERS),
        is_new=not read_tiers(current_shop()),
        from_files=names_from_files(found),
        begun=request.method == "GET" and request.args.get("names") == "told",
        has_starts=bool(typed.get("from-0")),
        **_checked(typed, found),
    )


def _checked(typed: Mapping[str, str], found: Customers | None) -> dict[str, Any]:
    try:
        tiers = parse_tiers(typed)
    except InvalidInputError as error:
        if request.method == "GET":  # proposed names without beginnings: nobody has typed yet
            return {"problems": {}, "counts": [], "has_orders": found is not None}
        return {"problems": by_field(error.problems), "counts": [], "has_orders": found is not None}
    counts = count_rows(found, tiers) if found is not None and tiers else []
    return {"problems": {}, "counts": counts, "has_orders": found is not None}


@blueprint.route("/rights", methods=["GET", "POST"])
def rights() -> Page:
    """The editor of rights."""
    shop = current_shop()
    names = [one.name for one in read_tiers(shop)]
    if not names:
        flash(gettext("Write the tiers down first: a right belongs to a tier."), "caution")
        return redirect(url_for("tiers.rules"))
    if request.method == "GET":
        return _rights_page(_rights_typed(read_rights(shop)), names, {})
    try:
        kept = rights_json(parse_rights(request.form, names))
    except InvalidInputError as error:
        return _rights_page(request.form, names, by_field(error.problems)), 422
    with unit_of_work() as work:
        change_rules(work, shop.id, RIGHTS, kept, by=changer(), now=now())
    read_shop_again()
    flash(gettext("The rights are kept."), "good")
    return redirect(url_for("tiers.overview") + "#rights")


def _rights_page(typed: Mapping[str, str], names: list[str], problems: dict[str, str]) -> str:
    return render_template(
        "tiers/rights.html",
        typed=typed,
        names=names,
        problems=problems,
        places=range(MOST_RIGHTS),
        pers={one: words.PERS[one] for one in PERS},
        cares={one: words.CARES[one] for one in CARES},
    )


def _rights_typed(kept: Rights) -> dict[str, str]:
    written = rights_json(kept)
    fields = {name: str(written[name]) for name in ("margin_low", "margin_high")}
    for place, right in enumerate(written["rights"]):
        fields |= {f"{part}-{place}": str(value) for part, value in right.items()}
    return fields


@blueprint.post("/members")
def membership() -> Response:
    """The shop says whom it calls members."""
    chosen = request.form.get("by", "")
    if chosen in MEMBER_BY:
        with unit_of_work() as work:
            keep_membership(work, current_shop().id, chosen)
        read_shop_again()
    return redirect(url_for("tiers.overview") + "#members")


@blueprint.post("/near/<int:place>")
def near(place: int) -> Response:
    """Keep those who are close to a tier as a segment, and open it."""
    tier = _tier_at(place)
    return _save_and_open(str(gettext("Close to %(tier)s", tier=tier.name)), near_rule(tier))


@blueprint.post("/in/<int:place>")
def everybody_in(place: int) -> Response:
    """Keep everybody in a tier as a segment, and open it."""
    tier = _tier_at(place)
    return _save_and_open(tier.name, in_rule(tier))


def _tier_at(place: int) -> Tier:
    tiers = read_tiers(current_shop())
    if place >= len(tiers):
        raise NotFoundError(Sentence(N_("There is no such tier any more.")))
    return tiers[place]


def _save_and_open(name: str, rule: Rule) -> Response:
    with unit_of_work() as work:
        segment_id = _save_under_a_free_name(work, current_shop().id, name, rule)
    flash(gettext("Saved as a segment. A campaign can be planned with it from here."), "good")
    return redirect(url_for("segments.edit", segment_id=segment_id))


def _save_under_a_free_name(work: Session, shop_id: int, name: str, rule: Rule) -> int:
    for number_ in range(1, _AGAIN):
        tried = name if number_ == 1 else f"{name} ({number_})"
        try:
            return save_segment(work, shop_id=shop_id, name=tried, rule=rule, now=now()).id
        except SegmentNameError:
            continue
    raise NotFoundError(Sentence(N_("There are too many segments of that name: delete some.")))


def _cares(
    kept: Rights, programmes: list[Programme]
) -> list[tuple[str, str, str, Programme | None]]:
    """(right, kind, words, the programme of that kind that is there) of rights that need one."""
    there = {one.kind: one for one in programmes if one.state != "ended"}
    return [
        (right.name, right.care, str(words.CARES[right.care]), there.get(right.care))
        for right in kept.rights
        if right.care
    ]


def changer() -> Changer:
    """The person of this request."""
    account = current_user.account
    return Changer(id=account.id, name=account.name)
