"""The leak as it was foreseen at launch, beside the one that the holdout shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """As frozen at launch. share: of the orders; cost: for everybody in the plan, in units."""

    share: float | None
    cost: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeakFinding:
    """What an arm's offer gives to orders that come anyway, as the holdout shows.

    share: of what the offer gives in the arm (see `leaks_of`). cost: what everybody in the plan
    would be given for such orders, currency units. orders, qualifying: of the held out, and those
    of them that reach the offer. foreseen: None where nothing was at launch.
    """

    arm: str
    share: Answer | None
    cost: Answer
    orders: int
    qualifying: int
    foreseen: ForeseenLeak | None


def find_leaks(
    findings: Findings, orders: WindowOrders, plan: Plan, forecast: Mapping[str, Any] | None
) -> tuple[LeakFinding, ...]:
    """Per arm with an offer. forecast: as frozen at launch (regulars.forecast/1), if it was."""
    promises = {} if forecast is None else {p.arm: p for p in read_promises(forecast)}
    moments = findings.moments.rolled_up(["arm"])
    units = sum(moments.counts(moments.keys))
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
        found.append(
            LeakFinding(
                arm=arm.name,
                share=group.leak,
                cost=_cost(moments, arm.name, given, units, plan.confidence / WHOLE),
                orders=held.height,
                qualifying=held.filter(pl.col(reached) > 0).height,
                foreseen=None
                if promise is None or promise.leak_cost is None
                else ForeseenLeak(share=promise.leak_share, cost=promise.leak_cost),
            )
        )
    return tuple(found)


def leaks_json(found: Sequence[LeakFinding]) -> list[dict[str, Any]]:
    """As the report's document has it."""
    return [
        {
            "arm": leak.arm,
            "share": None if leak.share is None else answer_as_json(leak.share),
            "cost": answer_as_json(leak.cost),
            "orders": leak.orders,
            "qualifying": leak.qualifying,
            "foreseen": None
            if leak.foreseen is None
            else {"share": leak.foreseen.share, "cost": leak.foreseen.cost},
        }
        for leak in found
    ]


def _cost(moments: Moments, arm: str, column: str, units: int, confidence: float) -> Answer:
    """The holdout's mean, for all units: Student's interval of one mean, by its own error."""
    cell = compare(moments, HOLDOUT, [Cell(arm=arm, segment=None)])
    control, _ = cell.summaries({column: 1})
    if not control.n[0] >= 2:
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    if control.variance[0] == 0:
        return NotEstimable(reason=Reason.NO_VARIATION)
    mean, error = float(control.mean[0]), float(control.error2[0]) ** 0.5
    away = float(special.stdtrit(control.n[0] - 1, 0.5 + confidence / 2)) * error
    return Estimate(
        estimate=mean * units,
        standard_error=error * units,
        low=max(mean - away, 0.0) * units,
        high=(mean + away) * units,
        p_value=None,
    )
