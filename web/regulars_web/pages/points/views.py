"""Points: the ledger by month, what is owed, and the rules."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.canonical import canonical_json, sha256_of
from regulars_platform.errors import InvalidInputError
from regulars_platform.points.files import differences_csv, ledger_csv
from regulars_platform.points.rules import (
    POINTS,
    parse_points_rules,
    points_rules_json,
    read_points_rules,
)
from regulars_platform.shops.models import ShopId, ShopProfile
from regulars_platform.tiers.service import change_rules, list_changes
from regulars_web.downloads import csv_file
from regulars_web.edge import (
    current_shop,
    now,
    read_shop_again,
    reading,
    today,
    unit_of_work,
)
from regulars_web.looking_at_points import find_points
from regulars_web.pages.points import shown
from regulars_web.pages.tiers.views import changer
from regulars_web.problems import by_field

blueprint = Blueprint("points", __name__)


@blueprint.get("/")
def overview() -> str:
    """Everything, or where to begin."""
    shop, page = current_shop(), find_points().look()
    with reading() as work:
        changes = [
            (one, _kept_text(one.before, shop), _kept_text(one.after, shop))
            for one in list_changes(work, shop.id, POINTS)
        ]
    ages = [
        (label, points, shown.worth_text(int(raw), page.rules, shop.currency), soon)
        for label, points, raw, soon in shown.age_rows(page)
    ]
    return render_template(
        "points/overview.html",
        page=page,
        rules=shown.rules_text(page.rules, shop.currency),
        labels=shown.LINE_LABELS,
        months=shown.month_rows(page.months),
        ages=ages,
        owed=shown.owed_figures(page, shop.currency),
        share=shown.share_text(page.share),
        differences=shown.difference_rows(page),
        changes=changes,
    )


@blueprint.route("/rules", methods=["GET", "POST"])
def rules() -> str | Response | tuple[str, int]:
    """What orders earn, what a point is worth, when it lapses."""
    shop = current_shop()
    if request.method == "GET":
        kept = points_rules_json(read_points_rules(shop))
        typed = {name: "" if value in (None, "0") else str(value) for name, value in kept.items()}
        if not typed["per_unit"] and not typed["since"]:
            typed["since"] = today().isoformat()
        return render_template("points/rules.html", typed=typed, problems={})
    try:
        wanted = parse_points_rules(request.form)
    except InvalidInputError as error:
        page = render_template(
            "points/rules.html", typed=request.form, problems=by_field(error.problems)
        )
        return page, 422
    kept = points_rules_json(wanted)
    sure = sha256_of(canonical_json(kept))
    if request.form.get("sure") != sure:
        changes = find_points().at_once(wanted)
        if not changes.is_nothing:
            return render_template(
                "points/rules.html",
                typed=request.form,
                problems={},
                sure=sure,
                changes=shown.at_once_text(changes, wanted, shop.currency),
            )
    with unit_of_work() as work:
        change_rules(work, shop.id, POINTS, kept, by=changer(), now=now())
    read_shop_again()
    flash(gettext("Kept. Balances, segments and tiers follow from now on."), "good")
    return redirect(url_for("points.overview"))


@blueprint.get("/ledger.csv")
def ledger() -> Response:
    """Every month of the ledger."""
    return csv_file(ledger_csv(find_points().look().months), "points-ledger.csv")


@blueprint.get("/differences.csv")
def differences() -> Response:
    """Every customer whose told balance is not that of the ledger."""
    return csv_file(differences_csv(find_points().look()), "points-differences.csv")


def _kept_text(kept: object, shop: ShopProfile) -> str:
    one = ShopProfile(
        id=ShopId(shop.id),
        name="",
        currency=shop.currency,
        timezone=shop.timezone,
        practice={POINTS: kept},
    )
    return shown.rules_text(read_points_rules(one), shop.currency)
