"""The ladder simulation draws what it says and judges as it says."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benchmarks.ladder import one_threshold, steps
from benchmarks.ladder.__main__ import main
from benchmarks.ladder.shops import (
    COLUMNS,
    HOLDOUT,
    LADDER,
    STEPS,
    UNIT,
    Shop,
    baskets,
    outcomes,
    past_values,
    profits,
    response,
    truth_of,
)
from benchmarks.ladder.tables import covers, step_row

from regulars_experiments.price_points import personal_thresholds

SHOP = Shop()
KNOWN = profits(SHOP, np.random.default_rng(1), 200_000)


def test_every_customer_of_a_shop_has_a_row_in_an_arm() -> None:
    truth = truth_of(SHOP, KNOWN, response(2, 0.5, 0.4))
    found = outcomes(SHOP, truth, np.random.default_rng(2))
    counts = dict(found.group_by("arm").len().iter_rows())
    assert set(counts) == {HOLDOUT, *LADDER.arms}
    assert sum(counts.values()) == pytest.approx(SHOP.customers, abs=5)
    held = found.filter(pl.col("arm") == HOLDOUT)
    assert held.select(pl.col("offer_cost", "contact_cost").sum()).row(0) == (0, 0)
    assert (held.get_column("goods") > 0).mean() == pytest.approx(SHOP.buyers, abs=0.02)


def test_the_rows_earn_the_profit_that_is_called_true() -> None:
    """Ten shops together: 80,000 customers an arm, a standard error of about 0.05."""
    wanted = response(3, 0.6, 0.4)
    truth = truth_of(SHOP, KNOWN, wanted)
    rng = np.random.default_rng(3)
    rows = pl.concat([outcomes(SHOP, truth, rng) for _ in range(10)])
    net = SHOP.margin * pl.col(COLUMNS.goods) - pl.col("offer_cost") - pl.col("contact_cost")
    means = dict(rows.group_by("arm").agg(net.mean() / UNIT).iter_rows())
    found = [means[arm] - means[HOLDOUT] for arm in LADDER.arms]
    assert found == pytest.approx(wanted.tolist(), abs=0.25)


def test_baskets_are_padded_to_just_above_the_threshold_and_the_offer_costs_from_there_on() -> None:
    rng = np.random.default_rng(4)
    past = past_values(SHOP, 50_000, rng)
    threshold = personal_thresholds(past, 11_500, "nines", 0)
    told = baskets(SHOP, past, threshold, rng)
    alone = baskets(SHOP, past, None, rng)

    def just_above(goods: np.typing.NDArray[np.int64]) -> float:
        return float(((goods >= threshold) & (goods < 1.1 * threshold)).mean())

    assert just_above(told.goods) > 1.3 * just_above(alone.goods)
    assert ((told.offer_cost > 0) == (told.goods >= threshold)).all()
    assert not alone.offer_cost.any()


@pytest.mark.parametrize("best", range(len(STEPS)))
def test_the_response_is_concave_with_its_top_where_it_is_said_to_be(best: int) -> None:
    curve = response(best, 0.3, 0.4)
    assert int(curve.argmax()) == best
    assert curve.max() == 0.4
    beside = [curve[i] for i in (best - 1, best + 1) if 0 <= i < len(STEPS)]
    assert beside == pytest.approx([0.1] * len(beside))
    assert (np.diff(curve, 2) <= 1e-12).all()


def test_a_share_of_buyers_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no share of buyers"):
        truth_of(SHOP, KNOWN, response(0, 5.0, 0.4))


def test_the_truth_of_a_bin_is_the_mean_of_its_customers() -> None:
    everywhere = one_threshold.Answering(name="", everywhere=0.5)
    truth = one_threshold.truth_of(everywhere, np.random.default_rng(5), 100_000)
    edges = np.array([0.0, 0.8, 1.2, np.inf])
    found = truth.between(edges)
    counts = np.diff(np.searchsorted(truth.ratios, edges))
    assert found @ counts == pytest.approx(truth.running[-1])
    assert found[2] > found[1] > found[0] > 0  # who spends more buys more of it


def test_a_band_that_misses_too_often_is_told_from_one_that_may_be_unlucky() -> None:
    assert covers(0.95, 400) == ()
    assert covers(0.91, 400) == ()
    assert covers(0.85, 400)
    assert covers(0.91, 10_000)
    assert covers(0.999, 10_000)


def test_a_recommendation_two_steps_away_counts_as_missed() -> None:
    def score(away: int) -> steps.StepScore:
        return steps.StepScore(
            away=away,
            lost=0.1,
            promised=0.0,
            by_highest=(0.2, 0.1),
            covered=True,
            each=1.0,
            proved=False,
            proved_wrong=False,
        )

    world = steps.WORLDS[0]
    assert step_row(world, [score(0)] * 10 + [score(1)] * 10).failures == ()
    assert "within one" in step_row(world, [score(0)] * 8 + [score(2)] * 2).failures[0]


def test_the_short_run_finds_the_best_step_and_writes_its_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ladder.md"
    few = ["--shops", "5", "--jobs", "1", "--many", "100000", "--write", str(path)]
    assert main(few) == 0
    written = path.read_text(encoding="utf-8")
    assert "0 out of bounds" in capsys.readouterr().out
    for world in (*steps.WORLDS, *one_threshold.WORLDS):
        assert f"| {world.name} |" in written
