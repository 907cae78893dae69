"""Run the battery, print its tables, write its document."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.calibration import document, parts, tables
from benchmarks.calibration.running import run_cells
from benchmarks.calibration.scoring import FAILS, Row

SHORT, FULL = 1_000, 10_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a row is out of its bound."""
    options = _options(arguments)
    repetitions = options.repetitions or (FULL if options.full else SHORT)
    chosen = [part for part in parts.PARTS if not options.part or part.name in options.part]
    began = time.perf_counter()
    cells = [cell for part in chosen for cell in part.cells(full=options.full)]
    found: dict[int, list[Row]] = {}
    for place, rows, seconds in run_cells(
        cells, seed=options.seed, repetitions=repetitions, jobs=options.jobs
    ):
        found[place] = rows
        if options.progress:
            cell = cells[place]
            print(f"{seconds:7.1f} s  {cell.part}: {cell.name}", file=sys.stderr, flush=True)
    by_part: dict[str, list[Row]] = {part.name: [] for part in chosen}
    for place, cell in enumerate(cells):
        by_part[cell.part] += found[place]
    for part in chosen:
        _print(part, by_part[part.name])
    failures = [row for rows in by_part.values() for row in rows if row.verdict == FAILS]
    judged = sum(bool(row.verdict) for rows in by_part.values() for row in rows)
    print(
        f"\n{repetitions:,} repetitions, seed {options.seed}, "
        f"{time.perf_counter() - began:.0f} s: {judged} rows judged, {len(failures)} out of bounds."
    )
    for row in failures:
        print(f"  {row.scenario} | {row.method} | asked: {row.bound}")
    if options.write:
        run = document.Run(
            command=options.command, seed=options.seed, repetitions=repetitions, date=options.date
        )
        document.write(options.write, run, by_part)
    return 1 if failures else 0


def _print(part: parts.Part, rows: list[Row]) -> None:
    print(f"\n== {part.title} ==")
    for table in part.tables:
        members = part.listed(table, rows)
        if members:
            print(f"\n{table.title}")
            for line in tables.plain(table, members):
                print(line)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calibration", description="Do the intervals mean what they say?"
    )
    parser.add_argument("--full", action="store_true", help="the whole battery")
    parser.add_argument("--repetitions", type=int, help="per cell (1,000; --full: 10,000)")
    parser.add_argument("--part", action="append", help="only this part (may be repeated)")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--progress", action="store_true", help="say what is done, on stderr")
    parser.add_argument("--write", type=Path, help="write the document to this path")
    parser.add_argument("--date", default="", help="of the run, as it shall stand in the document")
    options = parser.parse_args(arguments)
    options.command = " ".join(
        ["make calibration-full" if options.full else "make calibration"]
        + [f"(part {name})" for name in options.part or ()]
    )
    return options


if __name__ == "__main__":
    sys.exit(main())
