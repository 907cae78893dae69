"""The page of a launched campaign: plan, arms, lists, failed sends, outcomes so far."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from regulars_platform.campaigns.failed_sends import (
    FailedSendsRead,
    failed_sends_by_arm,
    record_failed_sends,
)
from regulars_platform.campaigns.plan import EVERYONE_ELSE, HOLDOUT, Plan, TreatmentArm
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    get_campaign,
    get_launched,
)
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.delivery.address_gaps import address_gap
from regulars_platform.delivery.service import group_counts, left_off_lists
from regulars_platform.errors import RegularsError
from regulars_platform.offers.kinds import MessageOnly, Offer
from regulars_platform.orders.table import PAID, OrdersTable
from regulars_platform.reports.service import find_latest_report
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.formats import blank, date, money, number
from regulars_web.pages.campaigns.area import blueprint
from regulars_web.pasted_ids import posted_lines
from regulars_web.problems import problem_text
from regulars_web.words.delivery import barred_words
from regulars_web.words.plans import (
    GUARDRAIL_LABELS,
    METRIC_LABELS,
    PRICE_POINT_LABELS,
    UNIT_LABELS,
    arm_label,
    channel_text,
    margin_text,
    offer_text,
    points_text,
    segment_label,
    short_money,
)
from regulars_web.words.rules import rule_text


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmLine:
    """One arm as drawn. place: 1, 2, .. of treated arms, 0 of the holdout; listed: customers on
    its contact list now; silenced: barred since the draw, and why; failed: messages that did not
    arrive;
    groups: to post to, None where persons are contacted; blind: no addresses of its channel are
    kept, so that a second id of the same person cannot be seen.
    """

    place: int
    name: str
    customers: int
    share: float
    is_holdout: bool
    has_codes: bool
    listed: int
    silenced: int
    why: list[tuple[str, int]]
    failed: int
    groups: int | None
    blind: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeSoFar:
    """Paid orders in the table from the outcome window. last_at: of any order in the table."""

    orders: int
    of_drawn: int
    last_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignPage:
    """The context of campaigns/show.html. has_started: the send date has come. has_report: there
    is a result to plan the next round by."""

    campaign: LaunchedCampaign
    arms: list[ArmLine]
    outcome: OutcomeSoFar
    has_started: bool
    is_provisional: bool
    has_report: bool


@blueprint.get("/<int:campaign_id>")
def show(campaign_id: int) -> str | Response | tuple[str, int]:
    """A launched campaign; a draft is shown in its form."""
    with unit_of_work() as work:
        campaign = get_campaign(work, current_shop().id, campaign_id)
    if campaign.state != LAUNCHED:
        return redirect(url_for("campaigns.edit", campaign_id=campaign_id))
    return _page(campaign_id, "")


@blueprint.post("/<int:campaign_id>/failed-sends")
def record_failed(campaign_id: int) -> str | Response | tuple[str, int]:
    """Read back which messages did not arrive."""
    try:
        with unit_of_work() as work:
            campaign = get_launched(work, current_shop().id, campaign_id)
            read = record_failed_sends(
                work,
                campaign_id=campaign.id,
                ledger=campaign_ledger(settings(), campaign),
                lines=posted_lines(request),
                now=now(),
            )
    except RegularsError as error:
        return _page(campaign_id, problem_text(error)), 422
    flash(_failed_words(read), "caution" if read.held_out or read.strangers else "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id, _anchor="failed"))


def plan_words(plan: Plan) -> list[tuple[str, list[str]]]:
    """A plan in words: what each part is called, and its lines."""
    parts = [
        (gettext("Audience"), [rule_text(plan.audience, plan.currency)]),
        (gettext("Left out"), _exclusion_lines(plan)),
        (gettext("Arms"), _arm_lines(plan)),
        (gettext("Report segments"), _segment_lines(plan)),
        (gettext("Days"), _day_lines(plan)),
        (gettext("Measures"), _metric_lines(plan)),
        (gettext("Draw and decision"), _decision_lines(plan)),
    ]
    return [(part, [line[:1].upper() + line[1:] for line in lines]) for part, lines in parts]


def _page(campaign_id: int, problem: str) -> str:
    shop, moment = current_shop(), now()
    with unit_of_work() as work:
        campaign = get_launched(work, shop.id, campaign_id)
        left_off = left_off_lists(work, settings(), campaign, now=moment)
        failed = failed_sends_by_arm(work, campaign_id)
        report = find_latest_report(work, shop.id, campaign_id)
        blind = {
            arm.name
            for arm in campaign.plan.arms
            if address_gap(work, settings(), shop.id, arm.channel) != "some"
        }
    plan = campaign.plan
    page = CampaignPage(
        campaign=campaign,
        arms=_arms(campaign, left_off, failed, group_counts(settings(), campaign), blind),
        outcome=_outcome(campaign),
        has_started=moment >= plan.outcome_start,  # in the plan's frozen zone, as orders count
        is_provisional=moment < plan.settled_at,
        has_report=report is not None,
    )
    return render_template(
        "campaigns/show.html", page=page, words=plan_words(plan), problem=problem
    )


def _arms(
    campaign: LaunchedCampaign,
    left_off: dict[str, dict[str, int]],
    failed: dict[str, int],
    groups: dict[str, int],
    blind: set[str],
) -> list[ArmLine]:
    personal = {arm.name for arm in campaign.plan.arms if arm.offer.reach == "personal"}
    lines, words = [], barred_words()
    for place, (name, customers) in enumerate(campaign.arms):
        reasons = left_off.get(name, {})
        silenced = sum(reasons.values())
        lines.append(
            ArmLine(
                place=place,
                name=arm_label(name),
                customers=customers,
                share=customers / campaign.drawn,
                is_holdout=name == HOLDOUT,
                has_codes=name in personal,
                listed=customers - silenced,
                silenced=silenced,
                why=[(words[reason], count) for reason, count in reasons.items()],
                failed=failed.get(name, 0),
                groups=groups.get(name),
                blind=name in blind,
            )
        )
    return lines


def _outcome(campaign: LaunchedCampaign) -> OutcomeSoFar:
    """Counted from the orders table as it is now; exact, and quick on one column pass."""
    plan = campaign.plan
    drawn = campaign_ledger(settings(), campaign).lazy().select("customer_id")
    lines = OrdersTable(settings().shop_dir(campaign.shop_id)).scan()
    bought = (
        lines.filter(
            (pl.col("status") == PAID)
            & (pl.col("amount") > 0)
            & (pl.col("ordered_at") >= plan.outcome_start)
            & (pl.col("ordered_at") < plan.outcome_stop)
        )
        .select("order_id", "customer_id")
        .unique("order_id")
    )
    count = pl.len().alias("orders")
    all_orders, of_drawn, last = pl.collect_all(
        [
            bought.select(count),
            bought.join(drawn, on="customer_id", how="semi").select(count),
            lines.select(pl.col("ordered_at").max()),
        ]
    )
    return OutcomeSoFar(orders=all_orders.item(), of_drawn=of_drawn.item(), last_at=last.item())


def _exclusion_lines(plan: Plan) -> list[str]:
    out = plan.exclusions
    lines = []
    if out.customers:
        lines.append(
            ngettext(
                "%(shown)s customer by id",
                "%(shown)s customers by id",
                len(out.customers),
                shown=number(len(out.customers)),
            )
        )
    if out.max_average_order_value is not None:
        cap = short_money(out.max_average_order_value, plan.currency)
        lines.append(gettext("average order value above %(cap)s", cap=cap))
    if out.running_campaigns:
        lines.append(gettext("customers of campaigns in the same days"))
    return lines or [gettext("nobody, besides those on the suppression list")]


def _arm_lines(plan: Plan) -> list[str]:
    lines = [gettext("%(share)s%%: held back (holdout)", share=points_text(plan.holdout))]
    for arm in plan.arms:
        offer = offer_text(arm.offer, plan.currency)
        parts = [
            gettext("%(share)s%%: %(name)s", share=points_text(arm.share), name=arm.name),
            "" if offer == arm.name else offer,
            _own_words(arm.offer, plan.currency),
            _who_may_use(arm.offer),
            _channel_words(arm, plan.currency),
        ]
        if arm.offer.words:
            parts.append(gettext("“%(words)s”", words=arm.offer.words))
        lines.append(" · ".join(part for part in parts if part))
    return lines


def _who_may_use(offer: Offer) -> str:
    """Nothing of a mere message: there is nothing to use."""
    if isinstance(offer, MessageOnly):
        return ""
    if offer.reach == "personal":
        return str(gettext("with a personal code"))
    return str(gettext("open to the whole shop"))


def _channel_words(arm: TreatmentArm, currency: str) -> str:
    """How the arm is reached, and what one contact costs."""
    facts = {
        "channel": channel_text(arm.channel, arm.channel_label),
        "cost": money(arm.contact_cost, currency),
    }
    if arm.reaches_audience:
        return str(gettext("%(channel)s at %(cost)s a group", **facts))
    return str(gettext("%(channel)s at %(cost)s each", **facts))


def _own_words(offer: Offer, currency: str) -> str:
    """How a threshold of each customer's own is found; "" where there is one for all."""
    if isinstance(offer, MessageOnly) or offer.multiple is None:
        return ""
    return str(
        gettext(
            "price points %(style)s, the lowest %(lowest)s",
            style=PRICE_POINT_LABELS[offer.price_points],
            lowest=short_money(offer.threshold, currency),
        )
    )


