"""What one more contact brings, by how many a customer had lately; from randomised campaigns alone.

Who had many contacts differs from who had few in much else, so the groups are not compared with
each other: within each, those told are compared with those held back by the same draw.
"""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from regulars_experiments.memory import random_effects
from regulars_experiments.results import Answer, Estimate
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_costs, campaign_ledger
from regulars_platform.offers.kinds import CashBack
from regulars_platform.reports.findings import find
from regulars_platform.reports.outcomes import outcomes_of, window_orders
from regulars_platform.reports.total import find_total
from regulars_platform.settings import Settings

LOOK_BACK = dt.timedelta(days=30)
CONFIDENCE = 0.95
BUCKETS = ("0", "1", "2", "3+")


@dataclass(frozen=True, kw_only=True, slots=True)
class NthContact:
    """Net profit per customer told, by earlier contacts. campaigns: how many tell of it."""

    earlier: str
    customers: int
    campaigns: int
    net: Answer


def nth_contacts(
    settings: Settings,
    campaigns: list[LaunchedCampaign],
    contacts: pl.DataFrame,
    lines: pl.LazyFrame,
) -> tuple[NthContact, ...]:
    """One per bucket. contacts: customer_id, day, reaching LOOK_BACK before the first campaign.

    Campaigns are pooled by a random-effects mean, since their offers differ.
    """
    found: dict[str, list[tuple[int, Estimate]]] = {name: [] for name in BUCKETS}
    for campaign in campaigns:
        for name, told, net in _of_campaign(settings, campaign, contacts, lines):
            if isinstance(net, Estimate) and net.standard_error:
                found[name].append((told, net))
    return tuple(_pooled(name, found[name]) for name in BUCKETS)


def earlier_contacts(ledger: pl.DataFrame, contacts: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The ledger with BUCKETS as segments: the most contacts that anybody of the unit had."""
    before = contacts.filter(
        (pl.col("day") < plan.send_date) & (pl.col("day") >= plan.send_date - LOOK_BACK)
    )
    each = before.group_by("customer_id").len("_contacts")
    most = pl.col("_contacts").fill_null(0).max().over("unit_id")
    return (
        ledger.join(each, on="customer_id", how="left", maintain_order="left")
        .with_columns(
            pl.when(most >= 3)
            .then(pl.lit(BUCKETS[-1]))
            .otherwise(most.cast(pl.String))
            .alias("segment")
        )
        .drop("_contacts")
    )


def _of_campaign(
    settings: Settings, campaign: LaunchedCampaign, contacts: pl.DataFrame, lines: pl.LazyFrame
) -> list[tuple[str, int, Answer]]:
    plan = replace(campaign.plan, segments=())
    if any(isinstance(arm.offer, CashBack) for arm in plan.arms):
        return []
    whole = earlier_contacts(campaign_ledger(settings, campaign), contacts, plan)
    costs = campaign_costs(settings, campaign)
    answers = []
    for name in BUCKETS:
        ledger = whole.filter(pl.col("segment") == name)
        arms = set(ledger["arm"].unique())
        if not set(plan.arm_names) <= arms:
            continue
        orders = window_orders(lines, ledger, plan, costs)
        # one group at a time: to `find` it is everybody there is
        ledger = ledger.with_columns(pl.lit("everyone else").alias("segment"))
        findings = find(outcomes_of(orders, ledger, plan), ledger, plan)
        total = find_total(findings.moments, plan)
        told = sum(group.n for group in findings.overall)
        answers.append((name, told, findings.overall[0].net if total is None else total.net))
    return answers


def _pooled(name: str, known: list[tuple[int, Estimate]]) -> NthContact:
    customers = sum(told for told, _ in known)
    pooled = random_effects(
        np.array([[one.estimate for _, one in known] or [np.nan]], dtype=np.float64),
        np.array([[one.standard_error for _, one in known] or [1.0]], dtype=np.float64),
        confidence=CONFIDENCE,
    )
    # one campaign keeps the interval that its report has
    net = known[0][1] if len(known) == 1 else pooled.mean.answer(0)
    return NthContact(earlier=name, customers=customers, campaigns=len(known), net=net)
