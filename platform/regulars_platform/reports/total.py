"""What a campaign of several arms earned in all: everybody told against the one holdout."""

from dataclasses import dataclass
from typing import Any

from regulars_experiments.comparison import Cell, compare
from regulars_experiments.moments import Moments
from regulars_experiments.results import Answer, answer_as_json
from regulars_experiments.verdicts import Evidence, evidence_of
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.reports.thresholds import money_of

_TOLD = "told"


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalFinding:
    """All arms together. n: units told. net: per unit told; times n, what all arms earned.

    evidence: of this one question, so corrected for no other.
    """

    n: int
    net: Answer
    evidence: Evidence


def find_total(moments: Moments, plan: Plan) -> TotalFinding | None:
    """None where there is but one arm. moments: by arm first, with the profit's columns.

    The arms' nets added up, each times its units, are the mean of everybody told less the holdout's
    mean, times all units told. So the arms are one group, their sums added exactly, and the error
    that they share through their holdout counts as it should.
    """
    if len(plan.arms) < 2:
        return None
    by_arm = moments.rolled_up(["arm"])
    arms = [(name,) for name in plan.arm_names[1:]]
    renamed = ((HOLDOUT,), *((_TOLD,) for _ in arms))
    together = Moments(by_arm.plan, renamed, by_arm.only([(HOLDOUT,), *arms]).sums).rolled_up(
        ["arm"]
    )
    money = money_of(plan)
    comparison = compare(together, HOLDOUT, [Cell(arm=_TOLD, segment=None)])
    net = money.net(comparison, money.confidence).answer(0)
    return TotalFinding(
        n=together.counts([(_TOLD,)])[0],
        net=net,
        evidence=evidence_of(net, adjusted_p=None, confidence=money.confidence),
    )


def total_json(total: TotalFinding | None) -> dict[str, Any] | None:
    """As the report's document has it."""
    if total is None:
        return None
    return {
        "n": total.n,
        "net": answer_as_json(total.net),
        "evidence": total.evidence.value,
    }
