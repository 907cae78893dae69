"""Downloads of a launched campaign: contact lists, the full assignment, the frozen plan."""

from flask import Response, abort

from regulars_platform.campaigns.plan import EVERYONE_ELSE
from regulars_platform.campaigns.service import get_launched
from regulars_platform.delivery.lists import contact_list_name, treated_arm
from regulars_platform.delivery.service import campaign_assignment_list, campaign_contact_list
from regulars_web.downloads import csv_file, json_file
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.pages.campaigns.area import blueprint
from regulars_web.words.plans import offer_told, segment_label

CSV = "text/csv; charset=utf-8"


@blueprint.get("/<int:campaign_id>/contacts/<int:place>.csv")
def contacts(campaign_id: int, place: int) -> Response:
    """Whom to contact in one treated arm (1, 2, ..); the holdout has no such list."""
    shop = current_shop()
    with unit_of_work() as work:
        campaign = get_launched(work, shop.id, campaign_id)
        if not 1 <= place <= len(campaign.plan.arms):
            abort(404)
        arm = campaign.plan.arms[place - 1].name
        pieces = campaign_contact_list(
            work,
            settings(),
            shop_id=shop.id,
            campaign_id=campaign_id,
            arm=arm,
            now=now(),
            titled=offer_told,
            rest=segment_label(EVERYONE_ELSE),
        )
    name = contact_list_name(campaign, treated_arm(campaign.plan, arm))
    return csv_file(pieces, name)


@blueprint.get("/<int:campaign_id>/assignment.csv")
def assignment(campaign_id: int) -> Response:
    """Who got which arm, holdout and all, for the analyst."""
    with unit_of_work() as work:
        pieces = campaign_assignment_list(
            work, settings(), shop_id=current_shop().id, campaign_id=campaign_id
        )
    return csv_file(pieces, f"campaign-{campaign_id}-assignment.csv")


@blueprint.get("/<int:campaign_id>/plan.json")
def frozen_plan(campaign_id: int) -> Response:
    """The frozen document to the byte: its SHA-256 is the plan's."""
    with unit_of_work() as work:
        campaign = get_launched(work, current_shop().id, campaign_id)
    return json_file(campaign.plan_json, f"campaign-{campaign_id}-plan.json")
