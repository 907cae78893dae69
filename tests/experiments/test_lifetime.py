"""Buying again: BG/NBD, gamma-gamma and forecasts, against papers, algebra and known truth."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy import integrate, special, stats

from regulars_experiments.bgnbd import (
    BgNbd,
    BgNbdFit,
    alive_probability,
    expected_orders,
    expected_repeats,
    fit_bgnbd,
    log_likelihood_bgnbd,
    simulate_bgnbd,
)
from regulars_experiments.gamma_gamma import (
    GammaGamma,
    GammaGammaFit,
    expected_order_value,
    fit_gamma_gamma,
    order_values,
    value_by_frequency,
)
from regulars_experiments.lifetime import forecast_orders, forecast_value, outcomes, value_limits
from regulars_experiments.purchase_histories import GroupedHistories, Histories, group_histories
from regulars_experiments.results import Estimate, NotEstimable, Reason
from tests.cdnow import LAST_FITTED, cdnow_tenth

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
WEEKS_AFTER = 39


def cdnow_histories(purchases: pl.DataFrame) -> GroupedHistories:
    """Weeks 1 to 39, by purchase days."""
    seen = (
        purchases.filter(pl.col("day") <= LAST_FITTED)
        .group_by("customer")
        .agg(
            (pl.col("day").n_unique() - 1).alias("x"),
            ((pl.col("day").max() - pl.col("day").min()).dt.total_days() / 7).alias("t_x"),
            ((pl.lit(LAST_FITTED) - pl.col("day").min()).dt.total_days() / 7).alias("age"),
        )
        .sort("customer")
    )
    return group_histories(seen["x"], seen["t_x"], seen["age"])


def one(x: float, t_x: float, age: float) -> Histories:
    return group_histories([x], [t_x], [age]).histories


@pytest.fixture(scope="module")
def purchases() -> pl.DataFrame:
    return cdnow_tenth()


@pytest.fixture(scope="module")
def cdnow(purchases: pl.DataFrame) -> Histories:
    return cdnow_histories(purchases).histories


@pytest.fixture(scope="module")
def cdnow_fit(cdnow: Histories) -> BgNbdFit:
    fit = fit_bgnbd(cdnow)
    assert isinstance(fit, BgNbdFit)
    return fit


@pytest.mark.shared
def test_cdnow_gives_the_parameters_that_the_paper_prints(cdnow_fit: BgNbdFit) -> None:
    model = cdnow_fit.model
    assert (cdnow_fit.customers, cdnow_fit.repeaters) == (2357, 946)
    assert (round(model.r, 3), round(model.alpha, 3)) == (0.243, 4.414)
    assert (round(model.a, 3), round(model.b, 3)) == (0.793, 2.426)
    assert round(cdnow_fit.log_likelihood, 1) == -9582.4
    assert cdnow_fit.at_bound == ()


@pytest.mark.shared
def test_cdnow_foretells_1653_where_1882_came_and_its_range_does_not_reach_them(
    purchases: pl.DataFrame, cdnow: Histories, cdnow_fit: BgNbdFit
) -> None:
    later = purchases.filter(pl.col("day") > LAST_FITTED)
    came = later.select("customer", "day").unique().height
    assert came == 1882
    total = forecast_orders(cdnow_fit, cdnow, WEEKS_AFTER).total(cdnow.customers, whole=True)
    assert isinstance(total, Estimate)
    assert round(total.estimate) == 1653
    assert total.low < 1653 < total.high < came


@pytest.mark.shared
def test_cdnow_order_values_give_the_parameters_that_the_note_prints(
    purchases: pl.DataFrame,
) -> None:
    """Fader & Hardie (2013), sec. 4: 946 repeaters, p 6.25, q 3.74, gamma 15.44."""
    by_day = purchases.filter(pl.col("day") <= LAST_FITTED).group_by("customer", "day")
    repeats = (
        by_day.agg(pl.col("dollars").sum())
        .filter(pl.col("day") > pl.col("day").min().over("customer"))
        .group_by("customer")
        .agg(pl.len().alias("orders"), pl.col("dollars").mean())
    )
    fit = fit_gamma_gamma(repeats["orders"].to_numpy().astype(float), repeats["dollars"].to_numpy())
    assert isinstance(fit, GammaGammaFit)
    assert fit.customers == 946
    found = [round(value, 2) for value in (fit.model.p, fit.model.q, fit.model.gamma)]
    assert found == [6.25, 3.74, 15.44]


@pytest.mark.parametrize(
    ("x", "t_x", "age"), [(0, 0, 30), (1, 20, 30), (4, 3, 50), (40, 38, 39), (300, 200, 210)]
)
def test_the_likelihood_is_the_integral_over_rates_and_chances(
    x: int, t_x: float, age: float
) -> None:
    """Equation 3 of one customer, averaged over Gamma(r, alpha) and Beta(a, b) by quadrature."""
    model = BgNbd(r=1.4, alpha=6.0, a=0.8, b=2.5)
    top = special.gammaln(model.r + x) - (model.r + x) * np.log(model.alpha + t_x)

    def over_rate(until: float) -> float:
        def density(rate: float) -> float:
            logs = (model.r + x - 1) * np.log(rate) - (model.alpha + until) * rate
            return float(np.exp(logs - top))

        peak = (model.r + x) / (model.alpha + until)
        return float(integrate.quad(density, 0, peak * 30, points=[peak, peak * 3], limit=400)[0])

    def over_chance(stops: int, stays: int) -> float:
        law = stats.beta(model.a, model.b)
        return float(law.expect(lambda p: p**stops * (1 - p) ** stays))

    expected = over_chance(0, x) * over_rate(age)
    if x:
        expected += over_chance(1, x - 1) * over_rate(t_x)
    constant = top + model.r * np.log(model.alpha) - special.gammaln(model.r)
    found = log_likelihood_bgnbd(model, one(x, t_x, age))
    assert found == pytest.approx(np.log(expected) + constant, abs=1e-5)


def test_the_gradient_leads_to_the_top() -> None:
    """At the maximum no small change of any parameter makes the data more likely."""
    x, t_x, age = simulate_bgnbd(PUBLISHED, np.full(5_000, 60.0), np.random.default_rng(1))
    seen = group_histories(x, t_x, age).histories
    fit = fit_bgnbd(seen)
    assert isinstance(fit, BgNbdFit)
    assert fit.log_likelihood == pytest.approx(log_likelihood_bgnbd(fit.model, seen), rel=1e-12)
    for place in range(4):
        for change in (0.99, 1.01):
            other = fit.model.as_array()
            other[place] *= change
            assert log_likelihood_bgnbd(BgNbd.of(other), seen) < fit.log_likelihood


@pytest.mark.parametrize("a", [0.3, 1.0, 2.2])
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 30), (2, 30, 38), (60, 38, 39)])
def test_expected_orders_are_those_of_the_integral(
    a: float, x: int, t_x: float, age: float
) -> None:
    """E(Y) given rate and chance is (1 - exp(-rate p t)) / p; averaged over both."""
    model, horizon = BgNbd(r=0.6, alpha=5.0, a=a, b=2.0), 39.0
    seen = one(x, t_x, age)

    def given_chance(p: float) -> float:
        kept = (1 + p * horizon / (model.alpha + age)) ** -(model.r + x)
        return float((1 - kept) / p * stats.beta(a, model.b + x).pdf(p))

    integral = integrate.quad(given_chance, 0, 1, limit=500)[0]
    expected = integral * alive_probability(model, seen)[0]
    assert expected_orders(model, seen, horizon)[0] == pytest.approx(expected, rel=1e-6)
    assert outcomes(model, seen, horizon).mean[0] == pytest.approx(expected, rel=1e-6)


def test_two_ways_to_expect_orders_agree_however_odd_the_parameters() -> None:
    """A hypergeometric function and a sum over orders, for parameters anywhere they may run to."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        logs = rng.uniform([-11, -1, -11, -11], [6, 9, 9, 9])
        model = BgNbd.of(np.exp(logs))
        x = rng.integers(0, 30, 12)
        age = rng.uniform(1, 150, 12)
        t_x = np.where(x > 0, age * rng.uniform(0.01, 1, 12), 0.0)
        seen = group_histories(x, t_x, age).histories
        found = expected_orders(model, seen, 10.0)
        assert found == pytest.approx(outcomes(model, seen, 10.0).mean, rel=1e-5, abs=1e-6)


