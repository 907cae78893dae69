"""The document that the full run writes: words first, tables after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calibration import parts, tables
from benchmarks.calibration.scoring import FAILS, Row


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was run."""

    command: str
    seed: int
    repetitions: int
    date: str


def write(path: Path, run: Run, rows: Mapping[str, Sequence[Row]]) -> None:
    """The document, and beside it every figure as a table of comma-separated values."""
    path.write_text("\n".join(lines(run, rows)) + "\n", encoding="utf-8")
    tables.write_all(path.with_suffix(".csv"), rows)


def lines(run: Run, rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """All lines."""
    yield "# Do the intervals mean what they say?"
    failures = [row for members in rows.values() for row in members if row.verdict == FAILS]
    yield f"{run.command} {run.seed} {run.repetitions} {run.date} {len(failures)}"
    for part in parts.PARTS:
        if part.name in rows:
            yield from chapter(part, rows[part.name])


def chapter(part: parts.Part, rows: Sequence[Row]) -> Iterator[str]:
    """One part with its tables."""
    yield ""
    yield f"## {part.title}"
    for table in part.tables:
        members = part.listed(table, rows)
        if members:
            yield ""
            yield f"### {table.title}"
            yield ""
            yield table.words
            yield ""
            yield from tables.markdown(table, members)
