"""The waterfall: bars that add up, and a net interval that means what it says."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from regulars_experiments.aggregation import aggregate
from regulars_experiments.comparison import Comparison
from regulars_experiments.moments import Moments, plan_moments
from regulars_experiments.profit import ProfitColumns, Waterfall, exact_difference, waterfall
from regulars_experiments.results import Reason
from tests.experiments.build import Floats, estimate, reason, summary, summary_of

COLUMNS = ProfitColumns(
    goods="goods", returned="returned", kept="kept", offer_cost="offer", contact_cost="contact"
)
MARGIN = Fraction(2, 5)


def rows(n: int, seed: int, *, buyers: float, offer: float, contact: float) -> pl.DataFrame:
    """Customers of one group; every tenth order comes back, buyers may use the offer."""
    rng = np.random.default_rng(seed)
    bought = rng.random(n) < buyers
    goods = np.where(bought, np.round(rng.lognormal(3.5, 1, n), 2), 0.0)
    used = bought & (rng.random(n) < 0.7)
    return pl.DataFrame(
        {
            "goods": goods,
            "returned": np.where(rng.random(n) < 0.1, np.round(goods / 2, 2), 0.0),
            "offer": np.where(used, offer, 0.0),
            "contact": np.full(n, contact),
        }
    )


def moments_of_groups(frame: pl.DataFrame, by: list[str]) -> Moments:
    names = list(COLUMNS.all())
    frame = frame.with_columns((pl.col("goods") - pl.col("returned")).alias("kept"))
    whole = frame.with_columns((pl.col(name) * 10_000).round(0).cast(pl.Int64) for name in names)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    plan = plan_moments(
        by=by, columns=dict.fromkeys(names, 10_000), pairs=pairs, shapes=["goods", "kept"]
    )
    return aggregate(whole.lazy(), plan)


def fall(
    held: pl.DataFrame,
    sent: pl.DataFrame,
    *,
    margins: tuple[Fraction, Fraction] = (MARGIN, MARGIN),
) -> Waterfall:
    both = pl.concat([held.with_columns(arm=pl.lit("held")), sent.with_columns(arm=pl.lit("sent"))])
    found = moments_of_groups(both, ["arm"])
    comparison = Comparison(found, (("held",),), (("sent",),))
    return waterfall(
        comparison, COLUMNS, margin_low=margins[0], margin_high=margins[1], confidence=0.95
    )


def net(frame: pl.DataFrame, margin: float = 0.4) -> Floats:
    goods = margin * (pl.col("goods") - pl.col("returned"))
    found: Floats = frame.select(goods - pl.col("offer") - pl.col("contact")).to_numpy()[:, 0]
    return found


HELD = rows(3_000, 1, buyers=0.05, offer=0.0, contact=0.0)
SENT = rows(27_000, 2, buyers=0.06, offer=5.0, contact=0.05)


def test_the_bars_add_up_to_the_net_of_the_rows() -> None:
    found = fall(HELD, SENT)
    bars = [found.goods, found.returns, found.offer, found.contact]
    total = estimate(found.net).estimate
    assert sum(estimate(bar).estimate for bar in bars) == pytest.approx(total, abs=1e-12)
    assert total == pytest.approx(net(SENT).mean() - net(HELD).mean(), abs=1e-12)
    assert estimate(found.margin).estimate == pytest.approx(
        estimate(found.goods).estimate + estimate(found.returns).estimate
    )


def test_a_cost_that_everybody_has_is_known_without_error() -> None:
    contact = estimate(fall(HELD, SENT).contact)
    assert contact.estimate == contact.low == contact.high == -0.05
    assert contact.p_value is None


def test_costs_are_negative_bars() -> None:
    found = fall(HELD, SENT)
    assert estimate(found.offer).high < 0
    used = SENT["offer"].to_numpy()
    assert estimate(found.offer).estimate == pytest.approx(-used.mean())


def test_with_equal_groups_the_net_is_welch_on_the_rows() -> None:
    """The covariance of margin and cost, left out, would make it wider by far."""
    held = rows(20_000, 3, buyers=0.3, offer=8.0, contact=0.0)
    sent = rows(20_000, 4, buyers=0.3, offer=12.0, contact=0.05)
    found = estimate(fall(held, sent).net)
    one, other = summary_of(np.round(net(held), 6)), summary_of(np.round(net(sent), 6))
    error = np.sqrt(one.error2[0] + other.error2[0])
    d = other.mean[0] - one.mean[0]
    assert (found.low, found.high) == pytest.approx((d - 1.96 * error, d + 1.96 * error), rel=1e-3)


def test_the_p_value_of_the_net_inverts_its_interval() -> None:
    found = fall(HELD, SENT).net
    proved = found.low[0] > 0 or found.high[0] < 0
    assert (found.p_value[0] < 0.05) == proved
    dear = rows(27_000, 2, buyers=0.06, offer=60.0, contact=2.0)
    worse = fall(HELD, dear).net
    assert worse.high[0] < 0
    assert worse.p_value[0] < 0.05


def test_a_range_of_margins_takes_the_middle_and_covers_both_ends() -> None:
    low, high = Fraction(3, 10), Fraction(1, 2)
    ends = [estimate(fall(HELD, SENT, margins=(rate, rate)).net) for rate in (low, high)]
    found = estimate(fall(HELD, SENT, margins=(low, high)).net)
    assert found.estimate == pytest.approx((ends[0].estimate + ends[1].estimate) / 2)
    assert found.low == min(end.low for end in ends)
    assert found.high == max(end.high for end in ends)


def test_a_margin_that_may_be_nothing_leaves_the_costs_as_its_worst_end() -> None:
    found = estimate(fall(HELD, SENT, margins=(Fraction(0), Fraction(1, 2))).net)
    best = estimate(fall(HELD, SENT, margins=(Fraction(1, 2), Fraction(1, 2))).net)
    costs = exact_difference(
        summary_of(net(HELD, 0.0)), summary_of(np.round(net(SENT, 0.0), 2)), confidence=0.95
    )
    assert found.low == pytest.approx(min(best.low, estimate(costs).low))
    assert found.high == pytest.approx(max(best.high, estimate(costs).high))
    assert found.p_value == 1.0  # the two ends have different signs


def test_no_buyers_leave_the_costs_but_no_net() -> None:
    nobody = rows(300, 5, buyers=0.0, offer=0.0, contact=0.0)
    found = fall(nobody, SENT)
    assert reason(found.net) is Reason.NO_BUYERS
    assert estimate(found.offer).estimate < 0


def test_one_customer_is_no_exact_cost() -> None:
    one, many = summary(1, 0.05, np.nan), summary(50, 0.0, 0.0)
    assert reason(exact_difference(many, one, confidence=0.95)) is Reason.TOO_FEW_UNITS


def test_the_net_interval_holds_the_truth_with_a_small_holdout() -> None:
    """400 campaigns at once, one per cell: 10% held out, 3% buy, sd 1.2, half use 6 off."""
    repetitions, n_c, n_t, buyers, log_sd = 400, 3_000, 27_000, 0.03, 1.2
    rng = np.random.default_rng(6)
    parts = []
    for arm, n in (("held", n_c), ("sent", n_t)):
        bought = rng.binomial(n, buyers, repetitions)
        total = int(bought.sum())
        used = (rng.random(total) < 0.5) & (arm == "sent")
        parts.append(
            pl.DataFrame(
                {
                    "arm": [arm] * total,
                    "run": np.repeat(np.arange(repetitions), bought).astype(str),
                    "goods": np.round(rng.lognormal(3.5, log_sd, total), 2),
                    "returned": np.zeros(total),
                    "offer": np.where(used, 6.0, 0.0),
                    "contact": np.zeros(total),
                }
            )
        )
    of_buyers = moments_of_groups(pl.concat(parts), ["arm", "run"])
    sizes = {"held": n_c, "sent": n_t}
    # those who did not buy add nothing but their number
    sums = of_buyers.sums.copy()
    sums[:, 0] = [sizes[str(key[0])] for key in of_buyers.keys]
    everybody = Moments(of_buyers.plan, of_buyers.keys, sums)
    runs = [str(run) for run in range(repetitions)]
    comparison = Comparison(
        everybody, tuple(("held", run) for run in runs), tuple(("sent", run) for run in runs)
    )
    found = waterfall(
        comparison, COLUMNS, margin_low=MARGIN, margin_high=MARGIN, confidence=0.95
    ).net
    truth = -6.0 * 0.5 * buyers
    above, below = (found.low > truth).mean(), (found.high < truth).mean()
    slack = 3 * np.sqrt(0.04 * 0.96 / repetitions)
    assert 1 - above - below > 0.935 - 3 * np.sqrt(0.935 * 0.065 / repetitions)
    assert max(above, below) < 0.04 + slack


def test_without_returns_and_costs_the_margin_is_the_net() -> None:
    both = pl.concat([HELD.with_columns(arm=pl.lit("held")), SENT.with_columns(arm=pl.lit("sent"))])
    comparison = Comparison(moments_of_groups(both, ["arm"]), (("held",),), (("sent",),))
    found = waterfall(
        comparison,
        ProfitColumns(goods="goods"),
        margin_low=MARGIN,
        margin_high=MARGIN,
        confidence=0.95,
    )
    goods, net_of_it = estimate(found.goods), estimate(found.net)
    for name in ("estimate", "low", "high"):
        assert getattr(net_of_it, name) == pytest.approx(getattr(goods, name), rel=1e-12)
    for bar in (found.returns, found.offer, found.contact):
        nothing = estimate(bar)
        assert (nothing.estimate, nothing.low, nothing.high) == (0, 0, 0)


def test_returns_and_kept_goods_are_named_together() -> None:
    with pytest.raises(ValueError, match="name both columns or neither"):
        ProfitColumns(goods="goods", returned="returned")


def test_the_net_at_every_look_is_the_same_interval_further_out() -> None:
    """At the planned size 1.55 times as wide; farther from it wider still."""
    both = pl.concat([HELD.with_columns(arm=pl.lit("held")), SENT.with_columns(arm=pl.lit("sent"))])
    comparison = Comparison(moments_of_groups(both, ["arm"]), (("held",),), (("sent",),))

    def at(planned: float) -> Waterfall:
        return waterfall(
            comparison,
            COLUMNS,
            margin_low=MARGIN,
            margin_high=MARGIN,
            confidence=0.95,
            planned=np.array([planned]),
        )

    found, early = at(30_000), at(3_000_000)
    assert found.net_at_every_look is not None
    assert early.net_at_every_look is not None
    ordinary, safe = estimate(found.net), estimate(found.net_at_every_look)
    assert safe.estimate == ordinary.estimate
    width = (safe.high - safe.low) / (ordinary.high - ordinary.low)
    assert width == pytest.approx(3.035 / 1.96, rel=0.02)
    sooner = estimate(early.net_at_every_look)
    assert sooner.high - sooner.low > safe.high - safe.low
    assert fall(HELD, SENT).net_at_every_look is None


def test_too_few_buyers_for_a_look_have_no_net_at_every_look() -> None:
    few = rows(400, 7, buyers=0.02, offer=0.0, contact=0.0)
    both = pl.concat([few.with_columns(arm=pl.lit("held")), SENT.with_columns(arm=pl.lit("sent"))])
    comparison = Comparison(moments_of_groups(both, ["arm"]), (("held",),), (("sent",),))
    found = waterfall(
        comparison,
        COLUMNS,
        margin_low=MARGIN,
        margin_high=MARGIN,
        confidence=0.95,
        planned=np.array([30_000.0]),
    )
    assert found.net_at_every_look is not None
    assert reason(found.net_at_every_look) is Reason.TOO_FEW_BUYERS


def test_the_error_that_weighs_segments_grows_with_the_range_of_margins() -> None:
    one, ranged = fall(HELD, SENT), fall(HELD, SENT, margins=(Fraction(1, 5), Fraction(3, 5)))
    width = [found.net.high - found.net.low for found in (one, ranged)]
    assert width[1] > 1.2 * width[0]
    assert ranged.shared_error / one.shared_error == pytest.approx(width[1] / width[0])


def test_the_error_that_weighs_segments_is_that_of_the_rows_where_there_is_one() -> None:
    """With one cell nothing is shared, and the net of the rows has the same error."""
    found = fall(HELD, SENT)
    rows_error = np.sqrt(net(HELD).var(ddof=1) / len(HELD) + net(SENT).var(ddof=1) / len(SENT))
    assert found.shared_error[0] == pytest.approx(rows_error, rel=1e-3)
