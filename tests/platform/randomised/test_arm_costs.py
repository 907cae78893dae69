"""A column that is the same for everybody in an arm, added without the rows."""

from fractions import Fraction

import polars as pl
import pytest

from regulars_experiments.comparison import Collected, collect_moments
from regulars_experiments.metrics import Design, Metric
from regulars_platform.randomised.arm_costs import with_arm_cost

ROWS = pl.DataFrame(
    {
        "arm": ["held", "held", "mail", "mail", "mail"],
        "tier": ["a", "b", "a", "b", "b"],
        "spend": [0, 1_250, -300, 0, 4_000],
    }
)
SPEND = Metric(name="spend", kind="mean", value={"spend": 1})


def collected(frame: pl.DataFrame, metric: Metric, scales: dict[str, int]) -> Collected:
    design = Design(
        arm="arm", control="held", metrics=(metric,), segments=("tier",), stratum="tier"
    )
    return collect_moments(frame.lazy(), design, scales)


def test_it_is_the_same_as_the_column_in_every_row() -> None:
    plain = collected(ROWS, SPEND, {"spend": 100})
    found = with_arm_cost(plain, "cost", {"held": Fraction(0), "mail": Fraction(7, 20)})
    in_rows = ROWS.with_columns(cost=pl.when(arm="mail").then(7).otherwise(0))
    both = Metric(name="net", kind="mean", value={"spend": 1, "cost": -1})
    slow = collected(in_rows, both, {"spend": 100, "cost": 20})
    pairs = [(found.moments[name], slow.moments[name]) for name in slow.moments]
    pairs += [(found.stratified[name], slow.stratified[name]) for name in slow.stratified]
    assert len(pairs) == 3
    for moments, other in pairs:
        assert moments.keys == other.keys
        for one in ({"cost": 1}, {"spend": 1, "cost": -1}):
            mine, theirs = (m.summary(other.keys, one) for m in (moments, other))
            assert mine.mean.tolist() == theirs.mean.tolist()
            assert str(mine.variance.tolist()) == str(theirs.variance.tolist())
        mine_too, theirs_too = (
            m.covariance(other.keys, {"spend": 1}, {"cost": 1}) for m in (moments, other)
        )
        assert str(mine_too.tolist()) == str(theirs_too.tolist())


def test_it_adds_up_with_other_customers() -> None:
    costs = {"held": Fraction(0), "mail": Fraction(1, 3)}
    halves = [
        with_arm_cost(collected(part, SPEND, {"spend": 100}), "cost", costs)
        for part in (ROWS.head(3), ROWS.tail(2))
    ]
    whole = with_arm_cost(collected(ROWS, SPEND, {"spend": 100}), "cost", costs)
    together = halves[0] + halves[1]
    assert {k: m.cells for k, m in together.moments.items()} == {
        k: m.cells for k, m in whole.moments.items()
    }


def test_a_column_that_is_there_is_not_replaced() -> None:
    plain = collected(ROWS, SPEND, {"spend": 100})
    with pytest.raises(ValueError, match="a column 'spend' already"):
        with_arm_cost(plain, "spend", {"held": Fraction(0), "mail": Fraction(1)})
