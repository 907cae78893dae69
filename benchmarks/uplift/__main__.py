"""`python -m benchmarks.uplift`: every library in its environment, compared, printed, written."""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from benchmarks.uplift.campaign import QUESTIONS, SEED, load
from benchmarks.uplift.results import Scored, lines, missed, table
from benchmarks.uplift.task import Task

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("scikit_uplift", "causalml", "econml")
_PACKAGES = ("scikit-uplift", "causalml", "econml", "scikit-learn")
_HEADING = "## Measured\n"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where one of our learners ranks worse than its peer beyond the error."""
    options = _parser().parse_args(arguments)
    report: list[str] = []
    worse = False

    def say(*said: str) -> None:
        for line in said:
            print(line, flush=True)
            report.append(f"{line}\n")

    say(*_circumstances(options))
    for question in QUESTIONS:
        try:
            task, rule = load(options.data, question)
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return 2
        found = lines(task, run_all(task, options.environment), rule)
        say("", f"### {question.title}", "", *table(found, question.unit), "")
        unmet = missed(found)
        say(*(f"- Missed: {said}" for said in unmet or ()))
        if not unmet:
            say("Every aim is met.")
        worse |= not all(line.within for line in found)
    if options.write:
        head = options.write.read_text(encoding="utf-8").partition(_HEADING)[0]
        options.write.write_text(f"{head}{_HEADING}\n{''.join(report)}", encoding="utf-8")
    return 1 if worse else 0


def run_all(task: Task, environment: Path) -> list[Scored]:
    """Every library's learners, one process after the other, with one thread."""
    found: list[Scored] = []
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "task.npz"
        task.save(file)
        for module in ("regulars", *LIBRARIES):
            python = Path(sys.executable) if module == "regulars" else environment / "bin/python"
            out = Path(scratch) / f"{module}.npz"
            command = [
                *(str(python), "-m", "benchmarks.uplift.worker"),
                *(f"benchmarks.uplift.contenders.{module}", str(file), str(out)),
            ]
            subprocess.run(command, cwd=ROOT, env=_environment(), check=True)  # noqa: S603
            found += _read(out)
    return found


def _read(file: Path) -> Iterator[Scored]:
    with np.load(file) as stored:
        for place, named in enumerate(json.loads(str(stored["names"]))):
            yield Scored(**named, scores=stored[f"s{place}"])


def _environment() -> dict[str, str]:
    """The checkout on the path, one thread, and no other Python settings of the caller."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, **dict.fromkeys(_THREADS, "1"), "PYTHONPATH": str(ROOT)}


def _circumstances(options: argparse.Namespace) -> Iterator[str]:
    when = f"{options.date}. " if options.date else ""
    yield (
        f"{when}{len(os.sched_getaffinity(0))} shared cores, one thread, {platform.system()} on "
        f"{platform.machine()}, Python {platform.python_version()}. Folds by seed {SEED}, load "
        f"average {os.getloadavg()[0]:.1f} at the start."
    )
    code = "import importlib.metadata as m, sys; print(*(m.version(n) for n in sys.argv[1:]))"
    command = [str(options.environment / "bin/python"), "-c", code, *_PACKAGES]
    versions = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    named = zip(_PACKAGES, versions.stdout.split(), strict=True)
    yield f"Beside Regulars: {', '.join(f'{name} {version}' for name, version in named)}."
    yield f"Regulars: scikit-learn {importlib.metadata.version('scikit-learn')}."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.uplift", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--environment", type=Path, default=ROOT / ".bench" / "uplift")
    parser.add_argument("--write", type=Path, help="replace what this file has below 'Measured'")
    parser.add_argument("--date", help="printed with the figures")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
