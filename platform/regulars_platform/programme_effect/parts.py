"""What each campaign and programme of the days brought by its own holdout, and what it left unseen.

Everything is worked out anew on the orders at one version, so that the parts and the whole are
about the same orders.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
from regulars_platform.offers.kinds import CashBack, PriceCut
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programme_effect.quarters import Window
from regulars_platform.programme_effect.sums import Part
from regulars_platform.programmes.findings import find_programme
from regulars_platform.programmes.outcomes import EntryOutcomes, entry_outcomes
from regulars_platform.programmes.results import programme_costs, programme_events, read_entries
from regulars_platform.programmes.service import Version, list_programmes, list_versions
from regulars_platform.reports.design import WHOLE
from regulars_platform.reports.findings import find
from regulars_platform.reports.later import later_orders
from regulars_platform.reports.outcomes import (
    WindowOrders,
    offer_open_to,
    outcomes_of,
    units_of,
    window_orders,
)
from regulars_platform.reports.total import find_total
from regulars_platform.settings import Settings

CAMPAIGN, PROGRAMME = "campaign", "programme"
CONTACTS: dict[str, pl.DataType] = {"customer_id": pl.String(), "contact_cost": pl.Int64()}
OFFER_COSTS: dict[str, pl.DataType] = {
    "order_id": pl.String(),
    "offer_cost": pl.Int64(),
    "taken_off": pl.Int64(),
}
_NOTHING = NotEstimable(reason=Reason.TOO_FEW_UNITS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One campaign or programme of the days.

    net: its own result. outside: what orders that did not use its offer brought beside the
    holdout's, later: what was bought after the window; None where nothing can be later yet.
    contacts, offer_costs: as in `people.Known`, within the days.
    """

    net: Part
    outside: Part | None
    later: Part | None
    contacts: pl.DataFrame
    offer_costs: pl.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """What ran in the days: campaigns sent in them, and versions of programmes with entries."""

    campaigns: tuple[LaunchedCampaign, ...]
    versions: tuple[tuple[str, int, Version, pl.DataFrame], ...]


def read_runs(session: Session, shop_id: int, window: Window) -> Runs:
    """Of the shop, in the days of the window."""
    rows = session.scalars(
        select(Campaign)
        .where(Campaign.shop_id == shop_id, Campaign.state == LAUNCHED)
        .order_by(Campaign.id)
    )
    campaigns = [launched_of(row) for row in rows]
    versions = []
    within = pl.col("contact_on").is_between(window.first, window.last)
    for programme in list_programmes(session, shop_id):
        for version in list_versions(session, shop_id, programme.id):
            entries = read_entries(session, version.id).filter(within)
            if not entries.is_empty():
                versions.append((programme.name, programme.id, version, entries))
    return Runs(
        campaigns=tuple(
            one for one in campaigns if window.first <= one.plan.send_date <= window.last
        ),
        versions=tuple(versions),
    )


def find_parts(
    settings: Settings, shop_id: int, runs: Runs, lines: pl.LazyFrame, last_day: dt.date
) -> Iterator[Found]:
    """One after the other. lines: order lines at the version; last_day: of these."""
    shop_dir = settings.shop_dir(shop_id)
    for campaign in runs.campaigns:
        yield _campaign(settings, campaign, lines, last_day)
    for name, programme_id, version, entries in runs.versions:
        outcomes = entry_outcomes(
            lines,
            entries,
            version.plan,
            last_day,
            programme_costs(shop_dir, version.plan),
            programme_events(shop_dir, version.plan),
        )
        yield _programme(name, programme_id, version, entries, outcomes, last_day)


def _campaign(
    settings: Settings, campaign: LaunchedCampaign, lines: pl.LazyFrame, last_day: dt.date
) -> Found:
    plan, ledger = campaign.plan, campaign_ledger(settings, campaign)
    costs = campaign_costs(settings, campaign)
    orders = window_orders(lines, ledger, plan, costs, _events(settings, campaign))
    outcomes = outcomes_of(orders, ledger, plan)
    told = int((outcomes["arm"] != HOLDOUT).sum())
    judged = plan_for_units(plan, ledger)
    findings = find(outcomes, ledger, judged)
    total = find_total(findings.moments, judged)
    net = findings.overall[0].net if total is None else total.net

    def part(answer: Answer) -> Part:
        return Part(name=plan.name, kind=CAMPAIGN, id=campaign.id, customers=told, each=answer)

    after = later_orders(lines, ledger, plan, last_day, costs)
    costs_of = {arm.name: arm.contact_cost for arm in plan.arms}
    posts = pl.col("arm").is_in([arm.name for arm in plan.arms if arm.reaches_audience])
    # a post to a group is paid once: it stands with the first of its members
    first_of_post = ~posts | (pl.int_range(pl.len()).over("unit_id") == 0)
    return Found(
        net=part(net),
        outside=part(_outside(orders, ledger, plan)),
        later=None if after is None else part(_later(after, ledger, plan)),
        contacts=ledger.filter(pl.col("arm") != HOLDOUT).select(
            "customer_id",
            (pl.col("arm").replace_strict(costs_of, return_dtype=pl.Int64) * first_of_post).alias(
                "contact_cost"
            ),
        ),
        offer_costs=_offer_costs(orders, plan),
    )


def _programme(
    name: str,
    programme_id: int,
    version: Version,
    entries: pl.DataFrame,
    outcomes: EntryOutcomes,
    last_day: dt.date,
) -> Found:
    plan = version.plan
    found = find_programme(outcomes, plan, planned=version.planned, until=last_day)
    net = dict(found.bars)["net"]
    told = entries.filter(~pl.col("held_back"))
    return Found(
        net=Part(
            name=name,
            kind=PROGRAMME,
            id=programme_id,
            customers=found.n_told,
            each=net,
            waiting=told.height - found.n_told,
        ),
        outside=None,
        later=None,
        contacts=told.select(
            "customer_id", pl.lit(plan.contact_cost, dtype=pl.Int64).alias("contact_cost")
        ),
        offer_costs=pl.DataFrame(schema=OFFER_COSTS),
    )


def _events(settings: Settings, campaign: LaunchedCampaign) -> pl.LazyFrame | None:
    if not any(isinstance(arm.offer, CashBack) for arm in campaign.plan.arms):
        return None
    return DatasetTable(settings.shop_dir(campaign.shop_id), "events").scan()


def _offer_costs(orders: WindowOrders, plan: Plan) -> pl.DataFrame:
    """What each order's use of the offer cost, and how much of it was taken off the price."""
    cuts = [name for name in plan.arm_names if isinstance(offer_open_to(name, plan.arms), PriceCut)]
    used = orders.purchases.filter(pl.col("offer_cost") > 0)
    off = pl.when(pl.col("arm").is_in(cuts)).then(pl.col("offer_cost")).otherwise(0)
    return used.select("order_id", "offer_cost", off.cast(pl.Int64).alias("taken_off"))


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
