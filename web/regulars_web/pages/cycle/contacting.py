"""One press on the due list drafts the contacts that prove what they bring."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from regulars_platform.cycle.due_list import DueAsked
from regulars_platform.cycle.service import Asked
from regulars_web.drafts.due import due_campaign, due_programme, due_programme_plan
from regulars_web.drafts.plans import find_shop_facts
from regulars_web.edge import unit_of_work


def draft_contacts(asked: Asked, wanted: DueAsked) -> Response:
    """Make the draft that was asked for, or go to the one that was made before."""
    if request.form.get("do") == "programme":
        plan = due_programme_plan(wanted)
        with unit_of_work() as work:
            programme_id = due_programme(work, plan)
        return redirect(url_for("programmes.edit", programme_id=programme_id, check=1))
    facts = find_shop_facts(asked.store)
    with unit_of_work() as work:
        campaign_id = due_campaign(work, asked, wanted, facts)
    return redirect(url_for("campaigns.edit", campaign_id=campaign_id))
