"""A launched campaign with its orders as what uplift models learn from: one row per drawn unit.

The outcome is the net value that the report counts: goods kept at the middle of the margin's range,
less what the offer cost as it was used, less what telling cost. Features are those of the plan's
day from the orders as they were at the launch, so that nothing of them can have come after it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.features import learn_encoding
from regulars_experiments.uplift.lineup import OwnSegments
from regulars_experiments.uplift.randomised import Randomised
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.customers.catalogue import ORDER_FEATURES
from regulars_platform.fields import WHOLE
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.design import goods_columns, margins
from regulars_platform.reports.outcomes import unit_outcomes


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignData:
    """A campaign as the uplift core reads it.

    units: unit_id, customer_id (who speaks for the unit), segment, arm, members; one row per row of
    `data`, by unit_id. segments: those of the plan that anybody is in; None where that is one.
    """

    units: pl.DataFrame
    data: Randomised
    segments: OwnSegments | None


def campaign_data(
    features: pl.LazyFrame,
    lines: pl.LazyFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    costs: pl.LazyFrame | None = None,
) -> CampaignData:
    """features: of orders alone, as of the plan's day at the launch's orders: what a shop brought
    since of other kinds must not change an answer. lines: order lines with the outcomes.

    A household has the features of the member who spent most, who speaks for it in the draw, too.
    Telling it counts at the arm's cost for as many members as households have on average, so that
    one household does not look like a loss for being large.
    """
    outcomes = unit_outcomes(lines, ledger, plan, costs)
    units = outcomes.select("unit_id", "segment", "arm", "members").join(
        speakers(ledger), on="unit_id", how="left", maintain_order="left"
    )
    described = describe(features, units["customer_id"])
    known = [name for name in ORDER_FEATURES if described[name].null_count() < described.height]
    encoding, _ = learn_encoding(described, known)
    arms = plan.arm_names
    arm = units["arm"].replace_strict(list(arms), list(range(len(arms))), return_dtype=pl.Int64)
    telling = contact_costs(plan, _mean(units["members"]))
    codes = arm.to_numpy()
    _, rate, _ = margins(plan)
    gross = (
        outcomes[goods_columns(plan)[2]].to_numpy() * float(rate)
        - outcomes["offer_cost"].to_numpy()
    )
    return CampaignData(
        units=units.select("unit_id", "customer_id", "segment", "arm", "members"),
        data=Randomised(
            features=encoding.apply(described),
            outcome=gross / MONEY_SCALE - telling[codes],
            arm=codes,
            probabilities=np.array(plan.shares, dtype=np.float64) / WHOLE,
            arm_names=arms,
            bought=outcomes["buyer"].to_numpy() > 0,
            contact_costs=telling,
        ),
        segments=own_segments(units["segment"], plan.segment_names),
    )


def speakers(ledger: pl.DataFrame) -> pl.DataFrame:
    """unit_id, customer_id: the member who spent most, then the first by id."""
    return (
        ledger.sort(["unit_id", "spend", "customer_id"], descending=[False, True, False])
        .unique("unit_id", keep="first", maintain_order=True)
        .select("unit_id", "customer_id")
    )


def describe(features: pl.LazyFrame, customers: pl.Series) -> pl.DataFrame:
    """customer_id and all columns of `features` of these customers, in their order."""
    wanted = customers.rename("customer_id").to_frame().lazy()
    return wanted.join(
        features,
        on="customer_id",
        how="left",
        maintain_order="left",
    ).collect()


def contact_costs(plan: Plan, members: float) -> FloatArray:
    """(A + 1,), currency units: what telling one unit of so many members costs in each arm.

    A post to a group costs once, however many are in it.
    """
    costs = {
        arm.name: arm.contact_cost * (1.0 if arm.reaches_audience else members) for arm in plan.arms
    } | {HOLDOUT: 0.0}
    return np.array([costs[name] for name in plan.arm_names]) / MONEY_SCALE


def _mean(column: pl.Series) -> float:
    return float(column.to_numpy().mean()) if len(column) else 0.0


def own_segments(segment: pl.Series, names: Sequence[str]) -> OwnSegments | None:
    """The plan's segments that somebody is in; None where they do not tell anybody apart."""
    there = set(segment.unique())
    known = [name for name in names if name in there]
    if len(known) < 2:
        return None
    codes = segment.replace_strict(known, list(range(len(known))), return_dtype=pl.Int64)
    return OwnSegments(codes=codes.to_numpy(), names=tuple(known))


def seed_of(salt: str) -> int:
    """The seed of everything random about a campaign's models: from its own salt, hence fixed."""
    return int.from_bytes(hashlib.sha256(f"targeting:{salt}".encode()).digest()[:4], "big")
