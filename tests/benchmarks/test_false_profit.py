"""A short version of `make false-profit`: real orders, a campaign that nobody heard of."""

import importlib.util
import math
from pathlib import Path
from types import ModuleType

import pytest

from tests.shared import shared_file

pytestmark = pytest.mark.shared

SALTS = 120


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "false_profit.py"
    spec = importlib.util.spec_from_file_location("false_profit", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shop(benchmark: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> object:
    files = [shared_file(name) for name in benchmark.FILES]
    return benchmark.open_shop(tmp_path_factory.mktemp("shop") / "data", files)


def test_a_profit_is_hardly_ever_proved_where_none_can_be(
    benchmark: ModuleType, shop: object
) -> None:
    found = benchmark.verdicts(shop, benchmark.campaign(90), salts=SALTS, planted=0.0)

    # 2.5% is the nominal rate; three Monte Carlo errors above it
    most = SALTS * 0.025 + 3 * math.sqrt(SALTS * 0.025 * 0.975)
    assert found["proved_better"] <= most
    assert found["not_proved"] > 0.85 * SALTS


def test_twice_the_detectable_effect_is_proved(benchmark: ModuleType, shop: object) -> None:
    found = benchmark.verdicts(shop, benchmark.campaign(90), salts=40, planted=2.0)

    assert found["proved_better"] >= 0.8 * 40
