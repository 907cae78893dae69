"""Net profit in many segments: any claim, where nothing is true, in at most one campaign in 20."""

from fractions import Fraction
from typing import cast

import numpy as np
from benchmarks.calibration.columns import Pair, Sums, draw_columns

from regulars_experiments.comparison import Comparison
from regulars_experiments.multiplicity import holm
from regulars_experiments.profit import ProfitColumns, waterfall
from regulars_experiments.profit_tests import net_p_values
from tests.experiments.build import Floats

MARGIN = Fraction(2, 5)


def test_eight_segments_in_which_nothing_pays_or_loses_hold_their_family_wise_level() -> None:
    """A tenth held out, 40 buyers expected in it, log-sd 1.4, costs that eat the extra margin."""
    rng = np.random.default_rng(11)
    repetitions, segments, n, share, contact = 1_000, 8, 8_000, 0.05, 0.05
    spend = float(MARGIN) * 40.0 * np.exp(1.4**2 / 2)

    def group(size: int, rate: float, cost: float) -> Sums:
        return draw_columns(
            size,
            rng.binomial(size, rate, repetitions * segments),
            lambda many, made: {"kept": 40.0 * np.exp(1.4 * made.standard_normal(many))},
            rng,
            shaped="kept",
            constants={"contact": cost, "returned": 0.0, "offer": 0.0},
        )

    pair = Pair(
        group(n // 10, share, 0.0),
        group(n - n // 10, share + contact / spend, contact),
    )
    comparison = cast(Comparison, pair)
    columns = ProfitColumns(
        goods="kept", returned="returned", kept="kept", offer_cost="offer", contact_cost="contact"
    )
    bars = waterfall(comparison, columns, margin_low=MARGIN, margin_high=MARGIN, confidence=0.95)
    both = net_p_values(bars, comparison, columns, margin_low=MARGIN, margin_high=MARGIN)

    def any_claim(p_values: Floats) -> float:
        families = p_values.reshape(repetitions, segments)
        return float(np.mean([holm(family).min() < 0.05 for family in families]))

    assert any_claim(bars.net.p_value) > 0.07
    assert any_claim(both) < 0.05
