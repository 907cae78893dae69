"""The calibration battery measures what it says: its draws, its peers, its judgement."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.calibration import adjusted, money, parts, peers, product, seasons, shares
from benchmarks.calibration.__main__ import main
from benchmarks.calibration.columns import Pair, draw_columns
from benchmarks.calibration.draws import BLOCK, add_up, add_up_lognormal, blocks, lognormal
from benchmarks.calibration.running import run_cells
from benchmarks.calibration.scoring import (
    FAILS,
    OK,
    USUAL,
    Bound,
    Score,
    at_most,
    monte_carlo,
    must_decline,
    score,
    stream,
)
from benchmarks.calibration.shops import campaign, draw
from scipy import stats

from regulars_experiments.money_interval import build_limits, money_difference
from tests.experiments.build import reference, summary

Floats = np.typing.NDArray[np.float64]


def counts_over_several_blocks() -> np.typing.NDArray[np.int64]:
    """Repetitions without any buyer, some within a block, one that is longer than two blocks."""
    return np.array([0, 5, 0, 2 * BLOCK + 17, 3, 0, BLOCK, 1])


def test_blocks_cover_each_repetition_once() -> None:
    counts = counts_over_several_blocks()
    seen = np.zeros(len(counts), dtype=np.int64)

    for size, starts, where in blocks(counts):
        assert size <= BLOCK
        seen[where] += np.diff(np.append(starts, size))

    assert seen.tolist() == counts.tolist()


def test_sums_by_block_are_those_of_the_amounts_themselves() -> None:
    counts = counts_over_several_blocks()
    drawn: list[Floats] = []
    make = lognormal(40.0, 1.4)

    def remembered(size: int, rng: np.random.Generator) -> tuple[Floats, Floats | None]:
        values, logs = make(size, rng)
        drawn.append(values.copy())
        return values, logs

    found = add_up(1e6, counts, remembered, np.random.default_rng(1))

    runs = np.split(np.concatenate(drawn), np.cumsum(counts)[:-1])
    assert found.first == pytest.approx([run.sum() for run in runs])
    assert found.second == pytest.approx([(run**2).sum() for run in runs])
    assert found.log4 == pytest.approx([(np.log(run) ** 4).sum() for run in runs])
    assert found.positive.tolist() == counts.tolist()


def test_one_draw_read_with_several_spreads_gives_each_its_own_amounts() -> None:
    counts = np.array([4, 0, 9])
    both = add_up_lognormal(100, counts, 40.0, (0.7, 1.4), stream(3, "normals"))
    normals = np.split(stream(3, "normals").standard_normal(13), np.cumsum(counts)[:-1])

    for log_sd, found in zip((0.7, 1.4), both, strict=True):
        amounts = [40.0 * np.exp(log_sd * own) for own in normals]
        assert found.first == pytest.approx([own.sum() for own in amounts])
        assert found.second == pytest.approx([(own**2).sum() for own in amounts])
        # logarithms of amount / median
        assert found.log3 == pytest.approx([((log_sd * own) ** 3).sum() for own in normals])


def test_a_simulated_shop_has_the_mean_that_it_says() -> None:
    shop = campaign(
        "", n=20_000, holdout=0.3, buyers=0.05, more_buyers=1.5, wider=-0.2, returns=0.1
    )
    arms = draw(shop, 2_000, np.random.default_rng(5))

    differences = arms.arm.mean - arms.control.mean
    error = differences.std() / np.sqrt(len(differences))
    assert differences.mean() == pytest.approx(shop.truth(), abs=4 * error)
    assert arms.control.variance.mean() == pytest.approx(
        # E[a^2] = median^2 exp(2 sd^2) for buyers; a ninth of it for the tenth who return
        0.05 * 40.0**2 * np.exp(2.0) * (0.9 + 0.1 / 9) - shop.control.mean() ** 2, rel=0.02
    )  # fmt: skip


def test_columns_of_a_pair_have_the_covariances_of_their_rows() -> None:
    rows: list[Floats] = []

    def drawer(size: int, rng: np.random.Generator) -> dict[str, Floats]:
        x = rng.standard_exponential(size)
        values = {"x": x, "y": 2 * x + rng.standard_normal(size) ** 2}
        rows.append(np.stack([values["x"], values["y"]]))
        return values

    sums = draw_columns(
        50, np.array([30]), drawer, np.random.default_rng(2), shaped="y", constants={"fee": 0.25}
    )
    everybody = np.concatenate([np.concatenate(rows, axis=1), np.zeros((2, 20))], axis=1)
    pair = Pair(sums, sums)

    assert sums.covariance("x", "y")[0] == pytest.approx(np.cov(everybody)[0, 1])
    both = pair.summaries({"y": 2, "fee": -1})[0]
    assert both.mean[0] == pytest.approx(2 * everybody[1].mean() - 0.25)
    assert both.variance[0] == pytest.approx(4 * everybody[1].var(ddof=1))
    assert (sums + sums).first["y"][0] == pytest.approx(2 * everybody[1].sum())


def test_a_cell_gives_the_same_rows_whatever_runs_beside_it() -> None:
    cells = list(shares.cells(full=False))
    alone = cells[2].run(7, 50)

    among = {place: rows for place, rows, _ in run_cells(cells, seed=7, repetitions=50, jobs=1)}

    assert among[2] == alone
    assert among[2] != cells[2].run(8, 50)


def with_expected(group: str, key: str) -> list[Any]:
    """The cases of a reference group that say this figure."""
    cases = [case for case in reference(group) if case["expected"].get(key) is not None]
    return [pytest.param(case["input"], case["expected"], id=case["id"]) for case in cases]


@pytest.mark.parametrize(("given", "expected"), with_expected("relative_lift", "delta_low"))
def test_relative_lifts_of_others_are_as_their_engines_compute_them(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    control, arm = (
        summary(side["n"], side["mean"], side["var"])
        for side in (given["control"], given["treatment"])
    )
    level = 1 - given["alpha"]

    delta, log = peers.delta_lift(control, arm, level), peers.log_ratio_lift(control, arm, level)
    p_value = peers.delta_lift_p(control, arm)

    low, high = expected["delta_low"], expected["delta_high"]
    assert (delta[0][0], delta[1][0]) == pytest.approx((low, high), rel=1e-8)
    assert p_value[0] == pytest.approx(expected["delta_pvalue"], rel=1e-6, abs=1e-15)
    if expected.get("log_low") is not None:
        low, high = expected["log_low"], expected["log_high"]
        assert (log[0][0], log[1][0]) == pytest.approx((low, high), rel=1e-8)


def test_a_control_without_money_has_no_relative_lift() -> None:
    control, arm = summary(500, 0.0, 0.0), summary(4500, 0.2, 12.0)

    for method in (peers.delta_lift, peers.log_ratio_lift, peers.fieller_lift):
        low, high = method(control, arm, 0.95)
        assert np.isnan(low[0])
        assert np.isnan(high[0])


@pytest.mark.parametrize(("given", "expected"), with_expected("sequential", "ci_low"))
def test_the_sequence_of_others_is_as_their_engine_computes_it(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    estimate, error, n = (np.array([float(given[name])]) for name in ("point", "se", "n_total"))

    low, high = peers.confidence_sequence(
        estimate, error, n, tuned_at=given["n_star"], alpha=given["alpha"]
    )

    assert (low[0], high[0]) == pytest.approx((expected["ci_low"], expected["ci_high"]), rel=1e-8)


def test_a_score_counts_misses_on_each_side_among_the_answered() -> None:
    low = np.array([-1.0, 0.5, -3.0, np.nan, 0.1])
    high = np.array([1.0, 2.0, -1.0, np.nan, 0.4])

    found = score(low, high, 0.0, width_of=np.full(5, 2.0))

    assert found.answered == 0.8
    assert (found.above, found.below, found.covered) == (0.5, 0.25, 0.25)
    assert (found.better, found.worse) == (0.5, 0.25)
    assert found.width == pytest.approx(np.median([1.0, 0.75, 1.0, 0.15]))


def judged(covered: float, above: float, repetitions: int = 10_000) -> str:
    return USUAL.verdict(
        Score(
            repetitions=repetitions, answered=1.0, covered=covered, above=above,
            below=1 - covered - above, better=above, worse=0.0, width=1.0,
        )
    )  # fmt: skip


def test_a_row_fails_only_beyond_three_monte_carlo_errors() -> None:
    # 93.5% in 10,000: three errors are 0.74 points; 4%: 0.59 points
    assert judged(0.929, 0.035) == OK
    assert judged(0.926, 0.035) == FAILS
    assert judged(0.972, 0.014) == FAILS
    assert judged(0.940, 0.045) == OK
    assert judged(0.940, 0.048) == FAILS
    # with 100 repetitions the same shares prove nothing
    assert judged(0.90, 0.06, repetitions=100) == OK
    assert at_most(0.056, 0.05, 10_000) == OK
    assert at_most(0.058, 0.05, 10_000) == FAILS


def test_a_share_of_zero_has_an_error_too() -> None:
    # three errors of one case in a hundred
    assert monte_carlo(0.0, 100) == pytest.approx(3 * np.sqrt(0.01 * 0.99 / 100))


def test_answering_with_too_few_buyers_fails() -> None:
    answered = score(np.full(1_000, -1.0), np.full(1_000, 1.0), 0.0)
    refused = score(np.full(1_000, np.nan), np.full(1_000, np.nan), 0.0)

    assert must_decline(answered) == FAILS
    assert must_decline(refused) == "declined"


def test_a_method_that_is_too_narrow_fails_and_the_right_one_does_not() -> None:
    rng = np.random.default_rng(11)
    estimates = rng.standard_normal(10_000)

    right = score(estimates - 1.96, estimates + 1.96, 0.0)
    narrow = score(estimates - 1.7, estimates + 1.7, 0.0)

    assert USUAL.verdict(right) == OK
    assert USUAL.verdict(narrow) == FAILS


def test_the_table_shows_that_welch_proves_a_worthless_campaign_too_often() -> None:
    rows = money.grid(np.random.default_rng(13), 1_000, n=100_000, buyers=0.02)
    heavy = {
        row.method: row.figures
        for row in rows
        if row.scenario == "100,000, 2.0% buy, sd 1.4, 2% held out"
    }

    # the design's own measurement of this case: 15.5% and 2.9%
    assert heavy["Welch"]["better"] > 0.12
    assert heavy["Regulars"]["better"] < 0.05


def test_the_interval_of_the_table_is_the_one_of_the_report() -> None:
    shop = campaign("", n=20_000, holdout=0.1, buyers=0.03, log_sd=1.4)
    limits = build_limits(draw(shop, 40, np.random.default_rng(17)))

    shown, reported = product.difference(limits), money_difference(limits, 0.95)

    for name in ("estimate", "standard_error", "low", "high"):
        np.testing.assert_array_equal(getattr(shown, name), getattr(reported, name))


def test_a_variance_that_is_removed_is_the_squared_correlation() -> None:
    rows = list(
        adjusted.measure_dense(np.random.default_rng(19), 200, correlation=0.7, holdout=0.5)
    )
    removed = {row.method: row.figures["removed"] for row in rows}

    assert removed["CUPED"] == pytest.approx(0.49, abs=0.01)


def test_who_knows_the_world_believes_what_bayes_rule_says() -> None:
    world = seasons.World(name="", campaigns=((1.0, 0.05, 0.10),), between=0.05)
    variance = np.linspace(0.5, 4.0, seasons.SEGMENTS) * 1e-3
    estimate = np.random.default_rng(23).normal(0.0, 0.1, (1, seasons.SEGMENTS))

    weights, means, deviations = seasons._posterior(world, estimate, variance)

    # theta ~ N(m, tau^2 I + s^2 11'), y | theta ~ N(theta, V): the usual conditional distribution
    scale = seasons.MARGIN * seasons.SPEND
    prior = (scale * 0.05) ** 2 * np.eye(8) + (scale * 0.10) ** 2
    mean = scale * 0.05 - seasons.CONTACT
    gain = prior @ np.linalg.inv(prior + np.diag(variance))
    assert weights.ravel() == pytest.approx([1.0])
    assert means[0, 0] == pytest.approx(mean + gain @ (estimate[0] - mean))
    assert deviations[0, 0] ** 2 == pytest.approx(np.diag(prior - gain @ prior))


def test_the_kinds_of_campaign_are_weighed_by_how_well_they_foretell() -> None:
    world = seasons.World(name="", campaigns=((0.8, 0.0, 0.02), (0.2, 0.30, 0.10)), between=0.03)
    variance = np.full(8, 1e-3)
    estimate = np.random.default_rng(29).normal(0.1, 0.1, (1, 8))

    weights, _, _ = seasons._posterior(world, estimate, variance)

    scale = seasons.MARGIN * seasons.SPEND
    chances = [
        chance
        * stats.multivariate_normal(
            np.full(8, scale * lift - seasons.CONTACT),
            ((scale * 0.03) ** 2) * np.eye(8) + (scale * sd) ** 2 + np.diag(variance),
        ).pdf(estimate[0])
        for chance, lift, sd in world.campaigns
    ]
    assert weights[:, 0] == pytest.approx(np.array(chances) / sum(chances))


def test_one_more_test_is_worth_the_unit_normal_loss_where_the_belief_is_normal() -> None:
    mean, deviation, variance = 0.3, 0.5, np.full(8, 0.16)
    informed = seasons._value_after_test(
        np.ones((1, 1)), np.full((1, 1, 8), mean), np.full((1, 1, 8), deviation), variance
    )

    # Raiffa & Schlaifer (1961), ch. 5: s L(|m| / s) with s^2 = sd^4 / (sd^2 + v)
    s = deviation**2 / np.sqrt(deviation**2 + 0.16)
    z = mean / s
    loss = s * (stats.norm.pdf(z) - z * stats.norm.sf(z))
    assert informed[0] - mean == pytest.approx(np.full(8, loss), rel=3e-3)


def test_no_rule_earns_more_than_the_oracle() -> None:
    rows = list(seasons.measure(np.random.default_rng(31), 2, world=seasons.WORLDS[2]))
    profits = {row.method: row.figures["profit"] for row in rows}

    assert max(profits, key=lambda name: profits[name]) == "knows every effect (oracle)"
    assert profits["nobody"] == 0.0


def test_every_part_has_cells_with_names_of_their_own() -> None:
    for part in parts.PARTS:
        for full in (False, True):
            names = [(cell.part, cell.name) for cell in part.cells(full=full)]
            assert names
            assert len(set(names)) == len(names)
            assert {name for name, _ in names} == {part.name}


def test_the_run_writes_its_document_with_seed_and_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "calibration.md"
    options = ["--part", "shares", "--part", "arms", "--repetitions", "60", "--jobs", "1"]

    code = main([*options, "--seed", "5", "--date", "2026-01-02", "--write", str(path)])

    text = path.read_text("utf-8")
    assert code in (0, 1)
    assert "seed 5, 2026-01-02" in text.replace("\n", " ")
    assert "## Conversion" in text
    assert "**Regulars**" in text
    assert str(tmp_path) not in text
    figures = path.with_suffix(".csv").read_text("utf-8").splitlines()
    assert figures[0].startswith("part,table,scenario,method,")
    assert "Five arms, one holdout" in capsys.readouterr().out


def test_a_failing_row_ends_the_run_with_an_error_and_is_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shares, "BOUND", Bound(least=0.999, most=1.0))

    code = main(["--part", "shares", "--repetitions", "400", "--jobs", "1"])

    assert code == 1
    assert "asked: 99.9% or more" in capsys.readouterr().out