def test_who_stopped_is_told_as_often_as_the_model_says() -> None:
    """A simulation watched for a second stretch: alive, mean, spread and range come true."""
    model, rng, customers = BgNbd(r=0.8, alpha=6.0, a=0.7, b=2.0), np.random.default_rng(3), 60_000
    rate = rng.gamma(model.r, 1 / model.alpha, customers)
    p = rng.beta(model.a, model.b, customers)
    first, second = rng.poisson(rate * 30), rng.poisson(rate * 20)
    stops_at = rng.geometric(p)
    x = np.minimum(first, stops_at)
    alive = first < stops_at
    later = np.where(alive, np.minimum(second, stops_at - first), 0)
    # given their number, the moments of a Poisson process are uniform; t_x is the x-th of `first`
    latest = rng.beta(np.maximum(x, 1), first - x + 1) * 30
    seen = group_histories(x, np.where(x > 0, latest, 0.0), np.full(customers, 30.0))
    found = outcomes(model, seen.histories, 20.0)
    by_customer = found.mean[seen.group]
    chance = alive_probability(model, seen.histories)[seen.group]
    for group in (x == 0, x == 1, x == 2, (x >= 3) & (x < 6), x >= 6):
        many = group.sum()
        assert alive[group].mean() == pytest.approx(chance[group].mean(), abs=4 * 0.5 / many**0.5)
        error = later[group].std() / many**0.5
        assert later[group].mean() == pytest.approx(by_customer[group].mean(), abs=4 * error)
    assert (later**2).mean() == pytest.approx(found.square[seen.group].mean(), rel=0.05)
    assert (later > 0).mean() == pytest.approx(found.any_order[seen.group].mean(), abs=0.008)
    inside = (later >= found.low[seen.group]) & (later <= found.high[seen.group])
    assert inside.mean() >= 0.95


