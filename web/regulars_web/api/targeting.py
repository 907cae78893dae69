"""Whom to keep after a campaign, the next round's draft, and a draft valued on a past campaign."""

from typing import Annotated, Literal

from flask_babel import gettext
from pydantic import Field
from sqlalchemy.orm import Session

from regulars_experiments.uplift.values import Contrast
from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    get_launched,
)
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.jobs.service import get_job as find_job
from regulars_platform.reports.service import Report, get_report
from regulars_platform.segments.rules import rule_json
from regulars_platform.targeting.errors import LimitError, NotReadyError
from regulars_platform.targeting.jobs import KIND
from regulars_platform.targeting.keepers import Keepers
from regulars_platform.targeting.limits import (
    read_limit,
    require_possible,
    want_limit,
    wanted_limit,
)
from regulars_platform.targeting.planning import (
    Wish,
    keep_next_round,
    keepers_of_report,
    plan_next_round,
)
from regulars_platform.targeting.replay import Replay, replay_draft, replay_stage
from regulars_platform.targeting.service import (
    find_same,
    gather_inputs,
    get_targeting,
    keepers_csv,
)
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile, JsonFile
from regulars_web.api.estimates import EstimateShown, estimate_shown
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Document, Id, Line, Model
from regulars_web.edge import reading
from regulars_web.formats import sentence

area = Area(
    "targeting",
    "Whom to keep telling after a campaign (docs/targeting.md), the next round, and replay.",
)


class LimitBody(Model):
    """A limit on the next round; left out or `none`: as many as pay."""

    limit: Literal["none", "customers", "percent", "money"] = "none"
    amount: Annotated[str, Field(max_length=30, pattern=NO_CONTROLS)] = ""
    """So many customers, percent of them, or money for telling them all."""


class WorkedOut(Model):
    """What is asked for: the job that works it out, or nothing more to do."""

    job: JobShown | None
    """Null where the answer is there already."""


class KeepersShown(Model):
    """A way of saying whom to keep."""

    key: str
    rule: Document
    """Of whom in the audience, as docs/plan.md writes rules."""
    segments: list[str] | None
    arms: list[str]
    """Treated arms that pay."""
    nearest: bool
    """The plan to follow is a list, and this is the rule nearest to it."""
    mixes: bool
    """The plan says who gets which arm; a draft draws its arms among all it tells."""
    value: Document | None
    """Net per unit of the audience against telling nobody: an answer as in docs/report-json.md."""
    belief_mean: float | None
    """Net profit of telling one of them."""
    belief_deviation: float | None


class NextRoundBody(Model):
    """What the next round is to be like."""

    keepers: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_CONTROLS)]
    """The `key` of one of the ways."""
    goal: Literal["earn_most", "learn_most"] = "earn_most"
    new_thresholds: bool = False
    name: Line | None = None


class NextRoundMade(Model):
    """The draft of the next round."""

    campaign_id: Id
    reasons: list[str]
    """What was decided for it, in words."""


class ReplayQuery(Model):
    """On which campaign, and beside which other plan."""

    on: Id
    """A past campaign for which it is worked out whom to keep."""
    against: Annotated[str, Field(max_length=40, pattern=r"^(draft|keepers):[0-9]{1,18}$")] | (
        None
    ) = None
    """Another draft's audience (draft:ID) or a past campaign's keepers (keepers:ID)."""


class PastCampaign(Model):
    """A campaign that a draft can be replayed on."""

    id: Id
    name: str


class OtherPlan(Model):
    """A plan to compare with."""

    key: str
    name: str


class StageShown(Model):
    """What a draft can be replayed on and compared with; each the newest first."""

    past: list[PastCampaign]
    others: list[OtherPlan]


class ContrastShown(Model):
    """The draft against another plan: how much more it earns per unit of the audience."""

    against: str
    """nobody, everyone's arm, or the key of the plan that was asked for."""
    value: EstimateShown
    verdict: str
    detectable: float | None
    """The difference that such data would prove, four times out of five."""


class ReplayShown(Model):
    """A draft's value on a past campaign."""

    on: Id
    units: Count
    told: Count
    arms: list[str]
    alike: bool
    same_offer: bool
    share: float
    value: ContrastShown
    against: list[ContrastShown]


@area.post(
    "/campaigns/{campaign_id}/targeting",
    scope=Scope.WRITE_REPORTS,
    status=202,
    example={"limit": "percent", "amount": "25"},
)
def work_out_targeting(
    call: Call, work: Session, campaign_id: Id, body: LimitBody
) -> Answer[WorkedOut]:
    """Work out whom to keep, on the orders of the latest report; a job does it."""
    campaign = get_launched(work, call.shop_id, campaign_id)
    limit = read_limit({"limit": body.limit, "limit_amount": body.amount})
    inputs = gather_inputs(work, campaign, limit=limit)
    require_possible(limit, campaign.plan, campaign_ledger(call.settings, campaign))
    running = find_latest_job(work, (KIND,), campaign.id)
    if running is not None and not running.is_over:
        if limit != wanted_limit(work, campaign.id):
            raise LimitError.busy()
        return Answer[WorkedOut](data=WorkedOut(job=job_shown(running)))
    want_limit(work, campaign.id, limit, call.now)
    if find_same(work, inputs) is not None:
        return Answer[WorkedOut](data=WorkedOut(job=None))
    job_id = enqueue(work, KIND, call.shop_id, campaign.id, call.now)
    job = find_job(work, call.shop_id, job_id)
    return Answer[WorkedOut](data=WorkedOut(job=job_shown(job)))


