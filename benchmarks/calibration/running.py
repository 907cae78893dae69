"""Cells over processes; the result does not depend on how many."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.calibration.scoring import Cell, Row

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")


def run_cells(
    cells: Sequence[Cell], *, seed: int, repetitions: int, jobs: int
) -> Iterator[tuple[int, list[Row], float]]:
    """(place, rows, seconds) of each cell as it is done, the heavy ones first."""
    order = sorted(range(len(cells)), key=lambda place: -cells[place].weight)
    if jobs == 1:
        for place in order:
            yield place, *_timed(cells[place], seed, repetitions)
        return
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    # spawned, not forked: Polars' threads do not survive a fork
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {place: pool.submit(_timed, cells[place], seed, repetitions) for place in order}
        for place, future in waiting.items():
            yield place, *future.result()


def _timed(cell: Cell, seed: int, repetitions: int) -> tuple[list[Row], float]:
    began = time.perf_counter()
    return cell.run(seed, repetitions), time.perf_counter() - began
