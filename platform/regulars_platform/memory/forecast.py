"""What a campaign is expected to earn, before it is launched; frozen with the launch.

Starts from memory: what earlier campaigns of the same people, or of others who are mostly the same
customers, and of the same family of offers earned per customer. Where there is none it starts from
the usual guess (`campaigns.power.usual_prior`): they spend 5% more than in the past window, give or
take 10%, at the plan's margin, less what contacting them and a code of their own cost. Of people
who hardly bought in that window it says as much as if one in ten had (`SELDOM`): that nobody spent
does not show that nobody can be won. How the two are weighed: `beliefs.weigh`.
"""

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from regulars_experiments.pooling import Posterior
from regulars_experiments.results import FloatArray
from regulars_platform.campaigns.plan import NamedRule, TreatmentArm
from regulars_platform.campaigns.power import usual_prior
from regulars_platform.memory.beliefs import AS_NEAR, Leaning, lean, weigh
from regulars_platform.memory.cells import CellKey, past_campaigns
from regulars_platform.memory.families import offer_family
from regulars_platform.memory.likeness import Likeness, Likenesses
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.people import people_of
from regulars_platform.segments.rules import Rule

SCHEMA = "regulars.forecast/1"

SELDOM = 0.1
"""The guess is never about less than a usual order of this share of the group: 0.5% of them won,
give or take 1%. (In Hillstrom's test two mails won 0.3% and 0.7% where 0.6% ordered without.)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedGroup:
    """One segment of a plan (None: everybody) before the launch.

    units: customers or households drawn into it, in all arms; spend: of one in a past window as
    long as the outcome window, currency units; usual_order: median of their average order values.
    like: people met by past campaigns who are among them. order: what an order of a unit won would
    come to, None: usual_order; fits: share whom a threshold fits.
    """

    segment: str | None
    units: int
    spend: float
    usual_order: float | None
    like: tuple[Likeness, ...] = ()
    order: float | None = None
    fits: float = 1.0

    @property
    def won_order(self) -> float:
        """0 where nobody knows what an order of theirs would come to."""
        return max((self.usual_order if self.order is None else self.order) or 0.0, 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedLeak:
    """What an arm's offer gives to orders that come anyway, as the past window has them.

    share: of the orders; cost: in all, of everybody in the plan; None where nobody ordered. Money
    in currency units.
    """

    share: float | None
    cost: float
    cost_per_customer: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What of a plan a forecast needs. day: the first of the outcome window. margin, confidence:
    as shares; shares: of the arms, 0 to 1. groups: everybody first, then the segments, the rest
    last. leaks: by arm. gives: by arm, what the offer costs on one order that it wins."""

    audience: Rule
    segments: tuple[NamedRule, ...]
    arms: tuple[TreatmentArm, ...]
    shares: tuple[float, ...]
    unit: str
    day: dt.date
    margin: float
    confidence: float
    contact_costs: tuple[float, ...]
    groups: tuple[PlannedGroup, ...]
    leaks: tuple[PlannedLeak | None, ...]
    gives: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupForecast:
    """One segment in one arm: net per unit told, and how many campaigns it was learnt from.

    like: the people it leans on, None where nothing is remembered or likeness was not measured.
    """

    segment: str | None
    units: int
    mean: float
    deviation: float
    campaigns: int
    like: Likeness | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmForecast:
    """What one arm is expected to earn in all, currency units; low, high: central interval.

    deviation: of `expected`; units: told; remembered: of these, in groups that something is
    remembered of; campaigns: how many earlier ones it was learnt from. leak: None where it could
    not be foreseen.
    """

    arm: str
    units: int
    remembered: int
    campaigns: int
    expected: float
    deviation: float
    low: float
    high: float
    chance_of_loss: float
    groups: tuple[GroupForecast, ...]
    leak: PlannedLeak | None


def planned_groups(
    drawn: pl.DataFrame,
    spend: Mapping[str | None, float],
    like: Likenesses,
    *,
    fits: pl.Expr,
    shop_order: float | None,
) -> list[PlannedGroup]:
    """Everybody and each segment of the drawn customers.

    drawn: customer_id, segment, average_order_value, and unit_id where units are not customers;
    spend: per customer by segment, None for everybody; like: as `measure_likeness` gives it. fits:
    of drawn, whom a threshold fits; shop_order: usual order where a group has none of its own.
    """
    unit = "unit_id" if "unit_id" in drawn.columns else "customer_id"
    what = (
        pl.len().alias("customers"),
        pl.col(unit).n_unique().alias("units"),
        pl.col("average_order_value").median().alias("usual"),
        fits.fill_null(False).mean().alias("fits"),
    )
    by_segment = drawn.group_by("segment", maintain_order=True).agg(*what).iter_rows()
    rows = [(None, *drawn.select(*what).row(0)), *by_segment]
    return [
        PlannedGroup(
            segment=segment,
            units=units,
            spend=spend.get(segment, 0.0) * customers / units,
            usual_order=usual,
            like=like.get(segment, ()),
            order=((shop_order if usual is None else usual) or 0.0) * customers / units,
            fits=fitting,
        )
        for segment, customers, units, usual, fitting in rows
        if units
    ]


