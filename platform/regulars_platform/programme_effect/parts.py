"""What each campaign and programme of the days brought by its own holdout, and what it left unseen.

Everything is worked out anew on the orders at one version, for the customers whom the whole is
about and at its confidence, so that the parts and the whole can be held against each other.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.comparison import collect_moments
from regulars_experiments.evaluation import evaluate
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.results import Answer, NotEstimable, Reason
from regulars_platform.campaigns.few_groups import plan_for_units
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_costs,
    campaign_ledger,
    launched_of,
)
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.offers.kinds import CashBack
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programme_effect.quarters import Window
from regulars_platform.programme_effect.sums import Part
from regulars_platform.programmes.findings import ProgrammeFindings, find_programme
from regulars_platform.programmes.outcomes import entry_outcomes
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.results import programme_costs, programme_events, read_entries
from regulars_platform.programmes.service import Version, list_programmes, list_versions
from regulars_platform.reports.design import WHOLE
from regulars_platform.reports.findings import find
from regulars_platform.reports.later import later_orders
from regulars_platform.reports.outcomes import (
    WindowOrders,
    outcomes_of,
    units_of,
    window_orders,
)
from regulars_platform.reports.total import find_total
from regulars_platform.settings import Settings

CAMPAIGN, PROGRAMME = "campaign", "programme"
CONTACTS: dict[str, pl.DataType] = {"customer_id": pl.String(), "contact_cost": pl.Int64()}
CONFIDENCE = 9_500
"""In basis points: of the whole, and so of every part, whatever its own plan says."""

_NOTHING = NotEstimable(reason=Reason.TOO_FEW_UNITS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One campaign or programme of the days, among customers who were known before them.

    net: its own result. outside: what orders that did not use its offer brought beside the
    holdout's, later: what was bought after the window; None where nothing can be later yet.
    contacts: as in `people.Known`, of everybody told.
    """

    net: Part
    outside: Part | None
    later: Part | None
    contacts: pl.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """What ran in the days: campaigns sent in them, and versions of programmes with entries.

    lasting: campaigns whose outcome window shares a day with them, whenever they were sent; giving:
    versions of which an entry's window does, with all entries.
    """

    campaigns: tuple[LaunchedCampaign, ...]
    versions: tuple[tuple[str, int, Version, pl.DataFrame], ...]
    lasting: tuple[LaunchedCampaign, ...]
    giving: tuple[tuple[Version, pl.DataFrame], ...]


def read_runs(session: Session, shop_id: int, window: Window) -> Runs:
    """Of the shop, in the days of the window."""
    rows = session.scalars(
        select(Campaign)
        .where(Campaign.shop_id == shop_id, Campaign.state == LAUNCHED)
        .order_by(Campaign.id)
    )
    campaigns = [launched_of(row) for row in rows]
    versions, giving = [], []
    within = pl.col("contact_on").is_between(window.first, window.last)
    for programme in list_programmes(session, shop_id):
        for version in list_versions(session, shop_id, programme.id):
            every = read_entries(session, version.id)
            entries = every.filter(within)
            if not entries.is_empty():
                versions.append((programme.name, programme.id, version, entries))
            length = pl.duration(days=version.plan.window_days)
            reaches = pl.col("contact_on") + length > window.first
            if every.select((reaches & (pl.col("contact_on") <= window.last)).any()).item():
                giving.append((version, every))
    return Runs(
        campaigns=tuple(
            one for one in campaigns if window.first <= one.plan.send_date <= window.last
        ),
        versions=tuple(versions),
        lasting=tuple(
            one
            for one in campaigns
            if one.plan.send_date <= window.last and one.plan.outcome_end >= window.first
        ),
        giving=tuple(giving),
    )


def find_parts(
    settings: Settings,
    shop_id: int,
    runs: Runs,
    people: pl.Series,
    lines: pl.LazyFrame,
    last_day: dt.date,
) -> Iterator[Found]:
    """One after the other. people: ids of everybody known before the days; lines: order lines at
    the version; last_day: of these."""
    shop_dir = settings.shop_dir(shop_id)
    ids = people.implode()
    for campaign in runs.campaigns:
        yield _campaign(settings, campaign, ids, lines, last_day)
    for name, programme_id, version, entries in runs.versions:
        plan = replace(version.plan, confidence=CONFIDENCE)
        known = entries.filter(pl.col("customer_id").is_in(ids))
        costs = programme_costs(shop_dir, plan)
        events = programme_events(shop_dir, plan)
        outcomes = entry_outcomes(lines, known, plan, last_day, costs, events)
        found = find_programme(outcomes, plan, planned=version.planned, until=last_day)
        yield _programme(name, programme_id, plan, entries, known, found)


