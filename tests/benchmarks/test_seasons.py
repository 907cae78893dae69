"""The seasons measure what they say: their worlds, the optimal rule, and what is counted."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.calibration.scoring import FAILS, OK, stream
from benchmarks.seasons import bayes, document, judging, product, rules, shop
from benchmarks.seasons.worlds import (
    CAMPAIGNS,
    DAYS_BETWEEN,
    DAYS_PER_YEAR,
    SEGMENTS,
    WORLDS,
    Floats,
    World,
    true_nets,
)

from regulars_experiments.pooling import single
from regulars_experiments.verdicts import Advice, decide

STILL, DRIFTING = WORLDS[2], WORLDS[3]


def test_true_effects_spread_as_the_world_says() -> None:
    nets = true_nets(DRIFTING, 4000, np.random.default_rng(1))
    per_year = DAYS_PER_YEAR / DAYS_BETWEEN
    start, later = nets[:, 0], nets[:, 13]
    noise2 = DRIFTING.noise**2
    # over thousands of seasons: within 4% of a variance is three errors and more
    inside = (start - start.mean(axis=1, keepdims=True)).var() * SEGMENTS / (SEGMENTS - 1)
    assert inside == pytest.approx(DRIFTING.between**2 + noise2, rel=0.04)
    assert (later - start).var() == pytest.approx(2 * noise2 + 13 / per_year, rel=0.04)
    assert nets.mean() == pytest.approx(-0.25, abs=0.05)
    still = true_nets(STILL, 4000, np.random.default_rng(1))
    assert (still[:, 13] - still[:, 0]).var() == pytest.approx(2 * STILL.noise**2, rel=0.04)


def test_a_test_shows_the_true_net_with_the_error_that_is_the_unit() -> None:
    net = np.zeros((600, 1, SEGMENTS))
    lift = shop.lifts(net)
    assert shop.nets(lift) == pytest.approx(net, abs=1e-12)
    found = shop.read(shop.draw(lift, np.random.default_rng(2)), net.shape, tests=False)
    errors = np.sqrt(shop.sampling_variance())
    assert errors[shop.SIZES == 40_000] == pytest.approx(shop.SE)
    z = found.raw[:, 0] / errors
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert z.std(axis=0) == pytest.approx(np.ones(SEGMENTS), abs=4 / np.sqrt(2 * 600))


def dense_belief(world: World, seen: Floats, error2: Floats) -> tuple[Floats, Floats]:
    """Of the last campaign's effects, by one covariance of everything; seen: (campaigns, cells)."""
    campaigns, cells = seen.shape
    time = np.minimum.outer(np.arange(campaigns), np.arange(campaigns)) * world.step
    same = np.eye(cells)
    lasting = np.kron(np.ones((campaigns, campaigns)), world.between**2 * same)
    covariance = shop.SE**2 * (
        lasting
        + world.programmes**2
        + np.kron(time, same)
        + world.noise**2 * np.eye(campaigns * cells)
    )
    middle = world.middle * shop.SE
    gain = covariance @ np.linalg.inv(covariance + np.diag(np.tile(error2, campaigns)))
    mean = middle + gain @ (seen.ravel() - middle)
    variance = np.diag(covariance - gain @ covariance)
    return mean[-cells:], np.sqrt(variance[-cells:])


def test_the_optimal_rule_believes_what_dense_algebra_says() -> None:
    seen = np.random.default_rng(3).normal(0, 2 * shop.SE, (4, SEGMENTS))
    error2 = shop.sampling_variance()
    level = bayes._Level.at_start(DRIFTING, 1)
    for campaign in seen[:-1]:
        level = level.updated(campaign[None], error2[None]).later()
    mean, deviation = level.effect(seen[-1:], error2[None])
    known = dense_belief(DRIFTING, seen, error2)
    assert mean[0] == pytest.approx(known[0])
    assert deviation[0] == pytest.approx(known[1])


