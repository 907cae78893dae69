"""Members against others: a comparison of people who differ in more than being members."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from regulars_experiments.effects import proportions
from regulars_experiments.moments import Summary
from regulars_experiments.results import Answer
from regulars_platform.memory.models import Learning
from regulars_platform.tiers.membership import MemberBy, Membership, members_on
from regulars_platform.tiers.shares import WINDOW, Share, share_of
from regulars_platform.tiers.standing import Looked, after

SPEAKS_OF = frozenset({"tier", "next_tier", "to_next_tier", "follows", "points_balance"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """Members, or others: customers who had bought WINDOW days ago. sales: ten-thousandths."""

    customers: int
    buyers: int
    again: Share | None
    sales: int
    sales_share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """difference: share of members who bought again less that of the others."""

    by: MemberBy
    members: Side
    others: Side
    difference: Answer


def compare_members(looked: Looked, by: MemberBy, as_of: dt.date) -> Compared | None:
    """As they stood WINDOW days before the day; None where nothing says who is a member.

    Who agreed is known as of now only; tier and following as of then.
    """
    start = as_of - dt.timedelta(days=WINDOW)
    frame = after(looked, start, WINDOW)
    if by == "tier":
        if len(looked.tiers) < 2:
            return None
        member = pl.col("tier").is_in(looked.names[1:]).fill_null(False)
    else:
        said = members_on(Membership(way=by), looked.store, looked.version, start).collect()
        if said.is_empty():
            return None
        member = pl.col("customer_id").is_in(said["customer_id"].implode())
    judged = frame.with_columns(member.alias("member"))
    sums = (
        judged.group_by("member")
        .agg(pl.len(), pl.col("bought").sum().alias("buyers"), pl.col("sales").sum())
        .collect(engine="streaming")
    )
    found = {bool(one): (int(n), int(b), int(s)) for one, n, b, s in sums.rows()}
    total = sum(sales for _, _, sales in found.values())
    members, others = (_side(found.get(one, (0, 0, 0)), total) for one in (True, False))
    return Compared(by=by, members=members, others=others, difference=_difference(others, members))


def by_lot(learnings: tuple[Learning, ...]) -> list[Learning]:
    """What campaigns proved of tiers, followers or points: drawn by lot, so like with like."""
    return [
        one
        for one in learnings
        if one.offer.get("kind") == "points" or SPEAKS_OF & _features_in(one.people.get("rule"))
    ]


def _features_in(rule: Any) -> set[str]:
    if isinstance(rule, dict):
        own = {rule["feature"]} if isinstance(rule.get("feature"), str) else set()
        return own.union(*(_features_in(part) for part in rule.values()))
    if isinstance(rule, list):
        return set().union(*(_features_in(part) for part in rule))
    return set()


def _side(sums: tuple[int, int, int], total: int) -> Side:
    customers, buyers, sales = sums
    return Side(
        customers=customers,
        buyers=buyers,
        again=share_of(buyers, customers),
        sales=sales,
        sales_share=sales / total if total > 0 else None,
    )


def _difference(others: Side, members: Side) -> Answer:
    return proportions(_summary(others), _summary(members), 0.95).answer(0)


def _summary(side: Side) -> Summary:
    """Of whether each bought again, 0 or 1."""
    n, mean = float(side.customers), side.buyers / side.customers if side.customers else np.nan
    variance = n / (n - 1) * mean * (1 - mean) if n > 1 else np.nan
    return Summary(
        n=np.array([n]),
        mean=np.array([mean]),
        variance=np.array([variance]),
        mean_square=np.array([mean]),
    )