def _campaign(
    settings: Settings,
    campaign: LaunchedCampaign,
    ids: pl.Series,
    lines: pl.LazyFrame,
    last_day: dt.date,
) -> Found:
    every = campaign_ledger(settings, campaign)
    known = pl.col("customer_id").is_in(ids)
    ledger = every.filter(known)
    plan = plan_for_units(replace(campaign.plan, confidence=CONFIDENCE), ledger)
    contacts = _contacts(every.sort(known, descending=True, maintain_order=True), plan)
    units = units_of(ledger, plan)
    told = int((units["arm"] != HOLDOUT).sum())

    def part(answer: Answer) -> Part:
        return Part(name=plan.name, kind=CAMPAIGN, id=campaign.id, customers=told, each=answer)

    if not set(plan.arm_names) <= set(units["arm"]):
        return Found(net=part(_NOTHING), outside=part(_NOTHING), later=None, contacts=contacts)
    costs = campaign_costs(settings, campaign)
    orders = window_orders(lines, ledger, plan, costs, _events(settings, campaign))
    findings = find(outcomes_of(orders, ledger, plan), ledger, plan)
    total = find_total(findings.moments, plan)
    after = later_orders(lines, ledger, plan, last_day, costs)
    return Found(
        net=part(findings.overall[0].net if total is None else total.net),
        outside=part(_outside(orders, ledger, plan)),
        later=None if after is None else part(_later(after, ledger, plan)),
        contacts=contacts,
    )


def _contacts(ledger: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """CONTACTS. A post to a group is paid once: it stands with the first of its members."""
    costs_of = {arm.name: arm.contact_cost for arm in plan.arms}
    posts = pl.col("arm").is_in([arm.name for arm in plan.arms if arm.reaches_audience])
    first_of_post = ~posts | (pl.int_range(pl.len()).over("unit_id") == 0)
    cost = pl.col("arm").replace_strict(costs_of, return_dtype=pl.Int64) * first_of_post
    return ledger.filter(pl.col("arm") != HOLDOUT).select("customer_id", cost.alias("contact_cost"))


def _programme(
    name: str,
    programme_id: int,
    plan: ProgrammePlan,
    entries: pl.DataFrame,
    known: pl.DataFrame,
    found: ProgrammeFindings,
) -> Found:
    """entries: of everybody, known: of those whom the findings are about."""
    net = dict(found.bars)["net"]
    told = entries.filter(~pl.col("held_back"))
    return Found(
        net=Part(
            name=name,
            kind=PROGRAMME,
            id=programme_id,
            customers=found.n_told,
            each=net,
            waiting=int((~known["held_back"]).sum()) - found.n_told,
        ),
        outside=None,
        later=None,
        contacts=told.select(
            "customer_id", pl.lit(plan.contact_cost, dtype=pl.Int64).alias("contact_cost")
        ),
    )


def _events(settings: Settings, campaign: LaunchedCampaign) -> pl.LazyFrame | None:
    if not any(isinstance(arm.offer, CashBack) for arm in campaign.plan.arms):
        return None
    return DatasetTable(settings.shop_dir(campaign.shop_id), "events").scan()


def _outside(orders: WindowOrders, ledger: pl.DataFrame, plan: Plan) -> Answer:
    """Money of orders that did not use the offer, told less held back, per unit told."""
    others = orders.purchases.filter(pl.col("used_offer") == 0)
    money = others.group_by("unit_id").agg((pl.col("amount") - pl.col("refund")).sum().alias("m"))
    return _told_less_held(money, ledger, plan)


def _later(after: pl.DataFrame, ledger: pl.DataFrame, plan: Plan) -> Answer:
    """Money of orders after the window; margin where the plan goes by costs per product."""
    goods = next(name for name in after.columns if name in ("goods", "goods_margin"))
    back = "returned_margin" if goods == "goods_margin" else "returned"
    money = after.group_by("unit_id").agg((pl.col(goods) - pl.col(back)).sum().alias("m"))
    return _told_less_held(money, ledger, plan)


def _told_less_held(money: pl.DataFrame, ledger: pl.DataFrame, plan: Plan) -> Answer:
    rows = (
        units_of(ledger, plan)
        .join(money, on="unit_id", how="left")
        .select(
            pl.when(pl.col("arm") == HOLDOUT)
            .then(pl.lit(HOLDOUT))
            .otherwise(pl.lit("told"))
            .alias("group"),
            pl.col("m").fill_null(0).cast(pl.Int64),
        )
    )
    design = Design(
        arm="group",
        control=HOLDOUT,
        metrics=(Metric(name="money", kind="mean", value={"m": 1}),),
        confidence=plan.confidence / WHOLE,
    )
    effects = evaluate(collect_moments(rows.lazy(), design, {"m": MONEY_SCALE}), design)
    return effects[0].difference if effects else _NOTHING


def joined(frames: Sequence[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """All of them under each other."""
    return pl.concat([pl.DataFrame(schema=schema), *frames])
