"""Play the shops, print the tables, write the document."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
from benchmarks.ladder import document, one_threshold, steps
from benchmarks.ladder.shops import MANY, profits
from benchmarks.ladder.tables import RATIO_HEAD, STEP_HEAD, Row, markdown, ratio_row, step_row

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
Score = TypeVar("Score")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a row is out of its bound."""
    options = _options(arguments)
    began = time.perf_counter()
    found, ratios = list(_steps(options)), list(_ratios(options))
    for head, rows in ((STEP_HEAD, found), (RATIO_HEAD, ratios)):
        print(markdown(head, rows))
    failures = [words for row in [*found, *ratios] for words in row.failures]
    print(f"{time.perf_counter() - began:.0f} s; {len(failures)} out of bounds.")
    for words in failures:
        print(f"  {words}")
    if options.write:
        document.write(options.write, "make ladder", found, ratios, failures)
    return 1 if failures else 0


def _steps(options: argparse.Namespace) -> Iterator[Row]:
    for place, world in enumerate(steps.WORLDS):
        known = profits(world.shop, np.random.default_rng([options.seed, 1, place]), options.many)
        play = partial(steps.play, world, known, seed=(options.seed, 2, place))
        shops = max(round(options.shops * world.shops), 2)
        yield step_row(world, _played(play, shops, options))


def _ratios(options: argparse.Namespace) -> Iterator[Row]:
    for place, world in enumerate(one_threshold.WORLDS):
        rng = np.random.default_rng([options.seed, 3, place])
        truth = one_threshold.truth_of(world, rng, options.many)
        play = partial(one_threshold.play, world, truth, seed=(options.seed, 4, place))
        yield ratio_row(world, _played(play, max(options.shops // 2, 2), options))


def _played(play: Callable[[int], Score], shops: int, options: argparse.Namespace) -> list[Score]:
    """Every shop's score; the result does not depend on how many processes share the work."""
    if options.jobs == 1:
        return [play(number) for number in range(shops)]
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    # spawned, not forked: Polars' threads do not survive a fork
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(play, range(shops), chunksize=max(shops // (4 * options.jobs), 1)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ladder", description="Does the ladder find the best threshold?"
    )
    parser.add_argument("--shops", type=int, default=400, help="in the first world")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--many", type=int, default=MANY, help="customers that make the truth")
    parser.add_argument("--write", type=Path, help="write the document to this path")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
