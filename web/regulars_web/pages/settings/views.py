"""Settings: the shop's name, one's language, one's sessions."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField

from regulars_platform.errors import RegularsError
from regulars_platform.shops.service import rename_shop
from regulars_web.edge import current_shop, read_shop_again, unit_of_work
from regulars_web.forms import show_problems
from regulars_web.signing_in import current_account

blueprint = Blueprint("settings", __name__)


class ShopForm(FlaskForm):  # type: ignore[misc]
    """What can be changed about a shop after it was opened."""

    shop_name = StringField(_("Name of the shop"))


@blueprint.route("/", methods=["GET", "POST"])
def overview() -> str | Response | tuple[str, int]:
    """Everything that can be set, on one page."""
    form = ShopForm(shop_name=current_shop().name)
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                rename_shop(work, current_shop().id, form.shop_name.data or "")
        except RegularsError as error:
            show_problems(form, error)
        else:
            read_shop_again()
            flash(gettext("The shop has its new name."), "good")
            return redirect(url_for("settings.overview"))
    page = render_template("settings/overview.html", form=form, account=current_account())
    return (page, 422) if request.method == "POST" else page
