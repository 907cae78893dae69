"""`python -m benchmarks.engine`: measure, compare, print; exit 1 if the numbers disagree."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.engine import tables
from benchmarks.engine.agreement import CLOSE, Agreement, agreement
from benchmarks.engine.circumstances import circumstances
from benchmarks.engine.lineup import GROWTH, OURS, SIDE_BY_SIDE
from benchmarks.engine.runs import ROOT, Environments, Outcome, grow, run_all

_AIMED_ROWS = 10_000_000  # for which the aims are set
_AIMED_AT = (
    "tea-tasting, segment by segment",
    "tea-tasting, one aggregation",
    "gbstats, sums by pandas",
    "gbstats, sums by Polars",
)
"""Each peer as it comes, and with the quickest aggregation that can be put before it."""

_HEADING = "## Measured\n"


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    options = _parser().parse_args(arguments)
    environments = Environments(folder=options.environments)
    report = _Report()
    report.say(circumstances(environments, repetitions=options.repetitions, date=options.date))
    for rows in options.rows:
        for segments in options.segments:
            _compare(report, environments, options, rows, segments)
    if options.growth:
        _grow(report, environments, options)
    if options.json:
        options.json.write_text(json.dumps(report.document), encoding="utf-8")
    if options.write:
        head = options.write.read_text(encoding="utf-8").partition(_HEADING)[0]
        options.write.write_text(f"{head}{_HEADING}\n{report.text()}", encoding="utf-8")
    for line in report.disagreeing:
        print(f"The numbers differ by more than {CLOSE:g}: {line}", file=sys.stderr)
    return 1 if report.disagreeing else 0


class _Report:
    """Prints at once and keeps what it printed."""

    def __init__(self) -> None:
        self.document: list[dict[str, Any]] = []
        self.disagreeing: list[str] = []
        self._parts: list[str] = []

    def say(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(line, flush=True)
            self._parts.append(f"{line}\n")

    def text(self) -> str:
        return "".join(self._parts)


def _compare(
    report: _Report,
    environments: Environments,
    options: argparse.Namespace,
    rows: int,
    segments: int,
) -> None:
    """Everybody on the same rows, and whether the numbers agree."""
    outcomes = run_all(
        *(SIDE_BY_SIDE, environments, options.data),
        rows=rows,
        segments=segments,
        repetitions=options.repetitions,
    )
    agreements = _agreements(outcomes)
    report.say(["", f"### {rows / 1e6:g} million customers, {_segments(segments)}", ""])
    report.say(tables.side_by_side(SIDE_BY_SIDE, outcomes, agreements))
    # with fewer customers the estimates of the segments outweigh the rows
    if rows >= _AIMED_ROWS and segments == max(options.segments):
        report.say(["", *tables.aims(outcomes, _AIMED_AT)])
    report.disagreeing += [
        f"{name}, {rows} rows, {segments} segments: {found.where}"
        for name, found in agreements.items()
        if not found.holds
    ]
    report.document.append(_as_json(rows, segments, outcomes, agreements))


def _grow(report: _Report, environments: Environments, options: argparse.Namespace) -> None:
    """More and more rows from a file."""
    segments = max(options.segments)
    steps = []
    for rows, size, outcomes in grow(
        *(GROWTH, environments, options.data),
        sizes=options.growth,
        segments=segments,
        repetitions=options.repetitions,
    ):
        steps.append((rows, size, outcomes))
        report.document.append(_as_json(rows, segments, outcomes, {}))
    report.say(["", f"### Growing, {_segments(segments)}, streamed from Parquet", ""])
    report.say(tables.growth(steps))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--rows", nargs="*", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument("--segments", nargs="+", type=int, default=[1, 50, 500])
    parser.add_argument("--growth", nargs="*", type=int, default=[])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--environments", type=Path, default=ROOT / ".bench")
    parser.add_argument("--data", type=Path, default=ROOT / ".bench" / "data")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--write", type=Path, help="replace what this file has below 'Measured'")
    parser.add_argument("--date", help="printed with the figures")
    return parser


def _agreements(outcomes: Mapping[str, Outcome]) -> dict[str, Agreement]:
    ours = outcomes[OURS].figures
    return {
        entry.name: agreement(ours, outcomes[entry.name].figures)
        for entry in SIDE_BY_SIDE
        if entry.figures and entry.name != OURS and entry.name in outcomes
    }


def _segments(count: int) -> str:
    return "1 segment" if count == 1 else f"{count} segments"


def _as_json(
    rows: int,
    segments: int,
    outcomes: Mapping[str, Outcome],
    agreements: Mapping[str, Agreement],
) -> dict[str, Any]:
    return {
        "rows": rows,
        "segments": segments,
        "outcomes": {name: asdict(outcome) for name, outcome in outcomes.items()},
        "agreements": {name: asdict(found) for name, found in agreements.items()},
    }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
