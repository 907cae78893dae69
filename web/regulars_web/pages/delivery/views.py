"""A campaign's delivery: choose the words, look at them, send, and see where it stands."""

import datetime as dt
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from regulars_platform.campaigns.plan import TreatmentArm
from regulars_platform.campaigns.service import LaunchedCampaign, get_launched
from regulars_platform.delivery.address_gaps import Gap, address_gap, check_own_address
from regulars_platform.delivery.campaigns import (
    ArmMailing,
    Foreseen,
    arm_at,
    foresee_arm,
    queue_arm,
)
from regulars_platform.delivery.links import keep_link, links_of
from regulars_platform.delivery.templates import MessageTemplate, get_template
from regulars_platform.dispatch.control import BatchStanding, list_batches
from regulars_platform.dispatch.jobs import enqueue_sending
from regulars_platform.dispatch.transports import Outcome
from regulars_platform.dispatch.trial import send_trial
from regulars_platform.errors import RegularsError
from regulars_platform.programmes.service import templates_to_send
from regulars_platform.shops.channels import CALLS, SENDING, SMTP, ChannelUse, channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.words import N_, Sentence
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.formats import sentence
from regulars_web.pages.delivery.deciding import batch_context, decide_about
from regulars_web.problems import problem_text
from regulars_web.words.delivery import WAYS, barred_words, gap_words, queued_text
from regulars_web.words.plans import channel_text, offer_told

