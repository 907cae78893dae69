"""One contender's answer in this process: seconds, processor seconds and peak memory.

Imports nothing of the product or of a peer.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Figures = Mapping[str, Mapping[str, Sequence[float | None]]]
"""Metric -> segment -> estimate, low, high, p-value as in `task.FIGURES`; None: not given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """How one of them loads a file, answers, and what its figures are.

    load: file -> (data, bytes that it takes in memory); not timed. run: data -> answers in
    whatever form it has them; timed. figures: answers -> the common form; not timed.
    """

    load: Callable[[Path], tuple[Any, int]]
    run: Callable[[Any], Any]
    figures: Callable[[Any], Figures]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """wall, cpu: seconds of the answer. memory: bytes at its peak beyond the loaded data."""

    wall: float
    cpu: float
    memory: int


def measure(contender: Contender, file: Path, warm_up: Path) -> tuple[Measured, Figures]:
    """Load, answer, and the figures of the answer.

    The answer to a tiny file comes first, so that nobody's time holds modules that are imported
    late or threads that start. Memory counts from the process as it is then, before loading, less
    the size of the loaded data.
    """
    contender.run(contender.load(warm_up)[0])
    before = resident("VmRSS")
    data, size = contender.load(file)
    forget_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    answers = contender.run(data)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = max(resident("VmHWM") - before - size, 0)
    return Measured(wall=wall, cpu=cpu, memory=memory), contender.figures(answers)


def resident(field: str) -> int:
    """Bytes of this process in memory: VmRSS now, VmHWM at the peak (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"the system does not tell {field}; memory is measured on Linux only")
    return int(found[1]) * 1024


def forget_peak() -> None:
    """Let VmHWM start again, so that the peak of loading does not count (see man 5 proc)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
