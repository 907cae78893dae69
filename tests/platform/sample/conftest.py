"""The scripts beside the sample's data, as modules."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[3] / "sample_data"
NAMES = ("make_sample", "sample_campaign", "sample_plan", "sample_response", "sample_shop")


@pytest.fixture(scope="package")
def scripts() -> dict[str, ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        return {name: importlib.import_module(name) for name in NAMES}
