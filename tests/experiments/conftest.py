"""The simulated shops of the calibration benchmark, as a module."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def shops() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(CHECKOUT))
        return importlib.import_module("benchmarks.calibration.shops")
