"""The last look at a plan before it is frozen, and the launch itself."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.campaigns.errors import (
    AlreadyLaunchedError,
    CampaignNotFoundError,
    DraftChangedError,
)
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import get_campaign, get_shop_of, update_draft
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.errors import RegularsError
from regulars_platform.launching.launch import prepare_launch, store_launch
from regulars_platform.launching.preview import Preview, preview_draft, programmes_of
from regulars_platform.programme_effect.beside import NOBODY, ProgrammesBeside
from regulars_web.edge import current_shop, now, reading, settings, unit_of_work
from regulars_web.pages.campaigns.area import blueprint
from regulars_web.pages.campaigns.changes import without_running
from regulars_web.pages.campaigns.planning import refuse_empty, show_form
from regulars_web.pages.campaigns.problems import full_draft
from regulars_web.pages.campaigns.show import plan_words
from regulars_web.salts import new_salt
from regulars_web.signing_in import current_account
from regulars_web.words.plans import offer_told


@dataclass(frozen=True, kw_only=True, slots=True)
class LaunchPage:
    """The context of campaigns/launch.html. revision: of the draft shown; beside: programmes
    in the same days."""

    campaign: Campaign
    plan: Plan
    preview: Preview
    beside: ProgrammesBeside
    revision: int


@blueprint.get("/<int:campaign_id>/launch")
def launch(campaign_id: int) -> str | Response | tuple[str, int]:
    """The plan as it will be frozen, with head-counts."""
    shop = current_shop()
    with unit_of_work() as work:
        campaign = get_campaign(work, shop.id, campaign_id)
    if campaign.state == LAUNCHED:
        return redirect(url_for("campaigns.show", campaign_id=campaign_id))
    try:
        plan = read_plan(full_draft(campaign.draft, shop))
        with reading() as work:
            preview = preview_draft(work, settings(), get_shop_of(work, shop.id), campaign.draft)
            beside = programmes_of(preview) or NOBODY
        refuse_empty(preview)
    except RegularsError as error:
        return show_form(campaign_id, error)
    page = LaunchPage(
        campaign=campaign,
        plan=plan,
        preview=preview,
        beside=beside,
        revision=campaign.revision,
    )
    return render_template("campaigns/launch.html", page=page, words=plan_words(plan))


@blueprint.post("/<int:campaign_id>/apart")
def leave_out_running(campaign_id: int) -> Response:
    """Leave out the customers of campaigns in the same days, and look at the plan again."""
    shop = current_shop()
    with unit_of_work() as work:
        campaign = get_campaign(work, shop.id, campaign_id)
        if campaign.state != LAUNCHED:
            update_draft(
                work,
                shop_id=shop.id,
                campaign_id=campaign_id,
                raw=without_running(campaign.draft, "yes"),
                now=now(),
            )
    return redirect(url_for("campaigns.launch", campaign_id=campaign_id))


@blueprint.post("/<int:campaign_id>/launch")
def launch_now(campaign_id: int) -> str | Response | tuple[str, int]:
    """Freeze the plan and draw the arms: once, whoever presses the button."""
    shop = current_shop()
    try:
        # the draw of a large shop takes seconds: it only reads, and one short update decides
        with reading() as work:
            campaign = get_campaign(work, shop.id, campaign_id)
            seen = request.form.get("revision", type=int)
            if campaign.state != LAUNCHED and seen != campaign.revision:
                raise DraftChangedError.named(campaign.name)
            prepared = prepare_launch(
                work,
                settings(),
                shop_id=shop.id,
                campaign_id=campaign_id,
                now=now(),
                user_id=current_account().id,
                salt=new_salt(),
                titled=offer_told,
            )
        with unit_of_work() as work:
            store_launch(work, settings(), prepared)
    except CampaignNotFoundError:
        raise
    except AlreadyLaunchedError:
        flash(gettext("This campaign was already launched. Nothing was drawn again."), "caution")
        return redirect(url_for("campaigns.show", campaign_id=campaign_id))
    except RegularsError as error:
        return show_form(campaign_id, error)
    flash(gettext("Launched. The plan is frozen and the lists are ready."), "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))
