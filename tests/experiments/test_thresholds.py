"""The curve over a ladder's steps: evidence from the waterfall, advice from expected money."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from regulars_experiments.aggregation import aggregate
from regulars_experiments.comparison import Cell, compare
from regulars_experiments.moments import Moments, plan_moments
from regulars_experiments.pooling import single
from regulars_experiments.price_points import UNIT, at_or_above
from regulars_experiments.profit import ProfitColumns, waterfall
from regulars_experiments.results import Estimate, Reason
from regulars_experiments.simultaneous import joint_quantile
from regulars_experiments.thresholds import (
    Ladder,
    Money,
    StepCurve,
    change_of,
    change_step,
    find_steps,
    price_point,
)
from regulars_experiments.verdicts import Evidence
from tests.experiments.build import Floats, estimate

COLUMNS = ProfitColumns(goods="goods", offer_cost="offer", contact_cost="contact")
MONEY = Money(
    columns=COLUMNS, margin_low=Fraction(2, 5), margin_high=Fraction(2, 5), confidence=0.95
)
LADDER = Ladder(control="held", arms=("low", "middle", "high"), steps=(9_000, 10_000, 12_000))


def customers(
    sizes: Mapping[str, int],
    buyers: Mapping[str, float],
    *,
    seed: int = 1,
    segment: str = "all",
    offer: float = 2.0,
) -> pl.DataFrame:
    """Everybody of a campaign; buyers' shares by arm, and what the offer costs per order."""
    rng = np.random.default_rng(seed)
    frames = []
    for arm, n in sizes.items():
        bought = rng.random(n) < buyers[arm]
        told = arm != LADDER.control
        frames.append(
            pl.DataFrame(
                {
                    "arm": [arm] * n,
                    "segment": [segment] * n,
                    "goods": np.where(bought, np.round(rng.lognormal(4, 0.6, n), 2), 0.0),
                    "offer": np.where(bought & told, offer, 0.0),
                    "contact": np.full(n, 0.05 if told else 0.0),
                }
            )
        )
    return pl.concat(frames)


def moments_by(frame: pl.DataFrame, by: list[str]) -> Moments:
    names = list(COLUMNS.all())
    whole = frame.with_columns((pl.col(name) * UNIT).round(0).cast(pl.Int64) for name in names)
    pairs = [(a, b) for a in names for b in names if a < b]
    plan = plan_moments(by=by, columns=dict.fromkeys(names, UNIT), pairs=pairs, shapes=["goods"])
    return aggregate(whole.lazy(), plan)


def curve_of(frame: pl.DataFrame, money: Money = MONEY) -> StepCurve:
    return find_steps(moments_by(frame, ["arm"]), LADDER, [None], money)[0]


def net(frame: pl.DataFrame, arm: str) -> Floats:
    rows = frame.filter(pl.col("arm") == arm)
    value = 0.4 * pl.col("goods") - pl.col("offer") - pl.col("contact")
    found: Floats = rows.select(value).to_numpy()[:, 0]
    return found


EQUAL = dict.fromkeys(("held", *LADDER.arms), 8_000)
SHARES = {"held": 0.10, "low": 0.12, "middle": 0.20, "high": 0.13}
FRAME = customers(EQUAL, SHARES)
CURVE = curve_of(FRAME)


def test_each_step_is_the_waterfalls_net_of_its_arm() -> None:
    cells = [Cell(arm=arm, segment=None) for arm in LADDER.arms]
    fall = waterfall(
        compare(moments_by(FRAME, ["arm"]), "held", cells),
        COLUMNS,
        margin_low=Fraction(2, 5),
        margin_high=Fraction(2, 5),
        confidence=0.95,
    )
    assert CURVE.net.estimate.tolist() == fall.net.estimate.tolist()
    assert CURVE.net.low.tolist() == fall.net.low.tolist()
    assert CURVE.net.p_value.tolist() == fall.net.p_value.tolist()
    assert CURVE.customers.tolist() == [8_000.0] * 3


def test_the_band_reaches_as_much_farther_as_dunnetts_quantile_does() -> None:
    """Groups of one size are Welch's, whose limits are proportional to the quantile."""
    assert CURVE.band.estimate.tolist() == CURVE.net.estimate.tolist()
    farther = (CURVE.band.high - CURVE.band.low) / (CURVE.net.high - CURVE.net.low)
    quantile = joint_quantile(np.full((1, 3), np.sqrt(0.5)), 0.95)[0]
    assert farther == pytest.approx(np.full(3, quantile / 1.959964), rel=1e-3)


def test_the_best_step_is_recommended_and_proved_better_than_its_neighbours() -> None:
    assert CURVE.recommended == 1
    assert CURVE.pays
    assert CURVE.chance_best[1] > 0.99
    assert CURVE.expected_loss[1] < 0.01
    assert [beside.step for beside in CURVE.neighbours] == [0, 2]
    assert all(beside.evidence is Evidence.PROVED_BETTER for beside in CURVE.neighbours)


def test_a_neighbours_difference_is_arm_against_arm_without_the_holdout() -> None:
    for beside, arm in zip(CURVE.neighbours, ("low", "high"), strict=True):
        one, other = net(FRAME, "middle"), net(FRAME, arm)
        error = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
        difference = one.mean() - other.mean()
        assert isinstance(beside.difference, Estimate)
        assert beside.difference.estimate == pytest.approx(difference)
        assert beside.difference.low == pytest.approx(difference - 1.96 * error, rel=2e-3)
        assert beside.difference.high == pytest.approx(difference + 1.96 * error, rel=2e-3)