def _segment_lines(plan: Plan) -> list[str]:
    named = [
        gettext("%(name)s: %(rule)s", name=s.name, rule=rule_text(s.rule, plan.currency))
        for s in plan.segments
    ]
    return [*named, segment_label(EVERYONE_ELSE)] if named else [gettext("none")]


def _day_lines(plan: Plan) -> list[str]:
    return [
        gettext("customers as of %(day)s", day=date(plan.as_of)),
        gettext(
            "orders count from %(first)s to %(last)s (%(days)s days)",
            first=date(plan.send_date),
            last=date(plan.outcome_end),
            days=plan.window_days,
        ),
        gettext("returns settle until %(day)s", day=date(plan.settle_until)),
    ]


def _metric_lines(plan: Plan) -> list[str]:
    others = [str(METRIC_LABELS[name]) for name in plan.secondary_metrics]
    guards = [str(GUARDRAIL_LABELS[name]) for name in plan.guardrails]
    between = str(gettext(", "))
    lines = [
        gettext("%(metric)s decides", metric=METRIC_LABELS[plan.primary_metric]),
        gettext("also shown: %(metrics)s", metrics=between.join(others)) if others else "",
        gettext("must not get worse: %(metrics)s", metrics=between.join(guards)) if guards else "",
        gettext("margin: %(margin)s", margin=margin_text(plan)),
    ]
    cap = plan.exclusions.customer_revenue_cap
    if cap is not None:
        lines.append(
            gettext("one customer counts up to %(cap)s", cap=short_money(cap, plan.currency))
        )
    return [line for line in lines if line]


def _decision_lines(plan: Plan) -> list[str]:
    unit = gettext("drawn by: %(unit)s", unit=UNIT_LABELS[plan.unit])
    return [
        f"{unit} · {plan.group_by}" if plan.group_by else unit,
        gettext("confidence: %(share)s%%", share=points_text(plan.confidence)),
        ngettext(
            "decided for %(num)s further round",
            "decided for %(num)s further rounds",
            plan.horizon_rounds,
        ),
    ]


def _failed_words(read: FailedSendsRead) -> str:
    words = [
        gettext(
            "Of %(given)s ids %(recorded)s were recorded as not reached.",
            given=number(read.given),
            recorded=number(read.recorded),
        )
    ]
    if read.known:
        words.append(gettext("%(n)s were recorded before.", n=number(read.known)))
    if read.strangers:
        words.append(gettext("%(n)s are not in this campaign.", n=number(read.strangers)))
    if read.held_out:
        words.append(
            gettext(
                "%(n)s of them are held back, so somebody tried to contact the holdout.",
                n=number(read.held_out),
            )
        )
    return blank().join(words)
