"""How long cross-fitting takes: `python -m benchmarks.uplift.size [ROWS] [--threads N]`.

Invented customers with 20 features (5 of them categories, 2% missing), half of them told, rare
purchases of skewed amounts; all default learners, with nested scores.
"""

import argparse
import resource
import time

import numpy as np

from regulars_experiments.uplift.checks import check
from regulars_experiments.uplift.cross_fitting import cross_fit
from regulars_experiments.uplift.randomised import Features, Randomised

NUMBERS, CATEGORIES, LEVELS = 15, 5, 8


def campaign(rows: int) -> Randomised:
    """A campaign that moves half of the customers a little."""
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=(rows, NUMBERS))
    words = rng.integers(0, LEVELS, (rows, CATEGORIES)).astype(float)
    arm = rng.integers(0, 2, rows)
    chance = 1 / (1 + np.exp(3 - numbers[:, 0])) + 0.02 * arm * (numbers[:, 1] > 0)
    bought = rng.random(rows) < chance
    values = np.column_stack([numbers, words])
    values[rng.random(values.shape) < 0.02] = np.nan
    return Randomised(
        features=Features(
            names=tuple(f"column {place}" for place in range(values.shape[1])),
            values=values,
            categories=(*(None,) * NUMBERS, *(tuple("abcdefgh"),) * CATEGORIES),
        ),
        outcome=bought * rng.gamma(2, 20, rows) - 0.1 * arm,
        arm=arm,
        probabilities=np.array([0.5, 0.5]),
        arm_names=("none", "mail"),
        bought=bought,
    )


def main() -> None:
    """Print seconds and memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.uplift.size", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    data = campaign(options.rows)
    start, cpu = time.perf_counter(), time.process_time()
    check(data)
    print(f"checks: {time.perf_counter() - start:.1f} s")
    cross_fit(
        data,
        seed=1,
        threads=options.threads,
        progress=lambda name, done, of: print(f"{done} of {of}: {name}", flush=True),
    )
    print(
        f"{options.rows:,} customers: {time.perf_counter() - start:.0f} s,"
        f" {time.process_time() - cpu:.0f} CPU seconds,"
        f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB"
    )


if __name__ == "__main__":
    main()
