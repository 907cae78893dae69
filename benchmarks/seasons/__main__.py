"""Play the seasons, print the tables, write the document."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.calibration import tables
from benchmarks.calibration.running import run_cells
from benchmarks.calibration.scoring import FAILS, Row
from benchmarks.seasons import document, judging

SHORT, FULL = 20, 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a row is out of its bound."""
    options = _options(arguments)
    seasons = options.seasons or (FULL if options.full else SHORT)
    began = time.perf_counter()
    cells = judging.cells(seasons)
    found: dict[int, list[Row]] = {}
    for place, rows, seconds in run_cells(
        cells, seed=options.seed, repetitions=seasons, jobs=options.jobs
    ):
        found[place] = rows
        print(f"{seconds:7.1f} s  {cells[place].name}", file=sys.stderr, flush=True)
    everything = [row for place in range(len(cells)) for row in found[place]]
    for table in judging.TABLES:
        print(f"\n{table.title}")
        for line in tables.plain(table, [row for row in everything if row.group == table.group]):
            print(line)
    failures = [row for row in everything if row.verdict == FAILS]
    judged = sum(bool(row.verdict) for row in everything)
    print(
        f"\n{seasons:,} seasons in a world, or half as many, seed {options.seed}, "
        f"{time.perf_counter() - began:.0f} s: {judged} rows judged, "
        f"{len(failures)} out of bounds."
    )
    for row in failures:
        print(f"  {row.scenario} | {row.method} | asked: {row.bound}")
    if options.write:
        command = "make seasons-full" if options.full else "make seasons"
        run = document.Run(command=command, seed=options.seed, seasons=seasons, date=options.date)
        document.write(options.write, run, everything)
    return 1 if failures else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.seasons", description="What does following the verdicts earn?"
    )
    parser.add_argument("--full", action="store_true", help="as many seasons as the document has")
    parser.add_argument("--seasons", type=int, help=f"per world ({SHORT}; --full: {FULL})")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--write", type=Path, help="write the document to this path")
    parser.add_argument("--date", default="", help="of the run, as it shall stand in the document")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