def test_the_curve_of_a_cohort_is_what_the_cohort_buys() -> None:
    model = BgNbd(r=0.5, alpha=5.0, a=1.2, b=3.0)
    x, _, _ = simulate_bgnbd(model, np.full(100_000, 40.0), np.random.default_rng(5))
    error = x.std() / len(x) ** 0.5
    assert expected_repeats(model, 40.0) == pytest.approx(x.mean(), abs=4 * error)


def test_parameters_come_back_within_their_errors() -> None:
    truth = BgNbd(r=0.5, alpha=8.0, a=0.9, b=2.5)
    misses = []
    for seed in range(12):
        x, t_x, age = simulate_bgnbd(truth, np.full(4_000, 60.0), np.random.default_rng(seed))
        fit = fit_bgnbd(group_histories(x, t_x, age).histories)
        assert isinstance(fit, BgNbdFit)
        error = np.sqrt(np.diag(fit.covariance))
        misses.append(np.log(fit.model.as_array() / truth.as_array()) / error)
    spread = np.array(misses)
    assert np.abs(spread).max() < 4
    assert 0.6 < spread.std() < 1.5  # neither too sure nor too shy


def test_a_total_lies_in_its_range_as_often_as_it_should() -> None:
    """Parameters are fitted each time, so the range must hold their error too. Of 60 ranges at 80%
    fewer than 39 or more than 57 hold with chance below 0.5% each way."""
    truth, inside = BgNbd(r=0.6, alpha=8.0, a=0.8, b=2.5), 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rate = rng.gamma(truth.r, 1 / truth.alpha, 1_500)
        p = rng.beta(truth.a, truth.b, 1_500)
        seen, came = _watched(rate, p, rng)
        fit = fit_bgnbd(seen)
        assert isinstance(fit, BgNbdFit)
        total = forecast_orders(fit, seen, 30.0).total(seen.customers, confidence=0.8)
        assert isinstance(total, Estimate)
        inside += total.low <= came <= total.high
    assert 39 <= inside <= 57


