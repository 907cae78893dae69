"""Detectable effects against statsmodels."""

import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from regulars_experiments.design import detectable_difference


@pytest.mark.parametrize(
    ("n_arm", "n_control", "confidence", "power"),
    [(800, 200, 0.95, 0.8), (50_000, 5_000, 0.9, 0.9), (300, 300, 0.99, 0.5)],
)
def test_it_is_what_statsmodels_solves_for(
    n_arm: int, n_control: int, confidence: float, power: float
) -> None:
    ours = detectable_difference(
        sd=7.0, n_arm=n_arm, n_control=n_control, confidence=confidence, power=power
    )
    asked = {"nobs1": n_control, "ratio": n_arm / n_control, "alpha": 1 - confidence}
    normal = NormalIndPower().solve_power(power=power, **asked) * 7.0
    assert ours == pytest.approx(normal, rel=1e-3)
    # the t distribution asks for a little more, and nearly nothing more in large samples
    student = TTestIndPower().solve_power(power=power, **asked) * 7.0
    assert ours == pytest.approx(student, rel=0.01)


def test_nothing_varies_so_anything_is_detected() -> None:
    assert detectable_difference(sd=0.0, n_arm=10, n_control=10) == 0.0


@pytest.mark.parametrize(
    "wrong",
    [{"n_arm": 0}, {"n_control": 0}, {"sd": -1.0}, {"sd": float("nan")}, {"power": 1.0}],
)
def test_impossible_designs_are_refused(wrong: dict[str, float]) -> None:
    asked = {"sd": 1.0, "n_arm": 10, "n_control": 10} | wrong
    with pytest.raises(ValueError, match=r"got"):
        detectable_difference(**asked)  # type: ignore[arg-type]
