"""A small run of `make bench`: everybody's numbers, never their times."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

ROOT = Path(__file__).parents[2]
PEERS = {
    "tea-tasting, one aggregation": "peers",
    "tea-tasting, segment by segment": "peers",
    "gbstats, sums by Polars": "gbstats",
    "gbstats, sums by pandas": "gbstats",
    "statsmodels, HC3": "peers",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("bench")
    document = folder / "out.json"
    size = ["--rows", "60000", "--segments", "3", "--repetitions", "1"]
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.engine", *size, "--data", folder, "--json", document],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return folder / "customers-60000-3.parquet", json.loads(document.read_text())[0]


@pytest.mark.parametrize("name", ["Regulars", "Regulars, text keys", "Regulars from Parquet"])
def test_the_figures_are_those_of_scipy_on_the_same_rows(
    run: tuple[Path, dict[str, Any]], name: str
) -> None:
    file, document = run
    figures = document["outcomes"][name]["figures"]

    for (segment,), rows in pl.read_parquet(file).partition_by("segment", as_dict=True).items():
        for metric, column, unit in (("conversion", "converted", 1), ("revenue", "revenue", 1e4)):
            treated, control = (
                rows.filter(pl.col("arm") == arm).get_column(column).to_numpy() / unit
                for arm in ("treated", "control")
            )
            test = stats.ttest_ind(treated, control, equal_var=False)
            limits = test.confidence_interval()
            expected = (treated.mean() - control.mean(), limits.low, limits.high, test.pvalue)
            assert figures[metric][str(segment)] == pytest.approx(expected, rel=1e-9)


def test_the_adjusted_figures_are_a_welch_test_of_what_the_covariate_leaves(
    run: tuple[Path, dict[str, Any]],
) -> None:
    file, document = run
    figures = document["outcomes"]["Regulars"]["figures"]["revenue, CUPED"]

    for (segment,), rows in pl.read_parquet(file).partition_by("segment", as_dict=True).items():
        y, x = (rows.get_column(name).to_numpy() / 1e4 for name in ("revenue", "revenue_before"))
        left = y - np.polyfit(x, y, 1)[0] * x
        treated = (rows.get_column("arm") == "treated").to_numpy()
        test = stats.ttest_ind(left[treated], left[~treated], equal_var=False)
        limits = test.confidence_interval()
        expected = (limits.low, limits.high, test.pvalue)
        assert figures[str(segment)][1:] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("name", PEERS)
def test_the_peers_numbers_agree(run: tuple[Path, dict[str, Any]], name: str) -> None:
    if not (ROOT / ".bench" / PEERS[name] / "bin" / "python").exists():
        pytest.skip("the peers are not installed: `make bench-short` installs them")
    found = run[1]["agreements"][name]

    assert found["compared"] >= 3 * 4
    assert found["worst"] < 1e-6


def test_floats_on_the_grid_give_the_same_numbers(run: tuple[Path, dict[str, Any]]) -> None:
    found = run[1]["agreements"]["Regulars from Parquet of floats"]

    assert found["compared"] == 3 * 4 * 4
    assert found["worst"] < 1e-6


def test_numbers_that_differ_are_noticed() -> None:
    probe = """
from benchmarks.engine.agreement import agreement
ours = {"revenue": {"a": [1.0, 0.5, 1.5, 0.01]}}
for theirs in ([1.0, 0.5, 1.5, 0.01], [1.0, 0.5, 1.500002, 0.01], [1.0, 0.5, float("nan"), 0.01],
               [None, None, None, None]):
    found = agreement(ours, {"revenue": {"a": theirs}})
    print(found.holds, found.compared, found.worst)
"""
    found = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in found.stdout.splitlines()]

    assert [row[0] for row in rows] == ["True", "False", "False", "False"]
    assert [row[1] for row in rows] == ["4", "4", "4", "0"]
    assert float(rows[1][2]) == pytest.approx(2e-6 / 1.500002)
    assert math.isinf(float(rows[2][2]))
