"""The first page: for a new shop the path from orders to the first campaign, later what runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from regulars_platform.campaigns.service import list_campaigns
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.orders.table import OrdersTable
from regulars_platform.reports.service import find_latest_report
from regulars_web.edge import current_shop, settings, unit_of_work
from regulars_web.latest_results import LatestResult, latest_results
from regulars_web.pages.figures.week import WeekInShort, week_in_short
from regulars_web.pages.reports.headline import headline, provisionally, total_words

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
    results: Mapping[int, LatestResult]
    said: tuple[str, int] | None


@blueprint.get("/")
def shop() -> str:
    """The shop at a glance."""
    with unit_of_work() as work:
        campaigns = list_campaigns(work, current_shop().id)
        shown = [campaign.id for campaign in campaigns[:SHOWN] if campaign.state == LAUNCHED]
        results = latest_results(work, current_shop().id, shown)
        told = next((campaign_id for campaign_id in shown if campaign_id in results), None)
        report = None if told is None else find_latest_report(work, current_shop().id, told)
    page = HomePage(
        has_orders=OrdersTable(settings().shop_dir(current_shop().id)).exists(),
        has_launched=any(campaign.state == LAUNCHED for campaign in campaigns),
        latest=campaigns[:SHOWN],
        week=week_in_short(),
        results=results,
        said=None if report is None else (_said(report.document), report.campaign_id),
    )
    return render_template("home/shop.html", page=page)


def _said(document: Mapping[str, Any]) -> str:
    """What all arms together earned, or the one arm and its segments."""
    together = total_words(document)
    if together:
        return provisionally(document, together)
    return headline(document, document["overall"][0]["arm"])
