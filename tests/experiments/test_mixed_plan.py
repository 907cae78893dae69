"""One plan that asks for everything: looks before the end, covariates, strata, segments, arms."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from regulars_experiments.comparison import Collected, collect_moments
from regulars_experiments.evaluation import Effect, evaluate, segment_tests
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric, Winsorising
from regulars_experiments.pooling import pool
from regulars_experiments.results import Answer, Estimate, NotEstimable, Reason

METRICS = (
    Metric(name="spend", kind="mean", value={"spend": 1}),
    Metric(name="bought", kind="conversion", value={"bought": 1}),
    Metric(name="basket", kind="ratio", value={"spend": 1}, denominator={"orders": 1}),
    Metric(name="refunds", kind="mean", value={"refund": 1}, role="guardrail"),
    Metric(name="orders", kind="mean", value={"orders": 1}, role="secondary"),
)
NUMBERS = ["orders", "bought", "spend", "before", "visits", "refund"]
EVERYTHING = Design(
    arm="arm",
    control="held",
    metrics=METRICS,
    covariates=("before", "visits"),
    segments=("tier", "city"),
    stratum="region",
    winsorising=Winsorising(percentile=0.99),
    planned_customers=20_000,
    pool_segments=True,
)


def shop(n: int = 8000, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    arm = rng.choice(["held", "mail", "sms"], n, p=[0.3, 0.4, 0.3])
    orders = rng.poisson(np.where(arm == "mail", 0.5, 0.4))
    before = np.round(rng.lognormal(3, 0.6, n), 2)
    spend = np.round(orders * before * rng.lognormal(0, 0.3, n), 2)
    return pl.DataFrame(
        {
            "arm": arm,
            "tier": rng.choice(["gold", "plain"], n),
            "city": rng.choice(["north", "south", "west"], n),
            "region": np.where(before > 20, "east", "far"),
            "orders": orders,
            "bought": (orders > 0).astype(int),
            "spend": spend,
            "before": before,
            "visits": rng.poisson(before / 10),
            "refund": np.where(rng.random(n) < 0.1, np.round(spend / 2, 2), 0.0),
        }
    )


def collect(frame: pl.DataFrame, asked: Design) -> Collected:
    whole, scales = quantise(frame, NUMBERS)
    return collect_moments(whole.lazy(), asked, scales)


@pytest.fixture(scope="module")
def found() -> tuple[Effect, ...]:
    return evaluate(collect(shop(), EVERYTHING), EVERYTHING)


def number(answer: Answer) -> Estimate:
    assert isinstance(answer, Estimate), answer
    return answer


def other(effect: Effect, method: str) -> Estimate:
    (answer,) = [one.difference for one in effect.sensitivity if one.method == method]
    return number(answer)


def test_every_method_answers_for_every_metric_arm_and_segment(found: tuple[Effect, ...]) -> None:
    assert len(found) == len(METRICS) * 2 * (1 + 2 + 3)
    for effect in found:
        names = [one.method for one in effect.sensitivity]
        assert "CUPED, at every look" in names
        assert "CUPED with interactions, at every look" in names
        if effect.metric == "basket":
            assert names[:2] == ["at one look: calibrated ratio interval", "delta method"]
            continue
        assert "post-stratified, at every look" in names
        assert effect.method == "confidence sequence"
        assert any(name.startswith("winsorised at ") for name in names) == (
            effect.metric in ("spend", "refunds", "orders")
        )


def test_an_answer_for_every_look_is_wider_than_for_one(found: tuple[Effect, ...]) -> None:
    for effect in found:
        if effect.metric == "bought":
            once = other(effect, "at one look: Newcombe or Welch")
            always = number(effect.difference)
            assert always.estimate == once.estimate
            # 8,000 of 20,000 planned, in every cell: 3.29 standard errors instead of 1.96
            n = effect.n_arm + effect.n_control
            planned = n * 20_000 / 8_000
            rho2 = (-2 * np.log(0.05) + np.log(1 - 2 * np.log(0.05))) / planned
            time = n * rho2
            factor = np.sqrt((time + 1) / time * np.log((time + 1) / 0.05**2))
            wider = (always.high - always.low) / (once.high - once.low)
            assert wider == pytest.approx(factor / 1.959964, rel=0.02)


def test_families_are_those_of_the_role_and_leave_guard_rails_out(
    found: tuple[Effect, ...],
) -> None:
    for effect in found:
        assert (effect.corrected is None) == (effect.role == "guardrail")
    primary = [e for e in found if e.segment is None and e.role == "primary"]
    p_values = [number(e.difference).p_value for e in primary]
    for rule, name in (("holm", "holm"), ("fdr_bh", "benjamini_hochberg")):
        expected = multipletests(p_values, method=rule)[1]
        own = [getattr(e.corrected, name) for e in primary]
        assert own == pytest.approx(expected.tolist())
    assert {e.corrected.tests for e in primary if e.corrected} == {6}
    secondary = [e for e in found if e.segment is None and e.role == "secondary"]
    assert {e.corrected.tests for e in secondary if e.corrected} == {2}


def test_no_corrected_p_value_is_below_the_one_beside_the_interval() -> None:
    asked = Design(arm="arm", control="held", metrics=METRICS, segments=("tier", "city"))
    checked = 0
    for effect in evaluate(collect(shop(), asked), asked):
        if effect.corrected is not None:
            own = number(effect.difference).p_value
            assert own is not None
            assert effect.corrected.benjamini_hochberg >= own * (1 - 1e-12)
            assert effect.corrected.holm >= effect.corrected.benjamini_hochberg * (1 - 1e-12)
            checked += 1
    assert checked > 20


def test_strata_and_covariates_take_variance_away_and_keep_the_effect(
    found: tuple[Effect, ...],
) -> None:
    spend = next(e for e in found if e.metric == "spend" and e.arm == "mail" and e.segment is None)
    frame = shop()
    means = frame.group_by("region", "arm").agg(pl.col("spend").mean().alias("m"))
    sizes = frame.filter(pl.col("arm") != "sms")["region"].value_counts()
    expected = 0.0
    for region, n in sizes.iter_rows():
        own = dict(means.filter(pl.col("region") == region).select("arm", "m").iter_rows())
        expected += n / sizes["count"].sum() * (own["mail"] - own["held"])
    assert other(spend, "post-stratified").estimate == pytest.approx(expected)
    removed = {one.method: one.variance_removed for one in spend.sensitivity}
    for method in ("CUPED", "CUPED with interactions", "post-stratified"):
        saved = removed[method]
        assert saved is not None
        assert 0 < saved < 1
    assert spend.variance_removed == removed["CUPED"]


def test_a_ratio_is_adjusted_by_its_linearised_rows(found: tuple[Effect, ...]) -> None:
    basket = next(e for e in found if e.metric == "basket" and e.arm == "mail" and not e.segment)
    rows = []
    for name in ("held", "mail"):
        own = shop().filter(pl.col("arm") == name)
        spend, orders = own["spend"].to_numpy(), own["orders"].to_numpy().astype(float)
        ratio = spend.sum() / orders.sum()
        rows.append(
            (ratio + (spend - ratio * orders) / orders.mean(), own["before"], own["visits"])
        )
    y, before, visits = (np.concatenate([rows[0][i], rows[1][i]]) for i in range(3))
    arm = np.repeat([0.0, 1.0], [len(rows[0][0]), len(rows[1][0])])
    pooled = np.linalg.lstsq(np.column_stack([np.ones_like(y), before, visits]), y)[0]
    left = y - pooled[1] * before - pooled[2] * visits
    expected = left[arm == 1].mean() - left[arm == 0].mean()
    error = np.sqrt(sum(left[arm == side].var(ddof=1) / (arm == side).sum() for side in (0, 1)))
    answer = other(basket, "CUPED")
    assert answer.estimate == pytest.approx(expected, rel=1e-6)
    assert answer.standard_error == pytest.approx(error, rel=1e-6)


def test_segments_are_pooled_towards_each_other(found: tuple[Effect, ...]) -> None:
    cities = [
        e for e in found if e.metric == "spend" and e.arm == "mail" and e.segment
        and e.segment[0] == "city"
    ]  # fmt: skip
    overall = next(e for e in found if e.metric == "spend" and e.arm == "mail" and not e.segment)
    answers = [number(e.difference) for e in cities]
    assert overall.mean_control is not None
    errors = np.array([e.shared_error for e in cities], dtype=float)
    posterior = pool(
        np.array([answer.estimate for answer in answers]), errors, overall.mean_control
    )
    for effect, mean in zip(cities, posterior.mean(), strict=True):
        assert effect.pooled is not None
        assert effect.pooled.mean == pytest.approx(mean)
        assert effect.pooled.low < mean < effect.pooled.high
    assert all(e.pooled is None for e in found if e.segment is None)


def test_heterogeneity_is_tested_per_metric_arm_and_column(found: tuple[Effect, ...]) -> None:
    # too few customers send something back to test that by city
    tests = [one for one in segment_tests(found) if one.metric != "refunds"]
    assert len(tests) == (len(METRICS) - 1) * 2 * 2
    for one in tests:
        assert one.test.degrees_of_freedom == (1 if one.column == "tier" else 2)


def test_parts_of_the_file_add_up_to_the_same_answers(found: tuple[Effect, ...]) -> None:
    """A declared limit, for a percentile is one of the whole file."""
    asked = Design(
        **{
            name: getattr(EVERYTHING, name)
            for name in EVERYTHING.__dataclass_fields__
            if name != "winsorising"
        },
        winsorising=Winsorising(limit=Fraction(50)),
    )
    frame = shop()
    whole, scales = quantise(frame, NUMBERS)
    parts = [
        collect_moments(part.lazy(), asked, scales)
        for part in (whole[:999], whole[999:], whole[:0])
    ]
    assert evaluate(parts[0] + parts[1] + parts[2], asked) == evaluate(
        collect_moments(whole.lazy(), asked, scales), asked
    )


def test_a_segment_without_one_of_the_arms_says_so() -> None:
    frame = shop().filter((pl.col("city") != "west") | (pl.col("arm") != "sms"))
    missing = [
        e for e in evaluate(collect(frame, EVERYTHING), EVERYTHING)
        if e.segment == ("city", "west") and e.arm == "sms"
    ]  # fmt: skip
    assert len(missing) == len(METRICS)
    for effect in missing:
        assert effect.n_arm == 0
        assert effect.mean_arm is None
        for answer in (effect.difference, effect.relative):
            assert isinstance(answer, NotEstimable)
        assert all(isinstance(one.difference, NotEstimable) for one in effect.sensitivity)
        assert effect.corrected is None


def test_constant_and_collinear_covariates_change_nothing() -> None:
    frame = shop().with_columns(pl.lit(7).alias("constant"), (pl.col("before") * 2).alias("twice"))
    answers = []
    for covariates in (("before",), ("before", "constant", "twice")):
        asked = Design(arm="arm", control="held", metrics=METRICS[:1], covariates=covariates)
        whole, scales = quantise(frame, ["spend", *covariates])
        found = evaluate(collect_moments(whole.lazy(), asked, scales), asked)
        answers.append([other(found[0], name) for name in ("CUPED", "CUPED with interactions")])
    for alone, together in zip(*answers, strict=True):
        assert together.estimate == pytest.approx(alone.estimate, rel=1e-9)
        assert together.low == pytest.approx(alone.low, rel=1e-9)
    asked = Design(arm="arm", control="held", metrics=METRICS[:1], covariates=("constant",))
    whole, scales = quantise(frame, ["spend", "constant"])
    (effect, _) = evaluate(collect_moments(whole.lazy(), asked, scales), asked)
    nothing = {one.method: one.difference for one in effect.sensitivity}["CUPED"]
    assert nothing == NotEstimable(reason=Reason.NO_SPREAD_IN_COVARIATE)


# laws that hold whatever the data are

AMOUNTS = st.lists(st.one_of(st.just(0), st.integers(-(10**7), 10**9)), min_size=4, max_size=40)
PLAIN = Design(
    arm="arm",
    control="held",
    metrics=(Metric(name="spend", kind="mean", value={"y": 1}),),
    covariates=("x",),
)


def cents(
    y: list[int], control: str = "held", factor: int = 1, plus: int = 0
) -> tuple[Effect, ...]:
    """Every third customer is held out; x is known from before."""
    n = len(y)
    frame = pl.DataFrame(
        {
            "arm": ["held" if i % 3 == 0 else "sent" for i in range(n)],
            "y": [value * factor + plus for value in y],
            "x": [(i * 37) % 11 for i in range(n)],
        }
    )
    asked = Design(arm="arm", control=control, metrics=PLAIN.metrics, covariates=("x",))
    return evaluate(collect_moments(frame.lazy(), asked, {"y": 100, "x": 1}), asked)


def near(value: float, answer: Estimate) -> object:
    """To 1e-7, of the value or of the interval's width."""
    return pytest.approx(value, rel=1e-7, abs=1e-7 * (answer.high - answer.low + 1e-9))