blueprint = Blueprint("delivery", __name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmDelivery:
    """One treated arm on the page. place: 1, 2, ..; foreseen: with the chosen template; gap: why
    some have no address, where any lacks one; cost: of all its messages as the plan has it;
    channel_cost: by the price in the settings of the channel, None where it says the same or has
    none; ten-thousandths."""

    place: int
    arm: TreatmentArm
    channel: str
    use: ChannelUse
    sends: bool
    templates: list[MessageTemplate]
    chosen: MessageTemplate | None
    foreseen: Foreseen | None
    gap: Gap | None
    cost: int
    channel_cost: int | None
    link: tuple[str, str, int] | None
    batches: list[BatchStanding]


@blueprint.get("/<int:campaign_id>/delivery")
def show(campaign_id: int) -> str:
    """Every arm: how it is contacted, and where that stands."""
    return _page(campaign_id)


@blueprint.post("/<int:campaign_id>/delivery/<int:place>/queue")
def queue(campaign_id: int, place: int) -> str | Response | tuple[str, int]:
    """Queue the arm's messages, to leave now or at a time of the shop's clock."""
    shop = current_shop()
    try:
        with unit_of_work() as work:
            arm = arm_at(get_launched(work, shop.id, campaign_id), place)
            asked = ArmMailing(
                shop_id=shop.id,
                campaign_id=campaign_id,
                arm=arm.name,
                template_id=_number(request.form.get("template")),
            )
            made = queue_arm(
                work, settings(), asked, send_at=_send_at(), now=now(), titled=offer_told
            )
            enqueue_sending(work, shop.id, now=now())
    except RegularsError as error:
        return _page(campaign_id, place=place, problem=error), 422
    flash(queued_text(made), "good" if made.queued else "caution")
    return redirect(url_for("delivery.show", campaign_id=campaign_id, _anchor=f"arm-{place}"))


@blueprint.post("/<int:campaign_id>/delivery/<int:place>/test")
def test(campaign_id: int, place: int) -> str | Response | tuple[str, int]:
    """Send the first message to an address of one's own; nobody else is touched."""
    shop = current_shop()
    address = request.form.get("address", "").strip()[:320]
    try:
        with unit_of_work() as work:
            arm = arm_at(get_launched(work, shop.id, campaign_id), place)
            template = get_template(work, shop.id, _number(request.form.get("template")))
            asked = ArmMailing(
                shop_id=shop.id,
                campaign_id=campaign_id,
                arm=arm.name,
                template_id=template.id,
            )
            foreseen = foresee_arm(
                work, settings(), asked, now=now(), most_examples=1, titled=offer_told
            )
            row = work.get_one(Shop, shop.id)
            via = channel_use(row, arm.channel).via
        check_own_address(arm.channel, address)
        outcome = send_trial(
            settings(), row, foreseen, channel=arm.channel, address=address, now=now()
        )
    except RegularsError as error:
        return _page(campaign_id, place=place, problem=error), 422
    flash(*_said(outcome, via))
    return redirect(
        url_for(
            "delivery.show",
            campaign_id=campaign_id,
            arm=place,
            template=template.id,
            _anchor=f"arm-{place}",
        )
    )


@blueprint.post("/<int:campaign_id>/delivery/<int:place>/link")
def link(campaign_id: int, place: int) -> str | Response | tuple[str, int]:
    """Where the arm's short link leads."""
    shop = current_shop()
    try:
        with unit_of_work() as work:
            arm = arm_at(get_launched(work, shop.id, campaign_id), place)
            keep_link(
                work,
                shop.id,
                source="campaign",
                source_id=campaign_id,
                arm=arm.name,
                target=request.form.get("target", ""),
                now=now(),
            )
    except RegularsError as error:
        return _page(campaign_id, place=place, problem=error), 422
    flash(gettext("The link of this arm leads there now."), "good")
    return redirect(url_for("delivery.show", campaign_id=campaign_id, _anchor=f"arm-{place}"))


@blueprint.post("/<int:campaign_id>/delivery/batches/<int:batch_id>/<what>")
def decide(campaign_id: int, batch_id: int, what: str) -> Response:
    """Stop, go on, or decide about the unsure."""
    said = decide_about("campaign", campaign_id, batch_id, what)
    flash(said, "good")
    return redirect(url_for("delivery.show", campaign_id=campaign_id, _anchor=f"batch-{batch_id}"))


def _page(campaign_id: int, *, place: int = 0, problem: RegularsError | None = None) -> str:
    shop = current_shop()
    with unit_of_work() as work:
        campaign = get_launched(work, shop.id, campaign_id)
        row = work.get_one(Shop, shop.id)
        batches = list_batches(work, shop.id, source="campaign", source_id=campaign_id)
        links = links_of(work, shop.id, source="campaign", source_id=campaign_id)
        arms = [
            _delivery(work, campaign, row, number, arm, batches, links.get(arm.name))
            for number, arm in enumerate(campaign.plan.arms, start=1)
        ]
        context = batch_context(
            work,
            batches,
            lambda batch, what: url_for(
                "delivery.decide", campaign_id=campaign_id, batch_id=batch, what=what
            ),
        )
    return render_template(
        "delivery/show.html",
        campaign=campaign,
        arms=arms,
        ways=WAYS,
        barred_words=barred_words,
        gap_words=gap_words,
        local_now=now().astimezone(shop.zone),
        place=place or _number(request.args.get("arm")),
        problem="" if problem is None else problem_text(problem),
        **context,
    )


def _delivery(
    work: Session,
    campaign: LaunchedCampaign,
    row: Shop,
    place: int,
    arm: TreatmentArm,
    batches: list[BatchStanding],
    link: tuple[str, str, int] | None,
) -> ArmDelivery:
    use = channel_use(row, arm.channel)
    sends = use.via in (*SENDING, CALLS)
    templates = templates_to_send(work, row.id, arm.channel) if sends else []
    wanted = _number(request.values.get("template")) if _asked_for(place) else 0
    chosen = next((one for one in templates if one.id == wanted), None)
    if chosen is None and len(templates) == 1:
        chosen = templates[0]
    foreseen, gap, cost, by_channel = None, None, 0, 0
    if chosen is not None:
        asked = ArmMailing(
            shop_id=row.id, campaign_id=campaign.id, arm=arm.name, template_id=chosen.id
        )
        foreseen = foresee_arm(work, settings(), asked, now=now(), titled=offer_told)
        if foreseen.no_address:
            gap = address_gap(work, settings(), row.id, arm.channel)
        cost = foreseen.messages * arm.contact_cost
        by_channel = foreseen.segments * use.price
    return ArmDelivery(
        place=place,
        arm=arm,
        channel=channel_text(arm.channel, arm.channel_label),
        use=use,
        sends=sends,
        templates=templates,
        chosen=chosen,
        foreseen=foreseen,
        gap=gap,
        cost=cost,
        channel_cost=by_channel if by_channel and by_channel != cost else None,
        link=link,
        batches=[batch for batch in batches if batch.arm == arm.name],
    )


def _asked_for(place: int) -> bool:
    given = (request.view_args or {}).get("place") or _number(request.args.get("arm"))
    return bool(given == place)


def _send_at() -> dt.datetime:
    """Now, or the shop's clock as the form has it."""
    text = request.form.get("send_at", "").strip()
    if not text:
        return now()
    try:
        local: dt.datetime | None = dt.datetime.fromisoformat(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or not 2000 <= local.year < 3000:
        raise RegularsError(
            Sentence(N_("A day and time as in 2026-01-31T10:00 is expected.")), field="send_at"
        )
    return local.replace(tzinfo=current_shop().zone).astimezone(dt.UTC)


def _said(outcome: Outcome, via: str) -> tuple[str, str]:
    """What became of a test, and how good that is."""
    if outcome.fate in ("accepted", "delivered"):
        to = gettext("your mail server") if via == SMTP else gettext("your sending tool")
        return gettext("The test was taken by %(to)s.", to=to), "good"
    return sentence(outcome.problem) or gettext("The test was not taken."), "bad"


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 15 else 0