def _watched(rate: np.ndarray, p: np.ndarray, rng: np.random.Generator) -> tuple[Histories, int]:
    """40 units of time as histories, and how many purchases came in the 30 after them."""
    first, second, stops_at = rng.poisson(rate * 40), rng.poisson(rate * 30), rng.geometric(p)
    x = np.minimum(first, stops_at)
    later = np.where(first < stops_at, np.minimum(second, stops_at - first), 0)
    latest = rng.beta(np.maximum(x, 1), first - x + 1) * 40
    seen = group_histories(x, np.where(x > 0, latest, 0.0), np.full(len(x), 40.0))
    return seen.histories, int(later.sum())


def test_nobody_who_stops_is_a_bound_and_no_failure() -> None:
    """Poisson purchases for ever: the chance of stopping runs to zero, the rest is estimated."""
    rng = np.random.default_rng(2)
    rate = rng.gamma(2.0, 0.05, 3_000)
    x = rng.poisson(rate * 50)
    latest = np.where(x > 0, rng.beta(np.maximum(x, 1), 1) * 50, 0.0)
    fit = fit_bgnbd(group_histories(x, latest, np.full(3_000, 50.0)).histories)
    assert isinstance(fit, BgNbdFit)
    assert fit.model.a / (fit.model.a + fit.model.b) < 0.01
    assert fit.model.r == pytest.approx(2.0, rel=0.15)
    assert np.isfinite(fit.covariance).all()


def test_the_unit_of_time_changes_nothing_but_alpha() -> None:
    x, t_x, age = simulate_bgnbd(PUBLISHED, np.full(3_000, 60.0), np.random.default_rng(8))
    weeks = fit_bgnbd(group_histories(x, t_x, age).histories)
    days = fit_bgnbd(group_histories(x, t_x * 7, age * 7).histories)
    assert isinstance(weeks, BgNbdFit)
    assert isinstance(days, BgNbdFit)
    expected = weeks.model.as_array() * np.array([1, 7, 1, 1])
    assert days.model.as_array() == pytest.approx(expected, rel=1e-5)


def test_what_cannot_be_fitted_is_said_by_name() -> None:
    few = group_histories([0] * 500 + [1] * 29, [0.0] * 500 + [5.0] * 29, [9.0] * 529)
    assert fit_bgnbd(few.histories) == NotEstimable(reason=Reason.TOO_FEW_REPEATERS)
    alike = group_histories([0] * 500 + [1] * 60, [0.0] * 500 + [5.0] * 60, [9.0] * 560)
    assert fit_bgnbd(alike.histories) == NotEstimable(reason=Reason.ALL_HISTORIES_ALIKE)
    nobody = group_histories([], [], [])
    assert fit_bgnbd(nobody.histories) == NotEstimable(reason=Reason.TOO_FEW_REPEATERS)


