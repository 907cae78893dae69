"""One file from its columns to effects and checks."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars_experiments.metrics import Design, Metric
from regulars_platform.randomised.evaluating import (
    NO_VALUE,
    Asked,
    ConversionValueError,
    FileEvaluation,
    evaluate_file,
)
from regulars_platform.randomised.reading import UnreadableFileError

SPEND = Metric(name="spend", kind="mean", value={"spend": 1})
BOUGHT = Metric(name="bought", kind="conversion", value={"spend": 1})


def evaluated(
    frame: pl.DataFrame, *, shares: dict[str, float] | None = None, **design: Any
) -> FileEvaluation:
    plan = Design(**{"arm": "arm", "control": "held", "metrics": (SPEND,), **design})
    return evaluate_file(frame.lazy(), Asked(design=plan, shares=shares))


def rows(held: int, sent: int) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return pl.DataFrame(
        {
            "arm": ["held"] * held + ["sent"] * sent,
            "spend": rng.integers(0, 2, held + sent).astype(float),
            "tier": rng.choice(["gold", "plain"], held + sent),
        }
    )


def test_missing_values_count_as_nothing_and_are_counted() -> None:
    frame = pl.DataFrame({"arm": ["held"] * 3 + ["sent"] * 3, "spend": [1, None, None, 2, 4, None]})
    found = evaluated(frame)
    assert dict(found.missing) == {"spend": 3}
    assert (found.effects[0].mean_control, found.effects[0].mean_arm) == (1 / 3, 2.0)


def test_rows_without_an_arm_are_left_out_and_counted() -> None:
    frame = pl.DataFrame({"arm": ["held", None, "held", "sent", "sent"], "spend": [1, 99, 2, 3, 5]})
    found = evaluated(frame)
    assert (found.rows, found.rows_without_arm) == (5, 1)
    assert found.arms == (("held", 2), ("sent", 2))
    assert found.effects[0].mean_control == 1.5


def test_rows_without_a_segment_are_a_segment_of_their_own() -> None:
    frame = rows(50, 50).with_columns(
        tier=pl.when(pl.int_range(pl.len()) % 5 == 0).then(None).otherwise("tier")
    )
    found = evaluated(frame, segments=("tier",))
    own = [effect for effect in found.effects if effect.segment == ("tier", NO_VALUE)]
    assert [effect.n_arm + effect.n_control for effect in own] == [20]


def test_the_sample_ratio_is_judged_against_the_declared_shares() -> None:
    frame = rows(100, 900)
    equal, planned = evaluated(frame), evaluated(frame, shares={"held": 10, "sent": 90})
    assert equal.ratio.flagged
    assert equal.asked.shares is None
    assert planned.ratio.p_value == pytest.approx(stats.chisquare([100, 900], [100, 900]).pvalue)


def test_a_segment_that_lost_customers_of_one_arm_is_flagged() -> None:
    frame = rows(2000, 2000)
    lost = frame.filter(
        (pl.col("arm") == "held") | (pl.col("tier") == "plain") | (pl.int_range(pl.len()) % 3 > 0)
    )
    found = {ratio.segment: ratio for ratio in evaluated(lost, segments=("tier",)).segment_ratios}
    assert found["tier", "gold"].flagged
    fair = evaluated(frame, segments=("tier",)).segment_ratios
    assert not any(ratio.flagged for ratio in fair)


def test_the_segment_that_lost_customers_is_flagged_and_no_healthy_one() -> None:
    """The large one lost a tenth of those held out; the small one is just as planned."""
    counts = [("held", "large", 8_100), ("sent", "large", 81_000), ("held", "small", 1_000)]
    frame = pl.concat(
        pl.DataFrame({"arm": [arm] * n, "tier": [tier] * n, "spend": [0.0] * n})
        for arm, tier, n in [*counts, ("sent", "small", 9_000)]
    )
    found = evaluated(frame, shares={"held": 0.1, "sent": 0.9}, segments=("tier",))
    large, small = found.segment_ratios
    assert (large.flagged, small.flagged) == (True, False)
    own = stats.chisquare([8_100, 81_000], [8_910, 80_190]).pvalue
    assert large.p_value == pytest.approx(2 * own)
    assert small.p_value == pytest.approx(1)


def test_without_planned_shares_each_segment_is_compared_with_all_others() -> None:
    rng = np.random.default_rng(4)
    n = 3_000
    frame = pl.DataFrame(
        {
            "arm": rng.choice(["held", "sent"], n, p=[0.2, 0.8]),
            "tier": rng.choice(["gold", "plain", "rare"], n, p=[0.4, 0.595, 0.005]),
            "spend": np.zeros(n),
        }
    )
    found = evaluated(frame, segments=("tier",)).segment_ratios
    expected = []
    for tier in ("gold", "plain", "rare"):
        table = [
            [frame.filter(pl.col("arm") == arm, (pl.col("tier") == tier) == inside).height
             for arm in ("held", "sent")]
            for inside in (True, False)
        ]  # fmt: skip
        exact = stats.fisher_exact(table).pvalue
        expected.append(
            exact if tier == "rare" else stats.chi2_contingency(table, correction=False).pvalue
        )
    assert [ratio.p_value for ratio in found] == pytest.approx(
        stats.false_discovery_control(expected)
    )


@pytest.mark.parametrize(
    ("frame", "design", "sentence"),
    [
        (
            rows(3, 3),
            {"control": "nobody"},
            "no control value 'nobody'. It has: held (3), sent (3)",
        ),
        (rows(3, 0), {}, "holds only held (3)"),
        (rows(3, 3).with_columns(spend=pl.lit(2.0**50)), {}, "too large to be added up exactly"),
    ],
)
def test_a_file_that_holds_no_comparison_is_refused_in_words(
    frame: pl.DataFrame, design: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        evaluated(frame, **design)
    assert sentence in str(refused.value.problem)


def test_a_column_of_ids_is_no_column_of_arms() -> None:
    frame = pl.DataFrame({"arm": ["held", *map(str, range(150))], "spend": [1.0] * 151})
    with pytest.raises(UnreadableFileError, match="151 different values"):
        evaluated(frame)


def test_a_conversion_of_two_is_refused() -> None:
    frame = rows(5, 5).with_columns(spend=pl.Series([0, 1, 0, 1, 2] * 2))
    with pytest.raises(ConversionValueError, match="also holds 2"):
        evaluated(frame, metrics=(BOUGHT,))


def test_shares_for_other_arms_are_refused() -> None:
    with pytest.raises(UnreadableFileError, match="exactly these arms"):
        evaluated(rows(5, 5), shares={"held": 1.0, "mail": 1.0})
