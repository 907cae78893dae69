"""The first page: for a new shop the path from orders to the first campaign, later what runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template

from regulars_platform.campaigns.service import list_campaigns
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.orders.table import OrdersTable
from regulars_web.edge import current_shop, settings, unit_of_work
from regulars_web.pages.figures.week import WeekInShort, week_in_short

blueprint = Blueprint("home", __name__)

SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class HomePage:
    """The context of home/shop.html.

    has_orders: whether any order line is stored. has_launched: the first campaign is on its way,
    so the path is behind the shop. latest: campaigns and drafts, newest first. week: None before
    the first paid order.
    """

    has_orders: bool
    has_launched: bool
    latest: Sequence[Campaign]
    week: WeekInShort | None


@blueprint.get("/")
def shop() -> str:
    """The shop at a glance."""
    with unit_of_work() as work:
        campaigns = list_campaigns(work, current_shop().id)
    page = HomePage(
        has_orders=OrdersTable(settings().shop_dir(current_shop().id)).exists(),
        has_launched=any(campaign.state == LAUNCHED for campaign in campaigns),
        latest=campaigns[:SHOWN],
        week=week_in_short(),
    )
    return render_template("home/shop.html", page=page)
