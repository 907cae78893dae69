"""The leak with its limits: right where the truth is known, no number where nothing shows it."""

import numpy as np
import polars as pl
import pytest

from regulars_experiments.aggregation import aggregate
from regulars_experiments.comparison import Cell, compare
from regulars_experiments.moments import plan_moments
from regulars_experiments.results import Answer, Estimate, NotEstimable, Reason
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.reports.leak import leak_columns, leaks_of
from tests.experiments.build import Floats
from tests.platform.campaigns.build import arm
from tests.platform.reports.build import TOLD, plan

PERSONAL = {"kind": "amount_off", "threshold": "80", "amount": "8", "reach": "personal"}


def leaks(groups: list[tuple[Floats, Floats]]) -> list[Answer | None]:
    """Of campaigns side by side: what a personal offer would give each (held out, told)."""
    campaign = plan(arms=[arm(offer=PERSONAL)])
    frame = pl.concat(
        pl.DataFrame(
            {"arm": [name] * len(amounts), "segment": [str(place)] * len(amounts)}
        ).with_columns(anyway_0=pl.Series(np.rint(amounts * 10_000).astype(np.int64)))
        for place, pair in enumerate(groups)
        for name, amounts in zip((HOLDOUT, TOLD), pair, strict=True)
    )
    cells = [Cell(arm=TOLD, segment=("segment", str(place))) for place in range(len(groups))]
    moments = aggregate(
        frame.lazy(),
        plan_moments(by=("arm", "segment"), columns={"anyway_0": 10_000}, shapes=("anyway_0",)),
    )
    return leaks_of(compare(moments, HOLDOUT, cells), campaign, cells)


def spending(rng: np.random.Generator, customers: int, share: float) -> Floats:
    bought = rng.random(customers) < share
    return np.where(bought, rng.lognormal(1, 1.0, customers), 0.0)


def test_open_offers_are_compared_as_used_and_personal_ones_by_the_orders_that_reach_them() -> None:
    letter = arm(name="Letter", share_percent="40", offer={"kind": "message"})
    # who only gets the letter may use the open offer, too
    is_open = plan(arms=[arm(share_percent="40"), letter])
    assert leak_columns(is_open) == {TOLD: "offer_cost", "Letter": "offer_cost"}
    codes = [arm(name=name, share_percent="40", offer=PERSONAL) for name in ("A", "B")]
    assert leak_columns(plan(arms=codes)) == {"A": "anyway_0", "B": "anyway_1"}


def test_where_everything_would_have_come_anyway_nineteen_in_twenty_intervals_hold_one() -> None:
    # 40 buyers among those held out: Fieller's limits with each side's own error lie wholly below
    # 1 in 8% of such campaigns, and so promise a smaller leak than there is
    rng = np.random.default_rng(1)
    runs = 500
    found = leaks([(spending(rng, 500, 0.08), spending(rng, 4_500, 0.08)) for _ in range(runs)])
    known = [answer for answer in found if isinstance(answer, Estimate)]
    assert len(known) == runs
    below = np.mean([answer.high < 1 for answer in known])
    above = np.mean([answer.low > 1 for answer in known])
    slack = 2 * np.sqrt(0.025 * 0.975 / runs)
    assert below < 0.03 + slack
    assert above < 0.03 + slack


def test_few_orders_held_out_are_a_reason_and_no_leak_of_exactly_nothing() -> None:
    rng = np.random.default_rng(2)
    told = spending(rng, 2_700, 0.02)
    nobody, one = np.zeros(300), np.zeros(300)
    one[0] = 4.0
    found = leaks([(nobody, told), (one, told), (spending(rng, 300, 0.2), np.zeros(2_700))])
    assert found == [
        NotEstimable(reason=Reason.NO_BUYERS),
        NotEstimable(reason=Reason.TOO_FEW_BUYERS),
        None,  # nothing is given, so there is nothing to leak
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_where_one_side_is_all_alike_there_is_no_error_and_no_leak(side: int) -> None:
    alike, mixed = np.full(400, 5.0), spending(np.random.default_rng(3), 400, 0.9)
    pair = (alike, mixed) if side == 0 else (mixed, alike)
    assert leaks([pair]) == [NotEstimable(reason=Reason.NO_VARIATION)]