def test_neighbours_that_differ_by_chance_alone_are_not_proved() -> None:
    flat = curve_of(customers(EQUAL, dict.fromkeys(EQUAL, 0.1), seed=4))
    assert all(beside.evidence is Evidence.NOT_PROVED for beside in flat.neighbours)
    assert flat.expected_loss.min() > 0
    # with three steps alike none is far from a third
    assert 0.1 < flat.chance_best.min() <= flat.chance_best.max() < 0.75


def test_without_a_margin_the_costs_alone_decide() -> None:
    """What the control earns is then no yardstick, and the estimates are believed all the same."""
    free = curve_of(FRAME, replace(MONEY, margin_low=Fraction(0), margin_high=Fraction(0)))
    assert free.believed is not None
    assert free.believed.mean() == pytest.approx(free.net.estimate, abs=0.01)
    assert free.recommended == 0  # the fewest buyers cost the least
    assert not free.pays


def test_where_every_step_loses_the_least_bad_one_does_not_pay() -> None:
    dear = curve_of(customers(EQUAL, {**SHARES, "held": 0.3}))
    assert dear.recommended == 1
    assert not dear.pays


def test_a_small_common_holdout_moves_all_steps_but_not_their_order() -> None:
    """Another draw of the holdout shifts the level; which step is best is read between the arms."""
    small = {**EQUAL, "held": 1_500}
    arms = FRAME.filter(pl.col("arm") != "held")
    curves = []
    for seed in (5, 6):
        held = customers(small, SHARES, seed=seed).filter(pl.col("arm") == "held")
        curves.append(curve_of(pl.concat([held, arms])))
    one, other = curves
    shift = other.net.estimate - one.net.estimate
    assert abs(shift[0]) > 0.05
    assert shift == pytest.approx(np.full(3, shift[0]))
    assert other.chance_best == pytest.approx(one.chance_best, abs=0.02)


def test_a_range_of_margins_leaves_more_doubt() -> None:
    unsure = replace(MONEY, margin_low=Fraction(1, 5), margin_high=Fraction(3, 5))
    wide, narrow = curve_of(FRAME, unsure).believed, CURVE.believed
    assert wide is not None
    assert narrow is not None
    assert (wide.deviation() > narrow.deviation()).all()


def test_a_small_segment_has_no_estimate_but_learns_from_the_others() -> None:
    parts = [
        customers(EQUAL, SHARES, seed=2, segment="big"),
        customers(EQUAL, SHARES, seed=3, segment="too"),
        customers(dict.fromkeys(EQUAL, 40), SHARES, seed=4, segment="tiny"),
    ]
    names = ["big", "too", "tiny"]
    found = find_steps(moments_by(pl.concat(parts), ["arm", "segment"]), LADDER, names, MONEY)
    tiny = found[2]
    assert [curve.segment for curve in found] == names
    assert set(tiny.net.undefined) == {Reason.TOO_FEW_BUYERS}
    assert tiny.recommended == 1
    assert found[0].chance_best[1] > tiny.chance_best[1] > 0.5


def test_without_any_buyers_there_is_no_recommendation() -> None:
    nobody = curve_of(customers(EQUAL, dict.fromkeys(EQUAL, 0.0)))
    assert nobody.recommended is None
    assert nobody.believed is None
    assert not nobody.pays
    assert np.isnan(nobody.chance_best).all()
    assert nobody.neighbours == ()
    assert change_step(nobody, 0, 0.95) is None


def test_changing_the_step_earns_the_difference_that_is_believed() -> None:
    believed = CURVE.believed
    assert believed is not None
    found = change_step(CURVE, 0, 0.95)
    assert found is not None
    assert found.gain == pytest.approx(believed.mean()[1] - believed.mean()[0])
    assert 0 < found.low < found.gain < found.high
    assert found.chance > 0.99
    assert found.value(1_000) == pytest.approx(1_000 * found.gain)
    assert change_step(CURVE, 1, 0.95) is None


def test_a_change_is_what_one_normal_belief_says() -> None:
    found = change_of(single(-0.3, 0.2), 0.9)
    assert (found.low, found.high) == pytest.approx(
        (-0.3 - 1.6449 * 0.2, -0.3 + 1.6449 * 0.2), 1e-3
    )
    assert found.chance == pytest.approx(0.0668, abs=1e-4)


def test_the_price_point_is_what_such_a_customer_is_told_by_the_lists() -> None:
    assert price_point(13_000, 60 * UNIT, "nines") == 79 * UNIT
    # 1.01 x 80 = 80.80: the nearest round price is 80, the list's rule goes up
    assert price_point(10_100, 80 * UNIT, "round") == int(at_or_above([80_8000], "round")[0])
    assert price_point(10_100, 80 * UNIT, "round") > 80 * UNIT
    assert price_point(9_000, 10 * UNIT, "round", 20 * UNIT) == 20 * UNIT


@pytest.mark.parametrize(
    ("arms", "steps"),
    [(("a",), (1,)), (("a", "b"), (2, 1)), (("a", "b"), (0, 1)), (("a", "b"), (1, 2, 3))],
)
def test_what_is_no_ladder_is_refused(arms: tuple[str, ...], steps: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="ladder"):
        Ladder(control="held", arms=arms, steps=steps)


def test_the_estimate_of_a_step_is_the_mean_of_its_rows() -> None:
    expected = net(FRAME, "high").mean() - net(FRAME, "held").mean()
    assert estimate(CURVE.net, 2).estimate == pytest.approx(expected)