@area.get("/campaigns/{campaign_id}/targeting", scope=Scope.READ_REPORTS, also=(409,))
def get_targeting_document(call: Call, work: Session, campaign_id: Id) -> JsonFile:
    """The stored answer on whom to keep, byte for byte."""
    found = get_targeting(work, call.shop_id, campaign_id)
    return JsonFile(found.text, f"campaign-{campaign_id}-targeting.json")


@area.get("/campaigns/{campaign_id}/keepers", scope=Scope.READ_CONTACTS, also=(409,))
def download_keepers(call: Call, work: Session, campaign_id: Id) -> CsvFile:
    """Whom to contact next, the highest score first, without whoever is barred today."""
    pieces = keepers_csv(
        work,
        call.settings,
        shop_id=call.shop_id,
        campaign_id=campaign_id,
        day=call.today,
    )
    return CsvFile(pieces, f"campaign-{campaign_id}-keepers.csv")


@area.get(
    "/campaigns/{campaign_id}/reports/{report_id}/keepers",
    scope=Scope.READ_REPORTS,
    also=(409,),
)
def list_keepers(
    call: Call, work: Session, campaign_id: Id, report_id: Id
) -> Answer[list[KeepersShown]]:
    """The ways of saying whom to keep that a report allows, the first to start from."""
    campaign = get_launched(work, call.shop_id, campaign_id)
    report = get_report(work, call.shop_id, campaign_id, report_id)
    _refuse_unready(report, campaign)
    found = keepers_of_report(work, call.settings, campaign, report.document)
    return Answer[list[KeepersShown]](data=[_keepers(way) for way in found])


@area.post(
    "/campaigns/{campaign_id}/reports/{report_id}/next-round",
    scope=Scope.WRITE_CAMPAIGNS,
    status=201,
    example={"keepers": "advised", "goal": "earn_most"},
)
def plan_the_next_round(
    call: Call, campaign_id: Id, report_id: Id, body: NextRoundBody
) -> Answer[NextRoundMade]:
    """A draft of the next round on those to keep."""
    with reading() as work:
        campaign = get_launched(work, call.shop_id, campaign_id)
        usual = gettext("%(name)s, next round", name=campaign.plan.name)[:200]
        report = get_report(work, call.shop_id, campaign_id, report_id)
        _refuse_unready(report, campaign)
        wish = Wish(
            keepers=body.keepers,
            goal=body.goal,
            new_thresholds=body.new_thresholds,
            name=body.name or usual,
        )
        planned = plan_next_round(
            work, call.settings, shop_id=call.shop_id, report=report, wish=wish, now=call.now
        )
    with call.writing() as write:
        draft = keep_next_round(write.session, planned, now=call.now)
        reasons = [sentence(reason) for reason in planned.made.reasons]
        made = NextRoundMade(campaign_id=draft.id, reasons=reasons)
        return write.answer(Answer[NextRoundMade](data=made))


@area.get("/campaigns/{campaign_id}/replay-stage", scope=Scope.READ_REPORTS, also=(409,))
def get_replay_stage(call: Call, work: Session, campaign_id: Id) -> Answer[StageShown]:
    """On which past campaigns a draft can be valued, and beside which plans."""
    stage = replay_stage(work, shop_id=call.shop_id, campaign_id=campaign_id)
    return Answer[StageShown](
        data=StageShown(
            past=[PastCampaign(id=number, name=name) for number, name in stage.past],
            others=[OtherPlan(key=other.key, name=other.name) for other in stage.others],
        )
    )


@area.get("/campaigns/{campaign_id}/replay", scope=Scope.READ_REPORTS, also=(409,))
def replay_campaign(
    call: Call, work: Session, campaign_id: Id, query: ReplayQuery
) -> Answer[ReplayShown]:
    """What a draft would have earned on a past campaign, per unit of that one's audience."""
    found = replay_draft(
        work,
        call.settings,
        shop_id=call.shop_id,
        campaign_id=campaign_id,
        on=query.on,
        against=query.against or "",
    )
    return Answer[ReplayShown](data=_replay(found))


def _refuse_unready(report: Report, campaign: LaunchedCampaign) -> None:
    """Raise NotReadyError where a report says nothing of whom to keep, or not yet."""
    if campaign.plan.unit == "group":
        raise NotReadyError.whole_groups()
    if report.document["status"]["state"] == "open":
        raise NotReadyError.still_open(campaign.plan.outcome_end)


def _keepers(way: Keepers) -> KeepersShown:
    belief = way.belief
    return KeepersShown(
        key=way.key,
        rule=rule_json(way.rule),
        segments=None if way.segments is None else list(way.segments),
        arms=list(way.arms),
        nearest=way.nearest,
        mixes=way.mixes,
        value=None if way.value is None else dict(way.value),
        belief_mean=None if belief is None else belief.mean,
        belief_deviation=None if belief is None else belief.sd,
    )


def _replay(found: Replay) -> ReplayShown:
    return ReplayShown(
        on=found.past.id,
        units=found.units,
        told=found.told,
        arms=list(found.arms),
        alike=found.alike,
        same_offer=found.same_offer,
        share=found.found.share,
        value=_contrast(found.found.value),
        against=[_contrast(one) for one in found.found.against],
    )


def _contrast(found: Contrast) -> ContrastShown:
    return ContrastShown(
        against=found.against,
        value=estimate_shown(found.value),
        verdict=str(found.verdict),
        detectable=found.detectable,
    )
