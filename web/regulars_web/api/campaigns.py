"""Campaigns: drafts of plans, what a plan would mean, the launch, and whom to write to."""

import csv
import io
from dataclasses import asdict
from typing import Annotated, Any

from flask_babel import gettext
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.errors import DraftChangedError
from regulars_platform.campaigns.failed_sends import record_failed_sends
from regulars_platform.campaigns.plan import EVERYONE_ELSE
from regulars_platform.campaigns.service import (
    campaign_ledger,
    create_draft,
    delete_draft,
    get_campaign,
    get_launched,
    get_shop_of,
    list_campaigns,
    update_draft,
)
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.customers.store import build_feature_store
from regulars_platform.delivery.lists import contact_list_name, treated_arm
from regulars_platform.delivery.service import (
    campaign_assignment_list,
    campaign_contact_list,
    left_off_lists,
)
from regulars_platform.launching.launch import prepare_launch, store_launch
from regulars_platform.launching.preview import preview_draft, programmes_of
from regulars_platform.programme_effect.beside import NOBODY
from regulars_web.api.calling import Call
from regulars_web.api.campaigns_shown import (
    CampaignShown,
    CampaignSummary,
    campaign_shown,
    campaign_summary,
)
from regulars_web.api.declaring import Area, CsvFile, JsonFile
from regulars_web.api.models import Answer, Count, Id, Json, Line, Model, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.preview_shown import (
    PreviewShown,
    ProgrammesBesideShown,
    beside_shown,
    preview_shown,
)
from regulars_web.api.problems import Detail, input_problem
from regulars_web.drafts.plans import find_shop_facts, next_round
from regulars_web.edge import reading
from regulars_web.salts import new_salt
from regulars_web.words.plans import offer_told, segment_label

area = Area(
    "campaigns",
    "Campaigns, from a draft to whom to write to. Plans are as docs/plan.md describes them.",
)

EXAMPLE = {
    "plan": {
        "name": "Free shipping from 80",
        "as_of": "2026-02-01",
        "send_date": "2026-02-01",
        "outcome_end": "2026-02-28",
        "settle_until": "2026-03-31",
        "audience": {
            "feature": "average_order_value",
            "op": "between",
            "value": ["48", "96"],
        },
        "holdout_percent": "20",
        "arms": [
            {
                "name": "Free shipping",
                "share_percent": "80",
                "offer": {
                    "kind": "free_shipping",
                    "threshold": "80",
                    "shipping_cost": "4.90",
                    "reach": "open",
                },
                "channel": "email",
                "contact_cost": "0.02",
            }
        ],
        "margin_low_percent": "35",
        "margin_high_percent": "45",
    }
}


class PlanBody(Model):
    """A plan, complete or not; only its name is needed to keep it."""

    plan: Json


class PlanChange(PlanBody):
    """A plan in the place of another."""

    revision: Count | None = None
    """Of the draft it replaces; where somebody has changed that since, nothing is replaced."""


class LaunchBody(Model):
    """Which plan is meant."""

    revision: Count
    """Of the draft as it was looked at."""


class LeftOff(Model):
    """Customers of a treated arm who are left off its list now, by reason."""

    place: Annotated[int, Field(ge=1, le=6)]
    """1, 2, ...: the lists of contacts go by it."""
    arm: str
    customers: Count
    left_off: dict[str, int]


class FailedSend(Model):
    """A message that did not arrive."""

    customer_id: Line
    reason: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class FailedBody(Model):
    """Messages that did not arrive."""

    failed: Annotated[list[FailedSend], Field(min_length=1, max_length=10_000)]


class FailedRecorded(Model):
    """What became of them: given = recorded + known + strangers."""

    given: Count
    recorded: Count
    known: Count
    """Recorded before, or twice here."""
    strangers: Count
    """Not drawn in this campaign."""
    held_out: Count
    """Of the recorded, in the holdout: somebody tried to contact them."""


@area.get("/campaigns", scope=Scope.READ_CAMPAIGNS)
def list_all_campaigns(call: Call, work: Session, query: PageQuery) -> Page[CampaignSummary]:
    """The shop's campaigns, the newest first."""
    shop = get_shop_of(work, call.shop_id)
    return paged(
        list_campaigns(work, call.shop_id),
        query,
        lambda row: campaign_summary(row, shop),
        lambda row: (row.id,),
        descending=True,
    )