def test_the_optimal_rule_tests_again_where_the_product_would_on_the_same_belief() -> None:
    variance = shop.sampling_variance()
    means = np.linspace(-1.5, 1.5, 61)[:, None] * shop.SE * np.ones(SEGMENTS)
    found = bayes._worth_testing(means, np.full(means.shape, 0.7 * shop.SE), variance)
    advice = [
        decide(
            single(mean, 0.7 * shop.SE),
            0,
            customers=1000,
            rounds=shop.ROUNDS,
            holdout_share=shop.HOLDOUT,
            test_error=float(np.sqrt(variance[3])),
        ).advice
        for mean in means[:, 3]
    ]
    assert found[:, 3].tolist() == [each is Advice.RETEST for each in advice]
    assert 0 < found[:, 3].sum() < len(means)


def test_money_is_that_of_the_rounds() -> None:
    net = np.full((1, 1, SEGMENTS), 0.5)
    kept = np.array([True, True, False, False] * 2).reshape(net.shape)
    tested = np.array([False, True, True, False] * 2).reshape(net.shape)
    earned = bayes.Decided(kept=kept, tested=tested).earned(net)[0, 0, :4]
    # kept: four rounds; tested: one round of four fifths, then three more or none
    assert earned / (0.5 * shop.SIZES[:4]) == pytest.approx([4.0, 3.8, 0.8, 0.0])


def a_few_campaigns(*, turned_from: int) -> shop.Reading:
    """One season's first eight; from some campaign on every effect has the other sign."""
    lift = shop.lifts(true_nets(STILL, 1, np.random.default_rng(6))[:, :8] * shop.SE)
    found = shop.read(shop.draw(lift, np.random.default_rng(6)), lift.shape, tests=False)
    sign = np.where(np.arange(8) < turned_from, 1.0, -1.0)[:, None]
    return replace(found, estimate=found.estimate * sign, raw=found.raw * sign)


def test_nobody_decides_by_what_is_still_to_come() -> None:
    one, other = a_few_campaigns(turned_from=8), a_few_campaigns(turned_from=5)
    for before, after in (
        (product.follow(one, one, memory=True), product.follow(other, other, memory=True)),
        (
            bayes.follow(STILL, one.raw, one.raw, memory=True),
            bayes.follow(STILL, other.raw, other.raw, memory=True),
        ),
    ):
        assert (before.kept[:, :5] == after.kept[:, :5]).all()
        assert (before.kept[:, 5:] != after.kept[:, 5:]).any()


def test_rows_hold_every_rule_and_the_oracle_is_best() -> None:
    rows = list(judging.measure(stream(7, STILL.name), 2, world=STILL))
    earned = {row.method: row.figures for row in rows if row.group == judging.EARNED}
    drawn = true_nets(STILL, 2, stream(7, STILL.name)) * shop.SE
    everyone = (drawn * shop.SIZES * shop.ROUNDS).sum() / 2
    assert earned["everyone"]["profit"] == pytest.approx(everyone)
    assert earned["nobody"]["profit"] == 0
    assert earned[rules.BAYES]["bayes"] == 1
    assert all(row["oracle"] <= 1 for row in earned.values())
    text = "\n".join(document.lines(document.Run(
        command="make", seed=1, seasons=2, date=""), rows, "figures.csv"))  # fmt: skip
    assert f"**{rules.OURS}**" in text
    assert f"{CAMPAIGNS} campaigns of {SEGMENTS} segments" in text


def test_a_rule_fails_that_earns_too_little_or_less_than_a_simple_one() -> None:
    rng = np.random.default_rng(4)
    best = 100 + rng.normal(0, 5, 50)
    money = dict.fromkeys((*rules.SIMPLE, rules.OURS_ALONE), 0.2 * best) | {rules.BAYES: best}

    def verdict(ours: Floats, simple: Floats) -> str:
        given = money | {rules.OURS: ours, rules.SIMPLE[0]: simple}
        return judging._judged(rules.OURS, given)[0]

    assert verdict(0.97 * best, 0.5 * best) == OK
    assert verdict(0.90 * best, 0.5 * best) == FAILS
    assert verdict(0.97 * best, 0.99 * best) == FAILS


def test_a_share_knows_its_error() -> None:
    rng = np.random.default_rng(5)
    bayes_money = rng.normal(10, 2, (400, 60))
    ours = 0.9 * bayes_money + rng.normal(0, 1, bayes_money.shape)
    found = [judging.share_of(*pair) for pair in zip(ours, bayes_money, strict=True)]
    shares, errors = np.array(found).T
    assert shares.std() == pytest.approx(errors.mean(), rel=0.15)
