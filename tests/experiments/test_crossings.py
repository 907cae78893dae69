"""Where many functions cross zero: SciPy's brentq is the judge."""

import numpy as np
import pytest
from scipy import optimize

from regulars_experiments.crossings import crossing
from regulars_experiments.results import FloatArray

FAR = np.array([9.0])


def test_it_finds_what_brentq_finds() -> None:
    shifts = np.array([0.001, 0.3, 2.0, 8.5])
    found = crossing(lambda x: np.expm1(x) - np.expm1(shifts), np.full(4, 9.0))
    expected = [
        optimize.brentq(lambda x, s=shift: np.expm1(x) - np.expm1(s), 0, 9, xtol=1e-15)
        for shift in shifts
    ]
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_step_without_a_zero_is_found_where_it_steps() -> None:
    found = crossing(lambda x: np.where(x > 0.7, 5.0, -1e-3), FAR)
    assert found[0] == pytest.approx(0.7, abs=1e-13)
    assert found[0] > 0.7  # the side on which it has passed


def test_what_never_passes_is_farthest_and_what_has_passed_is_zero() -> None:
    found = crossing(lambda x: x + np.array([-10.0, 1.0, np.nan]), np.full(3, 9.0))
    assert found.tolist() == [9.0, 0.0, 9.0]


def test_no_cell_depends_on_its_neighbours() -> None:
    many = np.linspace(0.01, 8.9, 50)

    def value(shift: FloatArray) -> FloatArray:
        return crossing(lambda x: np.tanh(x - shift) + 0.1 * (x - shift) ** 3, np.full(50, 9.0))

    together = value(many)
    alone = [value(np.full(50, shift))[0] for shift in many]
    assert together.tolist() == alone


def test_a_dozen_evaluations_are_enough() -> None:
    asked = 0

    def value(x: FloatArray) -> FloatArray:
        nonlocal asked
        asked += 1
        found: FloatArray = np.exp(x) - 1.17 - 0.02 * np.sqrt(1 + np.exp(2 * x))
        return found

    crossing(value, FAR)
    assert asked < 25  # halving alone takes fifty
