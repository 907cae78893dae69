"""The leak as it was foreseen at launch, beside the one that the holdout shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl
from scipy import special

from regulars_experiments.comparison import Cell, compare
from regulars_experiments.moments import Moments
from regulars_experiments.results import Answer, Estimate, NotEstimable, Reason, answer_as_json
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.memory.forecast import read_promises
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.reports.design import WHOLE
from regulars_platform.reports.findings import Findings
from regulars_platform.reports.leak import leak_columns
from regulars_platform.reports.outcomes import WindowOrders, offer_open_to


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeseenLeak:
    """As frozen at launch: a count of past orders. share: of the orders; cost: currency units.

    The cost is for the arm's part of everybody in the plan, as if each such order had used it.
    """

    share: float | None
    cost: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeakFinding:
    """What an arm's offer gives to orders that come anyway, as the holdout shows.

    share: of what the offer gives in the arm (see `leaks_of`). told: units of the arm. given_away:
    what they were given for such orders, currency units, at the measured rate of use. use_rate: of
    what orders of the arm that reach the offer could have been given, the part that was; None where
    none reaches it. orders, qualifying: of the held out, and those of them that reach the offer.
    foreseen: None where nothing was at launch.
    """

    arm: str
    share: Answer | None
    told: int
    given_away: Answer
    use_rate: float | None
    orders: int
    qualifying: int
    foreseen: ForeseenLeak | None


def find_leaks(
    findings: Findings, orders: WindowOrders, plan: Plan, forecast: Mapping[str, Any] | None
) -> tuple[LeakFinding, ...]:
    """Per arm with an offer. forecast: as frozen at launch (regulars.forecast/1), if it was."""
    promises = {} if forecast is None else {p.arm: p for p in read_promises(forecast)}
    moments = findings.moments.rolled_up(["arm"])
    units = dict(zip(moments.keys, moments.counts(moments.keys), strict=True))
    columns = leak_columns(plan)
    held = orders.purchases.filter(pl.col("arm") == HOLDOUT)
    found = []
    for place, (arm, group) in enumerate(zip(plan.arms, findings.overall, strict=True)):
        offer = offer_open_to(arm.name, plan.arms)
        if offer is None or isinstance(offer, MessageOnly):
            continue
        given = columns[arm.name]
        reached = given if given in held.columns else f"anyway_{place}"
        promise = promises.get(arm.name)
        told = units.get((arm.name,), 0)
        rate, given_away = _given_away(moments, arm.name, given, plan.confidence / WHOLE)
        found.append(
            LeakFinding(
                arm=arm.name,
                share=group.leak,
                told=told,
                given_away=given_away,
                use_rate=rate,
                orders=held.height,
                qualifying=held.filter(pl.col(reached) > 0).height,
                foreseen=None
                if promise is None or promise.leak_cost is None
                else ForeseenLeak(
                    share=promise.leak_share,
                    cost=promise.leak_cost * told / sum(units.values()),
                ),
            )
        )
    return tuple(found)


def leaks_json(found: Sequence[LeakFinding]) -> list[dict[str, Any]]:
    """As the report's document has it."""
    return [
        {
            "arm": leak.arm,
            "share": None if leak.share is None else answer_as_json(leak.share),
            "told": leak.told,
            "given_away": answer_as_json(leak.given_away),
            "use_rate": leak.use_rate,
            "orders": leak.orders,
            "qualifying": leak.qualifying,
            "foreseen": None
            if leak.foreseen is None
            else {"share": leak.foreseen.share, "cost": leak.foreseen.cost},
        }
        for leak in found
    ]


def _given_away(
    moments: Moments, arm: str, column: str, confidence: float
) -> tuple[float | None, Answer]:
    """(rate of use, what the units of the arm were given for orders that come anyway).

    g = n m_c R: n units, m_c the holdout's mean of what its orders would be given, R = o / a of the
    arm, what the offer gave over what the orders that reach it could have been given. By the delta
    method Var(g / n) = R^2 Var(m_c) + m_c^2 Var(o - R a) / a^2 (Cochran 1977, sec. 2.11, for R).
    Student's interval at the degrees of freedom of the smaller group.
    """
    cell = compare(moments, HOLDOUT, [Cell(arm=arm, segment=None)])
    control, could = cell.summaries({column: 1})
    _, gave = cell.summaries({"offer_cost": 1})
    rate = float(gave.mean[0] / could.mean[0]) if could.mean[0] > 0 else None
    smaller, told = min(control.n[0], could.n[0]), float(could.n[0])
    if not smaller >= 2:
        return rate, NotEstimable(reason=Reason.TOO_FEW_UNITS)
    if control.variance[0] == 0 or rate is None:
        return rate, NotEstimable(reason=Reason.NO_VARIATION)
    mean = float(control.mean[0])
    by_rate = 0.0
    if column != "offer_cost":  # an open offer is compared as it was used: nothing is estimated
        rest = cell.summaries({"offer_cost": 1, column: -Fraction(rate)})[1]
        by_rate = mean**2 * float(rest.error2[0]) / float(could.mean[0]) ** 2
    error = float(rate**2 * control.error2[0] + by_rate) ** 0.5
    away = float(special.stdtrit(smaller - 1, 0.5 + confidence / 2)) * error
    each = mean * rate
    return rate, Estimate(
        estimate=each * told,
        standard_error=error * told,
        low=max(each - away, 0.0) * told,
        high=(each + away) * told,
        p_value=None,
    )
