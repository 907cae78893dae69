"""The shop: how a true effect becomes a test, and what the product reads from it."""

from dataclasses import dataclass

import numpy as np
from benchmarks.calibration import peers
from benchmarks.calibration import product as intervals
from benchmarks.calibration.draws import Totals, add_up_lognormal
from benchmarks.calibration.shops import as_arms
from benchmarks.seasons.worlds import Floats

from regulars_experiments.inversion import p_by_inversion
from regulars_experiments.moments import Summary
from regulars_experiments.money_interval import Arms, build_limits
from regulars_experiments.multiplicity import segment_p_values
from regulars_experiments.segments import shared_errors

SIZES = np.array([80, 60, 50, 40, 40, 30, 24, 16]) * 1_000.0
ROUNDS = 4
"""Weekly rounds that a verdict governs, until the next campaign."""
HOLDOUT = 0.2
BUYERS, BASKET, LOG_SD = 0.03, 40.0, 1.0
MARGIN, DISCOUNT, CONTACT = 0.40, 0.05, 0.02
_MEAN_BASKET = BASKET * float(np.exp(LOG_SD**2 / 2))
LEVEL = MARGIN * BUYERS * _MEAN_BASKET
"""Margin per customer and campaign without any offer."""
_TYPICAL = 40_000.0
_LEAST_LIFT = -0.9


def _variances() -> tuple[float, float]:
    """Of margin per customer, (held out, with an offer that just pays)."""
    square = BASKET**2 * float(np.exp(2 * LOG_SD**2))
    kept = MARGIN - DISCOUNT
    buyers = (LEVEL + CONTACT) / (kept * _MEAN_BASKET)
    return (
        MARGIN**2 * BUYERS * square - LEVEL**2,
        kept**2 * buyers * square - (LEVEL + CONTACT) ** 2,
    )


def sampling_variance() -> Floats:
    """Of one campaign's estimate of each segment's net per customer; (segments,)."""
    held, treated = _variances()
    value: Floats = held / (HOLDOUT * SIZES) + treated / ((1 - HOLDOUT) * SIZES)
    return value


SE = float(np.sqrt(sampling_variance()[SIZES == _TYPICAL][0]))
"""Standard error of net per customer in a segment of typical size."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What tests show of net per customer; arrays of shape (seasons, campaigns, segments).

    estimate, low: of the calibrated interval, NaN where it declines. raw: the difference. shared:
    the error that segments are weighed by. welch_low: of Welch's interval. level: margin per
    held-out customer.
    """

    estimate: Floats
    raw: Floats
    low: Floats
    shared: Floats
    p_value: Floats
    welch_low: Floats
    level: Floats


def lifts(net: Floats) -> Floats:
    """More buyers, relative, that bring this net per customer."""
    kept = (MARGIN - DISCOUNT) * BUYERS * _MEAN_BASKET
    return np.maximum((net + CONTACT + LEVEL) / kept - 1, _LEAST_LIFT)


def nets(lift: Floats) -> Floats:
    """The reverse."""
    kept = (MARGIN - DISCOUNT) * BUYERS * _MEAN_BASKET
    value: Floats = kept * (1 + lift) - LEVEL - CONTACT
    return value


def draw(lift: Floats, rng: np.random.Generator) -> tuple[Totals, Totals]:
    """(held out, arm): margin in one test of every segment; last axis: segments."""

    def side(share: float, rate: Floats, kept: float) -> Totals:
        sizes = np.broadcast_to(SIZES * share, lift.shape).ravel()
        counts = rng.binomial(np.rint(sizes).astype(np.int64), rate.ravel())
        (totals,) = add_up_lognormal(sizes, counts, BASKET, (LOG_SD,), rng)
        return totals.scaled(np.array(kept))

    return (
        side(HOLDOUT, np.full(lift.shape, BUYERS), MARGIN),
        side(1 - HOLDOUT, BUYERS * (1 + lift), MARGIN - DISCOUNT),
    )


def read(groups: tuple[Totals, Totals], shape: tuple[int, int, int], *, tests: bool) -> Reading:
    """As the report does. tests: also p-values, NaN otherwise."""
    arms = as_arms(*groups)
    limits = build_limits(arms)
    found = intervals.difference(limits)
    p_value = np.full(found.estimate.shape, np.nan)
    if tests:

        def net_limits(z: Floats) -> tuple[Floats, Floats]:
            low, high = limits.of_difference(z)
            return low - CONTACT, high - CONTACT

        own = p_by_inversion(net_limits, p_value.shape)
        pooled = segment_p_values(
            _with_contact(arms.control),
            arms.arm,
            buyers=(arms.control_shape.buyers, arms.arm_shape.buyers),
        )
        p_value = np.where(np.isnan(own), np.nan, np.fmax(own, pooled))
    welch_low, _ = peers.welch_interval(arms.control, arms.arm, 0.95)
    flat: tuple[Floats, ...] = (
        found.estimate - CONTACT,
        arms.arm.mean - arms.control.mean - CONTACT,
        found.low - CONTACT,
        _shared(arms, shape),
        p_value,
        welch_low - CONTACT,
        arms.control.mean,
    )
    each = [values.reshape(shape) for values in flat]
    return Reading(
        estimate=each[0],
        raw=each[1],
        low=each[2],
        shared=each[3],
        p_value=each[4],
        welch_low=each[5],
        level=each[6],
    )


def _shared(arms: Arms, shape: tuple[int, int, int]) -> Floats:
    """Errors to weigh segments by, campaign by campaign; season by season, as it is quadratic."""
    each = shape[1] * shape[2]
    campaigns = np.repeat(np.arange(shape[1]), shape[2]).astype(str).tolist()
    return np.concatenate(
        [
            shared_errors(_part(arms.control, season), _part(arms.arm, season), campaigns)
            for season in (slice(k * each, (k + 1) * each) for k in range(shape[0]))
        ]
    )


def _part(side: Summary, places: slice) -> Summary:
    return Summary(
        n=side.n[places],
        mean=side.mean[places],
        variance=side.variance[places],
        mean_square=side.mean_square[places],
    )


def _with_contact(side: Summary) -> Summary:
    """The contact's cost moves the held-out side up, so that zeros stay zeros."""
    return Summary(
        n=side.n, mean=side.mean + CONTACT, variance=side.variance, mean_square=side.mean_square
    )
