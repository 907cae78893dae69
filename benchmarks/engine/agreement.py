"""Do two answers hold the same numbers?"""

import math
from dataclasses import dataclass

from benchmarks.engine.measuring import Figures
from benchmarks.engine.task import FIGURES

CLOSE = 1e-6
"""Largest relative difference that counts as the same number."""

_SMALLEST_P = 1e-15
"""gbstats' p is 1 less a probability near 1 and knows no smaller steps: less than this is equal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """compared: pairs of numbers. left_out: of which one side has none. worst: relative."""

    compared: int
    left_out: int
    worst: float
    where: str

    @property
    def holds(self) -> bool:
        """Something was compared, and all of it is the same."""
        return self.compared > 0 and self.worst <= CLOSE


def agreement(ours: Figures, theirs: Figures) -> Agreement:
    """All numbers of one against the other. Raises ValueError if they answer for other cells."""
    compared, left_out, worst, where = 0, 0, 0.0, ""
    for metric, segments in ours.items():
        if segments.keys() != theirs[metric].keys():
            raise ValueError(f"{metric}: the segments differ")
        for segment, numbers in segments.items():
            for name, a, b in zip(FIGURES, numbers, theirs[metric][segment], strict=True):
                if a is None or b is None:
                    left_out += 1
                    continue
                compared += 1
                difference = _relative(a, b, smallest=_SMALLEST_P if name == "p_value" else 0.0)
                if not difference <= worst:
                    worst, where = difference, f"{metric}, {segment}, {name}: {a!r} and {b!r}"
    return Agreement(compared=compared, left_out=left_out, worst=worst, where=where)


def _relative(a: float, b: float, *, smallest: float) -> float:
    """|a - b| over the larger of them; not a number counts as infinitely far."""
    difference = abs(a - b)
    if difference <= smallest:
        return 0.0
    far = difference / max(abs(a), abs(b))
    return float("inf") if math.isnan(far) else far