@area.post("/campaigns", scope=Scope.WRITE_CAMPAIGNS, status=201, example=EXAMPLE)
def create_campaign(call: Call, work: Session, body: PlanBody) -> Answer[CampaignShown]:
    """Keep a plan as a draft

    What keeps it from being launched is among its `problems`.
    """
    _refuse_other_shop(call, body.plan)
    row = create_draft(work, shop_id=call.shop_id, raw=body.plan, now=call.now)
    return _answer(call, work, row.id)


@area.post("/campaigns/preview", scope=Scope.READ_CAMPAIGNS, reads=True, example=EXAMPLE)
def preview_plan(call: Call, work: Session, body: PlanBody) -> Answer[PreviewShown]:
    """What a plan would mean: head-counts, leak, what could be proved, what it may earn."""
    _refuse_other_shop(call, body.plan)
    shop = get_shop_of(work, call.shop_id)
    return Answer[PreviewShown](
        data=preview_shown(preview_draft(work, call.settings, shop, body.plan))
    )


@area.post("/campaigns/beside", scope=Scope.READ_CAMPAIGNS, reads=True, example=EXAMPLE)
def preview_beside(call: Call, work: Session, body: PlanBody) -> Answer[ProgrammesBesideShown]:
    """Which programmes reach customers of a plan in its days; it can take a while."""
    _refuse_other_shop(call, body.plan)
    shop = get_shop_of(work, call.shop_id)
    preview = preview_draft(work, call.settings, shop, body.plan)
    beside = programmes_of(preview) or NOBODY
    return Answer[ProgrammesBesideShown](data=beside_shown(beside))


@area.get("/campaigns/{campaign_id}", scope=Scope.READ_CAMPAIGNS)
def get_one_campaign(call: Call, work: Session, campaign_id: Id) -> Answer[CampaignShown]:
    """One campaign with its plan, and what was frozen when it was launched."""
    return _answer(call, work, campaign_id)


@area.put(
    "/campaigns/{campaign_id}/plan",
    scope=Scope.WRITE_CAMPAIGNS,
    example={**EXAMPLE, "revision": 1},
)
def replace_plan(
    call: Call, work: Session, campaign_id: Id, body: PlanChange
) -> Answer[CampaignShown]:
    """Put another plan in the place of a draft's."""
    _refuse_other_shop(call, body.plan)
    row = get_campaign(work, call.shop_id, campaign_id)
    if row.state != LAUNCHED and body.revision not in (None, row.revision):
        raise DraftChangedError.named(row.name)
    update_draft(work, shop_id=call.shop_id, campaign_id=row.id, raw=body.plan, now=call.now)
    return _answer(call, work, campaign_id)


@area.delete("/campaigns/{campaign_id}", scope=Scope.WRITE_CAMPAIGNS)
def delete_campaign(call: Call, work: Session, campaign_id: Id) -> None:
    """Throw a draft away."""
    delete_draft(work, shop_id=call.shop_id, campaign_id=campaign_id)


@area.get("/campaigns/{campaign_id}/preview", scope=Scope.READ_CAMPAIGNS)
def preview_campaign(call: Call, work: Session, campaign_id: Id) -> Answer[PreviewShown]:
    """What the plan of a campaign would mean today."""
    row = get_campaign(work, call.shop_id, campaign_id)
    shop = get_shop_of(work, call.shop_id)
    return Answer[PreviewShown](
        data=preview_shown(preview_draft(work, call.settings, shop, dict(row.draft)))
    )


@area.post("/campaigns/{campaign_id}/again", scope=Scope.WRITE_CAMPAIGNS, status=201)
def repeat_campaign(call: Call, work: Session, campaign_id: Id) -> Answer[CampaignShown]:
    """A new draft like this campaign, for today's customers."""
    row = get_campaign(work, call.shop_id, campaign_id)
    draft = next_round(
        row.draft,
        find_shop_facts(build_feature_store(call.settings, call.shop)),
        today=call.today,
        name=gettext("%(name)s, next round", name=row.name)[:200],
    )
    made = create_draft(work, shop_id=call.shop_id, raw=draft, now=call.now)
    return _answer(call, work, made.id)


@area.post("/campaigns/{campaign_id}/launch", scope=Scope.LAUNCH, example={"revision": 1})
def launch_campaign(call: Call, campaign_id: Id, body: LaunchBody) -> Answer[CampaignShown]:
    """Freeze the plan and draw the arms: once, and for good."""
    with reading() as work:  # the draw of a large shop takes seconds: it only reads
        row = get_campaign(work, call.shop_id, campaign_id)
        if row.state != LAUNCHED and body.revision != row.revision:
            raise DraftChangedError.named(row.name)
        prepared = prepare_launch(
            work,
            call.settings,
            shop_id=call.shop_id,
            campaign_id=campaign_id,
            now=call.now,
            user_id=call.user_id,
            salt=new_salt(),
            titled=offer_told,
        )
    with call.writing() as write:
        store_launch(write.session, call.settings, prepared)
        return write.answer(_answer(call, write.session, campaign_id))


