"""For whom one threshold pays, over past order value / threshold."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_experiments.threshold_ratios import (
    NATURAL_EDGES,
    RatioCurve,
    Reach,
    _best_run,
    find_ratios,
    narrow_to_band,
    ratio_bin,
    ratio_edges,
)
from tests.experiments.test_thresholds import MONEY, customers, moments_by

EDGES = (0.5, 0.85, 1.0, 1.4)


def people(places: dict[float, tuple[float, float]], *, n: int = 12_000) -> pl.DataFrame:
    """Customers at some ratios, each with the shares of buyers held out and addressed."""
    frames = []
    for seed, (ratio, (held, mail)) in enumerate(places.items()):
        found = customers({"held": n, "mail": n}, {"held": held, "mail": mail}, seed=seed)
        frames.append(found.with_columns(pl.lit(ratio).alias("ratio")))
    return pl.concat(frames)


def curve_of(frame: pl.DataFrame) -> RatioCurve:
    binned = frame.with_columns(ratio_bin(pl.col("ratio"), EDGES).alias("bin"))
    moments = moments_by(binned, ["arm", "bin"])
    return find_ratios(moments, control="held", arm="mail", edges=EDGES, money=MONEY)


BAND = curve_of(
    people({0.3: (0.1, 0.1), 0.6: (0.1, 0.1), 0.9: (0.1, 0.16), 1.2: (0.1, 0.15), 3.0: (0.1, 0.1)})
)


def test_the_band_in_the_middle_is_found_and_proved() -> None:
    assert BAND.reach is Reach.SOME
    assert BAND.limits == (0.85, 1.4)
    assert BAND.proved.tolist() == [False, False, True, True, False]
    # the offer costs money where nobody buys more for it
    assert (BAND.net.estimate[[0, 1, 4]] < 0).all()


def test_a_threshold_pays_for_everybody_or_for_nobody_too() -> None:
    ratios = (0.3, 0.6, 0.9, 1.2, 3.0)
    good = curve_of(people(dict.fromkeys(ratios, (0.1, 0.16))))
    assert good.reach is Reach.EVERYBODY
    assert good.limits == (0.0, np.inf)
    assert narrow_to_band(good, 0.95) is None
    bad = curve_of(people(dict.fromkeys(ratios, (0.16, 0.1))))
    assert bad.reach is Reach.NOBODY
    assert bad.limits is None
    assert bad.proved_to_lose.all()
    saved = narrow_to_band(bad, 0.95)
    assert saved is not None
    assert saved.chance > 0.99


def test_leaving_out_who_does_not_pay_earns_their_expected_loss() -> None:
    found, believed = narrow_to_band(BAND, 0.95), BAND.believed
    assert found is not None
    assert believed is not None
    # five groups of one size; the outer three are left out
    assert found.gain == pytest.approx(-believed.mean()[[0, 1, 4]].sum() / 5)
    assert found.low < found.gain < found.high


def test_the_band_of_independent_bins_is_wider_by_sidaks_quantile() -> None:
    farther = (BAND.band.high - BAND.band.low) / (BAND.net.high - BAND.net.low)
    assert farther == pytest.approx(np.full(5, 2.5688 / 1.95996), rel=1e-3)


def test_a_bin_with_few_buyers_joins_its_neighbour_and_nobody_is_lost() -> None:
    full = people({0.3: (0.1, 0.1), 0.9: (0.1, 0.2), 1.2: (0.1, 0.1)})
    few = people({3.0: (0.1, 0.1)}, n=100)
    found = curve_of(pl.concat([full, few]))
    # nobody lies between 0.5 and 0.85: that bin joins one beside it as well
    assert found.edges.tolist() in ([0, 0.85, 1.0, np.inf], [0, 0.5, 1.0, np.inf])
    assert found.customers.tolist() == [24_000, 24_000, 24_200]
    alone = curve_of(full)
    assert found.net.estimate[1] == pytest.approx(alone.net.estimate[1])
    last = pl.concat([full.filter(pl.col("ratio") > 1), few])
    net = 0.4 * pl.col("goods") - pl.col("offer") - pl.col("contact")
    means = dict(last.group_by("arm").agg(net.mean()).iter_rows())
    assert found.net.estimate[2] == pytest.approx(means["mail"] - means["held"])


def test_too_few_buyers_altogether_are_one_bin_without_an_answer() -> None:
    found = curve_of(people({0.9: (0.1, 0.1), 1.2: (0.1, 0.1)}, n=100))
    assert found.customers.tolist() == [400]
    assert found.edges.tolist() == [0, np.inf]
    assert found.reach is None
    assert found.limits is None
    assert not found.proved.any()
    assert narrow_to_band(found, 0.95) is None


def test_customers_without_a_past_order_take_no_part() -> None:
    known = people({0.9: (0.1, 0.16), 1.2: (0.1, 0.15)})
    unknown = known.with_columns(pl.lit(None, dtype=pl.Float64).alias("ratio"))
    both = curve_of(pl.concat([known, unknown]))
    assert both.net.estimate.tolist() == curve_of(known).net.estimate.tolist()


def test_edges_are_natural_and_a_full_bin_is_halved() -> None:
    spread = np.exp(np.linspace(-1.2, 1.2, 1_001))
    assert ratio_edges(spread) == NATURAL_EDGES
    crowded = ratio_edges(np.concatenate([spread, np.full(500, 1.05), np.full(500, 1.1)]))
    assert set(crowded) > set(NATURAL_EDGES)
    assert all(1.0 < edge < 1.15 for edge in set(crowded) - set(NATURAL_EDGES))
    assert ratio_edges(np.array([np.nan])) == NATURAL_EDGES


def test_a_bin_holds_its_lower_edge() -> None:
    frame = pl.DataFrame({"r": [0.49, 0.5, 0.999, 1.0, 1.4, 9.0]})
    found = frame.select(ratio_bin(pl.col("r"), EDGES)).to_series(0).to_list()
    assert found == ["0", "1", "2", "3", "4", "4"]


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=9))
def test_no_other_run_earns_more_than_the_best(values: list[int]) -> None:
    first, last = _best_run(np.array(values, dtype=np.float64))
    runs = [sum(values[a:b]) for a, b in combinations(range(len(values) + 1), 2)]
    if first is None or last is None:
        assert max(runs) <= 0
    else:
        assert sum(values[first : last + 1]) == max(runs)