def known(effect: Effect) -> dict[str, Estimate]:
    named = {"": effect.difference} | {one.method: one.difference for one in effect.sensitivity}
    return {name: answer for name, answer in named.items() if isinstance(answer, Estimate)}


@settings(max_examples=60, deadline=None)
@given(y=AMOUNTS)
def test_swapping_the_arms_flips_the_signs(y: list[int]) -> None:
    one, other_way = (known(cents(y, control)[0]) for control in ("held", "sent"))
    assert one.keys() == other_way.keys()
    for name, answer in one.items():
        flipped = other_way[name]
        assert flipped.estimate == near(-answer.estimate, answer)
        assert flipped.low == near(-answer.high, answer)
        assert flipped.high == near(-answer.low, answer)
        assert flipped.p_value == pytest.approx(answer.p_value, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(y=AMOUNTS, factor=st.integers(2, 1000))
def test_scaling_money_scales_effects(y: list[int], factor: int) -> None:
    one, scaled = known(cents(y)[0]), known(cents(y, factor=factor)[0])
    assert one.keys() == scaled.keys()
    for name, answer in one.items():
        assert scaled[name].estimate / factor == near(answer.estimate, answer)
        assert scaled[name].low / factor == near(answer.low, answer)
        assert scaled[name].p_value == pytest.approx(answer.p_value, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(y=AMOUNTS, plus=st.integers(1, 10**13))
def test_adding_a_constant_changes_no_difference(y: list[int], plus: int) -> None:
    """Up to amounts of 1e11 with cents: nothing cancels."""
    one, moved = known(cents(y)[0]), known(cents(y, plus=plus)[0])
    for name in ("Welch", "CUPED", "CUPED with interactions"):
        # with the constant everybody has some of it, so that no buyers are wanting
        assert name not in one or name in moved
        if name in one:
            answer = one[name]
            assert moved[name].estimate == near(answer.estimate, answer)
            assert moved[name].low == near(answer.low, answer)
            assert moved[name].p_value == pytest.approx(answer.p_value, rel=1e-6)


def test_amounts_of_1e12_that_differ_by_cents_are_told_apart() -> None:
    """Against the same amounts without the 1e12, whose floats have digits to spare."""
    rng = np.random.default_rng(9)
    for arm_share in (0.5, 0.9):
        small = rng.integers(0, 100, 400).tolist()
        arms = np.where(rng.random(400) < arm_share, "sent", "held")
        known_answers = []
        for base in (0, 10**8, 10**10, 10**12, 10**14):
            frame = pl.DataFrame(
                {"arm": arms, "y": [base + cent for cent in small], "x": list(range(400))}
            )
            found = evaluate(collect_moments(frame.lazy(), PLAIN, {"y": 100, "x": 1}), PLAIN)
            known_answers.append(known(found[0]))
            lift = found[0].relative
            assert isinstance(lift, Estimate)
            answer = known_answers[-1][""]
            centre = (
                base + np.mean([y for y, a in zip(small, arms, strict=True) if a == "held"])
            ) / 100
            assert lift.estimate == pytest.approx(answer.estimate / centre, rel=1e-9)
            if base:
                assert lift.low == pytest.approx(answer.low / centre, rel=1e-4)
                assert lift.high == pytest.approx(answer.high / centre, rel=1e-4)
        for name in ("Welch", "CUPED", "CUPED with interactions"):
            plain, far = known_answers[0][name], known_answers[-1][name]
            assert far.estimate == pytest.approx(plain.estimate, rel=1e-9)
            assert far.low == pytest.approx(plain.low, rel=1e-9)
            assert far.p_value == pytest.approx(plain.p_value, rel=1e-9)
        last = known_answers[-1]
        assert last[""].estimate == last["Welch"].estimate
        assert last[""].low == pytest.approx(last["Welch"].low, rel=1e-9)