@area.get("/campaigns/{campaign_id}/frozen", scope=Scope.READ_CAMPAIGNS, also=(409,))
def get_frozen_plan(call: Call, work: Session, campaign_id: Id) -> JsonFile:
    """The frozen document of a launched campaign, to the byte: its SHA-256 is the plan's."""
    found = get_launched(work, call.shop_id, campaign_id)
    return JsonFile(found.plan_json, f"campaign-{campaign_id}-plan.json")


@area.get("/campaigns/{campaign_id}/contacts", scope=Scope.READ_CAMPAIGNS, also=(409,))
def count_contacts(call: Call, work: Session, campaign_id: Id) -> Answer[list[LeftOff]]:
    """The treated arms, and who is left off their lists now, by reason."""
    found = get_launched(work, call.shop_id, campaign_id)
    left = left_off_lists(work, call.settings, found, now=call.now)
    drawn = dict(found.arms)
    return Answer[list[LeftOff]](
        data=[
            LeftOff(
                place=place,
                arm=arm.name,
                customers=drawn[arm.name] - sum(left[arm.name].values()),
                left_off=left[arm.name],
            )
            for place, arm in enumerate(found.plan.arms, 1)
        ]
    )


@area.get("/campaigns/{campaign_id}/contacts/{place}", scope=Scope.READ_CONTACTS, also=(409,))
def download_contacts(call: Call, work: Session, campaign_id: Id, place: Id) -> CsvFile:
    """Whom to write to in a treated arm (1, 2, ...), as of now; the holdout has no such list."""
    found = get_launched(work, call.shop_id, campaign_id)
    if place > len(found.plan.arms):
        raise NotFound
    arm = found.plan.arms[place - 1].name
    pieces = campaign_contact_list(
        work,
        call.settings,
        shop_id=call.shop_id,
        campaign_id=campaign_id,
        arm=arm,
        now=call.now,
        titled=offer_told,
        rest=segment_label(EVERYONE_ELSE),
    )
    return CsvFile(pieces, contact_list_name(found, treated_arm(found.plan, arm)))


@area.post(
    "/campaigns/{campaign_id}/failed-sends",
    scope=Scope.SEND,
    example={"failed": [{"customer_id": "C1001", "reason": "no such address"}]},
)
def record_failed(
    call: Call, work: Session, campaign_id: Id, body: FailedBody
) -> Answer[FailedRecorded]:
    """Record messages of your sending tool that did not arrive

    They are counted and shown beside the result; their customers count in their arm all the same.
    """
    found = get_launched(work, call.shop_id, campaign_id)
    read = record_failed_sends(
        work,
        campaign_id=campaign_id,
        ledger=campaign_ledger(call.settings, found),
        lines=_lines(body.failed),
        now=call.now,
    )
    return Answer[FailedRecorded](data=FailedRecorded(**asdict(read)))


@area.get("/campaigns/{campaign_id}/assignment", scope=Scope.READ_CONTACTS, also=(409,))
def download_assignment(call: Call, work: Session, campaign_id: Id) -> CsvFile:
    """Who was drawn into which arm, holdout and all: not for sending."""
    pieces = campaign_assignment_list(
        work, call.settings, shop_id=call.shop_id, campaign_id=campaign_id
    )
    return CsvFile(pieces, f"campaign-{campaign_id}-assignment.csv")


def _lines(failed: list[FailedSend]) -> list[str]:
    """As a file of a sending tool has them: ids and reasons under their headings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("customer_id", "reason"))
    writer.writerows((one.customer_id, one.reason) for one in failed)
    return out.getvalue().splitlines()


def _answer(call: Call, work: Session, campaign_id: int) -> Answer[CampaignShown]:
    row = get_campaign(work, call.shop_id, campaign_id)
    work.refresh(row)
    return Answer[CampaignShown](data=campaign_shown(row, get_shop_of(work, call.shop_id)))


def _refuse_other_shop(call: Call, plan: dict[str, Any]) -> None:
    """A plan that names another currency or time zone than the shop's was made for another one."""
    for field, own in (("currency", call.shop.currency), ("timezone", call.shop.timezone)):
        if plan.get(field, own) != own:
            message = gettext("This plan was made for a shop with another currency or time zone.")
            raise input_problem([Detail(code="other_shop", message=message, field=f"plan.{field}")])