def forecast_arms(outlook: Outlook, lessons: Sequence[Lesson]) -> tuple[ArmForecast, ...]:
    """Of each arm, from memory and failing that from the usual guess.

    A plan's segments are foretold one by one where any of them is remembered, and all together
    where none is or where only everybody at once was met before. Errors of memory are each cell's
    own; those of the guess go up and down together.
    """
    return tuple(_arm(outlook, place, lessons) for place in range(len(outlook.arms)))


def _arm(outlook: Outlook, place: int, lessons: Sequence[Lesson]) -> ArmForecast:
    groups = list(outlook.groups)
    means, deviations, campaigns, leanings = _believed(outlook, place, groups, lessons)
    chosen = _described(groups, campaigns, leanings)
    means, deviations = means[chosen], deviations[chosen]
    told = np.array([groups[row].units * outlook.shares[place] for row in chosen])
    known = np.array([bool(campaigns[row]) for row in chosen])
    expected = float(told @ means)
    errors: dict[CellKey, float] = {}
    for row, error in zip(np.flatnonzero(known), (told * deviations)[known], strict=True):
        # groups that lean on the same people err together
        cell = leanings[chosen[row]].cell
        errors[cell] = errors.get(cell, 0.0) + float(error)
    deviation = math.hypot(*errors.values(), float((told * deviations)[~known].sum()))
    half = float(special.ndtri(0.5 + outlook.confidence / 2)) * deviation
    return ArmForecast(
        arm=outlook.arms[place].name,
        units=round(float(told.sum())),
        remembered=round(float(told[known].sum())),
        campaigns=len(set().union(*(campaigns[row] for row in chosen))),
        expected=expected,
        deviation=deviation,
        low=expected - half,
        high=expected + half,
        chance_of_loss=float(special.ndtr(-expected / deviation)) if deviation > 0 else 0.0,
        groups=tuple(
            GroupForecast(
                segment=groups[row].segment,
                units=round(float(units)),
                mean=float(mean),
                deviation=float(error),
                campaigns=len(campaigns[row]),
                like=leanings[row].like if campaigns[row] else None,
            )
            for row, units, mean, error in zip(chosen, told, means, deviations, strict=True)
        ),
        leak=outlook.leaks[place],
    )


def _described(
    groups: Sequence[PlannedGroup], campaigns: Sequence[set[int]], leanings: Sequence[Leaning]
) -> list[int]:
    """Places of the groups to foretell: the segments, or everybody where that is better known.

    What is not remembered is as strange as people can be.
    """
    parts = [row for row, group in enumerate(groups) if group.segment is not None]
    whole = [row for row, group in enumerate(groups) if group.segment is None]

    def strangeness(rows: list[int]) -> float:
        each = [leanings[row].strangeness if campaigns[row] else 1.0 for row in rows]
        units = [groups[row].units for row in rows]
        return sum(n * one for n, one in zip(units, each, strict=True)) / sum(units)

    if not any(campaigns[row] for row in parts):
        return whole
    if not any(campaigns[row] for row in whole):
        return parts
    return parts if strangeness(parts) <= strangeness(whole) + AS_NEAR else whole


def _believed(
    outlook: Outlook, place: int, groups: Sequence[PlannedGroup], lessons: Sequence[Lesson]
) -> tuple[FloatArray, FloatArray, list[set[int]], list[Leaning]]:
    """Net per unit of each group, its deviation, the ids of the campaigns behind it, and whom it
    leans on."""
    known = {lesson.cell for lesson in lessons if lesson.ends_on < outlook.day}
    cells = _cells(outlook, place, groups)
    leanings = [lean(own, group.like, known) for own, group in zip(cells, groups, strict=True)]
    past = past_campaigns(lessons, [one.cell for one in leanings], outlook.day)
    strangeness = np.array([one.strangeness for one in leanings])
    means, deviations = weigh(_guess(outlook, place, groups), past, strangeness)
    behind = [{one.campaign_id for one in campaigns} for campaigns in past.campaigns]
    return means, deviations, behind, leanings


def _cells(outlook: Outlook, place: int, groups: Sequence[PlannedGroup]) -> list[CellKey]:
    people = people_of(outlook.audience, {one.name: one.rule for one in outlook.segments})
    arm = outlook.arms[place]
    return [
        (
            people.get(group.segment, people[None]).key,
            offer_family(arm, outlook.unit, group.usual_order).key,
        )
        for group in groups
    ]


