"""The first page: for a new shop the path from orders to the first campaign."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from regulars_platform.orders.table import OrdersTable
from regulars_web.edge import current_shop, settings

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class HomePage:
    """The context of home/shop.html. has_orders: whether any order line is stored."""

    has_orders: bool


@blueprint.get("/")
def shop() -> str:
    """The shop at a glance."""
    orders = OrdersTable(settings().shop_dir(current_shop().id))
    return render_template("home/shop.html", page=HomePage(has_orders=orders.exists()))