@pytest.mark.parametrize(
    ("x", "t_x", "age", "told"),
    [
        (1, 9.0, 5.0, "after the end"),
        (1, 0.0, 5.0, "repeats need"),
        (0, 2.0, 5.0, "no repeats"),
        (-1, 0.0, 5.0, "zero or more"),
        (0, 0.0, float("nan"), "zero or more"),
    ],
)
def test_histories_that_cannot_be_are_refused(x: float, t_x: float, age: float, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        group_histories([x], [t_x], [age])


def test_equal_histories_are_one_and_everybody_finds_theirs() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, 400)
    t_x = np.where(x > 0, rng.integers(1, 5, 400), 0)
    age = rng.integers(5, 8, 400)
    found = group_histories(x, t_x, age)
    assert found.histories.customers.sum() == 400
    assert (found.histories.repeats[found.group] == x).all()
    assert (found.histories.recency[found.group] == t_x).all()
    assert (found.histories.age[found.group] == age).all()
    rows = np.column_stack([found.histories.repeats, found.histories.recency, found.histories.age])
    assert len(np.unique(rows, axis=0)) == len(rows)


def spenders(
    customers: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.random.Generator]:
    """Orders, averages and true means of customers whose p, q, gamma are 6, 4, 15."""
    rng = np.random.default_rng(seed)
    nu = rng.gamma(4.0, 1 / 15.0, customers)
    orders = rng.integers(1, 8, customers).astype(float)
    return orders, rng.gamma(6.0 * orders, 1 / nu) / orders, 6.0 / nu, rng


def test_order_values_come_back_within_their_errors() -> None:
    orders, average, truth, _ = spenders(20_000, 1)
    fit = fit_gamma_gamma(orders, average)
    assert isinstance(fit, GammaGammaFit)
    misses = np.log(fit.model.as_array() / np.array([6, 4, 15])) / np.sqrt(np.diag(fit.covariance))
    assert np.abs(misses).max() < 4
    expected = expected_order_value(fit.model, orders, average)
    for group in (orders == 1, orders == 4, average > 60, average < 12):
        error = truth[group].std() / group.sum() ** 0.5
        assert truth[group].mean() == pytest.approx(expected[group].mean(), abs=4 * error)


def test_the_value_model_is_its_integral() -> None:
    """Two orders averaging 20: the posterior of nu by quadrature gives mean and second moments."""
    p, q, gamma, n, z = 6.25, 3.74, 15.44, 2.0, 20.0
    law = stats.gamma(p * n + q, scale=1 / (gamma + n * z))
    found = order_values(GammaGamma(p=p, q=q, gamma=gamma), np.array([n]), np.array([z]))
    assert found.mean[0] == pytest.approx(law.expect(lambda nu: p / nu), rel=1e-6)
    assert found.square[0] == pytest.approx(law.expect(lambda nu: (p + p * p) / nu**2), rel=1e-6)
    assert found.product[0] == pytest.approx(law.expect(lambda nu: p * p / nu**2), rel=1e-6)


def test_the_slopes_of_the_value_are_those_of_small_changes() -> None:
    model, n, z = GammaGamma(p=6.0, q=4.0, gamma=15.0), np.array([0.0, 3.0]), np.array([0.0, 20.0])
    found = order_values(model, n, z).slope
    for place in range(3):
        ends = []
        for way in (1, -1):
            values = model.as_array()
            values[place] *= np.exp(way * 1e-5)
            other = GammaGamma(p=values[0], q=values[1], gamma=values[2])
            ends.append(expected_order_value(other, n, z))
        assert found[:, place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6)


