"""All learners of one library on one task, in a process and an environment of its own.

python -m benchmarks.uplift.worker MODULE TASK.npz OUT.npz
"""

import importlib
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from benchmarks.uplift.task import Array, Entry, Fold, Task


def main(module: str, task_file: str, out: str) -> None:
    """Write each entry's out-of-fold scores, and what it took in CPU seconds."""
    warnings.simplefilter("ignore")
    entries: list[Entry] = importlib.import_module(module).ENTRIES
    task = Task.load(Path(task_file))
    found: list[dict[str, object]] = []
    scores: dict[str, Array] = {}
    for entry in entries:
        if entry.takes(binary=task.binary):
            scores[f"s{len(found)}"], seconds = score(entry, task)
            named = {"library": entry.library, "learner": entry.learner, "base": entry.base}
            found.append({**named, "seconds": seconds})
    stored = {"names": np.array(json.dumps(found)), **scores}
    np.savez(out, allow_pickle=False, **stored)


def score(entry: Entry, task: Task) -> tuple[Array, float]:
    """Out-of-fold scores, and CPU seconds per fold; what a first call loads is not counted."""
    entry.fit(fold(task, entry.base, 0, every=10), task.binary)
    scores = np.full(len(task.outcome), np.nan)
    start = time.process_time()
    for place in np.unique(task.folds):
        scores[task.folds == place] = entry.fit(fold(task, entry.base, place), task.binary)
    return scores, (time.process_time() - start) / len(np.unique(task.folds))


def fold(task: Task, base: str, place: int, *, every: int = 1) -> Fold:
    """The customers outside a fold, and those in it."""
    outside, matrix = task.folds != place, task.matrix(base)
    return Fold(
        base=base,
        categorical=task.categorical,
        matrix=matrix[outside][::every],
        outcome=task.outcome[outside][::every],
        arm=task.arm[outside][::every],
        others=matrix[~outside],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