def _guess(outlook: Outlook, place: int, groups: Sequence[PlannedGroup]) -> Posterior:
    arm, leak = outlook.arms[place], outlook.leaks[place]
    cost = outlook.contact_costs[place]
    if arm.offer.reach == "personal" and leak is not None:
        cost += leak.cost_per_customer
    gives = outlook.gives[place] if outlook.gives else 0.0
    guesses = [_gain(group, gives, outlook.margin) for group in groups]
    # where not even an order's worth is known: still not certain, or no campaign could teach
    least = abs(cost) or 1e-6
    means = np.array([mean - cost for mean, _ in guesses])
    deviations = np.array([max(deviation, least) for _, deviation in guesses])
    return Posterior(weights=np.ones(1), means=means[None], deviations=deviations[None])


def _gain(group: PlannedGroup, gives: float, margin: float) -> tuple[float, float]:
    """Guess of what an offer brings per unit before the contact, and its deviation.

    A threshold out of reach lets nothing be hoped for, but nobody knows that nothing comes. Orders
    won beyond what the window shows have the offer, too.
    """
    order = group.won_order
    counted = max(group.spend, SELDOM * order * group.fits)
    hoped = usual_prior(counted).mean
    beyond = hoped - usual_prior(group.spend).mean
    paid = beyond / order * gives if order > 0 else 0.0
    return margin * hoped - paid, margin * usual_prior(max(group.spend, SELDOM * order)).sd


def forecast_json(arms: Sequence[ArmForecast]) -> dict[str, Any]:
    """As it is frozen: JSON without floats, amounts in currency units as text."""
    return {
        "schema": SCHEMA,
        "arms": [
            {
                "arm": arm.arm,
                "units": arm.units,
                "remembered": arm.remembered,
                "campaigns": arm.campaigns,
                "expected": _money(arm.expected),
                "low": _money(arm.low),
                "high": _money(arm.high),
                "chance_of_loss": f"{arm.chance_of_loss:.4f}",
                "leak": None
                if arm.leak is None
                else {
                    "share": None if arm.leak.share is None else f"{arm.leak.share:.4f}",
                    "cost": _money(arm.leak.cost),
                },
                "groups": [
                    {
                        "segment": group.segment,
                        "units": group.units,
                        "mean": f"{group.mean:.4f}",
                        "deviation": f"{group.deviation:.4f}",
                        "campaigns": group.campaigns,
                    }
                    for group in arm.groups
                ],
            }
            for arm in arms
        ],
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupPromise:
    """What was promised of one segment in all: units told, and their net profit."""

    segment: str | None
    units: int
    expected: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """What was promised of one arm at its launch; currency units, leak_share a share.

    remembered: units told of whom something was remembered, of all `units`. groups: what it is the
    sum of, segments or everybody at once.
    """

    arm: str
    units: int
    remembered: int
    campaigns: int
    expected: float
    low: float
    high: float
    chance_of_loss: float
    leak_share: float | None
    leak_cost: float | None
    groups: tuple[GroupPromise, ...]


def read_promises(document: Mapping[str, Any] | str) -> tuple[Promise, ...]:
    """The promises of a frozen forecast, arm by arm."""
    read: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    return tuple(
        Promise(
            arm=arm["arm"],
            units=arm["units"],
            remembered=arm["remembered"],
            campaigns=arm["campaigns"],
            expected=float(arm["expected"]),
            low=float(arm["low"]),
            high=float(arm["high"]),
            chance_of_loss=float(arm["chance_of_loss"]),
            leak_share=_number(arm["leak"], "share"),
            leak_cost=_number(arm["leak"], "cost"),
            groups=tuple(
                GroupPromise(
                    segment=group["segment"],
                    units=group["units"],
                    expected=group["units"] * float(group["mean"]),
                )
                for group in arm["groups"]
            ),
        )
        for arm in read["arms"]
    )


def _number(part: Mapping[str, Any] | None, key: str) -> float | None:
    return None if part is None or part[key] is None else float(part[key])


def _money(amount: float) -> str:
    # -0.00 and 0.00 are the same amount and must be the same text
    return f"{round(amount, 2) + 0.0:.2f}"


def segment_spend(names: Sequence[str], means: Sequence[float]) -> dict[str | None, float]:
    """Spend per customer by segment from means of (everybody, *segments); NaN counts as nothing."""
    keys: tuple[str | None, ...] = (None, *names)
    return {
        key: float(mean) if np.isfinite(mean) else 0.0
        for key, mean in zip(keys, means, strict=True)
    }
