"""Every contender several times, taking turns, each time in a fresh process."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine.data import write_data
from benchmarks.engine.lineup import Entry
from benchmarks.engine.measuring import Figures, Measured

ROOT = Path(__file__).resolve().parents[2]
_WARM_UP = (20_000, 1)
"""Rows and segments of the file that each process answers before its clock starts."""
LARGEST_KEPT = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Environments:
    """Where the peers' interpreters are; the product's own is the one that runs this."""

    folder: Path

    def python(self, name: str) -> Path:
        """The interpreter, whether it is there or not."""
        return Path(sys.executable) if name == "product" else self.folder / name / "bin" / "python"

    def missing(self, entries: Sequence[Entry]) -> list[str]:
        """Names of entries whose environment is not prepared."""
        return [entry.name for entry in entries if not self.python(entry.environment).exists()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The best of all repetitions (the most memory), and the figures of the last."""

    measured: Measured
    figures: Figures


def run_all(
    entries: Sequence[Entry],
    environments: Environments,
    folder: Path,
    *,
    rows: int,
    segments: int,
    repetitions: int,
) -> dict[str, Outcome]:
    """Outcomes by name, without the entries whose environment is missing."""
    missing = environments.missing(entries)
    present = [entry for entry in entries if entry.name not in missing]
    files = {
        floats: write_data(folder, rows, segments, floats=floats)
        for floats in {entry.floats for entry in present}
    }
    warm_ups = {floats: write_data(folder, *_WARM_UP, floats=floats) for floats in files}
    found: dict[str, Outcome] = {}
    for _ in range(repetitions):
        for entry in present:
            python = environments.python(entry.environment)
            outcome = _run(entry, python, files[entry.floats], warm_ups[entry.floats])
            found[entry.name] = _better(found.get(entry.name), outcome)
    return found


def _run(entry: Entry, python: Path, file: Path, warm_up: Path) -> Outcome:
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.json"
        command = [
            *(str(python), "-m", "benchmarks.engine.worker"),
            *(f"benchmarks.engine.contenders.{entry.module}", entry.name),
            *(str(file.resolve()), str(warm_up.resolve()), str(out)),
        ]
        subprocess.run(command, cwd=ROOT, env=_environment(), check=True)  # noqa: S603
        found = json.loads(out.read_text(encoding="utf-8"))
    figures = found.pop("figures")
    return Outcome(measured=Measured(**found), figures=figures)


def _environment() -> Mapping[str, str]:
    """The checkout on the path, and no other Python settings of the caller."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _better(one: Outcome | None, other: Outcome) -> Outcome:
    if one is None:
        return other
    a, b = one.measured, other.measured
    best = Measured(wall=min(a.wall, b.wall), cpu=min(a.cpu, b.cpu), memory=max(a.memory, b.memory))
    return Outcome(measured=best, figures=other.figures)


def grow(
    entries: Sequence[Entry],
    environments: Environments,
    folder: Path,
    *,
    sizes: Sequence[int],
    segments: int,
    repetitions: int,
) -> Iterator[tuple[int, int, dict[str, Outcome]]]:
    """(rows, bytes of the file, outcomes) per size; large files are removed again."""
    for rows in sizes:
        file = write_data(folder, rows, segments)
        size = file.stat().st_size
        found = run_all(
            *(entries, environments, folder), rows=rows, segments=segments, repetitions=repetitions
        )
        if rows > LARGEST_KEPT:
            file.unlink()
        yield rows, size, found
