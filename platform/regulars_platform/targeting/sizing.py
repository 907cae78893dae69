"""How many of the keepers to hold out, from what the report taught of them.

The usual guess of a plan (5% more spend, give or take 10%) would forget the campaign just read.
Here the effect is what the report says of those kept, as uncertain as it says, and by as much more
as effects change from one round to the next.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from regulars_experiments.effects import normal_quantile
from regulars_experiments.holdouts import (
    HoldoutQuestion,
    HoldoutSizes,
    Prior,
    Stakes,
    holdout_sizes,
)
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_platform.campaigns.foresight import Terms, past_spend
from regulars_platform.campaigns.plan import EVERYONE_ELSE
from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.campaigns.population import build_population
from regulars_platform.customers.store import FeatureStore, window_spend
from regulars_platform.fields import WHOLE

CHANGE = 0.5
"""How far effects differ between rounds, in shares of themselves: memory's usual scale."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """Net profit of telling one of the keepers (customer or household), currency units."""

    mean: float
    sd: float


def belief_of_groups(groups: Sequence[Mapping[str, Any]], confidence: float) -> Belief | None:
    """From groups of a report: their pooled values weighed by size, errors taken as independent.

    confidence: of the report's intervals. None where no group has a value.
    """
    known = [(group, _value(group)) for group in groups]
    found = [(group["n"] + group["n_control"], value) for group, value in known if value]
    total = sum(size for size, _ in found)
    if not total:
        return None
    z = 2 * normal_quantile(confidence)
    mean = sum(size * value["mean"] for size, value in found) / total
    errors = [size * (value["high"] - value["low"]) / z for size, value in found]
    return Belief(mean=mean, sd=math.sqrt(sum(error**2 for error in errors)) / total)


def belief_of_rule(value: Mapping[str, Any], share: float) -> Belief | None:
    """From a rule's honest value per unit of the audience; share: whom it tells."""
    if "estimate" not in value or not share > 0:
        return None
    return Belief(mean=value["estimate"] / share, sd=value["standard_error"] / share)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeeperSizes:
    """The engine's sizes; least: share of the keepers (0 to 1) below which the holdout would have
    too few buyers for the next report to say anything."""

    sizes: HoldoutSizes
    least: float


def sizes_for_keepers(
    draft: Draft, belief: Belief, store: FeatureStore, version: int
) -> KeeperSizes | None:
    """For a complete draft on today's customers; None without past spend."""
    margin = ((draft.margin_low or 0) + (draft.margin_high or 0)) / 2 / WHOLE
    if not (draft.audience and draft.exclusions and draft.arms and draft.as_of and margin):
        return None
    if draft.window_days is None:
        return None
    segments = draft.segments or ()
    drawn = build_population(
        store.features(draft.as_of, version),
        audience=draft.audience,
        segments=segments,
        exclusions=draft.exclusions,
        suppressed=(),
    ).drawn
    orders: pl.LazyFrame = store.window_orders(draft.as_of, draft.window_days, version)
    names = [*(part.name for part in segments), EVERYONE_ELSE]
    past = past_spend(
        window_spend(orders).collect(), drawn, names, draft.exclusions.customer_revenue_cap
    )
    if drawn.is_empty() or not float(past.baseline.mean[0]) > 0:
        return None
    terms = Terms(
        holdout=draft.holdout or 0,
        arms=draft.arms,
        margin=margin,
        confidence=(draft.confidence or 9_500) / WHOLE,
        rounds=draft.horizon_rounds or 4,
    )
    sd = math.hypot(belief.sd, CHANGE * belief.mean)
    # the engine asks for the effect on spend, of which margin is kept and the contact paid
    prior = Prior(mean=(belief.mean + terms.contact_cost) / margin, sd=sd / margin)
    customers, rate = float(past.customers[0]), float(past.baseline.buyers[0])
    sizes = holdout_sizes(
        HoldoutQuestion(
            customers=int(customers),
            baseline=past.baseline.cell(0),
            prior=prior,
            stakes=Stakes(
                margin=margin, contact_cost=terms.contact_cost, further_rounds=terms.rounds
            ),
            arm_share=terms.smallest_arm,
            confidence=terms.confidence_of_arms,
        )
    )
    return KeeperSizes(sizes=sizes, least=min(1.0, LEAST_EXPECTED_BUYERS / rate / customers))


def _value(group: Mapping[str, Any]) -> Mapping[str, float] | None:
    if group["hidden"]:
        return None
    if group["pooled"] is not None:
        pooled: Mapping[str, float] = group["pooled"]
        return pooled
    net = group["net"]
    if "estimate" not in net:
        return None
    return {"mean": net["estimate"], "low": net["low"], "high": net["high"]}
