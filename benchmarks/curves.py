"""All curves of one ranking beside the sort of its scores, in CPU seconds.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/curves.py [ROWS] [--repeats 3]

Invented customers (default: 10 million), a visit or an amount of money, scores all different or of
1,000 levels. The yardstick is `np.argsort(scores)`; the curves are everything that a report shows:
gain curve with its band, Qini area and coefficient, AUUC, uplift at k, deciles, all with errors.
scikit-uplift and CausalML answer beside it where they can be imported (they are no requirement of
the product), each with its Qini alone and without an error.
"""

import argparse
import importlib
import resource
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from regulars_experiments.uplift.curves import curves
from regulars_experiments.uplift.ordering import Trial
from regulars_experiments.uplift.ranked import rank

AIM = 2.0  # times the sort


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The fastest of some runs, in CPU seconds of this process."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def peers(score: Any, trial: Trial) -> dict[str, Callable[[], object]]:
    """Qini by the public libraries that are installed."""
    found: dict[str, Callable[[], object]] = {}
    try:
        metrics = importlib.import_module("sklift.metrics")
        found["scikit-uplift, Qini"] = lambda: metrics.qini_auc_score(
            trial.outcome, score, trial.arm
        )
    except ImportError:
        print("scikit-uplift cannot be imported here")
    try:
        pandas = importlib.import_module("pandas")
        causalml = importlib.import_module("causalml.metrics")
        frame = pandas.DataFrame({"y": trial.outcome, "w": trial.arm, "model": score})
        found["CausalML, Qini"] = lambda: causalml.qini_score(frame)
    except ImportError:
        print("CausalML cannot be imported here")
    return found


def main() -> None:
    """Generate, time, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="?", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    source = np.random.default_rng(1)
    rows = arguments.rows
    arm = source.integers(0, 2, rows)
    visit = (source.random(rows) < 0.1 + 0.02 * arm).astype(np.int64)
    score = source.normal(size=rows)
    spend = visit * source.exponential(50.0, rows)
    levels = np.floor(source.random(rows) * 1000)
    for name, scores, outcome in (
        ("visit, scores all different", score, visit),
        ("spend, scores all different", score, spend),
        ("visit, 1,000 levels", levels, visit),
    ):
        trial = Trial(outcome=outcome, arm=arm)
        sort = seconds(lambda: np.argsort(scores), arguments.repeats)  # noqa: B023
        ours = seconds(lambda: curves(rank(scores, trial)), arguments.repeats)  # noqa: B023
        met = "met" if ours <= AIM * sort else "missed"
        print(f"{rows:,} customers, {name}")
        print(f"  np.argsort            {sort:7.2f} s")
        print(f"  all curves and errors {ours:7.2f} s  {ours / sort:.2f} x the sort, aim {met}")
        if outcome is visit:
            for peer, work in peers(scores, trial).items():
                taken = seconds(work, arguments.repeats)
                print(f"  {peer:21} {taken:7.2f} s  {taken / sort:.2f} x the sort")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"largest resident size {peak:.2f} GiB")


if __name__ == "__main__":
    main()
