"""What share of a customer's orders is kept, against customers whose true share is known."""

import numpy as np
import pytest

from regulars_experiments.gamma_gamma import GammaGamma, GammaGammaFit
from regulars_experiments.kept_orders import kept_share
from regulars_experiments.lifetime import Forecast, forecast_alike, forecast_value

NOTHING_KNOWN = np.zeros(1)


def test_each_customers_share_is_their_posterior() -> None:
    """Shares from Beta(2, 3): the posterior mean is (2 + kept) / (5 + orders)."""
    rng = np.random.default_rng(4)
    own = rng.beta(2, 3, 40_000)
    orders = rng.integers(0, 9, 40_000).astype(float)
    kept = rng.binomial(orders.astype(int), own).astype(float)
    found = kept_share(kept, orders)
    assert found is not None
    assert found.share == pytest.approx(0.4, abs=4 * found.error)
    assert found.mean == pytest.approx((2 + kept) / (5 + orders), abs=0.02)
    assert found.square.mean() == pytest.approx((own**2).mean(), abs=0.005)


def test_the_error_of_the_share_counts_customers_and_not_orders() -> None:
    rng, shares, errors = np.random.default_rng(5), [], []
    for _ in range(400):
        kept = rng.binomial(10, rng.beta(0.5, 0.5, 200)).astype(float)
        found = kept_share(kept, np.full(200, 10.0))
        assert found is not None
        shares.append(found.share)
        errors.append(found.error)
    assert np.mean(errors) == pytest.approx(np.std(shares), rel=0.1)


def test_the_slope_is_that_of_a_small_change_of_the_share() -> None:
    """Of a customer whose prior is Beta(s share, s (1 - share)): s share / (s + orders)."""
    kept, orders = np.array([3.0, 0.0, 1.0, 2.0]), np.array([4.0, 3.0, 3.0, 2.0])
    found = kept_share(kept, orders)
    assert found is not None
    prior = (kept - found.mean * orders) / (found.mean - found.share)  # s, solved from the mean
    assert found.slope == pytest.approx(prior * found.share / (prior + orders))


@pytest.mark.parametrize("kept", [[3.0, 2.0], [0.0, 0.0]])
def test_where_all_is_kept_or_nothing_there_is_no_share(kept: list[float]) -> None:
    assert kept_share(np.array(kept), np.array([3.0, 2.0])) is None
    assert kept_share(NOTHING_KNOWN, NOTHING_KNOWN) is None


def orders_of_one(mean: float, variance: float) -> Forecast:
    return Forecast(
        mean=np.array([mean]),
        variance=np.array([variance]),
        slope=np.zeros((1, 4)),
        covariance=np.zeros((4, 4)),
    )


def test_value_with_orders_given_back_has_the_mean_and_spread_of_a_simulation() -> None:
    """Poisson orders of a customer of whom nothing is known; kept with a share of Beta(2, 3)."""
    rng = np.random.default_rng(7)
    sample = rng.beta(2, 3, 60_000)
    nobody = kept_share(
        np.append(rng.binomial(8, sample), 0).astype(float), np.append(np.full(60_000, 8.0), 0.0)
    )
    assert nobody is not None
    fit = GammaGammaFit(
        model=GammaGamma(p=6.0, q=5.0, gamma=15.0),
        log_likelihood=0.0,
        covariance=np.zeros((3, 3)),
        at_bound=(),
        customers=99,
    )
    last = type(nobody)(
        share=nobody.share,
        error=nobody.error,
        mean=nobody.mean[-1:],
        square=nobody.square[-1:],
        slope=nobody.slope[-1:],
    )
    found = forecast_value(orders_of_one(3.0, 3.0), fit, NOTHING_KNOWN, NOTHING_KNOWN, last)
    times = 400_000
    number = rng.binomial(rng.poisson(3.0, times), rng.beta(2, 3, times))
    nu = rng.gamma(5.0, 1 / 15.0, times)
    spent = np.where(number > 0, rng.gamma(np.maximum(6.0 * number, 1e-9), 1 / nu), 0.0)
    assert found.mean[0] == pytest.approx(spent.mean(), rel=0.02)
    assert found.variance[0] == pytest.approx(spent.var(), rel=0.04)
    alike = forecast_alike(orders_of_one(3.0, 3.0), 20.0, last)
    assert alike.mean[0] == pytest.approx(20 * number.mean(), rel=0.02)
    assert alike.variance[0] == pytest.approx(400 * number.var(), rel=0.04)
    # that the share itself is an estimate is in the covariance of the parameters
    assert found.covariance[-1, -1] == pytest.approx((last.error / last.share) ** 2)