def test_value_and_orders_make_the_sum_that_comes() -> None:
    """Mean and spread of what 40,000 customers spend, against a simulation of exactly them."""
    model, rng = BgNbd(r=0.8, alpha=6.0, a=0.7, b=2.0), np.random.default_rng(6)
    seen = one(2, 20, 30)
    known = outcomes(model, seen, 20.0)
    fit = BgNbdFit(
        model=model,
        log_likelihood=0.0,
        covariance=np.zeros((4, 4)),
        at_bound=(),
        customers=1,
        repeaters=1,
    )
    values = GammaGammaFit(
        model=GammaGamma(p=6.0, q=4.0, gamma=15.0),
        log_likelihood=0.0,
        covariance=np.zeros((3, 3)),
        at_bound=(),
        customers=1,
    )
    forecast = forecast_value(
        forecast_orders(fit, seen, 20.0, known), values, np.array([2.0]), np.array([20.0])
    )
    times = 400_000
    rate = rng.gamma(model.r + 2, 1 / (model.alpha + 30), times)
    stops_at = rng.geometric(rng.beta(model.a, model.b + 2, times))
    alive = rng.random(times) < alive_probability(model, seen)[0]
    orders = np.where(alive, np.minimum(rng.poisson(rate * 20), stops_at), 0)
    nu = rng.gamma(6.0 * 2 + 4.0, 1 / (15.0 + 40.0), times)
    spent = np.where(orders > 0, rng.gamma(np.maximum(6.0 * orders, 1e-9), 1 / nu), 0.0)
    assert forecast.mean[0] == pytest.approx(spent.mean(), rel=0.01)
    assert forecast.variance[0] == pytest.approx(spent.var(), rel=0.03)
    low, high = value_limits(forecast, known.any_order)
    assert low[0] == 0  # half of them spend nothing
    assert (spent > high[0]).mean() == pytest.approx(0.025, abs=0.008)


def test_parameters_add_to_the_range_of_a_sum() -> None:
    x, t_x, age = simulate_bgnbd(PUBLISHED, np.full(3_000, 60.0), np.random.default_rng(8))
    seen = group_histories(x, t_x, age).histories
    fit = fit_bgnbd(seen)
    assert isinstance(fit, BgNbdFit)
    forecast = forecast_orders(fit, seen, 39.0)
    total = forecast.total(seen.customers)
    assert isinstance(total, Estimate)
    assert total.standard_error is not None
    assert total.standard_error**2 > float(seen.customers @ forecast.variance)
    # and by a parametric bootstrap of the parameters alone, about their part
    rng = np.random.default_rng(1)
    drawn = rng.multivariate_normal(np.log(fit.model.as_array()), fit.covariance, 200)
    sums = [seen.customers @ expected_orders(BgNbd.of(np.exp(one)), seen, 39.0) for one in drawn]
    part = total.standard_error**2 - float(seen.customers @ forecast.variance)
    assert np.sqrt(part) == pytest.approx(np.std(sums), rel=0.2)


def test_heavy_tails_are_refused_and_not_averaged() -> None:
    rng = np.random.default_rng(3)
    nu = rng.gamma(0.7, 1.0, 5_000)  # 1 / nu has no mean
    orders = np.full(5_000, 2.0)
    found = fit_gamma_gamma(orders, rng.gamma(12.0, 1 / nu) / 2)
    assert found == NotEstimable(reason=Reason.NO_MEAN_VALUE)


def test_values_that_cannot_be_fitted_are_said_by_name() -> None:
    some = np.full(40, 2.0)
    assert fit_gamma_gamma(some, np.full(40, 9.9)) == NotEstimable(reason=Reason.ALL_VALUES_ALIKE)
    assert fit_gamma_gamma(some[:9], some[:9]) == NotEstimable(reason=Reason.TOO_FEW_REPEATERS)
    free = np.zeros(40)  # nothing but gifts
    assert fit_gamma_gamma(some, free) == NotEstimable(reason=Reason.TOO_FEW_KEPT)


def test_the_correlation_is_pearsons_with_fishers_range() -> None:
    rng = np.random.default_rng(2)
    orders = (rng.poisson(3, 200) + 1).astype(np.float64)
    average = orders * 0.5 + rng.normal(20, 3, 200)
    oracle = stats.pearsonr(orders, average)
    found = value_by_frequency(orders, average)
    assert isinstance(found, Estimate)
    assert found.estimate == pytest.approx(oracle.statistic, rel=1e-9)
    limits = oracle.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high), rel=1e-9)


def test_weeks_are_the_weeks_of_the_calendar() -> None:
    """The day after which CDNOW is held out lies 39 weeks after the first day of 1997."""
    assert LAST_FITTED + dt.timedelta(days=1) == dt.date(1997, 1, 1) + dt.timedelta(weeks=39)
